"""PPO in one file, in the manner of CleanRL, on the native vector environment. Read it from top to bottom.

    python examples/cleanrl_ppo.py --steps 2000000

Two things differ from CleanRL's ``ppo.py``. Autoreset is NEXT_STEP, Gymnasium's default: the step after an episode's end
only begins the next one. Its action does nothing and its reward is nobody's, so it is left out of the loss; in return the
true last observation is in the buffer, and an episode that ran out of time is bootstrapped from it. And ``action_mask`` keeps
the policy from acts that could have no effect now.
"""

from __future__ import annotations

import argparse
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

import ninepixel  # noqa: F401  (registers the environments)

ENVS, STEPS, EPOCHS, MINIBATCHES = 64, 128, 4, 8
RATE, GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, GRADIENT = 5e-4, 0.99, 0.95, 0.2, 0.01, 0.5, 0.5
PARTS = (9, 9, 9)  # a move, an act, a word


def layer(inputs: int, outputs: int, gain: float = 2**0.5) -> nn.Linear:
    """A linear layer with orthogonal weights."""
    linear = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


class Agent(nn.Module):
    """Policy and value, a network each."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.actor = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, sum(PARTS), 0.01))
        self.critic = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1.0))

    def value(self, seen: Tensor) -> Tensor:
        """What is still to come: (...,)."""
        value: Tensor = self.critic(seen).squeeze(-1)
        return value

    def act(self, seen: Tensor, mask: Tensor, action: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Actions (..., 3), their log-probabilities and the entropy of the choice. *mask*: bool (..., 27)."""
        logits = self.actor(seen).masked_fill(~mask, -1e8)
        choices = [Categorical(logits=part, validate_args=False) for part in logits.split(PARTS, -1)]
        if action is None:
            action = torch.stack([choice.sample() for choice in choices], -1)
        chances = [choice.log_prob(part) for choice, part in zip(choices, action.unbind(-1), strict=True)]
        return action, torch.stack(chances).sum(0), torch.stack([choice.entropy() for choice in choices]).sum(0)


def advantages(rewards: Tensor, values: Tensor, terminated: Tensor, ended: Tensor) -> Tensor:
    """Generalised advantages (STEPS, ENVS); *values* has one row more. Death has no future, the horizon has one."""
    out, carried = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + GAMMA * values[t + 1] * ~terminated[t] - values[t]
        out[t] = carried = delta + GAMMA * LAMBDA * carried * ~ended[t]
    return out


def train(steps: int = 2_000_000, seed: int = 0, agents_at_once: int = ENVS, task: str = "Forage", **options: Any) -> list[float]:
    """Train for *steps* agent steps; the mean return of the episodes that ended in each iteration."""
    torch.manual_seed(seed)
    envs: Any = gym.make_vec(f"ninepixel/{task}-v0", num_envs=agents_at_once, obs="compact", **options)
    inputs = envs.observation_space.shape[1]
    agent = Agent(inputs)
    optimiser = torch.optim.Adam(agent.parameters(), lr=RATE, eps=1e-5)

    shape = (STEPS, agents_at_once)
    seen, masks = torch.zeros(*shape, inputs), torch.zeros(*shape, sum(PARTS), dtype=torch.bool)
    actions, chances, rewards = torch.zeros(*shape, len(PARTS), dtype=torch.long), torch.zeros(shape), torch.zeros(shape)
    values = torch.zeros(STEPS + 1, agents_at_once)
    terminated, ended, real = (torch.zeros(shape, dtype=torch.bool) for _ in range(3))

    now, infos = envs.reset(seed=seed)
    over = torch.zeros(agents_at_once, dtype=torch.bool)  # whose episode ended in the step before
    history: list[float] = []
    for iteration in range(max(1, steps // (STEPS * agents_at_once))):
        finished: list[float] = []
        for t in range(STEPS):
            seen[t], masks[t], real[t] = torch.from_numpy(now), torch.from_numpy(infos["action_mask"]).bool(), ~over
            with torch.no_grad():
                actions[t], chances[t], _ = agent.act(seen[t], masks[t])
                values[t] = agent.value(seen[t])
            now, reward, dead, late, infos = envs.step(actions[t].numpy())
            rewards[t], terminated[t] = torch.from_numpy(reward), torch.from_numpy(dead)
            ended[t] = over = torch.from_numpy(dead | late)
            finished += infos["episode_stats"]["return"][dead | late].tolist()
        with torch.no_grad():
            values[STEPS] = agent.value(torch.from_numpy(now))
            gains = advantages(rewards, values, terminated, ended)

        kept = real.flatten().nonzero().squeeze(-1)  # all but the steps that only began an episode
        flat = [x.flatten(0, 1) for x in (seen, masks, actions, chances, gains, gains + values[:-1])]
        for _ in range(EPOCHS):
            for rows in kept[torch.randperm(len(kept))].chunk(MINIBATCHES):
                s, m, a, before, gain, target = (x[rows] for x in flat)
                _, after, entropy = agent.act(s, m, a)
                ratio = (after - before).exp()
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy_loss = torch.max(-gain * ratio, -gain * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
                value_loss = 0.5 * (agent.value(s) - target).square().mean()
                optimiser.zero_grad()
                (policy_loss + VALUE * value_loss - ENTROPY * entropy.mean()).backward()
                nn.utils.clip_grad_norm_(agent.parameters(), GRADIENT)
                optimiser.step()

        history.append(float(np.mean(finished)) if finished else float("nan"))
        done = (iteration + 1) * STEPS * agents_at_once
        print(f"{done:>10,} steps  {len(finished):4d} lives  return {history[-1]:.3f}", flush=True)
    envs.close()
    return history


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2_000_000, help="agent steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", default="Forage", choices=["Forage", "Explore", "Survive", "Universe"])
    given = parser.parse_args()
    train(given.steps, given.seed, task=given.task)
