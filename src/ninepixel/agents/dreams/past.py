"""The past in a save, lived again tick by tick, with dreams of moments on the way. The file is read and never written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ninepixel.agents.dreams.diary import Diary
from ninepixel.agents.dreams.dream import Dreamt, Night, OnTick, Waiting, dream
from ninepixel.agents.dreams.dreamer import Dice, NoDreamer, Temper, temper_of
from ninepixel.world.commands import Command
from ninepixel.world.digest import digest
from ninepixel.world.store.save import Save
from ninepixel.world.universe import Universe

#: Told how many ticks of the past have been lived again.
Lived = Callable[[int], None]


class WakingChanged(RuntimeError):
    """The past did not come out as it was: a defect, of the save's universe or of dreams."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which moments are dreamed of. :ivar ticks: of the past, the last ones. :ivar every: ticks between two moments."""

    ticks: int = 512
    every: int = 32
    night: Night = field(default_factory=Night)


class Past:
    """The last ticks of a save; a context manager.

    :param slot: of the mind that dreams. :param temper: what it acts by in dreams; as in its waking life, when None.
    :raises NoDreamer: when the past is too short to dream of. BadSave: when the file is not a whole save.
    """

    def __init__(self, file: Path, slot: int, plan: Plan, temper: Temper | None = None) -> None:
        self.slot, self.plan, self._temper = slot, plan, temper
        self._save = Save(file)
        try:
            self._save.ensure_current()
            self._open()
        except BaseException:
            self._save.close()
            raise

    def _open(self) -> None:
        snapshots = self._save.snapshots
        self.end = snapshots[-1].tick if self._save.end is None else self._save.end
        self.begin = max(snapshots[0].tick, self.end - self.plan.ticks)
        horizon = self.plan.night.horizon
        if self.end - self.begin < horizon:
            raise NoDreamer(
                f"the save holds {self.end - snapshots[0].tick} ticks of its past, and {self.end - self.begin} were asked for: "
                f"a dream takes {horizon}; save a longer run, or dream shorter with --horizon"
            )
        self._start = max((ref for ref in snapshots if ref.tick <= self.begin), key=lambda ref: ref.tick)
        self._told: dict[int, list[Command]] = {}
        for event in self._save.events(prints=False):
            if isinstance(event.what, list) and event.tick >= self._start.tick:
                self._told.setdefault(event.tick, []).extend(event.what)

    def moments(self) -> range:
        """The ticks of the moments that can be dreamed of: what came after them is known to the horizon."""
        return range(self.begin, self.end - self.plan.night.horizon + 1, self.plan.every)

    def dreams(self, lived: Lived = lambda ticks: None) -> Iterator[Dreamt]:
        """Live the past again and dream on the way. What is yielded comes in the order of time, when all of it is known.

        :raises NoDreamer: when nobody lives in the slot at the first moment.
        :raises WakingChanged: when the past did not end as the save says.
        """
        night, waiting = self.plan.night, list[Waiting]()
        with self._waking() as waking:
            self._run_to(waking, self.begin, lived)
            temper, diary = self._temper_of(waking), Diary(waking, self.slot)
            while True:
                if waking.tick in self.moments() and waking.pull().lives["body"][0, self.slot] >= 0:
                    waiting.append(Waiting.at(waking, self.slot, temper, night, self._told))
                while waiting and (found := waiting[0].compared(diary, night.horizon)) is not None:
                    waiting.pop(0)
                    yield found
                if waking.tick >= self.end:
                    break
                waking.step(self._told.get(waking.tick, []))
                diary.note(waking)
                lived(1)
            self._check(waking)

    def show(self, moment: Dreamt, on_tick: OnTick) -> Dice:
        """Dream the best dream of a moment once more, for somebody to watch. Returns its dice."""
        best = max(range(len(moment.dreamed)), key=lambda n: moment.dreamed[n])
        dice = Dice(best + 1) if moment.dreamed[best] >= moment.greedy else Dice(0, greedy=True)
        with self._waking() as waking:
            self._run_to(waking, moment.tick, lambda ticks: None)
            with waking.fork() as fork:
                on_tick(fork)
                dream(fork, self.slot, self._temper_of(waking), dice, self.plan.night.horizon, self._told, on_tick)
        return dice

    def _waking(self) -> Universe:
        """The waking universe as it was at the snapshot from which the past is lived again."""
        return Universe.from_state(self._save.state(self._start), "cpu", record=False)

    def _temper_of(self, waking: Universe) -> Temper:
        own = temper_of(waking, self.slot)  # also refuses a slot that nobody lives in
        return own if self._temper is None else self._temper

    def _run_to(self, waking: Universe, tick: int, lived: Lived) -> None:
        while waking.tick < tick:
            waking.step(self._told.get(waking.tick, []))
            lived(1)

    def _check(self, waking: Universe) -> None:
        """Whether the past, among dreams, ended as it did without them."""
        last = self._save.snapshots[-1]
        if last.tick == waking.tick and digest(self._save.state(last)) != waking.digest():
            raise WakingChanged(
                f"tick {waking.tick} came out otherwise than it was; check the save: ninepixel replay FILE --verify"
            )
        self.digest = waking.digest()

    def close(self) -> None:
        """Close the file."""
        self._save.close()

    def __enter__(self) -> Past:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
