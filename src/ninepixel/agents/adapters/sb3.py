"""The native vector environment as Stable-Baselines3 has vector environments: ``SB3Minds(64)`` is 64 agents in 8 worlds.

Stable-Baselines3 keeps an interface of its own, from before Gymnasium had one. It begins ended episodes anew within the same
step; what was seen last comes as ``terminal_observation``, and whether time ran out (so that the value of that observation still
counts) as ``TimeLimit.truncated``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

try:
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env.base_vec_env import VecEnv
except ImportError as error:
    raise ImportError("SB3Minds needs Stable-Baselines3: pip install stable-baselines3") from error

from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.tasks import BadOption, Task


class SB3Minds(VecEnv):
    """Many agents for Stable-Baselines3.

    ``infos[i]`` is empty until an episode ends; then it holds ``terminal_observation``, ``TimeLimit.truncated``, ``achievements``
    (uint64, a bit each) and ``episode`` (``r`` the return, ``l`` the length), as ``VecMonitor`` would have it. ``action_masks``
    is there for sb3-contrib's ``MaskablePPO``.

    :param num_envs: agents; a multiple of the agents of a world.
    :param task: its name, or the task itself.
    :param options: see :class:`~ninepixel.agents.envs.vector.MindsVectorEnv`. ``obs="compact"`` is the default here, for the
        networks of ``MlpPolicy`` take bytes as they are, 0 to 255.
    :raises BadOption: for options that do not exist or cannot be, ``copy=False`` and ``autoreset_mode`` among them.
    """

    def __init__(self, num_envs: int = 8, task: str | Task = "forage", *, obs: str = "compact", **options: Any) -> None:
        if "autoreset_mode" in options:
            raise BadOption("option autoreset_mode is not for SB3Minds: Stable-Baselines3 knows SAME_STEP alone")
        if not options.get("copy", True):
            raise BadOption("option copy is True for SB3Minds: Stable-Baselines3 keeps an observation while the next is made")
        self.minds = MindsVectorEnv(num_envs, task, obs=obs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._masks: npt.NDArray[np.bool_] = np.ones((num_envs, len(self.minds._table)), np.bool_)
        self._actions: npt.NDArray[Any] = np.zeros(0, np.int64)
        super().__init__(num_envs, self.minds.single_observation_space, self.minds.single_action_space)

    # -- acting -------------------------------------------------------------------------------------------------------

    def reset(self) -> Any:
        """Found all worlds anew, from the seed that :meth:`seed` was given last. Returns observations (num_envs, ...)."""
        observations, infos = self.minds.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        self._masks = infos["action_mask"] != 0
        self.reset_infos = [{"seed": int(seed)} for seed in infos["seed"]]
        return observations

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Take the actions of the next tick: (num_envs, 3), or (num_envs,) for flat ones."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, npt.NDArray[Any], npt.NDArray[Any], list[dict[str, Any]]]:
        """One tick: observations, rewards, dones, infos."""
        observations, rewards, terminated, truncated, told = self.minds.step(self._actions)
        self._masks = told["action_mask"] != 0
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if dones.any():
            last, stats = told["final_info"], told["final_info"]["episode_stats"]
            for env in np.flatnonzero(dones).tolist():
                infos[env] = {
                    "terminal_observation": told["final_obs"][env],
                    "TimeLimit.truncated": bool(truncated[env] and not terminated[env]),
                    "achievements": int(last["achievements"][env]),
                    "episode": {"r": float(stats["return"][env]), "l": int(stats["length"][env])},
                }
        return observations, rewards, dones, infos

    def close(self) -> None:
        """Let the threads go; a second time does nothing."""
        self.minds.close()

    # -- what Stable-Baselines3 asks of single environments -------------------------------------------------------------

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute for each of *indices*; all agents share them but for ``action_masks``."""
        chosen = list(self._get_indices(indices))
        if attr_name == "action_masks":
            return [lambda env=env: self._masks[env] for env in chosen]
        return [getattr(self.minds, attr_name)] * len(chosen)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Agents are no objects that could hold attributes.

        :raises AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: options are chosen when SB3Minds is made")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call a method for each of *indices*: ``action_masks``, bool (n,), is what can have an effect now.

        :raises AttributeError: for all others but ``render``, which paints the first world once.
        """
        if method_name == "render":
            return [self.minds.render()]
        if method_name != "action_masks":
            raise AttributeError(f"agents have no method {method_name}; there are action_masks and render")
        return [mask() for mask in self.get_attr(method_name, indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """Nothing is wrapped; but episodes are told as ``Monitor`` tells them, so that ``evaluate_policy`` need not warn."""
        return [wrapper_class is Monitor] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[npt.NDArray[Any] | None]:
        """A picture of every world, when made with ``render_mode="rgb_array"``."""
        pictures = self.minds.render() or ()
        return pictures[:: self.minds.arena.minds]
