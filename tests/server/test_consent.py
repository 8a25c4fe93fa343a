"""What of the host may leave: names inside consented folders, and nothing else."""

from __future__ import annotations

import base64
import json
import urllib.parse

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from host_trees import PATHS
from ninepixel.ecs.ids import index_of
from ninepixel.server.consent import THINGS, Consent, ConsentError, NameScan, leaked
from ninepixel.world.host.options import HostOptions
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Flag, Kind, Matter, pack_traits
from ninepixel.world.state import Params, State


class Small:
    """A state with a body of every sort."""

    def __init__(self) -> None:
        self.state = State.empty(Params(1, 6), 64, lives=4)
        self.root = self.body(Kind.FOLDER, FileIdentity(b"", 0, 0, 0))
        self.shared = self.body(Kind.MATTER, FileIdentity(b"home/docs/plan/notes.md", 1, 1, 3))
        self.private = self.body(Kind.MATTER, FileIdentity(b"home/diary/monday.md", 1, 1, 2))
        self.sealed = self.body(Kind.MATTER, FileIdentity(b"home/docs/sealed-0011aabb", 1, 1, 2), Flag.SEALED)
        self.process = self.body(Kind.CREATURE, ProcessIdentity(b"1:1", b"gimp", b""))
        self.mind = self.body(Kind.MIND, MindIdentity(b"Mystiiqa"))
        self.mote = self.body(Kind.MOTE)
        self.guard_shared = self.guardian(0, self.shared)
        self.guard_private = self.guardian(1, self.private)

    def body(self, kind: Kind, identity: object = None, flags: Flag = Flag(0), link: int = -1) -> int:  # noqa: B008
        traits = pack_traits(int(kind), int(Matter.DOC_NEBULA), int(flags))
        ids = self.state.bodies.spawn_many(1, 0, {"traits": np.asarray([traits]), "link": np.asarray([link])})
        if identity is not None:
            self.state.cold.put(int(ids[0]), identity)
        return index_of(int(ids[0]))

    def guardian(self, slot: int, post: int) -> int:
        body = self.body(Kind.GUARDIAN, link=slot)
        self.state.lives["body"][0, slot], self.state.lives["post"][0, slot] = body, post
        return body


@pytest.fixture(scope="module")
def small() -> Small:
    return Small()


def test_by_default_no_name_of_the_host_leaves(small: Small) -> None:
    none = Consent()
    sprites = (small.root, small.shared, small.private, small.sealed, small.process, small.mote)
    assert [none.name_of(small.state, sprite) for sprite in sprites] == [None] * 6
    assert none.name_of(small.state, small.guard_shared) is None
    assert none.name_of(small.state, small.mind) == "Mystiiqa"


def test_a_consented_folder_is_named_from_itself_on_and_nothing_above_it(small: Small) -> None:
    consent = Consent.of(["home/docs"])
    assert consent.name_of(small.state, small.shared) == "docs/plan/notes.md"
    assert consent.name_of(small.state, small.guard_shared) == "guardian of docs/plan/notes.md"
    assert consent.name_of(small.state, small.private) is None
    assert consent.name_of(small.state, small.guard_private) is None
    assert consent.name_of(small.state, small.root) is None


def test_sealed_matter_has_no_name_whatever_is_consented_to(small: Small) -> None:
    assert Consent.of(["."], processes=True).name_of(small.state, small.sealed) is None


def test_all_of_it_may_be_shared(small: Small) -> None:
    consent = Consent.of(["."], processes=True)
    assert consent.name_of(small.state, small.root) == "the realm"
    assert consent.name_of(small.state, small.private) == "home/diary/monday.md"
    assert consent.name_of(small.state, small.process) == "gimp"
    assert Consent.of(["."]).name_of(small.state, small.process) is None


@pytest.mark.parametrize("sprite", [-1, 63, 64, 10**9, THINGS, THINGS + 3, 2**32 - 1, 2**63])
def test_what_is_no_living_body_has_no_name(small: Small, sprite: int) -> None:
    assert Consent.of(["."]).name_of(small.state, sprite) is None


