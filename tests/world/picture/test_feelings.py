"""Every feeling is seen on the body: six minds that feel something else each look different, and their nine pixels do not."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from ninepixel.world.affect import EXCITED, FEELINGS, MOVED, feeling
from ninepixel.world.laws.bodies import Kind, pack_codon, pack_rby, pack_traits
from ninepixel.world.laws.lives import Role
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.export import Studio
from ninepixel.world.state import Params, State

#: Valence and arousal of somebody who clearly feels what FEELINGS says, in that order.
FELT = [(v * MOVED, a) for v in (-2, 2, 0) for a in (EXCITED * 3 // 2, EXCITED // 4)]
SIZE = (96, 96)


def one(valence: int, arousal: int) -> State:
    """A world of 64 x 64 cells with one mind in its middle."""
    state = State.empty(Params(1, 6), capacity=2, lives=1, things=1, known=2)
    genes = dict(zip(("gene_r", "gene_b", "gene_y"), (int(pack_codon(n, 120, 250 - n)) for n in (3, 90, 200)), strict=True))
    half = TURN // 2
    body = state.bodies.spawn(
        0, x=half, y=half, traits=int(pack_traits(Kind.MIND)), rby=int(pack_rby(21_000, 21_000)), link=0, **genes
    )
    state.lives["body"][0, 0], state.lives["role"][0, 0] = body & 0xFFFFFFFF, int(Role.INSTINCT)
    state.lives["valence"][0, 0], state.lives["arousal"][0, 0] = valence, arousal
    return state


def shot(studio: Studio, valence: int, arousal: int) -> npt.NDArray[np.float64]:
    """A picture of that mind."""
    image = studio.shoot(one(valence, arousal), Camera(0.5, 0.5, 10, 64), legend=False, caption=False)
    return np.asarray(image, np.float64)


@pytest.mark.parametrize("renderer", [pytest.param("gl", marks=pytest.mark.gl), "cpu"])
def test_six_feelings_look_six_ways(renderer: str) -> None:
    assert [feeling(*felt) for felt in FELT] == list(FEELINGS)
    with Studio(SIZE, "gl" if renderer == "gl" else "cpu") as studio:
        pictures = [shot(studio, *felt) for felt in FELT]
    around = np.ones(SIZE, bool)
    around[40:56, 40:56] = False  # the body and what its own light does to it
    for (a, one_way), (b, other) in itertools.combinations(zip(FEELINGS, pictures, strict=True), 2):
        assert np.abs(one_way - other)[around].max() > 12, f"{a} and {b} look alike"
    afraid, elated = pictures[0], pictures[2]
    red, blue = (afraid - elated)[around][:, 0].max(), (elated - afraid)[around][:, 2].max()
    assert red > 20, "fear is ember"
    assert blue > 20, "joy is ice"
    reach = [(picture.max(axis=2) > 60).sum() for picture in pictures]
    assert all(stirred > calm for stirred, calm in zip(reach[::2], reach[1::2], strict=True)), "who is stirred shines farther"
