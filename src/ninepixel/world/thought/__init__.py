"""Policies as things: what a mind's network looks like, how its weights are kept, and how it decides in integers.

``Policy`` is the artefact (weights, manifest, hash, file), ``IntegerPolicy`` what decides by it. Each is fetched when it is first
asked for; none of them needs torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ninepixel.world.thought.artefact import Policy
    from ninepixel.world.thought.inference import Explanation, IntegerPolicy
    from ninepixel.world.thought.manifest import BadPolicy
    from ninepixel.world.thought.shape import Shape

_HERE = {
    "BadPolicy": "manifest",
    "Explanation": "inference",
    "IntegerPolicy": "inference",
    "Policy": "artefact",
    "Shape": "shape",
}
__all__ = ["BadPolicy", "Explanation", "IntegerPolicy", "Policy", "Shape"]


def __getattr__(name: str) -> Any:
    if name in _HERE:
        return getattr(import_module(f"{__name__}.{_HERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HERE)
