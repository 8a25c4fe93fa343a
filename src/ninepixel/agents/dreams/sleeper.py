"""Dreams beside a running universe: it hands moments over between two ticks and goes on; a thread of its own dreams of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from ninepixel.agents.dreams.diary import Diary
from ninepixel.agents.dreams.dream import Dreamt, Night, Waiting
from ninepixel.agents.dreams.dreamer import Temper, temper_of
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

#: Moments that may wait to be dreamed of; while so many do, further ones are let go.
MOST_WAITING = 4


class Sleeper:
    """Dreams of every so many ticks of one mind's life. Kernels release the GIL, and the universe waits for nothing but the copy
    of its state that a moment is.

    In such a dream nobody is told anything from outside, because what will be told is not known yet.

    :param slot: of the mind. :param every: ticks between two moments.
    :raises NoDreamer: when nobody lives in the slot.
    :ivar left_out: moments that were let go.
    """

    def __init__(self, universe: Universe, slot: int, *, every: int = 64, night: Night | None = None) -> None:
        self.slot, self.every, self.night = slot, every, night or Night()
        self.left_out = 0
        self._temper = temper_of(universe, slot)
        self._diary = Diary(universe, slot)
        self._thread = ThreadPoolExecutor(1, "dreams")
        self._dreaming: list[Future[Waiting]] = []
        self._done: list[Waiting] = []

    def note(self, universe: Universe) -> None:
        """A tick is over. Call it after every step; it never waits for a dream."""
        self._diary.note(universe)
        self._collect()
        if universe.tick % self.every or universe.pull().lives["body"][0, self.slot] < 0:
            return
        if len(self._dreaming) >= MOST_WAITING:
            self.left_out += 1
            return
        state = universe.pull().copy()
        self._dreaming.append(self._thread.submit(_asleep, state, self.slot, self._temper, self.night))

    def dreamt(self) -> list[Dreamt]:
        """The moments of which all is known, dreamed and lived, in the order of time; each is told once."""
        self._collect()
        found, waiting = list[Dreamt](), list[Waiting]()
        for moment in self._done:
            known = moment.compared(self._diary, self.night.horizon)
            if known is None:
                waiting.append(moment)
            else:
                found.append(known)
        self._done = waiting
        return found

    def wake(self) -> None:
        """Wait for the dreams that are going on; let go of those that have not begun. Safe to call twice."""
        for future in self._dreaming:
            self.left_out += future.cancel()
        self._thread.shutdown()
        self._dreaming = [future for future in self._dreaming if not future.cancelled()]
        self._collect()

    def _collect(self) -> None:
        """Take in the dreams that have ended, in the order of time.

        :raises Exception: whatever went wrong in a dream.
        """
        while self._dreaming and self._dreaming[0].done():
            self._done.append(self._dreaming.pop(0).result())

    def __enter__(self) -> Sleeper:
        return self

    def __exit__(self, *exception: object) -> None:
        self.wake()


def _asleep(state: State, slot: int, temper: Temper, night: Night) -> Waiting:
    """Dream of a moment, in a universe that nobody else has."""
    nothing: Mapping[int, tuple[()]] = {}
    with Universe.from_state(state, "cpu", threads=1, record=False) as universe:
        return Waiting.at(universe, slot, temper, night, nothing)
