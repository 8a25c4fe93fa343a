"""The learner learns what takes memory to learn, does the same on any number of threads, and minds numbers that are none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.experience import Rollout
from ninepixel.agents.learning.network import log_chances, sequence
from ninepixel.agents.learning.ppo import Diverged, Learner
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.thought.shape import MASK_AT

CPU = torch.device("cpu")
QUICK = Settings(
    hidden=16, envs=64, ticks=16, epochs=4, minibatches=2, rate=5e-3, gamma=0.9, entropy_word=0.0, curiosity=False, window=128
)


def toys() -> Task:
    return TASKS["forage"].with_options(agents=4)


def test_it_learns_to_remember(toy: Any) -> None:
    """Chance earns 1/9 in the toy, and whoever forgets at most 1/2."""
    trainer = Trainer(toys(), QUICK, 1)
    rows = [trainer.update(update / 30) for update in range(30)]
    trainer.close()
    assert rows[1]["return"] < 0.4
    assert rows[-1]["return"] > 0.9
    assert rows[-1]["explained"] > 0.8
    assert rows[-1]["entropy_move"] < rows[0]["entropy_move"] - 0.5


@pytest.mark.parametrize("curiosity", [False, True])
def test_the_number_of_threads_decides_nothing(meadow: Task, small: Settings, curiosity: bool) -> None:
    found = []
    for threads in (1, 2):
        trainer = Trainer(meadow, replace(small, curiosity=curiosity), 5, threads=threads)
        for _ in range(3):
            trainer.update()
        found.append(trainer.learner.network.state_dict())
        trainer.close()
    for name, tensor in found[0].items():
        assert torch.equal(tensor, found[1][name]), name


def test_other_seeds_learn_otherwise_and_other_settings_too(meadow: Task, small: Settings) -> None:
    found = []
    for seed, settings in ((1, small), (2, small), (1, replace(small, trace=0.5)), (1, replace(small, curiosity_weight=3.0))):
        trainer = Trainer(meadow, settings, seed)
        trainer.update()
        found.append(trainer.learner.network.act.weight.detach().clone())
        trainer.close()
    for other in found[1:]:
        assert not torch.equal(found[0], other)


# -- one update, of a rollout that is made up --------------------------------------------------------------------------


@pytest.fixture
def learner(small: Settings) -> Any:
    crew = Crew(1, 1)
    yield Learner(replace(small, groups=1, curiosity=False, epochs=1, minibatches=1, rate=1e-3), 1, CPU, crew)
    crew.close()


def made_up(learner: Learner, seed: int = 1) -> Rollout:
    """A rollout by the learner's own network: in which the move 3 paid, and nothing else."""
    s = learner.settings
    generator = torch.Generator().manual_seed(seed)
    r = Rollout.empty(s.ticks, s.envs, s.hidden, CPU)
    r.seen.random_(0, 256, generator=generator)
    r.seen[..., MASK_AT : MASK_AT + 9] = 255
    r.actions.random_(0, 9, generator=generator)
    r.terminated[...] = r.ended[...] = True
    r.rewards.copy_((r.actions[0] == 3).float())
    r.chances[...] = math.log(1 / 9)
    return r


def chance_of(learner: Learner, r: Rollout, move: int) -> float:
    outputs = sequence(learner.folded(), r.seen[:-1], r.memory, r.begins)
    return float(log_chances(outputs, r.seen[:-1].flatten(0, 1)).exp()[0, move].mean())


def test_what_paid_becomes_more_likely_and_what_did_not_less(learner: Learner) -> None:
    r = made_up(learner)
    learner.settings = replace(learner.settings, clip=9.0, target_kl=1e9)
    for _ in range(20):
        told = learner.learn([r], 3e-3)
    assert chance_of(learner, r, 3) > 0.15
    assert chance_of(learner, r, 4) < 0.11
    assert told["skipped"] == 0


def test_void_steps_teach_nothing(learner: Learner, small: Settings) -> None:
    """Only what agent 0 did counts; the others' steps are void, whatever they say."""
    gradients = []
    for noise in (0.0, 50.0):
        crew = Crew(1, 1)
        other = Learner(learner.settings, 1, CPU, crew)
        r = made_up(other)
        r.void[:, 1:] = True
        r.rewards[:, 1:] += noise
        r.chances[:, :, 1:] -= noise / 100
        other.learn([r], 0.0)
        gradients.append([parameter.grad for parameter in other.parameters])
        crew.close()
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two)


