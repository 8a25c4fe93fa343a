"""A node without its socket: bytes of the learner in, bytes for the learner out, and the work in between.

A node keeps the worlds of its last leases, so that the next one about the same worlds needs no state, and the policies of the
last updates. Nothing of its host is part of anything that it computes or says, but how many cores it lends and their speed.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ninepixel.agents.rollouts.packing import pack_actions, pack_sums
from ninepixel.agents.rollouts.shard import Shard, Stopped
from ninepixel.agents.rollouts.standing import Standing
from ninepixel.agents.rollouts.work import BadWork, Result, Work
from ninepixel.server.compute import messages as m
from ninepixel.server.compute.ability import Ability, work_version
from ninepixel.server.identity import Identity, content_hash
from ninepixel.server.protocol.codec import Malformed
from ninepixel.server.protocol.peer import PeerSession
from ninepixel.server.protocol.peer_events import Closed, PeerEvent, Refused, Welcomed
from ninepixel.world.thought import BadPolicy, IntegerPolicy, Policy

#: Worlds and policies that are kept, and leases that may fail one after the other.
KEPT_WORLDS, KEPT_POLICIES, MOST_FAILED = 8, 2, 3
#: Refusals after which it makes no sense to come again.
FINAL = frozenset(("version", "content", "anonymous", "proof", "role", "banned", "invite", "name", "mode", "elsewhere", "server"))

log = logging.getLogger("ninepixel")


class LendError(RuntimeError):
    """This machine cannot be lent there; the message says why in one line."""


class Parted(Exception):
    """The learner ended the conversation, and may be there again later; the message says why."""


@dataclass(slots=True)
class Held:
    """A lease in work. :param has_state: whether its worlds came with it."""

    ticket: int
    work: Work
    after: int
    shard: Shard | None = None
    has_state: bool = False
    asked: bool = False


class Lender:
    """Lends one machine to one learner, connection after connection.

    :param threads: how many it lends. :param invite: the ticket of the learner. :param name: what it is called there.

    :ivar done: leases that were done, and *verified* and *refused*, what became of them; *steps* of those done.
    """

    def __init__(
        self, identity: Identity, ability: Ability, threads: int, *, invite: str = "", name: str = "", agent: str = ""
    ) -> None:
        self.ability, self.threads, self.invite, self.name = ability, threads, invite, name
        self.done = self.verified = self.refused = self.steps = self._failed = 0
        self._peer = PeerSession(identity, content_hash(), agent=agent)
        self._shards: OrderedDict[int, Shard] = OrderedDict()
        self._policies: OrderedDict[bytes, IntegerPolicy] = OrderedDict()
        self._out: list[bytes] = []
        self._held: Held | None = None

    # -- the conversation ---------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Another connection begins; what was under way in the last one is forgotten there."""
        self._peer.reconnect()
        self._peer.hello(self.name, "node", self.invite)
        self._out, self._held = [], None

    def outgoing(self) -> list[bytes]:
        """What is to be sent, once."""
        out, self._out = self._peer.outgoing() + self._out, []
        return out

    def receive(self, data: bytes) -> None:
        """A message of the learner.

        :raises LendError: when it makes no sense to go on. :raises Parted: when the learner ends the conversation.
        :raises Malformed: when it does not keep to the protocol.
        """
        if m.is_ours(data):
            number, values = m.decode(data, by_node=False)
            _DOES[number](self, values)
            return
        for event in self._peer.receive(data):
            self._heard(event)

    def leave(self) -> None:
        """Give back what is under way, and say goodbye."""
        if self._held is not None:
            self._say(m.BACK, self._held.ticket)
            self._held = None
        self._out = self._peer.outgoing() + self._out
        self._peer.bye()
        self._out += self._peer.outgoing()

    def close(self) -> None:
        """Let all worlds go."""
        for shard in self._shards.values():
            shard.close()
        self._shards.clear()

    # -- the work -----------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether everything is there for :meth:`work`."""
        held = self._held
        return held is not None and held.shard is not None and held.work.policy in self._policies

    def work(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Do the lease, unless *stop* says to leave it off: then it is given back.

        :raises LendError: when nothing that is given can be done.
        """
        held = self._held
        assert held is not None
        assert held.shard is not None
        try:
            result = held.shard.do(held.work, self._policies[held.work.policy], stop)
        except Stopped:
            held.shard.close()
            self._say(m.BACK, held.ticket)
            self._held = None
            return
        except BadWork as error:
            held.shard.close()
            held.shard = None
            if held.has_state:
                self._give_up(str(error))
            else:  # these worlds went another way than the learner's: take them from there
                self._need_state(held)
            return
        self._failed = 0
        self._finish(held, self.told(result))

    def told(self, result: Result) -> Result:
        """What is said of a result: what it is."""
        return result

    # -- inside -------------------------------------------------------------------------------------------------------

    def _finish(self, held: Held, result: Result) -> None:
        assert held.shard is not None
        self._shards[held.ticket] = held.shard
        while len(self._shards) > KEPT_WORLDS:
            self._shards.popitem(last=False)[1].close()
        self.done, self.steps = self.done + 1, self.steps + held.work.steps
        self._held = None
        self._say(m.RESULT, held.ticket, pack_actions(result.actions), pack_sums(result.sums), result.mark)
        self._say(m.READY)

    def _heard(self, event: PeerEvent) -> None:
        match event:
            case Welcomed(world=world):
                if world.get("work") != 1:
                    raise LendError(
                        "that server is a universe and has no work: name a learner's address (ninepixel train --nodes)"
                    )
                self._say(m.ABLE, work_version(), self.ability.cores, self.ability.speed, self.ability.name)
                self._say(m.READY)
            case Refused(code=code, text=text) | Closed(code=code, text=text):
                if code in FINAL:
                    raise LendError(f"the learner refused ({code}): {text}")
                if isinstance(event, Closed):
                    raise Parted(f"{code}: {text}")
                log.warning("the learner refused (%s): %s", code, text)

    def _on_lease(self, values: Sequence[Any]) -> None:
        ticket, after, *about = values
        held = self._held = Held(ticket, Work(*about), after)
        try:
            held.work.check()
        except BadWork as error:
            self._give_up(str(error))
            return
        if held.work.policy not in self._policies:
            self._say(m.NEED, ticket, "policy")
        known = self._shards.get(after)
        if known is not None and known.fits(held.work):
            held.shard = self._shards.pop(after)
        else:
            self._need_state(held)

    def _need_state(self, held: Held) -> None:
        held.asked = True
        self._say(m.NEED, held.ticket, "state")

    def _on_policy(self, values: Sequence[Any]) -> None:
        hash, file = values
        try:
            policy = Policy.parse(file)
        except BadPolicy as error:
            raise Malformed("range", f"the policy that came is none: {error}") from None
        if bytes.fromhex(policy.hash) != hash:
            raise Malformed("range", "the policy that came is another one")
        self._policies[hash] = IntegerPolicy(policy)
        while len(self._policies) > KEPT_POLICIES:
            self._policies.popitem(last=False)

    def _on_state(self, values: Sequence[Any]) -> None:
        ticket, state, rest = values
        held = self._held
        if held is None or held.ticket != ticket or not held.asked or held.shard is not None:
            return
        try:
            shard = self._worlds_for(held.work)
            shard.take_up(Standing(state, rest), self._hidden(held.work))
            held.shard, held.has_state = shard, True
        except BadWork as error:
            self._give_up(str(error))

    def _hidden(self, work: Work) -> int:
        """Numbers that a mind remembers: the policy came first, because it was asked for first."""
        if (policy := self._policies.get(work.policy)) is None:
            raise BadWork("its worlds came and its policy did not")
        return policy.policy.shape.hidden

    def _worlds_for(self, work: Work) -> Shard:
        """Worlds of that kind: those that have gone another way meanwhile, or new ones."""
        for ticket, shard in self._shards.items():
            if shard.fits(work):
                return self._shards.pop(ticket)
        return Shard(work, self.threads)

    def _on_verdict(self, values: Sequence[Any]) -> None:
        ticket, code, text, seconds = values
        if code == "verified":
            self.verified += 1
        elif code == "refused":
            self.refused += 1
            log.warning("%s; no work for %d s", text, seconds)
        else:
            log.info("lease %d: %s", ticket, text)

    def _give_up(self, why: str) -> None:
        assert self._held is not None
        self._failed += 1
        self._say(m.BACK, self._held.ticket)
        self._held = None
        if self._failed >= MOST_FAILED:
            raise LendError(f"{MOST_FAILED} leases one after the other could not be done: {why}")
        log.warning("a lease cannot be done: %s", why)
        self._say(m.READY)

    def _say(self, number: int, *values: Any) -> None:
        self._out.append(m.encode(number, *values))


_DOES: dict[int, Callable[[Lender, Sequence[Any]], None]] = {
    m.LEASE: Lender._on_lease,
    m.POLICY: Lender._on_policy,
    m.STATE: Lender._on_state,
    m.VERDICT: Lender._on_verdict,
}
