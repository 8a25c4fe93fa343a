"""The figures of a run: histograms that can be merged over processes, and what is made of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ninepixel.server.protocol.messages import BY_NUMBER


class Histogram:
    """How often a quantity took which value: linear steps of equal width, an overflow above the last.

    A value is one list increment, and a quantile is exact to a step; the extremes and the sum are exact.

    :param step: width of a step. :param top: values from here on share the last step.
    :param whole: the values are whole numbers of steps, so that quantiles are exact.
    """

    __slots__ = ("counts", "high", "low", "n", "step", "total", "whole")

    def __init__(self, step: float, top: float, *, whole: bool = False) -> None:
        self.step, self.whole = step, whole
        self.counts = [0] * (round(top / step) + 1)
        self.n = 0
        self.total = 0.0
        self.low, self.high = float("inf"), float("-inf")

    def add(self, value: float) -> None:
        """One more *value*, 0 or more."""
        at = int(value / self.step)
        counts = self.counts
        counts[at if at < len(counts) else -1] += 1
        self.n += 1
        self.total += value
        if value > self.high:
            self.high = value
        if value < self.low:
            self.low = value

    def merge(self, other: Histogram) -> None:
        """Add everything that *other* has seen.

        :raises ValueError: when it has other steps.
        """
        if (self.step, len(self.counts)) != (other.step, len(other.counts)):
            raise ValueError("histograms of other steps cannot be merged")
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.n += other.n
        self.total += other.total
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    @property
    def mean(self) -> float:
        """The mean, 0 when there is nothing."""
        return self.total / self.n if self.n else 0.0

    def quantile(self, share: float) -> float:
        """The least value that *share* (0..1) of all values do not exceed, to a step upwards; 0 when there is nothing."""
        if not self.n:
            return 0.0
        wanted, seen = max(1, -int(-share * self.n // 1)), 0
        for at, count in enumerate(self.counts[:-1]):
            seen += count
            if seen >= wanted:
                return min(max((at + (not self.whole)) * self.step, self.low), self.high)
        return self.high

    def figures(self) -> dict[str, float | int]:
        """Median, p99, extremes, mean and number, for the report."""
        if not self.n:
            return {"n": 0}
        told = {
            "p50": self.quantile(0.5),
            "p90": self.quantile(0.9),
            "p99": self.quantile(0.99),
            "max": self.high,
            "mean": self.mean,
        }
        return {name: round(value, 3) for name, value in told.items()} | {"n": self.n}


def spread(values: Iterable[float], digits: int = 3) -> dict[str, float | int]:
    """Median, extremes and percentiles of a few values (one a bot), exactly: the least value that the share does not exceed."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}

    def at(share: float) -> float:
        return round(ordered[max(0, -int(-share * len(ordered) // 1) - 1)], digits)

    return {
        "p1": at(0.01),
        "p50": at(0.5),
        "p99": at(0.99),
        "max": at(1),
        "mean": round(sum(ordered) / len(ordered), digits),
        "n": len(ordered),
    }


@dataclass(slots=True)
class Wire:
    """What one bot's connections carried, from the sockets: bytes read and written, and for how many seconds it was in."""

    got: int = 0
    sent: int = 0
    frames: int = 0
    seconds: float = 0.0
    #: TCP segments both ways as the kernel counts them; 0 where it does not tell.
    segments_in: int = 0
    segments_out: int = 0


def _milliseconds() -> Histogram:
    return Histogram(0.25, 10_000)


#: How many movers may be in view for seconds of a client to be compared with one another: from each of these to below the next.
CROWDS = (0, 10, 20, 40, 80, 160, 320, 640)


def _by_crowd() -> list[Histogram]:
    return [Histogram(0.25, 4_000) for _ in CROWDS]


def crowd_of(movers: int) -> int:
    """Which of :data:`CROWDS` that many movers are."""
    return bisect_right(CROWDS, movers) - 1


@dataclass(slots=True)
class Tally:
    """Everything that one process of bots measured. Times in milliseconds."""

    #: From the wish to connect (before TCP's handshake) to: the websocket open; WELCOME; the first moment at which every sector
    #: of the view is whole and passed its check.
    opened: Histogram = field(default_factory=_milliseconds)
    welcomed: Histogram = field(default_factory=_milliseconds)
    joined: Histogram = field(default_factory=_milliseconds)
    #: The same for those who came back with their token.
    resumed: Histogram = field(default_factory=_milliseconds)
    #: Between one frame and the next; how far that is from the server's tick.
    gap: Histogram = field(default_factory=_milliseconds)
    jitter: Histogram = field(default_factory=_milliseconds)
    #: From an input to the frame that acknowledges it.
    ack: Histogram = field(default_factory=_milliseconds)
    #: How late this process's own scheduler was: when it is, the other figures are the bots' fault.
    late: Histogram = field(default_factory=_milliseconds)
    #: Bodies and things that move in a bot's view, sampled about once a second.
    movers: Histogram = field(default_factory=lambda: Histogram(1, 65_536, whole=True))
    #: Kilobits that a client got in a second, by how many movers it saw (:data:`CROWDS`); the second it joined in left out.
    kbit: list[Histogram] = field(default_factory=_by_crowd)
    #: Ticks between a frame and the one before it: 1 when nothing was skipped.
    steps: Histogram = field(default_factory=lambda: Histogram(1, 4_096, whole=True))
    #: Messages of the server and their bytes, by number.
    messages: list[int] = field(default_factory=lambda: [0] * 128)
    message_bytes: list[int] = field(default_factory=lambda: [0] * 128)
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    hostile: Counter[str] = field(default_factory=Counter)
    wires: dict[int, Wire] = field(default_factory=dict)
    #: Seconds of CPU that this process used while the bots ran, how many of them in the kernel, and how long the bots ran.
    cpu: float = 0.0
    system: float = 0.0
    wall: float = 0.0
    nice: int = 0
    processes: int = 1
    peak_kib: int = 0

    def merge(self, other: Tally) -> None:
        """Add what another process measured; the longest run and the greatest peak count."""
        for name in HISTOGRAMS:
            getattr(self, name).merge(getattr(other, name))
        for mine, theirs in zip(self.kbit, other.kbit, strict=True):
            mine.merge(theirs)
        self.messages = [a + b for a, b in zip(self.messages, other.messages, strict=True)]
        self.message_bytes = [a + b for a, b in zip(self.message_bytes, other.message_bytes, strict=True)]
        for name in ("counts", "refused", "notices", "ended", "hostile"):
            getattr(self, name).update(getattr(other, name))
        self.wires.update(other.wires)
        self.cpu += other.cpu
        self.system += other.system
        self.processes += other.processes
        self.wall, self.nice = max(self.wall, other.wall), max(self.nice, other.nice)
        self.peak_kib += other.peak_kib

    def report(self, segment_bytes: int = 52) -> dict[str, Any]:
        """What it comes to, as plain values for JSON.

        :param segment_bytes: of IP and TCP headers (with timestamps) that every segment carries beside what the sockets see.
        """
        wires = [w for w in self.wires.values() if w.seconds > 0]
        frames = sum(w.frames for w in self.wires.values())
        told: dict[str, Any] = {
            "bots": len(self.wires),
            "frames": frames,
            "join_ms": self.joined.figures(),
            "resume_ms": self.resumed.figures(),
            "open_ms": self.opened.figures(),
            "welcome_ms": self.welcomed.figures(),
            "ack_ms": self.ack.figures(),
            "frame_gap_ms": self.gap.figures(),
            "jitter_ms": self.jitter.figures(),
            "frames_per_s": spread(w.frames / w.seconds for w in wires),
            "ticks_per_frame": self.steps.figures(),
            "visible_movers": self.movers.figures(),
            "kbit_s_by_movers": {name: found.figures() for name, found in zip(_crowd_names(), self.kbit, strict=True) if found.n},
            "kbit_s_in": spread(w.got * 8e-3 / w.seconds for w in wires),
            "kbit_s_out": spread(w.sent * 8e-3 / w.seconds for w in wires),
            "messages": {
                BY_NUMBER[number].name.lower(): {"n": n, "bytes": self.message_bytes[number]}
                for number, n in enumerate(self.messages)
                if n
            },
            "bytes_in": sum(w.got for w in self.wires.values()),
            "bytes_out": sum(w.sent for w in self.wires.values()),
        }
        if any(w.segments_in for w in wires):
            told["kbit_s_in_with_headers"] = spread((w.got + w.segments_in * segment_bytes) * 8e-3 / w.seconds for w in wires)
            told["kbit_s_out_with_headers"] = spread((w.sent + w.segments_out * segment_bytes) * 8e-3 / w.seconds for w in wires)
        return told | self._own(frames) | self._counted()

    def _own(self, frames: int) -> dict[str, Any]:
        """What the bots themselves took."""
        return {
            "bots_cpu_s": round(self.cpu, 3),
            "bots_cpu_in_kernel_s": round(self.system, 3),
            "bots_cores": round(self.cpu / self.wall, 3) if self.wall else 0.0,
            "bots_us_per_frame": round(self.cpu * 1e6 / frames, 2) if frames else 0.0,
            "bots_late_ms": self.late.figures(),
            "bots_nice": self.nice,
            "bots_processes": self.processes,
            "bots_peak_mib": round(self.peak_kib / 1024, 1),
            "wall_s": round(self.wall, 3),
        }

    def _counted(self) -> dict[str, Any]:
        names = (
            "bad_checks",
            "bad_frames",
            "failed_joins",
            "cut",
            "inputs",
            "acked",
            "says",
            "heard",
            "resyncs",
            "deaths",
            "samples",
        )
        counted: dict[str, Any] = {name: self.counts.get(name, 0) for name in names}
        counted |= {name: n for name, n in sorted(self.counts.items()) if name not in counted}
        by_kind: Mapping[str, Counter[str]] = {
            "refused": self.refused,
            "notices": self.notices,
            "ended": self.ended,
            "hostile": self.hostile,
        }
        return counted | {name: dict(sorted(found.items())) for name, found in by_kind.items()}


def _crowd_names() -> list[str]:
    return [*(f"{low}-{high - 1}" for low, high in pairwise(CROWDS)), f"{CROWDS[-1]}+"]


#: The histograms of a tally, by name.
HISTOGRAMS = ("opened", "welcomed", "joined", "resumed", "gap", "jitter", "ack", "late", "movers", "steps")
