"""The drill: kill a server at random instants, again and again, and see that nothing acknowledged is lost or done twice.

A driver plays all clients. It sends numbered commands to a :mod:`~ninepixel.server.durable.worker`, kills it with SIGKILL, starts
another one on the same folder and sends again what it has no acknowledgement for. At the end it runs the whole journal once more
without a break.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from ninepixel.server.durable.history import run_history
from ninepixel.server.durable.worker import universe_of
from ninepixel.world.store.errors import StoreError

Receipt = tuple[int, int]
#: Seconds after which a worker that says nothing is taken for broken.
PATIENCE = 120.0
#: Commands that wait for an answer.
_MOST_OPEN = 400


@dataclass(slots=True)
class Outcome:
    """What a drill came to.

    :ivar kills: how often the worker was killed, *early* of them before it had recovered.
    :ivar acknowledged, refused: commands that were answered; *retried*: sent again after a crash, *again* of them acknowledged
        though they had been applied before.
    :ivar lost: acknowledged and not in the journal. :ivar twice: applied more than once.
    :ivar overtaken: the laws had refused them, the crash took the refusal, and a later number of their account was applied: sent
        again they are answered as settled, for a number that was passed is not tried once more.
    :ivar same: whether the journal, run without a break, leads to the digest that the last worker had.
    :ivar ready: seconds from the start of a process until it accepts commands; *recover*: those in it that recovery takes.
    """

    kills: int = 0
    early: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    retried: int = 0
    lost: int = 0
    overtaken: int = 0
    twice: int = 0
    ticks: int = 0
    marks: int = 0
    torn: int = 0
    same: bool = False
    ready: list[float] = field(default_factory=list)
    recover: list[float] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is amiss."""
        return self.same and not self.lost and not self.twice