def test_an_entropy_bonus_of_a_head_keeps_that_head_open(small: Settings) -> None:
    entropies = {}
    for head in ("move", "word"):
        crew = Crew(1, 1)
        settings = replace(small, groups=1, curiosity=False, epochs=1, entropy_move=0, entropy_act=0, entropy_word=0)
        paid = replace(settings, entropy_move=5.0) if head == "move" else replace(settings, entropy_word=5.0)
        learner = Learner(paid, 1, CPU, crew)
        with torch.no_grad():
            for linear in (learner.network.move, learner.network.word):
                linear.bias.copy_(torch.arange(9) / 3)
        r = made_up(learner)
        for _ in range(30):
            told = learner.learn([r], 1e-2)
        entropies[head] = (told["entropy_move"], told["entropy_word"])
        crew.close()
    assert entropies["move"][0] > 2.15 > entropies["word"][0]
    assert entropies["word"][1] > 2.15 > entropies["move"][1]


def test_epochs_end_when_the_policy_has_moved_far_enough(small: Settings) -> None:
    minibatches = []
    for target in (1e-6, 1e9):
        crew = Crew(1, 1)
        learner = Learner(replace(small, groups=1, curiosity=False, epochs=5, minibatches=4, target_kl=target), 1, CPU, crew)
        minibatches.append(learner.learn([made_up(learner)], 1e-2)["minibatches"])
        crew.close()
    assert minibatches[0] < 4
    assert minibatches[1] == 20


def test_every_agent_is_in_one_minibatch_of_an_epoch(learner: Learner) -> None:
    learner.settings = replace(learner.settings, minibatches=3)
    r = made_up(learner)
    parts = learner._minibatches([r, r])
    assert len(parts) == 3
    for group in range(2):
        assert sorted(torch.cat([who[group] for who in parts]).tolist()) == list(range(16))
    assert not torch.equal(parts[0][0], parts[0][1])


def test_gradients_are_shortened(small: Settings) -> None:
    crew = Crew(1, 1)
    learner = Learner(replace(small, groups=1, curiosity=False, norm=1e-3, epochs=1, minibatches=1), 1, CPU, crew)
    told = learner.learn([made_up(learner)], 1e-3)
    crew.close()
    length = math.sqrt(sum(float(p.grad.square().sum()) for p in learner.parameters if p.grad is not None))
    assert told["gradient"] > 0.01
    assert length == pytest.approx(1e-3, rel=1e-2)


def test_an_update_that_is_no_number_is_left_out_and_counted(learner: Learner) -> None:
    learner.learn([made_up(learner)], 1e-3)
    before = {name: tensor.clone() for name, tensor in learner.network.state_dict().items() if "value" not in name}
    bad = made_up(learner)
    bad.chances[1, 0, 0] = math.nan
    told = learner.learn([bad], 1e-3)
    assert told["skipped"] == 1
    for name, tensor in before.items():
        assert torch.equal(learner.network.state_dict()[name], tensor), name
    assert learner.learn([made_up(learner)], 1e-3)["skipped"] == 1
    assert learner.skipped_on_end == 0


def test_it_stops_when_updates_are_no_numbers_again_and_again(learner: Learner) -> None:
    bad = made_up(learner)
    bad.rewards[0, 0] = math.nan
    for _ in range(learner.settings.most_skipped - 1):
        learner.learn([bad], 1e-3)
    with pytest.raises(Diverged, match=r"^16 updates in a row were no numbers: .* smaller rate than 0.001$"):
        learner.learn([bad], 1e-3)
    assert learner.skipped == learner.settings.most_skipped
    assert all(torch.isfinite(parameter).all() for parameter in learner.parameters)
    assert torch.isfinite(learner.units[0].moments.variance)


def test_what_was_not_clipped_moves_no_farther_than_the_clip(learner: Learner) -> None:
    r = made_up(learner)
    learner.settings = replace(learner.settings, clip=0.1, target_kl=1e9)
    for _ in range(40):
        told = learner.learn([r], 3e-3)
    assert chance_of(learner, r, 3) < 1.3 / 9
    assert told["clipped"] > 0.1


def test_novelty_fades_where_one_has_been(small: Settings) -> None:
    crew = Crew(1, 1)
    learner = Learner(replace(small, groups=1, curiosity=True, curiosity_rate=3e-3), 1, CPU, crew)
    r = made_up(learner)
    r.terminated[...] = False  # the dead see nothing
    novelty = [learner.learn([r], 1e-3)["novelty"] for _ in range(60)]
    crew.close()
    assert 0 < novelty[-1] < novelty[0] / 2
