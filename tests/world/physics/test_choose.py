"""A backend is chosen for a stated reason, and only when it gets the known answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import reference
from ninepixel.world.physics import choose
from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.cpu import CpuBackend
from ninepixel.world.physics.cpu import backend as phases
from ninepixel.world.state import State
from random_states import random_state


class Slow:
    """The reference as a backend."""

    name = "reference"
    detail = "plain Python"

    def step(self, state: State) -> None:
        reference.step(state)
        state.tick -= 1  # the clock is the universe's

    def pull(self, state: State) -> None: ...

    def push(self, state: State) -> None: ...

    def held(self, state: State) -> np.ndarray:
        return np.asarray([state.held()])

    def close(self) -> None: ...


def test_the_known_answer_is_that_of_the_reference() -> None:
    assert choose.self_test(Slow()) == choose.SELF_TEST_DIGEST


@pytest.fixture
def no_draws_kept() -> Iterator[None]:
    phases._draws_of.cache_clear()
    yield
    phases._draws_of.cache_clear()


def test_a_backend_with_another_answer_is_refused(monkeypatch: pytest.MonkeyPatch, no_draws_kept: None) -> None:
    monkeypatch.setattr(choose, "_passed", set())
    monkeypatch.setattr(phases, "affinity_matrix", lambda seed: np.zeros((3, 3), np.int32))
    with pytest.raises(BackendError, match="self-test"):
        choose.choose("cpu", random_state(np.random.default_rng(1), 10, 6))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(BackendError, match="tpu"):
        choose.choose("tpu", random_state(np.random.default_rng(1), 10, 6))


def test_auto_says_why() -> None:
    choice = choose.choose("auto", random_state(np.random.default_rng(1), 10, 6))
    assert isinstance(choice.backend, CpuBackend)
    assert "too few" in choice.why
