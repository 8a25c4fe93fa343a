"""scripts/figures.py: rows of a bench become a table, and only the table of the README changes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
ROW = {
    "bench": "physics", "metric": "ms_per_tick", "value": 2345.678, "unit": "ms", "min": 0.12345, "max": 9, "n": 5,
    "backend": "cpu", "threads": 2, "bodies": 100_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("figures", ROOT / "scripts" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_a_row_becomes_a_line(figures: ModuleType) -> None:
    line = figures.table([ROW], "a machine").splitlines()[-1]
    assert line == "| physics `ms_per_tick` | 2,346 ms | 0.123 .. 9 | 5 | cpu, 2 threads | 100,000 bodies |"


def test_only_the_table_changes(figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text((ROOT / "README.md").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(figures, "README", readme)
    monkeypatch.setattr(figures, "measure", lambda benches: [ROW])
    figures.main(["--write"])
    once = readme.read_text("utf-8")
    figures.main(["--write"])
    assert readme.read_text("utf-8") == once
    outside = [part.split(figures.END)[-1] for part in once.split(figures.BEGIN)]
    before = [part.split(figures.END)[-1] for part in (ROOT / "README.md").read_text("utf-8").split(figures.BEGIN)]
    assert outside == before
    assert "| physics `ms_per_tick` | 2,346 ms |" in once


def test_a_bench_that_fails_fails_the_table(figures: ModuleType) -> None:
    with pytest.raises(SystemExit) as stopped:
        list(figures.measure([["physics", "--bodies", "none"]]))
    assert stopped.value.code == 2
