"""A policy's file is whole or it is refused, in one line; its hash is that of its weights."""

from __future__ import annotations

import errno
import os
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.store.errors import StoreError
from ninepixel.world.thought import BadPolicy, Policy, Shape
from ninepixel.world.thought.artefact import CONTROL_LIMIT, HASH_BYTES, _checksum
from ninepixel.world.thought.manifest import ITEMS_LIMIT, MANIFEST_LIMIT, OPTIONAL, REQUIRED, manifest

SMALL = Policy.random(Shape(16), 5)
BYTES = SMALL.packed()


def told(**other: Any) -> dict[str, Any]:
    return manifest("ninepixel/Forage-v0", command="a test", seed=3) | other


def with_arrays(**arrays: Any) -> Policy:
    return Policy(SMALL.shape, SMALL.manifest, {**SMALL.arrays, **{name.replace("_", "."): a for name, a in arrays.items()}})


def sealed(data: bytes) -> bytes:
    """*data* without its checksum, with a right one."""
    return data[:-HASH_BYTES] + _checksum(data[:-HASH_BYTES])


def with_control(control: bytes) -> bytes:
    length = struct.unpack_from("<I", BYTES, 12)[0]
    return sealed(BYTES[:12] + struct.pack("<I", len(control)) + control + BYTES[16 + length :])


@contextmanager
def refused(match: str) -> Iterator[None]:
    with pytest.raises(BadPolicy, match=match) as caught:
        yield
    assert "\n" not in str(caught.value)


# -- what is kept -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [16, 64, 208])
def test_what_is_saved_is_loaded(tmp_path: Path, hidden: int) -> None:
    policy = Policy(Shape(hidden), told(parents=["ab"], mood={"deep": [1, None, 2.5]}), Policy.random(Shape(hidden), 1).arrays)
    policy.save(tmp_path / "a.policy")
    found = Policy.load(tmp_path / "a.policy")
    assert (found.shape, dict(found.manifest), found.hash) == (policy.shape, dict(policy.manifest), policy.hash)
    assert list(found.arrays) == list(policy.shape.arrays)
    assert all(np.array_equal(found.arrays[name], policy.arrays[name]) for name in found.arrays)
    assert found.packed() == policy.packed()


def test_a_policy_of_64_units_takes_less_than_a_megabyte() -> None:
    assert len(Policy.random(Shape(64)).packed()) < 200_000


def test_nobody_writes_to_the_arrays_of_a_policy() -> None:
    arrays = {name: array.copy() for name, array in SMALL.arrays.items()}
    policy = Policy(SMALL.shape, SMALL.manifest, arrays)
    arrays["encode.weight"][0, 0] = 7
    assert policy.hash == SMALL.hash
    with pytest.raises(ValueError, match="read-only"):
        policy.arrays["encode.weight"][0, 0] = 7
    with pytest.raises(TypeError):
        policy.manifest["task"] = "another"  # type: ignore[index]


def test_arrays_that_lie_otherwise_in_memory_are_the_same_policy() -> None:
    turned = {name: np.asfortranarray(array) for name, array in SMALL.arrays.items()}
    backwards = dict(reversed(turned.items()))
    assert Policy(SMALL.shape, SMALL.manifest, backwards).packed() == BYTES


# -- the hash -----------------------------------------------------------------------------------------------------------------


def test_the_hash_does_not_depend_on_the_rest_of_the_manifest() -> None:
    assert Policy(SMALL.shape, told(seed=99, steps=5, anything="else"), SMALL.arrays).hash == SMALL.hash


def test_another_weight_is_another_hash() -> None:
    changed = SMALL.arrays["value.bias"] + np.float32(1e-30)
    assert with_arrays(value_bias=changed).hash != SMALL.hash


def test_a_random_policy_is_the_same_everywhere_and_another_for_another_seed() -> None:
    assert Policy.random(Shape(64), 7).hash == "c89e481f5c47c1e9adff93325822cb4e"
    assert len({Policy.random(Shape(16), seed).hash for seed in (0, 1, 1 << 40, 2**64 - 1)}) == 4


def test_a_random_policy_begins_undecided_and_remembers_for_a_while() -> None:
    for name, array in Policy.random(Shape(64), 3).arrays.items():
        layer, _, part = name.partition(".")
        if part == "bias":
            assert np.all(array == (-1 if layer == "gate" else 0))
        else:
            width = {"encode": 1 / np.sqrt(32), "gate": 128**-0.5, "candidate": 128**-0.5}.get(layer, 128**-0.5 / 64)
            assert array.std() == pytest.approx(width, rel=0.1)
            assert abs(array.mean()) < 0.2 * width


