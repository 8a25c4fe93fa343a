"""A lineage is drawn: time runs down, one line a life."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ninepixel.agents.evolution.formats import as_picture
from ninepixel.agents.evolution.picture import colours_of, draw, order
from ninepixel.agents.evolution.tree import Tree
from ninepixel.world.life.census import Birth, Death

RED, BLUE, YELLOW = (bytes([255 * (k == i) for k in range(3) for _ in range(3)]) for i in range(3))


def family() -> Tree:
    """A red founder with a blue child and a later yellow one, and a founder whom nobody survives."""
    tree = Tree()
    births = [(1, 0, 0, RED, 0), (2, 0, 0, BLUE, 0), (3, 1, 2, BLUE, 40), (4, 1, 2, YELLOW, 60), (5, 3, 4, YELLOW, 80)]
    tree.add([Birth(1, serial, mother, father, genome, tick, 0) for serial, mother, father, genome, tick in births])
    tree.add([Birth(1, 6, 0, 0, RED, 0, 7, mind=False)], [Death(1, 2, 50, 0)])
    return tree


def test_a_mother_stands_left_of_her_children_and_her_latest_child_next_to_her() -> None:
    assert [serial for _, serial in order(family())] == [1, 4, 3, 5, 2]


def test_genomes_are_told_by_their_colours() -> None:
    red, blue, yellow = colours_of(np.frombuffer(RED + BLUE + YELLOW, np.uint8).reshape(3, 9))
    assert red[0] == blue[2] == yellow[0] == 255
    assert yellow[1] > 180 > 100 > red[1]
    assert yellow[2] < 100


def test_a_line_reaches_from_birth_to_death() -> None:
    image = np.asarray(draw(family(), {"tick": 100}, (500, 300)), np.int64)
    blue = (image[:, :, 2] > 200) & (image[:, :, 0] < 120)
    columns = np.flatnonzero(blue[60:250].sum(axis=0) > 20)
    last = columns[columns > columns.min() + 30]  # the childless founder is the last line
    rows = np.flatnonzero(blue[:, last].any(axis=1) & (np.arange(300) < 250))
    assert abs(rows.min() - 56) <= 2
    assert abs(rows.max() - (56 + 200 // 2)) <= 2, "it died at half time"


def test_a_picture_is_a_png_also_of_nobody() -> None:
    for tree in (Tree(), family()):
        assert Image.open(io.BytesIO(as_picture(tree, {}))).size == (1600, 1000)
