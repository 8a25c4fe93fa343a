"""What can be chosen when an environment is made, read once and checked: the task's numbers, and how it is seen and acted in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninepixel.agents.envs.spaces import ACTIONS, OBSERVATIONS
from ninepixel.agents.tasks import BadOption, Task, task_named
from ninepixel.world.host.survey import Survey, SurveyError
from ninepixel.world.laws.lives import Role

#: Who the other minds of a single-agent environment are.
OTHERS = {"instinct": Role.INSTINCT, "random": Role.RANDOM, "still": Role.STILL, "none": Role.CLOSED}
RENDER_MODES = ("human", "rgb_array", "ansi")
RENDER_FPS = 30


@dataclass(frozen=True)
class Options:
    """The choices that all interfaces share.

    :param obs: ``"retina"``, ``"compact"`` or ``"pixels"``.
    :param actions: ``"multi"`` or ``"flat"`` (:mod:`ninepixel.agents.envs.spaces`).
    :param copy: True: observations and infos are new arrays at every call. False: they are the environment's own arrays, which
        the next call overwrites.
    :param state_hash: whether the infos of every step hold the state's digest, which costs more than the step.
    :param survey: a recorded host, None for the task's own.
    """

    task: Task
    obs: str = "retina"
    actions: str = "multi"
    copy: bool = True
    state_hash: bool = False
    render_mode: str | None = None
    survey: Survey | None = None

    @property
    def flat(self) -> bool:
        """Whether actions are single numbers."""
        return self.actions == "flat"


def read_options(
    task: str | Task,
    *,
    obs: str = "retina",
    actions: str = "multi",
    copy: bool = True,
    state_hash: bool = False,
    render_mode: str | None = None,
    host: str | os.PathLike[str] | Survey | None = None,
    **numbers: Any,
) -> Options:
    """Check everything at once.

    :param host: a survey, or the file of one, as the matter of every world.
    :param numbers: numbers of the task, see :class:`~ninepixel.agents.tasks.Task`.
    :raises BadOption: naming the option and what would do.
    """
    base = task_named(task) if isinstance(task, str) else task
    if not isinstance(base, Task):
        raise BadOption(f"task is the name of a task or a Task, not {task!r:.80}")
    chosen("obs", obs, OBSERVATIONS)
    chosen("actions", actions, ACTIONS)
    if render_mode is not None:
        chosen("render_mode", render_mode, RENDER_MODES)
    for name, value in (("copy", copy), ("state_hash", state_hash)):
        if not isinstance(value, bool):
            raise BadOption(f"option {name} is True or False, not {value!r:.80}")
    unwrapped = {name: int(value) if isinstance(value, np.integer) else value for name, value in numbers.items()}
    return Options(base.with_options(**unwrapped), obs, actions, copy, state_hash, render_mode, _survey(base, host))


def chosen(name: str, value: object, possible: tuple[str, ...]) -> None:
    """Refuse what is not possible.

    :raises BadOption: naming the option and its values.
    """
    if value not in possible:
        raise BadOption(f"option {name} is one of {', '.join(possible)}, not {value!r:.80}")


def check_seed(seed: Any) -> None:
    """Refuse what no universe can be founded from.

    :raises BadOption: when *seed* is neither None nor 64 bits.
    """
    if seed is None:
        return
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= int(seed) < 1 << 64:
        raise BadOption(f"seed is None or an integer from 0 to 2**64 - 1, not {seed!r:.80}")


def check_threads(threads: Any) -> None:
    """Refuse what is no number of threads.

    :raises BadOption: when *threads* is neither None nor at least 1.
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= 1024):
        raise BadOption(f"option threads is None (all cores) or an integer from 1 to 1024, not {threads!r:.80}")


def _survey(task: Task, host: Any) -> Survey | None:
    if host is None or isinstance(host, Survey):
        return host
    if not isinstance(host, (str, os.PathLike)):
        raise BadOption(f"option host of {task.name} is the file of a survey or a Survey, not {host!r:.80}")
    try:
        return Survey.load(host)
    except SurveyError as error:
        raise BadOption(f"option host of {task.name} needs a file that Survey.save wrote: {error}") from error
