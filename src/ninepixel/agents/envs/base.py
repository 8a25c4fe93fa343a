"""What every interface can do beyond its standard: name its state, keep it, go back to it, branch off."""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from gymnasium.error import ClosedEnvironmentError, ResetNeeded

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.observe import Observer
from ninepixel.agents.envs.options import Options
from ninepixel.agents.envs.picture import as_text, enlarged, picture_of
from ninepixel.agents.envs.spaces import CELL_PIXELS
from ninepixel.agents.tasks import BadOption

#: A picture of a world is enlarged to about so many pixels along its side.
PICTURE_SIDE = 768


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An environment as it was. Any environment made with the same options can be brought to it, as often as one likes."""

    kind: type
    options: Options
    arena: Arena
    observer: Observer
    rest: dict[str, Any]

    def __reduce__(self) -> Any:
        raise TypeError("a Snapshot stays in its process: to take a state elsewhere, save a Recorder's trajectory and replay it")


class Worlds(ABC):
    """Mixed into every interface. A subclass sets the attributes below and names in :attr:`_KEPT` what else a snapshot keeps."""

    options: Options
    arena: Arena
    observer: Observer
    _ready: bool
    _closed: bool
    _KEPT: tuple[str, ...] = ()

    # -- states -------------------------------------------------------------------------------------------------------

    def state_hash(self, world: int | None = None) -> str:
        """The digest of the whole state, 32 hexadecimal digits, or of one world of it: equal exactly when the states are."""
        self._need_open()
        if world is not None and not 0 <= world < self.arena.worlds:
            raise BadOption(f"world is an integer from 0 to {self.arena.worlds - 1}, not {world!r}")
        return self.arena.state_hash(world)

    def snapshot(self) -> Snapshot:
        """Everything that decides what becomes of this environment, chance included."""
        self._need_open()
        rest = {name: copy.deepcopy(getattr(self, name)) for name in (*self._KEPT, "_ready", "_np_random")}
        return Snapshot(type(self), self.options, self.arena.fork(), self.observer.fork(), rest)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to where *snapshot* was taken, here or in an environment made alike.

        :raises BadOption: when it is no snapshot, or one of another kind of environment.
        """
        self._need_open()
        if not isinstance(snapshot, Snapshot):
            raise BadOption(f"snapshot is what snapshot() returned, not a {type(snapshot).__name__}")
        if self.arena.listener is not None:
            raise BadOption("snapshot cannot be restored while a Recorder listens, for a recording does not jump: close it first")
        mine, its = self.arena, snapshot.arena
        if (type(self), self.options, mine.worlds) != (snapshot.kind, snapshot.options, its.worlds):
            raise BadOption(
                f"snapshot is of a {snapshot.kind.__name__} of {snapshot.options.task.name} with other options: "
                "make an environment like the one it was taken from"
            )
        mine.become(its)
        self.observer.become(snapshot.observer)
        for name, value in snapshot.rest.items():
            setattr(self, name, copy.deepcopy(value))
        self._bind()

    def fork(self) -> Self:
        """An environment of its own that stands where this one stands."""
        self._need_open()
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.arena, twin.observer = self.arena.fork(), self.observer.fork()
        for name in (*self._KEPT, "_np_random"):
            setattr(twin, name, copy.deepcopy(getattr(self, name)))
        twin._bind()
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.fork()  # a copy attribute by attribute would part views from their arrays

    def __reduce__(self) -> Any:
        raise TypeError("an environment stays in its process: make one there with the same options")

    @abstractmethod
    def _bind(self) -> None:
        """Take hold anew of the arrays of :attr:`arena`, which are others now."""

    # -- pictures -----------------------------------------------------------------------------------------------------

    def _picture(self, world: int = 0) -> npt.NDArray[np.uint8]:
        """A whole world, uint8 (height, width, 3)."""
        side = self.arena.state.params.side * CELL_PIXELS
        return enlarged(picture_of(self.arena.state, world), max(1, PICTURE_SIDE // side))

    def _frame(self) -> Any:
        """World 0 as the render mode wants it; ``"human"`` paints it into the terminal."""
        self._need_ready()
        mode = self.options.render_mode
        if mode == "rgb_array":
            return self._picture()
        text = as_text(picture_of(self.arena.state))
        if mode == "ansi":
            return text
        sys.stdout.write(f"\x1b[H{text}")
        sys.stdout.flush()
        return None

    # -- order --------------------------------------------------------------------------------------------------------

    def _need_open(self) -> None:
        if self._closed:
            raise ClosedEnvironmentError("this environment is closed: make a new one")

    def _need_ready(self) -> None:
        self._need_open()
        if not self._ready:
            raise ResetNeeded("call reset() first: nothing has begun, or the episode is over")

    def _shut(self) -> None:
        """Let the threads go; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self.arena.close()
