"""The words for what a mind feels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.affect import EXCITED, FEELINGS, MOVED, Feeling, feeling, feelings_of

Q8 = st.integers(-32_768, 32_767)


@pytest.mark.parametrize(
    ("valence", "arousal", "word"),
    [
        (-MOVED, EXCITED, "afraid"),
        (-MOVED, EXCITED - 1, "dejected"),
        (MOVED, EXCITED, "elated"),
        (MOVED, EXCITED - 1, "content"),
        (1 - MOVED, EXCITED, "curious"),
        (MOVED - 1, EXCITED, "curious"),
        (0, 0, "indifferent"),
    ],
)
def test_the_rule_turns_at_its_thresholds(valence: int, arousal: int, word: Feeling) -> None:
    assert feeling(valence, arousal) == word


def test_the_published_thresholds_are_those_of_the_page_and_of_the_docs() -> None:
    assert (MOVED, EXCITED) == (2048, 4096)


@given(st.lists(st.tuples(Q8, Q8), min_size=1, max_size=20), st.integers(1, 9000), st.integers(1, 9000))
def test_many_feelings_are_one_feeling_many_times(pairs: list[tuple[int, int]], moved: int, excited: int) -> None:
    valence, arousal = np.asarray(pairs).T
    assert [FEELINGS[n] for n in feelings_of(valence, arousal)] == [feeling(v, a) for v, a in pairs]
    other = feelings_of(valence, arousal, moved, excited)
    assert [n < 2 for n in other] == [v <= -moved for v in valence]
    assert [n % 2 == 0 for n in other] == [a >= excited for a in arousal]
