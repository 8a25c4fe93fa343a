"""What a tick sends: plain data, from the thread that simulates to the loop that has the sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ninepixel.server.replication import Frames
from ninepixel.world.life.census import Birth, Death

#: Whom a letter is for, when it is not for one client: all that see, and those of them without a body.
EVERYBODY, WATCHERS = -1, -2

Address = int | tuple[int, ...]


@dataclass(slots=True)
class Letter:
    """A message that is not a frame: its number and its fields, to a client, to some, :data:`EVERYBODY` or :data:`WATCHERS`.

    :param kind: the class of its bytes for the audit, where its number does not say it.
    """

    to: Address
    number: int
    fields: tuple[Any, ...]
    kind: str = ""


@dataclass(slots=True)
class Shipment:
    """What a tick sends, once the journal is durable up to it.

    :param tick: the tick of the state that it shows.
    :param acks: by account the highest number of its commands that this tick has taken in.
    :param welcomed: clients that have come in: from here on what is sent to their number is meant for them.
    :param gone: numbers of clients of which nothing more is sent: they may be given to others.
    :param yous: to whom, and the bytes of a YOU.
    :param endings: clients whose sessions end, with code and text.
    """

    tick: int
    frames: Frames | None = None
    acks: dict[int, int] = field(default_factory=dict)
    welcomed: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    yous: list[tuple[int, bytes]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    endings: list[tuple[int, str, str]] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything to send or to note."""
        return self.frames is not None or any(
            (self.acks, self.welcomed, self.gone, self.yous, self.letters, self.endings, self.births, self.deaths)
        )
