"""The settings of a server: a file, under the environment, under the flags of the command line.

The model is the one place where a setting is named, bounded and explained: the messages about wrong values, the example file and
the names of environment variables are made from it.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ByteSize, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as EnvironmentUnreadable

from ninepixel.server.consent import Consent
from ninepixel.server.origins import OriginPolicy
from ninepixel.server.protocol.address import DEFAULT_PORT
from ninepixel.server.protocol.limits import VERBS, BadLimit, Limits
from ninepixel.server.schooling import online_settings
from ninepixel.world.store.errors import shown

PREFIX = "NINEPIXEL_SERVER_"
#: Addresses that only this machine reaches.
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Texts = Annotated[tuple[str, ...], NoDecode]


class SettingsError(ValueError):
    """A setting is wrong; the message is one line that names it, where it came from and what it may be."""


class Settings(BaseSettings):
    """Everything that whoever runs a server may choose; made by :func:`load_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on; 0.0.0.0 is every network.")
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535, description="The port; 0 takes a free one.")
    store: Path | None = Field(
        default=None, description="The folder of journal, snapshots and accounts; by default in the user's data."
    )
    seed: int = Field(default=9, ge=0, le=2**64 - 1, description="What chance is made of in a new universe.")
    minds: int = Field(default=64, ge=0, le=65_536, description="How many minds live in a new universe.")
    policy: str | None = Field(
        default=None,
        description="What minds act by: a policy that is shipped, the file of one, or instinct; by default as before.",
    )
    learn: bool = Field(default=False, description="Whether minds go on learning from their own lives (docs/ONLINE.md).")
    learn_set: Texts = Field(default=(), description="Settings of online learning that are not as usual, NAME=NUMBER each.")
    players: int = Field(default=1024, ge=0, le=65_536, description="How many bodies players can have in a new universe.")
    rate: int = Field(default=20, ge=10, le=60, description="Ticks a second.")
    backend: Literal["auto", "cpu", "gpu"] = Field(default="auto", description="Who computes the laws.")

    threads: int = Field(default=0, ge=0, le=1024, description="Threads that compute the laws; 0 leaves one core to the network.")

    entry: Literal["open", "invite"] = Field(default="open", description="Who may play: everybody, or those with an invite.")
    watchers: bool = Field(default=True, description="Whether people without an identity may watch.")
    allow_chat: bool = Field(default=True, description="Whether players may speak.")
    share_names: Texts = Field(
        default=(),
        description="Folders (relative to what is mapped, . for all) whose names of files everybody may see. Secrets never.",
    )
    share_processes: bool = Field(default=False, description="Whether everybody may see the names of processes.")
    metrics: Literal["local", "open", "off"] = Field(
        default="local", description="Who may read /metrics: this machine, all, nobody."
    )
    origins: Texts = Field(default=(), description="Web pages of other hosts that may connect, such as https://play.example.org.")
    tls_cert: Path | None = Field(default=None, description="A certificate chain (PEM); with tls_key the server speaks TLS.")
    tls_key: Path | None = Field(default=None, description="Its private key (PEM).")

    quota: ByteSize = Field(default=ByteSize(8 << 30), ge=64 << 20, description="What the store may hold, such as 8GiB.")
    snapshot_seconds: int = Field(default=60, ge=5, le=86_400, description="Seconds between two snapshots.")
    keep: int = Field(default=4, ge=1, le=1000, description="Snapshots that are kept.")
    audit_days: int = Field(default=365, ge=1, le=36_500, description="How long the audit log is kept.")
    token_hours: int = Field(default=24, ge=1, le=8760, description="How long a resume token is good.")

    max_connections: int = Field(default=2048, ge=1, le=1_000_000, description="Connections at a time.")
    max_accounts: int = Field(default=1_000_000, ge=1, le=2**32 - 1, description="Accounts that there can be.")
    block_after: int = Field(
        default=8, ge=1, description="Misbehaviours in a short while after which an address is not listened to."
    )
    block_seconds: float = Field(default=30.0, ge=0, le=86_400, description="Seconds for which it is not.")
    login_seconds: float = Field(default=10.0, ge=1, le=300, description="Seconds a login may take.")
    client_kbit: int = Field(default=256, ge=16, le=100_000, description="Kilobits a second that one client is sent at most.")
    drain_seconds: int = Field(
        default=10, ge=0, le=3600, description="Seconds that clients are given to leave before the server stops."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged.")
    log_json: bool = Field(default=False, description="Log one JSON object a line.")
    limits: dict[str, str] = Field(
        default={}, description="How often a session may do what: messages a second / burst.", validate_default=True
    )

    @field_validator("share_names", "origins", "learn_set", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """From the environment a list is text with commas."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("share_names")
    @classmethod
    def _inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Consent.of(value)  # a ConsentError is a ValueError
        return value

    @field_validator("learn_set")
    @classmethod
    def _online(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        online_settings(value)
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        OriginPolicy.of(value)
        return value

    @field_validator("limits")
    @classmethod
    def _limits(cls, value: dict[str, str]) -> dict[str, str]:
        if "login_seconds" in value:
            raise ValueError("login_seconds is a setting of its own, not a limit")
        try:
            changed = Limits().changed(value)
        except BadLimit as error:
            raise ValueError(str(error)) from None
        return {verb: str(changed.rate(verb)) for verb in VERBS}

    @model_validator(mode="after")
    def _pair(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together: name both, or neither")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the constructor is given and nothing else: :func:`load_settings` reads file and environment, and knows which
        value came from where."""
        return (init_settings,)

    def session_limits(self) -> Limits:
        """The limits of one session, as the protocol takes them."""
        return Limits().changed({**self.limits, "login_seconds": str(self.login_seconds)})

    def consent(self) -> Consent:
        """Which names may leave."""
        return Consent.of(self.share_names, processes=self.share_processes)

    def origin_policy(self) -> OriginPolicy:
        """Which web pages may connect."""
        return OriginPolicy.of(self.origins, self.host)

    def warnings(self) -> list[str]:
        """What whoever starts a server with these settings should know, a line each."""
        said = []
        if self.host not in LOOPBACK and self.tls_cert is None:
            said.append(
                f"listening on {self.host} without TLS: who is on the way can read and steal sessions; set tls_cert and tls_key"
            )
        if self.host not in LOOPBACK and self.entry == "open":
            said.append(f"everybody who reaches {self.host} may play; set entry to invite to choose")
        if self.share_names or self.share_processes:
            shared = [*self.share_names, *(["processes"] if self.share_processes else [])]
            said.append(f"names that everybody may see: {', '.join(shared)}")
        return said

    def as_toml(self) -> str:
        """These settings as a file that :func:`load_settings` reads, every one with its meaning and its range."""
        lines = [
            "# Settings of a ninepixel server. Flags win over " + PREFIX + "* in the environment, which wins over this file."
        ]
        for name, info in type(self).model_fields.items():
            if name == "limits":
                continue
            value = getattr(self, name)
            lines += ["", f"# {info.description} ({allowed(info)})"]
            lines.append(f"# {name} =" if value is None else f"{name} = {_toml(value)}")
        lines += ["", f"# {type(self).model_fields['limits'].description}", "[limits]"]
        return "\n".join([*lines, *(f"{verb} = {_toml(text)}" for verb, text in self.limits.items()), ""])


def load_settings(
    file: Path | None = None, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of a *file*, under those of the environment, under the *flags* (those that are None were not given).

    :param environ: the environment to read; None: that of this process.
    :raises SettingsError: for the first wrong setting, and for names that are none.
    """
    environ = os.environ if environ is None else environ
    sources = [
        ("--{}", {name: value for name, value in (flags or {}).items() if value is not None}),
        (PREFIX + "{}", _from_environment(environ)),
        (f"{{}} in {shown(file)}" if file is not None else "", _from_file(file)),
    ]
    merged: dict[str, Any] = {}
    for _, values in reversed(sources):
        for name, value in values.items():
            both = name == "limits" and isinstance(value, dict) and isinstance(merged.get(name), dict)
            merged[name] = {**merged[name], **value} if both else value
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_told(error, sources)) from None


def allowed(info: FieldInfo) -> str:
    """What a setting may be, in words: ``an integer from 10 to 60``."""
    kind = _plain_type(info.annotation)
    bounds = {type(m).__name__: m for m in info.metadata}
    low, high = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
    if get_origin(kind) is Literal:
        *most, last = get_args(kind)
        return f"{', '.join(most)} or {last}"
    if kind is ByteSize:
        return f"a size such as 512MiB or 8GiB, {ByteSize(low or 0).human_readable()} or more"
    words = {bool: "true or false", int: "an integer", float: "a number", str: "text", Path: "a path"}
    word = words.get(kind, "a list of texts") if isinstance(kind, type) else "a list of texts"
    return word if low is None else f"{word} from {low} to {high}"


# -- inside -----------------------------------------------------------------------------------------------------------


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        if not file.is_file():
            raise SettingsError(f"{shown(file)}: there is no such file of settings")
        return TomlConfigSettingsSource(Settings, toml_file=file)()
    except OSError as error:
        raise SettingsError(f"{shown(file)}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown(file)}: is not TOML: {' '.join(str(error).split())}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings in the environment. A name with our prefix that is no setting is a typing error, not somebody else's."""
    mine = {name.upper(): value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    for name in mine:
        field = name.removeprefix(PREFIX).lower().partition("__")[0]
        if field not in Settings.model_fields:
            raise SettingsError(f"{name}: there is no such setting{_alike(field)}")
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in mine.items()}
    try:
        return source()
    except EnvironmentUnreadable:
        raise SettingsError(f"{PREFIX}LIMITS is a JSON object; simpler is one variable each: {PREFIX}LIMITS__SAY=0.5/4") from None


def _told(error: ValidationError, sources: list[tuple[str, dict[str, Any]]]) -> str:
    """The first wrong setting on one line."""
    first = error.errors(include_url=False)[0]
    why = str(first.get("ctx", {}).get("error", first["msg"]))
    if not first["loc"]:
        return why
    name = str(first["loc"][0])
    where = next((place for place, values in sources if name in values), "{}")
    said = where.format(name.upper() if where.startswith(PREFIX) else name.replace("_", "-") if where.startswith("--") else name)
    if first["type"] == "extra_forbidden":
        return f"{said}: there is no such setting{_alike(name)}"
    if name == "limits" and first["type"] != "value_error":
        return f'{said}: a table of rates, such as say = "0.5/4"'
    if first["type"] == "value_error":
        return f"{said}: {why}"
    value = next((values[name] for _, values in sources if name in values), None)
    return f"{said} is {allowed(Settings.model_fields[name])}, not {value!r:.80}"


def _alike(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, 1)
    return f"; is {near[0]} meant?" if near else ""


def _plain_type(annotation: Any) -> Any:
    """``Path`` of ``Path | None``; anything else as it is."""
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return parts[0] if len(parts) == 1 and type(None) in get_args(annotation) else annotation


def _toml(value: Any) -> str:
    if isinstance(value, ByteSize):
        return f'"{int(value) >> 20}MiB"' if value % (1 << 20) == 0 else str(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(str(value)) if isinstance(value, str | Path) else str(value)
