"""The store of a server: one folder with the segments of one universe.

``append`` belongs to the thread that simulates and ``commit`` to another; nothing is shown or acknowledged before its tick is
durable. See :mod:`~ninepixel.server.durable`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.disk import Disk, DiskFull
from ninepixel.server.durable.log import Fork, Log, sync_names
from ninepixel.server.durable.quota import DEFAULT_KEEP, DEFAULT_QUOTA, Quota
from ninepixel.server.durable.reading import numbers
from ninepixel.server.durable.recovery import Found, Recovered, recover
from ninepixel.server.durable.segment import SET_ASIDE, UNFINISHED, Writer, segment_name
from ninepixel.server.durable.snapshots import beginning, write_beginning
from ninepixel.world.commands import Command
from ninepixel.world.state import State
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import write_error
from ninepixel.world.store.replay import UniverseLike

U = TypeVar("U", bound=UniverseLike)
Start = Callable[[Callable[[], None]], object]


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    """Do *work* beside everything else."""
    thread = threading.Thread(target=work, name="snapshot", daemon=True)
    thread.start()
    return thread


class Store:
    """A folder that no other process has. Made by :meth:`open`; then :meth:`recover`, and :meth:`begin` if there was nothing.

    :ivar quota: the bytes of the segments, and what is allowed.
    """

    def __init__(self, folder: Path, disk: Disk, quota: Quota, lock: int, content: bytes, start: Start) -> None:
        self.folder, self.quota = folder, quota
        self._disk, self._lock, self._content, self._start = disk, lock, content, start
        self._log: Log | None = None
        self._worker: object = None

    @staticmethod
    def open(
        folder: Path,
        disk: Disk | None = None,
        *,
        quota: int = DEFAULT_QUOTA,
        keep: int = DEFAULT_KEEP,
        content: bytes = b"",
        start: Start = in_a_thread,
    ) -> Store:
        """Take *folder*, which is made if it is not there.

        :param quota: bytes that all segments may take.
        :param keep: segments that are kept, 0 for as many as the quota allows.
        :param content: what the laws of this program are, so that no other runs its journal again; b"" for do not ask.
        :param start: how the work of a snapshot is begun beside everything else.
        :raises Locked: when another server has it. :raises StoreError: when it cannot be written.
        """
        disk = disk or Disk()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = disk.lock(folder / "LOCK")
        except OSError as e:
            raise write_error(folder, 0, e) from None
        try:
            for name in disk.names(folder):
                if name.endswith(UNFINISHED):
                    disk.unlink(folder / name)
            return Store(folder, disk, Quota(disk, folder, quota, keep), lock, content, start)
        except OSError as e:
            disk.close(lock)
            raise write_error(folder, 0, e) from None

    # -- before the first tick -----------------------------------------------------------------------------------------

    def recover(self, make: Callable[[State], U], *, cut: bool = False) -> Recovered[U] | None:
        """The universe that the folder holds, ready to be gone on with; None when there is none: then :meth:`begin` one.

        :param make: makes a universe that owns the state it is given, for example
            ``lambda state: Universe.from_state(state, record=False)``.
        :param cut: give up what comes after a tick that is missing; the damaged files are set aside.
        :raises Unrecoverable: when a tick is missing, or does not come out the same. Nothing is changed then.
        :raises DiskFull, DiskFailure: when the journal cannot be gone on with.
        """
        self._ensure(self._log is None, "was recovered or begun already")
        found = recover(self._disk, self.folder, make, content=self._content, cut=cut)
        if found is None:
            return None
        recovered, left = found
        newest = left.segments[-1]
        if left.whole and self._same_laws(left):
            writer = Writer.go_on(self._disk, newest.path, newest.end, newest.last, len(newest.frames))
            self._log = Log(self._disk, self.folder, self.quota, writer, newest.number, recovered.tick)
            self.quota.begun(newest.number, newest.end)
        else:
            follows = newest.frames[-1].checksum if newest.frames else b"nothing"
            self._begin(newest.number + 1, recovered.state, recovered.desk, follows)
            if left.cut:
                self._set_aside(left)
        return recovered

    def begin(self, state: State, desk: Desk | None = None) -> None:
        """Begin the journal of a new universe.

        :raises StoreError: when the folder holds one already. :raises DiskFull, DiskFailure: when it cannot be written.
        """
        self._ensure(self._log is None, "was recovered or begun already")
        self._ensure(not numbers(self._disk, self.folder), "holds a universe: recover it, or choose another folder")
        self._begin(0, state, desk or Desk(), b"")

    # -- while it runs -------------------------------------------------------------------------------------------------

    @property
    def durable(self) -> int:
        """The newest tick whose commands are on the disk: the state after it may be shown and its receipts given."""
        return self.log.durable

    @property
    def log(self) -> Log:
        """The journal. :raises StoreError: before :meth:`recover` or :meth:`begin`."""
        if self._log is None:
            raise StoreError(f"{shown(self.folder)}: recover or begin a universe first")
        return self._log

    def append(self, tick: int, commands: Iterable[Command]) -> None:
        """Queue the commands of a tick, every tick, also when there are none. See :meth:`Log.append`."""
        self.log.append(tick, commands)

    def mark(self, tick: int, digests: list[bytes]) -> None:
        """Queue the digests of the state at *tick*, before its commands; a recovery compares them. See :meth:`Log.mark`."""
        self.log.mark(tick, digests)

    def commit(self) -> int:
        """Write and sync what is queued; the newest durable tick. Blocks: not for the thread that simulates.

        :raises DiskFull: when there is no room: nothing more is durable, what waits is kept, try again when there is.
        :raises DiskFailure: when the disk has failed: end the process.
        """
        return self.log.commit()

    def snapshot(self, state: State, desk: Desk) -> bool:
        """Begin the next segment with *state*, in the background; False when that is being done already.

        Called by the thread that simulates between two ticks: after the commands of tick ``state.tick - 1`` were appended,
        before those of ``state.tick`` are. A later commit moves over to the new segment.

        :param state: a copy that nobody changes any more, :meth:`Universe.photograph`; *desk* is copied here.
        """
        fork = self.log.fork(state.tick)
        if fork is None:
            return False
        self._worker = self._start(_Preparing(self, fork, state, desk.copy()))
        return True

    def status(self) -> dict[str, Any]:
        """Plain values for people and gauges; bytes and ticks."""
        log = self.log
        return {
            "durable": log.durable,
            "next": log.next,
            "waiting_bytes": log.waiting,
            "segment": log.number,
            "segment_bytes": log.size,
            "segments": len(self.quota.segments),
            "used_bytes": self.quota.used,
            "quota_bytes": self.quota.limit,
            "free_bytes": self._disk.free(self.folder),
            "snapshot_running": log.forking,
            "snapshot_trouble": log.trouble,
        }

    def close(self, state: State | None = None, desk: Desk | None = None) -> None:
        """Commit everything, write the end mark, and give the folder back. After a disk failure nothing is written.

        :param state, desk: as they are now, for a last snapshot: the next start has then nothing to run again, also under
            other laws.
        :raises DiskFull: when there is no room for the rest; closing again tries again. :raises DiskFailure: when it failed.
        """
        try:
            self.settle()
            if self._log is not None:
                self._log.commit()  # moves over to a segment that is ready, so that another can be begun
                if state is not None and desk is not None and self.snapshot(state, desk):
                    self.settle()
                self._log.close(self._log.next)
        except DiskFull:
            raise
        except BaseException:
            self.drop()
            raise
        self.drop()

    def settle(self) -> None:
        """Wait for a snapshot that is being prepared."""
        if isinstance(self._worker, threading.Thread):
            self._worker.join()

    def drop(self) -> None:
        """Give the folder back without writing anything more: what is not durable is lost."""
        self.settle()
        if self._log is not None:
            self._log.drop()
        if self._lock >= 0:
            self._disk.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        if kind is None:
            self.close()
        else:
            self.drop()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _prepare(self, fork: Fork, state: State, desk: Desk) -> None:
        try:
            frames = beginning(state, desk, self.log.last, self._content)
            self.log.ready(fork, write_beginning(self._disk, self.quota, fork.path, frames))
        except Exception as e:  # the universe goes on in the segment it has; the log says why
            self.log.abandon(fork, e)

    def _begin(self, number: int, state: State, desk: Desk, follows: bytes) -> None:
        path = self.folder / segment_name(number)
        frames = beginning(state, desk, follows, self._content)
        writer = write_beginning(self._disk, self.quota, path, frames)
        try:
            self._disk.rename(writer.path, path)
        except OSError as e:
            writer.close()
            raise write_error(path, 0, e) from None
        sync_names(self._disk, self.folder)
        writer.named(path)
        self.quota.begun(number, writer.end)
        self._log = Log(self._disk, self.folder, self.quota, writer, number, state.tick)

    def _same_laws(self, left: Found) -> bool:
        """Whether what is appended will be replayed under the laws that the newest segment names."""
        newest = left.segments[-1]
        desk = newest.first("desk")
        return desk is not None and newest.read(desk).meta.get("content") == self._content

    def _set_aside(self, left: Found) -> None:
        for segment in left.segments:
            if segment.hole is not None or segment is left.segments[-1]:
                with contextlib.suppress(OSError):
                    self._disk.rename(segment.path, segment.path.with_name(segment.path.name + SET_ASIDE))
        sync_names(self._disk, self.folder)

    def _ensure(self, right: bool, otherwise: str) -> None:
        if not right:
            raise StoreError(f"{shown(self.folder)}: it {otherwise}")


class _Preparing:
    """The work of one snapshot."""

    def __init__(self, store: Store, fork: Fork, state: State, desk: Desk) -> None:
        self._work = (store, fork, state, desk)

    def __call__(self) -> None:
        store, fork, state, desk = self._work
        store._prepare(fork, state, desk)
