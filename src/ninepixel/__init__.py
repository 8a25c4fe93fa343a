"""ninepixel: one deterministic, integer universe; your files and processes are its matter and creatures.

Importing the package loads nothing heavy: :class:`~ninepixel.world.universe.Universe` is fetched when it is first asked for, and
the ids of the environments (``ninepixel/Forage-v0`` and others) are registered as soon as Gymnasium is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninepixel.agents.envs.registry import register_when_loaded

if TYPE_CHECKING:
    from ninepixel.world.universe import Universe

__version__ = "0.1.0"
__all__ = ["Universe", "__version__"]


register_when_loaded()


def __getattr__(name: str) -> Any:
    if name == "Universe":
        from ninepixel.world.universe import Universe

        return Universe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
