"""The foreman's books: every piece of work is done once, every giving ends in one way, whatever comes late or twice."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from ninepixel.server.compute.foreman import ENDS, SPENT, Foreman, Giving, Rules, Stage

ADA, BOB, EVE = b"a" * 32, b"b" * 32, b"e" * 32
NODES = st.sampled_from([ADA, BOB, EVE])
RULES = Rules(least=10, slack=8, quarantine=20, growth=3, patience=2)


def a_foreman(*nodes: bytes) -> Foreman:
    foreman = Foreman(RULES)
    for node in nodes:
        foreman.join(node, 1000)
    return foreman


def taken(foreman: Foreman, node: bytes, now: float = 0) -> Giving:
    giving = foreman.take(node, now)
    assert giving is not None
    return giving


def test_work_is_given_to_one_node_and_done_when_its_result_is_right() -> None:
    foreman = a_foreman(ADA, BOB)
    foreman.post(0, 100, now=0)
    giving = taken(foreman, ADA)
    assert foreman.take(BOB, 0) is None
    assert foreman.returned(ADA, giving.ticket) == giving
    assert foreman.verdict(0, None, now=1) == giving
    assert not foreman.jobs
    assert not foreman.out
    assert foreman.nodes[ADA].counts == {"given": 1, "verified": 1}


def test_a_node_has_as_long_as_its_speed_asks_for_and_the_least() -> None:
    foreman = a_foreman(ADA)
    foreman.post(0, 100, now=0)
    foreman.post(1, 10_000, now=0)
    assert taken(foreman, ADA, now=5).deadline == 15
    assert taken(foreman, ADA, now=5).deadline == 5 + 8 * 10


def test_what_is_not_done_in_time_is_given_out_again_and_what_comes_then_is_late() -> None:
    foreman = a_foreman(ADA, BOB)
    foreman.post(0, 100, now=0)
    slow = taken(foreman, ADA)
    assert foreman.expire(now=9.9) == []
    assert foreman.expire(now=10) == [slow]
    quick = taken(foreman, BOB, now=10)
    assert quick.ticket != slow.ticket
    assert foreman.returned(ADA, slow.ticket) == "late"
    assert foreman.jobs[0].stage is Stage.OUT, "what came late changes nothing"
    assert foreman.returned(BOB, quick.ticket) == quick


def test_the_work_of_a_node_that_is_gone_is_given_out_again_at_once() -> None:
    foreman = a_foreman(ADA, BOB)
    foreman.post(0, 100, now=0)
    taken(foreman, ADA)
    foreman.leave(ADA, now=1)
    assert taken(foreman, BOB, now=1).shard == 0
    assert foreman.counts["dropped"] == 1


def test_a_result_that_has_come_is_worth_as_much_when_its_node_is_gone() -> None:
    foreman = a_foreman(ADA)
    foreman.post(0, 100, now=0)
    foreman.returned(ADA, taken(foreman, ADA).ticket)
    foreman.leave(ADA, now=1)
    foreman.verdict(0, None, now=2)
    assert foreman.counts["verified"] == 1
    foreman.join(ADA, 1000)
    foreman.post(0, 100, now=3)
    assert taken(foreman, ADA, now=3).after == 0, "who comes back is not taken to have its worlds"


def test_results_that_come_twice_or_from_others_or_for_nothing_change_nothing() -> None:
    foreman = a_foreman(ADA, EVE)
    foreman.post(0, 100, now=0)
    ticket = taken(foreman, ADA).ticket
    assert foreman.returned(EVE, ticket) == "foreign"
    assert foreman.returned(EVE, 99) == "unknown"
    foreman.returned(ADA, ticket)
    assert foreman.returned(ADA, ticket) == "twice"
    foreman.verdict(0, None, now=1)
    assert foreman.returned(ADA, ticket) == "late"
    assert foreman.returned(EVE, ticket) == "foreign"
    assert [foreman.counts[why] for why in SPENT] == [1, 1, 2, 1]
    assert foreman.counts["verified"] == 1


def test_a_wrong_result_is_given_to_others_and_its_node_gets_nothing_for_longer_each_time() -> None:
    foreman, now = a_foreman(EVE), 0.0
    foreman.post(0, 100, now)
    for seconds in (20, 60, 180):
        foreman.returned(EVE, taken(foreman, EVE, now).ticket)
        foreman.verdict(0, "rewards", now)
        assert foreman.take(EVE, now + seconds - 0.1) is None
        foreman.leave(EVE, now)
        foreman.join(EVE, 1000)
        assert foreman.take(EVE, now + seconds - 0.1) is None, "coming again does not help"
        now += seconds
    assert foreman.nodes[EVE].why == "rewards"
    assert foreman.counts["wrong rewards"] == foreman.counts["refused"] == 3
    assert taken(foreman, EVE, now).shard == 0


def test_a_node_rather_gets_the_worlds_that_it_has() -> None:
    foreman = a_foreman(ADA, BOB)
    for shard in (0, 1):
        foreman.post(shard, 100, now=0)
    first = {node: taken(foreman, node) for node in (ADA, BOB)}
    for node, giving in first.items():
        foreman.returned(node, giving.ticket)
        foreman.verdict(giving.shard, None, now=1)
    for shard in (0, 1):
        foreman.post(shard, 100, now=2)
    for node in (BOB, ADA):
        again = taken(foreman, node, now=2)
        assert (again.shard, again.after) == (first[node].shard, first[node].ticket)


def test_worlds_wait_for_who_has_them_only_so_long_and_not_for_who_is_in_quarantine() -> None:
    foreman = a_foreman(ADA, BOB)
    foreman.post(0, 100, now=0)
    foreman.returned(ADA, taken(foreman, ADA).ticket)
    foreman.verdict(0, None, now=1)
    foreman.post(0, 100, now=10)
    assert foreman.take(BOB, now=11.9) is None
    stolen = taken(foreman, BOB, now=12)
    assert stolen.after == 0
    foreman.returned(BOB, stolen.ticket)
    foreman.verdict(0, None, now=13)
    foreman.post(0, 100, now=20)
    foreman.offended(BOB, "form", now=20)
    assert taken(foreman, ADA, now=20).after == 0


def test_the_learner_takes_what_nobody_takes_but_not_what_somebody_has() -> None:
    foreman = a_foreman()
    foreman.post(0, 100, now=0)
    assert foreman.withdraw(0, now=0), "nobody is there"
    foreman.join(ADA, 1000)
    foreman.post(0, 100, now=1)
    assert not foreman.withdraw(0, now=2.9)
    assert foreman.withdraw(0, now=3)
    assert not foreman.withdraw(0, now=3), "there is no such work any more"
    foreman.post(0, 100, now=4)
    taken(foreman, ADA, now=4)
    assert not foreman.withdraw(0, now=100)
    assert foreman.counts["local"] == 2


def test_a_lease_that_is_handed_back_is_open_again_and_nobody_else_can_do_that() -> None:
    foreman = a_foreman(ADA, EVE)
    foreman.post(0, 100, now=0)
    ticket = taken(foreman, ADA).ticket
    assert foreman.hand_back(EVE, ticket, now=1) == "unknown"
    assert foreman.hand_back(ADA, ticket, now=1) is None
    assert foreman.hand_back(ADA, ticket, now=1) == "unknown"
    assert taken(foreman, EVE, now=1).shard == 0


def test_one_shard_has_one_piece_of_work_and_verdicts_are_about_results() -> None:
    foreman = a_foreman(ADA)
    foreman.post(0, 100, now=0)
    with pytest.raises(ValueError, match="not done"):
        foreman.post(0, 100, now=0)
    with pytest.raises(ValueError, match="nothing has come back"):
        foreman.verdict(0, None, now=0)
    taken(foreman, ADA)
    with pytest.raises(ValueError, match="nothing has come back"):
        foreman.verdict(0, None, now=0)


class Yard(RuleBasedStateMachine):
    """Nodes come, go, work, stall, lie and repeat themselves, in any order, while a simple set says what is done."""

    tickets = Bundle("tickets")

    @initialize()
    def begin(self) -> None:
        self.foreman, self.now = Foreman(RULES), 0.0
        self.posted = self.ended = 0
        self.open_work: set[int] = set()
        self.looked_at: set[int] = set()
        self.verified: list[int] = []

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for giving in self.foreman.expire(self.now):
            assert self.now >= giving.deadline

    @rule(node=NODES, speed=st.sampled_from([0.0, 10.0, 1e6]))
    def comes(self, node: bytes, speed: float) -> None:
        self.foreman.join(node, speed)

    @rule(node=NODES)
    def goes(self, node: bytes) -> None:
        self.foreman.leave(node, self.now)

    @rule(shard=st.integers(0, 3), steps=st.integers(1, 1000))
    def post(self, shard: int, steps: int) -> None:
        if shard not in self.open_work:
            self.foreman.post(shard, steps, self.now)
            self.open_work.add(shard)
            self.posted += 1

    @rule(target=tickets, node=NODES)
    def take(self, node: bytes) -> object:
        giving = self.foreman.take(node, self.now)
        if giving is None:
            return multiple()
        assert giving.shard in self.open_work
        assert not self.foreman.nodes[node].is_quarantined(self.now)
        return (node, giving.ticket, giving.shard)

    @rule(given=tickets, node=NODES)
    def returns(self, given: tuple[bytes, int, int], node: bytes) -> None:
        """Perhaps again, perhaps by another, perhaps long after."""
        found = self.foreman.returned(node, given[1])
        if isinstance(found, Giving):
            assert node == given[0]
            assert given[1] not in self.looked_at, "a ticket is looked at once"
            self.looked_at.add(given[1])

    @rule(given=consumes(tickets), node=NODES)
    def hands_back(self, given: tuple[bytes, int, int], node: bytes) -> None:
        if self.foreman.hand_back(node, given[1], self.now) is None:
            assert node == given[0]

    @rule(shard=st.integers(0, 3), wrong=st.sampled_from([None, None, "rewards", "state"]))
    def judge(self, shard: int, wrong: str | None) -> None:
        job = self.foreman.jobs.get(shard)
        if job is None or job.stage is not Stage.BACK:
            return
        ticket = job.ticket
        giving = self.foreman.verdict(shard, wrong, self.now)
        assert giving.ticket == ticket
        if wrong is None:
            assert ticket not in self.verified, "a ticket counts once"
            self.verified.append(ticket)
            self.open_work.remove(shard)
            self.ended += 1
        else:
            assert self.foreman.nodes[giving.node].is_quarantined(self.now)

    @rule(shard=st.integers(0, 3))
    def withdraw(self, shard: int) -> None:
        if self.foreman.withdraw(shard, self.now):
            self.open_work.remove(shard)
            self.ended += 1

    @rule()
    def cancel(self) -> None:
        self.foreman.cancel(self.now)
        self.open_work.clear()

    @invariant()
    def the_books_balance(self) -> None:
        foreman = self.foreman
        counts = foreman.counts
        assert counts["given"] == sum(counts[how] for how in ENDS) + len(foreman.out)
        assert counts["posted"] == self.posted == counts["done"] + counts["unfinished"] + len(foreman.jobs)
        assert counts["done"] == self.ended == counts["verified"] + counts["local"]
        assert counts["verified"] == len(self.verified)
        assert set(foreman.jobs) == self.open_work
        held = [job.ticket for job in foreman.jobs.values() if job.stage is not Stage.OPEN]
        assert sorted(held) == sorted(foreman.out), "who has what is said once"
        for what in ("given", *ENDS):
            assert counts[what] == sum(node.counts[what] for node in foreman.nodes.values())


TestYard = Yard.TestCase
TestYard.settings = settings(max_examples=60, stateful_step_count=60)
