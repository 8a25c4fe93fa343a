"""When curiosity rests: curves that fall, curves that have fallen, and files that are no reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.agents.affect.plateau import WINDOW, BadReport, plateau_in, plateau_of, settled

FALLEN = [1 / (1 + n) ** 2 for n in range(40)]


def test_a_curve_that_has_fallen_rests_and_one_that_falls_does_not() -> None:
    assert plateau_of(FALLEN).reached
    assert not plateau_of(np.linspace(1, 0, 40)).reached
    assert plateau_of(np.linspace(1, 0, 90)).change == pytest.approx(29 / 89 / 0.9)
    assert plateau_of([3.0] * 12).change == 0


@given(st.integers(27, 39), st.floats(-3, 3))
def test_no_single_point_decides(at: int, value: float) -> None:
    curve = FALLEN.copy()
    curve[at] = value
    assert plateau_of(curve).reached


@given(st.floats(0.01, 100), st.floats(-5, 5))
def test_the_unit_of_novelty_does_not_matter(unit: float, offset: float) -> None:
    curve = np.linspace(1, 0, 30) ** 2
    assert plateau_of(unit * curve + offset).change == pytest.approx(plateau_of(curve).change, rel=1e-6)


def test_a_life_rests_when_its_arousal_stays_where_it_was() -> None:
    arousal = np.full((2 * WINDOW, 3), 1000, np.int32)
    arousal[WINDOW:, 1], arousal[WINDOW:, 2] = 1200, 1400
    assert settled(arousal).tolist() == [True, True, False]
    assert settled(np.zeros((3 * WINDOW, 1), np.int32)).all()


def test_the_report_of_a_training_is_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps({"curves": {"novelty": FALLEN}}))
    assert plateau_in(tmp_path / "report.json") == plateau_of(FALLEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{", "no report of a training"),
        ("[]", "no report of a training"),
        ('{"curves": {}}', "no report of a training"),
        ('{"curves": {"novelty": [1, 2]}}', "at least 9 numbers"),
        ('{"curves": {"novelty": [1, 1, 1, 1, 1, 1, 1, 1, null]}}', "at least 9 numbers"),
    ],
)
def test_what_is_no_report_is_said_in_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(BadReport, match=said) as refused:
        plateau_in(tmp_path / "report.json")
    assert "report.json" in str(refused.value)
    assert "\n" not in str(refused.value)
