"""Many agents of one world as PettingZoo has them: ``parallel_env``, and through its own conversions ``raw_env`` and ``env``.

``possible_agents`` are all slots of minds, ``mind_0`` and on. Death ends a name for ever (until the next reset); an egg that
hatches makes one that was not there before appear, as long as the task has ``spare`` slots.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import InvalidAction
from gymnasium.utils import seeding

try:
    from pettingzoo import ParallelEnv
    from pettingzoo.utils.conversions import parallel_to_aec
    from pettingzoo.utils.wrappers import OrderEnforcingWrapper
except ImportError as error:
    raise ImportError("parallel_env, env and raw_env need PettingZoo: pip install 'ninepixel[envs]'") from error

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.base import Worlds
from ninepixel.agents.envs.observe import Observer, tell_masks
from ninepixel.agents.envs.options import RENDER_FPS, RENDER_MODES, check_seed, read_options
from ninepixel.agents.envs.spaces import action_space, deeds_of, mask_table, read_actions
from ninepixel.agents.tasks import BadOption, Task
from ninepixel.world.laws.lives import ACTS, MOVES
from ninepixel.world.life.columns import BODY, DEEDS_HI, DEEDS_LO
from ninepixel.world.life.senses import AT, RETINA_BYTES

_MASK = slice(AT["mask"], AT["mask"] + ACTS)
Reset = tuple[dict[str, Any], dict[str, Any]]
Step = tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]


class MindsParallelEnv(Worlds, ParallelEnv[str, npt.NDArray[Any], Any]):  # type: ignore[misc]
    """All agents of one world at once.

    Every agent's info holds ``action_mask`` (what ``action_space(agent).sample(mask)`` takes), ``seed`` and ``tick``; after a
    reset and at its end also ``achievements`` and ``episode_stats`` (``return``, ``length``), with ``state_hash=True``
    always ``state_hash``. The last observation of who has died is the last that it had; with ``copy=False`` it is zero.

    :param max_cycles: another name for the task's horizon, as PettingZoo calls it.
    :param options: see :func:`~ninepixel.agents.envs.options.read_options`; numbers of the task by name.
    :raises BadOption: for options that do not exist or cannot be.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "ninepixel_v0",
        "render_modes": list(RENDER_MODES),
        "render_fps": RENDER_FPS,
        "is_parallelizable": True,
    }
    _KEPT = ("agents", "_slots", "_returns", "_born", "_seed", "_sight")

    def __init__(self, task: str | Task = "forage", *, max_cycles: int | None = None, **options: Any) -> None:
        if max_cycles is not None:
            if "horizon" in options:
                raise BadOption("max_cycles and horizon are one option: give one of them")
            options["horizon"] = max_cycles
        self.options = read_options(task, **options)
        named = self.options.task
        self.metadata = type(self).metadata | {"name": f"ninepixel_{named.name}_v{named.version}"}  # type: ignore[misc]
        self.render_mode = self.options.render_mode
        self.arena = Arena(named, survey=self.options.survey)
        self.observer = Observer(self.options.obs, self.arena)
        minds = self.arena.minds
        self.possible_agents = [f"mind_{slot}" for slot in range(minds)]
        self._slot_of = {name: slot for slot, name in enumerate(self.possible_agents)}
        self._observation_spaces = dict.fromkeys(self.possible_agents, self.observer.space)
        self._action_spaces = {name: action_space(self.options.actions) for name in self.possible_agents}
        self.state_space = spaces.Box(0, 255, (minds, RETINA_BYTES), np.uint8)
        self._table = mask_table(self.options.actions)
        self._actions, self._given = np.zeros((1, minds, 3), np.uint8), np.zeros((minds, 3), np.uint8)
        self._returns, self._born = np.zeros(minds, np.float64), np.zeros(minds, np.int64)
        self._slots: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._sight: npt.NDArray[Any] | None = None
        self._np_random: np.random.Generator | None = None
        self._calm_names, self._calm = list[str](), dict[str, bool]()
        self._seed = 0
        self.agents: list[str] = []
        self._ready = self._closed = False

    # -- PettingZoo ---------------------------------------------------------------------------------------------------

    def observation_space(self, agent: str) -> Any:
        """The space of an agent's observations, always the same object."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The space of an agent's actions, one of its own."""
        return self._action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Reset:
        """Found the world of *seed*, or a new one. *options* are for wrappers; the world has none.

        :raises BadOption: for a seed that is not 64 bits.
        """
        self._need_open()
        check_seed(seed)
        if seed is not None or self._np_random is None:
            self._np_random, _ = seeding.np_random(None if seed is None else int(seed))
        self._seed = int(self._np_random.integers(1 << 63)) if seed is None else int(seed)
        self.arena.reset(self._seed)
        self._returns[...], self._born[...] = 0, 0
        self._slots = np.flatnonzero(self.arena.alive[0])
        self.agents = [self.possible_agents[slot] for slot in self._slots]
        self._ready, self._sight = True, None
        observations = self._observations(self.agents, self._slots)
        if self.render_mode == "human":
            self._frame()
        return observations, self._infos(self.agents, self._slots, np.ones(len(self._slots), np.bool_))

    def step(self, actions: dict[str, Any]) -> Step:
        """One tick. *actions*: one for every agent that lives.

        :raises InvalidAction: when an action is missing, is for somebody who does not live, or is none. Nothing has happened.
        :raises ResetNeeded: before the first reset and when nobody is left.
        """
        if not self._ready or self._closed:
            self._need_ready()
        names, slots, arena = self.agents, self._slots, self.arena
        self._read(actions)
        arena.step(self._actions)
        ended = arena.terminated[0] | arena.truncated[0]
        born = np.flatnonzero(arena.alive[0])
        if len(born) != len(slots) or not np.array_equal(born, slots):
            born = np.setdiff1d(born, slots)
            if len(born):
                self._born[born], self._returns[born] = arena.tick - 1, 0
                slots = np.concatenate([slots, born])
                names = names + [self.possible_agents[slot] for slot in born]
        over, rewards = ended[slots], arena.reward[0, slots]
        self._returns[slots] += rewards
        observations = self._observations(names, slots)
        if over.any():
            terminations = dict(zip(names, arena.terminated[0, slots].tolist(), strict=True))
            truncations = dict(zip(names, arena.truncated[0, slots].tolist(), strict=True))
        else:
            if len(self._calm) != len(names) or names is not self._calm_names:
                self._calm_names, self._calm = names, dict.fromkeys(names, False)
            terminations, truncations = self._calm.copy(), self._calm.copy()  # far quicker than to hash every name again
        infos = self._infos(names, slots, over)
        self._slots = np.sort(slots[~over]) if len(slots) != len(self._slots) or over.any() else slots
        if self._slots is not slots:
            self.agents = [self.possible_agents[slot] for slot in self._slots]
        if not self.agents:
            self._ready = False
        if self.render_mode == "human" and self._ready:
            self._frame()
        return observations, dict(zip(names, rewards.tolist(), strict=True)), terminations, truncations, infos

    def state(self) -> npt.NDArray[np.uint8]:
        """What all minds together sense: uint8 (minds, RETINA_BYTES), whatever each is shown."""
        self._need_open()
        seen: npt.NDArray[np.uint8] = self.arena.seen[0].copy()
        return seen

    def render(self) -> Any:
        """The whole world: uint8 (height, width, 3) for ``rgb_array``, text with colours for ``ansi``, painted for ``human``."""
        if self.render_mode is None:
            raise BadOption(f"render() needs an environment made with render_mode one of {', '.join(RENDER_MODES)}")
        return self._frame()

    def close(self) -> None:
        """Free what the environment holds; a second time does nothing."""
        self._shut()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _bind(self) -> None:
        """Arrays are looked up at every step: there is nothing to take hold of."""

    def _read(self, actions: dict[str, Any]) -> None:
        names = self.agents
        try:
            given = [actions[name] for name in names]
        except (KeyError, TypeError, IndexError):
            raise InvalidAction(self._what_is_wrong(actions)) from None
        if len(actions) != len(names):
            raise InvalidAction(self._what_is_wrong(actions))
        try:
            array = np.array(given) if self.options.flat else _joined(given)
            into = self._given[: len(names)]
            read_actions(array, self.options.flat, into, "actions")
        except (ValueError, InvalidAction):
            self._blame(given)
            raise
        self._actions[0, self._slots] = into

    def _what_is_wrong(self, actions: Any) -> str:
        if not isinstance(actions, dict):
            return f"actions is a dict with an action for every living agent, not a {type(actions).__name__}"
        for name in actions:
            if name not in self._slot_of:
                return f"actions holds {name!r}, but there is no such agent: they are mind_0 to mind_{self.arena.minds - 1}"
            if name not in self.agents:
                return f"actions holds {name!r}, who does not live: give actions for env.agents alone"
        missing = next(name for name in self.agents if name not in actions)
        return f"actions holds none for {missing}: every agent of env.agents needs one"

    def _blame(self, given: list[Any]) -> None:
        """Say whose action is none."""
        one = np.zeros((1, 3), np.uint8)
        for name, action in zip(self.agents, given, strict=True):
            try:
                read_actions([action], self.options.flat, one, f"actions[{name!r}], as a list of one,")
            except InvalidAction as wrong:
                raise InvalidAction(f"action of {name}: {wrong}") from None

    def _observations(self, names: list[str], slots: npt.NDArray[np.intp]) -> dict[str, npt.NDArray[Any]]:
        arena = self.arena
        self.observer.update(arena, 0, 1)
        seen = self.observer.seen(arena)[0]
        if self.options.copy:
            seen, before = seen.copy(), self._sight
            if before is not None and arena.terminated[0].any():
                dead = np.flatnonzero(arena.terminated[0])
                seen[dead] = before[dead]
            self._sight = seen
        whole = len(slots) == len(seen)
        return dict(zip(names, seen if whole else [seen[slot] for slot in slots.tolist()], strict=True))

    def _infos(self, names: list[str], slots: npt.NDArray[np.intp], full: npt.NDArray[np.bool_]) -> dict[str, Any]:
        arena = self.arena
        seed, tick = self._seed, arena.tick
        infos: dict[str, Any] = {
            name: {"action_mask": mask, "seed": seed, "tick": tick} for name, mask in zip(names, self._masks(slots), strict=True)
        }
        if full.any():
            deeds = arena.state.lives.block[0, DEEDS_LO : DEEDS_HI + 1].view(np.uint32)
            for i in np.flatnonzero(full).tolist():
                slot = int(slots[i])
                stats = {"return": float(self._returns[slot]), "length": tick - int(self._born[slot])}
                names_of = deeds_of(int(deeds[0, slot]) | int(deeds[1, slot]) << 32)
                infos[names[i]].update(achievements=names_of, episode_stats=stats)
        if self.options.state_hash:
            name = arena.state_hash()
            for info in infos.values():
                info["state_hash"] = name
        return infos

    def _masks(self, slots: npt.NDArray[np.intp]) -> Any:
        """What can have an effect, of each of *slots*: an int8 array, or three of them."""
        lives = self.arena.state.lives.block
        if not self.options.flat and (lives[0, BODY, slots] >= 0).all():  # moves and words are free to all who live
            acts = (self.arena.seen[0, :, _MASK] & 1).view(np.int8)
            free = np.ones(MOVES, np.int8)
            free.flags.writeable = False  # everybody has the same
            return zip(repeat(free, len(slots)), acts if len(slots) == len(acts) else acts[slots], repeat(free), strict=False)
        masks = np.empty((1, self.arena.minds, len(self._table)), np.int8)
        tell_masks(0, 1, self.arena.seen, lives, self._table, masks)
        mine = masks[0, slots]
        if self.options.flat:
            return mine
        return zip(mine[:, :MOVES], mine[:, MOVES : MOVES + ACTS], mine[:, MOVES + ACTS :], strict=True)


def _joined(given: list[Any]) -> npt.NDArray[Any]:
    """``np.array(given)``, in half the time where it is what it should be: arrays of three numbers of one type."""
    try:
        dtypes = {action.dtype for action in given}
        if len(dtypes) == 1 and set(map(len, given)) == {3}:
            return np.frombuffer(b"".join(given), dtypes.pop()).reshape(len(given), 3)
    except (AttributeError, TypeError, ValueError, BufferError):
        pass  # lists, or something that is no action
    return np.array(given)


def parallel_env(task: str | Task = "forage", **options: Any) -> MindsParallelEnv:
    """All agents of one world at once: :class:`MindsParallelEnv`."""
    return MindsParallelEnv(task, **options)


def raw_env(task: str | Task = "forage", **options: Any) -> Any:
    """The agents one after the other (AEC), the world stepping when the last has acted."""
    return parallel_to_aec(MindsParallelEnv(task, **options)).env


def env(task: str | Task = "forage", **options: Any) -> Any:
    """:func:`raw_env` that says in which order its methods are called."""
    return OrderEnforcingWrapper(raw_env(task, **options))
