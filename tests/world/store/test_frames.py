"""The chain of frames: every changed, missing or moved byte is seen, and the message says where."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninepixel.world.store.envelope import pack
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NewerFormat, NotASave, StoreError, Truncated
from ninepixel.world.store.frames import HEADER_BYTES, JOURNAL, SEALED, Chain, FrameFile, Torn

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
TICKS = (3, 5, 8)


def written(sort: int, *, end: bool = True) -> bytes:
    chain = Chain(sort)
    parts = [chain.header, *(chain.frame("mark", t, pack("mark", t, {"n": t * t})) for t in TICKS)]
    return b"".join([*parts, chain.end(9)] if end else parts)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "world.9px"
    path.write_bytes(data)
    return path


def meaning(path: Path, *, recover: bool = False) -> list[tuple[str, int, object]]:
    with FrameFile(path, recover=recover) as file:
        return [(ref.kind, ref.tick, file.read(ref).meta) for ref in file.frames]


WHOLE = [("mark", t, {"n": t * t}) for t in TICKS]


def test_frames_come_back_in_order(tmp_path: Path) -> None:
    path = put(tmp_path, written(SEALED))
    assert meaning(path) == WHOLE
    with FrameFile(path) as file:
        assert file.sealed is not None
        assert file.sealed.tick == 9
        assert file.torn is None


@FUZZ
@given(st.data())
@pytest.mark.parametrize("sort", [SEALED, JOURNAL])
def test_any_flipped_bit_is_seen(tmp_path: Path, sort: int, data: st.DataObject) -> None:
    raw = bytearray(written(sort))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    path = put(tmp_path, bytes(raw))
    with pytest.raises(BadSave) as e:
        meaning(path)
    assert str(e.value).startswith(f"{path}: ")
    assert "\n" not in str(e.value)


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    raw = bytearray(written(SEALED))
    first = len(Chain(SEALED).header)
    raw[first + 28 + 3] ^= 1
    with pytest.raises(Damaged, match=r"world\.9px: frame 0 \(mark, tick 3\) is damaged"):
        FrameFile(put(tmp_path, bytes(raw)))


@FUZZ
@given(st.data())
def test_a_sealed_file_cut_anywhere_is_refused_and_says_where(tmp_path: Path, data: st.DataObject) -> None:
    raw = written(SEALED)
    at = data.draw(st.integers(0, len(raw) - 1))
    path = put(tmp_path, raw[:at])
    with pytest.raises((Truncated, NotASave), match=f"truncated at byte {at}" if at else "it is empty"):
        FrameFile(path)


@FUZZ
@given(st.data())
def test_a_journal_cut_anywhere_gives_its_whole_frames_and_says_what_is_lost(tmp_path: Path, data: st.DataObject) -> None:
    raw = written(JOURNAL, end=False)
    at = data.draw(st.integers(HEADER_BYTES, len(raw)))
    path = put(tmp_path, raw[:at])
    with FrameFile(path) as file:
        found = [(ref.kind, ref.tick, file.read(ref).meta) for ref in file.frames]
        assert found == WHOLE[: len(found)]
        assert (file.torn is None) == (file.end == at)
        if file.torn is not None:
            assert file.torn == Torn(file.end, at - file.end, len(found))
            assert f"torn at byte {file.end}" in str(file.torn)


def test_zeros_at_the_end_of_a_journal_are_a_torn_tail(tmp_path: Path) -> None:
    raw = written(JOURNAL, end=False)
    with FrameFile(put(tmp_path, raw + bytes(500))) as file:
        assert file.torn == Torn(len(raw), 500, 3)
    with pytest.raises(Damaged):
        FrameFile(put(tmp_path, raw + bytes(500) + b"1"))


def frames_of(raw: bytes) -> list[bytes]:
    """The file cut at its frames: the header first."""
    cuts, at = [raw[:HEADER_BYTES]], HEADER_BYTES
    while at < len(raw):
        length = int(struct.unpack_from("<Q", raw, at + 16)[0]) + 28 + 16
        cuts.append(raw[at : at + length])
        at += length
    return cuts


@pytest.mark.parametrize("order", [[0, 2, 3, 4], [0, 1, 3, 4], [0, 2, 1, 3, 4], [0, 1, 1, 2, 3, 4], [0, 1, 2, 4]])
def test_a_frame_that_is_removed_moved_or_repeated_is_seen(tmp_path: Path, order: list[int]) -> None:
    parts = frames_of(written(SEALED))
    with pytest.raises(Damaged, match="frame"):
        FrameFile(put(tmp_path, b"".join(parts[i] for i in order)))


def test_a_frame_of_another_file_does_not_fit(tmp_path: Path) -> None:
    ours, other = frames_of(written(SEALED)), Chain(SEALED)
    other.frame("mark", 0, b"first")
    with pytest.raises(Damaged):
        FrameFile(put(tmp_path, ours[0] + ours[1] + other.frame("mark", 5, pack("mark", 5, {})) + ours[3] + ours[4]))


def test_bytes_after_the_end_mark_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="7 bytes follow the end mark"):
        FrameFile(put(tmp_path, written(SEALED) + b"trailer"))


def test_recover_gives_what_is_whole(tmp_path: Path) -> None:
    raw = bytearray(written(SEALED))
    parts = frames_of(bytes(raw))
    second = len(parts[0]) + len(parts[1])
    raw[second + 40] ^= 8
    path = put(tmp_path, bytes(raw))
    assert meaning(path, recover=True) == WHOLE[:1]
    with FrameFile(path, recover=True) as file:
        assert file.torn == Torn(second, len(raw) - second, 1)


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04" * 20, b"\x89PNG\r\n\x1a\n" + bytes(30)])
def test_other_files_are_recognised(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotASave, match=r"world\.9px: not a ninepixel file"):
        FrameFile(put(tmp_path, data))


def header(version: int, sort: int = SEALED) -> bytes:
    head = struct.pack("<8sHBB", Chain().header[:8], version, sort, 0)
    return head + struct.pack("<I", zlib.crc32(head))


def test_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    with pytest.raises(NewerFormat, match="written by format 3, this program reads up to 2: upgrade ninepixel"):
        FrameFile(put(tmp_path, header(3) + b"anything"))
    for odd in (header(0), header(1, sort=7)):
        with pytest.raises(Impossible):
            FrameFile(put(tmp_path, odd))


def test_a_frame_of_an_unknown_kind_and_one_that_contradicts_its_head_are_refused(tmp_path: Path) -> None:
    chain = Chain(JOURNAL)
    with pytest.raises(Impossible, match=r"frame 0 \(song, tick 1\) is of an unknown kind"):
        FrameFile(put(tmp_path, chain.header + chain.frame("song", 1, b"la")))
    chain = Chain(JOURNAL)
    with (
        FrameFile(put(tmp_path, chain.header + chain.frame("mark", 1, pack("mark", 2, {})))) as file,
        pytest.raises(Impossible, match=r"frame 0 \(mark, tick 1\): its envelope says mark, tick 2"),
    ):
        file.read(file.frames[0])


def test_a_hostile_length_reads_nothing(tmp_path: Path) -> None:
    head = struct.pack("<8sQQ", b"mark", 1, (1 << 64) - 1)
    head += struct.pack("<I", zlib.crc32(head))
    with pytest.raises(Truncated, match=r"frame 0 \(mark, tick 1\) is cut short"):
        FrameFile(put(tmp_path, Chain(SEALED).header + head + bytes(100)))


def test_a_file_that_changes_while_it_is_read_is_seen(tmp_path: Path) -> None:
    path = put(tmp_path, written(SEALED))
    with FrameFile(path) as file:
        raw = bytearray(path.read_bytes())
        raw[file.frames[1].start] ^= 1
        path.write_bytes(bytes(raw))
        with pytest.raises(Damaged, match="changed while it was being read"):
            file.read(file.frames[1])


def test_a_file_that_is_not_there_or_a_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere: cannot be read: No such file"):
        FrameFile(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        FrameFile(tmp_path)


def test_a_message_stays_on_one_line_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines"
    path.write_bytes(b"hello")
    with pytest.raises(NotASave, match=r"two\\nlines: not a ninepixel file"):
        FrameFile(path)
