"""When the next tick is due, how late it came, and what to do when the machine is too slow: slow down where everybody can see it.

A server that falls behind and tries to catch up falls further behind. So a tick that comes more than a period late is not made
up for, and when ticks take nearly all of their period the rate is halved, with a notice; it doubles again when there is room.
Time comes in as seconds of any monotonic clock.
"""

from __future__ import annotations

from collections import deque

#: Ticks over which the load is judged.
WINDOW = 40
#: Shares of a period that ticks take on average: above the first the rate halves; when they would take less than the second at
#: twice the rate, it doubles.
OVERLOADED, LIGHT = 0.9, 0.5
#: No server ticks slower than this, ticks a second.
SLOWEST = 2.5


class Pace:
    """The beat of the simulation.

    :param rate: ticks a second that are wanted.
    :param now: seconds.
    :ivar due: when the next tick shall start, seconds.
    :ivar halvings: how often the rate has been halved.
    """

    def __init__(self, rate: float, now: float) -> None:
        self._wanted = rate
        self.halvings = 0
        self.due = now
        self._spent: deque[float] = deque(maxlen=WINDOW)

    @property
    def wanted(self) -> float:
        """Ticks a second, as somebody wants them."""
        return self._wanted

    @property
    def rate(self) -> float:
        """Ticks a second, as things are."""
        return self._wanted / (1 << self.halvings)

    @property
    def period(self) -> float:
        """Seconds from one tick to the next."""
        return 1 / self.rate

    def set_rate(self, rate: float) -> None:
        """Want another rate; judge the load anew."""
        self._wanted, self.halvings = rate, 0
        self._spent.clear()

    def start(self, now: float) -> float:
        """A tick starts. Returns how late, in seconds."""
        late = max(0.0, now - self.due)
        self.due = self.due + self.period if late < self.period else now + self.period
        return late

    def done(self, spent: float) -> bool:
        """A tick has taken *spent* seconds. Returns whether the rate has changed because of it."""
        self._spent.append(spent)
        if len(self._spent) < WINDOW:
            return False
        load = sum(self._spent) / WINDOW * self.rate
        if load > OVERLOADED and self.rate / 2 >= SLOWEST:
            self.halvings += 1
        elif self.halvings and load * 2 < LIGHT:
            self.halvings -= 1
        else:
            return False
        self._spent.clear()
        return True
