"""The curves are integers that everybody has alike, and near the curves that they stand for."""

from __future__ import annotations

import decimal
from hashlib import blake2b

import numpy as np
import pytest

import reference_policy as reference
from ninepixel.world.thought import tables
from ninepixel.world.thought.curves import tanh_lines


def digest(table: np.ndarray) -> str:
    return blake2b(table.astype("<i4").tobytes(), digest_size=16).hexdigest()


def test_the_tables_are_those_of_every_machine() -> None:
    assert digest(tables.tanh_table()) == "daac6e13943daba29320d6b3a17cbfe6"
    assert digest(tables.exp_table()) == "c1c06f46326e2de41225c55fccc24d42"


def test_the_tables_are_those_of_fractions() -> None:
    assert tables.tanh_table().tolist() == reference.tanh_points()
    assert tables.exp_table().tolist() == reference.exp_points()


def test_what_others_do_to_decimals_changes_nothing() -> None:
    for table in (tables.tanh_table, tables.exp_table):
        before = table()
        table.cache_clear()
        with decimal.localcontext(decimal.Context(prec=2, rounding=decimal.ROUND_UP)):
            assert np.array_equal(table(), before)


def test_nobody_writes_to_the_tables() -> None:
    for table in (tables.tanh_table(), tables.exp_table(), tanh_lines()):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1


def test_the_straight_lines_are_near_the_curves() -> None:
    x = np.arange(-(1 << 16), 1 << 16, 7)
    found = np.asarray([reference.tanh(int(i)) for i in x]) / (1 << 15)
    assert np.abs(found - np.tanh(x / 4096)).max() < 1 / 20_000
    behind = np.arange(0, 13 * 4096, 5)
    found = np.asarray([reference.dice([0, -int(d)])[1] for d in behind]) / (1 << 16)
    assert np.abs(found - np.exp(-behind / 4096)).max() < 1 / 20_000


def test_lines_hold_points_and_rises() -> None:
    lines, table = tanh_lines(), tables.tanh_table()
    assert np.array_equal(lines & 0xFFFF, table[:-1])
    assert np.array_equal(lines >> 16, np.diff(table))
