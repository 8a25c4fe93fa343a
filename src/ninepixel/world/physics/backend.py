"""What a backend is: the laws of one tick, at speed, on some device.

A backend works on the :class:`~ninepixel.world.state.State` it was given, but may keep the moving columns and the field to
itself between ticks. :meth:`Backend.pull` brings them home; :meth:`Backend.push` tells it that the state was changed by a
command. What static columns hold never changes inside a tick.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ninepixel.world.state import State


class BackendError(RuntimeError):
    """The backend cannot run here or cannot hold this world; the message says why and what would do."""


class Backend(Protocol):
    """One device that knows the laws."""

    name: str  #: "cpu" or "gpu"
    detail: str  #: which device, for people

    def step(self, state: State) -> None:
        """Advance physics and fields by one tick and book radiance and decay in the ledger. ``state.tick`` is left alone."""

    def pull(self, state: State) -> None:
        """Bring the moving columns and the field home into *state*; nothing happens when they are there already."""

    def push(self, state: State) -> None:
        """The state was changed at home (after a pull): take it again before the next step."""

    def held(self, state: State) -> npt.NDArray[np.int64]:
        """The energy in field and bodies, per world, summed on the device."""

    def close(self) -> None:
        """Give the device back; the state is not pulled."""
