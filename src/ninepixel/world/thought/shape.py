"""What a mind's network computes: one small recurrent net for all, which reads the genome with all else that a mind senses.

The learner (torch), the float reference (numpy) and the integers (numba) all compute this, from the same arrays::

    u  = retina / 256                       what is sensed, 388 numbers of 0 .. 1, the genome among them
    e  = tanh(encode u)                     what it means
    z  = sigmoid(gate [e, h])               how much of it is to be remembered
    c  = tanh(candidate [e, h])             as what
    h' = h + z (c - h)                      what is remembered: 0 at the beginning of a life
    move, act, word = move [e, h'], act [e, h'], word [e, h']     logits, nine each; acts that can have no effect are ruled out
    value = value [e, h']                   what it expects, in units of the manifest's ``value_scale``

``name x`` stands for ``x @ name.weight.T + name.bias``. The memory is a gated recurrent unit without the reset gate (the minimal
gated unit of Zhou et al. 2016, arXiv:1603.09420, whose one gate here only updates); heads see the senses beside the memory, so
that a reflex need not be remembered first.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from ninepixel.world.laws.lives import ACTS, MOVES, WORDS
from ninepixel.world.life.senses import AT, CHANNELS, OCTAVES, OWN, PIXELS, RETINA_BYTES

#: The heads that decide, and how many choices each has; one after the other they are the 27 logits of a decision.
HEADS: dict[str, int] = {"move": MOVES, "act": ACTS, "word": WORDS}
LOGITS = sum(HEADS.values())
#: Where an observation says which of the nine acts can have an effect.
MASK_AT = AT["mask"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a network.

    :param hidden: units of *e* and of the memory; a multiple of 16.
    :raises ValueError: for another number.
    """

    hidden: int = 64

    def __post_init__(self) -> None:
        if not 16 <= self.hidden <= 1024 or self.hidden % 16:
            raise ValueError(f"hidden is a multiple of 16 from 16 to 1024, not {self.hidden}")

    @property
    def arrays(self) -> dict[str, tuple[int, ...]]:
        """The arrays of a policy by name, with their shapes; float32, in this order."""
        h, both = self.hidden, 2 * self.hidden
        layers = {"encode": (h, RETINA_BYTES), "gate": (h, both), "candidate": (h, both)}
        layers |= {name: (size, both) for name, size in HEADS.items()} | {"value": (1, both)}
        found: dict[str, tuple[int, ...]] = {}
        for name, (out, into) in layers.items():
            found[f"{name}.weight"], found[f"{name}.bias"] = (out, into), (out,)
        return found


def observation_version() -> str:
    """Names what the bytes of an observation mean: a policy that was trained on others is blind."""
    said = repr((OCTAVES, PIXELS, CHANNELS, OWN, tuple(HEADS.items())))
    return blake2b(said.encode(), digest_size=8).hexdigest()
