"""Colours lie on the simplex, classes look different, kin look alike, and every octave is exact."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from host_trees import PATHS, survey_of
from ninepixel.world.host.colour import CLASS_WEIGHTS, octave_steps, on_simplex, sixteenths_of_log2
from ninepixel.world.host.content import character
from ninepixel.world.host.survey import Survey
from ninepixel.world.laws.bodies import SIMPLEX, Matter


def weights(survey: Survey) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(R, B, Y) of every row."""
    r, b = survey.r.astype(np.int64), survey.b.astype(np.int64)
    return np.stack([r, b, SIMPLEX - r - b], axis=1)


@given(PATHS)
def test_weights_lie_on_the_simplex(paths: list[bytes]) -> None:
    assert weights(survey_of(paths)).min() >= 0


def test_classes_differ_clearly() -> None:
    assert CLASS_WEIGHTS.keys() == set(Matter)
    assert all(sum(w) == 256 for w in CLASS_WEIGHTS.values())
    for a, b in combinations(CLASS_WEIGHTS.values(), 2):
        assert sum(abs(i - j) for i, j in zip(a, b, strict=True)) >= 80


def test_files_of_a_class_stay_nearest_to_their_own_class() -> None:
    endings = {
        b"py": Matter.CODE_ORGANISM,
        b"png": Matter.MEDIA_PLASMA,
        b"csv": Matter.DATA_STAR,
        b"toml": Matter.CONFIG_CATALYST,
    }
    centres = {m: np.asarray(w) * 256 for m, w in CLASS_WEIGHTS.items()}
    for ending, matter in endings.items():
        survey = survey_of([b"d%d/f%d.%s" % (i % 9, i, ending) for i in range(300)])
        for w in weights(survey)[~survey.is_folder]:
            assert min(centres, key=lambda m: int(np.abs(centres[m] - w).sum())) is matter


def test_bodies_are_individuals_and_kin_share_a_pixel() -> None:
    survey = survey_of([b"a/%d.py" % i for i in range(50)] + [b"b/%d.py" % i for i in range(50)])
    files = np.flatnonzero(~survey.is_folder)
    assert len({survey.genes[i].tobytes() for i in files}) == 100
    kin = {parent: set(survey.genes[files[survey.parent[files] == parent], 2].tolist()) for parent in set(survey.parent[files])}
    assert [len(values) for values in kin.values()] == [1, 1]
    assert len(set(survey.genes[files, 1].tolist())) == 1  # one ending


def test_an_older_file_is_less_pure_and_darker() -> None:
    old, new = survey_of([b"x.py"]), survey_of([b"x.py", b"y.py"])
    assert old.age[1] == new.age[1] == 0
    assert np.array_equal(old.genes[1], new.genes[1])
    aged = survey_of([b"x.py", b"a/long-name-here.py"])
    row = aged.rows[b"x.py"]
    assert aged.age[row] > 0
    assert aged.genes[row, 6] < new.genes[1, 6]


@given(st.integers(0, (1 << 62) - 1))
def test_octaves_are_exact(value: int) -> None:
    sixteenths = sixteenths_of_log2(value, octave_steps())
    lower, upper = 1 << sixteenths, 1 << (sixteenths + 1)
    # 2**(s/16) <= value + 1 < 2**((s+1)/16), taken to the 16th power; the table rounds at 2**-31 of a step
    assert lower <= ((value + 1) ** 16) * (1 + 2**-20)
    assert (value + 1) ** 16 <= upper * (1 + 2**-20)


def test_octaves_of_small_sizes_are_the_ones_one_counts() -> None:
    counted = [sixteenths_of_log2(v, octave_steps()) for v in (0, 1, 2, 3, 7, 1023, 4095)]
    assert counted == [0, 16, 25, 32, 48, 160, 192]


@given(st.integers(-200_000, 200_000), st.integers(-200_000, 200_000))
def test_clamping_always_ends_on_the_simplex(r: int, b: int) -> None:
    red, blue = on_simplex(r, b)
    assert 0 <= red <= 65535
    assert 0 <= blue <= 65535
    assert red + blue <= SIMPLEX


@given(st.binary(max_size=4096))
def test_content_moves_colour_a_little_and_the_sum_of_moves_is_bounded(sample: bytes) -> None:
    r, b, gene = character(sample)
    assert -8192 <= r <= 8192 * 2
    assert -8192 <= b <= 8192 * 2
    assert 0 <= gene <= 255


def test_text_is_bluer_than_noise() -> None:
    text, noise = character(b"the quick brown fox" * 50), character(bytes(range(128, 256)) * 8)
    assert text[1] > 0 > noise[1]
    assert noise[0] > 0 > text[0]
