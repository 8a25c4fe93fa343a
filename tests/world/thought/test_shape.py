"""The size of a network is one of a few, and says how large its arrays are."""

from __future__ import annotations

import math

import pytest

from ninepixel.world.life import senses
from ninepixel.world.thought.shape import LOGITS, MASK_AT, Shape, observation_version


@pytest.mark.parametrize("hidden", [0, 8, 15, 17, 40 + 1, 1040, -16])
def test_other_sizes_are_refused(hidden: int) -> None:
    with pytest.raises(ValueError, match=f"not {hidden}"):
        Shape(hidden)


@pytest.mark.parametrize(("hidden", "multiplications"), [(64, 44_800), (128, 49_664 + 65_536 + 7_168)])
def test_the_arrays_are_those_of_the_network(hidden: int, multiplications: int) -> None:
    arrays = Shape(hidden).arrays
    assert list(arrays)[:4] == ["encode.weight", "encode.bias", "gate.weight", "gate.bias"]
    assert arrays["encode.weight"] == (hidden, senses.RETINA_BYTES)
    assert arrays["word.weight"] == (9, 2 * hidden)
    assert sum(math.prod(size) for name, size in arrays.items() if name.endswith("weight")) == multiplications


def test_a_decision_has_27_logits_and_the_mask_lies_where_the_senses_say() -> None:
    assert LOGITS == 27
    assert senses.AT["mask"] == MASK_AT


def test_other_senses_have_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = observation_version()
    monkeypatch.setattr("ninepixel.world.thought.shape.OCTAVES", 5)
    assert observation_version() != before
