"""Colonies: nobody is missed, everything follows from the seed, and what a colony adds to the laws is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.agents.evolution.colony import ROUND, Colony, Rules, mixture
from ninepixel.agents.evolution.genomes import shares_of, simplex, traits_of, wear, worn
from ninepixel.agents.tasks import UNIVERSE
from ninepixel.world.life.columns import GENE_R, PHENO_R, RBY
from ninepixel.world.life.heredity import colours, express
from ninepixel.world.thought import IntegerPolicy, Shape
from some_policies import rough

SMALL = UNIVERSE.with_options(agents=10, spare=4, guardians=4, fountains=24, files=8, horizon=1 << 40)


def lived(rules: Rules, ticks: int = 1600, seed: int = 3, threads: int = 1, policy: IntegerPolicy | None = None) -> Colony:
    colony = Colony(SMALL, 2, seed, rules, threads=threads, policy=policy)
    colony.run(ticks)
    colony.close()
    return colony


@pytest.fixture(scope="module")
def bred() -> Colony:
    return lived(Rules(term=1600), ticks=2600)


def test_the_lineage_misses_nobody(bred: Colony) -> None:
    assert [len(tree) for tree in bred.trees] == bred.births().tolist()
    for world, tree in enumerate(bred.trees):
        assert sorted(serial for _, serial in tree.lives) == list(range(1, len(tree) + 1))
        lives = bred.arena.state.lives
        here = lives["serial"][world, lives["body"][world] >= 0].tolist()
        assert sorted(life.birth.serial for life in tree if life.died is None) == sorted(here)


def test_minds_breed_and_every_generation_counts(bred: Colony) -> None:
    hatched = [(tree, life) for tree in bred.trees for life in tree.minds() if life.parents()]
    assert len(hatched) >= 4
    for tree, life in hatched:
        parents = [tree.lives[parent] for parent in life.parents()]
        assert life.birth.generation == 1 + max(parent.birth.generation for parent in parents)
        assert life.birth.heat < min(parent.birth.heat for parent in parents)
        assert all(parent.birth.tick < life.birth.tick for parent in parents)


def test_every_egg_is_counted_once_for_each_parent(bred: Colony) -> None:
    for eggs, tree in zip(bred.eggs, bred.trees, strict=True):
        assert sum(eggs.values()) % 2 == 0
        for life in tree:
            assert eggs.get(life.birth.serial, 0) >= len(life.children)


def test_nobody_outlives_its_term(bred: Colony) -> None:
    ages = [(life.died or bred.arena.tick) - life.birth.tick for tree in bred.trees for life in tree.minds()]
    assert max(ages) <= 2400 + 2 * ROUND
    assert max(ages) > 1600


def test_without_a_term_the_laws_alone_end_lives() -> None:
    free = lived(Rules(), ticks=1200)
    assert max(1200 - life.birth.tick for tree in free.trees for life in tree.minds() if life.died is None) == 1200


def test_without_breeding_founders_leave_their_slots_empty() -> None:
    colony = lived(Rules(term=300, breed=False), ticks=900)
    slots = [life.birth.slot for tree in colony.trees for life in tree.minds() if life.parents()]
    assert all(slot >= SMALL.agents for slot in slots)
    assert not colony.arena.alive[:, : SMALL.agents].any()


@pytest.mark.parametrize("rules", [Rules(term=600), Rules(term=600, deal=True)])
def test_the_same_seed_is_the_same_history_on_any_number_of_threads(rules: Rules) -> None:
    one, other = lived(rules, 700), lived(rules, 700, threads=2)
    assert [tree.lives for tree in one.trees] == [tree.lives for tree in other.trees]
    assert one.arena.state_hash() == other.arena.state_hash()
    assert lived(rules, 700, seed=5).arena.state_hash() != one.arena.state_hash()


def test_dealing_keeps_the_genomes_and_parts_them_from_their_bearers() -> None:
    colony = Colony(SMALL, 1, 8, Rules(deal=True), threads=1)
    before = colony.genomes(0)
    colony.run(64)
    after = colony.genomes(0)
    colony.close()
    assert sorted(map(bytes, before)) == sorted(map(bytes, after))
    assert (before != after).any(axis=1).sum() >= 5
    kept = Colony(SMALL, 1, 8, Rules(), threads=1)
    kept.run(64)
    kept.close()
    assert (kept.genomes(0) == before).all()


def test_blind_mutations_are_turned_around_one_in_two() -> None:
    """Until the first child hatches, a blind colony is a natural one: their first children differ in what mutated alone."""
    turned = []
    for seed in range(4):
        first = []
        for rules in (Rules(), Rules(blind=True)):
            colony = Colony(SMALL, 1, seed, rules, threads=1)
            while not any(life.parents() for life in colony.trees[0]):
                colony.run(1)
            colony.close()
            (tree,) = colony.trees
            first.append((tree, next(life for life in tree if life.parents())))
            assert worn(colony.arena.state, 0, np.asarray([first[-1][1].birth.slot]))[0].tobytes() == first[-1][1].birth.genome
        (tree, natural), (_, blind) = first
        assert (natural.birth.tick, natural.birth.mother) == (blind.birth.tick, blind.birth.mother)
        parents = [tree.lives[parent].birth.genome for parent in natural.parents()]
        for latched, n, b, hers, his in zip(
            tree.latched(natural), natural.birth.genome, blind.birth.genome, *parents, strict=True
        ):
            source = hers if abs(n - hers) <= abs(n - his) else his
            assert b in ((n, min(max(2 * source - n, 0), 255)) if latched else (n,))
            turned += [b != n] if latched else []
    assert 0.2 < np.mean(turned) < 0.8


def test_minds_may_act_by_a_policy() -> None:
    policy = IntegerPolicy(rough(Shape(16), 1))
    one, other = lived(Rules(), 128, policy=policy), lived(Rules(), 128, policy=policy)
    assert one.arena.state_hash() == other.arena.state_hash()
    assert one.arena.state_hash() != lived(Rules(), 128).arena.state_hash()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=9, max_size=9), min_size=1, max_size=8))
def test_a_genome_that_is_put_on_is_what_the_laws_make_of_it(genomes: list[bytes]) -> None:
    colony = Colony(SMALL, 1, 1, Rules(), threads=1)
    colony.close()
    state, slots = colony.arena.state, np.arange(len(genomes))[::-1].copy()
    nine = np.frombuffer(b"".join(genomes), np.uint8).reshape(-1, 9)
    wear(state, 0, slots, nine)
    assert (worn(state, 0, slots) == nine).all()
    for slot, traits in zip(slots.tolist(), traits_of(nine).tolist(), strict=True):
        row = state.bodies.row_of[0, state.lives["body"][0, slot]]
        codons = [int(c) for c in state.bodies.block[0, GENE_R : GENE_R + 3, row]]
        lives = state.lives.block[0].copy()
        express(lives, slot, *codons)
        assert (lives[:, slot] == state.lives.block[0][:, slot]).all()
        worn_traits = [int(lives[PHENO_R + k, slot]) >> 8 * which & 255 for k in range(3) for which in range(3)]
        assert worn_traits == traits
        assert int(state.bodies.block[0, RBY, row]) == np.int32(np.uint32(colours(*codons)))


def test_shares_are_the_weights_that_are_worn() -> None:
    for name, genome in simplex().items():
        shares = shares_of(genome)
        assert shares.sum() == pytest.approx(1)
        strong = {"RBY"[i] for i in range(3) if shares[i] > shares.min() + 0.1}
        assert strong == (set() if name == "RBY" else set(name))


def test_a_mixture_has_equal_parts_of_every_population() -> None:
    parts = [np.full((n, 9), 10 * n, np.uint8) for n in (1, 2, 5)]
    genomes, origin = mixture(parts, 12, 4)
    assert np.bincount(origin).tolist() == [4, 4, 4]
    assert [parts[i][0, 0] for i in origin] == genomes[:, 0].tolist()
    assert (mixture(parts, 12, 4)[1] == origin).all()
    assert (mixture(parts, 12, 5)[1] != origin).any()
