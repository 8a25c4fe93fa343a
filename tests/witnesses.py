"""Witness runs: who reaches an achievement, where, and by what acts. Full-state scripts for what residents seldom do.

A run is the built-in script (or chance) in all slots of an ordinary world, but for at most one that follows an *errand* of this
file. All actions are written down tick by tick; the witness is the same world with guests in all slots who do what is written.

``witnesses.json`` lists the runs; after a change of the laws ``python tests/witnesses.py`` looks for them anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.score import deeds_of
from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.lives import DEEDS, STEPS, Act
from ninepixel.world.life.columns import X, Y
from ninepixel.world.life.instinct import instinct

Errand = Callable[[Arena, int], tuple[int, int]]
Actions = npt.NDArray[np.uint8]
TURN = 2**32
WITNESSES = Path(__file__).parent / "agents" / "witnesses.json"


def place(arena: Arena, slot: int) -> tuple[float, float, float, float]:
    """Where a life is and how fast, in cells."""
    state = arena.state
    row = state.bodies.row_of[0, state.lives["body"][0, slot]]
    block, cells = state.bodies.block[0], state.params.side / TURN
    x, y = (int(np.uint32(block[column, row])) * cells for column in (X, Y))
    vx, vy = (int(state.bodies[name][0, row]) / 2**30 for name in ("vx", "vy"))
    return x, y, vx, vy


def go(arena: Arena, slot: int, x: float, y: float) -> int:
    """The move that leads to a place in cells, and to rest there."""
    side = arena.state.params.side
    here_x, here_y, vx, vy = place(arena, slot)
    dx, dy = ((there - here + side / 2) % side - side / 2 for there, here in ((x, here_x), (y, here_y)))
    dx, dy = dx - 14 * vx, dy - 14 * vy
    long = max(abs(dx), abs(dy))
    return STEPS.index((round(dx / long), round(dy / long))) if long > 0.2 else 0


def walk_the_ring(arena: Arena, slot: int) -> tuple[int, int]:
    """Through all sixteen sectors, one after the other, grazing on the way."""
    seen = int(arena.state.lives["sectors"][0, slot])
    ring = (0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11, 15, 14, 13, 12)
    x, y, _, _ = place(arena, slot)
    quarter = arena.state.params.side / 4
    here = ring.index(int(y // quarter) * 4 + int(x // quarter))
    ahead = next((ring[(here + i) % 16] for i in range(1, 17) if not seen >> ring[(here + i) % 16] & 1), ring[here])
    return go(arena, slot, (ahead % 4 + 0.5) * quarter, (ahead // 4 + 0.5) * quarter), int(Act.GRAZE)


def read_everything(arena: Arena, slot: int) -> tuple[int, int]:
    """To the nearest coin near by, else to the nearest unread matter, and read it; graze on the way."""
    state = arena.state
    lives, block = state.lives, state.bodies.block[0]
    x, y, _, _ = place(arena, slot)
    side = state.params.side
    if lives["near_thing"][0, slot] >= 0:
        thing = lives["near_thing"][0, slot]
        at = [int(state.things[name][0, thing]) * side / TURN for name in ("x", "y")]
        return go(arena, slot, *at), int(Act.TAKE)
    if min(int(lives[f"store_{k}"][0, slot]) for k in "ry") > 1500 and lives["near_matter"][0, slot] >= 0:
        row = state.bodies.row_of[0, lives["near_matter"][0, slot]]
        if arena.task.guardians == 0 or lives["health"][0, slot] > 300:
            return go(arena, slot, *(int(np.uint32(block[c, row])) * side / TURN for c in (X, Y))), int(Act.DECODE)
    best, goal = 1e9, (x, y)
    for row in range(int(state.bodies.count[0])):
        index = int(state.bodies.index_of[0, row])
        traits = int(np.uint32(state.bodies["traits"][0, row]))
        if traits & 0xFF != Kind.MATTER or traits >> 16 & Flag.SEALED:
            continue
        if not int(state.known[0, slot, index >> 5]) >> (index & 31) & 1:
            there = [int(np.uint32(block[c, row])) * side / TURN for c in (X, Y)]
            far = max(abs((t - h + side / 2) % side - side / 2) for t, h in zip(there, (x, y), strict=True))
            if far < best:
                best, goal = far, (there[0], there[1])
    return go(arena, slot, *goal), int(Act.GRAZE)


def give_to_the_poor(arena: Arena, slot: int) -> tuple[int, int]:
    """To the mind that holds least of what one has most of; there, give."""
    lives = arena.state.lives
    own = [int(lives[f"store_{k}"][0, slot]) for k in "rby"]
    if max(own) < (6000 if lives["gifts"][0, slot] == 0 else 2600):
        return -1, 0  # grow rich, by instinct
    k = "rby"[own.index(max(own))]
    others = [other for other in range(arena.task.agents) if other != slot and lives["body"][0, other] >= 0]
    if not others:
        return 0, 0
    poorest = min(others, key=lambda other: int(lives[f"store_{k}"][0, other]))
    x, y, _, _ = place(arena, poorest)
    near = int(lives["near_life"][0, slot]) == poorest
    return go(arena, slot, x, y), int(Act.GIVE) if near else int(Act.GRAZE)


ERRANDS: dict[str, Errand] = {f.__name__: f for f in (walk_the_ring, read_everything, give_to_the_poor)}


def founded(witness: dict[str, Any]) -> Arena:
    """The world of a witness at its beginning, guests in all slots."""
    arena = Arena(TASKS[witness["task"]], worlds=1, seed=witness["seed"], threads=1)
    arena.reset()
    return arena


def run(witness: dict[str, Any]) -> tuple[Arena, Actions]:
    """Live a witness's world by scripts. Returns the arena at the end and what everybody did: uint8 (ticks, minds, 3)."""
    arena, rng = founded(witness), np.random.default_rng(witness["seed"])
    errand = ERRANDS[witness["errand"]] if "errand" in witness else None
    done = rng.integers(0, 9, (witness["ticks"], arena.minds, 3), dtype=np.uint8)
    for actions in done:
        for slot in np.flatnonzero(arena.alive[0]).tolist():
            move = -1
            if errand and slot == 0:
                move, act = errand(arena, slot)
                actions[slot] = (max(move, 0), act, 0)
            if move < 0 and (slot == 0 or witness.get("others") != "chance"):
                packed = int(instinct(arena.seen[0, slot]))
                actions[slot] = (packed & 0xFF, packed >> 8 & 0xFF, packed >> 16)
        arena.step(actions[None])
    return arena, done


