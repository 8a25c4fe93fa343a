"""The pages about libraries: every block of code in them runs as it stands, every link leads somewhere."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "libraries").glob("*.md"))
NEEDS = {"cleanrl": "numpy", "stable-baselines3": "stable_baselines3", "rllib": "ray"}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FIGURE = re.compile(r"<!-- figure ([\w-]+) -->(.*?)<!-- /figure -->", re.DOTALL)
BLOCKS = [
    pytest.param(page, text[: match.start()].count("\n") + 1, match[1], id=f"{page.stem}-{number}")
    for page in PAGES
    for text in [page.read_text("utf-8")]
    for number, match in enumerate(BLOCK.finditer(text))
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("page", "line", "code"), BLOCKS)
def test_code_of_the_pages_runs(page: Path, line: int, code: str) -> None:
    pytest.importorskip(NEEDS.get(page.stem, page.stem))  # RLlib's runs by `make test-rllib`
    exec(compile("\n" * line + code, str(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_has_an_install_line_code_and_a_figure(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "pip install" in text or "make test-rllib" in text
    assert BLOCK.search(text)
    assert "## What to know" in text
    assert re.search(r"python (scripts|examples)/\w+\.py", text.partition("## Figures")[2])


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "README.md"], ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert links or page.stem == "gymnasium"
    for link in links:
        assert link.startswith("http") or (page.parent / link).exists(), link


def test_every_figure_is_one_that_a_script_writes() -> None:
    """``scripts/libraries.py --write`` and ``scripts/teach_forage.py --write`` fill these places; none is left empty."""
    spec = importlib.util.spec_from_file_location("libraries", ROOT / "scripts" / "libraries.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    found = {name: text for page in PAGES for name, text in FIGURE.findall(page.read_text("utf-8"))}
    assert set(found) == {*script.WAYS, "forage"}
    assert all(re.search(r"\d", text) for text in found.values()), found


def test_the_list_of_documents_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert all(f"(libraries/{page.name})" in index for page in PAGES)
