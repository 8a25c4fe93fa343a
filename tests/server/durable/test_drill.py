"""A server that is killed, as a process, and started again: the short form of tests/soak/test_recovery.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninepixel.server.durable.drill import Drill, Life
from ninepixel.server.durable.history import run_history
from ninepixel.server.durable.worker import universe_of
from ninepixel.world.store.errors import StoreError


def test_a_killed_server_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    found = Drill(tmp_path, seed=5).run(3)
    assert found.ok, found
    assert found.kills == 3
    assert found.acknowledged > 0
    assert found.acknowledged + found.refused == found.sent
    assert found.marks > 0


def test_what_was_done_is_acknowledged_again_and_not_done_again(tmp_path: Path) -> None:
    for answer in ("ack", "old"):
        with Life(tmp_path, {}) as life:
            life.wait_until_ready()
            life.send("join 1 1\nact 1 2 3 1 0\nact 1 2 3 1 0\nact 1 3 4 1 0\n")
            life.stop()
        assert {receipt for word, receipt in life.answers if word == answer} == {(1, 1), (1, 2), (1, 3)}
    universe, history = run_history(tmp_path, universe_of)
    universe.close()
    assert dict(history.receipts) == {(1, 1): 1, (1, 2): 1, (1, 3): 1}


def test_what_was_refused_and_passed_is_settled_not_acknowledged(tmp_path: Path) -> None:
    """Whoever lost the refusal in a crash learns that the number is done with, which is not that it was applied."""
    with Life(tmp_path, {}) as life:
        life.wait_until_ready()
        life.send("join 1 1\njoin 1 2\nact 1 3 4 1 0\n")
        life.stop()
    assert sorted(life.answers) == [("ack", (1, 1)), ("ack", (1, 3)), ("no", (1, 2))]
    with Life(tmp_path, {}) as life:
        life.wait_until_ready()
        life.send("join 1 2\n")
        life.stop()
    assert life.answers == [("old", (1, 2))]


def test_a_worker_that_cannot_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Life(tmp_path / "file", {}) as life, pytest.raises(StoreError, match="did not become ready"):
        life.wait_until_ready()
