"""The learning process, seen from whoever ticks: begun, listened to on a thread of its own, ended. Only the end may wait."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from typing import Any

import msgpack

from ninepixel.agents.learning.online.ring import Ring
from ninepixel.agents.learning.online.settings import Settings

MODULE = "ninepixel.agents.learning.online.worker"
#: Bytes of the longest message.
LONGEST = 1 << 25


class LearningProcess:
    """A process that learns from the episodes in a *ring*, which it owns.

    :raises OSError: when it cannot be begun; the ring is gone then.

    :ivar inbox: what it has said and nobody has read. :ivar over: whether it has ended.
    """

    def __init__(self, ring: Ring, settings: Settings, seed: int) -> None:
        self.ring, self.over = ring, False
        self.inbox: deque[dict[str, Any]] = deque()
        told = [str(ring.path), json.dumps(settings.plain()), str(seed)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, *told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": str(settings.threads)},
            )
        except OSError:
            ring.close()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._listener = threading.Thread(target=self._listen, name="ninepixel-learning", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ring_the_bell(self) -> None:
        """Tell it that an episode is whole. Never waits: the pipe holds more bells than the ring has slots."""
        with contextlib.suppress(OSError):  # that it has ended is noticed elsewhere
            os.write(self._stdin.fileno(), b"\1")

    def end(self, patience: float) -> str:
        """End it, giving it so many seconds to do so by itself, and let its memory go. How it ended, in words."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        self._stdout.close()
        self.ring.close()
        code = self._process.returncode
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"the learning process was ended by {signal.Signals(-code).name}"
        return f"the learning process ended with exit code {code}"

    def _listen(self) -> None:
        """Put what it says into the inbox, until it ends."""
        unpacker = msgpack.Unpacker(max_buffer_size=LONGEST)
        while data := os.read(self._stdout.fileno(), 1 << 16):
            unpacker.feed(data)
            for message in unpacker:
                if message["kind"] == "ready":
                    self.ring.unlink()  # both have it open: if both are killed, nothing is left of it
                self.inbox.append(message)
        self.over = True
