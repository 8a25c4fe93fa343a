"""The network of :mod:`ninepixel.world.thought.shape` in torch: one step for acting, whole sequences for learning.

Parameters have the names of the artefact's arrays. Two things are the learner's alone. A second value head, ``curiosity``,
expects intrinsic reward. And what is sensed is centred and scaled before it is encoded, which is only another way to write the
encoder's weights: :meth:`Network.folded` puts both in, and so does :meth:`Network.arrays`, which is what becomes the artefact.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ninepixel.agents.learning.settings import Settings
from ninepixel.world.laws.lives import ACTS, Act
from ninepixel.world.life.senses import AT, OWN, RETINA_BYTES
from ninepixel.world.thought.shape import HEADS, LOGITS, MASK_AT, Shape

#: What an act that can have no effect has for a logit: finite, so that probability times logarithm is zero and no NaN.
NEVER = -1e9
#: Devices on which the large products are computed in bfloat16; memory and heads are float32 everywhere.
MIXED = frozenset({"cuda"})
#: Rows of what the heads give: 27 logits, the value, the value of curiosity. Choices come first and minds last in all that is
#: made of them: sums over nine neighbours in memory are many times slower than sums over nine rows.
VALUE, CURIOSITY, OUTPUTS = LOGITS, LOGITS + 1, LOGITS + 2
#: The first row of the act among the logits, and the one after its last.
_ACT = (HEADS["move"], HEADS["move"] + HEADS["act"])
#: The gate begins nearly closed, so that what is remembered lasts some ticks (Jozefowicz et al. 2015).
GATE_BIAS = -1.0
#: No input is magnified by more than this: weights of very different size would not survive in eight bits.
MOST_MAGNIFIED = 16.0


class Folded(NamedTuple):
    """The network as few large matrices; ``x @ w.T`` everywhere.

    :ivar encode: (hidden, RETINA_BYTES), for bytes as they are, with *encode_bias*.
    :ivar recur_seen: (2 hidden, hidden): gate and candidate from *e*; *recur_memory* likewise from the memory; *recur_bias*.
    :ivar heads_seen: (OUTPUTS, hidden) from *e*; *heads_memory* from the memory; *heads_bias*.
    """

    encode: Tensor
    encode_bias: Tensor
    recur_seen: Tensor
    recur_memory: Tensor
    recur_bias: Tensor
    heads_seen: Tensor
    heads_memory: Tensor
    heads_bias: Tensor


class Network(nn.Module):
    """One net for all minds.

    :param shape: its size. :param generator: where the first weights come from.
    :param sees: float32 (width,), 1 and, for what it is blind to, 0: the bytes of the retina and what may follow them
        (:func:`sees`). All of the retina, when None.

    :ivar centre: float32 (RETINA_BYTES,), what is taken from every input of 0 .. 1, and *spread*, what it is divided by then.
    """

    centre: Tensor
    spread: Tensor
    sees: Tensor

    def __init__(self, shape: Shape, generator: torch.Generator | None = None, sees: Tensor | None = None) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("sees", torch.ones(RETINA_BYTES) if sees is None else sees, persistent=False)
        width = len(self.sees)
        both = 2 * shape.hidden
        self.encode = _layer(width, shape.hidden, 1.0, generator)
        self.gate = _layer(both, shape.hidden, 1.0, generator)
        self.candidate = _layer(both, shape.hidden, 1.0, generator)
        nn.init.constant_(self.gate.bias, GATE_BIAS)
        self.move, self.act, self.word = (_layer(both, size, 0.01, generator) for size in HEADS.values())
        self.value = _layer(both, 1, 1.0, generator)
        self.curiosity = _layer(both, 1, 1.0, generator)
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def scale_inputs(self, mean: Tensor, deviation: Tensor) -> None:
        """Centre and scale what is sensed by these statistics of bytes / 256, (RETINA_BYTES,) each."""
        self.centre.copy_(mean)
        self.spread.copy_(deviation.clamp(min=1 / MOST_MAGNIFIED))

    def folded(self) -> Folded:
        """The network as it is computed; gradients flow through it to the parameters."""
        hidden = self.shape.hidden
        encode = self.encode.weight / self.spread * self.sees
        heads = (self.move, self.act, self.word, self.value, self.curiosity)
        recur = torch.cat([self.gate.weight, self.candidate.weight])
        out = torch.cat([head.weight for head in heads])
        return Folded(
            encode / 256,
            self.encode.bias - encode @ self.centre,
            recur[:, :hidden].contiguous(),
            recur[:, hidden:].contiguous(),
            torch.cat([self.gate.bias, self.candidate.bias]),
            out[:, :hidden].contiguous(),
            out[:, hidden:].contiguous(),
            torch.cat([head.bias for head in heads]),
        )

    def arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """The arrays of the artefact, as ``shape.arrays`` names them, copies; ``value`` is in the learner's own units."""
        with torch.no_grad():
            folded, found = self.folded(), dict(self.state_dict())
        found["encode.weight"], found["encode.bias"] = folded.encode * 256, folded.encode_bias
        return {name: found[name].detach().cpu().numpy().astype(np.float32, copy=True) for name in self.shape.arrays}


def sees(settings: Settings) -> Tensor:
    """What a network of these settings is not blind to, for :class:`Network`.

    With ``pixels`` that is what follows the retina. Blindness is in the weights: a blind policy is an artefact like all others.
    """
    open_eyes = torch.ones(settings.width)
    if settings.pixels:
        open_eyes[:RETINA_BYTES] = 0
    if not settings.genome:
        open_eyes[AT["genome"] : AT["genome"] + dict(OWN)["genome"]] = 0
    return open_eyes


