"""A small world to watch one act of one life in: 64 cells a side, whoever and whatever a test puts there."""

from __future__ import annotations

import reference_senses
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.bodies import Flag, Kind, Matter, pack_rby, pack_traits
from ninepixel.world.laws.lives import Act, Lies, Role, Thing
from ninepixel.world.life.engine import Life
from ninepixel.world.state import STORES, Params, State
from random_lives import balance
from reference_world import NUMBER_OF_DEED, Row, World

SIDE_LOG2 = 6
AVERAGE = 64 | 64 << 8 | 64 << 16  #: three traits of an average genome, or three equal bases


def fraction(cells: float) -> int:
    """A torus fraction."""
    return int(cells * (1 << 32 - SIDE_LOG2)) % (1 << 32)


class Scene:
    """One world, its engine, and names for what is in it. Places are (x, y) in cells."""

    def __init__(self, *, lives: int = 4, things: int = 6, seed: int = 1) -> None:
        self.state = State.empty(Params(seed, SIDE_LOG2, 1), capacity=32, lives=lives, things=things, known=32)
        self.state.lives["role"][:] = int(Role.CLOSED)
        self.state.chronicle[0] = (1, 0, 1)
        self.engine = Life(self.state, lives)
        self.world = World(self.state, 0)
        self.lives, self.things = self.world.lives, self.world.things

    # -- putting ------------------------------------------------------------------------------------------------------

    def mind(self, x: float, y: float, store: int = law.SET_POINT, **columns: int) -> Row:
        """Somebody in the next slot that nobody lives in, whole, average, with full stores."""
        return self._life(Kind.MIND, Role.GUEST, x, y, **{**dict.fromkeys(STORES, store), **columns})

    def guardian(self, x: float, y: float, post: Row, **columns: int) -> Row:
        """A guardian of matter."""
        index = int(self.state.bodies.index_of[0, post.at])
        stands = {"post": index, "home_x": post.x, "home_y": post.y, "health": 300, "low": 300, "store_y": law.SET_POINT}
        return self._life(Kind.GUARDIAN, Role.GUARDIAN, x, y, **{**stands, **columns})

    def _life(self, kind: Kind, role: Role, x: float, y: float, **columns: int) -> Row:
        life = next(life for life in self.lives if life.body < 0 and life.role == Role.CLOSED)
        body = {"x": fraction(x), "y": fraction(y), "mass": 96, "rby": int(pack_rby(21845, 21845)), "traits": int(kind)}
        genes = dict.fromkeys(("gene_r", "gene_b", "gene_y"), AVERAGE)
        index = self.world.spawn(**body, **genes, link=life.at)
        assert index is not None
        values = {
            **dict.fromkeys(("pheno_r", "pheno_b", "pheno_y"), AVERAGE),
            **dict.fromkeys(("health", "low"), law.HEALTH),
            "body": index,
            "role": int(role),
            "serial": life.at + 1,
            "home_x": fraction(x),
            "home_y": fraction(y),
            **columns,
        }
        for name, value in values.items():
            setattr(life, name, value)
        return life

    def matter(self, x: float, y: float, *, mass: int = 0, energy: int = 1 << 16, sealed: bool = False) -> Row:
        """A file."""
        flags = Flag.ANCHORED | (Flag.SEALED if sealed else Flag(0))
        traits = int(pack_traits(int(Kind.MATTER), int(Matter.DOC_NEBULA), int(flags)))
        index = self.world.spawn(x=fraction(x), y=fraction(y), mass=mass, energy=energy, traits=traits, link=-1)
        assert index is not None
        found = self.world.body(index)
        assert found is not None
        return found

    def thing(self, kind: Thing, x: float, y: float, **columns: int) -> Row:
        """Something small."""
        thing = next(thing for thing in self.things if thing.kind == Thing.NONE)
        for name, value in {"kind": int(kind), "x": fraction(x), "y": fraction(y), "owner": -1, **columns}.items():
            setattr(thing, name, value)
        return thing

    def hold(self, life: Row, strength: int) -> Row:
        """Put loot into somebody's hand."""
        loot = self.thing(Thing.LOOT, 0, 0, strength=strength, lies=int(Lies.HELD), owner=life.at)
        life.holding = loot.at
        return loot

    def glow(self, amount: int) -> None:
        """Fill every cell with so much of each colour."""
        self.state.energy[...] = amount

    # -- time ---------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Everybody looks around, and the books say that what there is was always there."""
        balance(self.state)
        reference_senses.look_around(self.world)
        self.engine.sense()

    def act(self, **acts: tuple[Row, Act]) -> None:
        """The part of a tick before physics, in which some do something; all others rest."""
        for life in self.world.living():
            if life.role == Role.GUEST:
                life.action = 0
        for life, act in acts.values():
            life.action = life.action & 0xFF00FF | int(act) << 8
        self.engine.before()
        self.check()

    def do(self, life: Row, act: Act, move: int = 0, word: int = 0) -> None:
        """The part of a tick before physics, in which one does something and all others rest."""
        self.look()
        for other in self.world.living():
            if other.role == Role.GUEST:
                other.action = 0
        life.action = move | int(act) << 8 | word << 16
        self.engine.before()
        self.check()

    def after(self, ticks: int = 1) -> None:
        """The part of ticks after physics, *ticks* times, with no physics between them: nothing but shots moves."""
        for _ in range(ticks):
            self.engine.after()
            self.state.tick += 1
        self.world.tick = self.state.tick
        self.check()

    def check(self) -> None:
        """Everything is accounted for."""
        for quantity in ("energy", "coins", "loot"):
            self.state.ledger.check(self.state.held(0, quantity), 0, quantity)

    def cell(self, row: Row) -> list[int]:
        """What the field holds where somebody or something is."""
        y, x = self.world.cell(row)
        return [int(v) for v in self.state.energy[0, :, y, x]]

    def stores(self, life: Row) -> list[int]:
        return [getattr(life, store) for store in STORES]

    def done(self, life: Row, deed: str) -> bool:
        """Whether a life has an achievement."""
        return bool((life.deeds_lo | life.deeds_hi << 32) >> NUMBER_OF_DEED[deed] & 1)

    def total(self) -> int:
        """Energy of the whole world."""
        return self.state.held()
