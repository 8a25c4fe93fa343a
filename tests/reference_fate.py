"""The laws of life, slow and obvious: what happens to everybody in every tick, whatever they do. Shots, hunger, age, death."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.state import STORES
from reference_world import NOBODY, Row, World, base, drive, hurt, note, note_from

FELT = 32767  #: pleasure and surprise are at most this, Q8

# -- things -------------------------------------------------------------------------------------------------------------------


def move_things(world: World) -> None:
    """Shots fly, what is buried ripens, eggs grow older and rot."""
    for shot in world.each_thing(Thing.SHOT):
        fly(world, shot)
    for egg in world.each_thing(Thing.EGG):
        egg.age += 1
        if egg.age >= law.EGG_ROT:
            scatter(world, egg, egg.rby, egg.energy)
            egg.kind, egg.energy = Thing.NONE, 0
    for loot in world.each_thing(Thing.LOOT):
        if loot.lies == Lies.BURIED:
            loot.age += 1
            if loot.age % law.RIPEN_TICKS == 0 and loot.strength < law.LOOT_LIMIT:
                loot.strength += 1


def fly(world: World, shot: Row) -> None:
    """One step along its velocity; then it hits the nearest life but its shooter, and it ends when it hits or is old."""
    log2 = world.state.params.side_log2
    shot.age += 1
    shot.x = (shot.x + ((shot.vx + (1 << log2 - 3)) >> log2 - 2)) % 2**32
    shot.y = (shot.y + ((shot.vy + (1 << log2 - 3)) >> log2 - 2)) % 2**32
    others = [life for life in world.living() if life.at != shot.owner]
    distance = {life.at: world.squared(shot, world.body_of(life)) for life in others}
    victim = min(others, key=lambda life: (distance[life.at], life.at), default=None)
    hit = victim is not None and distance[victim.at] <= law.SHOT_REACH**2
    if hit and victim is not None:
        hurt(victim, shot.strength, shot.owner, shot=True)
        if shot.owner != NOBODY and victim.role == Role.GUARDIAN:
            note(world.lives[shot.owner], "shoot")
    if hit or shot.age >= law.SHOT_LIFE:
        scatter(world, shot, shot.rby, shot.energy)
        shot.kind, shot.energy = Thing.NONE, 0


def scatter(world: World, place: Row, rby: int, amount: int) -> None:
    """Give energy to a cell in the proportions of packed weights; yellow gets what is left."""
    red, blue = amount * (rby & 0xFFFF) // 65536, amount * (rby >> 16) // 65536
    for channel, share in enumerate((red, blue, amount - red - blue)):
        world.book("decay", share - world.pour(channel, world.cell(place), share))


# -- every life, every tick ---------------------------------------------------------------------------------------------------


def live(world: World, died: npt.NDArray[Any]) -> None:
    """Hunger, age and feelings of everybody, and only then the deaths."""
    for life in world.living():
        if life.role == Role.GUARDIAN:
            guard_its_life(world, life)
        else:
            metabolise(world, life)
            grow_older(world, life)
        feel(life)
    died[:] = 0
    for life in world.living():
        if life.health <= 0:
            died[life.at] = 1
            die(world, life)


def octaves(life: Row) -> int:
    """How many octaves of the retina a life sees."""
    sight = base(life.pheno_r, 0)
    return 4 if sight >= 56 else 3 if sight >= 40 else 2


def metabolise(world: World, life: Row) -> None:
    costs = [law.COST_SENSE + octaves(life), law.COST_THINK, law.COST_BODY]
    if life.action & 0xFFFF == 0:  # it stays and rests: patience pays
        costs = [cost - cost * base(life.pheno_b, 1) // 256 for cost in costs]
    for store, cost in zip(STORES, costs, strict=True):
        world.spend(life, store, cost)
    stores = [getattr(life, store) for store in STORES]
    if 0 in stores:
        life.health -= law.STARVE * stores.count(0)
    elif min(stores) >= law.HEAL_STORE and 0 < life.health < law.HEALTH and life.age % law.HEAL_TICKS == 0:
        life.health += 1
    if life.age > law.SPAN:
        life.health -= 1
    life.low = min(life.low, life.health)


def grow_older(world: World, life: Row) -> None:
    life.age += 1
    note_from(life, life.age, **dict(zip(("endure", "mature", "elder", "ancient"), law.DEED_AGES, strict=True)))
    near = all(abs(getattr(life, store) - law.SET_POINT) <= law.NEAR_SET for store in STORES)
    life.streak = life.streak + 1 if near else 0
    note_from(life, life.streak, **dict(zip(("sated", "homeostasis", "balance"), law.DEED_NEAR_TICKS, strict=True)))
    body = world.body_of(life)
    away = max(abs(world.way(life.home_x, body.x)), abs(world.way(life.home_y, body.y)))
    note_from(life, away, wander=law.DEED_FAR_FROM_HOME)
    sector = 4 * (body.y >> 30) + (body.x >> 30)
    if not life.sectors >> sector & 1:
        life.sectors |= 1 << sector
        note_from(life, life.sectors.bit_count(), rove=law.DEED_SECTORS_SEEN, mapper=16)
    if life.health >= law.HEALTH:
        mend, escape = law.DEED_WOUNDS
        note_from(life, law.HEALTH - life.low, mend=mend, escape=escape)
        life.low = law.HEALTH
    if life.holding >= 0:
        note_from(life, world.things[life.holding].strength, relic=law.DEED_RELIC)
    if life.deeds_lo & 0xFFF == 0xFFF:  # all twelve of the first tier
        note(life, "whole")


def guard_its_life(world: World, life: Row) -> None:
    """A guardian does not starve: it heals to what it was born with, and eats of what it guards."""
    if life.health > 0:  # who is dead does not heal
        life.health = max(life.health, min(life.health + law.GUARD_HEAL, life.low))
    life.age += 1
    matter = world.body(life.post)
    if matter is not None:
        fed = min(matter.energy, law.GUARD_FEED, max(law.SET_POINT - life.store_y, 0))
        matter.energy -= fed
        life.store_y += fed


def feel(life: Row) -> None:
    """Valence is smoothed relief, arousal smoothed surprise and pain; pain fades."""
    now = drive(life)
    pleasure = max(-FELT, min((life.drive - now) * 256, FELT))
    life.drive = now
    surprise = min(abs(pleasure - life.valence) + life.hurt * 16, FELT)
    life.valence += (pleasure - life.valence) >> 5
    life.arousal += (surprise - life.arousal) >> 4
    life.hurt -= -(-life.hurt >> law.PAIN_SHIFT)


# -- death --------------------------------------------------------------------------------------------------------------------


def die(world: World, life: Row) -> None:
    """All energy returns to the cell, all that was owned lies on it."""
    body, guardian = world.body_of(life), life.role == Role.GUARDIAN
    credit(world, life)
    leave_behind(world, life, body)
    for channel, store in enumerate(STORES):
        held = getattr(life, store)
        world.book("decay", held - world.pour(channel, world.cell(body), held))
        setattr(life, store, 0)
    scatter(world, body, body.rby, body.energy)
    world.kill(body)
    life.body = life.holding = NOBODY
    life.health = life.action = life.hurt = life.coins = 0
    if guardian:
        life.cooldown = law.GUARD_TICKS
    else:
        life.role = Role.CLOSED
    for shot in world.each_thing(Thing.SHOT):
        if shot.owner == life.at:
            shot.owner = NOBODY
    for other in world.lives:  # whoever lives here next has hurt nobody
        if other.foe // 2 == life.at:
            other.foe = NOBODY


def credit(world: World, life: Row) -> None:
    """Who hurt the dying last has killed it, if it lives to see it."""
    if life.foe < 0:
        return
    killer, by_a_shot = world.lives[life.foe // 2], life.foe % 2
    if killer.body < 0:
        return
    if life.role == Role.GUARDIAN:
        killer.kills += 1
        note_from(killer, killer.kills, slay=1, hunter=law.DEED_KILLS)
        note_from(killer, base(life.pheno_y, 1), champion=law.DEED_CHAMPION)
        if by_a_shot:
            note(killer, "marksman")


def leave_behind(world: World, life: Row, body: Row) -> None:
    if life.holding >= 0:
        loot = world.things[life.holding]
        loot.lies, loot.owner, loot.x, loot.y = Lies.OPENLY, NOBODY, body.x, body.y
    hoard = 1 + (body.mass >> law.GUARDIAN_COIN_SHIFT) if life.role == Role.GUARDIAN else 0
    if life.coins + hoard:
        if world.put(Thing.COIN, body, strength=life.coins + hoard) is not None:
            world.book("minted", hoard)
        else:
            world.book("lost", life.coins)
    if life.role == Role.GUARDIAN:
        luck = world.chance(life.at, law.STREAM_DROP)[0]
        if body.mass >= 512 or luck % 4 == 0:
            loot_dropped = world.put(Thing.LOOT, body, strength=16 + body.mass // 16)
            if loot_dropped is not None:
                loot_dropped.rby = luck & 0x7FFF7FFF
                world.book("forged", 1)