class Life:
    """One worker process, and what it has said. As a context manager it is killed at the end, if it still lives."""

    def __init__(self, folder: Path, options: dict[str, int]) -> None:
        flags = [f"--{name}={value}" for name, value in options.items()]
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ninepixel.server.durable.worker", str(folder), *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.ready: dict[str, Any] | None = None
        self.ready_after = 0.0
        self.stopped: list[str] | None = None
        self.answers: list[tuple[str, Receipt]] = []
        self._is_ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    def wait_until_ready(self) -> None:
        """:raises StoreError: when the worker ends, or takes for ever."""
        if not self._is_ready.wait(PATIENCE) or self.ready is None:
            self.kill()
            raise StoreError(f"the worker did not become ready (exit code {self._process.returncode})")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def send(self, lines: str) -> None:
        """Tell the worker something, if it is still there."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(lines.encode())
            self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL; afterwards everything that it had said is known."""
        self._process.kill()
        self._gone()

    def stop(self) -> tuple[int, str]:
        """End it in order; its last tick and digest.

        :raises StoreError: when it ends otherwise.
        """
        self.send("stop\n")
        self._gone()
        if self.stopped is None:
            raise StoreError(f"the worker did not end in order (exit code {self._process.returncode})")
        return int(self.stopped[0]), self.stopped[1]

    def __enter__(self) -> Life:
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def _gone(self) -> None:
        self._listener.join(PATIENCE)
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # it was killed with unread input
                pipe.close()

    def _listen(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            if not line.endswith(b"\n"):
                break  # killed in the middle of a word
            word, _, rest = line.decode().strip().partition(" ")
            if word == "ready":
                self.ready_after = time.perf_counter() - self.began
                self.ready = json.loads(rest)
                self._is_ready.set()
            elif word == "stopped":
                self.stopped = rest.split()
            else:
                account, seq = map(int, rest.split())
                self.answers.append((word, (account, seq)))
        self._is_ready.set()


class Drill:
    """Clients of a worker that is killed.

    :param folder: where the universe is kept; empty at first.
    :param answers: a worker is killed after fewer answers than these, and a moment.
    :param options: of the worker.
    """

    def __init__(self, folder: Path, *, seed: int = 9, accounts: int = 6, answers: int = 200, **options: int) -> None:
        self.folder, self.options, self.accounts, self.answers = folder, options, accounts, answers
        self.outcome = Outcome()
        self._random = np.random.default_rng(seed)
        self._next = dict.fromkeys(range(1, accounts + 1), 1)
        self._open: dict[Receipt, str] = {}  # sent and not answered, in the order of sending
        self._acknowledged: set[Receipt] = set()
        self._settled: set[Receipt] = set()  # sent again, and told that all numbers up to a later one are settled

    def run(self, kills: int, tick_over: Callable[[], object] = int) -> Outcome:
        """Kill the worker *kills* times, end the last one in order, and check.

        :param tick_over: called after every kill, for progress.
        :raises StoreError: when a worker does not come back.
        """
        for _ in range(kills):
            with Life(self.folder, self.options) as life:
                if self._random.integers(6) == 0:
                    time.sleep(float(self._random.uniform(0, 1.2)))
                    self.outcome.early += life.ready is None
                else:
                    self._load(life, int(self._random.integers(self.answers)))
                    time.sleep(float(self._random.uniform(0, 0.02)))
            self.outcome.kills += 1
            self._take(life)
            tick_over()
        with Life(self.folder, self.options) as life:
            self._load(life, 0)
            tick, digest = life.stop()
        self._take(life)
        if self._open:
            raise StoreError(f"{len(self._open)} commands were never answered")
        self._check(tick, digest)
        return self.outcome

    # -- inside --------------------------------------------------------------------------------------------------------

    def _load(self, life: Life, answers: int) -> None:
        """What is open once more, then new commands until there were so many answers."""
        life.wait_until_ready()
        again = list(self._open.values())
        self.outcome.retried += len(again)
        life.send("".join(again))
        patience = time.perf_counter() + PATIENCE
        while len(life.answers) < answers:
            if time.perf_counter() > patience or not life.running:
                raise StoreError(
                    f"the worker ended by itself, or gave no more than {len(life.answers)} answers in {PATIENCE:.0f} s"
                )
            if len(self._open) < _MOST_OPEN:
                life.send("".join(self._command() for _ in range(int(self._random.integers(1, 5)))))
            time.sleep(float(self._random.exponential(0.002)))

    def _command(self) -> str:
        account = int(self._random.integers(1, self.accounts + 1))
        seq = self._next[account]
        self._next[account] = seq + 1
        kind = int(self._random.integers(20)) if seq > 1 else 0
        action = " ".join(str(n) for n in self._random.integers(0, 9, 3).tolist())
        line = {0: f"join {account} {seq}\n", 1: f"leave {account} {seq}\n"}.get(kind, f"act {account} {seq} {action}\n")
        self._open[account, seq] = line
        self.outcome.sent += 1
        return line

    def _take(self, life: Life) -> None:
        for word, receipt in life.answers:
            if self._open.pop(receipt, None) is None:
                continue
            if word == "ack":
                self._acknowledged.add(receipt)
            elif word == "old":
                self._settled.add(receipt)
            else:
                self.outcome.refused += 1
        self.outcome.acknowledged = len(self._acknowledged) + len(self._settled)
        if life.ready is not None:
            self.outcome.torn += life.ready.get("torn", 0) > 0
            if "begun" not in life.ready:
                self.outcome.ready.append(life.ready_after)
                self.outcome.recover.append(life.ready["recover_s"])

    def _check(self, tick: int, digest: str) -> None:
        universe, history = run_history(self.folder, universe_of)
        with universe:
            found = self.outcome
            found.ticks, found.marks = history.how.replayed, history.how.marks
            found.lost = len(self._acknowledged - history.receipts.keys())
            found.overtaken = len(self._settled - history.receipts.keys())
            found.twice = len(history.twice)
            found.same = (universe.tick, universe.digest()) == (tick, digest) and history.how.snapshot == 0
