"""Small runs: a few agents in small worlds, and a toy in place of a world that takes memory to play."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.experience import Group
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.life.senses import RETINA_BYTES

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {"hidden": 16, "envs": 16, "groups": 2, "ticks": 8, "epochs": 2, "minibatches": 2, "window": 64}


@pytest.fixture
def small() -> Settings:
    """Settings of a run whose updates take milliseconds."""
    return Settings(**SMALL)


@pytest.fixture
def meadow() -> Task:
    """Forage with four agents to a world, which ends every 40 ticks."""
    return TASKS["forage"].with_options(agents=4, horizon=40)


@pytest.fixture
def one_group(small: Settings, meadow: Task) -> Any:
    """One group of worlds."""
    group = Group(meadow, small, 0, 3, CPU)
    yield group
    group.close()


@pytest.fixture
def alone() -> Callable[[int], Crew]:
    """A crew of one thread."""
    return lambda groups: Crew(groups, 1)


class Toy:
    """In place of the vector environment: a life shows one of two signs in its first tick, and pays for it in its last.

    Lives last :attr:`LENGTH` ticks. In the first, byte 0 or byte 1 is bright; in the last, byte 2 is, and then the move 1 pays
    where byte 0 was bright, the move 2 where byte 1 was. Nothing else pays, so chance earns 1/9 a life, and who does not remember
    earns at most 1/2. Every other life dies at its end; the others run out of time.
    """

    LENGTH = 4

    def __init__(self, num_envs: int, task: Task, copy: bool = True, threads: int | None = None) -> None:
        self.num_envs = num_envs
        worlds = num_envs // task.agents
        seen = np.zeros((worlds, task.agents, RETINA_BYTES), np.uint8)
        # a tick of 0 says that worlds have only begun: they are not founded once more
        self.arena = SimpleNamespace(worlds=worlds, minds=task.agents, tick=0, task=task, seen=seen)
        self._seen = seen.reshape(num_envs, RETINA_BYTES)
        self._age, self._sign = np.zeros(num_envs, np.int32), np.zeros(num_envs, np.int64)
        self._over, self._returns = np.zeros(num_envs, np.bool_), np.zeros(num_envs, np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin all lives."""
        self._rng = np.random.default_rng(seed)
        self._begin(np.ones(self.num_envs, np.bool_))

    def step(self, actions: npt.NDArray[np.uint8]) -> tuple[Any, ...]:
        """One tick; who has ended begins anew instead, whatever it does."""
        begins = self._over
        last = (self._age == self.LENGTH - 1) & ~begins
        reward = (last & (actions[:, 0] == self._sign + 1)).astype(np.float32)
        self._age += ~begins
        self._returns += reward
        self._show()
        if begins.any():
            self._begin(begins)
        terminated = last & (self._sign == 0)
        self._over = last
        stats = {"return": self._returns.copy(), "length": self._age.copy()}
        infos = {
            "episode_stats": stats,
            "tick": self._age + 1,
            "achievements": np.zeros(self.num_envs, np.uint64),
        }
        return self._seen, reward, terminated, last & ~terminated, infos

    def _begin(self, who: npt.NDArray[np.bool_]) -> None:
        self._age[who], self._returns[who] = 0, 0
        self._sign[who] = self._rng.integers(0, 2, int(who.sum()))
        self._show()

    def _show(self) -> None:
        self._seen[:] = 0
        self._seen[:, 375:384] = 255  # every act is possible
        first = self._age == 0
        self._seen[:, 0], self._seen[:, 1] = (first & (self._sign == 0)) * 255, (first & (self._sign == 1)) * 255
        self._seen[:, 2] = (self._age == self.LENGTH - 1) * 255

    def close(self) -> None:
        """Nothing to let go."""


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> type[Toy]:
    """Worlds are toys."""
    monkeypatch.setattr("ninepixel.agents.learning.experience.MindsVectorEnv", Toy)
    return Toy