def replay(witness: dict[str, Any], actions: Actions) -> Arena:
    """The same world, in which everybody does what is written."""
    arena = founded(witness)
    for tick in actions:
        arena.step(tick[None])
    return arena


def reached(arena: Arena, slot: int) -> npt.NDArray[np.bool_]:
    """The achievements of the life in a slot."""
    lives = arena.state.lives
    return deeds_of(lives["deeds_lo"][0, slot], lives["deeds_hi"][0, slot])


# -- looking for witnesses ----------------------------------------------------------------------------------------------------


def candidates(task: str) -> Iterator[dict[str, Any]]:
    """Runs to try for a task, the plainest first."""
    ticks = TASKS[task].horizon
    for seed in range(32):
        yield {"task": task, "seed": seed, "ticks": ticks}
    for errand, others in (("walk_the_ring", None), ("read_everything", None), ("give_to_the_poor", "chance")):
        for seed in range(8):
            found = {"task": task, "seed": seed, "ticks": ticks, "errand": errand}
            yield found | ({"others": others} if others else {})


def search(task: str) -> list[dict[str, Any]]:
    """A few runs in which between them every achievement of a task is reached, each with the slots that reach them."""
    wanted, reaches = set(TASKS[task].deeds), []
    for witness in candidates(task):
        arena, _ = run(witness)
        slots = range(1 if "errand" in witness else TASKS[task].agents)
        who = {d.name: s for s in reversed(slots) for d, yes in zip(DEEDS, reached(arena, s), strict=True) if yes}
        reaches.append((witness, {name: slot for name, slot in who.items() if name in wanted}))
    chosen = []
    while wanted:
        witness, who = max(reaches, key=lambda found: len(wanted & found[1].keys()))
        new = {deed.name: who[deed.name] for deed in DEEDS if deed.name in wanted & who.keys()}
        if not new:
            raise SystemExit(f"{task}: nobody reached {sorted(wanted)}")
        chosen.append(witness | {"deeds": new})
        wanted -= new.keys()
    return chosen


if __name__ == "__main__":
    runs = [witness for task in TASKS for witness in search(task)]
    WITNESSES.write_text("[\n" + ",\n".join(json.dumps(witness) for witness in runs) + "\n]\n", "utf-8")
    print(f"{len(runs)} runs", file=sys.stderr)
