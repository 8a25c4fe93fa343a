"""What is secret: sealed matter, which is never opened and whose name is nowhere in the universe.

A secret **file** becomes one sealed body. A secret **folder** becomes one sealed body as well: it is not even listed, so what
is below it is neither known nor counted. Both keep only their place, size and age. When in doubt a name is sealed: a sealed
manual costs nothing, an opened key does.

The sealed name is ``sealed-`` and eight hex digits of a BLAKE2b of the real one, keyed with the folder it lies in: the same
tree gives the same name everywhere, equal names in two folders look different, and nothing of the name can be read off it. Who
guesses a name and its folder can test the guess; 32 bits are too few to be sure of more than that.
"""

from __future__ import annotations

import hashlib

from ninepixel.world.host.matter import CODE_ENDINGS, ending_of


def _words(text: str) -> frozenset[bytes]:
    return frozenset(text.encode().split())


#: Folders that are sealed with everything below them (lower case).
FOLDERS = _words("""
    .ssh .gnupg .gpg .aws .azure .gcloud .kube .docker .config-gcloud .oci .s3 .ibmcloud .terraform.d .vault .password-store
    .passwords .secrets .secret secrets secret private-keys private_keys private-keys-v1.d keyrings .keyrings keyring kwalletd
    kwallet .pki .cert .certs wallets wallet .bitcoin .litecoin .dogecoin .ethereum .electrum .monero .zcash .solana keystore
    .mozilla .firefox .thunderbird .librewolf .waterfox .tor-browser tor-browser .chrome google-chrome google-chrome-beta
    google-chrome-unstable chromium bravesoftware brave-browser microsoft-edge vivaldi opera opera-stable .icedove .claws-mail
    .evolution keychains keychain .1password 1password .op bitwarden lastpass keepass keepassxc .keepassxc dashlane .authy
    .step .age .sops .minisign .signify .subversion .rustup-credentials .gh .hub .jupyter .tsh .teleport .wireguard wireguard
    .openvpn ssl-private .putty .weechat .irssi .purple signal telegramdesktop .telegram slack discord .signal .password
    passwords credentials .credentials cookies""")

#: Pairs of (parent, name) that are sealed: the name alone would say too little.
FOLDER_PAIRS = frozenset({
    (b"google", b"chrome"), (b"google", b"chrome beta"), (b"mozilla", b"firefox"), (b"application support", b"firefox"),
    (b"application support", b"google"), (b"application support", b"bravesoftware"), (b"microsoft", b"edge"),
    (b"common", b".mozilla"), (b".config", b"gcloud"), (b".config", b"gh"), (b".config", b"hub"), (b".config", b"op"),
    (b".config", b"rclone"), (b".config", b"sops"), (b".config", b"filezilla"), (b".config", b"evolution"),
    (b".config", b"discord"), (b".config", b"slack"), (b".config", b"signal"), (b".config", b"github-copilot"),
    (b".local", b"keyrings"), (b"ssl", b"private"), (b"tls", b"private"), (b"pki", b"private"), (b"etc", b"wireguard"),
    (b"letsencrypt", b"live"), (b"letsencrypt", b"archive"), (b"letsencrypt", b"keys"), (b"microsoft", b"credentials"),
    (b"microsoft", b"protect"), (b"library", b"cookies"), (b"library", b"mail"), (b"library", b"messages"),
})  # fmt: skip

#: Folders by their ending (bundles of key stores).
FOLDER_ENDINGS = _words("opvault agilekeychain keychain wallet keystore kdbx secret secrets mozilla_profile default-release")

#: Files by whole name (lower case; names with a space are spelt as bytes below).
NAMES = _words("""
    .netrc _netrc .pgpass pgpass.conf .my.cnf .mylogin.cnf .npmrc .yarnrc .pypirc .gemrc .git-credentials .gitcookies .htpasswd
    .vault-token .dockercfg .dockerconfigjson .s3cfg .boto .rhosts .shosts .xauthority .iceauthority .authinfo .fetchmailrc
    .msmtprc .esmtprc .mailrc .muttrc .smbcredentials .cifs-credentials .fish_history fish_history .history .histfile
    .lesshst .viminfo .wget-hsts .k5login .k5identity .ttyrecord .netrwhist .recently-used .rediscli_history .influx_history
    .dbshell .pry_history .irb_history .erlang.cookie .terraformrc terraform.rc .condarc .claude.json
    shadow shadow- gshadow gshadow- opasswd master.key credentials.yml.enc wallet.dat identity
    key3.db key4.db cert8.db cert9.db signons.sqlite logins.json logins-backup.json cookies.sqlite formhistory.sqlite
    places.sqlite sessionstore.jsonlz4 cookies webappsstore.sqlite permissions.sqlite secmod.db prefs.js
    login.keychain application_default_credentials.json access_tokens.db credentials.db accesstokens.json
    azureprofile.json recentservers.xml sitemanager.xml filezilla.xml wp-config.php known_hosts authorized_keys
    secring.gpg pubring.kbx trustdb.gpg .x11-unix krb5.keytab htpasswd auth.json .cookie .cookies cookies.txt
    consolehost_history.txt local.settings.json user-secrets.json .kube-config rclone.conf .pgadmin4.db ntds.dit sam security
""") | {
    b"login data", b"web data", b"local state", b"top sites", b"visited links", b"extension cookies",
}  # fmt: skip

