"""A browser for the tests of the page, and stages to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from browser import WHY_NOT, Browser, Page, chromium, find_browser
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.universe import Universe
from page_stage import Stage


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium, the same for all tests of a process."""
    if find_browser() is None:
        pytest.skip(WHY_NOT)
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="session")
def still_stage() -> Iterator[Stage]:
    """A stage that stands still, for tests of single modules."""
    with small_universe() as universe, Stage(universe).running() as stage:
        yield stage


@pytest.fixture(scope="session")
def module_page(browser: Browser, still_stage: Stage) -> Iterator[Page]:
    """A page beside the modules, which does not run itself."""
    page = browser.page()
    page.open(still_stage.url + "page/icon.svg")
    yield page
    page.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab; whatever it complains of fails the test that does not expect it."""
    tab = browser.page()
    yield tab
    errors = tab.errors
    tab.close()
    assert not errors


@pytest.fixture
def show(page: Page) -> Iterator[Callable[..., Stage]]:
    """``show(universe, **options)`` opens the page on a new stage and waits until the whole first scene is known."""
    with ExitStack() as stack:

        def shown(universe: Universe, *, screen: dict[str, Any] | None = None, **options: Any) -> Stage:
            stack.enter_context(universe)
            stage = stack.enter_context(Stage(universe, **options).running())
            page.open(stage.url, **(screen or {}))
            page.until("ninepixel.state === 'live' && ninepixel.universe !== null")
            stage.until_shown(page)
            return stage

        yield shown
        page.open("about:blank")  # or it would look for a stage that is gone


def small_universe(minds: int = 4, files: int = 12, seed: int = 5, **options: Any) -> Universe:
    """A world of 128 cells a side with a few bodies in it."""
    return Universe.from_survey(synthetic(seed=1, files=files), seed=seed, backend="cpu", minds=minds, **options)


@pytest.fixture
def make_universe() -> Callable[..., Universe]:
    """:func:`small_universe`, for tests, which cannot import this file."""
    return small_universe


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go."""
    return tmp_path
