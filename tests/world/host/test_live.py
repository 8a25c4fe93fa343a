"""The living host: changes are seen soon, in order, and a busy host floods nobody."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_trees import plant
from ninepixel.world.commands import Command
from ninepixel.world.host import watch
from ninepixel.world.host.live import MOST_SUMMED_HEAT, LiveHost, Outbox
from ninepixel.world.host.options import HostError, HostOptions
from ninepixel.world.host.processes import MOST_HEAT
from ninepixel.world.host.scan import scan
from ninepixel.world.host.synthetic import synthetic

#: Far beyond what it takes: time decides nothing here.
PATIENCE = 20.0
QUIET = HostOptions(processes="none")


def wait_for(host: LiveHost, done: Callable[[set[str]], bool]) -> set[str]:
    """Drain until *done* with everything told so far, as ``verb key``; fail when patience ends."""
    told: set[str] = set()
    end = time.monotonic() + PATIENCE
    while not done(told):
        assert time.monotonic() < end, (told, host.mode)
        told |= {f"{c.verb} {os.fsdecode(c.key)}" for c in host.drain()}
        time.sleep(0.005)
    return told


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LiveHost]:
    plant(tmp_path, {"a.py": "1", "src/b.py": "2"})
    live = LiveHost(scan(tmp_path), tmp_path, QUIET)
    assert live.wait_until_ready(PATIENCE)
    yield live
    live.close()


def test_changes_of_every_kind_are_seen(host: LiveHost, tmp_path: Path) -> None:
    plant(tmp_path, {"new.csv": "1"})
    wait_for(host, lambda told: "matter.appear new.csv" in told)
    plant(tmp_path, {"src/b.py": "longer"})
    wait_for(host, lambda told: "matter.change src/b.py" in told)
    plant(tmp_path, {"x/y/z/deep.txt": "1"})
    wait_for(host, lambda told: "matter.appear x/y/z/deep.txt" in told)
    plant(tmp_path, {"x/y/z/deeper.txt": "1"})  # in a folder that did not exist when watching began
    wait_for(host, lambda told: "matter.appear x/y/z/deeper.txt" in told)
    (tmp_path / "x" / "y").rename(tmp_path / "w")
    wait_for(host, lambda told: {"matter.vanish x/y/z/deep.txt", "matter.appear w/z/deeper.txt"} <= told)
    shutil.rmtree(tmp_path / "w")
    wait_for(host, lambda told: "matter.vanish w/z" in told)


def test_a_change_is_seen_within_half_a_second(
    host: LiveHost, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Measured and recorded; only patience decides."""
    started = time.monotonic()
    plant(tmp_path, {"now.txt": "1"})
    wait_for(host, lambda told: "matter.appear now.txt" in told)
    record_property("seconds_until_visible", time.monotonic() - started)


def test_watches_are_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = watch.listen, list[int]()

    def listen(root: bytes, folders: list[bytes]) -> object:
        calls.append(len(folders))
        if len(calls) == 1:
            raise OSError("OS file watch limit reached.")
        return real(root, folders)

    monkeypatch.setattr(watch, "listen", listen)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(watch, "AGAIN_SECONDS", 0.1)
    live = LiveHost(scan(plant(tmp_path, {"a": "1"})), tmp_path, QUIET)
    end = time.monotonic() + PATIENCE
    while live.mode != "watching":
        assert time.monotonic() < end, live.mode
        time.sleep(0.01)
    live.close()


def test_a_change_between_scan_and_watch_is_not_lost(tmp_path: Path) -> None:
    plant(tmp_path, {"a": "1"})
    survey = scan(tmp_path)
    plant(tmp_path, {"between": "1"})
    live = LiveHost(survey, tmp_path, QUIET)
    wait_for(live, lambda told: "matter.appear between" in told)
    live.close()


def test_a_name_that_is_not_utf8_is_seen_and_does_not_deafen(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad\xff")).touch()
    wait_for(host, lambda told: "matter.appear bad\udcff" in told)
    plant(tmp_path, {"after": "1"})
    wait_for(host, lambda told: "matter.appear after" in told)


def test_secret_folders_are_not_even_watched(host: LiveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[bytes] = []
    real = watch.listen

    def listen(root: bytes, folders: list[bytes]) -> object:
        watched.extend(folders)
        return real(root, folders)

    monkeypatch.setattr(watch, "listen", listen)
    plant(tmp_path, {".ssh/id_rsa": "k", "plain/x": ""})
    wait_for(host, lambda told: "matter.appear plain/x" in told)
    assert b"plain" in watched
    assert b".ssh" not in watched


def test_without_watches_everything_is_looked_at_again_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(watch, "RustNotify", refuse)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.05)
    live = LiveHost(scan(plant(tmp_path, {"a": "1"})), tmp_path, QUIET)
    assert live.wait_until_ready(PATIENCE)
    assert "watching failed: OS file watch limit reached" in live.mode
    plant(tmp_path, {"x/y": "1"})
    wait_for(live, lambda told: "matter.appear x/y" in told)
    live.close()


def test_a_root_that_is_removed_does_not_end_the_universe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.05)
    root = plant(tmp_path / "tree", {"a": "1"})
    live = LiveHost(scan(root), root, QUIET)
    assert live.wait_until_ready(PATIENCE)
    shutil.rmtree(root)
    wait_for(live, lambda told: "matter.vanish a" in told)
    live.close()
    assert live.drain() == []


