"""Addresses that misbehave: whoever keeps sending what cannot be read is not listened to for a while.

A connection that is refused costs a server a thousand times what it costs a stranger to open it. So an address whose sessions
ended for misbehaviour several times in a short while is turned away before its first byte is read. Pure: time is handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

#: Why a session ends when somebody misbehaves.
MISBEHAVIOUR = frozenset(
    ("size", "encoding", "number", "arity", "type", "range", "state", "mode", "malformed", "flood", "proof", "slow-client")
)
#: Everybody behind a proxy on this machine has one of these: they cannot be told apart, so none is blocked for another.
SHARED = ("127.0.0.1", "::1", "")
#: So many offences fade in one second.
FADING = 0.5
#: Addresses that are remembered; the one that was last heard of longest ago is forgotten first.
MOST = 4096


@dataclass(slots=True)
class _Record:
    offences: float
    at: float
    blocked_until: float = 0.0


class Offenders:
    """Remembers who misbehaved.

    :param after: offences, each fading in two seconds, after which an address is blocked. :param seconds: for how long.
    """

    def __init__(self, after: int, seconds: float) -> None:
        self._after, self._seconds = after, seconds
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def offended(self, address: str, why: str, now: float) -> None:
        """A session of *address* has ended for that reason; reasons that are no misbehaviour do not count."""
        if why not in MISBEHAVIOUR or address in SHARED:
            return
        record = self._records.setdefault(address, _Record(0.0, now))
        self._records.move_to_end(address)
        record.offences = max(0.0, record.offences - FADING * (now - record.at)) + 1
        record.at = now
        if record.offences >= self._after:
            record.offences, record.blocked_until = 0.0, now + self._seconds
        if len(self._records) > MOST:
            self._records.popitem(last=False)

    def blocked(self, address: str, now: float) -> bool:
        """Whether nobody at *address* is listened to at the moment."""
        record = self._records.get(address)
        return record is not None and now < record.blocked_until
