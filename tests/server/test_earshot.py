"""Who hears and who learns: across the seam of the torus, by what each is here for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.crowd import Client
from ninepixel.server.earshot import EARSHOT, Onlookers

SHIFT = 24  # a world of 256 cells
SIGHT = 32  # cells that reach 1 sees
CELLS = st.integers(0, 255)


def client(number: int, mode: str, x: int, y: int, slot: int = -1) -> Client:
    """Somebody who looks at a cell."""
    return Client(number, number, "somebody", mode, "player", slot, x % 256 << SHIFT, y % 256 << SHIFT)


def test_a_voice_carries_across_the_seam_to_bodies_and_to_who_watches() -> None:
    near, far = client(1, "play", EARSHOT - 2, 0, slot=1), client(2, "play", EARSHOT, 0, slot=2)
    watching, ordering = client(3, "watch", EARSHOT, 0), client(4, "admin", -2, 0)
    assert Onlookers([near, far, watching, ordering], SHIFT).hearing(254 << SHIFT, 0) == (1, 3)


def test_all_who_watch_learn_of_a_moment_and_players_who_can_see_it() -> None:
    there, elsewhere = client(1, "play", 5, 0, slot=1), client(2, "play", 128, 0, slot=2)
    watching, ordering = client(3, "watch", 128, 128), client(4, "admin", 0, 0)
    assert Onlookers([there, elsewhere, watching, ordering], SHIFT).seeing(0, 0) == (1, 3)


def test_where_nobody_looks_nobody_hears() -> None:
    nobody = Onlookers([], SHIFT)
    assert nobody.hearing(0, 0) == nobody.seeing(0, 0) == ()


@given(CELLS, CELLS, CELLS, CELLS)
def test_distances_are_those_of_a_torus(ax: int, ay: int, bx: int, by: int) -> None:
    apart = max(min((a - b) % 256, (b - a) % 256) for a, b in ((ax, bx), (ay, by)))
    player = Onlookers([client(7, "play", ax, ay, slot=3)], SHIFT)
    place = bx << SHIFT, by << SHIFT
    assert (player.hearing(*place) == (7,)) == (apart <= EARSHOT)
    assert (player.seeing(*place) == (7,)) == (apart <= SIGHT)
