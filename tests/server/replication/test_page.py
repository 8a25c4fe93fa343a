"""docs/REPLICATION.md: its example is what the encoder writes, and every decoder reads it."""

from __future__ import annotations

import re
from pathlib import Path

from ninepixel.server.replication import Replicator, SceneKeeper, Sectors, View, fields_of
from ninepixel.world.laws.bodies import Flag, Kind, Matter, pack_codon, pack_rby, pack_traits
from ninepixel.world.state import Params, State
from reference_replication import Client

PAGE = Path(__file__).parents[3] / "docs" / "REPLICATION.md"


def example() -> list[bytes]:
    """The payloads on the page."""
    return [bytes.fromhex(block) for block in re.findall(r"```\n([0-9a-f\n]+)```", PAGE.read_text())]


def world() -> State:
    state = State.empty(Params(1, 6), capacity=8)
    cell = 1 << 26
    codon = int(pack_codon(10, 20, 30))
    genes = {"gene_r": codon, "gene_b": codon, "gene_y": codon}
    mote = int(pack_traits(int(Kind.MOTE), int(Matter.CODE_ORGANISM)))
    state.bodies.spawn(x=20 * cell, y=5 * cell, energy=1000, rby=int(pack_rby(20000, 30000)), traits=mote, mass=5, **genes)
    genes = {"gene_r": 1, "gene_b": 2, "gene_y": 3}
    rby = int(pack_rby(1, 2))
    state.bodies.spawn(x=43 * cell // 2, y=6 * cell, energy=70, rby=rby, traits=int(Kind.CREATURE), mass=300, **genes)
    sealed = int(pack_traits(int(Kind.MATTER), 0, int(Flag.ANCHORED | Flag.SEALED)))
    genes = {"gene_r": 7, "gene_b": 8, "gene_y": 9}
    state.bodies.spawn(x=24 * cell, y=8 * cell, energy=1 << 20, rby=65535, traits=sealed, mass=200, **genes)
    state.energy[0, 0, 0:4, 16:20] = 100
    return state


def test_the_example_is_what_the_encoder_writes() -> None:
    state = world()
    keeper = SceneKeeper(Sectors(6))
    replicator = Replicator(keeper)
    replicator.add(0, 1, 0)
    written = []
    for tick in (64, 65):
        state.tick = tick
        if tick == 65:
            bodies, cell = state.bodies, 1 << 26
            bodies.set(bodies.entity_at(0), x=20 * cell + cell // 16, y=5 * cell - cell // 32)
            bodies.kill(bodies.entity_at(1))
            bodies.spawn(x=31 * cell, y=15 * cell, energy=3, rby=5, traits=int(Kind.MOTE), mass=1)
        keeper.update(state)
        written.append(replicator.encode().of(0))
    assert [payload.hex() for payload in written] == [payload.hex() for payload in example()]


def test_every_decoder_reads_the_example() -> None:
    first, second = example()
    view, client = View(6), Client(6, 4)
    assert view.apply(first, 64) == 0
    client.apply(first)
    assert (view.centre, view.reach, view.window) == (1, 0, [1])
    assert (view.hash(1), view.hash(1, ground=True), view.hash_field(1)) == (0x6B634BA8, 0x51FB7D98, 0x53315DB4)
    rows = fields_of(view.rows(1))
    assert rows["id"].tolist() == [0, 1]
    assert (rows["x"] / 64).tolist() == [4.0, 5.5]
    assert (rows["y"] / 64).tolist() == [5.0, 6.0]
    assert rows["kind"].tolist() == [Kind.MOTE, Kind.CREATURE]
    assert (rows["mass_low"] + 256 * rows["mass_high"].astype(int)).tolist() == [5, 300]
    assert rows["gene_r"][0].tolist() == [10, 20, 30]
    assert fields_of(view.rows(1, ground=True))["mass_low"].tolist() == [192]
    assert view.apply(second, 65) == 0
    client.apply(second)
    assert view.hash(1) == 0x8E5D1856
    assert [tuple(row) for row in view.rows(1).tolist()] == client.sectors[1].movers.rows
    assert view.tick(1) == 65
    assert view.tick(1, ground=True) == 64
