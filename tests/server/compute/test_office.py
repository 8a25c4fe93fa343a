"""The office with its door open: real sockets on loopback, nodes in threads, and a learner that asks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from websockets.sync.client import connect

from ninepixel.agents.rollouts.shard import Shard
from ninepixel.agents.rollouts.work import Result
from ninepixel.server.compute.ability import Ability
from ninepixel.server.compute.foreman import Rules
from ninepixel.server.compute.lender import Lender, LendError
from ninepixel.server.compute.lending import lend
from ninepixel.server.compute.office import Office, OfficeError
from ninepixel.server.identity import Identity
from some_leases import POLICY, a_shard, work_of

TICKET = "9px-a-ticket"
#: Far beyond what it takes: time decides nothing in tests.
PATIENCE = 60.0


@pytest.fixture
def office() -> Iterator[Office]:
    """One to which nothing has to hurry."""
    office = Office("127.0.0.1", 0, TICKET, rules=Rules(least=PATIENCE, patience=PATIENCE))
    office.publish(bytes.fromhex(POLICY.policy.hash), POLICY.policy.packed())
    yield office
    office.close()


class Dishonest(Lender):
    """Says that everybody earned nothing."""

    def told(self, result: Result) -> Result:
        return Result(result.actions, np.full_like(result.sums, 9), result.mark)


@contextmanager
def lent(office: Office, kind: type[Lender] = Lender, key: int = 1) -> Iterator[Lender]:
    """A node in a thread of its own, that is there."""
    lender, stop = kind(Identity(bytes([key]) * 32), Ability(1, 1000), 1, invite=TICKET), threading.Event()
    thread = threading.Thread(target=lend, args=(lender, f"http://127.0.0.1:{office.port}"), kwargs={"stop": stop.is_set})
    thread.start()
    try:
        wait_for(office, 1)
        yield lender
    finally:
        stop.set()
        thread.join(PATIENCE)
        lender.close()


def wait_for(office: Office, nodes: int) -> None:
    for _ in range(int(PATIENCE * 10)):
        if sum(node["connected"] for node in office.facts()["nodes"]) >= nodes:
            return
        threading.Event().wait(0.1)
    raise AssertionError("nobody came")


def test_work_is_done_by_a_node_and_by_nobody_where_there_is_none(office: Office) -> None:
    shard = a_shard()
    with lent(office):
        for _ in range(3):
            work = work_of(shard)
            office.post(0, work, shard.take_down)
            told, found = office.result(0), shard.do(work, POLICY)
            assert told is not None
            assert (told.mark, told.sums.tobytes()) == (found.mark, found.sums.tobytes())
            office.verdict(0, None)
    facts = office.facts()
    assert facts["counts"]["verified"] == 3
    for _ in range(int(PATIENCE * 10)):
        if not any(node["connected"] for node in office.facts()["nodes"]):
            break
        threading.Event().wait(0.1)
    office.post(0, work_of(shard), shard.take_down)
    assert office.result(0) is None
    assert office.facts()["counts"]["local"] == 1


def test_what_one_node_lies_about_another_does(office: Office) -> None:
    shard = a_shard()
    with lent(office, Dishonest, 1):
        office.post(0, work_of(shard), shard.take_down)
        assert office.result(0) is not None
        with lent(office, Lender, 2):
            wait_for(office, 2)
            office.verdict(0, "rewards")
            told = office.result(0)
            assert told is not None
            assert told.sums.tobytes() == shard.do(work_of(shard), POLICY).sums.tobytes()
            office.verdict(0, None)
    counts = office.facts()["counts"]
    assert (counts["given"], counts["refused"], counts["verified"]) == (2, 1, 1)


def test_a_taken_port_and_an_address_that_is_none_are_one_line(office: Office) -> None:
    with pytest.raises(OfficeError, match=rf"cannot be listened for at 127.0.0.1:{office.port}"):
        Office("127.0.0.1", office.port, TICKET)


def test_a_node_without_the_ticket_is_told_and_ends(office: Office) -> None:
    lender = Lender(Identity(bytes(32)), Ability(1, 1), 1, invite="wrong")
    with pytest.raises(LendError, match="takes nodes that have its ticket"):
        lend(lender, f"127.0.0.1:{office.port}")


def test_nobody_there_is_waited_for_and_then_no_more() -> None:
    said: list[str] = []
    lender = Lender(Identity(bytes(32)), Ability(1, 1), 1)
    with pytest.raises(LendError, match=r"no learner at ws://127\.0\.0\.1:1/live"):
        lend(lender, "127.0.0.1:1", patience=0, tell=said.append)
    answers = iter([False, False, True, True])
    lend(lender, "127.0.0.1:1", stop=lambda: next(answers, True), tell=said.append)
    assert "trying again in 1 s" in said[-1]


def test_strangers_that_say_anything_do_no_harm(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    shard = a_shard()
    for data in (b"", b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", bytes(4096)):
        with socket.create_connection(("127.0.0.1", office.port)) as stranger:
            stranger.sendall(data)
    for said in (b"", b"\x91\x21", bytes(range(256)) * 64, "text"):
        with connect(f"ws://127.0.0.1:{office.port}/live", compression=None) as talker:
            talker.recv(timeout=PATIENCE)
            talker.send(said)
    with lent(office):
        office.post(0, work_of(shard), shard.take_down)
        assert office.result(0) is not None
        office.verdict(0, None)
    assert capfd.readouterr().err == ""


def test_it_is_closed_while_work_is_out_and_a_second_time(office: Office) -> None:
    shard: Shard = a_shard()
    with lent(office):
        office.post(0, work_of(shard), shard.take_down)
        office.close()
        office.close()
