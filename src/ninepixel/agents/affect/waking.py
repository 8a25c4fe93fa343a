"""Waking lives as arrays: what minds felt, how they were, and what was near them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ninepixel.agents.affect.crowd import Crowd
from ninepixel.agents.arena import Arena
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import Lies, Mood, Role, Thing

#: Ticks between two looks at what is near.
EVERY = 8
#: What can be near, and within how many cells it counts.
NEAR: dict[str, float] = {"guardian": 6.0, "hunter": 6.0, "shot": 4.0, "mind": 3.0, "matter": 3.0, "treasure": 3.0}
CELL_BITS = 32

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
TickOver = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Waking:
    """What became of the minds of an arena, tick by tick; every array is (ticks, worlds, agents).

    :ivar valence, arousal, health: int32, after each tick. :ivar alive: bool.
    :ivar blow: bool: whether pain rose in the tick: a blow or a shot.
    :ivar near: by the names of :data:`NEAR`, bool (looks, worlds, agents): what was near after every :data:`EVERY`-th tick.
    """

    valence: Ints
    arousal: Ints
    health: Ints
    alive: Bools
    blow: Bools
    near: dict[str, Bools]

    def blows_ahead(self, ticks: int) -> Bools:
        """Whether a blow falls within the next *ticks*, as far as is known."""
        return ahead(self.blow, ticks)

    def harm_ahead(self, ticks: int) -> Bools:
        """Whether health is lower *ticks* later, or the life has ended by then; False where that is not known."""
        worse = np.zeros_like(self.alive)
        worse[:-ticks] = (self.health[ticks:] < self.health[:-ticks]) | (self.alive[:-ticks] & ~self.alive[ticks:])
        return worse


def ahead(events: Bools, ticks: int) -> Bools:
    """Whether an event happens within the *ticks* after each moment; *events* bool (moments, ...)."""
    sums = np.zeros((len(events) + ticks + 1, *events.shape[1:]), np.int32)
    sums[1 : len(events) + 1] = np.cumsum(events, axis=0)
    sums[len(events) + 1 :] = sums[len(events)]
    found: Bools = sums[1 + ticks : 1 + ticks + len(events)] > sums[1 : 1 + len(events)]
    return found


def live(arena: Arena, crowd: Crowd, ticks: int, tick_over: TickOver = lambda ticks: None) -> Waking:
    """Let everybody live for *ticks* and write down how it was. The arena has been reset; it stands at the end afterwards."""
    agents = slice(0, arena.task.agents)
    kept: dict[str, list[npt.NDArray[np.int32]]] = {name: [] for name in ("valence", "arousal", "health", "hurt", "body")}
    near: dict[str, list[Bools]] = {name: [] for name in NEAR}
    for tick in range(ticks):
        arena.step(crowd.decide(arena))
        for name, column in kept.items():
            column.append(arena.state.lives[name][:, agents].copy())
        if tick % EVERY == EVERY - 1:
            for name, found in neighbours(arena).items():
                near[name].append(found)
        tick_over(arena.worlds)
    columns = {name: np.stack(column) for name, column in kept.items()}
    hurt = columns.pop("hurt")
    alive = columns.pop("body") >= 0
    rose = np.diff(hurt, axis=0, prepend=np.zeros_like(hurt[:1])) > 0
    return Waking(**columns, alive=alive, blow=rose, near={k: np.stack(v) for k, v in near.items()})


def neighbours(arena: Arena) -> dict[str, Bools]:
    """What is near each agent now, by the names of :data:`NEAR`, bool (worlds, agents)."""
    state, agents = arena.state, arena.task.agents
    found = {name: np.zeros((arena.worlds, agents), np.bool_) for name in NEAR}
    for world in range(arena.worlds):
        bodies, lives, things = state.bodies, state.lives, state.things
        here = lives["body"][world] >= 0
        rows = bodies.row_of[world, np.maximum(lives["body"][world], 0)]
        x, y = bodies["x"][world, rows], bodies["y"][world, rows]
        guards, minds = here & (lives["role"][world] == Role.GUARDIAN), here & (lives["role"][world] != Role.GUARDIAN)
        hunts = guards & (lives["mood"][world] == Mood.HUNT)
        matter = (bodies.live("traits", world) & np.uint32(0xFF)) == Kind.MATTER
        kind, openly = things["kind"][world], things["lies"][world] == Lies.OPENLY
        treasure = openly & ((kind == Thing.COIN) | (kind == Thing.LOOT))
        places = {
            **{name: (x[who], y[who]) for name, who in (("guardian", guards), ("hunter", hunts), ("mind", minds))},
            **{
                name: (things["x"][world, o], things["y"][world, o])
                for name, o in (("shot", kind == Thing.SHOT), ("treasure", treasure))
            },
            "matter": (bodies.live("x", world)[matter], bodies.live("y", world)[matter]),
        }
        for name, (px, py) in places.items():
            d = cells_apart(px[None, :], py[None, :], x[:agents, None], y[:agents, None], state.params.side)
            close = (d < NEAR[name]).sum(axis=1) > (1 if name == "mind" else 0)  # nobody is its own neighbour
            found[name][world] = close & here[:agents]
    return found


def cells_apart(
    x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32], to_x: npt.NDArray[np.uint32], to_y: npt.NDArray[np.uint32], side: int
) -> npt.NDArray[np.float64]:
    """Distances on the torus in cells, of places as torus fractions (uint32; shapes that go together)."""
    with np.errstate(over="ignore"):
        dx, dy = (np.asarray(a - b, np.uint32).view(np.int32).astype(np.float64) for a, b in ((x, to_x), (y, to_y)))
    distance: npt.NDArray[np.float64] = np.hypot(dx, dy) * (side / 2.0**CELL_BITS)
    return distance
