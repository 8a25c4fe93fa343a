"""Reading many names at once: hashes, class of matter, and whether a name is secret, in one compiled pass.

The rules are those of :mod:`~ninepixel.world.host.matter` and :mod:`~ninepixel.world.host.secrets`, word for word; here their
tables are hash tables of 64-bit FNV-1a hashes and a name is a range of one blob of bytes. Tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ninepixel.world.host import matter, secrets
from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.bodies import Matter

BASIS, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
DOT, HASH, TILDE = 0x2E, 0x23, 0x7E
CONFIG, UNKNOWN = int(Matter.CONFIG_CATALYST), int(Matter.BIN_MASS)


class Tables(NamedTuple):
    """The words of the rules, as tables of uint64 hashes (and uint8 classes beside the first two)."""

    matter_endings: Array
    matter_of_ending: Array
    matter_names: Array
    matter_of_name: Array
    dust_folders: Array
    secret_names: Array
    secret_pairs: Array
    secret_endings: Array
    secret_prefixes: Array
    secret_words: Array
    harmless_endings: Array
    copy_endings: Array
    swap_endings: Array


class Features(NamedTuple):
    """What each name says, one value a name.

    ``name`` uint64: a well mixed hash of the exact bytes; ``ending`` uint64: hash of the ending, lower case (0: none);
    ``matter`` uint8; ``secret`` bool: the name of a secret *file*; ``dust`` bool: the name of a *folder* of dust.
    """

    name: Array
    ending: Array
    matter: Array
    secret: Array
    dust: Array


@dataclass(frozen=True, slots=True)
class Names:
    """Many names in one blob: name i is ``blob[start[i] : start[i] + length[i]]`` (uint8; int64; int64)."""

    blob: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]

    @staticmethod
    def of(names: Sequence[bytes]) -> Names:
        """Gather *names*."""
        blob = np.frombuffer(b"".join(names) or b"\0", np.uint8).copy()
        length = np.fromiter(map(len, names), np.int64, len(names))
        return Names(blob, np.cumsum(length) - length, length)

    @staticmethod
    def split(blob: bytes) -> Names:
        """The names in a *blob* in which each is followed by NUL."""
        array = np.frombuffer(blob or b"\0", np.uint8).copy()
        end = np.flatnonzero(array == 0).astype(np.int64) if blob else np.zeros(0, np.int64)
        start = np.concatenate([np.zeros(1, np.int64), end[:-1] + 1]) if blob else end
        return Names(array, start, end - start)


@leaf
def lower(byte: int) -> int:
    """An ASCII letter as a small one, any other byte as it is."""
    return byte + 32 if 65 <= byte <= 90 else byte


@leaf
def hash_range(blob: Array, first: int, last: int) -> Any:
    """FNV-1a of bytes first .. last-1, lower case."""
    h = BASIS
    for i in range(first, last):
        h = (h ^ np.uint64(lower(blob[i]))) * PRIME
    return h


@leaf
def mixed(h: Any) -> Any:
    """A uint64 whose every bit depends on every bit of *h* (the finaliser of splitmix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@leaf
def pair_hash(parent: Any, name: Any) -> Any:
    """One hash of two: a name in a folder."""
    return mixed(parent * PRIME + name)


@leaf
def find(table: Array, h: Any) -> int:
    """The slot of *h* in a hash *table* (see :func:`_slots`), -1 when it is not there. A miss mostly costs one look."""
    mask = np.uint64(table.size - 1)
    slot = h & mask
    while table[slot] != np.uint64(0):
        if table[slot] == h:
            return np.int64(slot)  # type: ignore[return-value]  # one signed type out of here
        slot = (slot + np.uint64(1)) & mask
    return -1


@leaf
def ending_start(blob: Array, first: int, last: int) -> int:
    """Where the ending of a name begins; *last* when it has none."""
    for i in range(last - 1, first, -1):
        if blob[i] == DOT:
            return i + 1
    return last


@leaf
def ending_hash(blob: Array, first: int, last: int) -> Any:
    """The hash of the ending, 0 when there is none."""
    at = ending_start(blob, first, last)
    return hash_range(blob, at, last) if at < last else np.uint64(0)


@leaf
def look_up_matter(whole: Any, ending: Any, tables: Tables) -> int:
    """The class of a name by the hashes of all of it and of its ending; -1 when neither is known."""
    found = find(tables.matter_names, whole)
    if found >= 0:
        return int(tables.matter_of_name[found])
    found = find(tables.matter_endings, ending)
    return int(tables.matter_of_ending[found]) if found >= 0 else -1


@leaf
def matter_in(blob: Array, first: int, last: int, whole: Any, ending: Any, tables: Tables) -> int:
    """:func:`~ninepixel.world.host.matter.matter_of`; *whole* and *ending* are the name's hashes."""
    known = look_up_matter(whole, ending, tables)
    if known >= 0:
        return known
    end = last
    while True:
        at = ending_start(blob, first, end)
        digits = at < end
        for i in range(at, end):
            digits = digits and 48 <= blob[i] <= 57
        if not digits:
            break
        end = at - 1
    if end < last:
        known = look_up_matter(hash_range(blob, first, end), ending_hash(blob, first, end), tables)
        if known >= 0:
            return known
    if last > first and blob[first] == DOT and ending_start(blob, first, last) == last:
        return CONFIG
    return UNKNOWN


@leaf
def original_range(blob: Array, first: int, last: int, tables: Tables) -> tuple[int, int]:
    """:func:`~ninepixel.world.host.secrets.original_name`."""
    if last - first > 2 and blob[first] == HASH and blob[last - 1] == HASH:
        first, last = first + 1, last - 1
    while last - first > 1 and blob[last - 1] == TILDE:
        last -= 1
    at = ending_start(blob, first, last)
    ending = hash_range(blob, at, last)
    if at < last and find(tables.copy_endings, ending) >= 0:
        last = at - 1
        if find(tables.swap_endings, ending) >= 0 and last - first > 1 and blob[first] == DOT:
            first += 1
    return first, last


@leaf
def secret_word(blob: Array, first: int, last: int, tables: Tables) -> bool:
    """Whether the stem, or its last word, is one of the secret words."""
    while first < last and blob[first] == DOT:
        first += 1
    stem = word = BASIS
    for i in range(first, last):
        byte = blob[i]
        if byte == DOT:
            break
        stem = (stem ^ np.uint64(lower(byte))) * PRIME
        word = (word ^ np.uint64(lower(byte))) * PRIME
        if byte == 0x2D or byte == 0x5F or byte == 0x20:
            word = BASIS  # another word begins
    return find(tables.secret_words, stem) >= 0 or find(tables.secret_words, word) >= 0


@leaf
def whole_hash(blob: Array, first: int, last: int, tables: Tables) -> tuple[Any, bool]:
    """:func:`hash_range`, and whether a secret prefix was met on the way."""
    h = BASIS
    secret = False
    early = min(last, first + secrets.LONGEST_PREFIX)
    for i in range(first, early):
        h = (h ^ np.uint64(lower(blob[i]))) * PRIME
        secret = secret or find(tables.secret_prefixes, h) >= 0
    for i in range(early, last):
        h = (h ^ np.uint64(lower(blob[i]))) * PRIME
    return h, secret


@leaf
def secret_in(blob: Array, first: int, last: int, parent: Any, whole: Any, ending: Any, tables: Tables) -> bool:
    """:func:`~ninepixel.world.host.secrets._secret_name` but for the prefixes; *parent* hashes the folder's name."""
    if find(tables.secret_names, whole) >= 0 or find(tables.secret_pairs, pair_hash(parent, whole)) >= 0:
        return True
    if ending != np.uint64(0):
        if find(tables.secret_endings, ending) >= 0:
            return True
        if find(tables.harmless_endings, ending) >= 0:
            return False
    return secret_word(blob, first, last, tables)


@leaf
def read_all(
    blob: Array, start: Array, length: Array, folder: Array, folder_hash: Array, tables: Tables, out: Features
) -> None:  # fmt: skip
    """Fill *out* for every name; ``folder_hash[folder[i]]`` is the :func:`hash_range` of the name of its folder."""
    for i in range(start.size):
        first, last = start[i], start[i] + length[i]
        h = BASIS
        for k in range(first, last):
            h = (h ^ np.uint64(blob[k])) * PRIME
        whole, prefixed = whole_hash(blob, first, last, tables)
        ending = ending_hash(blob, first, last)
        within = folder_hash[folder[i]]
        secret = prefixed or secret_in(blob, first, last, within, whole, ending, tables)
        if not secret:
            a, b = original_range(blob, first, last, tables)
            if a != first or b != last:
                original, prefixed = whole_hash(blob, a, b, tables)
                secret = prefixed or secret_in(blob, a, b, within, original, ending_hash(blob, a, b), tables)
        out.name[i], out.ending[i], out.secret[i] = mixed(h), ending, secret
        out.matter[i] = matter_in(blob, first, last, whole, ending, tables)
        out.dust[i] = find(tables.dust_folders, whole) >= 0


def hash_word(word: bytes) -> int:
    """FNV-1a in plain Python: how the tables are made."""
    h = int(BASIS)
    for byte in word.lower():
        h = (h ^ byte) * int(PRIME) & 0xFFFFFFFFFFFFFFFF
    return h


def _mixed_int(h: int) -> int:
    mask = 0xFFFFFFFFFFFFFFFF
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9 & mask
    h = (h ^ (h >> 27)) * 0x94D049BB133111EB & mask
    return h ^ (h >> 31)


def _slots(hashes: Iterable[int]) -> npt.NDArray[np.uint64]:
    """An open hash table: a power of two of slots, at most an eighth of them taken, 0 where there is nothing."""
    wanted = sorted(set(hashes))
    table = np.zeros(1 << (8 * len(wanted)).bit_length(), np.uint64)
    for h in wanted:
        slot = h & (table.size - 1)
        while table[slot]:
            slot = (slot + 1) & (table.size - 1)
        table[slot] = h
    return table


def _words(words: Iterable[bytes]) -> npt.NDArray[np.uint64]:
    return _slots(map(hash_word, words))


def _pairs(pairs: Iterable[tuple[bytes, bytes]]) -> npt.NDArray[np.uint64]:
    mask = 0xFFFFFFFFFFFFFFFF
    return _slots(_mixed_int((hash_word(a) * int(PRIME) + hash_word(b)) & mask) for a, b in pairs)


def _classes(by_word: dict[bytes, Matter]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    table, by_hash = _words(by_word), {hash_word(word): int(m) for word, m in by_word.items()}
    return table, np.asarray([by_hash.get(int(h), 0) for h in table], np.uint8)


@cache
def rule_tables() -> Tables:
    """The tables of the rules."""
    return Tables(
        *_classes(matter.MATTER_BY_ENDING),
        *_classes(matter.MATTER_BY_NAME),
        _words(matter.DUST_FOLDERS),
        _words(secrets.NAMES),
        _pairs(secrets.NAME_PAIRS),
        _words(secrets.ENDINGS),
        _words(secrets.PREFIXES),
        _words(secrets.WORDS),
        _words(secrets.HARMLESS_ENDINGS),
        _words(secrets.COPY_ENDINGS),
        _words(secrets.SWAP_ENDINGS),
    )


def read_names(names: Names, folder: npt.NDArray[np.int32] | None = None, folder_names: Sequence[bytes] = (b"",)) -> Features:
    """Everything that the *names* say; name i lies in a folder called ``folder_names[folder[i]]`` (default: b"")."""
    n = names.start.size
    out = Features(
        np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty(n, np.uint8), np.empty(n, np.bool_), np.empty(n, np.bool_)
    )
    if folder is None:
        folder = np.zeros(n, np.int32)
    hashes = np.asarray([hash_word(name) for name in folder_names], np.uint64)
    read_all(names.blob, names.start, names.length, folder, hashes, rule_tables(), out)
    return out
