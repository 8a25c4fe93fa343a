"""Who somebody is: an Ed25519 key in a file of their own; and what a server runs: a hash of the laws.

A name can be taken by anybody, a key cannot: an account belongs to whoever can sign for it. The private half is a seed of 32
bytes in a small text file that its owner alone can read; it never travels.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

from ninepixel.world.regular import open_regular
from ninepixel.world.store.errors import shown
from ninepixel.world.store.files import sync_folder, write_all

SEED_BYTES = KEY_BYTES = 32
ID_BYTES = 16
VARIABLE = "NINEPIXEL_IDENTITY"
_FORM = re.compile(rb"ninepixel identity 1\r?\n(?:#[^\n]*\n)*seed ([0-9a-f]{64})\r?\nkey ([0-9a-f]{64})\r?\n?")
_LONGEST = 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
#: The points of small order, without the sign of x. For them signatures can be made without any secret (OpenSSL takes them).
_WEAK_KEYS = frozenset(
    bytes.fromhex(key)
    for key in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
#: What a step consists of. Two programs whose sources of these agree compute the same states.
_LAWS = (
    ("ninepixel.ecs", ("cold", "ids", "systems", "table")),
    ("ninepixel.world", ("apply", "commands", "genesis", "guests", "identity", "ledger", "state", "universe")),
    ("ninepixel.world.laws", ()),
    ("ninepixel.world.life", ()),
    ("ninepixel.world.physics.cpu", ()),
)


class IdentityError(RuntimeError):
    """An identity cannot be read or made; the message says where, why, and what to do."""


class Identity:
    """A key pair.

    :param seed: the 32 secret bytes that it is made from.
    :ivar key: the public half, 32 bytes: the account's name among machines.
    """

    __slots__ = ("_private", "key")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise IdentityError(f"an identity is made from {SEED_BYTES} bytes, not {len(seed)}")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key: bytes = self._private.public_key().public_bytes_raw()

    @staticmethod
    def generate() -> Identity:
        """A new one, kept nowhere."""
        return Identity(os.urandom(SEED_BYTES))

    @staticmethod
    def load(path: Path) -> Identity:
        """The identity in a file.

        :raises IdentityError: when it cannot be read, is none, or others than its owner can get at it.
        """
        return Identity(_read(path))

    @staticmethod
    def load_or_create(path: Path | None = None) -> Identity:
        """The identity in a file, by default :func:`identity_path`; a new one is made where there is no file.

        Two programs that start at once agree on one of their two.

        :raises IdentityError: as :meth:`load` does, and when the file cannot be made.
        """
        path = identity_path() if path is None else path
        if not path.exists():
            _create(path, os.urandom(SEED_BYTES))
        return Identity.load(path)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes. Messages begin with what they are for, so that none can pass for another."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"Identity(key={self.key.hex()})"


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether whoever holds the private half of *key* signed *message*; False also for what is no key, or nobody's."""
    if len(key) != KEY_BYTES or key[:-1] + bytes([key[-1] & 0x7F]) in _WEAK_KEYS:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def identity_path() -> Path:
    """Where this user's identity is kept: ``$NINEPIXEL_IDENTITY``, else the place for settings on this system."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir("ninepixel", appauthor=False)) / "identity"


def server_id(key: bytes) -> bytes:
    """What a server is called among machines, 16 bytes, from its public key."""
    return hashlib.blake2b(key, digest_size=ID_BYTES, person=b"ninepixel-server").digest()


@cache
def content_hash() -> bytes:
    """What this installation computes, 16 bytes: equal wherever the laws, the schema and the protocol are.

    It covers the sources of a step (line ends aside), the columns of every table and the protocol's version. Whoever has another
    one would see another universe in the same bytes.

    :raises IdentityError: for an installation without sources.
    """
    from ninepixel.server.protocol.messages import VERSION
    from ninepixel.world.state import Params, State

    mix = hashlib.blake2b(f"protocol {VERSION}\n".encode(), digest_size=ID_BYTES, person=b"ninepixel-laws")
    for name, table in State.empty(Params(0, 6), 1).tables.items():
        for column in table.schema:
            mix.update(f"{name}.{column.name} {column.dtype.__name__} {column.default}\n".encode())
    for package, modules in _LAWS:
        for file in _sources(package, modules):
            text = file.read_bytes().replace(b"\r\n", b"\n")
            mix.update(f"{package}.{file.name} {len(text)}\n".encode())
            mix.update(text)
    return mix.digest()


# -- inside -----------------------------------------------------------------------------------------------------------


def _sources(package: str, modules: tuple[str, ...]) -> list[Traversable]:
    """The Python files of a package, by name: all of them, or those of *modules*."""
    root, *folders = package.split(".")  # the outermost package only: looking into one of the others would import it
    files = {f.name: f for f in resources.files(root).joinpath(*folders).iterdir() if f.name.endswith(".py")}
    wanted = sorted(f"{name}.py" for name in modules) or sorted(files)
    if not wanted or not files.keys() >= set(wanted):
        raise IdentityError(
            f"the sources of {package} are not installed, so nobody can tell which laws these are: install from a wheel"
        )
    return [files[name] for name in wanted]


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise IdentityError(f"{shown(path)}: the identity cannot be read: {error.strerror or error}") from None
    if os.name == "posix":
        if status.st_mode & _OTHERS:
            mode = stat.S_IMODE(status.st_mode)
            raise IdentityError(f"{shown(path)}: others can get at this private key (mode {mode:04o}): chmod 600 it")
        if status.st_uid not in (os.geteuid(), 0):
            raise IdentityError(
                f"{shown(path)}: this private key belongs to another user: copy it, or set {VARIABLE} to one of yours"
            )
    found = _FORM.fullmatch(text)
    if found is None:
        raise IdentityError(f"{shown(path)}: no identity file: restore it from a copy, or move it away to get a new identity")
    seed, key = (bytes.fromhex(part.decode()) for part in found.groups())
    if Identity(seed).key != key:
        raise IdentityError(f"{shown(path)}: damaged: seed and key do not belong together: restore it from a copy")
    return seed


def _create(path: Path, seed: bytes) -> None:
    """Write a new file that its owner alone can read, whole or not at all; one that is there by then is left alone."""
    lines = ("ninepixel identity 1", "# Whoever has this file is you. Keep it to yourself, and keep a copy.")
    text = "\n".join((*lines, f"seed {seed.hex()}", f"key {Identity(seed).key.hex()}", ""))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".tmp", dir=path.parent)  # mode 0600
        try:
            try:
                write_all(handle, text.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
            with contextlib.suppress(FileExistsError):
                _name(name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        sync_folder(path.parent)
    except OSError as error:
        raise IdentityError(
            f"{shown(path)}: the identity cannot be written: {error.strerror or error}; set {VARIABLE} to a file that can be"
        ) from None


def _name(made: str, path: Path) -> None:
    """Give a file its name unless another has it.

    :raises FileExistsError: when one has.
    """
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, FAT for one: there the last of two that start at once wins
        if path.exists():
            raise FileExistsError from None
        os.replace(made, path)
