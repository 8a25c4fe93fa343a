"""A piece of work: which worlds, from which state on, by which policy, for how long; and what comes of it.

Acting by an integer policy is a function of all that :class:`Work` names, the same on every machine. So whoever has the same
worlds can do a piece of work again, and see whether what somebody says of it is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.tasks import OPTIONS, TASKS, BadOption, Task
from ninepixel.world.thought.artefact import HASH_BYTES

#: Agents of a piece of work, its ticks, and both multiplied.
MOST_AGENTS, MOST_TICKS, MOST_STEPS = 1 << 16, 1 << 12, 1 << 22
MARK_BYTES = HASH_BYTES


class BadWork(ValueError):
    """Work that cannot be done, or a result that cannot be one; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Work:
    """One rollout of some worlds.

    :param task: its id. :param options: numbers of the task that are not its own.
    :param agents: in all worlds together. :param seed: of the first world.
    :param founded: uint8, a bit for every world: those that are founded once more before the first tick.
    :param tick: ticks of the worlds before the first one. :param ticks: how many there are to be.
    :param start: what :func:`~ninepixel.agents.rollouts.standing.mark` says before the first tick, those worlds founded.
    :param policy: hash of the policy. :param dice: seed of its dice.
    """

    task: str
    options: dict[str, int]
    agents: int
    seed: int
    founded: bytes
    tick: int
    ticks: int
    start: bytes
    policy: bytes
    dice: int

    @property
    def steps(self) -> int:
        """Agent-steps of the whole."""
        return self.agents * self.ticks

    def check(self) -> Task:
        """The task, when this can be done at all.

        :raises BadWork: when it cannot.
        """
        named = {task.id: task for task in TASKS.values()}.get(self.task)
        if named is None:
            raise BadWork(f"there is no task {self.task!r:.80} here: take the release that the learner has")
        try:
            task = named.with_options(**self.options)
        except BadOption as error:
            raise BadWork(f"its task cannot be: {error}") from None
        if not 0 < self.agents <= MOST_AGENTS or not 0 < self.ticks <= MOST_TICKS or self.steps > MOST_STEPS:
            raise BadWork(f"{self.agents} agents for {self.ticks} ticks are no piece of work: at most {MOST_STEPS} steps")
        if self.agents % task.agents:
            raise BadWork(f"its {self.agents} agents make no whole worlds of {task.agents}")
        if len(self.founded) != -(-(self.agents // task.agents) // 8):
            raise BadWork(
                f"it says of {8 * len(self.founded)} worlds whether they are founded, and has {self.agents // task.agents}"
            )
        return task


@dataclass(frozen=True, slots=True)
class Result:
    """What somebody says came of it.

    :ivar actions: uint8 (ticks, agents, 3), each below 9.
    :ivar sums: float32 (agents,): sums of rewards, added up tick by tick.
    :ivar mark: of the worlds after the last tick.
    """

    actions: npt.NDArray[np.uint8]
    sums: npt.NDArray[np.float32]
    mark: bytes


def options_of(task: Task) -> dict[str, int]:
    """The numbers of *task* that are not those of the registered one.

    :raises BadWork: when it differs in something that cannot be told.
    """
    named = {known.id: known for known in TASKS.values()}.get(task.id)
    found: dict[str, Any] = (
        {} if named is None else {n: getattr(task, n) for n in OPTIONS if getattr(task, n) != getattr(named, n)}
    )
    if named is None or named.with_options(**found) != task:
        raise BadWork(
            f"{task.id} is another task here than the one that nodes know: nodes can only lend to the tasks as they are"
        )
    return found
