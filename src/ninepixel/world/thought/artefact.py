"""A policy as a thing: arrays of weights, a manifest, a hash, one file. ``docs/POLICIES.md`` describes the file to the byte.

::

    8s magic   u16 format   u16 hidden   u32 length of the control part
    control    msgpack {"manifest": {...}, "arrays": [[name, "<f4", [rows, columns]], ...]}
    weights    one msgpack bin: the arrays one after the other, little-endian float32
    16 bytes   BLAKE2b-128 of all before

*hidden* and the length decide how long the file must be: a reader that has seen 16 bytes knows whether the rest can be a policy.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ninepixel.world.regular import open_regular
from ninepixel.world.store.errors import shown
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought.initial import random_arrays
from ninepixel.world.thought.manifest import MANIFEST_LIMIT, BadPolicy, checked, manifest, unpacked
from ninepixel.world.thought.shape import Shape

SUFFIX = ".policy"
MAGIC = b"\x899pp\r\n\x1a\n"
FORMAT = 1
HASH_BYTES = 16
#: A manifest and the names of the arrays.
CONTROL_LIMIT = MANIFEST_LIMIT + 4096
_HEADER = struct.Struct("<8sHHI")
_BIN = struct.Struct(">BI")
_BIN_32 = 0xC6

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Policy:
    """A network's weights and what is known about them.

    :ivar arrays: float32, by the names and shapes of :attr:`Shape.arrays`, in that order; copies that nobody can write to.
    :ivar manifest: see :mod:`~ninepixel.world.thought.manifest`.
    :raises BadPolicy: for missing or foreign arrays, other shapes or types, weights that are not finite, a bad manifest.
    """

    shape: Shape
    manifest: Mapping[str, Any]
    arrays: Mapping[str, Floats]

    def __post_init__(self) -> None:
        object.__setattr__(self, "manifest", checked(self.manifest))
        object.__setattr__(self, "arrays", MappingProxyType(_checked_arrays(self.shape, self.arrays)))

    @classmethod
    def random(cls, shape: Shape | None = None, seed: int = 0, task: str = "ninepixel/Universe-v0") -> Policy:
        """A policy that has learned nothing: the same on every machine (:mod:`~ninepixel.world.thought.initial`)."""
        shape = shape or Shape()
        return cls(shape, manifest(task, command="random", seed=seed), random_arrays(shape, seed))

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Read a policy.

        :raises BadPolicy: when there is no such file or it is no whole policy. No more is read than its first bytes warrant.
        """
        try:
            with open_regular(path) as file:
                header = file.read(_HEADER.size)
                _check_length(header, os.fstat(file.fileno()).st_size)
                return cls.parse(header + file.read())
        except OSError as e:
            raise BadPolicy(f"{shown(path)}: cannot be read: {e.strerror or e}") from None
        except BadPolicy as e:
            raise BadPolicy(f"{shown(path)}: {e}") from None

    def save(self, path: Path) -> None:
        """Write the policy; a file of that name is replaced when the new one is whole.

        :raises StoreError: when it cannot be written. What was there is still there.
        """
        write_whole(Path(path), [self.packed()])

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """The policy in the bytes of a file; nothing in them is executed.

        :raises BadPolicy: when they are no whole policy.
        """
        shape, control = _check_length(data[: _HEADER.size], len(data))
        if _checksum(data[:-HASH_BYTES]) != data[-HASH_BYTES:]:
            raise BadPolicy("it is damaged: some bytes are not those that were written")
        weights = _HEADER.size + control + _BIN.size
        if data[weights - _BIN.size : weights] != _BIN.pack(_BIN_32, _weight_bytes(shape)):
            raise BadPolicy("its weights do not begin where they should")
        return cls(shape, _manifest_in(data[_HEADER.size :][:control], shape), _arrays_in(data[weights:], shape))

    def packed(self) -> bytes:
        """The bytes of its file."""
        control = msgpack.packb({"manifest": dict(self.manifest), "arrays": _described(self.shape)})
        header = _HEADER.pack(MAGIC, FORMAT, self.shape.hidden, len(control))
        whole = b"".join((header, control, _BIN.pack(_BIN_32, _weight_bytes(self.shape)), _weights(self.arrays)))
        return whole + _checksum(whole)

    @cached_property
    def hash(self) -> str:
        """Hex BLAKE2b-128 of shape, senses and weights; what else the manifest says does not matter."""
        senses = self.manifest["observation_version"].encode()
        return _checksum(
            b"ninepixel policy", struct.pack("<HH", self.shape.hidden, len(senses)), senses, _weights(self.arrays)
        ).hex()


