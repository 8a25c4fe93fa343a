"""The ids are known as soon as Gymnasium is, in whatever order things are imported, and nothing is loaded for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ninepixel.agents import TASKS
from ninepixel.agents.envs.registry import register


def run(code: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_ninepixel_loads_neither_gymnasium_nor_numpy() -> None:
    heavy = "{'gymnasium', 'numpy', 'numba', 'pettingzoo'}"
    assert run(f"import sys, ninepixel, ninepixel.agents; print({heavy} & set(sys.modules))") == "set()"


@pytest.mark.parametrize(
    "imports",
    [
        "import ninepixel, gymnasium",
        "import gymnasium, ninepixel",
        "import ninepixel, gymnasium.spaces, gymnasium.envs.registration",
    ],
)
def test_the_order_of_imports_does_not_matter(imports: str) -> None:
    show = "print(*sorted(i for i in gymnasium.registry if i.startswith('ninepixel/')))"
    assert run(f"{imports}; import gymnasium; {show}").split() == sorted(task.id for task in TASKS.values())


def test_registering_twice_is_harmless() -> None:
    register()
    register()