#: Files in a folder: (parent, name).
NAME_PAIRS = frozenset({
    (b".git", b"config"), (b".git", b"fetch_head"), (b".docker", b"config.json"), (b".composer", b"auth.json"),
    (b".m2", b"settings.xml"), (b".cargo", b"credentials"), (b".cargo", b"credentials.toml"), (b".gem", b"credentials"),
    (b".config", b"hub"), (b".config", b"monitors"), (b".gradle", b"gradle.properties"), (b"default", b"history"),
    (b"default", b"bookmarks"), (b"default", b"preferences"),
})  # fmt: skip

#: Files by ending.
ENDINGS = _words("""
    pem key pfx p12 pkcs12 p8 pkcs8 jks jceks keystore bks truststore ppk pvk kdbx kdb psafe3 keychain keychain-db keyring
    kwallet gpg pgp asc sec ovpn jwk jwks jwt keytab ccache token tokens secret secrets password passwords passwd cred creds
    credentials wallet age agekey env envrc htpasswd tfstate tfvars rdp bek 1pif opvault agilekeychain enc vault kubeconfig
    netrc pgpass mobileprovision provisionprofile snk psk sops otp totp seed mnemonic cookie cookies""")

#: Files by the beginning of their name.
PREFIXES = _words("""
    .env id_rsa id_dsa id_ecdsa id_ed25519 id_xmss ssh_host_ client_secret client-secret service-account
    service_account serviceaccount google-credentials kubeconfig wallet.dat authkey_ .git-credentials .netrc .pgpass
    .bash_history .zsh_history .sh_history .ksh_history .python_history .node_repl_history .psql_history .mysql_history
    .sqlite_history .mongo .rediscli .histor cookies.sqlite places.sqlite formhistory.sqlite key4.db logins.json .npmrc
    .pypirc .xauthority krb5cc_ bash_history zsh_history terraform.tfstate terraform.tfvars vault_pass .vault_pass
    .vault-pass vault-pass""") | {b"login data", b"web data", b"cookies-journal", b"history-journal"}  # fmt: skip

#: Words that make a file secret when they are its stem or the last word of it, unless it is program text.
WORDS = _words("""
    password passwords passwd passphrase passphrases passcode passcodes secret secrets token tokens credential credentials
    creds apikey apikeys api_key api_keys privatekey privkey rsa dsa ecdsa ed25519 mnemonic wallet seedphrase recovery
    htpasswd htdigest kubeconfig backupcodes""")

#: Beside source code, endings under which a word such as ``token`` names the subject and not a secret.
HARMLESS_ENDINGS = CODE_ENDINGS | _words("so o a pyc class ko dll dylib html htm rst adoc 1 2 3 4 5 6 7 8 9 mo gir typelib")

#: Endings that editors and people add to a copy: the name before them decides too.
COPY_ENDINGS = _words("bak old orig save tmp backup swp swo copy")
SWAP_ENDINGS = _words("swp swo")
LONGEST_PREFIX = max(map(len, PREFIXES))


def original_name(low: bytes) -> bytes:
    """The name that an editor's or a person's copy was made of: ``#id_rsa#``, ``.server.pem.swp``, ``x.key.bak~``."""
    if len(low) > 2 and low[:1] == b"#" and low[-1:] == b"#":
        low = low[1:-1]
    while len(low) > 1 and low[-1:] == b"~":
        low = low[:-1]
    ending = ending_of(low)
    if ending in COPY_ENDINGS:
        low = low[: -len(ending) - 1]
        if ending in SWAP_ENDINGS and len(low) > 1 and low[:1] == b".":
            low = low[1:]
    return low


def stem_words(low: bytes) -> tuple[bytes, bytes]:
    """The stem (between leading dots and the next dot) and its last word (after the last ``-``, ``_`` or space)."""
    bare = low.lstrip(b".")
    stem = bare.partition(b".")[0]
    last = max(stem.rfind(b"-"), stem.rfind(b"_"), stem.rfind(b" "))
    return stem, stem[last + 1 :]


def _secret_name(low: bytes, parent: bytes) -> bool:
    ending = ending_of(low)
    if low in NAMES or ending in ENDINGS or (parent, low) in NAME_PAIRS:
        return True
    if any(low[:n] in PREFIXES for n in range(1, min(len(low), LONGEST_PREFIX) + 1)):
        return True
    return ending not in HARMLESS_ENDINGS and any(word in WORDS for word in stem_words(low))


def is_secret_file(name: bytes, parent: bytes = b"") -> bool:
    """Whether a file called *name* in a folder called *parent* (last parts of their paths; any case) is sealed."""
    low, folder = name.lower(), parent.lower()
    original = original_name(low)
    return _secret_name(low, folder) or (original != low and _secret_name(original, folder))


def is_secret_folder(name: bytes, parent: bytes = b"") -> bool:
    """Whether a folder called *name* in a folder called *parent* is sealed with everything below it."""
    low = name.lower()
    return low in FOLDERS or ending_of(low) in FOLDER_ENDINGS or (parent.lower(), low) in FOLDER_PAIRS


def sealed_name(name: bytes, parent_path: bytes) -> bytes:
    """``sealed-<8 hex digits>``: what stands for the name of a secret in the folder at the relative *parent_path*."""
    key = hashlib.blake2b(parent_path, digest_size=32).digest()
    return b"sealed-" + hashlib.blake2b(name, digest_size=4, key=key, person=b"9px sealed").hexdigest().encode()
