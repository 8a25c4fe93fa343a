"""One agent, Gymnasium's ``Env``: slot 0 of one world, in which all others follow a chosen policy."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.base import Worlds
from ninepixel.agents.envs.observe import Observer
from ninepixel.agents.envs.options import OTHERS, RENDER_FPS, RENDER_MODES, check_seed, chosen, read_options
from ninepixel.agents.envs.spaces import action_space, deeds_of, mask_table, read_action
from ninepixel.agents.tasks import BadOption, Task
from ninepixel.world.laws.lives import ACTS, Role
from ninepixel.world.life.columns import DEEDS_HI, DEEDS_LO
from ninepixel.world.life.senses import AT

_MASK = slice(AT["mask"], AT["mask"] + ACTS)


class MindEnv(Worlds, gymnasium.Env[npt.NDArray[Any], Any]):
    """One mind in a world of others.

    ``reset()`` founds a new procedural world, ``reset(seed=s)`` the world of that seed. The episode terminates with the mind's
    death and is truncated at the task's horizon. Others that die are replaced, by an egg if one is ripe.

    ``info``: ``action_mask`` (int8, what ``action_space.sample(mask)`` takes), ``achievements`` (names, of this life),
    ``episode_stats`` (``return``, ``length``), ``seed`` (of the world), ``tick``; after a reset, at the end of an episode, and
    with ``state_hash=True`` always, ``state_hash``.

    :param task: its name, or the task itself.
    :param others: ``"instinct"``, ``"random"``, ``"still"``, or ``"none"`` for a world of one's own.
    :param options: see :func:`~ninepixel.agents.envs.options.read_options`; numbers of the task by name.
    :raises BadOption: for options that do not exist or cannot be.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": list(RENDER_MODES), "render_fps": RENDER_FPS}  # type: ignore[misc]
    _KEPT = ("_fallen", "_return", "_length", "_seed", "_bits", "_names")

    def __init__(self, task: str | Task = "forage", *, others: str = "instinct", **options: Any) -> None:
        chosen("others", others, tuple(OTHERS))
        self.options = read_options(task, **options)
        role, agents, spare = OTHERS[others], self.options.task.agents, self.options.task.spare
        empty = Role.CLOSED if others == "none" else Role.OPEN
        roles = [int(Role.GUEST)] + [int(role)] * (agents - 1) + [int(empty)] * spare
        self.arena = Arena(self.options.task, roles=roles, child_role=role, survey=self.options.survey)
        self.observer = Observer(self.options.obs, self.arena)
        self.observation_space: Any = self.observer.space
        self.action_space: Any = action_space(self.options.actions)
        self.render_mode = self.options.render_mode
        self._flat, self._copy, self._drawn = self.options.flat, self.options.copy, self.options.obs != "retina"
        self._table = mask_table(self.options.actions)
        self._actions = np.zeros((1, 1, 3), np.uint8)
        #: Slots of others that are replaced before the next tick; spare slots are not.
        self._fallen = np.zeros((1, self.arena.minds), np.bool_)
        self._replaced = np.zeros((1, self.arena.minds), np.bool_)
        self._replaced[0, 1:agents] = others != "none"
        self._return, self._length, self._seed, self._bits = 0.0, 0, 0, [0, 0]
        self._names: tuple[str, ...] = ()
        self._ready = self._closed = False
        self._bind()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Found a world. :param seed: of it and of the worlds after it.

        :raises BadOption: for a seed that is not 64 bits, or any option.
        """
        self._need_open()
        check_seed(seed)
        if options:
            raise BadOption(f"reset of {self.options.task.name} has no option {next(iter(options))!r}: it takes a seed alone")
        super().reset(seed=None if seed is None else int(seed))
        self._seed = int(self.np_random.integers(1 << 63)) if seed is None else int(seed)
        self.arena.reset(self._seed)
        self._return, self._length, self._bits, self._names = 0.0, 0, [0, 0], ()
        self._fallen[...] = False
        self._ready = True
        self._bind()
        if self.render_mode == "human":
            self._frame()
        return self._observation(), self._info(True)

    def step(self, action: Any) -> tuple[npt.NDArray[Any], float, bool, bool, dict[str, Any]]:
        """One tick.

        :raises InvalidAction: when *action* is none. Nothing has happened then.
        :raises ResetNeeded: before the first reset and after the end of an episode; ClosedEnvironmentError after close.
        """
        if not self._ready or self._closed:
            self._need_ready()
        read_action(action, self._flat, self._mine)
        arena, fallen = self.arena, self._fallen
        if np.count_nonzero(fallen):
            arena.replace(fallen)
        arena.step(self._actions)
        np.logical_and(arena.terminated, self._replaced, out=fallen)
        reward = arena.reward.item(0)
        terminated, truncated = arena.terminated.item(0), arena.truncated.item(0)
        self._return += reward
        self._length += 1
        over = terminated or truncated
        observation, info = self._observation(), self._info(over)
        if over:
            self._ready = False
        elif self.render_mode == "human":
            self._frame()
        return observation, reward, terminated, truncated, info

    def render(self) -> Any:
        """The whole world: uint8 (height, width, 3) for ``rgb_array``, text with colours for ``ansi``, painted for ``human``."""
        if self.render_mode is None:
            raise BadOption(f"render() needs an environment made with render_mode one of {', '.join(RENDER_MODES)}")
        return self._frame() if self._ready or self._closed else self._last_frame()

    def close(self) -> None:
        """Free what the environment holds; a second time does nothing."""
        self._shut()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _bind(self) -> None:
        self._mine = self._actions[0, 0]
        self._seen = self.observer.seen(self.arena)[0, 0]
        self._acts = self.arena.seen[0, 0, _MASK]
        self._deeds = self.arena.state.lives.block[0, DEEDS_LO : DEEDS_HI + 1, 0]

    def _observation(self) -> npt.NDArray[Any]:
        if self._drawn:
            self.observer.update(self.arena, 0, 1)
        seen: npt.NDArray[Any] = self._seen
        return seen.copy() if self._copy else seen

    def _info(self, hashed: bool) -> dict[str, Any]:
        bits = self._deeds.tolist()
        if bits != self._bits:
            self._bits, self._names = bits, deeds_of((bits[0] & 0xFFFFFFFF) | (bits[1] & 0xFFFFFFFF) << 32)
        info = {
            "action_mask": self._mask(),
            "achievements": self._names,
            "episode_stats": {"return": self._return, "length": self._length},
            "seed": self._seed,
            "tick": self.arena.state.tick,
        }
        if hashed or self.options.state_hash:
            info["state_hash"] = self.arena.state_hash()
        return info

    def _mask(self) -> Any:
        """Who is dead may still stay, rest and be silent, so that a sample can always be drawn."""
        able = self._acts & 1
        if not able[0]:  # one may always rest: nobody is there
            able[0] = 1
            ones = np.zeros(ACTS, np.int8)
            ones[0] = 1
        else:
            ones = np.ones(ACTS, np.int8)
        if self._flat:
            return able.view(np.int8)[self._table]
        return ones, able.view(np.int8), ones.copy()

    def _last_frame(self) -> Any:
        """After the end of an episode its last moment can still be seen."""
        if not self._length:
            self._need_ready()
        self._ready = True
        try:
            return self._frame()
        finally:
            self._ready = False
