"""A rollout in few bytes: what was done, one symbol a decision, and sums of rewards.

::

    u32 length of the first part
    first part     zstd: move * 9 + act of every decision, a byte each, tick by tick
    second part    zstd: the word of every decision, likewise

Moves and acts go together because they depend on each other; words have statistics of their own. Whoever decides by chance
alone needs log2(729) = 9.5 bits for a decision, and what is learned needs less. Nothing is unpacked before its size is known to
be right.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import zstandard

from ninepixel.agents.rollouts.work import BadWork
from ninepixel.world.laws.lives import ACTS, MOVES, WORDS

Actions = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LEVEL = 6
_LENGTH = struct.Struct("<I")
#: zstd looks no further back than this in what we write.
_WINDOW = 1 << 23


def pack_actions(actions: Actions) -> bytes:
    """*actions*: uint8 (ticks, n, 3), each below 9."""
    both = _packed(actions[..., 0] * np.uint8(ACTS) + actions[..., 1])
    return _LENGTH.pack(len(both)) + both + _packed(actions[..., 2])


def unpack_actions(data: bytes, ticks: int, n: int) -> Actions:
    """The inverse, uint8 (ticks, n, 3).

    :raises BadWork: when *data* is anything else than the actions of so many steps.
    """
    if len(data) < _LENGTH.size:
        raise BadWork(f"its actions have {len(data)} bytes and no length")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    both, words = (_unpacked(part, ticks * n) for part in (data[_LENGTH.size : end], data[end:]))
    if both.max(initial=0) >= MOVES * ACTS or words.max(initial=0) >= WORDS:
        raise BadWork("its actions are others than there are")
    return np.stack([both // np.uint8(ACTS), both % np.uint8(ACTS), words], axis=-1).reshape(ticks, n, 3)


def pack_sums(sums: Floats) -> bytes:
    """*sums*: float32 (n,)."""
    return sums.astype("<f4").tobytes()


def unpack_sums(data: bytes, n: int) -> Floats:
    """The inverse.

    :raises BadWork: when it is of another size.
    """
    if len(data) != 4 * n:
        raise BadWork(f"its sums of rewards have {len(data)} bytes, not {4 * n}")
    return np.frombuffer(data, "<f4").astype(np.float32)


def _packed(plane: Actions) -> bytes:
    # a compressor is not for two threads at once, and a fresh one costs little beside a rollout
    return zstandard.ZstdCompressor(level=LEVEL, write_content_size=True).compress(plane.tobytes())


def _unpacked(data: bytes, size: int) -> Actions:
    try:
        frame = zstandard.get_frame_parameters(data)
        if frame.content_size != size or frame.window_size > _WINDOW or frame.dict_id:
            raise BadWork(f"its actions are said to be {frame.content_size}, not {size}")
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BadWork(f"its actions cannot be decompressed: {error}") from None
    if len(raw) != size:
        raise BadWork(f"its actions are {len(raw)}, not {size}")
    return np.frombuffer(raw, np.uint8)
