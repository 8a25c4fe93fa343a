"""Classes of matter, and the compiled reader of names against the rules it must obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.host import matter, secrets
from ninepixel.world.host.matter import matter_of
from ninepixel.world.host.names import Names, read_names
from ninepixel.world.laws.bodies import Matter

WORDS = sorted(
    {*matter.MATTER_BY_ENDING, *matter.MATTER_BY_NAME, *matter.DUST_FOLDERS}
    | {*secrets.NAMES, *secrets.ENDINGS, *secrets.PREFIXES, *secrets.WORDS, *secrets.COPY_ENDINGS}
)
PIECES = st.one_of(
    st.sampled_from(WORDS), st.binary(max_size=4), st.sampled_from([b"1", b"22", b"~", b"#", b"-", b"_", b" ", b"."])
)
NAMES = st.builds(
    lambda parts, upper: (b"".join(parts).upper() if upper else b"".join(parts)).replace(b"\0", b"").replace(b"/", b"") or b"x",
    st.lists(st.one_of(PIECES, st.just(b".")), min_size=1, max_size=6),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"a.py", Matter.CODE_ORGANISM),
        (b"A.PY", Matter.CODE_ORGANISM),
        (b"Makefile", Matter.CODE_ORGANISM),
        (b"table.parquet", Matter.DATA_STAR),
        (b"notes.md", Matter.DOC_NEBULA),
        (b"LICENSE", Matter.DOC_NEBULA),
        (b"song.mp3", Matter.MEDIA_PLASMA),
        (b"weights.safetensors", Matter.MODEL_BLACK_HOLE),
        (b"app.yaml", Matter.CONFIG_CATALYST),
        (b".bashrc", Matter.CONFIG_CATALYST),
        (b"syslog.3", Matter.LOG_ECHO),
        (b"app.log.12", Matter.LOG_ECHO),
        (b"libz.so.1.3", Matter.BIN_MASS),
        (b"what-is-this", Matter.BIN_MASS),
        (b"x.tmp", Matter.TEMP_DUST),
        (b"day.chat", Matter.USER_TOUCH),
        (b"\xff\xfe\n", Matter.BIN_MASS),
        (b"trailing.", Matter.BIN_MASS),
    ],
)
def test_a_name_has_the_class_that_people_expect(name: bytes, expected: Matter) -> None:
    assert matter_of(name) is expected


def test_every_class_can_be_reached_by_a_name() -> None:
    assert {*matter.MATTER_BY_ENDING.values(), *matter.MATTER_BY_NAME.values()} == set(Matter)


@given(st.lists(NAMES, min_size=1, max_size=20))
def test_the_compiled_reader_obeys_the_rules(names: list[bytes]) -> None:
    folder = np.asarray([0, *range(len(names) - 1)], np.int32)
    features = read_names(Names.of(names), folder, names)
    for i, name in enumerate(names):
        assert Matter(features.matter[i]) is matter_of(name), name
        assert bool(features.secret[i]) == secrets.is_secret_file(name, names[folder[i]]), name
        assert bool(features.dust[i]) == (name.lower() in matter.DUST_FOLDERS), name


@given(st.lists(NAMES, min_size=2, max_size=20, unique=True))
def test_hashes_depend_on_the_exact_name_alone(names: list[bytes]) -> None:
    forward, backward = read_names(Names.of(names)), read_names(Names.split(b"".join(name + b"\0" for name in names[::-1])))
    assert np.array_equal(forward.name, backward.name[::-1])
    assert len(set(forward.name.tolist())) == len(names)


def test_the_hash_of_a_name_never_changes() -> None:
    features = read_names(Names.of([b"", b"README.md"]))
    assert [hex(h) for h in features.name.tolist()] == ["0xf52a15e9a9b5e89b", "0xee6d48562957ca3f"]
