"""Scenes against the page in plain Python, and what makes them the same for everybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moving_states import go_on, moving_state
from ninepixel.server.replication import BadScene, BadSectors, Scene, SceneKeeper, Sectors, fields_of, sector_hashes
from ninepixel.server.replication.rows import THING_ID
from ninepixel.world.laws.bodies import Flag, Kind, pack_traits
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing
from ninepixel.world.state import State
from reference_replication import check

Row = tuple[int, ...]


def status_of(state: State, energy: int, index: int = -1) -> int:
    """The status word as the page says it."""
    status = min(max(energy, 0).bit_length(), 31)
    slots = np.flatnonzero(state.lives["body"][0] == index)
    if index >= 0 and len(slots):
        life = {name: int(column[0, slots[0]]) for name, column in state.lives.columns.items()}
        valence = max(-10240, min(10240, life["valence"])) * 7 / 10240
        status |= min(max(life["health"], 0), 1023) // 64 << 5
        status |= (life["action"] >> 8 & 15) << 9 | (life["action"] >> 16 & 15) << 13
        status |= (int(np.floor(valence + 0.5)) & 15) << 17 | min(max(life["arousal"], 0), 8192) * 15 // 8192 << 21
        status |= life["mood"] << 25 | (life["hurt"] > 24) << 27 | (life["role"] == Role.GUEST) << 28
        status |= (life["holding"] >= 0) << 29 | (life["courting"] > 0) << 30 | (life["cooldown"] > 0) << 31
    return status


def rows_of(state: State, sectors: Sectors, *, ground: bool) -> dict[int, list[Row]]:
    """Rows by sector, every status as it is now."""
    found: dict[int, list[Row]] = {}

    def add(ident: int, x: int, y: int, status: int, look: list[int]) -> None:
        unit = 1 << 26 - sectors.side_log2
        place = x // unit % sectors.units | y // unit % sectors.units << 16
        found.setdefault(sectors.of(x, y), []).append((ident, place, status, *look))

    table = state.bodies
    for index in sorted(table.index_of[0, : table.count[0]].tolist()):
        body = table.values(table.entity_at(int(table.row_of[0, index])))
        flags = body["traits"] >> 16
        if bool(flags & Flag.ANCHORED) != ground:
            continue
        mass = body["mass"] // 64 * 64 if flags & Flag.SEALED else body["mass"]
        genes = [body["gene_r"] | (mass & 255) << 24, body["gene_b"] | mass >> 8 << 24, body["gene_y"]]
        traits = body["traits"] | (int(table.generation[0, index]) & 255) << 24
        has_life = body["traits"] & 255 in (Kind.MIND, Kind.GUARDIAN)
        status = status_of(state, body["energy"], index if has_life else -1)
        add(index, body["x"], body["y"], status, [traits, body["rby"], *genes])
    for slot in range(0 if ground else int(state.things.count[0])):
        thing = {name: int(column[0, slot]) for name, column in state.things.columns.items()}
        if thing["kind"] == Thing.NONE or thing["lies"] != Lies.OPENLY:
            continue
        owner = thing["owner"]
        like = int(Kind.MIND) if thing["kind"] in (Thing.SHOT, Thing.EGG) else 0
        if thing["kind"] == Thing.SHOT and owner >= 0 and state.lives["role"][0, owner] == Role.GUARDIAN:
            like = int(Kind.GUARDIAN)
        mass = min(max(thing["strength"], 0), 65535)
        genes = [thing["gene_r"] | (mass & 255) << 24, thing["gene_b"] | mass >> 8 << 24, thing["gene_y"]]
        look = [32 + thing["kind"] | like << 8, thing["rby"], *genes]
        add(THING_ID + slot, thing["x"], thing["y"], status_of(state, thing["energy"]), look)
    return found


class Slow:
    """The rule of what is sampled when, in plain Python."""

    def __init__(self, sectors: Sectors) -> None:
        self.sectors = sectors
        self.before: dict[int, Row] = {}
        self.ground: dict[int, list[Row]] = {}

    def update(self, state: State) -> dict[int, list[Row]]:
        fresh = rows_of(state, self.sectors, ground=False)
        if state.tick % 32 == 0 or not self.ground:
            self.ground = rows_of(state, self.sectors, ground=True)
        for rows in fresh.values():
            for i, row in enumerate(rows):
                old = self.before.get(row[0])
                if state.tick % 4 and old is not None and old[3:] == row[3:]:
                    rows[i] = (*row[:2], old[2], *row[3:])
        self.before = {row[0]: row for rows in fresh.values() for row in rows}
        return fresh


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side_log2=st.integers(6, 13), sector_log2=st.integers(3, 5), start=st.integers(0, 2**33))
def test_scenes_are_what_the_page_says(seed: int, side_log2: int, sector_log2: int, start: int) -> None:
    if side_log2 > 9:
        sector_log2 = side_log2 - 5
    state, rng = moving_state(seed, 50, 6), np.random.default_rng(seed)
    if side_log2 != 6:
        larger = State.empty(type(state.params)(1, side_log2), 8)
        state.params = larger.params
        if side_log2 <= 8:
            state.energy = rng.integers(0, 1 << 20, larger.energy.shape).astype(np.int32)
        else:  # it is not what this is about, and large
            state.energy = larger.energy
    state.tick = start
    sectors = Sectors(side_log2, sector_log2)
    keeper, slow = SceneKeeper(sectors), Slow(sectors)
    for _ in range(6 if side_log2 > 8 else 14):
        scene, wanted = keeper.update(state), slow.update(state)
        movers = {s: [tuple(r) for r in scene.rows(s).tolist()] for s in range(sectors.count) if len(scene.rows(s))}
        assert movers == wanted
        soil = {s: scene.rows(s, ground=True).tolist() for s in range(sectors.count) if len(scene.rows(s, ground=True))}
        assert {s: [tuple(r) for r in rows] for s, rows in soil.items()} == slow.ground
        hashes = sector_hashes(scene)
        for sector, rows in wanted.items():
            assert hashes[sector] == check([word for row in rows for word in row])
        go_on(state, rng)


def test_the_field_is_means_on_a_scale_of_octaves() -> None:
    state = moving_state(1)
    state.energy[0] = 0
    state.energy[0, 1, 4:8, 0:4] = 7
    state.energy[0, 2, 0, 63] = 1 << 30
    field = Scene.of(state).field.reshape(-1, 4, 4, 3)
    mean = (1 << 30) // 16
    assert field[0, 1, 0].tolist() == [0, 7, 0]
    v = int(field[3, 0, 3, 2])
    assert (8 + (v & 7)) << ((v >> 3) - 1) == mean
    assert field.astype(int).sum() == 7 + v


def test_whoever_begins_at_a_multiple_of_32_sees_the_same_from_there() -> None:
    state, rng = moving_state(2, tick=90), np.random.default_rng(2)
    first, later = SceneKeeper(Sectors(6)), None
    sure = {}
    for _ in range(60):
        one = first.update(state)
        sure[state.tick] = one.sure
        if state.tick == 96:
            later = SceneKeeper(Sectors(6))
        if later is not None:
            other = later.update(state)
            assert other.sure
            assert (sector_hashes(one) == sector_hashes(other)).all()
            assert (sector_hashes(one, ground=True) == sector_hashes(other, ground=True)).all()
            assert (one.field == other.field).all()
            assert one.ground_tick == other.ground_tick == state.tick // 32 * 32
        go_on(state, rng)
    assert sure == {tick: tick >= 96 for tick in range(90, 150)}


def test_what_a_secret_weighs_is_told_roughly() -> None:
    state = moving_state(3)
    bodies = state.bodies
    traits = int(pack_traits(int(Kind.MATTER), 3, int(Flag.ANCHORED | Flag.SEALED)))
    bodies.columns["traits"][0, :2] = traits
    bodies.columns["mass"][0, :2] = 577, 639
    scene = Scene.of(state)
    rows = fields_of(scene.ground)
    secret = rows[np.isin(rows["id"], bodies.index_of[0, :2])]
    assert (secret["mass_low"] + 256 * secret["mass_high"].astype(int)).tolist() == [576, 576]
    assert secret["flags"].tolist() == [int(Flag.ANCHORED | Flag.SEALED)] * 2


def test_what_is_buried_or_held_is_not_seen() -> None:
    state = moving_state(4)
    state.things["kind"][0] = int(Thing.COIN)
    state.things["lies"][0] = [int(lie) for lie in (Lies.OPENLY, Lies.BURIED, Lies.HELD, Lies.OPENLY)] * 5
    seen = fields_of(Scene.of(state).movers)["id"]
    assert sorted(seen[seen >= THING_ID] - THING_ID) == [slot for slot in range(20) if slot % 4 in (0, 3)]


def test_mood_fits_its_bits() -> None:
    assert max(Mood) < 4


def test_scenes_go_forward_in_one_world() -> None:
    state = moving_state(5, tick=7)
    keeper = SceneKeeper(Sectors(6))
    keeper.update(state)
    with pytest.raises(BadScene, match="tick 7 after tick 7"):
        keeper.update(state)
    with pytest.raises(BadScene, match="side_log2 6, not 7"):
        keeper.update(moving_state(5, side_log2=7, tick=8))


@pytest.mark.parametrize(("side", "sector"), [(5, 3), (14, 4), (8, 2), (8, 8), (6, 6), (13, 9)])
def test_worlds_that_cannot_be_cut_so(side: int, sector: int) -> None:
    with pytest.raises(BadSectors, match="log2"):
        Sectors(side, sector)


def test_windows_wrap_and_name_every_sector_once() -> None:
    sectors = Sectors(8)
    assert sectors.window(0, 1) == [255, 240, 241, 15, 0, 1, 31, 16, 17]
    for reach in range(8):
        for small in (Sectors(6), Sectors(6, 5), sectors):
            window = small.window(small.count - 1, reach)
            assert len(set(window)) == len(window) == small.wide(reach) ** 2
            assert small.count - 1 in window
    assert sectors.of(*sectors.corner(77)) == 77
