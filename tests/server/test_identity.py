import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ninepixel.server import identity
from ninepixel.server.identity import Identity, IdentityError, content_hash, identity_path, server_id, verify
from ninepixel.server.protocol import messages

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")


def test_a_signature_holds_for_its_key_and_message_alone() -> None:
    nova, eve = Identity(bytes(32)), Identity.generate()
    signature = nova.sign(b"message")
    assert verify(nova.key, signature, b"message")
    assert not verify(nova.key, signature, b"another")
    assert not verify(eve.key, signature, b"message")
    assert not verify(nova.key, signature[:-1], b"message")
    assert not verify(nova.key[:-1], signature, b"message")
    assert nova.key.hex() == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"  # of RFC 8032's algorithm


@pytest.mark.parametrize("key", sorted(identity._WEAK_KEYS), ids=bytes.hex)
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_key_for_which_anybody_can_sign_is_refused(key: bytes, sign: int) -> None:
    key = key[:-1] + bytes([key[-1] | sign])
    made_of_nothing = b"\x01" + bytes(63)
    taken_by_the_library = 0
    for n in range(100):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(made_of_nothing, b"%d" % n)
            taken_by_the_library += 1
        except InvalidSignature:
            continue
        assert not verify(key, made_of_nothing, b"%d" % n)
    assert taken_by_the_library > 0  # or else the list is not needed any more


def test_an_identity_shows_its_public_half_alone() -> None:
    seed = bytes(range(32))
    assert Identity(seed).key.hex() in repr(Identity(seed))
    assert seed.hex() not in repr(Identity(seed))
    with pytest.raises(IdentityError, match="made from 32 bytes, not 31"):
        Identity(seed[1:])


def test_an_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "identity"
    made = Identity.load_or_create(path)
    assert Identity.load_or_create(path).key == Identity.load(path).key == made.key
    assert [p.name for p in path.parent.iterdir()] == ["identity"]
    assert Identity.load_or_create(tmp_path / "other").key != made.key


@posix
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Identity.load_or_create(tmp_path / "sub" / "identity")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "sub" / "identity").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "sub").stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o601])
def test_a_file_that_others_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "identity"
    Identity.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(IdentityError, match=rf"identity: others can get at this private key \(mode {mode:04o}\): chmod 600 it"):
        Identity.load_or_create(path)


def test_programs_that_start_at_once_agree(tmp_path: Path) -> None:
    for n in range(20):
        with ThreadPoolExecutor(4) as pool:
            keys = {found.key for found in pool.map(Identity.load_or_create, [tmp_path / str(n)] * 4)}
        assert len(keys) == 1


