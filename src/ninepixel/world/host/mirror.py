"""A mirror of the tree: what the universe has been told of it, and the commands that bring it up to date.

Events of a watcher are only hints: what counts is what the file system says now. :meth:`Mirror.look` looks at single paths,
:meth:`Mirror.rescan` at everything; both end in the commands ``matter.appear``, ``matter.change`` and ``matter.vanish``, with the
attributes that a fresh scan would give (ages count from the survey's newest file and are never negative).
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from ninepixel.world.commands import Command
from ninepixel.world.host import listing
from ninepixel.world.host.content import samples
from ninepixel.world.host.describe import Entries, describe
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import finish, walk
from ninepixel.world.host.secrets import is_secret_file, is_secret_folder, sealed_name
from ninepixel.world.host.survey import Survey

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What the mirror knows of one entry."""

    folder: bool
    size: int
    age: int


@dataclass(slots=True)
class Found:
    """An entry as the file system shows it now: its real path, what stands for it, its status (times in ns since 1970)."""

    real: bytes
    key: bytes
    folder: bool
    sealed: bool
    size: int
    nanos: int


@dataclass(slots=True)
class Batch:
    """What one look has found out."""

    there: dict[bytes, Found] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)


class Mirror:
    """The tree below *root* as a survey and later looks show it."""

    def __init__(self, root: bytes, survey: Survey, options: HostOptions) -> None:
        self.root = root
        self.options = options
        self.newest = survey.newest
        self.left_out: Counter[str] = Counter(survey.left_out)
        self._home = listing.device_number(os.stat(root).st_dev)
        self._seen: dict[bytes, Seen] = {}
        self._below: dict[bytes, set[bytes]] = {}
        self._nanos: dict[bytes, int] = {}
        self._real: dict[bytes, bytes] = {}
        #: Rises whenever a folder that can be watched comes or goes.
        self.folders_version = 0
        self._open_folders: set[bytes] = set()
        self._learn(survey)

    def __len__(self) -> int:
        return len(self._seen)

    def folders(self) -> list[bytes]:
        """The relative paths of the folders that are there, are not sealed and can be watched; sorted."""
        return sorted(self._open_folders)

    def look(self, paths: Iterable[bytes], renewed: Collection[bytes] = ()) -> list[Command]:
        """Look at the entries at these relative real paths, and at the folders they lie in, and say what is new.

        A folder among *renewed* may be another one than before under the same name: it is looked through.
        """
        batch = Batch()
        heard = sorted(path for path in set(paths) if path and not self._inside_secret(path))
        for path in heard:
            self._look_at(path, batch, path in renewed)
        for folder in sorted({path.rpartition(b"/")[0] for path in (*heard, *batch.there, *batch.gone)}):
            self._look_at_folder(folder, batch)
        return self._commands(batch)

    def look_inside(self, folders: Iterable[bytes]) -> list[Command]:
        """Look at everything that lies directly in these folders."""
        paths: set[bytes] = set()
        for folder in folders:
            paths |= {self._real.get(key, key) for key in self._below.get(folder, ())}
            with suppress(OSError):
                prefix = folder + b"/" if folder else b""
                paths |= {prefix + name for name in os.listdir(os.path.join(self.root, folder))}
        return self.look(paths)

    def rescan(self) -> list[Command]:
        """Look at everything."""
        survey = finish(walk(self.root, self.options, None), self.options, self.newest)
        commands = [Command("matter.vanish", path) for path in self._seen if path not in survey.rows]
        kept = zip(survey.path, survey.is_folder.tolist(), survey.size.tolist(), survey.age.tolist(), strict=True)
        for row, (path, folder, size, age) in enumerate(kept):
            before = self._seen.get(path)
            if before is None or before.folder != folder:
                if before is not None:
                    commands.append(Command("matter.vanish", path))
                commands.append(survey.command("matter.appear", row))
            elif (before.size, before.age) != (size, age):
                commands.append(survey.command("matter.change", row))
        if commands:
            self._learn(survey)
        self.left_out = Counter(survey.left_out)
        return commands

    # -- looking ------------------------------------------------------------------------------------------------------

    def _learn(self, survey: Survey) -> None:
        columns = zip(survey.path, survey.is_folder.tolist(), survey.size.tolist(), survey.age.tolist(), strict=True)
        self._seen = {path: Seen(folder, size, age) for path, folder, size, age in columns}
        self._below = {}
        for path in survey.path[1:]:
            self._below.setdefault(path.rpartition(b"/")[0], set()).add(path)
        folders = {
            p for p, f, s in zip(survey.path, survey.is_folder.tolist(), survey.sealed.tolist(), strict=True) if f and not s
        }
        if folders != self._open_folders:
            self._open_folders = folders
            self.folders_version += 1

    def _inside_secret(self, path: bytes) -> bool:
        """Whether a folder above *path* is secret."""
        above = os.path.basename(self.root)
        for name in path.split(b"/")[:-1]:
            if is_secret_folder(name, above):
                return True
            above = name
        return False

    def _find(self, path: bytes) -> Found | None:
        """The entry at a relative real path; None when nothing that counts is there (any more)."""
        parts = path.split(b"/")
        status = None
        for depth in range(1, len(parts) + 1):  # every folder on the way must still be one: a link would lead out of the tree
            status = os.lstat(os.path.join(self.root, *parts[:depth]))
            folder = stat.S_ISDIR(status.st_mode)
            if folder and not self.options.follow_mounts and listing.device_number(status.st_dev) != self._home:
                return None
            if depth < len(parts) and not folder:
                return None
        if status is None or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            return None
        above, name = b"/".join(parts[:-1]), parts[-1]
        parent = parts[-2] if above else os.path.basename(self.root)
        folder = stat.S_ISDIR(status.st_mode)
        sealed = is_secret_folder(name, parent) if folder else is_secret_file(name, parent)
        key = (above + b"/" if above else b"") + (sealed_name(name, above) if sealed else name)
        size = 0 if folder else status.st_size
        return Found(path, key, folder, sealed, size, status.st_mtime_ns)

    def _keys_of(self, path: bytes) -> list[bytes]:
        """What may stand for a real path that is no longer there: itself, or its sealed name."""
        above, _, name = path.rpartition(b"/")
        return [path, (above + b"/" if above else b"") + sealed_name(name, above)]

    def _look_at(self, path: bytes, batch: Batch, renewed: bool = False) -> None:
        above = path.rpartition(b"/")[0]
        if above and above not in self._seen and above not in batch.there:
            self._look_at(above, batch)  # the folder itself is news
        try:
            found = self._find(path)
        except OSError:
            found = None
        for key in self._keys_of(path):
            before = self._seen.get(key)
            if before is not None and (
                found is None or found.key != key or found.folder != before.folder or (renewed and before.folder)
            ):
                self._forget(key, batch)
        if found is None:
            return
        if found.key in self._seen:
            if found.folder or (self._nanos.get(found.key) == found.nanos and self._seen[found.key].size == found.size):
                return  # a folder's time is seen by _look_at_folder; a file of the same time and size had its permissions changed
        elif found.folder and not found.sealed:
            self._look_below(path, batch)
        batch.there[found.key] = found

    def _look_below(self, folder: bytes, batch: Batch) -> None:
        """Everything in a folder that has just appeared."""
        try:
            below = walk(os.path.join(self.root, folder), self.options, None)
        except OSError:
            return
        self.left_out.update(below.left_out)
        for path in below.path[1:]:
            try:
                found = self._find(folder + b"/" + path)
            except OSError:
                continue
            if found is not None:
                batch.there[found.key] = found

    def _look_at_folder(self, folder: bytes, batch: Batch) -> None:
        """A folder's own time changes when something in it comes or goes."""
        before = self._seen.get(folder)
        if before is None or folder in batch.there or folder in batch.gone:
            return
        try:
            status = os.lstat(os.path.join(self.root, folder))
        except OSError:
            return
        if stat.S_ISDIR(status.st_mode) and max(self.newest - status.st_mtime_ns // SECOND, 0) != before.age:
            batch.there[folder] = Found(folder, folder, True, False, 0, status.st_mtime_ns)

    def _forget(self, top: bytes, batch: Batch) -> None:
        """Vanish an entry with all below it."""
        left = [top]
        while left:
            key = left.pop()
            left.extend(self._below.pop(key, ()))
            self._seen.pop(key, None)
            self._nanos.pop(key, None)
            self._real.pop(key, None)
            self._below.get(key.rpartition(b"/")[0], set()).discard(key)
            batch.there.pop(key, None)
            batch.gone.add(key)
            if key in self._open_folders:
                self._open_folders.discard(key)
                self.folders_version += 1

    # -- saying -------------------------------------------------------------------------------------------------------

    def _commands(self, batch: Batch) -> list[Command]:
        """The commands of a batch, vanishing first, parents before children; the mirror then shows what they say."""
        commands = [Command("matter.vanish", key) for key in sorted(batch.gone, reverse=True)]
        told: list[Found] = []
        for key in sorted(batch.there):
            found = batch.there[key]
            above = key.rpartition(b"/")[0]
            if key and above not in self._seen and above not in batch.there:
                continue  # its folder is gone again
            if key not in self._seen and len(self._seen) + len(told) >= self.options.max_files:
                self.left_out[listing.OVER_CAP] += 1
                continue
            told.append(found)
        if told:
            commands.extend(self._tell(told))
        return commands

    def _tell(self, told: list[Found]) -> list[Command]:
        survey = self._describe(told)
        commands = []
        for found in told:
            row = survey.rows[found.key]
            news = found.key not in self._seen
            commands.append(survey.command("matter.appear" if news else "matter.change", row))
            self._seen[found.key] = Seen(found.folder, found.size, int(survey.age[row]))
            self._nanos[found.key] = found.nanos
            if found.sealed:
                self._real[found.key] = found.real
            if found.key:
                self._below.setdefault(found.key.rpartition(b"/")[0], set()).add(found.key)
            if found.folder and not found.sealed and found.key not in self._open_folders:
                self._open_folders.add(found.key)
                self.folders_version += 1
        return commands

    def _describe(self, told: list[Found]) -> Survey:
        """A small survey of some entries and the folders above them."""
        by_key = {found.key: found for found in told}
        rows: set[bytes] = {b""}
        for key in by_key:
            while key:
                rows.add(key)
                key = key.rpartition(b"/")[0]
        path = sorted(rows)
        at = {key: row for row, key in enumerate(path)}
        facts = [by_key.get(key, Found(key, key, True, False, 0, self.newest * SECOND)) for key in path]
        may = [f.real if not f.folder and not f.sealed and self.options.consents_to(f.real) else None for f in facts]
        entries = Entries(
            path=path,
            parent=np.asarray([-1, *(at[key.rpartition(b"/")[0]] for key in path[1:])], np.int32),
            is_folder=np.asarray([f.folder for f in facts], np.bool_),
            sealed=np.asarray([f.sealed for f in facts], np.bool_),
            size=np.asarray([f.size for f in facts], np.int64),
            mtime=np.asarray([f.nanos // SECOND for f in facts], np.int64),
            shift=samples(self.root, may) if self.options.consent else np.zeros((0, 3), np.int32),
        )
        return describe(entries, newest=self.newest)
