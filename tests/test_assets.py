"""The bundled sample tree."""

from __future__ import annotations

import filecmp
import importlib.util
import json
from pathlib import Path

import pytest

from ninepixel import Universe
from ninepixel.assets import SAMPLE_NEWEST, sample_ages, sample_tree
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import scan
from ninepixel.world.laws.bodies import Matter

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "src" / "ninepixel" / "assets" / "sample"
#: The golden digest of this release: `ninepixel run --still --ticks 100`. It moves when the sample, the mapping of the host,
#: genesis or a law moves; then CHANGELOG.md says so.
DIGEST_AT_100 = "2448d01ff8b2d03996347460bc0e0200"


def test_the_ages_name_every_file_and_one_is_the_newest() -> None:
    shipped = {f.relative_to(SAMPLE).as_posix() for f in SAMPLE.rglob("*") if f.is_file() and "__pycache__" not in f.parts}
    assert set(sample_ages()) == shipped
    assert min(sample_ages().values()) == 0


def test_it_is_small_varied_and_several_folders_deep() -> None:
    survey = scan(SAMPLE, HostOptions())
    assert 120 <= len(sample_ages()) <= 200
    assert sum(f.stat().st_size for f in SAMPLE.rglob("*") if f.is_file()) < 400_000
    assert {Matter(m) for m in survey.matter[~survey.is_folder]} == set(Matter)
    assert int(survey.depth.max()) >= 4
    assert int(survey.sealed.sum()) == 1


def test_laid_out_it_has_the_stated_times_and_bytes(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path)
    for name, age in sample_ages().items():
        assert (tree / name).stat().st_mtime == SAMPLE_NEWEST - age
        assert filecmp.cmp(tree / name, SAMPLE / name, shallow=False)
    assert (tree / "src").stat().st_mtime == max(f.stat().st_mtime for f in (tree / "src").rglob("*") if f.is_file())


def test_what_somebody_changed_in_it_stays(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path)
    (tree / "README.md").write_text("mine")
    assert sample_tree(tmp_path) == tree
    assert (tree / "README.md").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == [tree.name]


def test_another_edition_is_laid_out_beside_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sample_tree(tmp_path)
    older = {name: age + 1 for name, age in sample_ages().items()}
    monkeypatch.setattr("ninepixel.assets.sample_ages", lambda: older)
    assert sample_tree(tmp_path) != before


def test_a_store_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        sample_tree(tmp_path / "file")


def test_it_is_the_same_universe_everywhere(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        with Universe.from_path(sample_tree(tmp_path / name), still=True, backend="cpu", minds=0) as universe:
            for _ in range(100):
                universe.step()
            digests.add(universe.digest())
    assert digests == {DIGEST_AT_100}


def test_the_script_makes_exactly_what_is_shipped(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "scripts" / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    ages = script.make(tmp_path / "sample", tmp_path / "ages.json")
    assert json.loads((tmp_path / "ages.json").read_text()) == sample_ages() == ages
    for name in ages:
        assert filecmp.cmp(tmp_path / "sample" / name, SAMPLE / name, shallow=False), name
