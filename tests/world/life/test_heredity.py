"""Genomes, traits and children: no free lunch, every base from a parent, mutations that cool and that have to be worth it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_heredity
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.bodies import SIMPLEX
from ninepixel.world.laws.lives import LIFE_COLUMNS, Act, Thing
from ninepixel.world.life.columns import PHENO_R
from ninepixel.world.life.heredity import colours, express
from ninepixel.world.state import STORES
from small_lives import Scene

BYTE = st.integers(0, 255)
NINE = st.lists(BYTE, min_size=9, max_size=9)
Codons = tuple[int, int, int]


def traits(nine: list[int]) -> list[int]:
    """What the kernel makes of nine bases."""
    lives = np.zeros((len(LIFE_COLUMNS), 1), np.int32)
    express(lives, 0, *reference_heredity.packed(nine))
    return reference_heredity.bases((int(lives[PHENO_R, 0]), int(lives[PHENO_R + 1, 0]), int(lives[PHENO_R + 2, 0])))


@settings(max_examples=100, deadline=None)
@given(nine=NINE)
def test_traits_share_one_budget(nine: list[int]) -> None:
    found = traits(nine)
    assert found == reference_heredity.bases(reference_heredity.traits(reference_heredity.packed(nine)))
    assert sum(found) <= law.TRAIT_BUDGET
    if max(found) < 255:
        assert sum(found) > law.TRAIT_BUDGET - 9, "rounding loses less than one unit a trait"


@settings(max_examples=100, deadline=None)
@given(nine=NINE, which=st.integers(0, 8), more=st.integers(1, 255))
def test_there_is_no_free_lunch(nine: list[int], which: int, more: int) -> None:
    """Raising one base raises its trait or leaves it, and raises no other."""
    raised = [min(base + more, 255) if i == which else base for i, base in enumerate(nine)]
    before, after = traits(nine), traits(raised)
    assert after[which] >= before[which]
    assert all(after[i] <= before[i] for i in range(9) if i != which)


@settings(max_examples=60, deadline=None)
@given(nine=NINE)
def test_a_genome_is_worn_as_weights_on_the_simplex(nine: list[int]) -> None:
    codons = reference_heredity.packed(nine)
    rby = int(colours(*codons))
    assert rby == reference_heredity.colours(codons)
    assert (rby & 0xFFFF) + (rby >> 16) < SIMPLEX


def child_of(
    hers: Codons, his: Codons, heat: int, stores: tuple[list[int], list[int]], seed: int = 1
) -> tuple[Codons, Codons, int]:
    """The egg that two lives lay: its genome by the kernel, by the reference, and its heat."""
    scene = Scene(seed=seed)
    parents = [scene.mind(8, 8, heat=heat), scene.mind(9, 8, heat=law.FIRST_HEAT)]
    for life, codons, held in zip(parents, (hers, his), stores, strict=True):
        body = scene.world.body_of(life)
        body.gene_r, body.gene_b, body.gene_y = codons
        for store, amount in zip(STORES, held, strict=True):
            setattr(life, store, amount)
    scene.look()
    lacked = [sum(max(law.SET_POINT - getattr(p, store), 0) for p in parents) for store in STORES]
    scene.act(mother=(parents[1], Act.MATE), father=(parents[0], Act.MATE))  # slot 0 acts first, slot 1 lays
    (egg,) = scene.world.each_thing(Thing.EGG)
    expected = reference_heredity.inherit(scene.world, parents[1].at, his, hers, heat, lacked)
    return reference_heredity.codons_of(egg), expected, egg.heat


STORE = st.integers(law.EGG_STORE, law.STORE_LIMIT)
THREE = st.lists(STORE, min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(hers=NINE, his=NINE, heat=st.integers(0, law.FIRST_HEAT), one=THREE, other=THREE, seed=st.integers(0, 2**63))
def test_a_child_inherits_what_the_reference_says(
    hers: list[int], his: list[int], heat: int, one: list[int], other: list[int], seed: int
) -> None:
    pack = reference_heredity.packed
    found, expected, cooler = child_of(pack(hers), pack(his), heat, (one, other), seed)
    assert found == expected
    assert cooler == heat * law.COOLING // 256, "a lineage cools"
    furthest = max(64 * heat >> 8, 0) + 1
    for base, a, b in zip(reference_heredity.bases(found), hers, his, strict=True):
        assert min(abs(base - a), abs(base - b)) <= furthest
        assert heat or base in (a, b), "every base comes from one parent or the other"


def mutations(heat: int, lacked: int = 0) -> list[tuple[int, int]]:
    """(codon, change) of every base that mutated in many children of twins all of whose bases are 128; *lacked* of red."""
    twin = reference_heredity.packed([128] * 9)
    stores = [law.SET_POINT - lacked, law.SET_POINT, law.SET_POINT]
    found = []
    for seed in range(60):
        child, _, _ = child_of(twin, twin, heat, (stores, stores), seed)
        found += [(i // 3, base - 128) for i, base in enumerate(reference_heredity.bases(child)) if base != 128]
    return found


def test_mutations_become_rare_and_small_as_a_lineage_cools() -> None:
    hot, warm, cold = (mutations(heat) for heat in (256, 64, 8))
    assert len(hot) > 2 * len(warm) > 4 * len(cold)
    assert max(abs(change) for _, change in hot) > 2 * max(abs(change) for _, change in warm)


def test_a_mutation_latches_when_it_answers_what_was_lacking() -> None:
    """Parents who lacked red keep mutations that strengthen the red codon, and shed those that weaken it."""
    kept = mutations(64, lacked=law.SET_POINT - law.EGG_STORE)
    red, others = [c for k, c in kept if k == 0], [c for k, c in kept if k]
    assert sum(c > 0 for c in red) > 3 * sum(c < 0 for c in red)
    assert sum(c > 0 for c in others) <= sum(c < 0 for c in others)


@pytest.mark.parametrize("picks", [2, 3])
def test_bases_are_picked_from_both_parents(picks: int) -> None:
    children = [child_of((0, 0, 0), (0xFFFFFF,) * 3, 0, ([law.SET_POINT] * 3,) * 2, seed)[0] for seed in range(picks * 8)]
    found = np.asarray([reference_heredity.bases(child) for child in children])
    assert set(np.unique(found)) == {0, 255}
    assert np.all(found.min(axis=0) != found.max(axis=0))
