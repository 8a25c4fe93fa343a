"""Who may lend a machine to a learner: whoever knows the run's ticket, and whoever came by it before."""

from __future__ import annotations

import hmac
import secrets
from collections import Counter

from ninepixel.server.identity import Identity, content_hash, server_id
from ninepixel.server.player_names import BadName, checked_name
from ninepixel.server.protocol.gate import Admission, Refusal

#: Keys that one run admits: a ticket that got about fills no memory.
MOST_NODES = 4096


def new_ticket() -> str:
    """A secret that nobody can guess."""
    return f"9px-{secrets.token_urlsafe(24)}"


class TicketGate:
    """What sessions ask. It has no accounts beyond the run: a node is its key, and the ticket lets it in the first time.

    :param identity: the learner's own. :param ticket: nodes name it as their invitation.
    """

    def __init__(self, identity: Identity, ticket: str) -> None:
        self.server_id, self.content = server_id(identity.key), content_hash()
        self.refused = Counter[str]()
        self._ticket = ticket.encode()
        self._numbers: dict[bytes, int] = {}
        self._keys: list[bytes] = [b""]

    def admit(self, key: bytes, name: str, mode: str, invite: str) -> Admission | Refusal:
        """A node with the ticket, or one that has had it."""
        if mode != "node" or not key:
            return Refusal("mode", "this is a learner, no universe: it takes nodes alone (ninepixel node --server URL)")
        if key not in self._numbers:
            if not hmac.compare_digest(invite.encode(), self._ticket):
                return Refusal(
                    "invite", "this learner takes nodes that have its ticket: ask who trains for it (node --invite TICKET)"
                )
            if len(self._keys) > MOST_NODES:
                return Refusal("full", f"this run has had {MOST_NODES} nodes already")
            self._numbers[key] = len(self._keys)
            self._keys.append(key)
        try:
            name = checked_name(name) if name else ""
        except BadName as error:
            return Refusal("name", str(error))
        return Admission(self._numbers[key], "node", name)

    def resume(self, token: bytes) -> Admission | Refusal:
        """Nobody resumes: a node logs in again."""
        return Refusal("token", "a learner gives no tokens: say hello with your key")

    def token_for(self, account: int) -> bytes:
        """None."""
        return b""

    def count(self, kind: str) -> None:
        """Another refusal."""
        self.refused[kind] += 1

    def key_of(self, account: int) -> bytes:
        """The key of who was let in under that number."""
        return self._keys[account]
