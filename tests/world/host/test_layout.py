"""Places are stable, nested, and made of integers alone."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from host_trees import PATHS, survey_of
from ninepixel.world.host.layout import CENTRE, FLOOR_RADIUS, ROOT_RADIUS, region_name, region_of
from ninepixel.world.host.sine import STEPS, cosine_of, quarter_sine, sine_of, square_root

TURN = 1 << 32


def gap(a: int, b: int) -> int:
    """The shortest way between two torus fractions, signed."""
    return (int(a) - int(b) + (TURN >> 1)) % TURN - (TURN >> 1)


@given(PATHS, PATHS)
def test_a_place_depends_on_the_path_alone(some: list[bytes], others: list[bytes]) -> None:
    alone, together = survey_of(some), survey_of([*some, *others])
    for path, row in alone.rows.items():
        twin = together.rows[path]
        if alone.is_folder[row] == together.is_folder[twin]:  # a file that became a folder is another thing
            assert (alone.x[row], alone.y[row]) == (together.x[twin], together.y[twin])


@given(PATHS)
def test_the_region_of_a_folder_is_where_its_body_is(paths: list[bytes]) -> None:
    survey = survey_of(paths)
    for row in np.flatnonzero(survey.is_folder):
        x, y, radius = region_of(survey.path[row])
        assert (x, y) == (survey.x[row], survey.y[row])
        assert FLOOR_RADIUS <= radius <= ROOT_RADIUS


@given(PATHS)
def test_everything_lies_in_its_folders_disc(paths: list[bytes]) -> None:
    survey = survey_of(paths)
    for row in range(1, len(survey)):
        x, y, radius = region_of(survey.path[survey.parent[row]])
        assert math.hypot(gap(survey.x[row], x), gap(survey.y[row], y)) <= radius + 2


def test_the_root_is_a_disc_around_the_centre_and_levels_have_names() -> None:
    assert region_of(b"") == (CENTRE, CENTRE, ROOT_RADIUS)
    assert [region_name(d) for d in (0, 1, 2, 3, 4, 9)] == ["Realm", "Zone", "Area", "Room", "Section", "Section"]


def test_files_fill_their_disc_evenly() -> None:
    survey = survey_of([b"f/%d.txt" % i for i in range(4000)])
    x, y, radius = region_of(b"f")
    files = ~survey.is_folder
    far = np.hypot([gap(v, x) for v in survey.x[files]], [gap(v, y) for v in survey.y[files]])
    assert 0.2 < np.mean(far < radius / 2) < 0.32  # a quarter of the area
    assert far.max() < 0.93 * radius


def test_the_sine_table_never_changes() -> None:
    table = quarter_sine()
    assert hashlib.blake2b(table.astype("<i8").tobytes(), digest_size=16).hexdigest() == "8fc3cda4eddc2757207a44a538e0397b"
    exact = np.round(np.sin(np.arange(STEPS + 1) * (np.pi / 2 / STEPS)) * (1 << 30)).astype(np.int64)
    assert np.abs(table - exact).max() <= 1


@given(st.integers(-(1 << 40), 1 << 40))
def test_sine_and_cosine_are_right(angle: int) -> None:
    radians = (angle % TURN) / TURN * 2 * math.pi
    assert abs(sine_of(angle, quarter_sine()) / (1 << 30) - math.sin(radians)) < 1e-6
    assert abs(cosine_of(angle, quarter_sine()) / (1 << 30) - math.cos(radians)) < 1e-6


@given(st.integers(0, (1 << 62) - 1))
@settings(max_examples=300)
def test_the_square_root_is_exact(n: int) -> None:
    assert square_root(n) == math.isqrt(n)
