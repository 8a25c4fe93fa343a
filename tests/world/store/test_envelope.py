"""Columns survive the envelope; sizes that lie are refused before anything is allocated."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgpack
import numpy as np
import psutil
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ninepixel.world.store import envelope as env
from ninepixel.world.store.envelope import pack, unpack
from ninepixel.world.store.errors import Impossible

COLUMNS = st.sampled_from(env.DTYPES).flatmap(lambda d: hnp.arrays(f"<{d}", st.integers(0, 50)))


@given(st.dictionaries(st.text(max_size=8), COLUMNS, max_size=4), st.integers(0, (1 << 64) - 1))
def test_what_is_packed_comes_out(columns: dict[str, Any], tick: int) -> None:
    found = unpack(pack("mark", tick, {"a": [1, b"x", None]}, columns))
    assert (found.kind, found.tick, found.meta) == ("mark", tick, {"a": [1, b"x", None]})
    for name, values in columns.items():
        assert np.array_equal(found.column(name, values.dtype.str[1:], len(values)), values)


def test_long_columns_are_cut_into_slices_and_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "SLICE_BYTES", 64)
    values = np.arange(1000, dtype=np.int32).reshape(10, 100)
    found = unpack(pack("snapshot", 0, {}, {"v": values}))
    assert len(found.columns["v"]) == 63
    assert np.array_equal(found.column("v", "i4", 1000), values.reshape(-1))


def test_the_bytes_of_an_envelope_depend_on_its_content_alone() -> None:
    values = np.arange(100_000, dtype=np.int32)
    backwards = values[::-1].copy()[::-1]  # another layout in memory
    assert pack("mark", 1, {}, {"v": values}) == pack("mark", 1, {}, {"v": backwards})
    assert pack("mark", 1, {}, {"v": values.astype(">i4")}) == pack("mark", 1, {}, {"v": values})


@pytest.mark.parametrize(("dtype", "count"), [("i4", 9), ("i4", 11), ("u4", 10), ("i8", 5)])
def test_a_column_that_is_not_as_expected_is_refused(dtype: str, count: int) -> None:
    with pytest.raises(Impossible, match="column v"):
        unpack(pack("mark", 1, {}, {"v": np.zeros(10, np.int32)})).column("v", dtype, count)
    with pytest.raises(Impossible, match="column w holds 0 values where 1 belong"):
        unpack(pack("mark", 1, {}, {})).column("w", "i4", 1)


def one_slice(start: Any, count: Any, dtype: Any, raw: Any) -> bytes:
    out: bytes = msgpack.packb({"kind": "mark", "tick": 0, "meta": {}, "columns": [["v", start, count, dtype, raw]]})
    return out


def compressed(data: bytes, **options: Any) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(data)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not zstd at all",
        compressed(bytes(40))[:-1],
        compressed(bytes(40)) + b"more",
        compressed(bytes(44)),
        compressed(bytes(40), write_content_size=False),
        compressed(bytes(1 << 26)),  # a bomb: two kilobytes that say they are 64 MiB
    ],
)
def test_a_slice_that_is_not_what_it_says_is_refused(raw: bytes) -> None:
    with pytest.raises(Impossible, match="column v"):
        unpack(one_slice(0, 10, "i4", raw)).column("v", "i4", 10)


@pytest.mark.parametrize("count", [0, -1, 1 << 40, (env.SLICE_BYTES >> 2) + 1])
def test_a_slice_of_an_impossible_length_is_refused(count: int) -> None:
    with pytest.raises(Impossible, match="not made of slices"):
        unpack(one_slice(0, count, "i4", compressed(bytes(40)))).column("v", "i4", count)


def test_a_column_larger_than_the_memory_is_refused_before_it_is_allocated() -> None:
    with pytest.raises(Impossible, match=r"needs \d+ MiB of memory, this machine has \d+ MiB free"):
        env.ensure_room(psutil.virtual_memory().total * 2, "the world")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x93\x01\x02",
        msgpack.packb([1]),
        msgpack.packb({"kind": 1, "tick": 0, "meta": {}, "columns": []}),
        msgpack.packb({"kind": "mark", "tick": 0, "meta": {}}),
        msgpack.packb({"kind": "mark", "tick": 0, "meta": {}, "columns": [["v", 0, 1, "f8", b""]]}),
        msgpack.packb({"kind": "mark", "tick": 0, "meta": {}, "columns": [["v"]]}),
        b"\x91" * 5000 + b"\x01",
        b"\xdd\x7f\xff\xff\xff",
        msgpack.packb({1: 2}),
        msgpack.packb(msgpack.ExtType(5, b"run me")),
    ],
)
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(Impossible, match="not an envelope"):
        unpack(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_refused(data: bytes) -> None:
    with suppress(Impossible):
        unpack(data)


def test_a_compressed_value_beyond_its_limit_is_refused() -> None:
    packed = env.compress_plain([b"x" * 1000])
    assert env.decompress_plain(packed, 1010) == [b"x" * 1000]
    with pytest.raises(Impossible, match="at most 500 are allowed"):
        env.decompress_plain(packed, 500)
