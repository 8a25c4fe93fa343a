"""Ablations take away what they say, no more, and what is written is blind to it as well."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from ninepixel.agents.envs.spaces import CELL_PIXELS, VIEW, VIEW_CELLS
from ninepixel.agents.envs.vector import MindsVectorEnv
from ninepixel.agents.learning.network import Network, sees
from ninepixel.agents.learning.pixels import MASKS, PixelMinds, cells_of
from ninepixel.agents.learning.settings import PICTURE, BadSetting, Settings
from ninepixel.agents.learning.train import Plan, Watch, train
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.score import live
from ninepixel.agents.tasks import Task
from ninepixel.world.life.senses import AT, RETINA_BYTES
from ninepixel.world.store.errors import Impossible
from ninepixel.world.thought.reference import FloatPolicy
from ninepixel.world.thought.shape import Shape

GENOME = slice(AT["genome"], AT["genome"] + 9)
#: Figures that depend on everything that is learned.
LEARNED = ("steps", "return", "policy_loss", "value_loss", "gradient", "entropy_move")


def updated(task: Task, settings: Settings, updates: int = 2) -> Trainer:
    trainer = Trainer(task, settings, 1, threads=1)
    for _ in range(updates):
        trainer.update()
    return trainer


def test_without_homeostasis_the_drive_does_not_pay_and_all_else_does(small: Settings, meadow: Task) -> None:
    trainer = Trainer(meadow, replace(small, homeostasis=False), threads=1)
    try:
        assert trainer.task.weights == replace(meadow.weights, drive=0.0)
        assert {group.env.arena.task.weights.drive for group in trainer.groups} == {0.0}
        assert trainer.task.id == meadow.id
    finally:
        trainer.close()


def test_a_policy_without_genome_decides_alike_whatever_the_genome(small: Settings, meadow: Task) -> None:
    trainer = updated(meadow, replace(small, genome=False))
    try:
        arrays = trainer.policy("test").arrays["encode.weight"]
        assert not arrays[:, GENOME].any()
        assert np.delete(arrays, np.r_[GENOME], axis=1).all()
        policy = FloatPolicy(trainer.policy("test"))
        seen = np.random.default_rng(0).integers(0, 256, (4, RETINA_BYTES), np.uint8)
        other = seen.copy()
        other[:, GENOME] = 255 - other[:, GENOME]
        assert np.array_equal(policy.think(seen, policy.memory(4)).logits, policy.think(other, policy.memory(4)).logits)
    finally:
        trainer.close()


def test_blindness_is_no_part_of_a_checkpoint_and_changes_nothing_for_those_who_see(small: Settings) -> None:
    generator = [torch.Generator().manual_seed(3) for _ in range(2)]
    plain, told = Network(Shape(16), generator[0]), Network(Shape(16), generator[1], sees(small))
    assert "sees" not in plain.state_dict()
    for a, b in zip(plain.folded(), told.folded(), strict=True):
        assert torch.equal(a, b)


def test_a_cell_is_the_mean_of_its_pixels() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, VIEW, VIEW, 3), np.uint8)
    found = cells_of(pictures)
    assert found.shape == (2, VIEW_CELLS, VIEW_CELLS, 3)
    part = pictures[1, 4 * CELL_PIXELS : 5 * CELL_PIXELS, 7 * CELL_PIXELS : 8 * CELL_PIXELS, 2]
    assert found[1, 4, 7, 2] == int(part.astype(int).sum()) // CELL_PIXELS**2


def test_with_pixels_minds_see_the_picture_that_the_environment_offers(small: Settings, meadow: Task) -> None:
    trainer = updated(meadow, replace(small, pixels=True), 1)
    try:
        group = trainer.groups[0]
        r = group.rollout
        env = MindsVectorEnv(group.n, meadow, obs="pixels", threads=1)
        pictures, infos = env.reset(seed=group.seed)
        for t in range(3):
            assert r.seen.shape[-1] == RETINA_BYTES + PICTURE
            np.testing.assert_array_equal(r.seen[t, :, RETINA_BYTES:].numpy(), cells_of(pictures).reshape(group.n, -1))
            np.testing.assert_array_equal(r.seen[t, :, MASKS].numpy() & 1, infos["action_mask"][:, 9:18])
            pictures, _, _, _, infos = env.step(r.actions[:, t].numpy().T)
        env.close()
        assert not r.seen[..., : AT["mask"]].any()
        weights = trainer.learner.folded().encode
        assert not weights[:, :RETINA_BYTES].any()
        assert weights[:, RETINA_BYTES:].any()
    finally:
        trainer.close()


def test_what_sees_pixels_can_be_judged_where_it_was_trained_but_not_written(small: Settings, meadow: Task) -> None:
    trainer = updated(meadow, replace(small, pixels=True), 1)
    try:
        with pytest.raises(BadSetting, match="setting pixels makes no policy that could be written"):
            trainer.policy("test")
        net = trainer.learner.folded()
        once, again = (live(meadow, partial(PixelMinds, net), 8, seed=3, threads=1) for _ in range(2))
        assert once.returns.shape == (8,)
        assert np.array_equal(once.returns, again.returns)
        assert once.ages.max() == meadow.horizon
    finally:
        trainer.close()


def test_a_run_with_pixels_ends_with_a_report_and_no_policy_and_resumes_to_the_same(
    small: Settings, meadow: Task, tmp_path: Path
) -> None:
    settings = replace(small, pixels=True)
    each = settings.envs * settings.ticks
    found = train(meadow, settings, Plan(3 * each), tmp_path / "a", seed=2, threads=1)
    assert found["policy"] is None
    assert found["hash"] is None
    assert not list((tmp_path / "a").glob("*.policy"))
    train(meadow, settings, Plan(3 * each), tmp_path / "b", seed=2, threads=1, watch=_after(1))
    again = train(meadow, settings, Plan(3 * each), tmp_path / "b", seed=2, threads=1, resume=True)
    assert again["last"] is not None
    assert found["last"] is not None
    assert {k: v for k, v in again["last"].items() if k in LEARNED} == {k: v for k, v in found["last"].items() if k in LEARNED}


def _after(updates: int) -> Watch:
    """A watch that ends a run after so many updates."""
    done: list[dict[str, float]] = []
    return Watch(done.append, lambda: len(done) >= updates)


def test_a_checkpoint_from_before_there_were_ablations_is_resumed_but_not_as_one(small: Settings, meadow: Task) -> None:
    trainer = updated(meadow, small, 1)
    try:
        kept = trainer.keep()
        for name in ("homeostasis", "genome", "pixels"):
            del kept.meta["settings"][name]
        trainer.restore(kept)
        trainer.settings = replace(small, genome=False)
        with pytest.raises(Impossible, match="it is of another run: its settings is"):
            trainer.restore(kept)
    finally:
        trainer.close()
