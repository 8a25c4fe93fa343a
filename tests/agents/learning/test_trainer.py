"""A run that was kept goes on bit for bit as the one that was not interrupted; and only where it belongs."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from ninepixel.agents import MindsVectorEnv
from ninepixel.agents.learning.checkpoint import Checkpoint
from ninepixel.agents.learning.curves import NAMES
from ninepixel.agents.learning.keeping import restore_worlds, worlds_kept
from ninepixel.agents.learning.settings import BadSetting, Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.store.errors import Impossible
from ninepixel.world.thought.reference import FloatPolicy

#: Figures that a clock has a say in.
TIMED = ("seconds", "steps_per_s", "simulate", "infer", "learn")


def untimed(rows: list[dict[str, float]]) -> str:
    """All other figures, exactly, NaN being equal to NaN."""
    return repr([{name: value for name, value in row.items() if name not in TIMED} for row in rows])


@pytest.mark.parametrize("task", ["forage", "survive"])
@pytest.mark.parametrize("curiosity", [False, True])
def test_a_restored_run_is_the_run_that_was_not_interrupted(tmp_path: Path, small: Settings, task: str, curiosity: bool) -> None:
    """Weights, Adam, novelty, worlds, chance: after a hundred ticks with deaths, ends and staggered worlds nothing differs."""
    settings = replace(small, curiosity=curiosity)
    meadow = TASKS[task].with_options(agents=4, horizon=60)
    whole, first, second = (Trainer(meadow, settings, 7) for _ in range(3))
    for update in range(14):
        whole.update(update / 14)
    for update in range(6):
        first.update(update / 14)
    first.keep().save(tmp_path / "x.checkpoint")
    second.restore(Checkpoint.load(tmp_path / "x.checkpoint"))
    for update in range(6, 14):
        second.update(update / 14)
    ours, theirs = whole.keep(), second.keep()
    for trainer in (whole, first, second):
        trainer.close()
    assert untimed(whole.curves.rows) == untimed(second.curves.rows)
    assert ours.arrays.keys() == theirs.arrays.keys()
    for name, array in ours.arrays.items():
        if name != "curves.table":
            assert array.tobytes() == theirs.arrays[name].tobytes(), name
    assert {name: value for name, value in ours.meta.items() if name != "seconds"} == {
        name: value for name, value in theirs.meta.items() if name != "seconds"
    }
    assert whole.policy("x").hash == second.policy("x").hash


@pytest.fixture
def kept(meadow: Task, small: Settings) -> Any:
    """A trainer and what was kept of it."""
    trainer = Trainer(meadow, small, 1)
    trainer.update()
    yield trainer, trainer.keep()
    trainer.close()


def test_a_checkpoint_holds_copies(kept: tuple[Trainer, Checkpoint]) -> None:
    trainer, checkpoint = kept
    before = copy.deepcopy(checkpoint.arrays)
    trainer.update()
    changed = [name for name, array in checkpoint.arrays.items() if array.tobytes() != before[name].tobytes()]
    assert changed == []


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"seed": 2}, "its seed is 2, not 1"),
        ({"task": "ninepixel/Survive-v0"}, "its task is 'ninepixel/Survive-v0'"),
        ({"settings": {"hidden": 32}}, "its settings is"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(kept: tuple[Trainer, Checkpoint], meta: dict[str, Any], said: str) -> None:
    trainer, checkpoint = kept
    with pytest.raises(Impossible, match=said):
        trainer.restore(Checkpoint(checkpoint.meta | meta, checkpoint.arrays))


@pytest.mark.parametrize(
    "name", ["learner.network.gate.weight", "learner.adam.0.exp_avg", "group.1.worlds.energy", "group.0.chance"]
)
@pytest.mark.parametrize("change", [None, np.zeros(3, np.float32)])
def test_arrays_that_are_missing_or_others_are_named(
    kept: tuple[Trainer, Checkpoint], name: str, change: npt.NDArray[Any] | None
) -> None:
    trainer, checkpoint = kept
    arrays = {key: array for key, array in checkpoint.arrays.items() if key != name}
    if change is not None:
        arrays[name] = change
    with pytest.raises(Impossible, match=name.split(".", 2 if name.startswith("group") else 1)[-1].removeprefix("worlds.")):
        trainer.restore(Checkpoint(checkpoint.meta, arrays))


def test_worlds_that_do_not_get_where_they_were_are_noticed(meadow: Task) -> None:
    env = MindsVectorEnv(8, meadow, threads=1)
    env.reset(seed=1)
    kept = worlds_kept(env)
    kept["energy"] = kept["energy"].copy()
    kept["energy"][1, 2, 3, 4] += 1
    with pytest.raises(Impossible, match="its worlds are not those that were kept"):
        restore_worlds(env, kept)
    env.close()


def test_the_policy_expects_what_the_learner_expects(kept: tuple[Trainer, Checkpoint]) -> None:
    """Its value times its unit is what the learner's value is in units of reward."""
    trainer, _ = kept
    trainer.learner.units[0].moments.mean.fill_(3.0)
    policy = trainer.policy("test")
    seen = trainer.groups[0].rollout.seen[2].numpy()
    value = FloatPolicy(policy).think(seen, FloatPolicy(policy).memory(len(seen))).value * policy.manifest["value_scale"]
    from ninepixel.agents.learning.network import VALUE, step

    outputs, _ = step(trainer.learner.folded(), torch.from_numpy(seen), torch.zeros(len(seen), 16))
    np.testing.assert_allclose(value, trainer.learner.units[0].plain(outputs[VALUE]).numpy(), atol=1e-4)
    assert policy.manifest["settings"] == trainer.settings.plain()
    assert policy.manifest["steps"] == trainer.steps == 128
    assert policy.manifest["seed"] == 1


def test_figures_are_all_there_and_shares_add_up(kept: tuple[Trainer, Checkpoint]) -> None:
    trainer, _ = kept
    (row,) = trainer.curves.rows
    assert tuple(row) == NAMES
    assert row["simulate"] + row["infer"] + row["learn"] == pytest.approx(1)
    assert min(row["simulate"], row["infer"], row["learn"], row["steps_per_s"]) > 0


def test_the_rate_falls_with_progress(meadow: Task, small: Settings) -> None:
    trainer = Trainer(meadow, replace(small, rate=0.01, last_rate=0.1), 1)
    rates = [trainer.update(progress)["rate"] for progress in (0.0, 0.5, 1.0, 7.0)]
    trainer.close()
    assert rates == pytest.approx([0.01, 0.0055, 0.001, 0.001])


@pytest.mark.parametrize("envs", [24, 12])
def test_agents_that_make_no_whole_worlds_are_refused(envs: int, small: Settings) -> None:
    with pytest.raises(BadSetting, match="make it 16, or another multiple of 16"):
        Trainer(TASKS["forage"], replace(small, envs=envs))


def test_eggs_hatch_in_the_places_of_the_dead(small: Settings) -> None:
    trainer = Trainer(TASKS["universe"].with_options(agents=8), small)
    assert trainer.groups[0].env.arena.minds == 8
    assert trainer.task.id == "ninepixel/Universe-v0"
    trainer.close()
