"""A small universe that obeys a law of its own, for tests of the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ninepixel.world.commands import Command
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Flag, Kind, Matter, pack_codon, pack_rby, pack_traits
from ninepixel.world.picture.camera import TURN
from ninepixel.world.state import Params, State


class FakeHost:
    """Hands out what tests put in."""

    def __init__(self) -> None:
        self.waiting: list[Command] = []

    def drain(self) -> list[Command]:
        waiting, self.waiting = self.waiting, []
        return waiting


class FakeUniverse:
    """Bodies that drift on straight lines."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.host: FakeHost | None = None
        self.heard: list[Command] = []

    @property
    def tick(self) -> int:
        return self._state.tick

    def step(self, commands: Sequence[Command] = ()) -> None:
        self.heard += commands
        bodies, shift = self._state.bodies, self._state.params.side_log2 - 2
        for place, speed in (("x", "vx"), ("y", "vy")):
            bodies[place][0] += (bodies[speed][0] >> shift).astype(np.uint32)
        self._state.tick += 1

    def pull(self) -> State:
        return self._state


def small_realm() -> tuple[State, dict[str, int]]:
    """Two zones with a file each, a process on a tether, and a mote that flies; the bodies' ids by name."""
    state = State.empty(Params(9, 8), capacity=64)
    gene = {"gene_r": int(pack_codon(10, 120, 250)), "gene_b": int(pack_codon(1, 2, 3)), "gene_y": int(pack_codon(255, 0, 128))}
    ids: dict[str, int] = {}

    def put(name: str, x: float, y: float, kind: Kind, matter: Matter, flags: int = 0, **more: int) -> None:
        values = {
            "x": int(x * TURN),
            "y": int(y * TURN),
            "rby": int(pack_rby(30000, 20000)),
            "traits": int(pack_traits(kind, matter, flags)),
            "mass": 160,
            "energy": 900,
        }
        ids[name] = state.bodies.spawn(0, **gene, **(values | more))

    put("root", 0.5, 0.5, Kind.FOLDER, Matter.BIN_MASS, Flag.ANCHORED)
    put("docs", 0.3, 0.3, Kind.FOLDER, Matter.BIN_MASS, Flag.ANCHORED)
    put("file", 0.32, 0.3, Kind.MATTER, Matter.DOC_NEBULA, Flag.ANCHORED)
    put("src", 0.7, 0.7, Kind.FOLDER, Matter.BIN_MASS, Flag.ANCHORED)
    put("code", 0.7, 0.73, Kind.MATTER, Matter.CODE_ORGANISM, Flag.ANCHORED | Flag.SEALED)
    put("shell", 0.5, 0.45, Kind.CREATURE, Matter.HARDWARE_QUANTA, Flag.TETHERED, link=ids["root"] & 0xFFFFFFFF)
    put("mote", 0.5, 0.55, Kind.MOTE, Matter.DOC_NEBULA, vx=1 << 28, link=ids["file"] & 0xFFFFFFFF)
    for name, path, depth in (("root", b"", 0), ("docs", b"docs", 1), ("src", b"src", 1), ("code", b"src/sealed-0a1b2c3d", 2)):
        state.cold.put(ids[name], FileIdentity(path, 0, 0, depth))
    state.cold.put(ids["file"], FileIdentity(b"docs/a\nb\xff.md", 1_500_000, 7200, 2))
    state.cold.put(ids["shell"], ProcessIdentity(b"42:1000", b"bash", b""))
    state.energy[0, :, 120:140, 120:140] = 5000
    return state, ids
