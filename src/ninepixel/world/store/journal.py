"""What happened: frames of commands by tick, and marks that say what the state was.

A *journal* frame holds ``[[tick, [[verb, key, data], ...]], ...]``, compressed; the commands of a crowded tick may go on in the
next frame. A *mark* holds the digest of every world at one tick and, where asked for, its fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.digest import DIGEST_BYTES
from ninepixel.world.store.envelope import Envelope, compress_plain, decompress_plain, pack
from ninepixel.world.store.errors import Impossible, StoreError
from ninepixel.world.store.fingerprints import Prints

#: Uncompressed bytes of one journal frame, which also bounds a single command.
FRAME_LIMIT = 1 << 22
#: Commands that a frame aims at holding, uncompressed.
FRAME_AIM = 1 << 19
#: Lists in a command's arguments may be this deep.
_DEPTH = 8
_PRINTS_LIMIT = 1 << 27

Entry = tuple[int, list[Command]]


@dataclass(frozen=True)
class Mark:
    """What the state was at *tick*: a digest a world, and a mapping of fingerprints a world (empty when none were taken)."""

    tick: int
    digests: tuple[bytes, ...]
    prints: tuple[Mapping[str, Prints], ...] = ()


class JournalBuffer:
    """Entries on their way into frames, as packed bytes.

    :ivar size: bytes that wait.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, tick: int, commands: Iterable[Command]) -> None:
        """Queue the commands of one tick, in their order.

        :raises StoreError: for a command that no frame can hold; nothing is queued then.
        """
        packed = [(tick, pack_command(command)) for command in commands]
        self._entries += packed
        self.size += sum(len(p) for _, p in packed)

    def take(self) -> Iterator[tuple[int, bytes]]:
        """``(tick, envelope)`` of journal frames that hold everything queued; the queue is empty afterwards."""
        entries, self._entries, self.size = self._entries, [], 0
        frame, size = list[tuple[int, bytes]](), 0
        for entry in entries:
            if frame and size + len(entry[1]) > FRAME_AIM:
                yield frame[0][0], _frame_of(frame)
                frame, size = [], 0
            frame.append(entry)
            size += len(entry[1])
        if frame:
            yield frame[0][0], _frame_of(frame)


def pack_command(command: Command) -> bytes:
    """The one encoding of *command*.

    :raises StoreError: for a command that no frame can hold.
    """
    if not all(_is_plain(v) for v in command.data.values()):
        raise StoreError(f"command {command.verb} cannot be recorded: its arguments are not plain integers, bytes, text or lists")
    packed = command.packed()
    if len(packed) > FRAME_LIMIT >> 1:
        raise StoreError(f"command {command.verb} cannot be recorded: it is {len(packed)} bytes long")
    return packed


def pack_entries(entries: Sequence[tuple[int, Sequence[bytes]]]) -> bytes:
    """The envelope of one journal frame: *entries* of a tick and its commands, packed. A tick without any says that it was."""
    plain = [[tick, [msgpack.unpackb(command) for command in commands]] for tick, commands in entries]
    return pack("journal", entries[0][0], {"entries": compress_plain(plain)})


def unpack_journal(envelope: Envelope) -> list[Entry]:
    """The entries of a journal frame, ticks ascending.

    :raises Impossible: when it holds anything else.
    """
    raw = envelope.meta.get("entries")
    entries = decompress_plain(raw, FRAME_LIMIT + 64) if isinstance(raw, bytes) else None
    if not isinstance(entries, list):
        raise Impossible("a journal without entries")
    out: list[Entry] = []
    for entry in entries:
        match entry:
            case [int() as tick, list() as commands] if tick >= (out[-1][0] if out else envelope.tick):
                out.append((tick, [_unpacked(parts) for parts in commands]))
            case _:
                raise Impossible("an entry of the journal is malformed or out of order")
    return out


def pack_mark(mark: Mark) -> bytes:
    """The envelope of a mark."""
    columns = {f"{world}.{table}": prints for world, tables in enumerate(mark.prints) for table, prints in tables.items()}
    lengths = {name: len(prints) for name, prints in columns.items()}
    return pack("mark", mark.tick, {"digests": list(mark.digests), "prints": lengths}, columns)


def unpack_mark(envelope: Envelope, *, prints: bool = True) -> Mark:
    """The mark of an envelope. :param prints: whether to decompress the fingerprints.

    :raises Impossible: when it is none.
    """
    match envelope.meta:
        case {"digests": list() as digests, "prints": dict() as lengths}:
            pass
        case _:
            raise Impossible("a mark without digests")
    if not all(isinstance(d, bytes) and len(d) == DIGEST_BYTES for d in digests):
        raise Impossible("a mark's digest is no digest")
    tables: list[dict[str, Prints]] = []
    for name, length in lengths.items() if prints else ():
        world, _, table = name.partition(".")
        if not (isinstance(length, int) and 0 <= length <= _PRINTS_LIMIT and world.isdecimal() and int(world) < len(digests)):
            raise Impossible("a mark's fingerprints are malformed")
        tables += [{} for _ in range(len(tables), int(world) + 1)]
        tables[int(world)][table] = envelope.column(name, "u4", length).astype(np.uint32, copy=False)
    return Mark(envelope.tick, tuple(digests), tuple(tables))


# -- inside -----------------------------------------------------------------------------------------------------------


def _frame_of(commands: Sequence[tuple[int, bytes]]) -> bytes:
    by_tick: list[tuple[int, list[bytes]]] = []
    for tick, packed in commands:
        if not by_tick or by_tick[-1][0] != tick:
            by_tick.append((tick, []))
        by_tick[-1][1].append(packed)
    return pack_entries(by_tick)


def _unpacked(parts: Any) -> Command:
    try:
        command = Command.unpack(parts)
    except BadCommand as e:
        raise Impossible(str(e)) from None
    if not all(_is_plain(v) for v in command.data.values()):
        raise Impossible(f"the arguments of {command.verb!r:.80} are not plain values")
    return command


def _is_plain(value: Any, depth: int = _DEPTH) -> bool:
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(v, depth - 1) for v in value)
    return value is None or isinstance(value, bool | int | bytes | str)
