"""What a run is made of, as plain arrays by name, and back: worlds as they stand, memories, weights, moments, chance.

Everything is written into the arrays of a run that was made anew with the same settings and seed, so that a checkpoint of another
kind of run cannot become part of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ninepixel.agents.envs.base import Snapshot
from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.learning.experience import Group
from ninepixel.agents.learning.ppo import Learner
from ninepixel.agents.learning.returns import Moments
from ninepixel.world.store.errors import Impossible

Arrays = dict[str, npt.NDArray[Any]]


def worlds_kept(env: MindsVectorEnv) -> Arrays:
    """Everything that decides what becomes of an environment, beside its options and its seed."""
    snapshot = env.snapshot()
    tick = np.asarray([snapshot.arena.state.tick], np.int64)
    return _places(snapshot) | {"tick": tick, "digest": _digest(env)}


def restore_worlds(env: MindsVectorEnv, kept: Mapping[str, npt.NDArray[Any]]) -> None:
    """Bring an environment, made alike and reset with the same seed, to where :func:`worlds_kept` found the other.

    :raises Impossible: when it does not get there.
    """
    snapshot = env.snapshot()
    for name, place in _places(snapshot).items():
        _put(name, place, kept)
    snapshot.arena.state.tick = int(_taken("tick", kept, np.dtype(np.int64), (1,))[0])
    env.restore(snapshot)
    if not np.array_equal(_digest(env), _taken("digest", kept, np.dtype(np.uint8), (16,))):
        raise Impossible("its worlds are not those that were kept: it was written by another release")


def group_kept(group: Group) -> Arrays:
    """A group: its worlds, what its agents remember, its chance."""
    own = {"memory": group.memory.cpu().numpy(), "over": group.over, "fresh": group.fresh}
    return {f"worlds.{name}": array for name, array in worlds_kept(group.env).items()} | own | _chance(group.generator)


def restore_group(group: Group, kept: Mapping[str, npt.NDArray[Any]]) -> None:
    """The inverse of :func:`group_kept`.

    :raises Impossible: when it is of another kind of group.
    """
    restore_worlds(group.env, below("worlds.", kept))
    group.memory.copy_(torch.from_numpy(_taken("memory", kept, np.dtype(np.float32), tuple(group.memory.shape))))
    group.over, group.fresh = (_taken(name, kept, np.dtype(np.bool_), group.over.shape).copy() for name in ("over", "fresh"))
    _restore_chance(group.generator, kept)


def learner_kept(learner: Learner) -> Arrays:
    """A learner: weights, Adam's moments, curiosity, units of value, the gradient's noise, its chance."""
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in _tensors(learner).items()}
    return tensors | {"numbers": _numbers(learner)} | _chance(learner.generator)


@torch.no_grad()
def restore_learner(learner: Learner, kept: Mapping[str, npt.NDArray[Any]]) -> None:
    """The inverse of :func:`learner_kept`.

    :raises Impossible: when it is of another kind of learner.
    """
    for name, tensor in _tensors(learner).items():
        array = _taken(name, kept, np.dtype(str(tensor.dtype).removeprefix("torch.")), tuple(tensor.shape))
        tensor.copy_(torch.from_numpy(array.copy()))
    numbers = _taken("numbers", kept, np.dtype(np.float64), _numbers(learner).shape).tolist()
    for moments, count in zip(_moments(learner).values(), numbers, strict=False):
        moments.count = count
    learner.noise.spread, learner.noise.length, learner.noise.weight = numbers[-6:-3]
    learner.updates, learner.skipped, learner.skipped_on_end = map(int, numbers[-3:])
    _restore_chance(learner.generator, kept)


def below(prefix: str, kept: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    """What is named after *prefix*, without it."""
    return {name.removeprefix(prefix): array for name, array in kept.items() if name.startswith(prefix)}


# -- where everything lies ---------------------------------------------------------------------------------------------


def _places(snapshot: Snapshot) -> Arrays:
    """The arrays of an environment that change, by name."""
    arena = snapshot.arena
    state = arena.state
    found: Arrays = {"energy": state.energy, "known": state.known, "chronicle": state.chronicle, "ledger": state.ledger.totals}
    for name, table in state.tables.items():
        for part in ("block", "count", "row_of", "index_of", "generation", "free_head", "next_index"):
            found[f"{name}.{part}"] = getattr(table, part)
    for name in ("reward", "terminated", "truncated", "fresh", "asleep", "_before", "seen"):
        found[f"arena.{name}"] = getattr(arena, name)
    return found | {f"env.{name}": value for name, value in snapshot.rest.items() if isinstance(value, np.ndarray)}


def _tensors(learner: Learner) -> dict[str, Tensor]:
    """The tensors of a learner that change, by name."""
    found = {f"network.{name}": tensor for name, tensor in learner.network.state_dict().items()}
    if learner.curiosity is not None:
        found |= {f"novelty.{name}": tensor for name, tensor in learner.curiosity.state_dict().items()}
        found["novelty.running"] = learner.curiosity.running
    for name, optimiser, parameters in (
        ("adam", learner.optimiser, learner.parameters),
        ("predictor", learner.predictor_optimiser, learner.predictor),
    ):
        for number, parameter in enumerate(parameters):
            found |= {f"{name}.{number}.{part}": tensor for part, tensor in optimiser.state[parameter].items()}
    for name, moments in _moments(learner).items():
        found |= {f"{name}.mean": moments.mean, f"{name}.variance": moments.variance}
    return found


def _moments(learner: Learner) -> dict[str, Moments]:
    found = {f"unit.{number}": unit.moments for number, unit in enumerate(learner.units)}
    if learner.curiosity is not None:
        found |= {"novelty.sensed": learner.curiosity.sensed, "novelty.sums": learner.curiosity.sums}
    return found


def _numbers(learner: Learner) -> npt.NDArray[np.float64]:
    """What is no tensor."""
    noise = learner.noise
    counts = [moments.count for moments in _moments(learner).values()]
    own = [noise.spread, noise.length, noise.weight, learner.updates, learner.skipped, learner.skipped_on_end]
    return np.asarray([*counts, *own], np.float64)


def _chance(generator: torch.Generator) -> Arrays:
    return {"chance": generator.get_state().numpy()}


def _restore_chance(generator: torch.Generator, kept: Mapping[str, npt.NDArray[Any]]) -> None:
    array = _taken("chance", kept, np.dtype(np.uint8), tuple(generator.get_state().shape))
    generator.set_state(torch.from_numpy(array.copy()))


def _digest(env: MindsVectorEnv) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(env.state_hash()), np.uint8)


def _put(name: str, place: npt.NDArray[Any], kept: Mapping[str, npt.NDArray[Any]]) -> None:
    place[...] = _taken(name, kept, place.dtype, place.shape)


def _taken(name: str, kept: Mapping[str, npt.NDArray[Any]], dtype: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """One array of what was kept.

    :raises Impossible: when there is none of that name, type and shape.
    """
    array = kept.get(name)
    if array is None or array.dtype != dtype or array.shape != shape:
        found = "is missing" if array is None else f"is {array.dtype} of shape {array.shape}, not {dtype} of shape {shape}"
        raise Impossible(f"its {name} {found}: it is of another kind of run")
    return array
