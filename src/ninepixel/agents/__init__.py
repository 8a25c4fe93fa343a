"""The minds: senses, environments, policies, learning, evolution.

What researchers need most is here by name, fetched when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HERE = {
    "MindEnv": "envs.single",
    "MindsVectorEnv": "envs.vector",
    "Recorder": "envs.trajectory",
    "Snapshot": "envs.base",
    "TASKS": "tasks",
    "BadOption": "tasks",
    "Task": "tasks",
    "deeds_of": "envs.spaces",
    "env": "envs.parallel",
    "parallel_env": "envs.parallel",
    "raw_env": "envs.parallel",
    "replay": "envs.trajectory",
}
__all__ = sorted(_HERE)


def __getattr__(name: str) -> Any:
    if name in _HERE:
        return getattr(import_module(f"{__name__}.{_HERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HERE)
