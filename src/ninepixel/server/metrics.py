"""What the server says about itself: Prometheus figures in a registry of its own, and the answer to ``/healthz``.

Every label has a fixed set of values; whatever comes from a peer is counted under a name from our own tables or under ``other``,
so that nobody makes the figures grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from ninepixel.server.audit import CLASSES
from ninepixel.server.protocol.messages import BY_NUMBER, MODES, OTHER, REFUSALS
from ninepixel.world.life.comfort import Figures

CONTENT_TYPE = CONTENT_TYPE_LATEST
#: Milliseconds. The issue's bounds (10 and 50) are edges, so that what it asks for can be read off.
_LATENESS = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1000)
_TICK = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 40, 50, 75, 100, 200, 500)
_COMMIT = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 20, 50, 100, 200, 500, 1000)
_MESSAGES = {number: message.name.lower() for number, message in BY_NUMBER.items()}
_CLASSES = frozenset(CLASSES)


class Metrics:
    """The figures. Methods may be called by any thread; each costs a microsecond or two.

    :param process: whether to tell the process's memory, CPU and open files as well.
    """

    def __init__(self, *, process: bool = True) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        if process:
            ProcessCollector(registry=self.registry)
        self._histograms()
        self._counters()
        self._gauges()

    # -- from the simulation thread ----------------------------------------------------------------------------------------

    def tick(self, lateness: float, duration: float) -> None:
        """A tick began *lateness* seconds after its time and took *duration* seconds."""
        self._ticks.inc()
        self._lateness.observe(lateness * 1e3)
        self._duration.observe(duration * 1e3)

    def committed(self, duration: float, journal_bytes: int) -> None:
        """A group commit took *duration* seconds; the journal holds *journal_bytes*."""
        self._commit.observe(duration * 1e3)
        self._journal.set(journal_bytes)

    def snapshot(self, tick: int, time: float) -> None:
        """The newest snapshot is of *tick*, taken at *time* (seconds since 1970): its age is for the reader to tell."""
        self._snapshot_tick.set(tick)
        self._snapshot_time.set(time)

    def universe(self, tick: int, rate: int, entities: int, minds: int) -> None:
        """Where the universe is: its *tick*, ticks a second, how many bodies and how many minds."""
        self._tick.set(tick)
        self._rate.set(rate)
        self._entities.set(entities)
        self._minds.set(minds)

    def fare(self, figures: Figures) -> None:
        """How the minds fared for a while."""
        self._satisfaction.set(figures.satisfaction)
        self._births.inc(figures.births)
        self._deaths.inc(figures.deaths)

    def learning(self, status: Mapping[str, int]) -> None:
        """How learning stands: *status* says of ``alive``, ``swaps``, ``updates``, ``episodes`` and ``dropped`` what they are."""
        for name, gauge in self._learning.items():
            gauge.set(status[name])

    # -- from the event loop -----------------------------------------------------------------------------------------------

    def clients(self, by_mode: Mapping[str, int], unknown: int = 0) -> None:
        """How many clients are here, by mode, and how many have yet to log in; modes not named have none."""
        for mode in MODES:
            self._clients.labels(mode).set(by_mode.get(mode, 0))
        self._clients.labels("login").set(unknown)

    def got(self, number: int, size: int) -> None:
        """A message of that *number* and *size* in bytes came in."""
        (self._in.get(number) or self._other_in).inc()
        self._bytes_in.inc(size)

    def sent(self, number: int, count: int = 1) -> None:
        """*count* messages of that number left."""
        self._messages_out.labels(_MESSAGES.get(number, OTHER)).inc(count)

    def left(self, kind: str, size: int) -> None:
        """*size* bytes of a class of :data:`~ninepixel.server.audit.CLASSES` left."""
        self._bytes_out.labels(kind if kind in _CLASSES else OTHER).inc(size)

    def refused(self, kind: str) -> None:
        """A message was refused, for a reason of :data:`~ninepixel.server.protocol.messages.REFUSALS`."""
        self._refused.labels(kind if kind in REFUSALS else OTHER).inc()

    def dropped(self, count: int = 1) -> None:
        """*count* frames were not sent, because their client had yet to take the last one."""
        self._dropped.inc(count)

    def joined(self, seconds: float) -> None:
        """A client got its first frame, *seconds* after it said hello."""
        self._join.observe(seconds * 1e3)

    def health(self, status: str) -> None:
        """The answer of ``/healthz`` as a number: 0 ok, 1 degraded, 2 failing."""
        self._health.set(STATUSES.index(status) if status in STATUSES else len(STATUSES))

    def render(self) -> bytes:
        """Everything, as Prometheus reads it (:data:`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    # -- inside ------------------------------------------------------------------------------------------------------------

    def _histograms(self) -> None:
        def histogram(name: str, about: str, buckets: Iterable[float]) -> Histogram:
            return Histogram(f"ninepixel_{name}", about, buckets=tuple(buckets), registry=self.registry)

        self._lateness = histogram("tick_lateness_milliseconds", "How late ticks began", _LATENESS)
        self._duration = histogram("tick_duration_milliseconds", "How long ticks took", _TICK)
        self._commit = histogram("commit_milliseconds", "How long group commits took", _COMMIT)
        self._join = histogram("join_milliseconds", "From hello to the first frame", _LATENESS)

    def _counters(self) -> None:
        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"ninepixel_{name}", about, labels, registry=self.registry)

        self._ticks = counter("ticks", "Ticks since the server started")
        self._messages_in = counter("messages_in", "Messages that came, by kind", "kind")
        self._messages_out = counter("messages_out", "Messages that left, by kind", "kind")
        self._in = {number: self._messages_in.labels(name) for number, name in _MESSAGES.items()}  # looking up takes longer
        self._other_in = self._messages_in.labels(OTHER)
        self._bytes_in = counter("bytes_in", "Bytes of messages that came")
        self._bytes_out = counter("bytes_out", "Bytes that left, by class", "class")
        self._refused = counter("refused", "Messages refused, by reason", "kind")
        self._dropped = counter("frames_dropped", "Frames that a slow client never got")
        self._births = counter("births", "Minds that were born")
        self._deaths = counter("deaths", "Minds that died")
        for kind in (*REFUSALS, OTHER):  # there from the start, so that a rate over them is never without a beginning
            self._refused.labels(kind)
        for name in CLASSES:
            self._bytes_out.labels(name)

    def _gauges(self) -> None:
        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"ninepixel_{name}", about, labels, registry=self.registry)

        self._clients = gauge("clients", "Clients that are here, by mode", "mode")
        self._tick = gauge("tick", "The tick of the universe")
        self._rate = gauge("rate_hertz", "Ticks a second that are aimed at")
        self._entities = gauge("entities", "Bodies in the universe")
        self._minds = gauge("minds", "Minds that live")
        self._satisfaction = gauge("drive_satisfaction", "Of minds in the last minute: 1 when they lack nothing, 0 at worst")
        self._learning = {
            "alive": gauge("learning", "Whether minds go on learning"),
            "swaps": gauge("learning_policies", "Policies that minds have learned and live by, one after the other"),
            "updates": gauge("learning_updates", "Updates of what they learn"),
            "episodes": gauge("learning_episodes", "Episodes of their lives that were handed in"),
            "dropped": gauge("learning_dropped", "Episodes that were left out because learning lagged behind"),
        }
        self._journal = gauge("journal_bytes", "Bytes of the journal")
        self._snapshot_tick = gauge("snapshot_tick", "The tick of the newest snapshot")
        self._snapshot_time = gauge("snapshot_timestamp_seconds", "When it was taken, in seconds since 1970")
        self._health = gauge("health", "0 ok, 1 degraded, 2 failing")


# -- health -----------------------------------------------------------------------------------------------------------

Status = Literal["ok", "degraded", "failing"]
STATUSES: tuple[Status, ...] = ("ok", "degraded", "failing")
#: Ticks that may be missing before the clock counts as stalled, and never less than these seconds.
STALLED_TICKS, STALLED_SECONDS = 20, 2.0
#: Commits may lag this much behind the ticks.
SLOW_COMMIT_SECONDS = 1.0
#: A snapshot that is this many times older than it should be.
OLD_SNAPSHOT = 4


@dataclass(frozen=True, slots=True)
class Signs:
    """What the health of a server is read from; times are seconds of one monotonic clock.

    :param now: the time. :param ticked: when the last tick was done. :param rate: ticks a second that are aimed at.
    :param asked_rate: ticks a second that the settings ask for.
    :param committed: when everything was last known to be on disk.
    :param snapshot: when the newest snapshot was taken, and how often one should be, in *snapshot_seconds*.
    """

    now: float
    ticked: float
    rate: int
    asked_rate: int
    committed: float
    snapshot: float
    snapshot_seconds: float
    paused: bool = False
    disk_full: bool = False
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """How a server is: *status* and the reasons, each a word and a sentence."""

    status: Status
    reasons: Mapping[str, str]

    @property
    def http_status(self) -> int:
        """200 while it serves; 503 when it fails or is about to stop, so that nobody new is sent to it."""
        return 503 if self.status == "failing" or "draining" in self.reasons else 200

    def body(self) -> dict[str, object]:
        """The answer, for JSON."""
        return {"status": self.status, "reasons": dict(self.reasons)}


def health_of(signs: Signs) -> Health:
    """Read the *signs*: failing when nothing goes on, degraded when it goes on worse than it should, else ok."""
    failing, degraded = dict[str, str](), dict[str, str]()
    still = signs.now - signs.ticked
    if not signs.paused and still > max(STALLED_SECONDS, STALLED_TICKS / max(signs.rate, 1)):
        failing["stalled"] = f"no tick for {still:.1f} s"
    if signs.disk_full:
        failing["disk-full"] = "there is no room on the disk: nothing is accepted"
    lag = signs.ticked - signs.committed
    if not signs.disk_full and lag > SLOW_COMMIT_SECONDS:
        degraded["commit"] = f"the disk is {lag:.1f} s behind the ticks"
    if signs.draining:
        degraded["draining"] = "the server is about to stop"
    if signs.rate < signs.asked_rate:
        degraded["slow"] = f"{signs.rate} ticks a second instead of {signs.asked_rate}"
    age = signs.now - signs.snapshot
    if not signs.paused and age > OLD_SNAPSHOT * signs.snapshot_seconds:
        degraded["snapshot"] = f"the newest snapshot is {age:.0f} s old"
    return Health("failing" if failing else "degraded" if degraded else "ok", {**failing, **degraded})
