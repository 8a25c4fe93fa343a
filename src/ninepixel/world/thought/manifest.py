"""What is told about a policy beside its weights: what it senses, what it was trained for, by what, with which seed.

Plain values under text keys. :data:`REQUIRED` and :data:`OPTIONAL` say which have a meaning here; others are kept as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import metadata
from types import MappingProxyType
from typing import Any

import msgpack

from ninepixel.world.thought.shape import observation_version

#: Bytes of the longest manifest, and items of the longest list or map in it.
MANIFEST_LIMIT, ITEMS_LIMIT = 1 << 16, 1 << 10
#: What is sensed, by the name of :mod:`ninepixel.agents.envs.spaces`.
OBSERVATION = "retina"
_LIBRARIES = ("ninepixel", "numpy", "torch")


class BadPolicy(ValueError):
    """No policy, or none that can be used here; the message says in one line what is wrong."""


def manifest(task: str, *, command: str, seed: int = 0, steps: int = 0, value_scale: float = 1.0, **more: Any) -> dict[str, Any]:
    """A manifest with today's observations and the versions of the libraries that are installed.

    :param task: the Gymnasium id of the task that the policy was trained for.
    :param command: what made it.
    :param steps: agent-steps that it was trained for.
    :param value_scale: how much return one unit of its value head is.
    :param more: anything else: ``parents`` (hashes), ``generation``, ...
    """
    return more | {
        "task": task,
        "command": command,
        "seed": seed,
        "steps": steps,
        "value_scale": value_scale,
        "observation": OBSERVATION,
        "observation_version": observation_version(),
        "versions": {name: _version(name) for name in _LIBRARIES},
    }


def checked(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy of *given* that holds nothing but plain values.

    :raises BadPolicy: when it lacks something, holds something that cannot be written, or speaks of other senses.
    """
    for key in given:
        if not isinstance(key, str):
            raise BadPolicy(f"its manifest has the key {key!r:.80}: keys are text")
    try:
        packed = msgpack.packb(dict(given))
    except (TypeError, ValueError, OverflowError, RecursionError) as e:
        raise BadPolicy(f"its manifest cannot be written: {e}") from None
    if len(packed) > MANIFEST_LIMIT:
        raise BadPolicy(f"its manifest has {len(packed)} bytes, at most {MANIFEST_LIMIT} are allowed")
    found = unpacked(packed, "manifest")
    for name, (wanted, fits) in (REQUIRED | OPTIONAL).items():
        if name not in found and name in REQUIRED:
            raise BadPolicy(f"its manifest does not say {name}: that is {wanted}")
        if name in found and not fits(found[name]):
            raise BadPolicy(f"its manifest says {name}={found[name]!r:.80}: that is {wanted}")
    theirs, ours = (found["observation"], found["observation_version"]), (OBSERVATION, observation_version())
    if theirs != ours:
        raise BadPolicy(
            f"it was trained on other senses: on {theirs[0]:.40} of version {theirs[1]:.40}, and here is {ours[0]} of version "
            f"{ours[1]}; train it anew, or use the release that made it"
        )
    return MappingProxyType(found)


def unpacked(packed: bytes, what: str) -> Any:
    """Plain values from bytes that may be a stranger's.

    :raises BadPolicy: when they are none, or longer lists than are allowed.
    """
    try:
        return msgpack.unpackb(packed, max_array_len=ITEMS_LIMIT, max_map_len=ITEMS_LIMIT, max_ext_len=0)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as e:
        raise BadPolicy(f"its {what} cannot be read: {e or type(e).__name__}") from None


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_scale(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _is_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(name) and (v is None or _is_text(v)) for name, v in value.items())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


#: What a manifest must say, in words, and what decides whether it does.
REQUIRED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "task": ("the id of a task, such as ninepixel/Forage-v0", _is_text),
    "command": ("the command that made the policy", _is_text),
    "seed": ("an integer of at least 0", _is_count),
    "steps": ("an integer of at least 0", _is_count),
    "value_scale": ("a finite number above 0", _is_scale),
    "observation": ("what it senses, such as retina", _is_text),
    "observation_version": ("the version of what it senses", _is_text),
    "versions": ("the versions of libraries by name", _is_versions),
}
#: What it may say beside that.
OPTIONAL: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "parents": ("a list of hashes of policies", _is_texts),
    "generation": ("an integer of at least 0", _is_count),
}
