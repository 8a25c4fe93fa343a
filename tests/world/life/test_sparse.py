"""Births and deaths of bodies inside kernels are those of the table."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ninepixel.ecs.table import Column, Table, TableFull
from ninepixel.world.life.sparse import ALIVE, FREE, NO_ROOM, USED, kill, spawn

COLUMNS = (Column("a", np.int32), Column("b", np.uint32))


@settings(max_examples=60, deadline=None)
@given(program=st.lists(st.tuples(st.sampled_from("++-"), st.integers(0, 1 << 30)), max_size=60), capacity=st.integers(1, 9))
def test_any_program_of_births_and_deaths_leaves_the_same_table(program: list[tuple[str, int]], capacity: int) -> None:
    ours, theirs = Table(COLUMNS, capacity=capacity), Table(COLUMNS, capacity=capacity)
    for verb, number in program:
        counts = np.zeros(3, np.int64)
        counts[ALIVE], counts[FREE], counts[USED] = ours.count[0], ours.free_head[0], ours.next_index[0]
        if verb == "+":
            row = spawn(counts, ours.row_of[0], ours.index_of[0], capacity)
            try:
                entity = theirs.spawn_many(1, 0, {"a": np.asarray([number]), "b": np.asarray([number + 1])})[0]
            except TableFull:
                assert row == NO_ROOM
                continue
            assert row == theirs.row(int(entity))
            ours.block[0, :, row] = number, number + 1
        elif theirs.count[0]:
            entity = theirs.entity_at(number % int(theirs.count[0]))
            kill(entity & 0xFFFFFFFF, counts, ours.block[0], ours.row_of[0], ours.index_of[0], ours.generation[0])
            theirs.kill(entity)
        ours.count[0], ours.free_head[0], ours.next_index[0] = counts[ALIVE], counts[FREE], counts[USED]
        assert_same(ours, theirs)


def assert_same(ours: Table, theirs: Table) -> None:
    n = int(theirs.count[0])
    for part in ("count", "row_of", "generation", "free_head", "next_index"):
        assert getattr(ours, part).tolist() == getattr(theirs, part).tolist(), part
    assert ours.index_of[0, :n].tolist() == theirs.index_of[0, :n].tolist()
    assert ours.block[0, :, :n].tolist() == theirs.block[0, :, :n].tolist()
    assert list(ours.free_list()) == list(theirs.free_list())
