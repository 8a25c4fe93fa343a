"""Many agents as one native vector environment of Gymnasium: slot ``a`` of world ``w`` is environment ``w * agents + a``.

Agents of a world share it, so an agent that has died begins anew where the others live on: a ripe egg hatches in its slot, else a
founder comes. A world at its horizon is founded anew for all of its agents. When that happens is the autoreset mode's to say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.base import Worlds
from ninepixel.agents.envs.observe import Observer, tell_episodes, tell_masks
from ninepixel.agents.envs.options import RENDER_FPS, RENDER_MODES, check_seed, check_threads, read_options
from ninepixel.agents.envs.spaces import action_space, mask_table, read_actions
from ninepixel.agents.tasks import BadOption, Task, task_named
from ninepixel.world.life.columns import BEGAN

Bools = npt.NDArray[np.bool_]


class MindsVectorEnv(Worlds, VectorEnv[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]):
    """``num_envs`` agents in ``num_envs // agents`` worlds, world w founded from ``seed + w``.

    ``infos`` are arrays over the environments with their ``_name`` masks: ``action_mask`` (int8, moves, acts and words one after
    the other), ``achievements`` (uint64, a bit each: :func:`~ninepixel.agents.envs.spaces.deeds_of`), ``episode_stats``
    (``return``, ``length``), ``seed``, ``tick``, and with ``state_hash=True`` the digest of the env's world.

    With ``copy=False`` nothing is copied: observations, rewards, flags and infos are the environment's own arrays, which the next
    call overwrites. That is what benchmarks use; whoever keeps a rollout copies it into a buffer anyway.

    :param agents: of every world; the task's own number, or *num_envs* where that is less, when None.
    :param autoreset_mode: ``NEXT_STEP``, ``SAME_STEP`` (``final_obs`` and ``final_info`` in the infos) or ``DISABLED``
        (``reset(options={"reset_mask": ...})``).
    :param threads: how many threads step the worlds; all usable cores when None.
    :param options: see :func:`~ninepixel.agents.envs.options.read_options`; numbers of the task by name.
    :raises BadOption: for options that do not exist or cannot be.
    """

    _KEPT = ("_ended", "_returns", "_lengths", "_masks", "_deeds", "_seed")

    def __init__(
        self,
        num_envs: int = 1,
        task: str | Task = "forage",
        *,
        agents: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        threads: int | None = None,
        **options: Any,
    ) -> None:
        check_threads(threads)
        base = task_named(task) if isinstance(task, str) else task
        worlds, agents = _shape(num_envs, agents, base)
        if options.pop("spare", 0):
            raise BadOption("option spare is for parallel_env: here eggs hatch in the slots of the dead")
        self.options = read_options(task, agents=agents, spare=0, **options)
        self.autoreset_mode = _mode(autoreset_mode)
        self.metadata = {"render_modes": list(RENDER_MODES), "render_fps": RENDER_FPS, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self.options.render_mode
        self.num_envs = num_envs
        self.arena = Arena(self.options.task, worlds=worlds, threads=threads, survey=self.options.survey)
        self.observer = Observer(self.options.obs, self.arena)
        self.single_observation_space: Any = self.observer.space
        self.single_action_space: Any = action_space(self.options.actions)
        self.observation_space: Any = batch_space(self.single_observation_space, num_envs)
        self.action_space: Any = batch_space(self.single_action_space, num_envs)
        self._table = mask_table(self.options.actions)
        self._copy = self.options.copy
        shape = (worlds, agents)
        self._actions = np.zeros((*shape, 3), np.uint8)
        self._ended: Bools = np.zeros(shape, np.bool_)
        self._returns, self._lengths = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        self._masks, self._deeds = np.zeros((*shape, len(self._table)), np.int8), np.zeros(shape, np.uint64)
        self._given = np.ones(num_envs, np.bool_)
        self._out: npt.NDArray[Any] | None = None
        self._seed = 0
        self._ready = self._closed = False
        self._bind()

    # -- Gymnasium ----------------------------------------------------------------------------------------------------

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Found all worlds anew; or, with ``options={"reset_mask": mask}``, bool (num_envs,), let those of *mask* begin anew.

        :raises BadOption: for a bad seed or option, and for a mask that would have an agent begin anew in a world that others
            still live in.
        """
        self._need_open()
        check_seed(seed)
        unknown = set(options or ()) - {"reset_mask"}
        if unknown:
            raise BadOption(f"reset has no option {sorted(map(str, unknown))[0]!r}; it has reset_mask")
        if options and options.get("reset_mask") is not None:
            return self._reset_some(self._checked_mask(options["reset_mask"], seed))
        super().reset(seed=None if seed is None else int(seed))
        self._seed = int(self.np_random.integers(1 << 63)) if seed is None else int(seed)
        self.arena.reset(self._seed)
        self._ended[...] = self.arena.asleep[...] = self.arena.terminated[...] = self.arena.truncated[...] = False
        self._returns[...], self._lengths[...], self.arena.reward[...] = 0, 0, 0
        self._ready = True
        self._bind()
        self._show(np.ones(self.arena.worlds, np.bool_))
        return self._observations(), self._infos()

    def step(self, actions: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Bools, Bools, dict[str, Any]]:
        """One tick of all worlds. *actions*: integers (num_envs, 3), or (num_envs,) for flat ones.

        :raises InvalidAction: for actions of another shape, type or range. Nothing has happened then.
        :raises ResetNeeded: before the first reset; with ``DISABLED``, also while any agent waits for a reset.
        """
        if not self._ready or self._closed:
            self._need_ready()
        read_actions(actions, self.options.flat, self._actions)
        arena, ended = self.arena, self._ended
        if self.autoreset_mode is AutoresetMode.NEXT_STEP:
            if np.count_nonzero(ended):
                self._begin_anew(ended)
            np.copyto(arena.asleep, ended)
        elif np.count_nonzero(ended):  # DISABLED; with SAME_STEP nobody is left waiting
            waiting = int(np.flatnonzero(ended)[0])
            raise ResetNeeded(
                f"env {waiting} has ended: reset(options={{'reset_mask': mask}}) where terminated | truncated first"
            )
        if self._copy:
            self._out = np.empty_like(self.observer.seen(arena))
        arena.step(self._actions)
        np.logical_or(arena.terminated, arena.truncated, out=ended)
        rewards, terminated, truncated = (self._flat(a) for a in (arena.reward, arena.terminated, arena.truncated))
        final = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP and np.count_nonzero(ended):
            final = self._same_step()
        infos = self._infos()
        infos.update(final)
        return self._observations(), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """The world of every environment, a tuple of num_envs pictures; agents of one world share one."""
        if self.render_mode is None:
            raise BadOption(f"render() needs an environment made with render_mode one of {', '.join(RENDER_MODES)}")
        self._need_ready()
        if self.render_mode != "rgb_array":
            frame = self._frame()
            return None if frame is None else (frame,) * self.num_envs
        pictures = [self._picture(world) for world in range(self.arena.worlds)]
        return tuple(picture for picture in pictures for _ in range(self.arena.minds))

    def close_extras(self, **kwargs: Any) -> None:
        """Let the threads go."""
        self._shut()

    # -- beginning anew -----------------------------------------------------------------------------------------------

    def _begin_anew(self, ended: Bools) -> Bools:
        """Found the worlds that are at their horizon, fill the slots of the dead in the others. Returns which worlds changed."""
        arena = self.arena
        over = arena.truncated[:, 0]
        if np.count_nonzero(over):
            arena.found(over)
        dead = ended & ~over[:, None]
        if np.count_nonzero(dead):
            arena.replace(dead)
        changed: Bools = np.asarray(ended.any(axis=1))
        return changed

    def _same_step(self) -> dict[str, Any]:
        """The last words of those that ended, and their new beginnings."""
        ended, last = self._ended, self._flat(self._ended).copy()
        final_obs = np.full(self.num_envs, None, object)
        rows = self._flat(self.observer.seen(self.arena))[last]
        final_obs[last] = np.fromiter(rows, object, len(rows))  # no list of arrays: numpy would look into them
        final_info = self._infos(last, copied=True)
        changed = self._begin_anew(ended)
        self._returns[ended], self._lengths[ended] = 0, 0
        ended[...] = False
        self.arena.sense(changed)
        self._show(changed)
        return {"final_obs": final_obs, "_final_obs": last, "final_info": final_info, "_final_info": last.copy()}

    def _reset_some(self, mask: Bools) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        arena = self.arena
        over, living = arena.truncated[:, 0], arena.alive
        whole = mask.all(axis=1)
        anew = whole & (over | living.any(axis=1))
        stuck = mask & (living | over[:, None]) & ~anew[:, None]
        if stuck.any():
            env, world = int(np.flatnonzero(stuck)[0]), int(np.flatnonzero(stuck.any(axis=1))[0])
            why = "has reached its horizon" if over[world] else "goes on"
            raise BadOption(
                f"reset_mask holds env {env}, whose world {world} {why}: set all {arena.minds} of its agents, or not it"
            )
        arena.found(anew)
        arena.replace(mask & ~anew[:, None])
        self._ended[mask] = False
        arena.truncated[anew] = False
        arena.terminated[mask] = False
        self._returns[mask], self._lengths[mask] = 0, 0
        changed: Bools = np.asarray(mask.any(axis=1))
        arena.sense(changed)
        if self._copy:
            self._out = self.observer.seen(arena).copy()
        self._show(changed)
        return self._observations(), self._infos()

    def _checked_mask(self, mask: Any, seed: int | None) -> Bools:
        if not self._ready:
            raise ResetNeeded("call reset() without reset_mask first: there are no worlds yet")
        if seed is not None:
            raise BadOption("reset_mask goes without seed: the worlds stay those that they are")
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise BadOption(f"reset_mask is a bool array of shape ({self.num_envs},), not {_described(mask)}")
        if not mask.any():
            raise BadOption("reset_mask holds no True: there is nothing to reset")
        return mask.reshape(self._ended.shape)

    # -- showing ------------------------------------------------------------------------------------------------------

    def _bind(self) -> None:
        self.arena.after_band = self._after

    def _after(self, lo: int, hi: int) -> None:
        """What is told of worlds lo .. hi-1 after their tick."""
        arena = self.arena
        tell_episodes(lo, hi, arena.state.lives.block, arena.reward, arena.asleep, self._deeds, self._returns, self._lengths)
        self._show_band(lo, hi)

    def _show_band(self, lo: int, hi: int) -> None:
        arena = self.arena
        tell_masks(lo, hi, arena.seen, arena.state.lives.block, self._table, self._masks)
        self.observer.update(arena, lo, hi)
        if self._out is not None:
            self._out[lo:hi] = self.observer.seen(arena)[lo:hi]

    def _show(self, worlds: Bools) -> None:
        """Show the worlds of *worlds* as they are now, without a tick."""
        if self._copy and self._out is None:
            self._out = np.empty_like(self.observer.seen(self.arena))
        for lo, hi in np.flatnonzero(np.diff(worlds, prepend=False, append=False)).reshape(-1, 2).tolist():
            self._deeds[lo:hi][~self._lengths[lo:hi].astype(np.bool_)] = 0
            self._show_band(lo, hi)

    def _observations(self) -> npt.NDArray[Any]:
        """(num_envs, ...), once: the next call makes new ones."""
        out, self._out = self._out, None
        seen = self.observer.seen(self.arena) if out is None else out
        return seen.reshape(self.num_envs, *seen.shape[2:])

    def _flat(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(worlds, agents, ...) as (num_envs, ...), a copy unless it was asked for none."""
        flat = array.reshape(self.num_envs, *array.shape[2:])
        return flat.copy() if self._copy else flat

    def _infos(self, which: Bools | None = None, copied: bool = False) -> dict[str, Any]:
        """Of all environments, or of those of *which*: gymnasium's arrays with their masks."""
        arena, agents = self.arena, self.arena.minds
        given = self._given if which is None else which
        worlds = np.arange(arena.worlds, dtype=np.uint64) + np.uint64(self._seed)  # wraps at 2**64, as the seeds do
        ticks = arena.state.tick - arena.state.chronicle[:, BEGAN]
        stats = {"return": self._flat(self._returns), "length": self._flat(self._lengths)}
        infos: dict[str, Any] = {
            "action_mask": self._flat(self._masks),
            "achievements": self._flat(self._deeds),
            "seed": np.repeat(worlds, agents),
            "tick": np.repeat(ticks, agents),
        }
        if self.options.state_hash:
            hashes = np.asarray([arena.state_hash(world) for world in range(arena.worlds)], object)
            infos["state_hash"] = np.repeat(hashes, agents)
        if copied and not self._copy:
            infos, stats = ({name: array.copy() for name, array in part.items()} for part in (infos, stats))
        infos["episode_stats"] = stats | {f"_{name}": self._mask_of(given) for name in stats}
        return infos | {f"_{name}": self._mask_of(given) for name in infos}

    def _mask_of(self, given: Bools) -> Bools:
        return given.copy() if self._copy else given


def _shape(num_envs: Any, agents: Any, task: Task) -> tuple[int, int]:
    """Worlds, and agents of each."""
    for name, value in (("num_envs", num_envs), ("agents", agents)):
        if (name == "num_envs" or value is not None) and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise BadOption(f"{name} is an integer of at least 1, not {value!r:.80}")
    agents = min(task.agents, num_envs) if agents is None else agents
    if num_envs % agents:
        near = num_envs - num_envs % agents + agents
        raise BadOption(f"num_envs={num_envs} is no multiple of agents={agents}: make num_envs={near}, or agents a divisor of it")
    return num_envs // agents, agents


def _mode(mode: Any) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        known = ", ".join(m.value for m in AutoresetMode)
        raise BadOption(f"option autoreset_mode is one of {known}, not {mode!r:.80}") from None


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return type(value).__name__
