"""Surveys on disk: they come back equal, and nothing damaged or hostile gets in."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_trees import PATHS, survey_of
from ninepixel.world.commands import Command
from ninepixel.world.host.survey import COLUMNS, FORMAT, Survey, SurveyError
from ninepixel.world.host.synthetic import synthetic

SMALL = synthetic(3, 40)


def envelope(data: Any, **other: Any) -> bytes:
    """A file whose checksum is right, whatever it holds."""
    body = zstandard.ZstdCompressor().compress(msgpack.packb(data))
    whole = {"format": FORMAT, "version": 1, "checksum": blake2b(body, digest_size=16).digest(), "body": body, **other}
    packed: bytes = msgpack.packb(whole)
    return packed


@given(PATHS)
def test_a_survey_comes_back_equal(paths: list[bytes]) -> None:
    survey = survey_of(paths)
    assert Survey.from_dict(msgpack.unpackb(msgpack.packb(survey.to_dict()))) == survey


def test_a_saved_survey_is_one_file_that_comes_back(tmp_path: Path) -> None:
    SMALL.save(tmp_path / "a.9ps")
    assert [p.name for p in tmp_path.iterdir()] == ["a.9ps"]
    assert Survey.load(tmp_path / "a.9ps") == SMALL


@given(cut=st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file_is_refused(cut: int, tmp_path: Path) -> None:
    SMALL.save(tmp_path / "a")
    raw = (tmp_path / "a").read_bytes()
    (tmp_path / "b").write_bytes(raw[: cut % len(raw)])
    with pytest.raises(SurveyError, match=r"truncated|not a ninepixel survey"):
        Survey.load(tmp_path / "b")


@given(at=st.integers(0, 1 << 16), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_refused(at: int, bit: int, tmp_path: Path) -> None:
    SMALL.save(tmp_path / "a")
    raw = bytearray((tmp_path / "a").read_bytes())
    raw[at % len(raw)] ^= 1 << bit
    (tmp_path / "b").write_bytes(raw)
    with pytest.raises(SurveyError):
        Survey.load(tmp_path / "b")


def test_a_newer_version_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(envelope(SMALL.to_dict(), version=7))
    with pytest.raises(SurveyError, match="version 7; this ninepixel reads up to version 1"):
        Survey.load(tmp_path / "a")


def test_a_missing_file_and_an_unwritable_place_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(SurveyError, match="cannot read the survey"):
        Survey.load(tmp_path / "none")
    with pytest.raises(SurveyError, match="cannot write the survey"):
        SMALL.save(tmp_path / "no" / "such" / "folder")


def column(name: str, row: int, value: int) -> dict[str, Any]:
    """SMALL as plain data, with one value changed."""
    data, values = SMALL.to_dict(), np.array(getattr(SMALL, name))
    values[row] = value
    data[name] = values.tobytes()
    return data


LEAF = int(np.flatnonzero(~SMALL.is_folder)[-1])
HOSTILE: dict[str, Any] = {
    "not a map": [1, 2],
    "a part too few": {k: v for k, v in SMALL.to_dict().items() if k != "x"},
    "a part too many": {**SMALL.to_dict(), "extra": 1},
    "no rows": {**SMALL.to_dict(), "count": 0},
    "too many rows": {**SMALL.to_dict(), "count": 1 << 60},
    "a count that is no number": {**SMALL.to_dict(), "count": True},
    "a short column": {**SMALL.to_dict(), "x": b"\0"},
    "a column of text": {**SMALL.to_dict(), "x": "x" * 4 * len(SMALL)},
    "unsorted paths": {**SMALL.to_dict(), "path": b"\0".join([b"", *reversed(SMALL.path[1:])])},
    "paths of text": {**SMALL.to_dict(), "path": "a"},
    "a path out of the tree": {**SMALL.to_dict(), "path": b"\0".join([b"", b"..", *SMALL.path[2:]])},
    "left out by text": {**SMALL.to_dict(), "left_out": {"links": "many"}},
    "a time that is no number": {**SMALL.to_dict(), "newest": 0.5},
    "a child before its parent": column("parent", LEAF, LEAF),
    "a second root": column("parent", LEAF, -1),
    "a parent that is a file": column("is_folder", int(SMALL.parent[LEAF]), 0),
    "a wrong depth": column("depth", LEAF, 9),
    "a negative size": column("size", LEAF, -1),
    "a folder with a size": column("size", 0, 5),
    "a negative age": column("age", LEAF, -1),
    "an unknown class": column("matter", LEAF, 200),
    "weights off the simplex": {**column("r", LEAF, 65535), "b": column("b", LEAF, 65535)["b"]},
    "too heavy": column("mass", LEAF, 1024),
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_hostile_content_is_refused_even_with_a_right_checksum(case: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(envelope(HOSTILE[case]))
    with pytest.raises(SurveyError):
        Survey.load(tmp_path / "a")


def test_a_body_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    body = b"(\xb5/\xfd\xe0" + b"\xff" * 8 + b"\x01\0\0"
    whole = {"format": FORMAT, "version": 1, "checksum": blake2b(body, digest_size=16).digest(), "body": body}
    (tmp_path / "a").write_bytes(msgpack.packb(whole))
    with pytest.raises(SurveyError, match="damaged"):
        Survey.load(tmp_path / "a")


@given(st.dictionaries(st.sampled_from(["count", "path", "left_out", "newest", *COLUMNS]), st.binary(max_size=64)))
def test_noise_is_refused(parts: dict[str, bytes]) -> None:
    with pytest.raises(SurveyError):
        Survey.from_dict({**SMALL.to_dict(), **parts} if parts else None)


def test_commands_are_plain_data_that_the_journal_can_carry() -> None:
    for row in range(len(SMALL)):
        command = SMALL.command("matter.appear", row)
        assert Command.unpack(msgpack.unpackb(command.packed())) == command
        assert command.data["parent"] == SMALL.path[SMALL.parent[row]] if row else command.data["parent"] == b""


def test_columns_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SMALL.x[0] = 1


def test_a_synthetic_host_is_the_same_everywhere_and_looks_like_one() -> None:
    survey = synthetic(7, 3000, depth=5)
    assert survey == synthetic(7, 3000, depth=5)
    assert survey != synthetic(8, 3000, depth=5)
    assert int((~survey.is_folder).sum()) == 3000
    assert survey.depth.max() <= 6
    assert len(set(survey.matter[~survey.is_folder].tolist())) >= 9
    assert survey.sealed.any()
    assert blake2b(msgpack.packb(survey.to_dict()), digest_size=8).hexdigest() == "ce78ecd5e02d313b"
