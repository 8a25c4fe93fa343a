"""The ablation *pixels*: minds that see what the environment draws around them instead of what the retina makes of the world.

The picture is that of ``obs="pixels"``, 21 x 21 cells of 3 x 3 pixels; a cell is given to the network as the mean colour of its
pixels. It lies behind the bytes of the retina, which are zeros but for the masks that rule out acts without an effect: whoever
acts by pixels is told those as well. The network is blind to all the bytes of the retina.

There is no artefact for such a policy, so it lives only where torch is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.observe import Observer
from ninepixel.agents.envs.spaces import CELL_PIXELS, VIEW, VIEW_CELLS
from ninepixel.agents.floats import dice
from ninepixel.agents.learning.network import Folded, log_chances, sampled, step
from ninepixel.agents.learning.settings import PICTURE
from ninepixel.world.laws.lives import ACTS
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.cpu.team import Team
from ninepixel.world.thought.shape import MASK_AT

MASKS = slice(MASK_AT, MASK_AT + ACTS)


class Eyes:
    """Who sees the picture in place of the retina, in one arena."""

    def __init__(self, arena: Arena) -> None:
        self._observer = Observer("pixels", arena)
        self._seen = np.zeros((arena.worlds * arena.minds, RETINA_BYTES + PICTURE), np.uint8)

    def look(self, arena: Arena) -> npt.NDArray[np.uint8]:
        """What everybody sees now, uint8 (minds, RETINA_BYTES + PICTURE): the same array every time."""
        n = len(self._seen)
        self._observer.update(arena, 0, arena.worlds)
        picture = self._observer.seen(arena).reshape(n, VIEW, VIEW, 3)
        self._seen[:, MASKS] = arena.seen.reshape(n, -1)[:, MASKS]
        self._seen[:, RETINA_BYTES:] = cells_of(picture).reshape(n, PICTURE)
        return self._seen


def cells_of(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The mean colour of every cell: uint8 (n, VIEW_CELLS, VIEW_CELLS, 3) of uint8 (n, VIEW, VIEW, 3), rounded down."""
    sums = np.zeros((len(pictures), VIEW_CELLS, VIEW_CELLS, 3), np.uint16)
    for i in range(CELL_PIXELS):
        for j in range(CELL_PIXELS):
            sums += pictures[:, i::CELL_PIXELS, j::CELL_PIXELS]
    return (sums // CELL_PIXELS**2).astype(np.uint8)


class PixelMinds:
    """Decides for all minds of an arena by a network that sees pixels; what ``agents.score`` calls a decider."""

    def __init__(self, net: Folded, arena: Arena) -> None:
        self._net, self._arena, self._eyes = net, arena, Eyes(arena)

    def memory(self, minds: int) -> npt.NDArray[Any]:
        """What minds remember at the beginning of their lives: zeros, float32 (minds, hidden)."""
        return np.zeros((minds, self._net.encode.shape[0]), np.float32)

    @torch.inference_mode()
    def decide(
        self,
        seen: npt.NDArray[np.uint8],
        memory: npt.NDArray[Any],
        *,
        seed: npt.NDArray[np.uint64],
        tick: int,
        ids: npt.NDArray[np.uint32],
        which: npt.NDArray[np.bool_],
        team: Team | None,
    ) -> npt.NDArray[np.uint8]:
        """The actions of all minds, uint8 (n, 3); brings the memory of those of *which* up to date. *seen* is not looked at."""
        pictures = torch.from_numpy(self._eyes.look(self._arena))
        outputs, after = step(self._net, pictures, torch.from_numpy(memory))
        memory[which] = after.numpy()[which]
        fallen = torch.from_numpy(dice(seed, tick, ids).T.astype(np.float32))
        chosen: npt.NDArray[np.uint8] = sampled(log_chances(outputs, pictures), fallen).numpy().T.astype(np.uint8)
        return chosen
