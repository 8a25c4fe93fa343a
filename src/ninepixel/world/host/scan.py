"""Scanning a tree: level by level, several folders at a time, reading metadata only and writing nothing.

The order in which the kernel names entries does not matter: the survey is sorted by path bytes. Links are never followed, mounted
file systems and secret folders never entered, and everything that is not in the survey is counted with its reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ninepixel.world.host import listing
from ninepixel.world.host.content import samples
from ninepixel.world.host.describe import Entries, describe
from ninepixel.world.host.listing import FOLDER, Listing
from ninepixel.world.host.names import Features, Names, read_names
from ninepixel.world.host.native import is_native, list_natively
from ninepixel.world.host.options import HostError, HostOptions
from ninepixel.world.host.secrets import is_secret_folder, sealed_name
from ninepixel.world.host.survey import Survey

#: Called on the scanning thread with (entries found, folders listed) as a scan goes on.
Progress = Callable[[int, int], None]

#: Folders that one task of a thread lists.
CHUNK = 48
THREADS = min(8, 2 * (os.cpu_count() or 1))


@dataclass(slots=True)
class Walk:
    """Everything found so far, in the order of finding; entry 0 is the root."""

    root: bytes
    names: list[bytes] = field(default_factory=list)
    parent: list[npt.NDArray[np.int64]] = field(default_factory=list)
    kind: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    size: list[npt.NDArray[np.int64]] = field(default_factory=list)
    mtime: list[npt.NDArray[np.int64]] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    path: list[bytes] = field(default_factory=list)
    sealed_folders: list[int] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    level_starts: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.path)


def resolve_root(path: str | bytes | os.PathLike[str]) -> bytes:
    """The absolute path of the folder to be mapped, links resolved.

    :raises HostError: when there is none, it is no folder, may not be read, or lies in a secret place.
    """
    try:
        raw = os.fsencode(path)
        root = os.path.realpath(raw)
        shown = os.fsdecode(raw)
        if not os.path.isdir(root):
            os.stat(root)
            raise HostError(f"not a folder: {shown!r}")
        os.scandir(root).close()
    except FileNotFoundError as error:
        raise HostError(f"no such path: {shown!r}") from error
    except PermissionError as error:
        raise HostError(f"no permission to read the folder {shown!r}") from error
    except ValueError as error:
        raise HostError(f"not a path: {path!r:.200}") from error
    except OSError as error:
        raise HostError(f"cannot read the folder {shown!r}: {error.strerror}") from error
    parts = [b"", *(part for part in root.split(b"/") if part)]
    for above, part in pairwise(parts):
        if is_secret_folder(part, above):
            raise HostError(f"{shown!r} lies in a secret place ({os.fsdecode(part)}): it is sealed, and cannot be mapped")
    return root


def scan(path: str | bytes | os.PathLike[str], options: HostOptions | None = None, progress: Progress | None = None) -> Survey:
    """Survey the folder at *path*.

    :raises HostError: when it cannot be surveyed at all. What cannot be read inside it is counted in ``left_out``.
    """
    options = options or HostOptions()
    root = resolve_root(path)
    return finish(walk(root, options, progress), options)


def walk(root: bytes, options: HostOptions, progress: Progress | None) -> Walk:
    """Find everything below *root*, level by level, until there is more than the cap allows."""
    status = os.stat(root)
    home = listing.device_number(status.st_dev)
    found = Walk(root, names=[b""], path=[b""])
    found.parent.append(np.asarray([-1], np.int64))
    found.kind.append(np.asarray([FOLDER], np.uint8))
    found.size.append(np.zeros(1, np.int64))
    found.mtime.append(np.asarray([status.st_mtime_ns // 1_000_000_000], np.int64))
    found.features.append(read_names(Names.of([b""])))
    level, listed = [0], 0
    with ThreadPoolExecutor(THREADS, "ninepixel-scan") as threads:
        while level:
            if len(found) > options.max_files:
                found.left_out[listing.NOT_ENTERED] += len(level)
                break
            found.level_starts.append(len(found))
            deeper: list[int] = []
            for first, part, features in list_level(threads, [os.path.join(root, found.path[i]) for i in level]):
                deeper.extend(add_part(found, part, features, level[first:], home, options))
                if progress is not None:
                    progress(len(found), listed + first + CHUNK)
            listed += len(level)
            level = deeper
    if progress is not None:
        progress(len(found), listed)
    return found


def list_level(threads: ThreadPoolExecutor, folders: Sequence[bytes]) -> Iterator[tuple[int, Listing, Features]]:
    """(index of the first folder, what lies in this and the next ones, what the names say) for all *folders*, in their order."""
    firsts = range(0, len(folders), CHUNK)
    chunks = [folders[first : first + CHUNK] for first in firsts]
    for first, parts in zip(firsts, threads.map(list_chunk, chunks) if len(chunks) > 1 else map(list_chunk, chunks), strict=True):
        for part, features in parts:
            yield first, part, features


def list_chunk(folders: Sequence[bytes]) -> list[tuple[Listing, Features]]:
    """What lies in these *folders* (absolute paths) and what the names say: the work of one thread, mostly without the GIL."""
    parts = list_natively(folders) if is_native() else [listing.list_portably(folders)]
    names = [os.path.basename(folder) for folder in folders]
    return [(part, read_names(Names.split(part.names), part.folder, names)) for part in parts]


def add_part(found: Walk, part: Listing, features: Features, level: Sequence[int], home: int, options: HostOptions) -> list[int]:
    """Append what was listed; returns the entries that are folders to be listed next. *level* are the listed folders."""
    names = part.name_list()
    parent = np.asarray(level, np.int64)[part.folder] if names else np.zeros(0, np.int64)
    keep = np.ones(len(names), np.bool_)
    if not options.follow_mounts:
        keep = (part.kind != FOLDER) | (part.device == home)
        if not keep.all():
            found.left_out[listing.MOUNTS] += int(np.count_nonzero(~keep))
            names = [name for name, kept in zip(names, keep.tolist(), strict=True) if kept]
            features = Features(*(column[keep] for column in features))
    base = len(found)
    found.parent.append(parent[keep])
    found.kind.append(part.kind[keep])
    found.size.append(part.size[keep])
    found.mtime.append(part.mtime[keep])
    found.features.append(features)
    found.left_out.update(part.left_out)
    found.names.extend(names)
    extend_paths(found, names, parent[keep])
    deeper = []
    for row in np.flatnonzero(part.kind[keep] == FOLDER).tolist():
        if is_secret_folder(names[row], folder_name(found, int(parent[keep][row]))):
            found.sealed_folders.append(base + row)
        else:
            deeper.append(base + row)
    return deeper


def extend_paths(found: Walk, names: Sequence[bytes], parent: npt.NDArray[np.int64]) -> None:
    """Append the paths of *names*, folder by folder."""
    if not names:
        return
    edges = [0, *(np.flatnonzero(np.diff(parent)) + 1).tolist(), len(names)]
    for first, last in pairwise(edges):
        above = found.path[int(parent[first])]
        if above:
            prefix = above + b"/"
            found.path.extend([prefix + name for name in names[first:last]])
        else:
            found.path.extend(names[first:last])


def folder_name(found: Walk, entry: int) -> bytes:
    """The name of a folder; for the root the one it has on the host, because ``.config/gh`` is secret from there too."""
    return found.names[entry] if entry else os.path.basename(found.root)


def finish(found: Walk, options: HostOptions, newest: int | None = None) -> Survey:
    """Seal, sort, cap and describe what was found; *newest* is what ages are relative to, if not the newest file."""
    parent, kind = np.concatenate(found.parent), np.concatenate(found.kind)
    folder = kind == FOLDER
    features = Features(*(np.concatenate(columns) for columns in zip(*found.features, strict=True)))
    sealed = features.secret & ~folder
    sealed[found.sealed_folders] = True
    if found.sealed_folders:
        found.left_out[listing.SEALED_FOLDERS] += len(found.sealed_folders)
    path = found.path
    real = list(path) if options.consent else path
    hidden = [0, *np.flatnonzero(sealed).tolist()]
    stand_in = [b""]
    for row in hidden[1:]:
        above = path[int(parent[row])]
        stand_in.append(sealed_name(found.names[row], above))
        path[row] = (above + b"/" if above else b"") + stand_in[-1]
    redacted = read_names(Names.of(stand_in))
    for column, instead in zip(features, redacted, strict=True):
        column[hidden] = instead
    order = canonical_rows(found, sealed, options)
    back = np.full(len(path), -1, np.int64)
    back[order] = np.arange(order.size)
    up = np.where(parent[order] >= 0, back[parent[order]], -1).astype(np.int32)
    rows = order.tolist()
    shift = np.zeros((0, 3), np.int32)
    if options.consent:
        may = (~folder & ~sealed)[order].tolist()
        shift = samples(
            found.root, [real[i] if ok and options.consents_to(real[i]) else None for i, ok in zip(rows, may, strict=True)]
        )
    entries = Entries(
        path=[path[i] for i in rows],
        parent=up,
        is_folder=folder[order],
        sealed=sealed[order],
        size=np.concatenate(found.size)[order],
        mtime=np.concatenate(found.mtime)[order],
        shift=shift,
    )
    return describe(entries, newest=newest, left_out=+found.left_out, features=Features(*(column[order] for column in features)))


def canonical_rows(found: Walk, sealed: npt.NDArray[np.bool_], options: HostOptions) -> npt.NDArray[np.int64]:
    """The entries to keep, sorted by path bytes: no path twice, and no more than the cap allows (shallow ones first)."""
    path = found.path
    order = np.asarray(sorted(range(len(path)), key=path.__getitem__), np.int64)
    if np.any(sealed):
        pairs = [k for k in range(1, len(path)) if path[order[k]] == path[order[k - 1]]]
        twins = [k if sealed[order[k]] else k - 1 for k in pairs]  # a real folder of that name may hold something: it stays
        found.left_out[listing.TWINS] += len(twins)
        order = np.delete(order, twins)
    room = options.max_files - found.level_starts[-1]
    if len(path) > options.max_files:
        last_level = order >= found.level_starts[-1]
        keep = ~last_level | (np.cumsum(last_level) <= room)
        found.left_out[listing.OVER_CAP] += int(np.count_nonzero(~keep))
        order = order[keep]
    return order
