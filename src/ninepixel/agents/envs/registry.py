"""The Gymnasium ids of the tasks. ``import ninepixel`` makes them known without loading Gymnasium, which takes its time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_REGISTRY = "gymnasium.envs.registration"
_IDS = "gymnasium.envs"


def register() -> None:
    """Register ``ninepixel/Forage-v0`` and the others; those that are registered already are left alone."""
    from gymnasium.envs.registration import register, registry

    from ninepixel.agents.tasks import TASKS

    for task in TASKS.values():
        if task.id not in registry:
            register(
                task.id,
                entry_point="ninepixel.agents.envs.single:MindEnv",
                vector_entry_point="ninepixel.agents.envs.vector:MindsVectorEnv",
                order_enforce=False,  # the environments say themselves what is called out of order
                kwargs={"task": task.name},
            )


def register_when_loaded() -> None:
    """:func:`register` now if Gymnasium is loaded, else as soon as it is."""
    if _REGISTRY in sys.modules:
        register()
    elif not any(isinstance(finder, _AtImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AtImport())


class _AtImport(MetaPathFinder):
    """Waits for the module in which Gymnasium registers its own ids, and adds ours behind them."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != _IDS:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: ModuleType) -> None:
                load(module)
                register()

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec
