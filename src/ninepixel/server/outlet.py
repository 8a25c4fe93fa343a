"""The frames of a tick, to a thousand sockets: wrapped by one kernel and sent by another, both without the interpreter's lock.

Done one by one in Python this takes longer than the tick itself, and the tick has to wait for the lock meanwhile. What a socket
does not take at once is left to its transport, which waits for it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from websockets.frames import Frame, Opcode

from ninepixel.server.replication import Frames
from ninepixel.world.kernel import kernel

#: Whether this system has what is needed; elsewhere every connection is written to by its transport.
AVAILABLE = os.name == "posix" and hasattr(socket, "MSG_DONTWAIT")
_FLAGS = int(getattr(socket, "MSG_DONTWAIT", 0)) | int(getattr(socket, "MSG_NOSIGNAL", 0))
#: Bytes of the longest wrapping of a frame: websocket's header and msgpack's own.
_WRAPPING = 32

#: POSIX: ``ssize_t send(int socket, const void *buffer, size_t length, int flags)``; an address is an integer here.
_send: Any = types.ExternalFunction("send", types.intp(types.intc, types.intp, types.uintp, types.intc))

Ints = npt.NDArray[np.int64]


def framed(message: bytes) -> bytes:
    """One message as it travels: a whole, unmasked, binary frame of websocket."""
    return Frame(Opcode.BINARY, message).serialize(mask=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one tick sends to some clients: for the i-th of them ``data[starts[i]:starts[i + 1]]``.

    :param framed: how many of them get a frame.
    """

    data: npt.NDArray[np.uint8]
    starts: Ints
    framed: int

    def of(self, place: int, begin: int = 0) -> bytes:
        """The bytes of one, from its byte *begin* on."""
        return self.data[self.starts[place] + begin : self.starts[place + 1]].tobytes()


class Outlet:
    """Wraps and sends; it holds the buffer that everything is put into. For one thread."""

    def __init__(self) -> None:
        self._out: npt.NDArray[np.uint8] = np.empty(1 << 16, np.uint8)

    def wrap(self, tick: int, frame: int, frames: Frames | None, numbers: Ints, acks: Ints, tails: Sequence[bytes]) -> Parcel:
        """What every client in *numbers* is sent: its FRAME where there is one to send, and what follows it.

        :param frame: the number of the message FRAME. :param acks: ``(n,)``, 0 for nothing new.
        :param tails: messages that are :func:`framed` already, one after the other.
        """
        lengths = np.fromiter(map(len, tails), np.int64, len(tails))
        tail_data = np.frombuffer(b"".join(tails), np.uint8)
        data = np.frombuffer(frames.data if frames is not None else b"", np.uint8)
        ends = frames.ends if frames is not None else np.zeros(1, np.int64)
        room = len(data) + len(tail_data) + _WRAPPING * len(numbers)
        if room > len(self._out):
            self._out = np.empty(2 * room, np.uint8)
        starts = np.zeros(len(numbers) + 1, np.int64)
        framed = _wrap(tick, frame, data, ends, numbers, acks, tail_data, lengths, self._out, starts)
        return Parcel(self._out, starts, int(framed))

    @staticmethod
    def send(parcel: Parcel, sockets: npt.NDArray[np.int32]) -> Ints:
        """Send to every socket (-1: to none) what is for it; how many bytes each has taken, int64 ``(n,)``."""
        taken = np.zeros(len(sockets), np.int64)
        _send_all(sockets, parcel.data.ctypes.data, parcel.starts, _FLAGS, taken)
        return taken


@kernel
def _send_all(sockets: Any, address: Any, starts: Any, flags: Any, taken: Any) -> None:
    for i in range(len(sockets)):
        size = starts[i + 1] - starts[i]
        if sockets[i] >= 0 and size > 0:
            done = _send(sockets[i], address + starts[i], size, flags)
            if done > 0:
                taken[i] = done


@kernel
def _wrap(
    tick: Any, frame: Any, data: Any, ends: Any, numbers: Any, acks: Any, tails: Any, lengths: Any, out: Any, starts: Any
) -> int:
    at, begin, framed = 0, 0, 0
    for i in range(len(numbers)):
        starts[i] = at
        number = numbers[i]
        first, last = (ends[number], ends[number + 1]) if number + 1 < len(ends) else (0, 0)
        size = last - first
        if size > 0 or acks[i] > 0:
            framed += 1
            long = 8 if tick >> 32 else 4
            width = 1 if size < 256 else 2 if size < 65536 else 4
            at = _header(out, at, 5 + long + width + size + (4 if acks[i] else 0))
            out[at], out[at + 1], out[at + 2] = 0x94, frame, 0xCF if long == 8 else 0xCE  # four fields; the tick
            at = _big(out, at + 3, tick, long)
            out[at] = 0xC4 + (width >> 1)  # bytes, their length in 1, 2 or 4
            at = _big(out, at + 1, size, width)
            out[at : at + size] = data[first:last]
            at += size
            out[at] = 0xCE if acks[i] else 0  # 32 bits, or nothing
            at = _big(out, at + 1, acks[i], 4) if acks[i] else at + 1
        if lengths[i] > 0:
            out[at : at + lengths[i]] = tails[begin : begin + lengths[i]]
            at += lengths[i]
            begin += lengths[i]
    starts[len(numbers)] = at
    return framed


@kernel
def _header(out: Any, at: Any, size: Any) -> Any:
    """The header of a whole, unmasked, binary websocket message (RFC 6455, section 5.2)."""
    out[at] = 0x82
    if size < 126:
        out[at + 1] = size
        return at + 2
    if size < 65536:
        out[at + 1] = 126
        return _big(out, at + 2, size, 2)
    out[at + 1] = 127
    return _big(out, at + 2, size, 8)


@kernel
def _big(out: Any, at: Any, value: Any, width: Any) -> Any:
    """*value* in *width* bytes, the highest first."""
    for byte in range(width):
        out[at + byte] = (value >> (8 * (width - 1 - byte))) & 0xFF
    return at + width
