"""TorchRL: a collector on the native vector environment, and PPO from its parts. No adapter is needed.

    python examples/torchrl_collect.py --steps 500000

TorchRL begins ended episodes anew itself, so the environment is made with autoreset DISABLED. Every batch then holds the true
last observation of an episode under ``("next", "observation")`` and the first one of the next in the following step's root.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule
from torch import nn
from torch.distributions import Categorical, Distribution, Independent
from torchrl.collectors import Collector
from torchrl.envs import GymWrapper
from torchrl.modules import MLP, ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

from ninepixel.agents import MindsVectorEnv


def choices(logits: torch.Tensor) -> Distribution:
    """A move, an act and a word: three choices of nine, made at once."""
    return Independent(Categorical(logits=logits, validate_args=False), 1, validate_args=False)


def make_env(agents: int, **options: Any) -> GymWrapper:
    """Agents of many worlds as one batched environment."""
    return GymWrapper(MindsVectorEnv(agents, "forage", obs="compact", autoreset_mode="Disabled", **options))


def make_modules(inputs: int) -> tuple[ProbabilisticActor, ValueOperator]:
    """Policy and value."""
    logits = nn.Sequential(MLP(inputs, 27, num_cells=[64, 64], activation_class=nn.Tanh), nn.Unflatten(-1, (3, 9)))
    actor = ProbabilisticActor(
        TensorDictModule(logits, in_keys=["observation"], out_keys=["logits"]),
        in_keys=["logits"],
        distribution_class=choices,
        return_log_prob=True,
    )
    return actor, ValueOperator(MLP(inputs, 1, num_cells=[64, 64], activation_class=nn.Tanh), in_keys=["observation"])


def train(
    steps: int = 500_000, seed: int = 0, agents: int = 64, frames: int = 8192, epochs: int = 4, **options: Any
) -> list[float]:
    """Train for *steps* agent steps; the mean reward of a step, of every batch of *frames*."""
    torch.manual_seed(seed)
    env = make_env(agents, **options)
    env.set_seed(seed)
    actor, critic = make_modules(env.observation_spec["observation"].shape[-1])
    advantage = GAE(gamma=0.99, lmbda=0.95, value_network=critic, average_gae=True)
    loss = ClipPPOLoss(actor, critic, clip_epsilon=0.2, entropy_coeff=0.01)
    optimiser = torch.optim.Adam(loss.parameters(), lr=5e-4)
    total = max(1, steps // frames) * frames
    collector = Collector(env, actor, frames_per_batch=frames, total_frames=total, auto_register_policy_transforms=False)
    history: list[float] = []
    for batch in collector:  # (agents, time)
        with torch.no_grad():
            advantage(batch)
        flat: TensorDict = batch.reshape(-1)
        for _ in range(epochs):
            for rows in torch.randperm(len(flat)).chunk(8):
                parts = loss(flat[rows])
                optimiser.zero_grad()
                (parts["loss_objective"] + parts["loss_critic"] + parts["loss_entropy"]).backward()
                nn.utils.clip_grad_norm_(loss.parameters(), 0.5)
                optimiser.step()
        history.append(float(batch["next", "reward"].mean()))
        ended = int(batch["next", "done"].sum())
        print(f"{len(history) * frames:>9,} steps  {ended:4d} lives  reward a step {history[-1]:+.5f}", flush=True)
    collector.shutdown()
    return history


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000, help="agent steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train(given.steps, given.seed)
