"""Who hears and who learns: across the seam of the torus, by what each is here for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.crowd import Client, Crowd
from ninepixel.server.earshot import EARSHOT

SHIFT = 24  # a world of 256 cells
SIGHT = 32  # cells that reach 1 sees
CELLS = st.integers(0, 255)


def crowd(*clients: tuple[int, str, int, int, int]) -> Crowd:
    """A crowd of these: number, mode, cell, and the slot of the body that each leads."""
    here = Crowd(100)
    for number, mode, x, y, slot in clients:
        client = Client(number, number, "somebody", mode, "player")
        here.enter(client)
        if slot >= 0:
            here.take(number, slot, 1, 0.0)
        here.look(client, x % 256 << SHIFT, y % 256 << SHIFT, 1)
    return here


def test_a_voice_carries_across_the_seam_to_bodies_and_to_who_watches() -> None:
    here = crowd(
        (1, "play", EARSHOT - 2, 0, 1), (2, "play", EARSHOT, 0, 2), (3, "watch", EARSHOT, 0, -1), (4, "admin", -2, 0, -1)
    )
    assert here.onlookers(SHIFT).hearing(254 << SHIFT, 0) == (1, 3)


def test_all_who_watch_learn_of_a_moment_and_players_who_can_see_it() -> None:
    here = crowd((1, "play", 5, 0, 1), (2, "play", 128, 0, 2), (3, "watch", 128, 128, -1), (900, "admin", 0, 0, -1))
    assert here.onlookers(SHIFT).seeing(0, 0) == (1, 3)


def test_who_comes_goes_or_turns_is_known_at_once() -> None:
    here = crowd((1, "watch", 0, 0, -1))
    assert here.onlookers(SHIFT).hearing(0, 0) == (1,)
    late = Client(700, 7, "late", "watch", "guest")
    here.enter(late)
    assert (late.x, late.y) == (1 << 31, 1 << 31), "at first at the middle"
    assert here.onlookers(SHIFT).hearing(0, 0) == (1,)
    here.look(late, 0, 0, 0)
    assert here.onlookers(SHIFT).hearing(0, 0) == (1, 700)
    assert (here.clients[1].x, here.clients[1].y) == (0, 0), "more room loses no place"
    here.leave(1, 0.0)
    assert here.onlookers(SHIFT).hearing(0, 0) == (700,)


def test_where_nobody_looks_nobody_hears() -> None:
    nobody = Crowd(1).onlookers(SHIFT)
    assert nobody.hearing(0, 0) == nobody.seeing(0, 0) == ()


@given(CELLS, CELLS, CELLS, CELLS)
def test_distances_are_those_of_a_torus(ax: int, ay: int, bx: int, by: int) -> None:
    apart = max(min((a - b) % 256, (b - a) % 256) for a, b in ((ax, bx), (ay, by)))
    player = crowd((7, "play", ax, ay, 3)).onlookers(SHIFT)
    place = bx << SHIFT, by << SHIFT
    assert (player.hearing(*place) == (7,)) == (apart <= EARSHOT)
    assert (player.seeing(*place) == (7,)) == (apart <= SIGHT)
