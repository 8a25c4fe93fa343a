"""A lineage keeps who was born of whom, and comes out of every file as it went in."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_heredity
from ninepixel.agents.evolution.formats import BadLineage, as_graphml, as_lines, as_newick, called, read_lineage, write_lineage
from ninepixel.agents.evolution.tree import Name, Tree
from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Act, Thing
from ninepixel.world.life.census import Birth, Death
from ninepixel.world.state import STORES
from small_lives import Scene

NINE = st.binary(min_size=9, max_size=9)


def birth(serial: int, mother: int = 0, father: int = 0, *, genome: bytes = bytes(9)) -> Birth:
    return Birth(1, serial, mother, father, genome, serial, 0)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A history: at every tick somebody is born, to two who live or to nobody, and somebody may die."""
    tree, alive, generation = Tree(), list[int](), dict[int, int]()
    for serial in range(1, draw(st.integers(1, 25)) + 1):
        tick, mother, father = 3 * serial, 0, 0
        hatched: bool = draw(st.booleans())
        if len(alive) > 1 and hatched:
            mother, father = draw(st.lists(st.sampled_from(alive), min_size=2, max_size=2, unique=True))
        generation[serial] = 1 + max(generation[mother], generation[father]) if mother else 0
        heat, mind = draw(st.integers(0, 256)), mother > 0 or draw(st.booleans())
        tree.add([Birth(1, serial, mother, father, draw(NINE), tick, serial % 5, generation[serial], heat, mind)])
        if mind:
            alive.append(serial)
        dies: bool = draw(st.booleans())
        if alive and dies:
            dead = alive.pop(draw(st.integers(0, len(alive) - 1)))
            tree.add([], [Death(1, dead, tick + 1, dead % 5)])
    return tree


@settings(max_examples=60, deadline=None)
@given(trees())
def test_children_are_younger_than_their_parents_and_a_generation_further(tree: Tree) -> None:
    for life in tree:
        assert life.died is None or life.died >= life.birth.tick
        parents = [tree.lives[parent] for parent in life.parents()]
        assert all(parent.birth.tick < life.birth.tick and life.name in parent.children for parent in parents)
        assert life.birth.generation == (1 + max(parent.birth.generation for parent in parents) if parents else 0)
    assert sum(len(life.children) for life in tree) == sum(len(set(life.parents())) for life in tree)


@settings(max_examples=60, deadline=None)
@given(trees())
def test_descendants_are_those_whom_one_meets_going_down(tree: Tree) -> None:
    def below(name: Name) -> set[Name]:
        children = tree.lives[name].children
        return set(children).union(*map(below, children))

    assert tree.descendants() == {name: len(below(name)) for name in tree.lives}


def test_descendants_are_counted_once_also_in_a_family_of_thousands() -> None:
    tree = Tree()
    tree.add([birth(1), birth(2), *(birth(serial, serial - 1, serial - 2) for serial in range(3, 6001))])
    found = tree.descendants()
    assert found[1, 1] == found[1, 2] == 5998
    assert found[1, 5000] == 1000


@settings(max_examples=40, deadline=None)
@given(trees())
def test_a_lineage_comes_out_of_its_file_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, tree: Tree) -> None:
    file = tmp_path_factory.mktemp("lineage") / "a.json"
    write_lineage(tree, file, {"title": "x", "tick": 99})
    found, header = read_lineage(file)
    assert found.lives == tree.lives
    assert header["title"] == "x"
    assert as_lines(found, {"title": "x", "tick": 99}) == file.read_bytes()


def parsed(newick: str) -> dict[str, tuple[str, int]]:
    """Node: (its parent, length of its branch), by a parser that knows nothing of the writer."""
    tokens = re.findall(r"[(),;]|[^(),;]+", newick.strip())
    found, stack, at = dict[str, tuple[str, int]](), [list[str]()], 0
    while tokens[at] != ";":
        token = tokens[at]
        if token == "(":
            stack.append([])
        elif token == ")":
            at += 1
            name, _, length = tokens[at].partition(":")
            for child in stack.pop():
                found[child] = (name, found[child][1])
            found[name] = ("", int(length or 0))
            stack[-1].append(name)
        elif token != ",":
            name, _, length = token.partition(":")
            found[name] = ("", int(length or 0))
            stack[-1].append(name)
        at += 1
    assert at == len(tokens) - 1
    assert len(stack) == len(stack[0]) == 1
    return found


@settings(max_examples=60, deadline=None)
@given(trees())
def test_newick_holds_the_mothers_line(tree: Tree) -> None:
    found = parsed(as_newick(tree, {}).decode())
    assert set(found) == {"founders", *(called(life.name) for life in tree.minds())}
    for life in tree.minds():
        mother, length = found[called(life.name)]
        if life.birth.mother:
            assert mother == called((1, life.birth.mother))
            assert length == life.birth.tick - tree.lives[1, life.birth.mother].birth.tick
        else:
            assert (mother, length) == ("founders", life.birth.tick)


