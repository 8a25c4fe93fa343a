"""The float reference computes what the shape says: against plain Python, and against torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ninepixel.world.thought import Policy, Shape
from ninepixel.world.thought.reference import FloatPolicy, odds
from ninepixel.world.thought.shape import HEADS, MASK_AT
from some_policies import noise, rough

POLICY = rough(Shape(16), 1)


def by_hand(policy: Policy, seen: npt.NDArray[np.uint8], memory: list[float]) -> tuple[list[float], float, list[float]]:
    """One step of one mind, as the shape's formulas stand there."""

    def layer(name: str, x: list[float]) -> list[float]:
        weight, bias = policy.arrays[f"{name}.weight"].tolist(), policy.arrays[f"{name}.bias"].tolist()
        return [math.fsum(w * v for w, v in zip(row, x, strict=True)) + b for row, b in zip(weight, bias, strict=True)]

    e = [math.tanh(x) for x in layer("encode", [byte / 256 for byte in seen.tolist()])]
    z = [1 / (1 + math.exp(-x)) for x in layer("gate", e + memory)]
    c = [math.tanh(x) for x in layer("candidate", e + memory)]
    after = [h + zi * (ci - h) for h, zi, ci in zip(memory, z, c, strict=True)]
    logits = [x for head in HEADS for x in layer(head, e + after)]
    for act in range(1, 9):
        if not seen[MASK_AT + act]:
            logits[9 + act] = -math.inf
    return logits, layer("value", e + after)[0], after


def test_a_step_is_what_the_formulas_say() -> None:
    policy = FloatPolicy(POLICY)
    memory = policy.memory(4)
    for tick in range(3):
        seen = noise(4, tick)
        steps = [by_hand(POLICY, seen[i], memory[i].tolist()) for i in range(4)]
        thoughts = policy.think(seen, memory)
        memory = thoughts.memory
        for i, (logits, value, after) in enumerate(steps):
            assert thoughts.logits[i] == pytest.approx(logits, abs=1e-12)
            assert thoughts.value[i] == pytest.approx(value, abs=1e-12)
            assert memory[i] == pytest.approx(after, abs=1e-12)


def test_odds_are_those_of_each_head() -> None:
    found = odds(FloatPolicy(POLICY).think(noise(20), FloatPolicy(POLICY).memory(20)).logits)
    assert np.allclose(found.reshape(20, 3, 9).sum(axis=2), 1)
    assert np.all((found[:, 10:18] > 0) == (noise(20)[:, MASK_AT + 1 : MASK_AT + 9] != 0))
    assert odds(np.log(np.tile(np.arange(1.0, 10.0), (1, 3))))[0, 9:18] == pytest.approx(np.arange(1, 10) / 45)


def test_single_precision_is_near() -> None:
    seen, double, single = noise(20), FloatPolicy(POLICY), FloatPolicy(POLICY, np.float32)
    assert single.think(seen, single.memory(20)).value.dtype == np.float32
    assert np.allclose(single.think(seen, single.memory(20)).memory, double.think(seen, double.memory(20)).memory, atol=1e-5)


def test_torch_computes_the_same() -> None:
    torch: Any = pytest.importorskip("torch")
    arrays = {name: torch.from_numpy(array.copy()) for name, array in POLICY.arrays.items()}
    seen, policy = noise(9), FloatPolicy(POLICY)
    memory = np.random.default_rng(2).uniform(-1, 1, (9, 16)).astype(np.float32)

    def layer(name: str, x: Any) -> Any:
        return torch.nn.functional.linear(x, arrays[f"{name}.weight"], arrays[f"{name}.bias"])

    e, h = torch.tanh(layer("encode", torch.from_numpy(seen).float() / 256)), torch.from_numpy(memory)
    both = torch.cat([e, h], 1)
    h = h + torch.sigmoid(layer("gate", both)) * (torch.tanh(layer("candidate", both)) - h)
    moves = layer("move", torch.cat([e, h], 1))
    thoughts = policy.think(seen, memory)
    assert np.allclose(thoughts.memory, h.numpy(), atol=1e-5)
    assert np.allclose(thoughts.logits[:, :9], moves.numpy(), atol=1e-4)
