"""A learner's desk and its nodes in memory: logins, leases, results, lies, deaths, and whatever strangers send."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents.rollouts.packing import pack_actions, pack_sums
from ninepixel.agents.rollouts.shard import Shard
from ninepixel.agents.rollouts.work import Result, Work
from ninepixel.server.compute import desk as module
from ninepixel.server.compute import messages as m
from ninepixel.server.compute.ability import Ability, work_version
from ninepixel.server.compute.desk import MOST_MALFORMED, Desk
from ninepixel.server.compute.foreman import Rules
from ninepixel.server.compute.gate import TicketGate
from ninepixel.server.compute.lender import KEPT_POLICIES, KEPT_WORLDS, MOST_FAILED, Lender, LendError, Parted
from ninepixel.server.identity import Identity
from ninepixel.server.protocol.codec import Malformed
from some_leases import AGENTS, POLICY, TICKS, a_shard, decided, work_of

TICKET = "9px-a-ticket"
SERVER = Identity(bytes(32))
RULES = Rules(least=10, quarantine=20, growth=2, patience=2)


class Liar(Lender):
    """A node that says something else whenever *lie* is set."""

    lie: Callable[[Result], Result] | None = None

    def told(self, result: Result) -> Result:
        return result if self.lie is None else self.lie(result)


class Court:
    """A desk, nodes, and the wires between them; time is a number."""

    def __init__(self) -> None:
        gate = TicketGate(SERVER, TICKET)
        self.lines: list[str] = []
        self.desk = Desk(gate, gate.key_of, rules=RULES, log=self.lines.append)
        self.nodes: dict[int, Liar] = {}
        self.ended: dict[int, str] = {}
        self.closed: set[int] = set()
        self.now = 0.0
        self.desk.publish(bytes.fromhex(POLICY.policy.hash), POLICY.policy.packed())

    def node(self, name: str = "ada", invite: str = TICKET, key: int | None = None) -> int:
        """A node comes and logs in; its number."""
        number = len(self.nodes) + 1
        node = self.nodes[number] = Liar(Identity(bytes([key or number]) * 32), Ability(2, 1000), 1, invite=invite, name=name)
        node.connect()
        self.carry(self.desk.connected(number, self.now))
        return number

    def carry(self, posts: list[module.Post]) -> None:
        """Let messages travel both ways until nobody has anything to say."""
        for number, data in posts:
            node = self.nodes.get(number)
            if data is None:
                self.closed.add(number)
            elif node is not None and number not in self.ended:
                try:
                    node.receive(data)
                except (LendError, Parted) as error:
                    self.ended[number] = str(error)
        for number, node in self.nodes.items():
            for message in node.outgoing():
                if number not in self.closed:
                    self.carry(self.desk.received(number, message, self.now))

    def post(self, shard: Shard, number: int = 0, work: Work | None = None) -> Work:
        work = work or work_of(shard)
        self.carry(self.desk.post(number, work, shard.take_down, self.now))
        return work

    def do(self, number: int) -> None:
        """A node does its lease."""
        self.nodes[number].work()
        self.carry([])

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.carry(self.desk.tick(self.now))

    def say(self, number: int, data: bytes) -> None:
        """A node says something of its own."""
        self.carry(self.desk.received(number, data, self.now))


@pytest.fixture
def court() -> Court:
    return Court()


def test_a_lease_is_done_verified_and_the_next_one_needs_no_worlds(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    for round in range(3):
        work = court.post(shard)
        assert court.nodes[ada].ready
        court.do(ada)
        told, found = court.desk.take_result(0), shard.do(work, POLICY)
        assert told is not None
        assert np.array_equal(told.actions, found.actions)
        assert (told.sums.tobytes(), told.mark) == (found.sums.tobytes(), found.mark)
        assert court.desk.take_result(0) is None, "a result is there once"
        court.carry(court.desk.verdict(0, None, court.now))
        assert court.nodes[ada].verified == round + 1
    assert court.desk.foreman.counts["verified"] == 3
    sent = court.desk.sent
    assert sent["STATE"] < 1.5 * len(a_shard().take_down().state) + 20_000, "worlds travelled once"
    assert 0 <= sent["POLICY"] - len(POLICY.policy.packed()) < 50, "and so did the policy"


def test_a_rollout_takes_at_most_two_bytes_a_step_with_all_that_is_said_about_it(court: Court) -> None:
    """Sixteen worlds for 64 ticks by a policy that has decided nothing, which is the longest that there is."""
    shard, ada = Shard(Work("ninepixel/Forage-v0", {}, 128, 5, b"\0\0", 0, 64, b"", b"", 0), 1), court.node()
    shard.memory = POLICY.memory(128)
    chance = decided(1).policy
    arrays = {name: np.zeros_like(array) for name, array in chance.arrays.items()}
    policy = replace(chance, arrays=arrays)
    court.desk.publish(bytes.fromhex(policy.hash), policy.packed())
    work = Work("ninepixel/Forage-v0", {}, 128, 5, b"\0\0", 0, 64, shard.mark(), bytes.fromhex(policy.hash), 77)
    court.post(shard, work=work)
    court.do(ada)
    court.carry(court.desk.verdict(0, None, court.now))
    all_of_it = court.desk.got | court.desk.sent
    bytes_of_it = sum(n for name, n in all_of_it.items() if name not in ("STATE", "POLICY"))
    assert bytes_of_it / work.steps < 1.5


def test_strangers_need_the_ticket_and_whoever_had_it_once_does_not(court: Court) -> None:
    stranger = court.node(invite="9px-something-else")
    assert "invite" in court.ended[stranger]
    assert stranger in court.closed
    ada = court.node(key=9)
    court.carry(court.desk.lost(ada, court.now))
    again = court.node(invite="", key=9)
    assert again not in court.ended


def test_a_node_with_other_sources_is_told_so_at_once(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "work_version", lambda: bytes(16))
    ada = court.node()
    assert "install the same release of ninepixel" in court.ended[ada]
    assert court.desk.foreman.able(court.now) == 0


def test_a_node_that_comes_twice_is_there_once(court: Court) -> None:
    shard, first = a_shard(), court.node(key=9)
    court.post(shard)
    second = court.node(key=9)
    assert first in court.closed
    assert court.nodes[second].ready, "what the first had is given out again"
    assert court.desk.foreman.counts["dropped"] == 1


def test_a_dead_nodes_lease_is_given_to_another_with_its_worlds(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard)
    court.carry(court.desk.lost(ada, court.now))
    bob = court.node("bob")
    court.do(bob)
    assert court.desk.take_result(0) is not None
    assert court.desk.foreman.counts["given"] == 2


def test_a_slow_nodes_lease_is_given_to_another_and_what_it_says_then_is_late(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard)
    bob = court.node("bob")
    court.pass_time(10)
    assert court.nodes[bob].ready or court.nodes[ada].ready
    court.do(ada)
    assert court.desk.refusals["late"] == 1
    assert court.desk.take_result(0) is None


def test_a_wrong_result_is_given_to_another_and_its_node_waits(court: Court) -> None:
    shard, eve = a_shard(), court.node("eve")
    court.post(shard)
    court.do(eve)
    court.carry(court.desk.verdict(0, "rewards", court.now))
    assert court.nodes[eve].refused == 1
    assert not court.nodes[eve].ready
    bob = court.node("bob")
    assert court.nodes[bob].ready
    court.do(bob)
    court.carry(court.desk.verdict(0, None, court.now))
    shard.do(work_of(shard), POLICY)
    court.carry(court.desk.lost(bob, court.now))
    court.post(shard)
    court.pass_time(19)
    assert not court.nodes[eve].ready
    court.pass_time(1)
    assert court.nodes[eve].ready


@pytest.mark.parametrize(
    "wrong",
    [
        {"actions": b""},
        {"actions": b"\xff" * 40},
        {"actions": pack_actions(np.zeros((TICKS, AGENTS + 1, 3), np.uint8))},
        {"sums": b""},
        {"sums": pack_sums(np.zeros(AGENTS + 1, np.float32))},
    ],
)
def test_a_result_that_cannot_be_one_is_refused_before_anybody_looks_at_it(court: Court, wrong: dict[str, bytes]) -> None:
    shard, eve = a_shard(), court.node("eve")
    court.post(shard)
    fine = {
        "actions": pack_actions(np.zeros((TICKS, AGENTS, 3), np.uint8)),
        "sums": pack_sums(np.zeros(AGENTS, np.float32)),
        "mark": bytes(16),
    }
    court.say(eve, m.encode(m.RESULT, 1, *(fine | wrong).values()))
    assert court.desk.take_result(0) is None
    assert court.desk.foreman.counts["wrong form"] == 1
    assert court.nodes[eve].refused == 1


def test_a_lease_that_is_handed_back_goes_to_another(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard)
    bob = court.node("bob")
    court.nodes[ada].leave()
    court.carry([])
    assert court.desk.foreman.counts["handed_back"] == 1
    assert court.nodes[bob].ready
    assert ada in court.closed


def test_a_lease_that_is_stopped_is_handed_back(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard)
    court.nodes[ada].work(lambda: True)
    court.carry([])
    assert court.desk.foreman.counts["handed_back"] == 1


def test_worlds_that_went_another_way_are_asked_for_anew(court: Court) -> None:
    """What a node holds is only a hint: the mark decides."""
    shard, ada = a_shard(), court.node()
    work = court.post(shard)
    court.do(ada)
    court.carry(court.desk.verdict(0, None, court.now))
    shard.do(work, decided(5))  # the learner's worlds went on otherwise
    court.post(shard)
    before = court.desk.sent["STATE"]
    court.nodes[ada].work()
    court.carry([])
    assert court.desk.sent["STATE"] > before
    assert court.nodes[ada].ready
    court.do(ada)
    assert court.desk.take_result(0) is not None


def test_what_a_lease_needs_is_given_once_and_to_its_node_alone(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    eve = court.node("eve")
    court.post(shard)
    before = court.desk.sent["STATE"], court.desk.sent["POLICY"]
    for what in ("state", "policy"):
        for number in (ada, eve):
            court.say(number, m.encode(m.NEED, 1, what))
    assert (court.desk.sent["STATE"], court.desk.sent["POLICY"]) == before
    assert court.desk.refusals["unknown"] == 4
    court.do(ada)
    court.nodes[ada]._policies.clear()
    court.say(ada, m.encode(m.NEED, 1, "state"))
    assert court.desk.sent["STATE"] == before[0], "the learner may be at work in those worlds"


def test_nodes_keep_so_many_worlds_and_policies_and_no_more(court: Court) -> None:
    ada = court.node()
    for number in range(KEPT_WORLDS + 2):
        shard = a_shard(seed=100 + number)
        policy = decided(number).policy
        court.desk.publish(bytes.fromhex(policy.hash), policy.packed())
        court.post(shard, number, replace(work_of(shard), policy=bytes.fromhex(policy.hash)))
        court.do(ada)
        court.carry(court.desk.verdict(number, None, court.now))
    assert len(court.nodes[ada]._shards) == KEPT_WORLDS
    assert len(court.nodes[ada]._policies) == KEPT_POLICIES


def test_a_node_that_can_do_nothing_says_so_and_ends(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard, work=replace(work_of(shard), start=bytes(16)))
    for _ in range(MOST_FAILED - 1):
        court.do(ada)
    with pytest.raises(LendError, match=f"{MOST_FAILED} leases one after the other could not be done: the worlds here do not"):
        court.do(ada)


def test_an_anonymous_or_a_player_has_no_place_here(court: Court) -> None:
    gate = TicketGate(SERVER, TICKET)
    for mode, key in (("watch", b""), ("play", b"k" * 32), ("admin", b"k" * 32), ("node", b"")):
        refused = gate.admit(key, "x", mode, TICKET)
        assert getattr(refused, "code", "") == "mode"
    assert getattr(gate.admit(b"k" * 32, "x" * 200, "node", TICKET), "code", "") == "name"
    assert getattr(gate.resume(b"t" * 32), "code", "") == "token"
    assert gate.token_for(1) == b""


def test_the_end_is_told_to_everybody(court: Court) -> None:
    shard, ada = a_shard(), court.node()
    court.post(shard)
    court.carry(court.desk.close(court.now))
    assert "draining" in court.ended[ada]
    assert court.desk.foreman.counts["cancelled"] == 1
    assert court.desk.received(ada, m.encode(m.READY), court.now) == []


# -- strangers ---------------------------------------------------------------------------------------------------------


def a_message() -> st.SearchStrategy[bytes]:
    """Messages of a node with any values that the table admits, and any bytes."""
    tickets = st.integers(1, 5) | st.integers(1, (1 << 53) - 1)
    bits = st.binary(max_size=64)
    fine = st.one_of(
        st.builds(lambda t, w: m.encode(m.NEED, t, w), tickets, st.sampled_from(["policy", "state"])),
        st.builds(lambda t, a, s, k: m.encode(m.RESULT, t, a, s, k), tickets, bits, bits, st.binary(min_size=16, max_size=16)),
        st.builds(lambda t: m.encode(m.BACK, t), tickets),
        st.just(m.encode(m.READY)),
        st.builds(lambda s: m.encode(m.ABLE, work_version(), 2, s, "core"), st.integers(0, (1 << 32) - 1)),
    )
    heads = st.builds(lambda n, rest: bytes([0x90 + n % 16, 32 + n % 80]) + rest, st.integers(0, 255), bits)
    return fine | bits | heads


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 2), a_message(), st.floats(0, 3)), max_size=30))
def test_whatever_nodes_say_nothing_breaks_and_the_books_balance(said: list[tuple[int, bytes, float]]) -> None:
    court, shard = Court(), a_shard()
    court.node()
    court.node("eve")
    court.post(shard)
    for number, data, seconds in said:
        court.now += seconds
        court.desk.received(number, data, court.now)
        court.desk.tick(court.now)
        if court.desk.take_result(0) is not None:
            court.desk.verdict(0, "actions", court.now)
    foreman = court.desk.foreman
    ends = sum(foreman.counts[how] for how in ("refused", "expired", "dropped", "handed_back"))
    assert foreman.counts["given"] == ends + len(foreman.out)
    assert foreman.counts["verified"] == 0
    assert list(foreman.jobs) == [0], "the work is still to be done"


@given(st.binary(max_size=100))
def test_before_the_login_only_the_protocol_is_spoken(data: bytes) -> None:
    court = Court()
    court.desk.connected(1, 0.0)
    court.desk.received(1, data, 0.0)
    court.desk.received(1, m.encode(m.READY), 0.0)
    assert court.desk.foreman.able(0.0) == 0


def test_too_much_nonsense_ends_a_connection_and_so_do_too_many_messages(court: Court) -> None:
    ada, eve = court.node(), court.node("eve")
    for _ in range(MOST_MALFORMED):
        court.say(ada, b"\x92\x22\xc0")
    assert "malformed" in court.ended[ada]
    for _ in range(500):
        court.desk.received(eve, m.encode(m.READY), court.now)
    assert eve not in court.desk.guests


@settings(max_examples=60)
@given(st.sampled_from([m.LEASE, m.POLICY, m.STATE, m.VERDICT]), st.binary(max_size=80), st.data())
def test_whatever_a_learner_says_a_node_does_not_break(number: int, data: bytes, draw: st.DataObject) -> None:
    """It says what is wrong, or goes on."""
    court = Court()
    ada = court.nodes[court.node()]
    message = m.BY_NUMBER[number]
    fields: list[Any] = []
    for field in message.fields:
        if field.kind == "int":
            fields.append(draw.draw(st.integers(field.low, min(field.high, 1 << 20))))
        elif field.kind == "map":
            fields.append({"agents": draw.draw(st.integers(-1, 9))})
        elif field.choices:
            fields.append(draw.draw(st.sampled_from(field.choices)))
        elif field.kind == "text":
            fields.append("ninepixel/Forage-v0")
        else:
            fields.append((data + bytes(field.low))[: max(field.low, min(field.high, 64))])
    for sent in (m.encode(number, *fields), bytes([0x90 + len(fields) + 1, number]) + data):
        with contextlib.suppress(Malformed, LendError):
            ada.receive(sent)
