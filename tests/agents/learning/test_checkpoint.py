"""Checkpoint files: what comes out is what went in; what is torn, foreign or newer is refused; the two newest are kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ninepixel.agents.learning import checkpoint as module
from ninepixel.agents.learning.checkpoint import DTYPES, KEPT, Checkpoint, Checkpoints
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NewerFormat, NotASave, StoreError

SOME = Checkpoint({"steps": 7}, {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.asarray([True])})

arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
)
plain = st.dictionaries(
    st.text(max_size=5), st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.booleans()
)


@given(plain, st.dictionaries(st.text(max_size=9), arrays))
def test_what_comes_out_is_what_went_in(
    tmp_path_factory: pytest.TempPathFactory, meta: dict[str, Any], held: dict[str, npt.NDArray[Any]]
) -> None:
    path = tmp_path_factory.mktemp("kept") / "x.checkpoint"
    Checkpoint(meta, held).save(path)
    found = Checkpoint.load(path)
    assert found.meta == meta
    assert found.arrays.keys() == held.keys()
    for name, array in held.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, place: int, change: int) -> None:
    path = tmp_path_factory.mktemp("kept") / "x.checkpoint"
    SOME.save(path)
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] ^= change
    path.write_bytes(raw)
    with pytest.raises(BadSave, match=r"x\.checkpoint: it is "):
        Checkpoint.load(path)


@given(st.integers(0, 1 << 16))
def test_a_torn_file_is_damaged(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    path = tmp_path_factory.mktemp("kept") / "x.checkpoint"
    SOME.save(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: length % len(raw)])
    with pytest.raises((Damaged, NotASave)):
        Checkpoint.load(path)


def outer(**changed: Any) -> dict[str, Any]:
    body = msgpack.packb({"meta": {}, "arrays": changed.pop("arrays", {})})
    head = {"format": "ninepixel-checkpoint", "version": 1, "checksum": module._checksum(body), "body": body}
    return head | changed


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", Damaged, "not a whole msgpack file"),
        (b"\x80\x04\x95pickled", Damaged, "not a whole msgpack file"),
        (msgpack.packb([1, 2]), NotASave, "it is no checkpoint"),
        (msgpack.packb(outer(format="ninepixel-trajectory")), NotASave, "it is no checkpoint"),
        (msgpack.packb(outer(version=2)), NewerFormat, "of version 2; this release reads up to version 1"),
        (msgpack.packb(outer(body="text")), Damaged, "no version or no body"),
        (msgpack.packb(outer(checksum=b"0")), Damaged, "checksum"),
        (msgpack.packb(outer(arrays={"a": ["O", [1], b"12345678"]})), Impossible, "its array 'a' is none"),
        (msgpack.packb(outer(arrays={"a": ["<f4", [2], b"1234"]})), Impossible, "its array 'a' is none"),
        (msgpack.packb(outer(arrays={"a": ["<f4", [-1], b"1234"]})), Impossible, "its array 'a' is none"),
        (msgpack.packb(outer(arrays=[1])), Impossible, "it holds no arrays"),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path: Path, content: bytes, kind: type[BadSave], said: str) -> None:
    path = tmp_path / "x.checkpoint"
    path.write_bytes(content)
    with pytest.raises(kind, match=said) as error:
        Checkpoint.load(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="a checkpoint holds no object"):
        Checkpoint({}, {"a": np.asarray([None])}).save(tmp_path / "x.checkpoint")
    assert not list(tmp_path.iterdir())


def test_the_newest_are_kept_and_the_newest_whole_one_is_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = Checkpoints(tmp_path)
    assert kept.newest() is None
    for steps in (5, 10, 100, 1000):
        kept.write(steps, Checkpoint({"steps": steps}, {}))
    assert [int(path.stem) for path in kept.paths()] == [100, 1000][-KEPT:]
    newest = kept.newest()
    assert newest is not None
    assert newest.meta == {"steps": 1000}
    kept.paths()[-1].write_bytes(b"torn")
    newest = kept.newest()
    assert newest is not None
    assert newest.meta == {"steps": 100}
    assert "the checkpoint before it is taken" in caplog.text
    kept.paths()[0].write_bytes(b"torn")
    with pytest.raises(Damaged):
        kept.newest()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Checkpoints(tmp_path)
    for steps in (1, 2):
        kept.write(steps, Checkpoint({"steps": steps}, {}))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(handle: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="No space left on device"):
        kept.write(3, SOME)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
