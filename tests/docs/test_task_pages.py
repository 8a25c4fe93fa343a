"""The pages of the tasks say what the tasks are now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ninepixel.agents.tasks import TASKS
from ninepixel.world.laws.lives import DEEDS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("task_pages", ROOT / "scripts" / "task_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", TASKS)
def test_a_page_has_the_numbers_and_the_achievements_of_its_task(script: ModuleType, name: str) -> None:
    page, task = (ROOT / "docs" / "tasks" / f"{name}.md").read_text("utf-8"), TASKS[name]
    assert task.id in page
    assert script.options_table(task) in page
    assert script.own_table() in page
    rows = [line for line in page.splitlines() if line.startswith(("| 1 | `", "| 2 | `", "| 3 | `", "| 4 | `"))]
    told = [tuple(cell.strip(" `") for cell in row.split("|")[1:4]) for row in rows]
    assert told == [(str(deed.tier), deed.name, deed.what) for deed in DEEDS if deed.name in task.deeds]


def test_tables_replace_what_stood_between_their_comments(script: ModuleType) -> None:
    page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
    assert script.filled(page, {"x": "new"}) == page.replace("old", "new")
    with pytest.raises(SystemExit, match="no place for the table y"):
        script.filled(page, {"y": "new"})


def test_an_evaluation_fills_every_table(script: ModuleType) -> None:
    tables = script.blocks(TASKS["forage"].with_options(agents=2, horizon=64), 4)
    assert tables["scores"].count("| evaluation | random |") == tables["scores"].count("| held-out | scripted |") > 4
    assert "`taste_red`" in tables["achievements"]
