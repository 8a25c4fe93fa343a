"""How often a peer may do what: one named rate a verb, and the tiny state that holds a session to them.

A rate is a *token bucket*: ``burst`` at once, ``per_second`` for ever. It is kept as the generic cell rate algorithm does, which
needs a single number a bucket: the time at which the bucket will be full again.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

#: What is limited; a session's buckets are numbered in this order.
VERBS = ("input", "join", "say", "look", "ask", "resync", "admin", "ping", "hello", "malformed", "refused")


class BadLimit(ValueError):
    """A setting is no limit; the message says which and what one looks like."""


@dataclass(frozen=True, slots=True)
class Rate:
    """*burst* messages at once, then *per_second*."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if not (0 < self.per_second < math.inf and self.burst >= 1):
            raise BadLimit(f"a rate is more than 0 a second with a burst of at least 1, not {self.per_second} and {self.burst}")

    def __str__(self) -> str:
        return f"{self.per_second:g}/{self.burst}"

    @staticmethod
    def parse(text: str) -> Rate:
        """The rate that ``"per_second/burst"`` says, for example ``"0.5/4"``.

        :raises BadLimit: when it says none.
        """
        per_second, _, burst = text.partition("/")
        try:
            return Rate(float(per_second), int(burst))
        except BadLimit:
            raise
        except ValueError:
            raise BadLimit(f"a rate is written per_second/burst, for example 0.5/4, not {text!r:.60}") from None


@dataclass(frozen=True)
class Limits:
    """The rates of one session, by verb, and the seconds that a login may take.

    The defaults leave an honest client twice of what it needs at 20 ticks a second.
    """

    input: Rate = Rate(40, 80)  #: INPUT
    join: Rate = Rate(0.5, 6)  #: JOIN and LEAVE together
    say: Rate = Rate(1, 5)  #: SAY
    look: Rate = Rate(10, 20)  #: LOOK
    ask: Rate = Rate(5, 20)  #: ASK
    resync: Rate = Rate(4, 40)  #: RESYNC
    admin: Rate = Rate(5, 20)  #: ADMIN
    ping: Rate = Rate(2, 10)  #: PING
    hello: Rate = Rate(0.2, 4)  #: HELLO, PROOF and RESUME together
    malformed: Rate = Rate(0.2, 10)  #: messages that cannot be read; past that the session ends
    refused: Rate = Rate(20, 200)  #: messages refused for whatever else; past that the session ends
    login_seconds: float = 10.0  #: between the challenge and the end of the login

    def __post_init__(self) -> None:
        if not 0 < self.login_seconds < math.inf:
            raise BadLimit(f"login_seconds is more than 0, not {self.login_seconds}")
        rates = [self.rate(verb) for verb in VERBS]
        object.__setattr__(self, "_spacing", tuple(1.0 / r.per_second for r in rates))
        # a thousandth of a message more, so that rounding takes nobody's last one
        object.__setattr__(self, "_slack", tuple((r.burst - 0.999) / r.per_second for r in rates))

    _spacing = _slack = tuple[float, ...]()

    def rate(self, verb: str) -> Rate:
        """The rate of one of :data:`VERBS`."""
        rate = getattr(self, verb)
        if not isinstance(rate, Rate):
            raise BadLimit(f"{verb} has a rate, for example Rate(0.5, 4), not {rate!r:.60}")
        return rate

    def changed(self, texts: Mapping[str, str]) -> Limits:
        """These limits but for those named: ``{"say": "0.5/4", "login_seconds": "5"}``, as configuration has them.

        :raises BadLimit: for a name that is none, and for what is no rate or number.
        """
        names = {f.name for f in fields(self)}
        values: dict[str, Rate | float] = {}
        for name, text in texts.items():
            if name not in names:
                raise BadLimit(f"there is no limit {name!r:.40}; there are {', '.join(sorted(names))}")
            try:
                values[name] = Rate.parse(text) if name in VERBS else float(text)
            except ValueError as error:
                raise BadLimit(f"the limit {name}: {error}") from None
        return replace(self, **values)  # type: ignore[arg-type]


class Buckets:
    """What one session has used of its limits: eight bytes a verb, all full at first.

    :param limits: shared by all sessions.
    """

    __slots__ = ("_full_at", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._full_at = array("d", _EMPTY)

    def take(self, verb: int, now: float) -> bool:
        """Take one token for ``VERBS[verb]`` at *now* (seconds, of a clock that does not go back); False when there is none."""
        full_at, limits = self._full_at[verb], self._limits
        if full_at <= now:
            full_at = now
        elif full_at - now > limits._slack[verb]:
            return False
        self._full_at[verb] = full_at + limits._spacing[verb]
        return True


_EMPTY = array("d", [-math.inf] * len(VERBS))
