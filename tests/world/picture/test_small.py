"""Small things and feelings: what is seen of them, what is not, and that both painters show them."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.world.laws.bodies import Kind, genome, pack_codon, pack_rby, pack_traits
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.export import Studio
from ninepixel.world.picture.gl import NoGL, open_gl
from ninepixel.world.picture.palette import DEJECTED_RGB, GLAD_RGB
from ninepixel.world.picture.pixels import read_base
from ninepixel.world.picture.small import FULL_VALENCE, SHOT_SCALE, Form, feelings, mood_light, things
from ninepixel.world.state import Params, State

GENES = {"gene_r": int(pack_codon(1, 90, 255)), "gene_b": int(pack_codon(7, 8, 9)), "gene_y": int(pack_codon(200, 0, 31))}
SIZE = (160, 120)


def place(**values: int) -> State:
    """A world of 64 x 64 cells with one mind in slot 0 and a guardian in slot 1; thing 0 is what *values* say."""
    state = State.empty(Params(1, 6), capacity=4, lives=2, things=3, known=4)
    for slot, kind in enumerate((Kind.MIND, Kind.GUARDIAN)):
        body = state.bodies.spawn(0, x=slot * TURN // 2, traits=int(pack_traits(kind)), rby=int(pack_rby(9000, 9000)), link=slot)
        state.lives["body"][0, slot] = body & 0xFFFFFFFF
    state.lives["role"][0] = [int(Role.INSTINCT), int(Role.GUARDIAN)]
    for name, value in {
        "owner": -1,
        "x": TURN // 4,
        "y": TURN // 4,
        "strength": 80,
        "rby": 0x10002000,
        **GENES,
        **values,
    }.items():
        state.things[name][0, 0] = value
    return state


@pytest.mark.parametrize(("kind", "pixels"), [(Thing.COIN, 1), (Thing.LOOT, 4), (Thing.SHOT, 9), (Thing.EGG, 9)])
def test_every_thing_has_its_number_of_pixels_unless_it_is_buried_or_held(kind: Thing, pixels: int) -> None:
    squares = things(place(kind=kind))
    assert (squares["form"] == Form.PIXEL).sum() == pixels
    assert (squares["form"] == Form.GLOW).sum() == 1
    for lies in (Lies.BURIED, Lies.HELD):
        assert len(things(place(kind=kind, lies=lies))) == 0


def test_a_shot_is_its_shooter_at_the_scale_of_a_pixel() -> None:
    squares = things(place(kind=Thing.SHOT, owner=1))
    nine = squares[squares["form"] == Form.PIXEL]
    assert nine["wide"] == pytest.approx(SHOT_SCALE / 3)
    shown = np.rint(nine["light"] * 255).astype(np.uint8)
    assert read_base(shown).reshape(3, 3).tolist() == genome(*GENES.values()).tolist()
    assert not np.array_equal(nine["light"], things(place(kind=Thing.SHOT, owner=0))["light"][:9]), "a guardian's is another"
    across = nine["offset"][:, 0].reshape(3, 3)
    assert np.all(np.diff(across, axis=1) == pytest.approx(SHOT_SCALE / 3))


def test_what_threatens_wears_a_ring() -> None:
    state = place()
    assert not (feelings(state)["form"] == Form.RING).any()
    state.lives["mood"][0, 1] = int(Mood.HUNT)
    state.lives["cooldown"][0, 0] = 3
    rings = feelings(state)[feelings(state)["form"] == Form.RING]
    assert sorted(rings["x"].tolist()) == [0, TURN // 2]


def test_moods_run_from_ember_to_ice_and_the_excited_shine_more() -> None:
    low, high = mood_light([-FULL_VALENCE, 9 * FULL_VALENCE], [1.0, 1.0])
    assert low == pytest.approx(DEJECTED_RGB)
    assert high == pytest.approx(GLAD_RGB)
    calm, excited = mood_light([500, 500], [0.0, 1.0])
    assert np.all(excited > calm)


@pytest.mark.parametrize("renderer", [pytest.param("gl", marks=pytest.mark.gl), "cpu"])
def test_a_coin_is_seen_from_near_and_from_far(renderer: str) -> None:
    if renderer == "gl":
        try:
            open_gl().release()
        except NoGL as error:
            pytest.skip(str(error))
    empty, coin = place(), place(kind=Thing.COIN)
    with Studio(SIZE, "gl" if renderer == "gl" else "cpu") as studio:
        for cells in (12.0, 60.0):
            eye = Camera(0.25, 0.25, cells, 64)
            without, shown = (np.asarray(studio.shoot(s, eye, caption=False)).astype(int) for s in (empty, coin))
            brighter = (shown - without).sum(axis=-1)
            assert brighter[60, 80] > 60 or brighter[59:62, 79:82].max() > 60
            assert abs(brighter[10, 10]) < 12, "and lights nothing far away"
