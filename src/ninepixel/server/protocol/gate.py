"""What sessions ask of whoever keeps the accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may come in. :param account: 0 for somebody without one. :param role: guest, player, operator or node."""

    account: int
    role: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not. :param code: one of :data:`~.reasons.REFUSALS`. :param text: one line: which rule, what to do."""

    code: str
    text: str


class Gate(Protocol):
    """What sessions ask of whoever keeps the accounts. Every method returns at once.

    :ivar server_id: 16 bytes, :func:`ninepixel.server.identity.server_id`.
    :ivar content: 16 bytes, :func:`ninepixel.server.identity.content_hash`.
    """

    @property
    def server_id(self) -> bytes: ...
    @property
    def content(self) -> bytes: ...

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        """Let in whoever has proved to hold *key*; it is empty for a watcher who did not say who they are."""

    def resume(self, token: bytes) -> Admission | Refusal:
        """Let in whoever holds *token*."""

    def token_for(self, account: int) -> bytes:
        """A fresh secret of 32 bytes with which *account* can resume; an earlier one is void."""

    def count(self, kind: str) -> None:
        """Another refusal of that kind: a key of :data:`~.reasons.REFUSALS`, or ``other``."""
