"""One world as the slow laws of life see it: rows with names for columns, and the few questions that every law asks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

import reference
from ninepixel.ecs.table import Table, TableFull
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.bodies import Flag, Kind
from ninepixel.world.laws.lives import DEEDS, Thing
from ninepixel.world.laws.rng import draw
from ninepixel.world.state import STORES, State

NUMBER_OF_DEED = {deed.name: number for number, deed in enumerate(DEEDS)}
NOBODY = -1


class Row:
    """A row of a table whose columns are attributes: Python integers out, and nothing in that its column cannot hold."""

    at: int

    def __init__(self, table: Table, world: int, row: int) -> None:
        self.__dict__.update(_columns=table.columns, _world=world, at=row)

    def __getattr__(self, name: str) -> int:
        try:
            return int(self.__dict__["_columns"][name][self._world, self.at])
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: int) -> None:
        self.__dict__["_columns"][name][self._world, self.at] = value  # numpy refuses a Python integer that does not fit


class World:
    """One world of a state, and the few things that every law asks of it."""

    def __init__(self, state: State, number: int) -> None:
        self.state, self.number, self.tick = state, number, state.tick
        self.seed = (state.params.seed + number) % 2**64
        self.side, self.cell_shift = state.params.side, state.params.cell_shift
        self.field: npt.NDArray[np.int32] = state.energy[number]
        self.lives = [Row(state.lives, number, slot) for slot in range(int(state.lives.count[number]))]
        self.things = [Row(state.things, number, place) for place in range(int(state.things.count[number]))]

    # -- who is there -------------------------------------------------------------------------------------------------

    def living(self) -> Iterator[Row]:
        """Everybody who lives, in slot order."""
        return (life for life in self.lives if life.body >= 0)

    def body(self, index: int) -> Row | None:
        """The body of an index, if there is one."""
        row = int(self.state.bodies.row_of[self.number, index]) if index >= 0 else NOBODY
        return Row(self.state.bodies, self.number, row) if row >= 0 else None

    def body_of(self, life: Row) -> Row:
        """The body that somebody lives in."""
        body = self.body(life.body)
        assert body is not None, f"life {life.at} lives in a dead body"
        return body

    def matter(self) -> Iterator[tuple[int, Row]]:
        """Index and body of all that can be read."""
        bodies = self.state.bodies
        for row in range(int(bodies.count[self.number])):
            body = Row(bodies, self.number, row)
            if body.traits & 0xFF == Kind.MATTER and not body.traits >> 16 & Flag.SEALED:
                yield int(bodies.index_of[self.number, row]), body

    def each_thing(self, kind: Thing) -> Iterator[Row]:
        """Every thing of a kind."""
        return (thing for thing in self.things if thing.kind == kind)

    def knows(self, life: Row, index: int) -> bool:
        """Whether a life has decoded a body, or could not remember that it had."""
        words = self.state.known[self.number, life.at]
        return index >= 32 * len(words) or bool(int(words[index // 32]) >> index % 32 & 1)

    def remember(self, life: Row, index: int) -> None:
        """From now on the life knows the body."""
        words = self.state.known[self.number, life.at]
        words[index // 32] = int(words[index // 32]) | 1 << index % 32

    # -- where they are -----------------------------------------------------------------------------------------------

    def way(self, here: int, there: int) -> int:
        """The shortest way along one axis of the torus, in 1/256 cells."""
        return reference.signed(there - here) >> (self.cell_shift - 8)

    def squared(self, one: Row, other: Row) -> int:
        """The squared distance of two places."""
        return self.way(one.x, other.x) ** 2 + self.way(one.y, other.y) ** 2

    def cell(self, place: Row) -> tuple[int, int]:
        """(y, x) of the cell of a place."""
        return place.y >> self.cell_shift, place.x >> self.cell_shift

    # -- energy, chance, things ---------------------------------------------------------------------------------------

    def book(self, entry: str, amount: int) -> None:
        """Name a source or a sink."""
        self.state.ledger.add(entry, amount, self.number)

    def spend(self, life: Row, store: str, amount: int) -> int:
        """Burn of a store what is there of an amount; returns that."""
        burnt: int = min(getattr(life, store), amount)
        setattr(life, store, getattr(life, store) - burnt)
        self.book("metabolism", burnt)
        return burnt

    def pour(self, channel: int, place: tuple[int, int], amount: int) -> int:
        """Give energy to a cell. Returns what fits into it."""
        here = int(self.field[channel][place])
        fits = min(amount, law.FIELD_LIMIT - here)
        self.field[channel][place] = here + fits
        return fits

    def chance(self, entity: int, stream: int) -> list[int]:
        """Four words of 32 bits for this tick."""
        return [int(word) for word in draw(self.seed, self.tick, entity, stream)]

    def put(self, kind: Thing, place: Row, strength: int = 0) -> Row | None:
        """A new thing at a place, in the first slot without a thing; None when there is none."""
        for thing in self.each_thing(Thing.NONE):
            clear(thing, self.state.things)
            thing.kind, thing.x, thing.y, thing.strength, thing.owner = kind, place.x, place.y, strength, NOBODY
            return thing
        return None

    def spawn(self, **columns: int) -> int | None:
        """The index of a new body; None when there is no room."""
        try:
            return int(self.state.bodies.spawn(self.number, **columns) & 0xFFFFFFFF)
        except TableFull:
            return None

    def kill(self, body: Row) -> None:
        """End a body."""
        self.state.bodies.kill(self.state.bodies.entity_at(body.at, self.number), self.number)


def clear(row: Row, table: Table) -> None:
    """Nothing is left in a row but zeros."""
    for column in table.schema:
        setattr(row, column.name, 0)


def base(codon: int, which: int) -> int:
    """Base, or trait, 0, 1 or 2 of a packed codon."""
    return codon >> 8 * which & 0xFF


def note(life: Row, deed: str) -> None:
    """An achievement of this life."""
    number = NUMBER_OF_DEED[deed]
    if number < 32:
        life.deeds_lo |= 1 << number
    else:
        life.deeds_hi |= 1 << number - 32


def note_from(life: Row, value: int, **thresholds: int) -> None:
    """Achievements for which *value* has to reach a threshold."""
    for deed, threshold in thresholds.items():
        if value >= threshold:
            note(life, deed)


def fullest(life: Row) -> int:
    """The channel of the fullest store, of equally full ones the first."""
    stores = [getattr(life, store) for store in STORES]
    return stores.index(max(stores))


def drive(life: Row) -> int:
    """How far the stores are from where homeostasis wants them."""
    return sum(abs(getattr(life, store) - law.SET_POINT) for store in STORES)


def power(world: World, life: Row) -> int:
    """What the loot in hand adds."""
    return world.things[life.holding].strength >> law.LOOT_WIT if life.holding >= 0 else 0


def spare(life: Row, store: str) -> int:
    """What can be excreted or given of a store at once: an eighth of what it holds over the reserve."""
    held: int = getattr(life, store)
    return max(held - law.RESERVE, 0) >> law.SHED_SHIFT


def blow(world: World, life: Row) -> int:
    """How hard a life strikes."""
    return law.STRIKE_DAMAGE + base(life.pheno_y, 1) // 2 + power(world, life)


def hurt(victim: Row, harm: int, by: int, *, shot: bool) -> None:
    """Health is lost, and it is remembered who did it and how, if whoever did it still lives."""
    victim.health -= harm
    victim.hurt += harm
    if by != NOBODY:
        victim.foe = by * 2 + shot


def sections(matter: Row) -> int:
    """How many sections there are to read."""
    return min(1 + (matter.mass >> law.SECTION_SHIFT), law.SECTION_LIMIT)


def reading_distance(life: Row) -> int:
    """How far a life reads, in 1/256 cells."""
    return min(law.READ_REACH + 2 * base(life.pheno_b, 2), law.REACH)
