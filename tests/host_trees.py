"""Trees for tests: on disk, and as surveys without a disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from ninepixel.world.host.describe import Entries, describe
from ninepixel.world.host.survey import Survey

NAMES = st.one_of(
    st.sampled_from([b"a", b"b", b"src", b"x.py", b"y.md", b"__pycache__", b"a.txt", b"a+b", b"\xff\xfe", b"new\nline"]),
    st.binary(min_size=1, max_size=12).map(lambda n: n.replace(b"/", b"_").replace(b"\0", b"_")).filter(lambda n: n.strip(b".")),
)
#: Relative paths of files.
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=5).map(b"/".join), max_size=12)


def survey_of(files: Iterable[bytes], size: int = 1000) -> Survey:
    """A survey of these files and of the folders they lie in; where one path is both, it is a folder."""
    rows: set[bytes] = {b""}
    folders: set[bytes] = {b""}
    for path in files:
        while path:
            rows.add(path)
            path = path.rpartition(b"/")[0]
            folders.add(path)
    path_list = sorted(rows)
    at = {path: row for row, path in enumerate(path_list)}
    n = len(path_list)
    return describe(
        Entries(
            path=path_list,
            parent=np.asarray([-1, *(at[p.rpartition(b"/")[0]] for p in path_list[1:])], np.int32),
            is_folder=np.asarray([p in folders for p in path_list], np.bool_),
            sealed=np.zeros(n, np.bool_),
            size=np.asarray([size + 37 * (len(p) % 11) for p in path_list], np.int64),
            mtime=np.asarray([1_000_000 + 991 * (len(p) % 13) for p in path_list], np.int64),
        )
    )


def plant(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write *files* (path: content) below *root*."""
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root
