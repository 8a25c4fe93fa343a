"""The foreman: who has which piece of work, what came of it, and who gets no more. No socket, no clock, no worlds.

A piece of work is posted for a *shard* and done once. It is given to a node under a *ticket*, a number that is never used again;
a giving ends in exactly one of six ways, and only one that was verified ends the work::

    open --take--> out --returned--> back --verified--> done
      ^             |                  |
      |             | expired, dropped,| refused
      |             | handed back      |
      +-------------+------------------+       open --withdraw--> done (the learner does it itself)

So whatever comes late, twice or from somebody else finds its ticket spent, and is counted and nothing else. ``given`` is always
the sum of ``verified``, ``refused``, ``expired``, ``dropped``, ``handed_back``, ``cancelled`` and of what is out or back at the
moment; ``posted`` is that of ``done``, ``unfinished`` and what is open, out or back.

A node whose result was refused is in quarantine: it gets nothing for a while, which grows with every offence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum


class Stage(IntEnum):
    """Where a piece of work is."""

    OPEN = 0  #: nobody has it
    OUT = 1  #: a node has it
    BACK = 2  #: a result has come and is being looked at


#: In which ways a giving ends.
ENDS = ("verified", "refused", "expired", "dropped", "handed_back", "cancelled")
#: Why a result is not looked at.
SPENT = ("late", "twice", "foreign", "unknown")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the foreman goes by; seconds.

    :param least: that a node has for its work at least; :param slack: times what its probe says that it needs.
    :param quarantine: after the first offence; :param growth: what it is multiplied with at each other one.
    :param patience: for which work waits for a node before the learner may do it itself.
    """

    least: float = 30.0
    slack: float = 8.0
    quarantine: float = 60.0
    growth: float = 4.0
    patience: float = 1.0


@dataclass(slots=True)
class Job:
    """A piece of work that is not done. :param since: when it became open."""

    shard: int
    steps: int
    since: float
    stage: Stage = Stage.OPEN
    ticket: int = 0


@dataclass(frozen=True, slots=True)
class Giving:
    """Work in somebody's hands.

    :param after: the ticket of this node after which its worlds stand where the work begins; 0 when it has none such.
    """

    ticket: int
    shard: int
    node: bytes
    deadline: float
    after: int


@dataclass(slots=True)
class Node:
    """What is known of a node, by its key, whether it is connected or not.

    :ivar speed: steps a second, as its probe says. :ivar until: when its quarantine ends.
    :ivar counts: of :data:`ENDS`, :data:`SPENT`, ``given``, and ``offences``.
    """

    speed: float = 0.0
    connected: bool = False
    until: float = 0.0
    why: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def is_quarantined(self, now: float) -> bool:
        """Whether it gets no work."""
        return now < self.until


