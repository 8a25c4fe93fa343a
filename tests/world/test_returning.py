"""Coming back to a host that went on: afterwards the universe knows exactly what a fresh survey shows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from host_trees import PATHS, plant, survey_of
from ninepixel.world.commands import Command
from ninepixel.world.genesis import genesis
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import finish, scan, walk
from ninepixel.world.host.survey import Survey
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.returning import difference
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

Known = dict[bytes, tuple[bool, int, int]]


def known(state: State) -> Known:
    """What a universe knows: whether it is a folder, size and age, by path."""
    found: Known = {}
    for entity, file in state.cold.each(FileIdentity):
        kind = int(unpack_traits(state.bodies.get(entity, "traits"))[0])
        assert file.path not in found, "one body a path"
        found[file.path] = (kind == Kind.FOLDER, file.size, file.age)
    return found


def shown(survey: Survey) -> Known:
    columns = zip(survey.is_folder.tolist(), survey.size.tolist(), survey.age.tolist(), strict=True)
    return dict(zip(survey.path, columns, strict=True))


def universe_of(survey: Survey) -> Universe:
    return Universe.from_state(genesis(survey, seed=1), "cpu", record=False)


def come_back(universe: Universe, survey: Survey) -> tuple[list[Command], list[Command]]:
    """Apply a difference as the server does."""
    gone, news = difference(universe.pull(), survey)
    universe.step(gone)
    universe.step(news)
    universe.check_ledger()
    return gone, news


def again(root: Path, before: Survey) -> Survey:
    options = HostOptions()
    return finish(walk(os.fsencode(root), options, None), options, before.newest)


def told(commands: list[Command]) -> list[tuple[str, bytes]]:
    return [(command.verb, command.key) for command in commands]


def test_nothing_is_said_of_a_host_that_is_as_it_was(tmp_path: Path) -> None:
    plant(tmp_path, {"a.md": "1", "src/b.py": "22", ".env": "secret"})
    survey = scan(tmp_path)
    with universe_of(survey) as universe:
        assert difference(universe.pull(), again(tmp_path, survey)) == ([], [])


def test_what_appeared_changed_and_vanished(tmp_path: Path) -> None:
    plant(tmp_path, {"a.md": "1", "src/b.py": "22", "old/c.csv": "333", "old/deep/d.log": "4"})
    survey = scan(tmp_path)
    with universe_of(survey) as universe:
        times = {path: path.stat().st_mtime_ns for path in [tmp_path, tmp_path / "src"]}
        plant(tmp_path, {"a.md": "longer", "new/e.rs": "55555"})
        shutil.rmtree(tmp_path / "old")
        for path, nanos in times.items():
            os.utime(path, ns=(nanos, nanos))
        survey = again(tmp_path, survey)
        gone, news = come_back(universe, survey)
        vanished = {b"old", b"old/c.csv", b"old/deep", b"old/deep/d.log"}
        assert set(told(gone)) == {("matter.vanish", path) for path in vanished}
        assert told(news) == [("matter.change", b"a.md"), ("matter.appear", b"new"), ("matter.appear", b"new/e.rs")]
        assert known(universe.pull()) == shown(survey)


def test_a_folder_that_became_a_file_and_the_other_way_round(tmp_path: Path) -> None:
    plant(tmp_path, {"was.folder/in.side": "1", "was.file": "22"})
    survey = scan(tmp_path)
    with universe_of(survey) as universe:
        shutil.rmtree(tmp_path / "was.folder")
        (tmp_path / "was.file").unlink()
        plant(tmp_path, {"was.folder": "now a file", "was.file/in.side": "3"})
        survey = again(tmp_path, survey)
        gone, news = come_back(universe, survey)
        both = {b"was.folder", b"was.file"}
        assert both <= {command.key for command in gone}
        assert both <= {command.key for command in news if command.verb == "matter.appear"}
        assert known(universe.pull()) == shown(survey)


def test_secrets_come_and_go_without_their_names(tmp_path: Path) -> None:
    plant(tmp_path, {"a.md": "1"})
    survey = scan(tmp_path)
    with universe_of(survey) as universe:
        plant(tmp_path, {"id_rsa": "PRIVATE"})
        survey = again(tmp_path, survey)
        _, news = come_back(universe, survey)
        assert any(command.data["sealed"] for command in news)
        assert b"id_rsa" not in b"".join(command.packed() for command in news)
        assert known(universe.pull()) == shown(survey)


def test_every_process_has_ended() -> None:
    survey = survey_of([b"a.md"])
    with universe_of(survey) as universe:
        born = {"name": b"sh", "r": 1, "b": 1, "x": 0, "y": 0, "mass": 1, "genes": bytes(9)}
        keys = (b"1:10", b"2:20")
        for parent, key in zip((b"", b"1:10"), keys, strict=True):
            universe.step([Command("creature.born", key, {**born, "parent": parent})])
        gone, news = come_back(universe, survey)
        assert sorted(told(gone)) == [("creature.exit", key) for key in keys]
        assert news == []
        assert list(universe.pull().cold.each(ProcessIdentity)) == []


@settings(max_examples=40)
@given(PATHS, PATHS, st.integers(1, 3))
def test_afterwards_the_universe_knows_what_the_survey_shows(before: list[bytes], after: list[bytes], size: int) -> None:
    survey = survey_of(after, 1000 * size)
    with universe_of(survey_of(before, 1000)) as universe:
        come_back(universe, survey)
        assert known(universe.pull()) == shown(survey)
        assert difference(universe.pull(), survey) == ([], []), "once is enough"
