"""The lives of the one universe: founded, kept, forked, replayed, the same on every backend and however one looks around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS
from ninepixel.ecs.ids import index_of
from ninepixel.world.commands import BadCommand, Command
from ninepixel.world.genesis import genesis
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.identity import FileIdentity, MindIdentity
from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.laws.lives import Role, Thing
from ninepixel.world.laws.vital import EGG_ROT
from ninepixel.world.life.inhabitants import ARRIVAL_TICKS
from ninepixel.world.life.window import WindowedLife
from ninepixel.world.physics.gpu.context import available
from ninepixel.world.state import BadWorld
from ninepixel.world.store.lawful import check_state
from ninepixel.world.store.replay import verify
from ninepixel.world.universe import Universe

SURVEY = synthetic(seed=1, files=40)


def made(minds: int = 6, seed: int = 4, backend: str = "cpu", **options: Any) -> Universe:
    return Universe.from_survey(SURVEY, seed=seed, backend=backend, minds=minds, **options)


def acts(*three: Sequence[int]) -> Command:
    return Command("minds.act", b"", {"acts": bytes(value for each in three for value in each)})


@pytest.fixture
def small() -> Iterator[Universe]:
    with made() as universe:
        yield universe


def run(universe: Universe, ticks: int) -> Universe:
    for _ in range(ticks):
        universe.step()
    return universe


# -- genesis -----------------------------------------------------------------------------------------------------------


def test_without_minds_there_are_no_lives() -> None:
    state = genesis(SURVEY, seed=4)
    assert state.lives.count.sum() == state.things.count.sum() == state.known.size == state.chronicle.sum() == 0
    with Universe.from_state(state, "cpu") as universe:
        assert universe.lives is None
        with pytest.raises(BadCommand, match="begin it with minds"):
            universe.step([Command("mind.join", b"Ada")])


def test_founders_and_guardians_are_what_birth_makes_them() -> None:
    state = genesis(SURVEY, seed=4, minds=5, guardians=3, spare=2)
    check_state(state)
    for quantity in ("energy", "coins", "loot"):
        state.ledger.check(state.held(0, quantity), 0, quantity)
    lives = {name: column[0] for name, column in state.lives.columns.items()}
    assert lives["role"].tolist() == [Role.INSTINCT] * 5 + [Role.OPEN] * 2 + [Role.GUARDIAN] * 3
    assert lives["serial"].tolist() == [1, 2, 3, 4, 5, 0, 0, 6, 7, 8]
    rows = state.bodies.row_of[0, lives["body"][[0, 1, 2, 3, 4, 7, 8, 9]]]
    kind = unpack_traits(state.bodies["traits"][0, rows])[0]
    assert kind.tolist() == [Kind.MIND] * 5 + [Kind.GUARDIAN] * 3
    homes = set(zip(SURVEY.x[SURVEY.is_folder].tolist(), SURVEY.y[SURVEY.is_folder].tolist(), strict=True))
    assert {(int(lives["home_x"].view(np.uint32)[s]), int(lives["home_y"].view(np.uint32)[s])) for s in range(5)} <= homes
    mass = state.bodies["mass"][0]
    guarded = mass[state.bodies.row_of[0, lives["post"][7:]]]
    files = (unpack_traits(state.bodies.live("traits"))[0] == Kind.MATTER) & (state.bodies.live("traits") >> 17 & 1 == 0)
    assert guarded.tolist() == sorted(state.bodies.live("mass")[files].tolist(), reverse=True)[:3]
    assert [mind.name for _, mind in state.cold.each(MindIdentity)][:2] == [b"Ileices", b"Mystiiqa"]


@pytest.mark.parametrize("wrong", [{"minds": -1}, {"minds": 1, "spare": -2}, {"guardians": -1}])
def test_fewer_than_none_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadWorld, match="0 or more"):
        genesis(SURVEY, seed=4, **wrong)


# -- one law everywhere ------------------------------------------------------------------------------------------------


@pytest.mark.gl
@pytest.mark.skipif(not available()[0], reason=available()[1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lives_are_the_same_on_both_backends(seed: int) -> None:
    with made(12, seed, guardians=4) as cpu, made(12, seed, "gpu", guardians=4) as gpu:
        for _ in range(4):
            for universe in (cpu, gpu):
                run(universe, 50).check_ledger()
            assert cpu.digest() == gpu.digest()


@pytest.mark.parametrize("side", [64, 128, 256])
def test_a_window_shows_what_the_whole_world_shows(side: int) -> None:
    task = TASKS["universe"].with_options(side=side, motes=200)
    arena = Arena(task, worlds=1, seed=side, threads=1, roles=[Role.INSTINCT] * task.agents)
    arena.reset(side)
    windows = WindowedLife(arena.state, arena.minds)
    windows.windowed = True
    rest = np.zeros((1, task.agents, 3), np.uint8)
    for _ in range(12):
        for _ in range(5):
            arena.step(rest)
        windows.sense()
        assert np.array_equal(windows.seen, arena.seen)
    assert windows.seen[..., : 4 * 81].any(axis=-1).sum() >= task.agents // 2


def test_a_world_large_beside_its_minds_is_looked_at_through_windows() -> None:
    with made(2, spare=0) as few, made(6) as many:
        assert few.lives is not None
        assert many.lives is not None
        assert few.lives.engine.windowed
        assert not many.lives.engine.windowed
        run(few, 60).check_ledger()


# -- keeping -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minds", [2, 9])
def test_a_loaded_universe_and_a_fork_live_on_the_same(minds: int, tmp_path: Path) -> None:
    with made(minds, spare=2) as universe:
        run(universe, 70).mark()
        universe.save(tmp_path / "u.9px")
        with Universe.load(tmp_path / "u.9px", backend="cpu") as loaded, universe.fork() as fork:
            digests = {run(u, 80).digest() for u in (universe, loaded, fork)}
        assert len(digests) == 1
        assert np.array_equal(universe.lives.engine.seen, fork.lives.engine.seen)  # type: ignore[union-attr]
    assert verify(tmp_path / "u.9px", lambda state: Universe.from_state(state, "cpu")).ok


def test_what_a_fork_does_is_not_seen_in_the_original(small: Universe) -> None:
    with small.fork() as fork:
        before = small.digest()
        fork.step([Command("mind.join", b"Ada", {"slot": 0}), Command("matter.vanish", next(iter(fork._hand.files)))])
        assert small.digest() == before
        assert b"Ada" not in [mind.name for _, mind in small.pull().cold.each(MindIdentity)]
        small.step([Command("mind.join", b"Bob", {"slot": 0})])
        assert b"Bob" not in [mind.name for _, mind in fork.pull().cold.each(MindIdentity)]


# -- death and birth ---------------------------------------------------------------------------------------------------


def test_who_dies_loses_its_name_and_its_slot_opens_again(small: Universe) -> None:
    state = small.pull()
    index = int(state.lives["body"][0, 1])
    state.lives["health"][0, 1] = 0
    small.step()
    assert state.lives["body"][0, 1] == -1
    assert state.lives["role"][0, 1] == Role.OPEN
    assert all(index_of(entity) != index for entity, _ in state.cold.each(MindIdentity))
    small.check_ledger()
    check_state(state)


def test_when_too_few_are_left_founders_come_and_are_named(small: Universe) -> None:
    state = small.pull()
    minds = small.lives.minds  # type: ignore[union-attr]
    state.lives["health"][0, :minds] = 0
    run(small, 2 * ARRIVAL_TICKS + 2)
    assert (state.lives["body"][0, :minds] >= 0).sum() == 2
    assert len(state.cold.each(MindIdentity)) == 2
    small.check_ledger()


def test_births_never_fail_for_lack_of_rows(tmp_path: Path) -> None:
    """What happens depends on the slots, not on how many rows a table happens to have."""
    with made(4, spare=6) as roomy, made(4, spare=6) as tight:
        state = tight.pull()
        for universe in (roomy, tight):
            lay(universe, 5)
        n = int(state.bodies.count[0])
        state.bodies.capacity = n  # every row is taken
        state.bodies.block = np.ascontiguousarray(state.bodies.block[:, :, :n])
        state.bodies.columns = state.bodies._views()
        for name in ("row_of", "index_of", "generation"):
            setattr(state.bodies, name, np.ascontiguousarray(getattr(state.bodies, name)[:, :n]))
        assert run(roomy, 5).digest() == run(tight, 5).digest()
        assert (state.lives["generation"] == 1).sum() == 5


def lay(universe: Universe, eggs: int, age: int = 64) -> None:
    """Put ripe eggs without energy on the ground."""
    things = universe.pull().things
    free = np.flatnonzero(things["kind"][0] == Thing.NONE)[:eggs]
    things.block[0][:, free] = 0
    things["owner"][0, free] = -1
    for name, value in {"kind": int(Thing.EGG), "age": age, "generation": 1, "gene_r": 0x808080}.items():
        things[name][0, free] = value


def test_eggs_that_find_no_slot_rot_and_their_energy_stays(small: Universe) -> None:
    state = small.pull()
    state.lives["role"][0][state.lives["role"][0] == Role.OPEN] = int(Role.STILL)  # nowhere to hatch
    lay(small, 3, EGG_ROT - 1)
    eggs = np.flatnonzero(state.things["kind"][0] == Thing.EGG)
    state.things["energy"][0, eggs] = 600
    state.ledger.add("birth", 1800)
    small.check_ledger()
    run(small, 2)
    assert not (state.things["kind"][0, eggs] == Thing.EGG).any()
    small.check_ledger()


# -- guests ------------------------------------------------------------------------------------------------------------


def test_a_guest_does_what_it_is_told_and_nothing_else(small: Universe) -> None:
    lives = small.pull().lives
    small.step([Command("mind.join", b"Ada", {"slot": 2}), Command("mind.join", b"Bob")])
    slots = np.flatnonzero(lives["role"][0] == Role.GUEST).tolist()
    assert slots == [2, 6]
    assert lives["action"][0, slots].tolist() == [0, 0]
    small.step([Command("mind.act", b"Ada", {"move": 3, "act": 1, "utter": 8})])
    assert lives["action"][0, slots].tolist() == [3 | 1 << 8 | 8 << 16, 0]
    small.step([acts(*[(1, 2, 3)] * 3), Command("mind.act", b"6", {"move": 5, "act": 0, "utter": 0})])
    assert lives["action"][0, slots].tolist() == [1 | 2 << 8 | 3 << 16, 5]
    assert (lives["action"][0, :2] != 1 | 2 << 8 | 3 << 16).all(), "residents are not led"
    small.step()
    assert lives["action"][0, slots].tolist() == [0, 0], "an act is for one tick"
    small.step([Command("mind.leave", b"Bob")])
    assert lives["role"][0, slots].tolist() == [Role.GUEST, Role.INSTINCT]
    small.check_ledger()


def test_a_guest_that_died_meanwhile_is_not_moved(small: Universe) -> None:
    small.step([Command("mind.join", b"Ada", {"slot": 2})])
    small.pull().lives["health"][0, 2] = 0
    small.step()
    small.step(
        [Command("mind.act", b"Ada", {"move": 3, "act": 1, "utter": 8}), Command("mind.leave", b"2"), acts(*[(3, 3, 3)] * 4)]
    )
    assert small.pull().lives["action"][0, 2] == 0
    small.check_ledger()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Command("mind.join", b""), "1 to 64 bytes"),
        (Command("mind.join", b"17"), "no number"),
        (Command("mind.join", b"Mystiiqa"), "called that already"),
        (Command("mind.join", b"Ada", {"slot": 99}), "slot"),
        (Command("mind.act", b"99", {"move": 0, "act": 0, "utter": 0}), "slots of minds are 0 to"),
        (Command("mind.act", b"0", {"move": 9, "act": 0, "utter": 0}), "move"),
        (Command("mind.act", b"0", {"move": 0, "act": True, "utter": 0}), "act"),
        (Command("minds.act", b"", {"acts": b"\x00\x01"}), "three bytes"),
        (Command("minds.act", b"", {"acts": b"\x00\x01\x09"}), "0 to 8, not 9"),
        (Command("minds.act", b"", {"acts": bytes(3 * 1000)}), "at most"),
        (Command("minds.act", b"", {"acts": [1, 2, 3]}), "bytes"),
        (Command("minds.act", b"", {"acts": b"", "told": bytes(13)}), "records of 12 bytes, not 13"),
        (Command("minds.act", b"", {"acts": b"", "told": "x"}), "'told' to be bytes"),
        (Command("mind.say", b"Mystiiqa", {"text": ""}), "1 to 240 bytes long, not 0"),
        (Command("mind.say", b"Mystiiqa", {"text": "\u00e9" * 121}), "1 to 240 bytes long, not 242"),
        (Command("mind.say", b"Mystiiqa", {"text": b"hello"}), "str"),
    ],
)
def test_a_wrong_wish_of_a_guest_is_refused_whole(small: Universe, command: Command, why: str) -> None:
    before = small.digest()
    with pytest.raises(BadCommand, match=why):
        small.step([Command("mind.join", b"Eve", {"slot": 1}), command])
    assert small.digest() == before
    small.step([Command("mind.join", b"Eve", {"slot": 1})])


def test_words_and_receipts_move_nothing_but_are_remembered(small: Universe) -> None:
    silent = small.fork()
    small.step(
        [
            Command("mind.say", b"Mystiiqa", {"text": "hello", "by": 7, "seq": 1}),
            Command("minds.act", b"", {"acts": b"", "told": bytes(24)}),
        ]
    )
    silent.step()
    assert small.digest() == silent.digest()
    assert [c.verb for _, commands in small.recorder.entries for c in commands] == ["mind.say", "minds.act"]


def test_sifting_tells_what_a_step_would_take(small: Universe) -> None:
    good, late = Command("mind.join", b"Eve", {"slot": 1}), Command("mind.join", b"Zoe", {"slot": 1})
    bad = Command("matter.paint", b"x")
    before = small.digest()
    accepted, refused = small.sift([late, bad, good])
    assert accepted == [good]
    assert [(c, "slot 1" in why or "no verb" in why) for c, why in refused] == [(bad, True), (late, True)]
    assert small.digest() == before
    assert small.sift([late, bad, good]) == (accepted, refused), "what was only asked is forgotten"
    small.step(accepted)


def test_a_photograph_stays_as_it_was(small: Universe) -> None:
    picture, before = small.photograph(), small.digest()
    small.step([Command("mind.join", b"Eve", {"slot": 1})])
    with Universe.from_state(picture, record=False) as later:
        assert later.digest() == before
        later.step([Command("mind.join", b"Eve", {"slot": 1})])
        assert later.digest() == small.digest()
        assert later.recorder.entries == []


def test_two_guests_of_one_tick_do_not_get_one_slot(small: Universe) -> None:
    with pytest.raises(BadCommand, match="another guest"):
        small.step([Command("mind.join", b"Ada", {"slot": 1}), Command("mind.join", b"Bob", {"slot": 1})])
    small.step([Command("mind.join", b"Ada"), Command("mind.join", b"Bob")])
    assert np.flatnonzero(small.pull().lives["role"][0] == Role.GUEST).tolist() == [6, 7]


def test_a_game_with_guests_replays_from_its_journal(small: Universe, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    small.step([Command("mind.join", b"Ada", {"slot": 0}), Command("mind.join", b"Bob")])
    for tick in range(60):
        commands = [acts(*rng.integers(0, 9, (8, 3)).tolist())]
        if tick == 30:
            commands.append(Command("mind.leave", b"Ada"))
        small.step(commands)
        small.mark()
    small.save(tmp_path / "u.9px")
    verdict = verify(tmp_path / "u.9px", lambda state: Universe.from_state(state, "cpu"))
    assert verdict.ok, str(verdict)
    assert verdict.marks == 60


# -- the host beneath --------------------------------------------------------------------------------------------------


def test_a_file_that_vanishes_is_forgotten_unread_and_unguarded_and_takes_no_life_with_it(small: Universe) -> None:
    state = small.pull()
    lives, slot = state.lives, int(state.lives.count[0]) - 1
    index = int(lives["post"][0, slot])
    path = next(c.path for entity, c in state.cold.each(FileIdentity) if index_of(entity) == index)
    lives["reading"][0, 0], lives["section"][0, 0] = index, 1
    state.known[0, 1, index >> 5] |= np.uint32(1 << (index & 31))
    living = (lives["body"] >= 0).sum()
    small._obey([Command("matter.vanish", path)])
    assert (lives["post"][0, slot], lives["reading"][0, 0], lives["section"][0, 0]) == (-1, -1, 0)
    assert not state.known[0, 1, index >> 5] & np.uint32(1 << (index & 31))
    assert (lives["body"] >= 0).sum() == living
    check_state(state)


def test_a_file_whose_index_is_a_slot_takes_no_life_with_it(small: Universe) -> None:
    state = small.pull()
    path = next(c.path for entity, c in state.cold.each(FileIdentity) if index_of(entity) == 1)
    small.step([Command("matter.vanish", path)])
    assert state.lives["body"][0, 1] >= 0
    check_state(state)
    small.check_ledger()


def test_what_appears_later_can_be_remembered(small: Universe) -> None:
    state = small.pull()
    placed = {"r": 20000, "b": 20000, "mass": 300, "x": 1 << 31, "y": 1 << 31, "genes": bytes(9), "size": 1, "age": 0}
    rest = {"depth": 1, "folder": False, "matter": 2, "sealed": False, "parent": b""}
    while int(state.bodies.next_index[0]) < 32 * state.known.shape[2]:
        small.step(
            [Command("matter.appear", b"new %d" % i, {**placed, **rest}) for i in range(small.tick * 9, small.tick * 9 + 9)]
        )
    newest = max(index_of(entity) for entity in small._hand.files.values())
    small.step([Command("matter.appear", b"last", {**placed, **rest})])
    newest = index_of(small._hand.files[b"last"])
    assert newest < 32 * state.known.shape[2]
    small.step()
    small.check_ledger()
