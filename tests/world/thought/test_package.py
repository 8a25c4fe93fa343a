"""Policies need no torch, and looking at the package loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ninepixel.world import thought

WITHOUT = """
import sys
sys.modules["torch"] = None
from ninepixel.world.thought import BadPolicy, IntegerPolicy, Policy, Shape
import numpy as np
minds = IntegerPolicy(Policy.parse(Policy.random(Shape(16)).packed()))
minds.decide(np.zeros((3, 388), np.uint8), minds.memory(3), seed=1, tick=1)
"""
LIGHT = """
import sys
import ninepixel.world.thought
assert not {"numba", "numpy", "torch"} & sys.modules.keys()
"""


@pytest.mark.parametrize("code", [WITHOUT, LIGHT], ids=["no torch", "nothing heavy"])
def test_what_is_loaded(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_that_is_named_is_there() -> None:
    for name in thought.__all__:
        assert getattr(thought, name).__name__ == name
    assert set(thought.__all__) <= set(dir(thought))
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        thought.Nothing  # noqa: B018
