"""How many ticks are due: 20 a second, faster or slower on request, however irregular the frames are."""

from __future__ import annotations

HERTZ = 20.0
SPEEDS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
#: A frame never owes more than this many ticks: a machine that cannot keep up falls behind instead of stopping.
MOST_DUE = 8


class Pace:
    """An accumulator of fixed steps. Pure: seconds in, ticks out."""

    def __init__(self) -> None:
        self.paused = False
        self._speed = SPEEDS.index(1.0)
        self._debt = 0.0
        self._single = 0

    @property
    def speed(self) -> float:
        """1 is 20 ticks a second."""
        return SPEEDS[self._speed]

    @property
    def alpha(self) -> float:
        """The part of a tick that has passed since the last one, 0 up to 1: where between two ticks to draw."""
        return min(self._debt, 0.999)

    def faster(self, steps: int = 1) -> None:
        """Change the speed by so many places of :data:`SPEEDS`; negative is slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + steps))

    def toggle(self) -> None:
        """Pause, or go on."""
        self.paused = not self.paused

    def single(self) -> None:
        """Pause, and ask for one tick."""
        self.paused = True
        self._single += 1

    def due(self, seconds: float) -> int:
        """Ticks to take now that *seconds* more have passed."""
        ticks, self._single = self._single, 0
        if self.paused:
            return ticks
        self._debt += max(seconds, 0.0) * HERTZ * self.speed
        whole = int(self._debt)
        self._debt -= whole
        return min(whole, MOST_DUE) + ticks
