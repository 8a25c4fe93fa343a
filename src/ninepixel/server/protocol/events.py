"""What a server's session makes of what a client sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Opened:
    """Logged in; answer with :meth:`~.session.ServerSession.welcome`. :param got: the last tick that a resuming client has."""

    mode: str
    account: int
    role: str
    name: str
    resumed: bool
    got: int = 0
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Acted:
    """The player's body is to do that from now on; each is 0 to 8."""

    seq: int
    move: int
    act: int
    utter: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A body is wanted."""

    seq: int


@dataclass(frozen=True, slots=True)
class Left:
    """The body is given back."""

    seq: int


@dataclass(frozen=True, slots=True)
class Said:
    """One line of speech, at most 240 bytes of UTF-8."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """The client looks at that place (fractions of the torus), *reach* sectors far."""

    x: int
    y: int
    reach: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, to be answered with the same *id*."""

    id: int
    what: str
    about: int


@dataclass(frozen=True, slots=True)
class Resync:
    """The client lost track of a sector."""

    sector: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """An operator's order, to be answered with the same *id*."""

    id: int
    verb: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pinged:
    """To be answered with the same *t*."""

    t: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over: send what :meth:`~.session.ServerSession.outgoing` still has, then close.

    :param code: a key of :data:`~.reasons.FAREWELLS` or :data:`~.reasons.REFUSALS`.
    """

    code: str


Event = Opened | Acted | Joined | Left | Said | Looked | Asked | Resync | Ordered | Pinged | Ended