class Foreman:
    """The ledger of all work. Every *now* is seconds of one clock that does not go back."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.nodes: dict[bytes, Node] = {}
        self.jobs: dict[int, Job] = {}
        self.counts: Counter[str] = Counter()
        self.out: dict[int, Giving] = {}
        self._spent: dict[int, bytes] = {}
        self._worlds: dict[int, tuple[bytes, int]] = {}  # by shard: who has its worlds, and after which ticket
        self._tickets = 0

    # -- nodes --------------------------------------------------------------------------------------------------------

    def join(self, node: bytes, speed: float) -> Node:
        """A node is there, which has done so many steps a second."""
        known = self.nodes.setdefault(node, Node())
        known.connected, known.speed = True, speed
        return known

    def leave(self, node: bytes, now: float) -> None:
        """A node is gone, and with it whatever it had."""
        if (known := self.nodes.get(node)) is None or not known.connected:
            return
        known.connected = False
        for giving in [g for g in self.out.values() if g.node == node]:
            if self.jobs[giving.shard].stage is Stage.OUT:  # a result that has come is as good as before
                self._end(giving, "dropped", now)
        self._worlds = {shard: held for shard, held in self._worlds.items() if held[0] != node}

    def able(self, now: float) -> int:
        """How many nodes may be given work."""
        return sum(node.connected and not node.is_quarantined(now) for node in self.nodes.values())

    # -- work ---------------------------------------------------------------------------------------------------------

    def post(self, shard: int, steps: int, now: float) -> None:
        """There is work to be done in the worlds of *shard*.

        :raises ValueError: while there still is some.
        """
        if shard in self.jobs:
            raise ValueError(f"shard {shard} has work that is not done")
        self.jobs[shard] = Job(shard, steps, now)
        self.counts["posted"] += 1

    def take(self, node: bytes, now: float) -> Giving | None:
        """Give *node* some work, if there is some for it: rather in worlds that it has than in those that nobody has.

        Worlds that another node has wait for that one as long as :attr:`Rules.patience`, unless it cannot be given any.
        """
        known = self.nodes.get(node)
        if known is None or not known.connected or known.is_quarantined(now):
            return None
        ranked = [(self._distance(node, job, now), job.shard) for job in self.jobs.values() if job.stage is Stage.OPEN]
        distance, shard = min(ranked, default=(3, 0))
        if distance > 2:
            return None
        job, self._tickets = self.jobs[shard], self._tickets + 1
        seconds = max(self.rules.least, self.rules.slack * job.steps / max(known.speed, 1.0))
        after = self._worlds[shard][1] if distance == 0 else 0
        giving = Giving(self._tickets, shard, node, now + seconds, after)
        job.stage, job.ticket = Stage.OUT, giving.ticket
        self.out[giving.ticket] = giving
        self._count("given", node)
        return giving

    def returned(self, node: bytes, ticket: int) -> Giving | str:
        """A result has come: of what, or one of :data:`SPENT`, for which nothing changes."""
        giving = self.out.get(ticket)
        if giving is None or giving.node != node:
            whose = self._spent.get(ticket, giving.node if giving is not None else b"")
            why = "unknown" if not whose else "late" if whose == node else "foreign"
        elif self.jobs[giving.shard].stage is Stage.BACK:
            why = "twice"
        else:
            self.jobs[giving.shard].stage = Stage.BACK
            return giving
        self._count(why, node)
        return why

    def verdict(self, shard: int, wrong: str | None, now: float) -> Giving:
        """What came back for *shard* was right, or *wrong*, and then its node is in quarantine.

        :raises ValueError: when nothing has come back.
        """
        job = self.jobs.get(shard)
        if job is None or job.stage is not Stage.BACK:
            raise ValueError(f"nothing has come back for shard {shard}")
        giving = self.out[job.ticket]
        if wrong is not None:
            self._end(giving, "refused", now)
            self.offended(giving.node, wrong, now)
            return giving
        self._end(giving, "verified", now)
        del self.jobs[shard]
        self.counts["done"] += 1
        if self.nodes[giving.node].connected:
            self._worlds[shard] = (giving.node, giving.ticket)
        return giving

    def offended(self, node: bytes, why: str, now: float) -> None:
        """A node has done what no honest one does: it gets nothing for a while."""
        known = self.nodes[node]
        seconds = self.rules.quarantine * self.rules.growth ** min(known.counts["offences"], 16)
        known.until, known.why = max(known.until, now + seconds), why
        self._count("offences", node)
        self.counts[f"wrong {why}"] += 1
        self._worlds = {shard: held for shard, held in self._worlds.items() if held[0] != node}

    def hand_back(self, node: bytes, ticket: int, now: float) -> str | None:
        """A node does not do its work after all; why that says nothing, None when it does."""
        giving = self.out.get(ticket)
        if giving is None or giving.node != node or self.jobs[giving.shard].stage is not Stage.OUT:
            self._count("unknown", node)
            return "unknown"
        self._end(giving, "handed_back", now)
        return None

    def expire(self, now: float) -> list[Giving]:
        """Take back what was not done in time; those givings."""
        over = [g for g in self.out.values() if self.jobs[g.shard].stage is Stage.OUT and now >= g.deadline]
        for giving in over:
            self._end(giving, "expired", now)
        return over

    def withdraw(self, shard: int, now: float) -> bool:
        """Whether the learner does the work itself: nobody has it, and nobody is there or has taken it for a while."""
        job = self.jobs.get(shard)
        if job is None or job.stage is not Stage.OPEN or (self.able(now) and now - job.since < self.rules.patience):
            return False
        del self.jobs[shard]
        self._worlds.pop(shard, None)
        self.counts["done"] += 1
        self.counts["local"] += 1
        return True

    def cancel(self, now: float) -> None:
        """There is no work any more, whoever has some."""
        for giving in list(self.out.values()):
            self._end(giving, "cancelled", now)
        self.counts["unfinished"] += len(self.jobs)
        self.jobs.clear()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _distance(self, node: bytes, job: Job, now: float) -> int:
        """How far worlds are from a node: 0 it has them, 1 nobody has, 2 another may lose them, 3 they wait for another."""
        holder = self._worlds.get(job.shard)
        if holder is None or holder[0] == node:
            return 0 if holder is not None else 1
        return 3 if now - job.since < self.rules.patience and not self.nodes[holder[0]].is_quarantined(now) else 2

    def _end(self, giving: Giving, how: str, now: float) -> None:
        """A giving is over; its work is open again."""
        del self.out[giving.ticket]
        self._spent[giving.ticket] = giving.node
        job = self.jobs[giving.shard]
        job.stage, job.ticket, job.since = Stage.OPEN, 0, now
        self._count(how, giving.node)

    def _count(self, what: str, node: bytes) -> None:
        self.counts[what] += 1
        if (known := self.nodes.get(node)) is not None:
            known.counts[what] += 1
