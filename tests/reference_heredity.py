"""The laws of life, slow and obvious: what a genome gives, what a child inherits, and who is born."""

from __future__ import annotations

import math

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import Role, Thing
from ninepixel.world.state import STORES
from reference_world import NOBODY, Row, World, base, clear, drive, note

Codons = tuple[int, int, int]
MIND_MASS = 96


def bases(codons: Codons) -> list[int]:
    """The nine bases of a genome."""
    return [base(codon, which) for codon in codons for which in range(3)]


def packed(nine: list[int]) -> Codons:
    """Nine bytes as three codons."""
    r, b, y = (nine[i] | nine[i + 1] << 8 | nine[i + 2] << 16 for i in (0, 3, 6))
    return r, b, y


def traits(codons: Codons) -> Codons:
    """The nine traits of a genome: shares of one budget."""
    weights = [value + law.TRAIT_FLOOR for value in bases(codons)]
    return packed([min(weight * law.TRAIT_BUDGET // sum(weights), 255) for weight in weights])


def colours(codons: Codons) -> int:
    """Packed RBY weights: the share of each codon."""
    r, b, y = (sum(base(codon, which) for which in range(3)) + law.TRAIT_FLOOR for codon in codons)
    return r * 65535 // (r + b + y) | b * 65535 // (r + b + y) << 16


# -- eggs ---------------------------------------------------------------------------------------------------------------------


def lay_egg(world: World, mother: Row, father: Row) -> bool:
    """Two lives become parents; both pay. False when there is no room for an egg."""
    here, there = world.body_of(mother), world.body_of(father)
    egg = world.put(Thing.EGG, here)
    if egg is None:
        return False
    lacked = [sum(max(law.SET_POINT - getattr(parent, store), 0) for parent in (mother, father)) for store in STORES]
    for parent in (mother, father):
        for store in STORES:
            setattr(parent, store, getattr(parent, store) - law.EGG_SHARE)
    heat = min(mother.heat, father.heat)
    genome = inherit(world, mother.at, codons_of(here), codons_of(there), heat, lacked)
    egg.gene_r, egg.gene_b, egg.gene_y = genome
    egg.rby, egg.energy, egg.heat = colours(genome), 6 * law.EGG_SHARE, heat * law.COOLING // 256
    egg.mother, egg.father, egg.generation = mother.serial, father.serial, 1 + max(mother.generation, father.generation)
    return True


def codons_of(row: Row) -> Codons:
    return row.gene_r, row.gene_b, row.gene_y


def inherit(world: World, mother: int, hers: Codons, his: Codons, heat: int, lacked: list[int]) -> Codons:
    """Every base from one parent or the other; then each may mutate by up to 64, times the temperature of the lineage.

    A mutation is kept when ``gain + T e - drag / 2 > 0`` (all in sixteenths): *gain* is its change of a base times how much more
    of its codon's colour the parents lacked than of the others on average; *e* an exponential variate; *drag* how many bases
    differ from the unmutated child, this one included.
    """
    picks = world.chance(mother, law.STREAM_EGG)[0]
    child = [a if picks >> number & 1 else b for number, (a, b) in enumerate(zip(bases(hers), bases(his), strict=True))]
    drag = 0
    for number, value in enumerate(child):
        change, luck, _, _ = world.chance(mother << 8 | number + 1, law.STREAM_EGG)
        shift = ((change >> 8) % 128 - 64) * heat >> 8
        mutated = max(0, min(value + shift, 255))
        gain = (mutated - value) * (3 * lacked[number // 3] - sum(lacked)) >> law.GAIN_SHIFT
        exponential = round(-16 * math.log(((luck >> 8) % 256 + 0.5) / 256))
        if mutated != value and gain + (heat * exponential >> 8) - 8 * (drag + 1) > 0:
            child[number] = mutated
            drag += 1
    return packed(child)


# -- birth --------------------------------------------------------------------------------------------------------------------


def births(world: World, child_role: int) -> None:
    """The oldest ripe eggs hatch into open slots; guardians stand at their posts again when their time has come."""
    for life in world.lives:
        if life.body >= 0:
            continue
        if life.role == Role.OPEN:
            ripe = [egg for egg in world.each_thing(Thing.EGG) if egg.age >= law.EGG_TICKS]
            if ripe:
                hatch(world, life, max(ripe, key=lambda egg: (egg.age, -egg.at)), child_role)
        elif life.role == Role.GUARDIAN:
            life.cooldown -= 1
            matter = world.body(life.post)
            if life.cooldown <= 0 and matter is not None:
                guardian(world, life, life.post, matter)


def embody(world: World, life: Row, role: int, kind: Kind, place: Row, mass: int, genome: Codons) -> bool:
    """Somebody new, whole, without energy, who knows nothing. False when there is no room for a body."""
    r, b, y = genome
    looks = {"rby": colours(genome), "traits": int(kind), "gene_r": r, "gene_b": b, "gene_y": y}
    index = world.spawn(x=place.x, y=place.y, mass=mass, link=life.at, **looks)
    if index is None:
        return False
    clear(life, world.state.lives)
    for name in ("reading", "holding", "near_life", "near_matter", "near_thing", "post", "foe"):
        setattr(life, name, NOBODY)
    world.state.known[world.number, life.at] = 0
    life.body, life.role, life.health, life.low = index, role, law.HEALTH, law.HEALTH
    life.home_x, life.home_y = place.x, place.y
    life.pheno_r, life.pheno_b, life.pheno_y = traits(genome)
    life.serial = int(world.state.chronicle[world.number, 2])
    world.state.chronicle[world.number, 2] += 1
    return True


def hatch(world: World, life: Row, egg: Row, role: int) -> None:
    """A child: the egg's energy becomes its stores."""
    if not embody(world, life, role, Kind.MIND, egg, MIND_MASS, codons_of(egg)):
        return
    third = egg.energy // 3
    life.store_r, life.store_b, life.store_y = third, third, egg.energy - 2 * third
    life.drive = drive(life)
    life.mother, life.father, life.generation, life.heat = egg.mother, egg.father, egg.generation, egg.heat
    egg.kind, egg.energy = Thing.NONE, 0
    for parent in (p for serial in (life.mother, life.father) for p in bearers(world, serial)):
        parent.children += 1
        note(parent, "hatch")
        for grandparent in (g for serial in (parent.mother, parent.father) for g in bearers(world, serial)):
            note(grandparent, "dynasty")


def bearers(world: World, serial: int) -> list[Row]:
    """Who lives and was born with this number; 0 is nobody's."""
    return [life for life in world.living() if serial and life.serial == serial]


def guardian(world: World, life: Row, post: int, matter: Row) -> None:
    """A guardian in the likeness of what it guards, the stronger the heavier that is."""
    if not embody(world, life, Role.GUARDIAN, Kind.GUARDIAN, matter, matter.mass, codons_of(matter)):
        return
    life.pheno_y = life.pheno_y & 0xFF00FF | min(matter.mass // 4, 255) << 8
    life.health = life.low = law.GUARD_HEALTH + matter.mass // 4
    life.post = post
    life.store_r = life.store_b = life.store_y = law.FOUNDER_STORE
    life.drive = drive(life)
    world.book("birth", 3 * law.FOUNDER_STORE)