def test_there_is_no_living_host_without_a_folder(tmp_path: Path) -> None:
    survey = scan(tmp_path)
    with pytest.raises(HostError, match="no such path"):
        LiveHost(survey, tmp_path / "none", QUIET)


def test_closing_ends_the_threads_and_may_be_repeated(tmp_path: Path) -> None:
    live = LiveHost(scan(tmp_path), tmp_path)
    assert live.wait_until_ready(PATIENCE)
    live.close()
    live.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("ninepixel-watch") or t.name == "ninepixel-processes"]


def test_the_machines_processes_are_born(tmp_path: Path) -> None:
    live = LiveHost(scan(tmp_path), tmp_path, HostOptions(processes="own"))
    told = wait_for(live, lambda told: any(f"creature.born {os.getpid()}:" in line for line in told))
    assert told
    live.close()


# -- the outbox ------------------------------------------------------------------------------------------------------------


def test_a_busy_host_is_told_in_small_portions_and_nothing_is_lost() -> None:
    survey = synthetic(1, 500)
    outbox = Outbox(synthetic(1, 0))
    outbox.put([survey.command("matter.appear", row) for row in range(1, len(survey))])
    told: set[bytes] = {b""}
    while len(outbox):
        portion = outbox.take(64)
        assert 0 < len(portion) <= 64
        for command in portion:
            assert command.data["parent"] in told
            told.add(command.key)
    assert told == set(survey.path)


def test_many_changes_of_one_file_are_one_change() -> None:
    survey = synthetic(1, 20)
    outbox = Outbox(survey)
    row = len(survey) - 1
    for _ in range(100):
        outbox.put([survey.command("matter.change", row)])
    assert outbox.take(1000) == [survey.command("matter.change", row)]


def test_what_came_and_went_unseen_is_never_told() -> None:
    survey = synthetic(1, 20)
    outbox = Outbox(synthetic(1, 0))
    outbox.put([survey.command("matter.appear", 1), Command("matter.vanish", survey.path[1])])
    assert outbox.take(1000) == []
    assert len(outbox) == 0


def test_a_file_that_became_a_folder_vanishes_first() -> None:
    survey = synthetic(1, 20)
    outbox = Outbox(survey)
    row = next(r for r in range(1, len(survey)) if not survey.is_folder[r])
    key = survey.path[row]
    outbox.put([Command("matter.vanish", key), Command("matter.appear", key, {**survey.data(row), "folder": True})])
    assert [c.verb for c in outbox.take(10)] == ["matter.vanish"]
    assert [(c.verb, c.data["folder"]) for c in outbox.take(10)] == [("matter.appear", True)]
    assert len(outbox) == 0


def test_a_parent_is_born_a_tick_before_its_children() -> None:
    born = {
        key: Command("creature.born", key, {"parent": parent})
        for key, parent in [(b"9:1", b""), (b"10:1", b"9:1"), (b"11:1", b"10:1")]
    }
    outbox = Outbox(synthetic(1, 0))
    outbox.put(list(born.values()))
    assert [outbox.take(9) for _ in range(4)] == [[born[b"9:1"]], [born[b"10:1"]], [born[b"11:1"]], []]


def test_a_long_pause_does_not_end_in_an_explosion() -> None:
    outbox = Outbox(synthetic(1, 0))
    for _ in range(1000):
        outbox.put([Command("creature.heat", b"1:1", {"energy": MOST_HEAT})])
    assert outbox.take(9) == [Command("creature.heat", b"1:1", {"energy": MOST_SUMMED_HEAT})]


def test_heat_is_summed_and_the_dead_are_not_heated() -> None:
    outbox = Outbox(synthetic(1, 0))
    outbox.put([Command("creature.heat", b"1:1", {"energy": 5}), Command("creature.heat", b"1:1", {"energy": 7})])
    assert outbox.take(9) == [Command("creature.heat", b"1:1", {"energy": 12})]
    outbox.put([Command("creature.heat", b"1:1", {"energy": 5}), Command("creature.exit", b"1:1")])
    assert outbox.take(9) == [Command("creature.exit", b"1:1")]
    outbox.put([Command("creature.born", b"2:1", {}), Command("creature.exit", b"2:1")])
    assert outbox.take(9) == []
