"""The laws of life, slow and obvious: one tick of every world in plain Python integers. The kernels must equal it to the bit.

Read this to know what a tick is and what the nine moves and the nine acts do; :mod:`reference_fate` has what happens to everybody
whatever they do, :mod:`reference_heredity` what a child is, :mod:`reference_senses` what a mind senses and
:mod:`reference_residents` who decides. Whatever is near is found by asking everybody.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import reference
import reference_fate
import reference_heredity
import reference_residents
import reference_senses
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.constants import SPEED_LIMIT
from ninepixel.world.laws.lives import STEPS, Act, Lies, Mood, Role, Thing
from ninepixel.world.state import STORES, State
from reference_world import (
    NOBODY,
    Row,
    World,
    base,
    blow,
    drive,
    fullest,
    hurt,
    note,
    note_from,
    power,
    reading_distance,
    sections,
    spare,
)


class Senses:
    """What the engine tells of a tick beside the state, as :class:`ninepixel.world.life.engine.Life` has it."""

    def __init__(self, state: State, minds: int) -> None:
        shape = (state.params.worlds, int(state.lives.count[0]))
        self.seen: npt.NDArray[np.uint8] = np.zeros((shape[0], minds, reference_senses.RETINA_BYTES), np.uint8)
        self.gain: npt.NDArray[np.int64] = np.zeros(shape, np.int64)
        self.sections: npt.NDArray[np.int64] = np.zeros(shape, np.int64)
        self.died: npt.NDArray[np.int64] = np.zeros(shape, np.int64)


# -- a tick -------------------------------------------------------------------------------------------------------------------


def tick(state: State, senses: Senses, child_role: Role = Role.INSTINCT) -> None:
    """Advance every world of *state* by one tick, and everything that the engine tells of it."""
    for number in range(state.params.worlds):
        world = World(state, number)
        reference_residents.decide(world, senses.seen[number])
        act_all(world, senses.gain[number], senses.sections[number])
        reference.step_world(state, number)
        reference_fate.move_things(world)
        reference_senses.look_around(world)
        reference_fate.live(world, senses.died[number])
        reference_heredity.births(world, child_role)
        senses.seen[number] = reference_senses.sense(world, len(senses.seen[number]), world.tick + 1)
    state.tick += 1


def sense(state: State, senses: Senses) -> None:
    """What everybody senses of *state* as it is."""
    for number in range(state.params.worlds):
        senses.seen[number] = reference_senses.sense(World(state, number), len(senses.seen[number]), state.tick)


# -- acts ---------------------------------------------------------------------------------------------------------------------


def act_all(world: World, gain: npt.NDArray[Any], sections: npt.NDArray[Any]) -> None:
    """Everybody acts, one after the other in slot order, on what was near at the end of the last tick."""
    before = {life.at: drive(life) for life in world.living()}
    gain[:] = sections[:] = 0
    for life in world.living():
        sections[life.at] = act(world, life)
    for life in world.living():
        gain[life.at] = before[life.at] - drive(life)


def act(world: World, life: Row) -> int:
    """One life does what it decided. Returns how many sections of matter it has decoded by that."""
    body = world.body_of(life)
    move, doing, word = life.action & 0xFF, life.action >> 8 & 0xFF, life.action >> 16 & 0xFF
    life.cooldown, life.courting = max(life.cooldown - 1, 0), max(life.courting - 1, 0)
    if move:
        life.heading = move
        thrust(world, life, body, move)
    if word:
        world.spend(life, "store_b", law.COST_WORD)
    if doing == Act.DECODE:
        return decode(world, life, body)
    life.work = max(life.work - law.DISTRACTION, 0)
    if doing == Act.GRAZE:
        graze(world, life, body)
    elif doing == Act.EXCRETE:
        shed(world, life, body)
    elif doing == Act.SHOOT:
        shoot(world, life, body)
    elif doing == Act.TAKE:
        take(world, life, body)
    elif doing in (Act.STRIKE, Act.GIVE, Act.MATE):
        other = within_reach(world, life, body)
        mind = other if other is not None and other.role != Role.GUARDIAN else None
        if doing == Act.STRIKE and other is not None:
            strike(world, life, other)
        elif doing == Act.GIVE and mind is not None:
            give(life, mind)
        elif doing == Act.GIVE and life.holding >= 0:
            bury(world, life, body)
        elif doing == Act.MATE and mind is not None:
            court(world, life, mind)
    return 0


def thrust(world: World, life: Row, body: Row, move: int) -> None:
    if world.spend(life, "store_y", law.COST_MOVE) < law.COST_MOVE:
        return
    push = (base(life.pheno_y, 0) + 64 + power(world, life)) << law.THRUST_SHIFT
    dx, dy = STEPS[move]
    if dx and dy:
        push = push * law.SLANT // 256
    body.vx = reference.clamp(body.vx + dx * push, SPEED_LIMIT)
    body.vy = reference.clamp(body.vy + dy * push, SPEED_LIMIT)


def graze(world: World, life: Row, body: Row) -> None:
    bite = law.BITE + (base(life.pheno_y, 2) >> law.BITE_TRAIT_SHIFT)
    y, x = world.cell(body)
    for k, (store, eaten, taste) in enumerate(
        (("store_r", "eaten_r", "taste_red"), ("store_b", "eaten_b", "taste_blue"), ("store_y", "eaten_y", "taste_yellow"))
    ):
        here = int(world.field[k, y, x])
        taken = min(bite, here >> law.BITE_SHIFT, law.STORE_LIMIT - getattr(life, store))
        world.field[k, y, x] = here - taken
        setattr(life, store, getattr(life, store) + taken)
        setattr(life, eaten, min(getattr(life, eaten) + taken, 1 << 30))
        note_from(life, getattr(life, eaten), **{taste: law.DEED_TASTE})


def shed(world: World, life: Row, body: Row) -> None:
    k = fullest(life)
    given = world.pour(k, world.cell(body), spare(life, STORES[k]))
    setattr(life, STORES[k], getattr(life, STORES[k]) - given)
    note_from(life, given, shed=law.DEED_AT_ONCE)


def strike(world: World, life: Row, other: Row) -> None:
    if life.cooldown or world.spend(life, "store_y", law.STRIKE_COST) < law.STRIKE_COST:
        return
    hurt(other, blow(world, life), life.at, shot=False)
    life.cooldown = law.STRIKE_TICKS
    life.blows += 1
    note_from(life, life.blows, strike=law.DEED_BLOWS)


def shoot(world: World, life: Row, body: Row) -> None:
    if life.heading == 0 or life.cooldown or life.store_y < law.RESERVE + law.SHOT_COST:
        return
    shot = world.put(Thing.SHOT, body, strength=blow(world, life) // 2)
    if shot is None:
        return
    life.cooldown = law.SHOT_TICKS
    life.store_y -= law.SHOT_COST
    world.book("metabolism", law.SHOT_COST // 2)
    shot.energy = law.SHOT_COST - law.SHOT_COST // 2
    dx, dy = STEPS[life.heading]
    speed = law.SHOT_SPEED * law.SLANT // 256 if dx and dy else law.SHOT_SPEED
    shot.vx, shot.vy, shot.owner = dx * speed, dy * speed, life.at
    shot.rby, shot.gene_r, shot.gene_b, shot.gene_y = body.rby, body.gene_r, body.gene_b, body.gene_y


def decode(world: World, life: Row, body: Row) -> int:
    index = life.near_matter
    matter = dict(world.matter()).get(index)
    if matter is None or world.knows(life, index) or world.squared(body, matter) > reading_distance(life) ** 2:
        return 0
    if life.reading != index:
        life.reading, life.section, life.work = index, 0, 0
    world.spend(life, "store_b", law.COST_DECODE)
    life.work += law.WIT + base(life.pheno_b, 0) // 4 + power(world, life)
    if life.work < law.SECTION_WORK:
        return 0
    life.work = 0
    life.section += 1
    fed = min(matter.energy >> law.SECTION_YIELD_SHIFT, law.SECTION_YIELD, law.STORE_LIMIT - life.store_b)
    matter.energy -= fed
    life.store_b += fed
    life.classes |= 1 << min(matter.traits >> 8 & 0xFF, 31)
    browse, scholar, polymath = law.DEED_CLASSES
    note_from(life, life.classes.bit_count(), read=1, browse=browse, scholar=scholar, polymath=polymath)
    if life.section >= sections(matter):
        finish(world, life, index, body)
    return 1


def finish(world: World, life: Row, index: int, body: Row) -> None:
    """A file is read: it is remembered, and leaves a coin."""
    read = life.section
    world.remember(life, index)
    life.reading, life.section = NOBODY, 0
    life.files += 1
    if world.put(Thing.COIN, body, strength=read) is not None:
        world.book("minted", read)
    shelf, library = law.DEED_FILES
    note_from(life, life.files, file=1, shelf=shelf, library=library)
    note_from(life, read, depth=law.DEED_DEEP)
    if any(g.role == Role.GUARDIAN and g.post == index and g.mood == Mood.HUNT for g in world.living()):
        note(life, "nerve")


def take(world: World, life: Row, body: Row) -> None:
    if life.near_thing < 0:
        return
    thing = world.things[life.near_thing]
    if world.squared(body, thing) > law.TAKE_REACH**2 or thing.lies == Lies.HELD:
        return
    if thing.kind == Thing.COIN:
        life.coins += thing.strength
        thing.kind = Thing.NONE
        purse, wealth, hoard = law.DEED_COINS
        note(life, "coin")
        note_from(life, life.coins, purse=purse, wealth=wealth, hoard=hoard)
    elif thing.kind == Thing.LOOT and life.holding < 0:
        note(life, "loot")
        if thing.lies == Lies.BURIED:
            note_from(life, thing.age, dig=law.DEED_RIPE)
        life.holding = thing.at
        thing.lies, thing.owner, thing.age = Lies.HELD, life.at, 0


def bury(world: World, life: Row, body: Row) -> None:
    thing = world.things[life.holding]
    life.holding = NOBODY
    thing.lies, thing.owner, thing.age, thing.x, thing.y = Lies.BURIED, NOBODY, 0, body.x, body.y
    note(life, "bury")


def within_reach(world: World, life: Row, body: Row) -> Row | None:
    """The life that was nearest, if it still lives and has not moved out of reach."""
    other = world.lives[life.near_life] if life.near_life >= 0 else None
    if other is None or other.body < 0 or world.squared(body, world.body_of(other)) > law.REACH**2:
        return None
    return other


def give(life: Row, other: Row) -> None:
    store = STORES[fullest(life)]
    gift = min(spare(life, store), law.STORE_LIMIT - getattr(other, store))
    if gift <= 0:
        return
    hungry = min(other.store_r, other.store_b, other.store_y) < law.HEAL_STORE
    setattr(life, store, getattr(life, store) - gift)
    setattr(other, store, getattr(other, store) + gift)
    if getattr(other, store) <= law.SET_POINT:  # a good deed: it was lacking
        life.gifts += 1
        note_from(life, life.gifts, share=1, generous=law.DEED_GIFTS)
        if hungry:
            note(life, "rescue")


def court(world: World, life: Row, other: Row) -> None:
    life.courting = law.COURTSHIP
    courted = other.courting > 0 and other.near_life == life.at
    rich = all(getattr(parent, store) >= law.EGG_STORE for parent in (life, other) for store in STORES)
    if courted and rich and reference_heredity.lay_egg(world, life, other):
        for parent in (life, other):
            parent.courting = 0
            note(parent, "egg")
