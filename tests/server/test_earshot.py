"""Who hears and who learns: across the seam of the torus, by what each is here for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.crowd import Client
from ninepixel.server.earshot import EARSHOT, apart, hearers, sight, witnesses

SHIFT = 24  # a world of 256 cells
PLACES = st.integers(0, (1 << 32) - 1)


def client(number: int, mode: str, x: int, y: int, slot: int = -1) -> Client:
    return Client(number, number, "somebody", mode, "player", slot, x, y)


def test_a_voice_carries_across_the_seam_to_bodies_and_to_who_watches() -> None:
    edge = (1 << 32) - (2 << SHIFT)
    near = client(1, "play", (EARSHOT - 3) << SHIFT, 0, slot=1)
    far = client(2, "play", EARSHOT << SHIFT, 0, slot=2)
    watching = client(3, "watch", EARSHOT << SHIFT, 0)
    ordering = client(4, "admin", edge, 0)
    assert hearers([near, far, watching, ordering], edge, 0, SHIFT) == (1, 3)


def test_all_who_watch_learn_of_a_moment_and_players_who_can_see_it() -> None:
    there, elsewhere = client(1, "play", 5 << SHIFT, 0, slot=1), client(2, "play", 1 << 31, 0, slot=2)
    watching, ordering = client(3, "watch", 1 << 31, 1 << 31), client(4, "admin", 0, 0)
    assert witnesses([there, elsewhere, watching, ordering], 0, 0, SHIFT) == (1, 3)
    assert sight(there, SHIFT) == 32 << SHIFT


@given(PLACES, PLACES, PLACES, PLACES, PLACES, PLACES)
def test_distances_are_those_of_a_torus(ax: int, ay: int, bx: int, by: int, dx: int, dy: int) -> None:
    a, b = client(1, "watch", ax, ay), client(2, "watch", bx, by)
    assert apart(a, bx, by) == apart(b, ax, ay) <= 1 << 31
    moved = client(3, "watch", (ax + dx) % 2**32, (ay + dy) % 2**32)
    assert apart(moved, (bx + dx) % 2**32, (by + dy) % 2**32) == apart(a, bx, by)
    assert (apart(a, bx, by) == 0) == ((ax, ay) == (bx, by))
