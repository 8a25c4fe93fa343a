"""One bot: a real client of the protocol without a socket, that checks what it is shown and measures how it is served.

Messages and the time go in, messages come out (:meth:`Bot.outgoing`). It speaks through :class:`PeerSession`, decodes every frame
with :class:`View`, whose layers carry checks, and asks again for what was wrong, as any client would.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ninepixel.server.identity import Identity
from ninepixel.server.protocol import Malformed, PeerError, PeerEvent, PeerSession, Stage
from ninepixel.server.protocol.peer_events import Closed, Framed, Heard, Noticed, Refused, Welcomed, You
from ninepixel.server.replication import BadPayload, View
from ninepixel.server.swarm.plan import Choice, Plan, secret
from ninepixel.server.swarm.report import Tally, Wire, crowd_of

#: Seconds between two counts of what moves in view; between two wishes for a body that was refused; for an answer to RESYNC.
COUNT_SECONDS, WISH_SECONDS, RESYNC_SECONDS = 1.0, 4.0, 2.0
#: A connection that shows nothing whole for so many seconds is a failed join.
JOIN_SECONDS = 10.0
#: Inputs whose acknowledgement is waited for at most; a server that acknowledges none must not grow the bots.
MOST_WAITING = 512

#: Where samples go: tick, sector, layer (``movers``, ``ground``, ``field``), hash.
Sampler = Callable[[int, int, str, int], None]


class Unfit(ValueError):
    """The server did not keep to the protocol; the connection is to be closed."""


def is_whole(view: View) -> bool:
    """Whether every layer of every sector in view is known; a layer becomes known by a whole, which carries its check."""
    window = view.window
    return bool(window) and all(view.known(s) and view.known(s, ground=True) and view.known_field(s) for s in window)


class Bot:
    """A player, or a watcher, through all of its connections.

    :param number: which of the plan. :param content: the hash of what it runs, 16 bytes.
    :param tally: what it measures goes there; shared by all bots of a process.
    :param sampler: called with the hashes of what it was shown, now and then.

    :ivar away: whether it has left for a while, so that nothing is expected of it.
    :ivar complete: whether it has seen a correct frame on this connection, and has a body if it wants one.
    """

    __slots__ = (
        "_changes",
        "_content",
        "_counted_at",
        "_frame_at",
        "_got",
        "_held",
        "_identity",
        "_joining",
        "_plan",
        "_polite",
        "_resumed",
        "_resync_at",
        "_sampler",
        "_samples_in",
        "_since",
        "_tally",
        "_tick",
        "_tick_ms",
        "_waiting",
        "_wants_body",
        "_whole",
        "_wish_at",
        "away",
        "complete",
        "number",
        "peer",
        "slot",
        "view",
        "wire",
    )

    def __init__(self, number: int, plan: Plan, content: bytes, tally: Tally, sampler: Sampler | None = None) -> None:
        self.number, self._plan, self._tally, self._sampler = number, plan, tally, sampler
        self._identity, self._content = Identity(secret(plan.seed, number)), content
        self.peer = self._new_peer()
        self.wire = tally.wires.setdefault(number, Wire())
        self.view: View | None = None
        self.slot = -1
        self.away = self.complete = self._whole = self._joining = self._resumed = self._polite = False
        self._wants_body = not plan.watches(number)
        self._held = (0, 0, 0)
        self._changes = 0
        self._waiting: deque[tuple[int, float]] = deque()
        self._since = self._frame_at = self._counted_at = self._resync_at = self._wish_at = 0.0
        self._tick, self._tick_ms, self._got = -1, 50, -1
        self._samples_in = 1 + number % plan.sample_every if plan.sample_every else 0

    # -- the connection ----------------------------------------------------------------------------------------------------

    def connecting(self, now: float) -> None:
        """A connection is about to be opened: from here on the time to join counts."""
        if self._polite:
            self.peer, self._polite = self._new_peer(), False
        peer = self.peer
        if peer.stage is not Stage.WAITING:
            peer.reconnect()
        self._since, self._resumed = now, bool(peer.token)
        self.view, self.slot, self._frame_at, self._tick = None, -1, 0.0, -1
        self.complete = self._whole = self._joining = False
        self._waiting.clear()
        if self._resumed:
            peer.resume()
        else:
            self._greet()

    def opened(self, now: float) -> None:
        """The websocket is there."""
        self._tally.opened.add((now - self._since) * 1e3)

    def receive(self, message: bytes, now: float) -> None:
        """One message of the server.

        :raises Unfit: when it is none: close the connection.
        """
        tally = self._tally
        try:
            events = self.peer.receive(message)
            tally.messages[message[1]] += 1  # the second byte of what was understood is its number
            tally.message_bytes[message[1]] += len(message)
            for event in events:
                if type(event) is Framed:
                    self._frame(event, now)
                else:
                    self._other(event, now)
        except (Malformed, BadPayload) as error:
            tally.counts["bad_frames"] += 1
            raise Unfit(str(error)) from None

    def lost(self, now: float) -> None:
        """The connection is over, for whatever reason."""
        if not self.complete and not self.away:
            self._tally.counts["failed_joins"] += 1
        self.peer.stage = Stage.ENDED
        self._waiting.clear()

    def outgoing(self) -> list[bytes]:
        """What is to be sent now."""
        return self.peer.outgoing()

    # -- what it does ------------------------------------------------------------------------------------------------------

    def change(self) -> Choice | None:
        """Its next planned change of mind; None while it cannot do anything."""
        if self.peer.stage is not Stage.OPEN or (self._wants_body and self.slot < 0):
            return None
        self._changes += 1
        return self._plan.choice(self.number, self._changes, self._held)

    def do(self, choice: Choice, now: float) -> bool:
        """Do what a plan or a trace says; False when it cannot be done now."""
        try:
            match choice:
                case ("input", move, act, utter):
                    seq = self.peer.input(move, act, utter)
                    self._held = (move, act, utter)
                    self._tally.counts["inputs"] += 1
                    if len(self._waiting) < MOST_WAITING:
                        self._waiting.append((seq, now))
                case ("say", text):
                    self.peer.say(text)
                    self._tally.counts["says"] += 1
                case ("look", x, y, reach):
                    self.peer.look(x, y, reach)
                case _:
                    return False
        except (PeerError, Malformed):
            self._tally.counts["not_done"] += 1
            return False
        return True

    def leave(self, politely: bool) -> None:
        """Go away for a while. *politely*: give the body back and say goodbye, both in :meth:`outgoing`, and come back as a
        newcomer would. Otherwise the line is cut, and it comes back with its token."""
        self.away = True
        if politely:
            if self.slot >= 0 and self.peer.stage is Stage.OPEN:
                self.peer.leave()
            self.peer.bye()
            self._polite = True

    # -- what it is told ---------------------------------------------------------------------------------------------------

    def _frame(self, event: Framed, now: float) -> None:
        view, tally, wire = self.view, self._tally, self.wire
        if view is None:
            raise Unfit("a frame came before the welcome")
        wire.frames += 1
        bad = view.apply(event.payload, event.tick)
        if self._frame_at:
            gap = (now - self._frame_at) * 1e3
            tally.gap.add(gap)
            steps = event.tick - self._tick
            tally.steps.add(steps)
            late = gap - steps * self._tick_ms
            tally.jitter.add(late if late >= 0 else -late)
        self._frame_at, self._tick = now, event.tick
        if event.ack:
            self._acknowledged(event.ack, now)
        if bad:
            tally.counts["bad_checks"] += bad
            self._ask_again(view, now)
        elif not self._whole:
            self._look_whole(view, now)
        if self._samples_in:
            self._samples_in -= 1
            if not self._samples_in:
                self._samples_in = self._plan.sample_every
                self._sample(view, event.tick)
        if now >= self._counted_at:
            self._each_second(view, now)

    def _acknowledged(self, ack: int, now: float) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= ack:
            self._tally.ack.add((now - waiting.popleft()[1]) * 1e3)
            self._tally.counts["acked"] += 1

    def _look_whole(self, view: View, now: float) -> None:
        """Whether this is the first moment at which everything in view is known, all of it checked."""
        if (self.slot >= 0 or not self._wants_body) and is_whole(view):
            self._whole = self.complete = True
            (self._tally.resumed if self._resumed else self._tally.joined).add((now - self._since) * 1e3)

    def _ask_again(self, view: View, now: float) -> None:
        if now >= self._resync_at:
            self._resync_at = now + RESYNC_SECONDS
            for sector in view.lost:
                self.peer.resync(sector)
                self._tally.counts["resyncs"] += 1

    def _each_second(self, view: View, now: float) -> None:
        got, before, since = self.wire.got, self._got, now - self._counted_at + COUNT_SECONDS
        self._counted_at, self._got = now + COUNT_SECONDS, got if self.complete else -1
        if self.complete:
            movers = sum(len(view.rows(sector)) for sector in view.window)
            self._tally.movers.add(movers)
            if before >= 0:  # a whole second since it had joined
                self._tally.kbit[crowd_of(movers)].add((got - before) * 8e-3 / since)
        if view.lost:
            self._ask_again(view, now)
        if self._wants_body and self.slot < 0 and not self._joining and now >= self._wish_at:
            self._wish(now)

    def _sample(self, view: View, tick: int) -> None:
        """Note what this frame told of: a layer's hash belongs to the tick of the last part about it."""
        assert self._sampler is not None
        found = list[tuple[int, str, int]]()
        for sector in view.window:
            if view.tick(sector) == tick:
                found.append((sector, "movers", view.hash(sector)))
            if view.tick(sector, ground=True) == tick:
                found.append((sector, "ground", view.hash(sector, ground=True)))
            if view.tick_field(sector) == tick:
                found.append((sector, "field", view.hash_field(sector)))
        for sector, layer, value in found:
            self._sampler(tick, sector, layer, value)
        self._tally.counts["samples"] += len(found)

    def _other(self, event: PeerEvent, now: float) -> None:
        match event:
            case You():
                self.slot = event.slot
                self._joining &= event.slot < 0
                if event.slot >= 0 and self.view is not None and not self._whole:
                    self._look_whole(self.view, now)
            case Welcomed():
                self._welcomed(event, now)
            case Refused():
                self._refused(event, now)
            case Noticed():
                self._tally.notices[event.code] += 1
                if event.code == "slow" and isinstance(rate := event.fields.get("rate_milli"), int) and rate > 0:
                    self._tick_ms = round(1e6 / rate)
                if event.code == "died":
                    self._tally.counts["deaths"] += 1
                    self.slot, self._joining = -1, False
                    self._wish(now)
            case Heard():
                self._tally.counts["heard"] += 1
            case Closed():
                self._tally.ended[event.code] += 1

    def _welcomed(self, event: Welcomed, now: float) -> None:
        self._tally.welcomed.add((now - self._since) * 1e3)
        self._tick_ms = event.tick_ms
        side, sector = event.world.get("side_log2"), event.world.get("sector_log2")
        if not (isinstance(side, int) and isinstance(sector, int)):
            raise Unfit("WELCOME does not say how large the world is")
        self.view = View(side, sector)
        self._counted_at, self._got = now + COUNT_SECONDS, -1
        if self._wants_body and not self._resumed:
            self._wish(now)

    def _refused(self, event: Refused, now: float) -> None:
        self._tally.refused[event.code] += 1
        if self.peer.stage is Stage.CHALLENGED and event.code == "token":  # the session is forgotten there: log in anew
            self._resumed = False
            self._greet()
        elif self._joining:
            self._joining, self._wish_at = False, now + WISH_SECONDS

    def _greet(self) -> None:
        mode = "play" if self._wants_body else "watch"
        name = f"bot-{self.number}-{self._identity.key.hex()[:8]}"  # names are for one account each, also over several runs
        self.peer.hello(name, mode, self._plan.invite)

    def _new_peer(self) -> PeerSession:
        return PeerSession(self._identity, self._content, agent="ninepixel swarm")

    def _wish(self, now: float) -> None:
        """Ask for a body."""
        if self.peer.stage is Stage.OPEN:
            self.peer.join()
            self._joining = True
            self._wish_at = now + WISH_SECONDS