# -- what is refused ----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with refused(r"none\.policy: cannot be read: No such file"):
        Policy.load(tmp_path / "none.policy")
    with refused("cannot be read: Is a directory"):
        Policy.load(tmp_path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 a zip of torch", "it is not a policy"),
        (b"\x80\x04\x95 a pickle", "it is not a policy"),
        (BYTES[:12], "torn: it ends after 12 bytes"),
        (BYTES[:-1], "torn: 1 bytes are missing"),
        (BYTES + b"x", "damaged: 1 bytes follow its end"),
        (sealed(BYTES[:8] + struct.pack("<H", 2) + BYTES[10:]), "of format 2, a later one"),
        (sealed(BYTES[:8] + struct.pack("<H", 0) + BYTES[10:]), "of format 0, an earlier one"),
        (sealed(BYTES[:10] + struct.pack("<H", 17) + BYTES[12:]), "damaged: hidden is a multiple of 16"),
        (sealed(BYTES[:10] + struct.pack("<H", 1024) + BYTES[12:]), "torn: [0-9]+ bytes are missing"),
        (sealed(BYTES[:12] + struct.pack("<I", CONTROL_LIMIT + 1) + BYTES[16:]), "damaged: its control part"),
    ],
)
def test_a_file_that_is_no_whole_policy(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "bad.policy"
    path.write_bytes(data)
    with refused(f"bad.policy: .*{why}"):
        Policy.load(path)
    with refused(why):
        Policy.parse(data)


@given(st.integers(0, len(BYTES) * 8 - 1))
def test_a_flipped_bit_is_found(bit: int) -> None:
    data = bytearray(BYTES)
    data[bit >> 3] ^= 1 << (bit & 7)
    with refused("it is"):
        Policy.parse(bytes(data))


@given(st.integers(0, len(BYTES) - 1))
def test_a_torn_file_is_found(length: int) -> None:
    with refused("it is"):
        Policy.parse(BYTES[:length])


@given(st.binary(max_size=200))
def test_what_strangers_send_is_refused_and_no_more(control: bytes) -> None:
    with refused("control part|arrays"):
        Policy.parse(with_control(control))


@pytest.mark.parametrize(
    ("control", "why"),
    [
        ({"manifest": told()}, "no manifest and no arrays"),
        ([1], "no manifest and no arrays"),
        ({"manifest": told(), "arrays": []}, "not those of a network of 16 units"),
        (
            {"manifest": told(), "arrays": [[n, "<f8", list(s)] for n, s in SMALL.shape.arrays.items()]},
            "not those of a network.*<f8",
        ),
        (
            {"manifest": told(), "arrays": [[n, "<f4", list(s)[::-1]] for n, s in SMALL.shape.arrays.items()]},
            "not those of a network",
        ),
    ],
)
def test_a_control_part_of_other_things(control: Any, why: str) -> None:
    with refused(why):
        Policy.parse(with_control(msgpack.packb(control)))


def test_weights_that_begin_elsewhere() -> None:
    at = BYTES.index(b"\xc6", 16)
    with refused("weights do not begin"):
        Policy.parse(sealed(BYTES[:at] + b"\xc7" + BYTES[at + 1 :]))


@pytest.mark.parametrize(
    "bomb",
    [
        b"\xdd\xff\xff\xff\xff" * (CONTROL_LIMIT // 5),  # lists that say that they are long
        b"\x91" * CONTROL_LIMIT,  # lists in lists
        b"\x9f" * CONTROL_LIMIT,
        b"\xdc\xfd\xe8" * (CONTROL_LIMIT // 3),  # long lists in long lists
        b"\xdc\x04\x00" * (CONTROL_LIMIT // 3),
        b"\xdf\xff\xff\xff\xff" + b"\xc0" * 60_000,
        b"\xc6\xff\xff\xff\xff",
    ],
)
def test_a_hostile_file_takes_little_memory(tmp_path: Path, bomb: bytes) -> None:
    path = tmp_path / "bomb.policy"
    path.write_bytes(with_control(bomb))
    tracemalloc.start()
    with refused("control part"):
        Policy.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 24


def test_a_header_that_promises_much_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "promise.policy"
    path.write_bytes(BYTES[:10] + struct.pack("<HI", 1024, CONTROL_LIMIT))
    with path.open("ab") as file:
        file.truncate(1 << 40)  # a file of holes
    tracemalloc.start()
    with refused("bytes follow its end"):
        Policy.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(value: float) -> None:
    weights = SMALL.arrays["gate.weight"].copy()
    weights[3, 4] = value
    with refused("gate.weight holds NaN or infinity"):
        with_arrays(gate_weight=weights)
    raw = BYTES.replace(SMALL.arrays["gate.weight"].tobytes(), weights.tobytes())
    with refused("gate.weight holds NaN or infinity"):
        Policy.parse(sealed(raw))


@pytest.mark.parametrize(
    "array",
    [np.zeros((9, 32), np.float64), np.zeros((9, 31), np.float32), np.zeros(288, np.float32), [[0.0] * 32] * 9, None],
)
def test_arrays_of_other_shapes_and_types(array: Any) -> None:
    with refused("array word.weight is .*, not float32 of shape"):
        with_arrays(word_weight=array)


def test_arrays_that_are_missing_or_foreign() -> None:
    with refused("has an array 'more'"):
        with_arrays(more=np.zeros(3, np.float32))
    with refused("lacks the array 'act.bias'"):
        Policy(SMALL.shape, SMALL.manifest, {n: a for n, a in SMALL.arrays.items() if n != "act.bias"})


# -- the manifest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(told()))
def test_a_manifest_says_what_it_must(key: str) -> None:
    with refused(f"does not say {key}"):
        Policy(SMALL.shape, {name: value for name, value in told().items() if name != key}, SMALL.arrays)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("task", 3),
        ("command", None),
        ("seed", -1),
        ("seed", True),
        ("steps", 1.5),
        ("value_scale", 0),
        ("value_scale", float("nan")),
        ("value_scale", float("inf")),
        ("value_scale", "1"),
        ("observation", ["retina"]),
        ("observation_version", b"bytes"),
        ("versions", {"numpy": 2}),
        ("versions", None),
        ("parents", "ab"),
        ("parents", [1]),
        ("generation", -2),
    ],
)
def test_a_manifest_that_says_something_else(key: str, value: Any) -> None:
    with refused(f"says {key}="):
        Policy(SMALL.shape, told(**{key: value}), SMALL.arrays)


@pytest.mark.parametrize("other", [{"observation_version": "0" * 16}, {"observation": "pixels"}])
def test_a_policy_with_other_senses(tmp_path: Path, other: dict[str, str]) -> None:
    names = [[name, "<f4", list(size)] for name, size in SMALL.shape.arrays.items()]
    path = tmp_path / "blind.policy"
    path.write_bytes(with_control(msgpack.packb({"manifest": told(**other), "arrays": names})))
    with refused("blind.policy: it was trained on other senses: .* train it anew"):
        Policy.load(path)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"note": np.float32(3)}, "cannot be written"),
        ({"note": {1, 2}}, "cannot be written"),
        ({"note": 1 << 70}, "cannot be written"),
        ({3: "a number"}, "the key 3: keys are text"),
        ({b"task": "bytes"}, "the key b'task': keys are text"),
        ({"note": {3: "a number"}}, "cannot be read"),
        ({"note": [0] * (ITEMS_LIMIT + 1)}, "manifest cannot be read: 1025 exceeds"),
        ({"note": "x" * MANIFEST_LIMIT}, f"at most {MANIFEST_LIMIT} are allowed"),
    ],
)
def test_a_manifest_that_cannot_be_written(more: dict[Any, Any], why: str) -> None:
    with refused(why):
        Policy(SMALL.shape, told() | more, SMALL.arrays)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(st.dictionaries(st.text(max_size=9).filter(lambda key: key not in REQUIRED | OPTIONAL), PLAIN, max_size=4))
def test_whatever_else_a_manifest_says_is_kept(more: dict[str, Any]) -> None:
    policy = Policy(SMALL.shape, told() | more, SMALL.arrays)
    assert dict(Policy.parse(policy.packed()).manifest) == told() | more


def test_a_manifest_tells_the_versions_that_are_installed() -> None:
    versions = told()["versions"]
    assert versions["numpy"] == np.__version__
    assert set(versions) == {"ninepixel", "numpy", "torch"}


# -- the disk -----------------------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.policy"
    SMALL.save(path)

    def full(handle: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="No space left"):
        Policy.random(Shape(32)).save(path)
    monkeypatch.undo()
    assert Policy.load(path).hash == SMALL.hash
    assert list(tmp_path.iterdir()) == [path]