def _checked_arrays(shape: Shape, arrays: Mapping[str, Any]) -> dict[str, Floats]:
    wrong = sorted(arrays.keys() ^ shape.arrays.keys())
    if wrong:
        raise BadPolicy(f"it {'has an array' if wrong[0] in arrays else 'lacks the array'} {wrong[0]!r:.80}")
    found = {}
    for name, size in shape.arrays.items():
        array = arrays[name]
        if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.shape != size:
            what = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise BadPolicy(f"its array {name} is {what}, not float32 of shape {size}")
        found[name] = np.array(array, np.float32, order="C")
        if not np.isfinite(found[name]).all():
            raise BadPolicy(f"its array {name} holds NaN or infinity: it was saved from a training run that had diverged")
        found[name].flags.writeable = False
    return found


def _weights(arrays: Mapping[str, Floats]) -> bytes:
    return b"".join(array.astype("<f4").tobytes() for array in arrays.values())


def _checksum(*parts: bytes) -> bytes:
    mix = blake2b(digest_size=HASH_BYTES)
    for part in parts:
        mix.update(part)
    return mix.digest()


def _check_length(header: bytes, length: int) -> tuple[Shape, int]:
    """The shape, and the length of the control part, in a *header* whose file has the *length* that it must have."""
    if header[: len(MAGIC)] != MAGIC:
        raise BadPolicy("it is not a policy" if header else "it is empty")
    if len(header) < _HEADER.size:
        raise BadPolicy(f"it is torn: it ends after {len(header)} bytes")
    _, version, hidden, control = _HEADER.unpack(header)
    if version != FORMAT:
        age = "a later" if version > FORMAT else "an earlier"
        raise BadPolicy(f"it is of format {version}, {age} one than this release's {FORMAT}: use the release that made it")
    try:
        shape = Shape(hidden)
    except ValueError as e:
        raise BadPolicy(f"it is damaged: {e}") from None
    if control > CONTROL_LIMIT:
        raise BadPolicy(f"it is damaged: its control part is said to have {control} bytes, at most {CONTROL_LIMIT} are allowed")
    missing = _HEADER.size + control + _BIN.size + _weight_bytes(shape) + HASH_BYTES - length
    if missing:
        end = f"it is torn: {missing} bytes are missing" if missing > 0 else f"it is damaged: {-missing} bytes follow its end"
        raise BadPolicy(end)
    return shape, control


def _manifest_in(control: bytes, shape: Shape) -> dict[str, Any]:
    """The manifest in a control part that names the arrays of *shape*."""
    match unpacked(control, "control part"):
        case {"manifest": dict() as told, "arrays": list() as arrays}:
            if arrays != _described(shape):
                raise BadPolicy(f"its arrays are not those of a network of {shape.hidden} units: {arrays!r:.200}")
            return told
    raise BadPolicy("its control part holds no manifest and no arrays")


def _arrays_in(weights: bytes, shape: Shape) -> dict[str, Floats]:
    """The arrays at the beginning of *weights*."""
    arrays, at = {}, 0
    for name, size in shape.arrays.items():
        count = math.prod(size)
        arrays[name] = np.frombuffer(weights, "<f4", count, 4 * at).astype(np.float32).reshape(size)
        at += count
    return arrays


def _described(shape: Shape) -> list[Any]:
    return [[name, "<f4", list(size)] for name, size in shape.arrays.items()]


def _weight_bytes(shape: Shape) -> int:
    return 4 * sum(math.prod(size) for size in shape.arrays.values())
