"""The universe as people use it: made of a folder, stepped, commanded, kept, forked; and its ledger always balances."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.ecs.ids import index_of
from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.identity import FileIdentity, MindIdentity
from ninepixel.world.laws.bodies import Flag, Kind, unpack_traits
from ninepixel.world.physics.gpu.context import available
from ninepixel.world.store.replay import verify
from ninepixel.world.universe import Universe

PLACED = {"r": 20000, "b": 20000, "mass": 100, "x": 1 << 31, "y": 1 << 31, "genes": bytes(range(9))}
FILE = {**PLACED, "size": 100, "age": 0, "depth": 1, "folder": False, "matter": 2, "sealed": False, "parent": b""}


def appear(key: bytes, **changes: Any) -> Command:
    return Command("matter.appear", key, {**FILE, **changes})


def born(key: bytes, parent: bytes = b"", **changes: Any) -> Command:
    return Command("creature.born", key, {**PLACED, "name": b"cat", "parent": parent, **changes})


@pytest.fixture
def small() -> Iterator[Universe]:
    with Universe.from_survey(synthetic(seed=1, files=40), seed=4, backend="cpu", minds=2) as universe:
        yield universe


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.py", "b.csv", "deep/er/c.md", "deep/.env", "deep/d.png"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name * 100)
    return tmp_path / "tree"


def test_a_still_folder_has_one_digest(tree: Path) -> None:
    digests = set()
    for _ in range(2):
        with Universe.from_path(tree, seed=5, still=True, minds=3) as universe:
            for _ in range(20):
                universe.step()
            digests.add(universe.digest())
    with Universe.from_path(tree, seed=6, still=True, minds=3) as other:
        for _ in range(20):
            other.step()
    assert len(digests) == 1
    assert other.digest() not in digests


def test_every_file_is_a_body_where_its_path_says_and_motes_swarm(tree: Path) -> None:
    with Universe.from_path(tree, still=True, backend="cpu", minds=0) as universe:
        before = universe.pull().copy()
        for _ in range(30):
            universe.step()
        state = universe.pull()
    paths = {identity.path for _, identity in state.cold.each(FileIdentity)}
    assert {b"", b"a.py", b"b.csv", b"deep/er/c.md"} <= paths
    assert not any(b".env" in path for path in paths), "a secret's name must not be in the state"
    for entity, _ in state.cold.each(FileIdentity):
        assert state.bodies.get(entity, "x") == before.bodies.get(entity, "x")
    kinds = unpack_traits(state.bodies.live("traits"))[0]
    motes = kinds == Kind.MOTE
    assert motes.sum() > 5
    assert (state.bodies.live("vx")[motes] != 0).mean() > 0.9


def test_the_minds_have_their_names(small: Universe) -> None:
    assert [mind.name for _, mind in small.pull().cold.each(MindIdentity)] == [b"Ileices", b"Mystiiqa"]


def test_a_saved_universe_goes_on_as_if_nothing_had_been(small: Universe, tmp_path: Path) -> None:
    small.step([appear(b"new.py"), born(b"1:1")])
    for _ in range(10):
        small.step()
    small.mark()
    small.save(tmp_path / "u.9px")
    with Universe.load(tmp_path / "u.9px", backend="cpu") as loaded, small.fork() as fork:
        assert loaded.tick == small.tick == 11
        assert loaded.digest() == small.digest() == fork.digest()
        for universe in (small, loaded, fork):
            universe.step([appear(b"another.py"), Command("creature.exit", b"1:1")])
            universe.step()
        assert loaded.digest() == small.digest() == fork.digest()
    verdict = verify(tmp_path / "u.9px", lambda state: Universe.from_state(state, "cpu"))
    assert verdict.ok, str(verdict)


def test_a_flipped_bit_in_a_running_universe_is_named(small: Universe, tmp_path: Path) -> None:
    for tick in range(12):
        small.step()
        if tick == 6:
            state = small.pull()
            row = state.bodies.row_of[0, 17]
            state.bodies["energy"][0, row] ^= 1 << 4
        small.mark()
    small.save(tmp_path / "u.9px")
    verdict = verify(tmp_path / "u.9px", lambda state: Universe.from_state(state, "cpu"))
    assert not verdict.ok
    assert verdict.first_difference is not None
    assert (verdict.first_difference.tick, verdict.first_difference.index) == (7, 17)
    assert verdict.first_difference.table == "bodies"


def test_a_bad_command_changes_nothing(small: Universe) -> None:
    before = small.digest()
    bad = [
        Command("matter.melt", b"x"),
        Command("matter.appear", b"x", {}),
        appear(b"x", r=60000, b=60000),
        appear(b"x", x=-1),
        appear(b"x", matter=99),
        appear(b"x", genes=b"short"),
        appear(b"x", size=True),
        Command("creature.heat", b"1:1", {"energy": -5}),
    ]
    for command in bad:
        with pytest.raises(BadCommand, match=command.verb.split(".")[0]):
            small.step([appear(b"good.py"), command])
        assert small.digest() == before


def test_when_a_parent_dies_its_children_are_free_and_its_energy_returns(small: Universe) -> None:
    small.step([born(b"1:1"), Command("creature.heat", b"1:1", {"energy": 1000})])
    small.step([born(b"2:2", parent=b"1:1", x=5)])
    state = small.pull()
    child, parent = small._hand.processes[b"2:2"], small._hand.processes[b"1:1"]
    assert state.bodies.get(child, "link") == index_of(parent)
    held = small.held()
    small._obey([Command("creature.exit", b"1:1")])
    assert small.held() == held, "death moves energy, it does not destroy it"
    assert state.bodies.get(child, "link") == -1
    assert not unpack_traits(state.bodies.get(child, "traits"))[2] & Flag.TETHERED
    small.check_ledger()


def test_files_that_come_and_go_leave_no_dust(small: Universe) -> None:
    before = int(small.pull().bodies.count[0])
    for _ in range(3):
        small.step([appear(b"build.o", mass=320)])
        assert small.pull().bodies.count[0] == before + 12, "a file of this mass sheds 11 motes"
        small.step([Command("matter.vanish", b"build.o")])
        assert small.pull().bodies.count[0] == before
        small.check_ledger()


def test_a_change_on_disk_flares_in_the_universe_soon(tree: Path) -> None:
    with Universe.from_path(tree, backend="cpu", minds=0, options=HostOptions(processes="none")) as universe:
        assert universe.host is not None
        assert universe.host.wait_until_ready(10)
        (tree / "born.py").write_text("print('hello')")
        (tree / "a.py").write_text("changed")
        (tree / "b.csv").unlink()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            universe.step(universe.host.drain())
            files = universe._hand.files
            flare = universe.pull().ledger.as_dict()["flare"]
            if b"born.py" in files and b"b.csv" not in files and flare:
                break
            time.sleep(0.02)
        else:
            pytest.fail("ten seconds later the universe still has not noticed")
        universe.check_ledger()


keys = st.sampled_from([b"a", b"b", b"c", b"1:1", b"2:2"])
weights = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).filter(lambda w: sum(w) <= 65536)
commands = st.one_of(
    st.builds(
        lambda key, x, y, mass, w, sealed, folder: appear(key, x=x, y=y, mass=mass, r=w[0], b=w[1], sealed=sealed, folder=folder),
        keys,
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.integers(0, 1023),
        weights,
        st.booleans(),
        st.booleans(),
    ),
    st.builds(lambda key: Command("matter.vanish", key), keys),
    st.builds(lambda key, parent, x: born(key, parent, x=x), keys, keys, st.integers(0, 2**32 - 1)),
    st.builds(lambda key, e: Command("creature.heat", key, {"energy": e}), keys, st.integers(0, 1 << 20)),
    st.builds(lambda key: Command("creature.exit", key), keys),
)


@settings(max_examples=30, deadline=None)
@given(history=st.lists(st.lists(commands, max_size=6), max_size=8), shuffle=st.randoms(use_true_random=False))
def test_whatever_happens_the_ledger_balances_and_order_does_not_matter(history: list[list[Command]], shuffle: Any) -> None:
    survey = synthetic(seed=2, files=6)
    with Universe.from_survey(survey, backend="cpu") as one, Universe.from_survey(survey, backend="cpu") as other:
        for tick in history:
            one.step(tick)
            one.check_ledger()
            mixed = list(tick)
            shuffle.shuffle(mixed)
            other.step(mixed)
        assert one.digest() == other.digest()


@pytest.mark.gl
@pytest.mark.skipif(not available()[0], reason=available()[1])
def test_commands_and_backends_agree() -> None:
    survey = synthetic(seed=3, files=30)
    history = [[appear(b"x.py")], [], [born(b"1:1"), born(b"2:2", b"1:1")], [], [Command("matter.vanish", b"x.py")], []]
    with Universe.from_survey(survey, backend="cpu") as cpu, Universe.from_survey(survey, backend="gpu") as gpu:
        for tick in history * 3:
            cpu.step(tick)
            gpu.step(tick)
        gpu.check_ledger()
        assert cpu.digest() == gpu.digest()
