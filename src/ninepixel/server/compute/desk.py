"""The learner's desk: nodes come, log in, take leases and bring results. Bytes in, bytes out; no socket, no clock, no worlds.

What a result *is* is decided here (its form, its size, whose ticket it bears), and whether it is *right* by the learner, which
asks for it by shard. Everything happens in one thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ninepixel.agents.rollouts.packing import unpack_actions, unpack_sums
from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import BadWork, Result, Work
from ninepixel.server.compute import messages as m
from ninepixel.server.compute.ability import work_version
from ninepixel.server.compute.foreman import Foreman, Giving, Rules, Stage
from ninepixel.server.protocol import messages as protocol
from ninepixel.server.protocol.codec import Malformed
from ninepixel.server.protocol.events import Asked, Ended, Event, Opened, Pinged
from ninepixel.server.protocol.limits import Limits
from ninepixel.server.protocol.session import Gate, ServerSession

#: Messages of a node that mean nothing, before its connection is ended.
MOST_MALFORMED = 16
#: What a learner answers in the place of a universe.
WORLD = {"universe": "a learner", "work": 1}
#: Messages of a node a second and at once, whatever they say.
_PACE, _AT_ONCE = 200.0, 400.0

#: A message for a connection; without one it is to be closed.
Post = tuple[int, bytes | None]


@dataclass(slots=True)
class Guest:
    """One connection. :param key: of who it is, once they are logged in."""

    session: ServerSession
    key: bytes = b""
    name: str = ""
    able: bool = False
    ready: bool = False
    malformed: int = 0
    asked: set[tuple[int, str]] = field(default_factory=set)
    credit: float = _AT_ONCE
    seen: float = 0.0


class Desk:
    """All connections of nodes to one learner.

    :param gate: whom sessions ask for admission; :param key_of: the public key of an account that it has let in.

    :ivar sent: bytes by kind of message since the beginning, with the heads of their websocket frames, and *got* likewise;
        ``SESSION`` are those of the protocol.
    """

    def __init__(
        self,
        gate: Gate,
        key_of: Callable[[int], bytes],
        limits: Limits | None = None,
        rules: Rules | None = None,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.foreman = Foreman(rules)
        self.guests: dict[int, Guest] = {}
        self.sent, self.got = Counter[str](), Counter[str]()
        self.refusals = Counter[str]()
        self._gate, self._key_of, self._limits, self._log = gate, key_of, limits or Limits(), log
        self._policy: tuple[bytes, bytes] = (b"", b"")
        self._work: dict[int, tuple[Work, Callable[[], Standing]]] = {}
        self._results: dict[int, Result] = {}

    # -- connections --------------------------------------------------------------------------------------------------

    def connected(self, number: int, now: float) -> list[Post]:
        """Somebody is there."""
        guest = self.guests[number] = Guest(ServerSession(self._gate, self._limits, now), seen=now)
        return [(number, data) for data in guest.session.outgoing()]

    def lost(self, number: int, now: float) -> list[Post]:
        """A connection is over."""
        guest = self.guests.pop(number, None)
        if guest is not None and guest.able:
            self.foreman.leave(guest.key, now)
            self._log(f"node {guest.name} is gone")
        return self._match(now)

    def received(self, number: int, data: bytes, now: float) -> list[Post]:
        """A message has come; nothing is raised whatever it holds."""
        guest = self.guests.get(number)
        if guest is None:
            return []
        guest.credit = min(_AT_ONCE, guest.credit + (now - guest.seen) * _PACE) - 1
        guest.seen = now
        if guest.credit < 0:
            return self._end(number, guest, "flood", now)
        if not (guest.key and m.is_ours(data)):
            self.got["SESSION"] += framed(len(data), masked=True)
            events = guest.session.receive(data, now)
            posts: list[Post] = [(number, out) for out in guest.session.outgoing()]
            for event in events:
                posts += self._happened(number, guest, event, now)
            return posts
        try:
            what, values = m.decode(data, by_node=True)
        except Malformed as error:
            return self._malformed(number, guest, error, now)
        self.got[m.BY_NUMBER[what].name] += framed(len(data), masked=True)
        return _DOES[what](self, number, guest, values, now)

    def tick(self, now: float) -> list[Post]:
        """Time passes: logins and leases that take too long are over."""
        posts: list[Post] = []
        for number, guest in list(self.guests.items()):
            for event in guest.session.tick(now):
                posts += [(number, out) for out in guest.session.outgoing()]
                posts += self._happened(number, guest, event, now)
        for giving in self.foreman.expire(now):
            self._log(f"lease {giving.ticket} has expired")
            posts += self._tell(giving.node, giving.ticket, "expired", "it took too long; others have the work now")
        return posts + self._match(now)

    # -- the learner --------------------------------------------------------------------------------------------------

    def publish(self, hash: bytes, policy: bytes) -> None:
        """The policy of all work from now on."""
        self._policy = (hash, policy)

    def post(self, shard: int, work: Work, standing: Callable[[], Standing], now: float) -> list[Post]:
        """There is work; *standing* is asked for its worlds when a node has not got them."""
        self.foreman.post(shard, work.steps, now)
        self._work[shard] = (work, standing)
        return self._match(now)

    def take_result(self, shard: int) -> Result | None:
        """What has come back for *shard*, once."""
        return self._results.pop(shard, None)

    def withdraw(self, shard: int, now: float) -> bool:
        """Whether the learner does that work itself."""
        gone = self.foreman.withdraw(shard, now)
        if gone:
            del self._work[shard]
        return gone

    def verdict(self, shard: int, wrong: str | None, now: float) -> list[Post]:
        """What came back was right, or *wrong*."""
        giving = self.foreman.verdict(shard, wrong, now)
        if wrong is None:
            del self._work[shard]
            return self._tell(giving.node, giving.ticket, "verified", "")
        return self._refuse(giving, wrong, now) + self._match(now)

    def close(self, now: float) -> list[Post]:
        """There is no more work, for anybody."""
        self.foreman.cancel(now)
        self._work.clear()
        posts: list[Post] = []
        for number, guest in list(self.guests.items()):
            posts += self._end(number, guest, "draining", now)
        return posts

    # -- what nodes say -----------------------------------------------------------------------------------------------

    def _happened(self, number: int, guest: Guest, event: Event, now: float) -> list[Post]:
        match event:
            case Opened(mode="node", account=account):
                return self._welcome(number, guest, self._key_of(account), event.name)
            case Opened():
                return [
                    (number, guest.session.bye("mode", "this is a learner: it has work for nodes and no universe")),
                    (number, None),
                ]
            case Pinged(t=t):
                return [(number, guest.session.pong(t, 0))]
            case Asked(id=id):
                return [(number, guest.session.answer(id, False, "a learner answers no questions"))]
            case Ended():
                return [(number, None)]
        return []

    def _welcome(self, number: int, guest: Guest, key: bytes, name: str) -> list[Post]:
        posts: list[Post] = []
        for other, known in list(self.guests.items()):
            if known.key == key:
                posts += [(other, known.session.bye("elsewhere")), (other, None)]
                del self.guests[other]
                self.foreman.leave(key, known.seen)
        guest.key, guest.name = key, name or key.hex()[:8]
        return [*posts, (number, guest.session.welcome(0, 1, WORLD, 0))]

    def _on_able(self, number: int, guest: Guest, values: Sequence[Any], now: float) -> list[Post]:
        work, cores, speed, ability = values
        if work != work_version():
            text = f"rollouts are computed otherwise here ({work_version().hex()}): install the same release of ninepixel"
            return self._end(number, guest, "content", now, text)
        guest.able = True
        node = self.foreman.join(guest.key, float(speed))
        self._log(f"node {guest.name} is there: {ability}, {cores} cores, {speed:,} steps/s")
        if node.is_quarantined(now):
            return [(number, self._quarantined(0, node.why, node.until - now))]
        return []

    def _on_ready(self, number: int, guest: Guest, values: Sequence[Any], now: float) -> list[Post]:
        guest.ready = guest.able
        return self._match(now)

    def _on_need(self, number: int, guest: Guest, values: Sequence[Any], now: float) -> list[Post]:
        ticket, what = values
        giving = self.foreman.out.get(ticket)
        if giving is None or giving.node != guest.key or (ticket, what) in guest.asked:
            return self._nothing(number, guest, ticket, "unknown")
        if self.foreman.jobs[giving.shard].stage is not Stage.OUT:  # the learner is at work in those worlds
            return self._nothing(number, guest, ticket, "twice")
        guest.asked = {asked for asked in guest.asked if asked[0] in self.foreman.out} | {(ticket, what)}
        if what == "policy":
            return [self._out(number, m.POLICY, *self._policy)]
        standing = self._work[giving.shard][1]()
        return [self._out(number, m.STATE, ticket, standing.state, standing.rest)]

    def _on_result(self, number: int, guest: Guest, values: Sequence[Any], now: float) -> list[Post]:
        ticket, actions, sums, mark = values
        giving = self.foreman.returned(guest.key, ticket)
        if isinstance(giving, str):
            return self._nothing(number, guest, ticket, giving)
        work = self._work[giving.shard][0]
        try:
            result = Result(unpack_actions(actions, work.ticks, work.agents), unpack_sums(sums, work.agents), mark)
        except BadWork as error:
            self.foreman.verdict(giving.shard, "form", now)
            return self._refuse(giving, f"form: {error}", now) + self._match(now)
        self._results[giving.shard] = result
        return []

    def _on_back(self, number: int, guest: Guest, values: Sequence[Any], now: float) -> list[Post]:
        why = self.foreman.hand_back(guest.key, values[0], now)
        return self._match(now) if why is None else self._nothing(number, guest, values[0], why)

    # -- what they are told -------------------------------------------------------------------------------------------

    def _match(self, now: float) -> list[Post]:
        """Give work to whoever waits for some."""
        posts: list[Post] = []
        for number, guest in self.guests.items():
            if guest.ready and (giving := self.foreman.take(guest.key, now)) is not None:
                guest.ready = False
                work = self._work[giving.shard][0]
                about = (work.task, work.options, work.agents, work.seed, work.founded, work.tick, work.ticks)
                posts.append(self._out(number, m.LEASE, giving.ticket, giving.after, *about, work.start, work.policy, work.dice))
        return posts

    def _refuse(self, giving: Giving, why: str, now: float) -> list[Post]:
        node = self.foreman.nodes[giving.node]
        self._log(f"a result was refused ({why}); its node {giving.node.hex()[:8]} gets nothing for {node.until - now:.0f} s")
        return [(number, self._quarantined(giving.ticket, why, node.until - now)) for number in self._connections(giving.node)]

    def _quarantined(self, ticket: int, why: str, seconds: float) -> bytes:
        text = f"a result was wrong ({why}): is the memory of this machine sound, and ninepixel unchanged?"
        return self._out(0, m.VERDICT, max(ticket, 1), "refused", text[:400], max(1, round(seconds)))[1] or b""

    def _tell(self, node: bytes, ticket: int, code: str, text: str) -> list[Post]:
        return [self._out(number, m.VERDICT, ticket, code, text, 0) for number in self._connections(node)]

    def _nothing(self, number: int, guest: Guest, ticket: int, why: str) -> list[Post]:
        self.refusals[why] += 1
        return [self._out(number, m.VERDICT, ticket, why, m.VERDICTS[why], 0)]

    def _malformed(self, number: int, guest: Guest, error: Malformed, now: float) -> list[Post]:
        self.refusals[error.code] += 1
        guest.malformed += 1
        if guest.malformed >= MOST_MALFORMED:
            return self._end(number, guest, "malformed", now)
        return [(number, guest.session.refuse(error.code, str(error)))]

    def _end(self, number: int, guest: Guest, code: str, now: float, text: str = "") -> list[Post]:
        del self.guests[number]
        if guest.able:
            self.foreman.leave(guest.key, now)
        return [(number, guest.session.bye(code, text or {**protocol.REFUSALS, **protocol.FAREWELLS}[code])), (number, None)]

    def _connections(self, node: bytes) -> list[int]:
        return [number for number, guest in self.guests.items() if guest.key == node]

    def _out(self, number: int, what: int, *values: Any) -> Post:
        data = m.encode(what, *values)
        self.sent[m.BY_NUMBER[what].name] += framed(len(data))
        return number, data


def framed(size: int, *, masked: bool = False) -> int:
    """Bytes of a message of *size* as one websocket frame (RFC 6455, 5.2); clients mask theirs."""
    return size + 2 + (0 if size < 126 else 2 if size < 1 << 16 else 8) + 4 * masked


_DOES: dict[int, Callable[[Desk, int, Guest, Sequence[Any], float], list[Post]]] = {
    m.ABLE: Desk._on_able,
    m.READY: Desk._on_ready,
    m.NEED: Desk._on_need,
    m.RESULT: Desk._on_result,
    m.BACK: Desk._on_back,
}