def step(net: Folded, seen: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """One tick of many minds. *seen*: uint8 (n, RETINA_BYTES); *memory*: float32 (n, hidden). Outputs (OUTPUTS, n) and memory."""
    e, inputs = _encoded(net, seen)
    z, c = inputs.addmm(memory, net.recur_memory.T).chunk(2, -1)
    memory = torch.lerp(memory, c.tanh(), z.sigmoid())
    return _heads(net, e, memory), memory


def sequence(net: Folded, seen: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
    """Outputs (OUTPUTS, ticks * n) of many minds over many ticks: everything at once but the memory, which goes tick by tick.

    :param seen: uint8 (ticks, n, RETINA_BYTES).
    :param memory: float32 (n, hidden): what was remembered before the first tick.
    :param begins: bool (ticks, n): lives that begin with that tick, remembering nothing.
    """
    e, inputs = _encoded(net, seen)
    memories = remembered(inputs, net.recur_memory, memory, begins)
    return _heads(net, e.flatten(0, 1), memories.flatten(0, 1))


def _encoded(net: Folded, seen: Tensor) -> tuple[Tensor, Tensor]:
    """What is sensed, (..., hidden), and what that adds to gate and candidate, (..., 2 hidden)."""
    device = seen.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device in MIXED):
        e = F.linear(seen.float(), net.encode, net.encode_bias).tanh()
        return e.float(), F.linear(e, net.recur_seen, net.recur_bias).float()


def _heads(net: Folded, e: Tensor, memory: Tensor) -> Tensor:
    seen = torch.addmm(net.heads_bias.unsqueeze(1), net.heads_seen, e.T)
    return seen.addmm(net.heads_memory, memory.T)


def remembered(inputs: Tensor, weight: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
    """The memory after every tick, (ticks, n, hidden).

    :param inputs: (ticks, n, 2 hidden): what senses and bias add to gate and candidate.
    :param weight: (2 hidden, hidden): likewise of the memory. *memory* and *begins* are as in :func:`sequence`.
    """
    return cast(Tensor, _Remember.apply(inputs, weight, memory, begins))  # type: ignore[no-untyped-call]


class _Remember(torch.autograd.Function):
    """The recurrence with its derivative written out: few operations a tick, and one product for the gradient of the weights.

    No gradient reaches the memory from before the first tick: truncated backpropagation through time.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        ticks, n, both = inputs.shape
        hidden = both // 2
        gates, before, after = torch.empty_like(inputs), inputs.new_empty(ticks, n, hidden), inputs.new_empty(ticks, n, hidden)
        fresh = begins.any(1).tolist()
        last, transposed = memory, weight.T.contiguous()
        for t in range(ticks):
            if fresh[t]:
                torch.mul(last, ~begins[t].unsqueeze(-1), out=before[t])
            else:
                before[t].copy_(last)
            torch.addmm(inputs[t], before[t], transposed, out=gates[t])
            gates[t, :, :hidden].sigmoid_()
            gates[t, :, hidden:].tanh_()
            last = torch.lerp(before[t], gates[t, :, hidden:], gates[t, :, :hidden], out=after[t])
        ctx.save_for_backward(gates, before, weight, begins)
        return after

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,), (gates, before, weight, begins) = grads, ctx.saved_tensors
        hidden = before.shape[-1]
        z, c = gates[..., :hidden], gates[..., hidden:]
        by_gate, by_candidate = z * (1 - z) * (c - before), z * (1 - c * c)
        kept, fresh = 1 - z, begins.any(1).tolist()
        into = torch.empty_like(gates)
        carried = torch.zeros_like(before[0])
        for t in reversed(range(len(gates))):
            carried += grad[t]
            torch.mul(carried, by_gate[t], out=into[t, :, :hidden])
            torch.mul(carried, by_candidate[t], out=into[t, :, hidden:])
            carried = carried.mul_(kept[t]).addmm_(into[t], weight)
            if fresh[t]:
                carried.mul_(~begins[t].unsqueeze(-1))
        return into, into.flatten(0, 1).T @ before.flatten(0, 1), None, None


def log_chances(outputs: Tensor, seen: Tensor) -> Tensor:
    """The logarithms of the probabilities of every choice, (3, 9, n); acts that can have no effect are ruled out.

    :param outputs: (OUTPUTS, n). :param seen: uint8 (n, RETINA_BYTES).
    """
    low, high = _ACT
    impossible = seen[:, MASK_AT : MASK_AT + ACTS].T == 0
    impossible[Act.REST] = False  # one may always rest, also who is dead and senses nothing
    logits = torch.cat([outputs[:low], outputs[low:high].masked_fill(impossible, NEVER), outputs[high:LOGITS]])
    return logits.view(len(HEADS), -1, logits.shape[-1]).log_softmax(1)


def sampled(log_chances: Tensor, noise: Tensor) -> Tensor:
    """A choice for every head, int64 (3, n), by inversion: the first whose cumulated probability is above the noise.

    :param log_chances: (3, 9, n). :param noise: (3, n), from 0 to less than 1.
    """
    heaped = log_chances.exp().cumsum(1)
    # a float below 1 times the whole is below the whole, however it is rounded: the last possible choice is never passed
    return (heaped <= noise.unsqueeze(1) * heaped[:, -1:]).sum(1)


def _layer(into: int, out: int, gain: float, generator: torch.Generator | None) -> nn.Linear:
    """A linear layer with orthogonal weights (Saxe et al. 2013, arXiv:1312.6120) and no bias."""
    linear = nn.Linear(into, out)
    nn.init.orthogonal_(linear.weight, gain, generator)
    nn.init.zeros_(linear.bias)
    return linear


if len(set(HEADS.values())) != 1:
    raise AssertionError("the heads are computed together because they have equally many choices")
