"""Chance inside kernels is the chance of the laws."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ninepixel.world.laws.rng import draw
from ninepixel.world.life.chance import words

WORD = st.integers(0, 2**32 - 1)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), tick=WORD, entity=WORD, stream=st.integers(0, 2**39))
@example(seed=2**64 - 1, tick=2**32 - 1, entity=2**32 - 1, stream=16 | (2**31 - 1) << 8)
@example(seed=0, tick=0, entity=0, stream=0)
def test_a_kernel_draws_what_the_law_draws(seed: int, tick: int, entity: int, stream: int) -> None:
    drawn = words(tick, entity, seed & 0xFFFFFFFF, seed >> 32, stream)
    assert [int(word) for word in drawn] == [int(word) for word in draw(seed, tick, entity, stream)]