def test_without_links_the_file_is_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(made: str, path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    made = Identity.load_or_create(tmp_path / "identity")
    assert Identity.load(tmp_path / "identity").key == made.key
    with pytest.raises(FileExistsError):
        identity._name(str(tmp_path / "none"), tmp_path / "identity")


def test_a_file_that_somebody_else_made_meanwhile_is_left_alone(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path / "identity")
    identity._create(tmp_path / "identity", os.urandom(32))
    assert Identity.load(tmp_path / "identity").key == first.key
    assert [p.name for p in tmp_path.iterdir()] == ["identity"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: b"",
        lambda text: text[:-40],
        lambda text: text.replace(b"seed ", b"sead "),
        lambda text: text + text,
        lambda text: text.replace(b"ninepixel identity 1", b"ninepixel identity 2"),
        lambda text: b"\xff" * 4000,
        lambda text: b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
    ],
)
def test_a_file_that_is_no_identity_is_refused(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "identity"
    Identity.load_or_create(path)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(IdentityError, match=r"no identity file: restore it from a copy, or move it away"):
        Identity.load(path)


def test_a_changed_digit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "identity"
    Identity.load_or_create(path)
    text = path.read_text()
    at = text.index("seed ") + 9
    path.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
    with pytest.raises(IdentityError, match="damaged: seed and key do not belong together"):
        Identity.load(path)


def test_a_file_with_the_line_ends_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "identity"
    made = Identity.load_or_create(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert Identity.load(path).key == made.key


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match=r"missing: the identity cannot be read: No such file"):
        Identity.load(tmp_path / "missing")
    with pytest.raises(IdentityError, match="cannot be read: Is a directory"):
        Identity.load_or_create(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(IdentityError, match=r"cannot be written: .*; set NINEPIXEL_IDENTITY to a file that can be"):
        Identity.load_or_create(tmp_path / "file" / "identity")


@posix
def test_a_pipe_is_no_identity_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "identity", 0o600)
    with pytest.raises(IdentityError, match="It is not an ordinary file"):
        Identity.load(tmp_path / "identity")


def test_the_place_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NINEPIXEL_IDENTITY", str(tmp_path / "mine"))
    assert identity_path() == tmp_path / "mine"
    assert Identity.load_or_create().key == Identity.load(tmp_path / "mine").key
    monkeypatch.delenv("NINEPIXEL_IDENTITY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert identity_path().name == "identity"
    if sys.platform.startswith("linux"):
        assert identity_path() == tmp_path / "config" / "ninepixel" / "identity"


def test_a_server_is_called_after_its_key() -> None:
    nova = Identity(bytes(32))
    assert len(server_id(nova.key)) == 16
    assert server_id(nova.key) != server_id(Identity(bytes([1]) * 32).key)


# -- the laws ---------------------------------------------------------------------------------------------------------------


def hash_of(source: Path) -> str:
    """The content hash of a copy of the package, in a process of its own."""
    code = "from ninepixel.server.identity import content_hash; print(content_hash().hex())"
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONHASHSEED": "random"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=source)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("install")
    package = Path(str(resources.files("ninepixel")))
    shutil.copytree(package, source / "ninepixel", ignore=shutil.ignore_patterns("__pycache__", "assets", "*.png"))
    return source


def test_two_installations_of_the_same_laws_agree(copy: Path) -> None:
    assert hash_of(copy) == content_hash().hex()
    assert len(content_hash()) == 16


def test_line_ends_are_no_law_but_every_law_is(copy: Path) -> None:
    same = hash_of(copy)
    law = copy / "ninepixel" / "world" / "laws" / "constants.py"
    text = law.read_bytes()
    law.write_bytes(text.replace(b"\n", b"\r\n"))
    assert hash_of(copy) == same
    law.write_bytes(text + b"\nGRAVITY = 1\n")
    assert hash_of(copy) != same
    law.write_bytes(text)
    beyond = copy / "ninepixel" / "world" / "picture" / "sky.py"
    beyond.write_bytes(beyond.read_bytes() + b"\n")
    assert hash_of(copy) == same


@pytest.mark.parametrize("what", ["version", "column"])
def test_the_schema_and_the_version_count(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    from ninepixel.ecs.table import Column
    from ninepixel.world import state
    from ninepixel.world.laws.bodies import BODY_COLUMNS

    same = content_hash.__wrapped__()
    if what == "version":
        monkeypatch.setattr(messages, "VERSION", messages.VERSION + 1)
    else:
        monkeypatch.setattr(state, "BODY_COLUMNS", (*BODY_COLUMNS, Column("soul", BODY_COLUMNS[0].dtype)))
    assert content_hash.__wrapped__() != same


def test_an_installation_without_sources_says_so() -> None:
    with pytest.raises(IdentityError, match=r"the sources of ninepixel\.ecs are not installed"):
        identity._sources("ninepixel.ecs", ("no_such_law",))


def test_clients_need_nothing_else_of_the_server() -> None:
    code = "import sys, ninepixel.server.protocol, ninepixel.server.identity as i; i.content_hash(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    of_the_server = {name for name in loaded if name.startswith("ninepixel.server.")}
    assert {n for n in of_the_server if not n.startswith("ninepixel.server.protocol")} == {"ninepixel.server.identity"}
    assert {"numba", "asyncio", "websockets", "sqlite3"} & {*loaded} == set()
