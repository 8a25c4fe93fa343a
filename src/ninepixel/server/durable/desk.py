"""The desk: whose commands have been taken in, so that one that is sent again is not done again.

A command carries its receipt in its data (see :mod:`ninepixel.world.guests`): ``by`` and ``seq``, or records ``told`` for many at
once. The desk is therefore a function of the journal, like the state, and is written beside it in every snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.commands import Command
from ninepixel.world.guests import LONGEST_NAME, TOLD
from ninepixel.world.store.envelope import Envelope, pack
from ninepixel.world.store.errors import Impossible

_MOST = 1 << 24
_ID_LIMIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Receipt:
    """The highest number of a command that an account got through, and the name of the mind it leads (b"" for none)."""

    seq: int
    name: bytes = b""


def receipts(commands: Iterable[Command]) -> Iterator[tuple[int, int, bytes | None]]:
    """``(account, seq, name)`` of every receipt that the commands of one tick carry.

    The name is that of the mind which the account leads from now on, b"" for none any more, None where that stays as it is.
    """
    for command in commands:
        told = command.data.get("told")
        if isinstance(told, bytes):
            for account, seq, _ in np.frombuffer(told, TOLD, len(told) // TOLD.itemsize).tolist():
                yield account, seq, None
        by, seq = command.data.get("by"), command.data.get("seq")
        if type(by) is int and type(seq) is int and 0 <= by < _ID_LIMIT and 0 <= seq < _ID_LIMIT:
            yield by, seq, {"mind.join": command.key, "mind.leave": b""}.get(command.verb)


class Desk:
    """The receipts of all accounts. Not for two threads at once."""

    def __init__(self) -> None:
        self._receipts: dict[int, Receipt] = {}

    def last_seq(self, account: int) -> int:
        """The number of the last command that was taken in; 0 before the first, so numbers begin at 1."""
        return self._receipts.get(account, _NOTHING).seq

    def name(self, account: int) -> bytes:
        """The name under which the account joined, b"" when it leads nobody."""
        return self._receipts.get(account, _NOTHING).name

    def fresh(self, account: int, seq: int) -> bool:
        """Whether a command is new; one that is not has been done, and is acknowledged when its tick is durable."""
        return seq > self.last_seq(account)

    def apply(self, commands: Iterable[Command]) -> None:
        """Take in the receipts of one tick's commands. Those of the host carry none."""
        for account, seq, name in receipts(commands):
            before = self._receipts.get(account, _NOTHING)
            self._receipts[account] = Receipt(max(seq, before.seq), before.name if name is None else name)

    def copy(self) -> Desk:
        """A desk of its own with the same receipts."""
        twin = Desk()
        twin._receipts = dict(self._receipts)
        return twin

    def __len__(self) -> int:
        return len(self._receipts)

    def __iter__(self) -> Iterator[int]:
        """The accounts."""
        return iter(self._receipts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Desk) and self._receipts == other._receipts

    __hash__ = None  # type: ignore[assignment]

    def pack(self, tick: int, follows: bytes, content: bytes) -> bytes:
        """The envelope of a ``desk`` frame.

        :param follows: the checksum of a frame of the segment before, b"" for the first segment.
        :param content: what the laws of this program are, so that no other replays the journal behind it.
        """
        found = sorted(self._receipts.items())
        columns: dict[str, npt.NDArray[Any]] = {
            "account": np.fromiter((account for account, _ in found), np.uint32, len(found)),
            "seq": np.fromiter((receipt.seq for _, receipt in found), np.uint32, len(found)),
            "name.length": np.fromiter((len(receipt.name) for _, receipt in found), np.uint32, len(found)),
            "name": np.frombuffer(b"".join(receipt.name for _, receipt in found), np.uint8),
        }
        return pack("desk", tick, {"accounts": len(found), "follows": follows, "content": content}, columns)

    @staticmethod
    def unpack(envelope: Envelope) -> Desk:
        """The inverse of :meth:`pack`.

        :raises Impossible: when the envelope is no desk.
        """
        accounts = envelope.meta.get("accounts")
        if type(accounts) is not int or not 0 <= accounts <= _MOST:
            raise Impossible("a desk without a number of accounts")
        account, seq, length = (envelope.column(name, "u4", accounts) for name in ("account", "seq", "name.length"))
        if np.any(account[1:] <= account[:-1]) or np.any(length > LONGEST_NAME):
            raise Impossible("the accounts of a desk are not in order, or a name is too long")
        names = envelope.column("name", "u1", int(length.sum(dtype=np.int64))).tobytes()
        desk, at = Desk(), 0
        for who, last, size in zip(account.tolist(), seq.tolist(), length.tolist(), strict=True):
            desk._receipts[who] = Receipt(last, names[at : at + size])
            at += size
        return desk


_NOTHING = Receipt(0)