@settings(max_examples=30, deadline=None)
@given(trees())
def test_graphml_holds_both_parents(tree: Tree) -> None:
    root = ElementTree.fromstring(as_graphml(tree, {}))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    types = {key.get("id"): key.get("attr.type") for key in root.iter(f"{space}key")}
    assert types["parent"] == types["genome"] == "string"
    assert (types["mind"], types["born"]) == ("boolean", "long")
    nodes = {node.get("id"): {data.get("key"): data.text for data in node} for node in root.iter(f"{space}node")}
    edges = {(edge.get("source"), edge.get("target")): edge[0].text for edge in root.iter(f"{space}edge")}
    expected = {}
    for life in tree:
        node = nodes.pop(called(life.name))
        assert node["genome"] == life.birth.genome.hex()
        assert node["mind"] == str(life.birth.mind).lower()
        assert node.get("died") == (None if life.died is None else str(life.died))
        for parent, which in zip(life.parents(), ("mother", "father"), strict=False):
            expected[called(parent), called(life.name)] = which
    assert nodes == {}
    assert edges == expected


STORE = st.lists(st.integers(law.EGG_STORE, law.STORE_LIMIT), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(hers=NINE, his=NINE, heat=st.integers(0, 256), one=STORE, other=STORE, seed=st.integers(0, 2**63))
def test_what_latched_is_what_the_reference_mutates(
    hers: bytes, his: bytes, heat: int, one: list[int], other: list[int], seed: int
) -> None:
    scene = Scene(seed=seed)
    parents = [scene.mind(8, 8, heat=heat), scene.mind(9, 8, heat=law.FIRST_HEAT)]
    for life, genome, held in zip(parents, (hers, his), (one, other), strict=True):
        body = scene.world.body_of(life)
        body.gene_r, body.gene_b, body.gene_y = reference_heredity.packed(list(genome))
        for store, amount in zip(STORES, held, strict=True):
            setattr(life, store, amount)
    scene.look()
    scene.act(mother=(parents[1], Act.MATE), father=(parents[0], Act.MATE))  # slot 1 lays
    (egg,) = scene.world.each_thing(Thing.EGG)
    child = bytes(reference_heredity.bases(reference_heredity.codons_of(egg)))
    picks = scene.world.chance(parents[1].at, law.STREAM_EGG)[0]
    unmutated = [b if picks >> i & 1 else a for i, (a, b) in enumerate(zip(hers, his, strict=True))]
    expected = tuple(c != u and c not in (a, b) for c, u, a, b in zip(child, unmutated, hers, his, strict=True))
    tree = Tree()
    tree.add([birth(1, genome=hers), birth(2, genome=his), birth(3, 2, 1, genome=child)])
    assert tree.latched(tree.lives[1, 3]) == expected
    assert heat or not any(expected)


def test_nothing_latched_in_founders_and_in_children_of_the_unknown() -> None:
    tree = Tree()
    tree.add([birth(4, genome=b"123456789"), birth(5, 4, 2, genome=b"987654321")])
    assert not any(tree.latched(tree.lives[1, 4]) + tree.latched(tree.lives[1, 5]))
    assert tree.mothers() == {None: [(1, 4)], (1, 4): [(1, 5)]}


def test_parents_are_entered_before_children_that_are_told_first() -> None:
    tree = Tree()
    tree.add([birth(9, 3, 4), birth(4), birth(3)])
    assert list(tree.lives) == [(1, 3), (1, 4), (1, 9)]
    assert tree.descendants() == {(1, 3): 1, (1, 4): 1, (1, 9): 0}


def test_who_is_known_stays_as_known_and_dies_once() -> None:
    tree = Tree()
    tree.add([birth(1, genome=b"aaaaaaaaa")], [])
    tree.add([birth(1, genome=b"bbbbbbbbb")], [Death(1, 1, 7, 0)])
    tree.add([], [Death(1, 1, 9, 0)])
    assert (tree.lives[1, 1].birth.genome, tree.lives[1, 1].died) == (b"aaaaaaaaa", 7)
    with pytest.raises(ValueError, match="nobody is called 5 in episode 1 who could die at tick 3"):
        tree.add([], [Death(1, 5, 3, 0)])
    with pytest.raises(ValueError, match="a genome has 9 bases, that of birth 2 has 1"):
        tree.add([birth(2, genome=b"x")])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "", "is no lineage: line 1 is no JSON object"),
        (lambda text: text.replace("ninepixel lineage", "shopping list"), "is no lineage: its first line does not say"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "has version 2 of the format, and 1 is known here"),
        (lambda text: text[: text.rindex("{")], "is torn: it has 1 lives, and its header says 2"),
        (lambda text: text[:-9] + "\n", "line 3 is no JSON object"),
        (lambda text: text.replace('"born": 2', '"born": -2'), "line 3: a number is missing, negative, or no number"),
        (lambda text: text.replace('"died": 8', '"died": 1'), "line 3: who is born at tick 2 does not die at 1"),
        (lambda text: text.replace('"genome": "ff', '"genome": "f'), "line 3: a genome is 18 hex digits, not 'f"),
        (lambda text: text.replace('"serial": 2', '"serial": 1'), "line 3: serial 1 is taken, 0, or that of its own parent"),
    ],
)  # fmt: skip
def test_a_bad_lineage_is_refused_in_one_line(tmp_path: Path, change: object, says: str) -> None:
    tree = Tree()
    tree.add([birth(1), birth(2, genome=b"\xff" * 9)])
    tree.add([], [Death(1, 2, 8, 0)])
    file = tmp_path / "bad.json"
    write_lineage(tree, file, {})
    assert callable(change)
    file.write_text(change(file.read_text()))
    with pytest.raises(BadLineage, match=re.escape(says)) as caught:
        read_lineage(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_lineage_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadLineage, match=r"no\.json: cannot be read: No such file"):
        read_lineage(tmp_path / "no.json")
