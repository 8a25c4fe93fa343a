"""What is sealed, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.world.host.secrets import is_secret_file, is_secret_folder, sealed_name

SECRET_FILES = [
    ".env",
    ".env.local",
    ".envrc",
    "prod.env",
    "id_rsa",
    "id_rsa.pub",
    "id_ed25519",
    "ID_RSA",
    "server.pem",
    "tls.key",
    "store.kdbx",
    "cert.p12",
    "a.pfx",
    ".netrc",
    ".pgpass",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    "shadow",
    "wallet.dat",
    "logins.json",
    "key4.db",
    "cookies.sqlite",
    "cookies.sqlite-wal",
    "credentials",
    "credentials.json",
    "client_secret_42.json",
    "github_token.txt",
    "aws-credentials.csv",
    "passwords.xlsx",
    "secrets.yaml",
    "deploy_rsa",
    "vpn.ovpn",
    "terraform.tfstate",
    "id_rsa.bak",
    "id_rsa~",
    "#id_rsa#",
    ".server.pem.swp",
    "server.key.old",
    ".env.swp",
    "kubeconfig",
    ".htpasswd",
    "a.gpg",
    "a.asc",
    "service_account.json",
    ".Xauthority",
    "krb5cc_1000",
    "ssh_host_rsa_key",
    "private.jwk",
    "seed.mnemonic",
    "token",
]
OPEN_FILES = [
    "README.md",
    "main.py",
    "tokenizer.py",
    "secrets.py",
    "test_token.py",
    "password_validation.py",
    "passwords.html",
    "environment.yml",
    "keyboard.c",
    "monkey.txt",
    "identity.py",
    "history.md",
    "cookie_cutter.toml",
    "libssl_token.so",
    "envelope.txt",
    "app.json",
]


@pytest.mark.parametrize("name", SECRET_FILES)
def test_a_secret_is_sealed(name: str) -> None:
    assert is_secret_file(name.encode())


@pytest.mark.parametrize("name", OPEN_FILES)
def test_what_only_sounds_secret_stays_open(name: str) -> None:
    assert not is_secret_file(name.encode())


def test_names_with_spaces_and_pairs_are_known() -> None:
    assert is_secret_file(b"Login Data")
    assert is_secret_file(b"config", b".git")
    assert not is_secret_file(b"config", b"src")
    assert is_secret_file(b"config.json", b".docker")


@pytest.mark.parametrize(
    "name", [b".ssh", b".gnupg", b".aws", b".mozilla", b"google-chrome", b"keyrings", b"Wallets", b"my.opvault"]
)
def test_a_secret_folder_is_sealed(name: bytes) -> None:
    assert is_secret_folder(name)


def test_a_folder_can_be_secret_because_of_where_it_lies() -> None:
    assert is_secret_folder(b"Chrome", b"Google")
    assert is_secret_folder(b"private", b"ssl")
    assert not is_secret_folder(b"private", b"src")


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=40))
def test_a_sealed_name_says_nothing_and_is_always_the_same(name: bytes, folder: bytes) -> None:
    sealed = sealed_name(name, folder)
    assert sealed == sealed_name(name, folder)
    assert len(sealed) == 15
    assert sealed.startswith(b"sealed-")
    assert set(sealed[7:]) <= set(b"0123456789abcdef")


def test_equal_secrets_in_two_folders_look_different() -> None:
    assert sealed_name(b"id_rsa", b"a") != sealed_name(b"id_rsa", b"b")
    assert sealed_name(b"id_rsa", b"a") == b"sealed-b4bc346d"