def test_a_dead_body_has_no_name(small: Small) -> None:
    state = small.state.copy()
    state.bodies.kill(state.bodies.entity_at(int(state.bodies.row_of[0, small.shared])))
    assert Consent.of(["."]).name_of(state, small.shared) is None


def test_names_are_one_line_whatever_their_bytes(small: Small) -> None:
    state = small.state.copy()
    entity = state.bodies.entity_at(int(state.bodies.row_of[0, small.shared]))
    state.cold.put(entity, FileIdentity(b"home/docs/a\n\x1b[31m\xff", 1, 1, 2))
    assert Consent.of(["home/docs"]).name_of(state, small.shared) == "docs/a\\n\\x1b[31m\\xff"


@given(PATHS, PATHS)
def test_a_path_is_shared_exactly_when_it_or_a_folder_above_it_is_consented_to(paths: list[bytes], folders: list[bytes]) -> None:
    consent = Consent(frozenset(folders))
    for path in paths:
        told = consent.shared(path)
        above = [f for f in folders if f == b"" or path == f or path.startswith(f + b"/")]
        assert (told is not None) == bool(above)
        assert consent.shared(path, sealed=True) is None
        if told is not None:
            outermost = min(above, key=len)
            assert path.endswith(told)
            assert path[: len(path) - len(told)] == outermost.rpartition(b"/")[0] + (b"/" if b"/" in outermost else b"")
        if HostOptions(consent=frozenset(folders)).consents_to(path):  # contents are never more open than names
            assert told is not None


@pytest.mark.parametrize("folder", ["", "/etc", "..", "a/../..", "~/x", "a\0b"])
def test_folders_outside_the_root_cannot_be_consented_to(folder: str) -> None:
    with pytest.raises(ConsentError, match="is not inside the mapped folder"):
        Consent.of([folder])


def test_folders_are_written_as_people_write_them() -> None:
    assert Consent.of(["./a/b/", "."]).folders == {b"a/b", b""}


# -- the scan ---------------------------------------------------------------------------------------------------------

NAME = "gehaltsliste-müller.xlsx".encode()


@pytest.mark.parametrize(
    "data",
    [
        NAME,
        NAME.upper(),
        NAME.decode().encode("utf-16-le"),
        NAME.decode().encode("utf-16-be"),
        json.dumps({"name": NAME.decode()}).encode(),
        NAME.hex().encode(),
        NAME.hex().upper().encode(),
        base64.b64encode(NAME),
        base64.b64encode(b"x" + NAME + b"yz"),
        base64.b64encode(b"xy" + NAME + b"z"),
        urllib.parse.quote(NAME).encode(),
        repr(NAME).encode(),
    ],
)
def test_a_planted_name_is_found_however_it_is_written(data: bytes) -> None:
    assert leaked(b"before " + data + b" after", [NAME, b"another-name"]) == {NAME}


@given(st.binary(min_size=6, max_size=20), st.binary(max_size=50), st.binary(max_size=50), st.data())
def test_a_planted_name_is_found_wherever_the_pieces_are_cut(
    name: bytes, before: bytes, after: bytes, draw: st.DataObject
) -> None:
    data = before + name + after
    scan, at = NameScan([name]), 0
    while at < len(data):
        size = draw.draw(st.integers(1, 40))
        scan.feed(data[at : at + size])
        at += size
    assert scan.found == {name}


@given(st.binary(max_size=300))
def test_what_does_not_hold_the_name_is_not_accused(data: bytes) -> None:
    name = b"gehaltsliste-2031.xlsx"
    assume(name not in data.lower())
    assert leaked(data, [name]) == set()


def test_a_scan_for_nothing_or_for_what_chance_writes_is_refused() -> None:
    with pytest.raises(ValueError, match="finds nothing"):
        NameScan([])
    with pytest.raises(ValueError, match="too short"):
        NameScan([b"a.md"])
