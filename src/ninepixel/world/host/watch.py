"""Watching the tree: a thread that hears of changes through watchfiles and turns them into commands by way of a mirror.

Every open folder is watched on its own, so that secret folders, links and other file systems are not even looked into. When the
system's limit of watches is reached, or names cannot be decoded, the tree is looked at again as a whole every few seconds
instead; :attr:`FileWatcher.mode` says which it is and why.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from watchfiles import Change
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from ninepixel.world.commands import Command
from ninepixel.world.host.mirror import Mirror

#: Changes are gathered for at most DEBOUNCE_MS, and told after STEP_MS of silence: well under half a second in all.
DEBOUNCE_MS, STEP_MS, TIMEOUT_MS = 200, 30, 500
#: Without watches: seconds between two looks at everything, and how many times longer than such a look.
POLL_SECONDS, POLL_FACTOR = 2.0, 5.0
#: After so many seconds without watches they are tried again.
AGAIN_SECONDS = 60.0
#: After an error of the watcher (a name that is not UTF-8): at least this many times the duration of a rescan until the next.
HEAL_FACTOR = 3.0

Sink = Callable[[Sequence[Command]], None]


def listen(root: bytes, folders: Sequence[bytes]) -> tuple[RustNotify, list[bytes]]:
    """Watch these folders (relative paths), and return those that cannot be (their path is not UTF-8) as well.

    :raises OSError: when the system refuses, for example because its limit of watches is reached.
    """
    known, deaf = [], []
    for folder in folders:
        path = os.path.join(root, folder) if folder else root
        try:
            known.append(path.decode())
        except UnicodeDecodeError:
            deaf.append(folder)
    for _ in range(8):
        try:
            return RustNotify(known, False, False, 300, False, True), deaf
        except FileNotFoundError:  # one of them has just gone
            known = [path for path in known if os.path.isdir(path)]
    raise OSError("folders vanish faster than they can be watched")


class FileWatcher:
    """Watches the tree of a *mirror* and hands commands to *sink*, on a thread of its own; it never raises."""

    def __init__(self, mirror: Mirror, sink: Sink) -> None:
        self._mirror = mirror
        self._sink = sink
        self._stop = threading.Event()
        self._rescan_seconds = 0.0
        #: How changes are noticed, and why: one line for people.
        self.mode = "starting"
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ninepixel-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching; returns when the thread has ended or after two seconds."""
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except WatchfilesRustInternalError as error:  # a changed name that is not UTF-8: who knows which
                self.mode = f"watching; looked at everything again: {error}"
                self._stop.wait(min(max(0.1, HEAL_FACTOR * self._rescan_seconds), POLL_SECONDS))
            except Exception as error:  # whatever happens here must not end the universe
                self._poll(f"looking at everything every few seconds, because watching failed: {error}")

    def _watch(self) -> None:
        """Listen until told to stop; first catch up with what happened before."""
        folders, version = self._mirror.folders(), self._mirror.folders_version
        notify, deaf = listen(self._mirror.root, folders)
        self._rescan()
        self.mode = (
            "watching" if not deaf else f"watching; {len(deaf)} folders that are not UTF-8 are looked at every few seconds"
        )
        self.ready.set()
        looked = time.monotonic()
        while not self._stop.is_set():
            if version != self._mirror.folders_version:
                before, folders, version = set(folders), self._mirror.folders(), self._mirror.folders_version
                fresh, deaf = listen(self._mirror.root, folders)
                self._hear(notify, 1)  # what the old one has heard in the meantime
                notify.close()
                notify = fresh
                self._sink(self._mirror.look_inside(folder for folder in folders if folder not in before))
            self._hear(notify, TIMEOUT_MS)
            if deaf and time.monotonic() - looked > POLL_SECONDS:
                self._rescan()
                looked = time.monotonic()
        notify.close()

    def _hear(self, notify: RustNotify, timeout_ms: int) -> None:
        events = notify.watch(DEBOUNCE_MS, min(STEP_MS, timeout_ms), timeout_ms, self._stop)
        if isinstance(events, set):
            home = self._mirror.root.rstrip(b"/") + b"/"
            heard = [(change, os.fsencode(path)[len(home) :]) for change, path in events if os.fsencode(path).startswith(home)]
            renewed = {path for change, path in heard if change != Change.modified}
            self._sink(self._mirror.look((path for _, path in heard), renewed))

    def _rescan(self) -> None:
        started = time.monotonic()
        self._sink(self._mirror.rescan())
        self._rescan_seconds = time.monotonic() - started

    def _poll(self, why: str) -> None:
        """Without watches: look at everything again and again. (A root that is gone for a while is waited for.)"""
        self.mode = why
        end = time.monotonic() + AGAIN_SECONDS
        while not self._stop.is_set() and time.monotonic() < end:
            with suppress(OSError):
                self._rescan()
            self.ready.set()
            self._stop.wait(max(POLL_SECONDS, POLL_FACTOR * self._rescan_seconds))
