"""Processes as creatures: born, heated, gone; names only."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.host.processes import (
    MOST_HEAT,
    Facts,
    ProcessTracker,
    families,
    octaves,
    process_name,
    read_processes,
    weights,
)
from ninepixel.world.laws.bodies import SIMPLEX

INIT = Facts(1, 0, 100, b"init", 5000, 10 << 20)
SHELL = Facts(20, 1, 200, b"sh", 10, 3 << 20)
TOOL = Facts(30, 20, 300, b"tool", 0, 1 << 20)

FACTS = st.builds(
    Facts,
    pid=st.integers(1, 12),
    parent=st.integers(0, 12),
    started=st.integers(0, 5),
    name=st.binary(max_size=15),
    cpu_ms=st.integers(0, 1 << 40),
    memory=st.integers(0, 1 << 50),
    threads=st.integers(1, 5000),
    traffic=st.integers(0, 1 << 60),
)
MACHINES = st.lists(FACTS, max_size=12, unique_by=lambda f: f.pid)


def test_parents_are_born_before_their_children() -> None:
    commands = ProcessTracker().update([TOOL, SHELL, INIT])
    assert [(c.verb, c.key, c.data["parent"]) for c in commands] == [
        ("creature.born", b"1:100", b""),
        ("creature.born", b"20:200", b"1:100"),
        ("creature.born", b"30:300", b"20:200"),
    ]


def test_roots_stand_on_a_ring_and_children_near_their_parents() -> None:
    init, shell, _ = ProcessTracker().update([INIT, SHELL, TOOL])
    away = ((init.data["x"] - (1 << 31)) ** 2 + (init.data["y"] - (1 << 31)) ** 2) ** 0.5 / (1 << 32)
    assert 0.43 < away < 0.45
    gap = max(abs((shell.data[axis] - init.data[axis] + (1 << 31)) % (1 << 32) - (1 << 31)) for axis in "xy")
    assert gap <= (1 << 25) + (1 << 26)


def test_cpu_time_is_heat_up_to_a_limit_and_idling_is_silent() -> None:
    tracker = ProcessTracker()
    tracker.update([INIT])
    assert tracker.update([INIT]) == []
    (heat,) = tracker.update([Facts(1, 0, 100, b"init", 5040, 10 << 20)])
    assert (heat.verb, heat.key, heat.data) == ("creature.heat", b"1:100", {"energy": 40})
    (much,) = tracker.update([Facts(1, 0, 100, b"init", 10**9, 10 << 20)])
    assert much.data == {"energy": MOST_HEAT}


def test_a_reused_pid_is_another_creature() -> None:
    tracker = ProcessTracker()
    tracker.update([SHELL])
    verbs = [(c.verb, c.key) for c in tracker.update([Facts(20, 0, 999, b"other", 0, 1)])]
    assert verbs == [("creature.exit", b"20:200"), ("creature.born", b"20:999")]


@given(MACHINES, MACHINES)
def test_any_machine_gives_commands_that_make_sense(first: list[Facts], second: list[Facts]) -> None:
    tracker, alive = ProcessTracker(), set[bytes]()
    for running in (first, second):
        for command in tracker.update(running):
            if command.verb == "creature.born":
                assert command.key not in alive
                assert command.data["parent"] in alive | {b""}
                assert 0 <= command.data["r"] <= 65535
                assert 0 <= command.data["b"] <= 65535
                assert command.data["r"] + command.data["b"] <= SIMPLEX
                assert 0 <= command.data["mass"] <= 1023
                assert len(command.data["genes"]) == 9
                assert all(0 <= command.data[axis] < 1 << 32 for axis in "xy")
                alive.add(command.key)
            elif command.verb == "creature.exit":
                alive.remove(command.key)
            else:
                assert command.key in alive
                assert 0 < command.data["energy"] <= MOST_HEAT
        assert alive == {facts.key for facts in running}


@given(MACHINES)
def test_families_keep_everybody_even_when_they_are_a_circle(running: list[Facts]) -> None:
    assert sorted(f.pid for f in families(running)) == sorted(f.pid for f in running)


def test_what_a_process_does_is_its_colour() -> None:
    def y(facts: Facts) -> int:
        r, b = weights(facts)
        return SIMPLEX - r - b

    idle, busy = Facts(1, 0, 0, b"", 0, 8 << 20), Facts(1, 0, 0, b"", 10**7, 8 << 20)
    assert y(busy) > y(idle)
    assert weights(Facts(1, 0, 0, b"", 0, 8 << 30))[1] > weights(Facts(1, 0, 0, b"", 0, 1 << 20))[1]
    assert weights(Facts(1, 0, 0, b"", 0, 8 << 20, 64, 1 << 40))[0] > weights(idle)[0]
    assert all(octaves(a) <= octaves(b) for a, b in pairwise([0, 1, 2, 5, 1000, 1 << 40]))


def test_this_process_is_seen_with_its_name_and_others_can_be_left_out() -> None:
    mine = {facts.pid: facts for facts in read_processes("own")}
    assert mine[os.getpid()].parent == os.getppid()
    assert mine[os.getpid()].memory > 1 << 20
    assert mine[os.getpid()].name
    assert read_processes("none") == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_command_line_and_no_environment_is_ever_read(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if recording and event == "open":
            opened.append(str(arguments[0]))

    recording = False
    sys.addaudithook(audit)
    child = subprocess.Popen(
        [sys.executable, "-c", "input()", "--password=hunter2", "a-long-argument" * 3], stdin=subprocess.PIPE
    )
    try:
        recording = True
        found = read_processes("all")
        recording = False
        assert child.pid in {facts.pid for facts in found}
        assert process_name(psutil.Process(child.pid)) is not None
    finally:
        child.communicate(b"\n")
    assert [name for name in opened if name.endswith("/comm")]
    assert not [name for name in opened if "cmdline" in name or "environ" in name]
    assert not [facts for facts in found if b"hunter2" in facts.name]
