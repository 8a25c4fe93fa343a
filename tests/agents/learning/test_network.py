"""The torch network computes what shape.py says, in one step as in sequences; its written-out derivative is the derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from ninepixel.agents.learning import network
from ninepixel.agents.learning.network import CURIOSITY, NEVER, OUTPUTS, VALUE, Folded, Network, remembered
from ninepixel.world.laws.lives import ACTS
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought.artefact import Policy
from ninepixel.world.thought.manifest import manifest
from ninepixel.world.thought.reference import FloatPolicy, odds
from ninepixel.world.thought.shape import LOGITS, MASK_AT, Shape

SHAPE = Shape(32)
MINDS = 7


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def net() -> Network:
    """A network with weights of chance everywhere, and inputs that are scaled."""
    made = Network(SHAPE, generator())
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator(len(parameter))) / parameter.shape[-1] ** 0.5)
    made.scale_inputs(torch.rand(RETINA_BYTES, generator=generator(1)), torch.rand(RETINA_BYTES, generator=generator(2)))
    return made


def senses(*shape: int, seed: int = 5) -> Tensor:
    """Bytes of chance, in which acts are possible or not."""
    seen = torch.randint(0, 256, (*shape, RETINA_BYTES), dtype=torch.uint8, generator=generator(seed))
    seen[..., MASK_AT : MASK_AT + ACTS] = (seen[..., MASK_AT : MASK_AT + ACTS] > 127) * 255
    return seen


def folded(net: Network) -> Folded:
    with torch.no_grad():
        return net.folded()


def sigmoid(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-x)))


def formula(arrays: dict[str, npt.NDArray[np.float32]], seen: npt.NDArray[np.uint8], h: npt.NDArray[Any]) -> tuple[Any, ...]:
    """The lines at the top of shape.py, word for word, in float64: logits, value, memory."""

    def layer(name: str, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray(x @ arrays[f"{name}.weight"].astype(np.float64).T + arrays[f"{name}.bias"].astype(np.float64))

    u = seen / 256
    e = np.tanh(layer("encode", u))
    z = sigmoid(layer("gate", np.concatenate([e, h], 1)))
    c = np.tanh(layer("candidate", np.concatenate([e, h], 1)))
    h = h + z * (c - h)
    both = np.concatenate([e, h], 1)
    return np.concatenate([layer(name, both) for name in ("move", "act", "word")], 1), layer("value", both)[:, 0], h


def test_a_step_is_the_formula(net: Network) -> None:
    seen, memory = senses(MINDS), torch.rand(MINDS, SHAPE.hidden, generator=generator(3)) * 2 - 1
    outputs, after = network.step(folded(net), seen, memory)
    logits, value, remembers = formula(net.arrays(), seen.numpy(), memory.double().numpy())
    np.testing.assert_allclose(outputs[:LOGITS].T.numpy(), logits, atol=1e-5)
    np.testing.assert_allclose(outputs[VALUE].numpy(), value, atol=1e-5)
    np.testing.assert_allclose(after.numpy(), remembers, atol=1e-5)


def test_the_arrays_make_a_policy_that_decides_with_the_same_odds(net: Network) -> None:
    assert {name: array.shape for name, array in net.arrays().items()} == SHAPE.arrays
    policy = FloatPolicy(Policy(SHAPE, manifest("ninepixel/Forage-v0", command="test"), net.arrays()))
    seen = senses(MINDS)
    seen[0] = 0  # who is dead senses nothing, and may rest
    outputs, _ = network.step(folded(net), seen, torch.zeros(MINDS, SHAPE.hidden))
    ours = network.log_chances(outputs, seen).exp()
    theirs = odds(policy.think(seen.numpy(), policy.memory(MINDS)).logits)
    np.testing.assert_allclose(ours.flatten(0, 1).T.numpy(), theirs, atol=1e-5)


def test_scaled_inputs_are_only_another_way_to_write_the_weights(net: Network) -> None:
    """Inputs that hardly vary are not magnified without bound, for weights of all sizes would not survive in eight bits."""
    net.scale_inputs(torch.zeros(RETINA_BYTES), torch.full((RETINA_BYTES,), 1e-6))
    assert net.spread.min() == 1 / network.MOST_MAGNIFIED
    np.testing.assert_allclose(net.arrays()["encode.weight"], net.encode.weight.detach().numpy() * 16, rtol=1e-6)


@pytest.mark.parametrize("ticks", [1, 6])
def test_a_sequence_is_its_steps_and_forgets_where_a_life_begins(net: Network, ticks: int) -> None:
    seen, memory = senses(ticks, MINDS), torch.rand(MINDS, SHAPE.hidden, generator=generator(4))
    begins = torch.rand(ticks, MINDS, generator=generator(6)) < 0.3
    begins[0, 0] = True
    whole = network.sequence(folded(net), seen, memory, begins).view(OUTPUTS, ticks, MINDS)
    for t in range(ticks):
        memory = memory * ~begins[t].unsqueeze(-1)
        outputs, memory = network.step(folded(net), seen[t], memory)
        torch.testing.assert_close(whole[:, t], outputs, atol=1e-5, rtol=1e-5)


def test_the_derivative_of_memory_is_its_derivative() -> None:
    inputs = torch.randn(5, 3, 8, dtype=torch.float64, generator=generator(1), requires_grad=True)
    weight = torch.randn(8, 4, dtype=torch.float64, generator=generator(2), requires_grad=True)
    memory, begins = torch.rand(3, 4, dtype=torch.float64), torch.tensor([[False] * 3, [True, False, False]] + [[False] * 3] * 3)
    begins[3, 1:] = True
    assert torch.autograd.gradcheck(lambda x, w: remembered(x, w, memory, begins), (inputs, weight))


def test_no_gradient_crosses_the_beginning_of_a_life() -> None:
    inputs = torch.randn(4, 1, 8, generator=generator(1), requires_grad=True)
    begins = torch.tensor([[False], [False], [True], [False]])
    found = remembered(inputs, torch.randn(8, 4), torch.zeros(1, 4), begins)[3].sum()
    (gradient,) = torch.autograd.grad(found, inputs)
    assert gradient[:2].abs().max() == 0
    assert gradient[2:].abs().min() > 0


def test_acts_without_effect_are_never_chosen_and_resting_always_may_be(net: Network) -> None:
    seen = senses(2000)
    seen[:, MASK_AT : MASK_AT + ACTS] = 0
    seen[:, MASK_AT + 4] = 255
    outputs, _ = network.step(folded(net), seen, torch.zeros(2000, SHAPE.hidden))
    chances = network.log_chances(outputs, seen)
    for noise in (torch.rand(3, 2000, generator=generator(1)), torch.full((3, 2000), 1 - 2**-24), torch.zeros(3, 2000)):
        assert set(network.sampled(chances, noise)[1].tolist()) <= {0, 4}
    assert chances[1, 1].max() < NEVER / 2
    assert torch.isfinite(chances.exp() * chances).all()


def test_choices_are_drawn_by_their_chances() -> None:
    """Noise that is spread evenly draws every choice as often as its chance says."""
    chances = torch.randn(3, 9, 1, generator=generator(1)).log_softmax(1)
    noise = ((torch.arange(20000) + 0.5) / 20000).expand(3, -1)
    drawn = network.sampled(chances.expand(-1, -1, 20000), noise)
    for head in range(3):
        shares = torch.bincount(drawn[head], minlength=9) / 20000
        torch.testing.assert_close(shares, chances[head, :, 0].exp(), atol=1e-4, rtol=0)


def test_a_new_network_prefers_nothing_and_depends_on_its_generator_alone() -> None:
    torch.manual_seed(1)
    one = Network(SHAPE, generator(9))
    torch.manual_seed(2)
    other = Network(SHAPE, generator(9))
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=0, rtol=0)
    seen = senses(50)
    seen[:, MASK_AT : MASK_AT + ACTS] = 255
    outputs, _ = network.step(folded(one), seen, torch.zeros(50, SHAPE.hidden))
    assert (network.log_chances(outputs, seen).exp() - 1 / 9).abs().max() < 0.02


def test_mixed_precision_is_near_and_leaves_memory_and_heads_in_float32(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, begins = senses(5, MINDS), torch.zeros(5, MINDS, dtype=torch.bool)
    plain = network.sequence(net.folded(), seen, torch.zeros(MINDS, SHAPE.hidden), begins)
    monkeypatch.setattr(network, "MIXED", frozenset({"cpu"}))
    mixed = network.sequence(net.folded(), seen, torch.zeros(MINDS, SHAPE.hidden), begins)
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - plain).abs().max() < 0.3
    gradients = torch.autograd.grad(mixed[CURIOSITY].sum(), net.encode.weight)
    assert torch.isfinite(gradients[0]).all()
