"""Who is connected, who leads which body, and what each is to do until told otherwise.

A *client* is a connection, numbered from 0 by the shell. An *account* outlives its connections. A *body* is the slot of a mind in
world 0 that an account leads: it stays theirs for :data:`GRACE_SECONDS` when the connection is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ninepixel.server.earshot import Onlookers
from ninepixel.world.guests import TOLD
from ninepixel.world.laws.lives import Role
from ninepixel.world.state import State

#: How long a body waits for the return of who leads it.
GRACE_SECONDS = 60.0


def _middle() -> npt.NDArray[np.uint32]:
    return np.full((1, 2), 1 << 31, np.uint32)


@dataclass(slots=True)
class Client:
    """One open connection.

    :param number: which, as the shell counts.
    :param slot: the slot of the body it leads, -1 for none.
    :param reach: how far it looks, sectors.
    :param places, row: where it looks, at first at the middle; with a body from there. Of those in a crowd all lie in one array.
    """

    number: int
    account: int
    name: str
    mode: str
    role: str
    slot: int = -1
    reach: int = 1
    places: npt.NDArray[np.uint32] = field(default_factory=_middle, repr=False)
    row: int = 0

    @property
    def x(self) -> int:
        """Where it looks, a torus fraction."""
        return int(self.places[self.row, 0])

    @property
    def y(self) -> int:
        """Where it looks, a torus fraction."""
        return int(self.places[self.row, 1])

    @property
    def sees(self) -> bool:
        """Whether it gets frames."""
        return self.mode in ("play", "watch")


@dataclass(frozen=True, slots=True)
class Players:
    """Clients that lead bodies, in the order in which they came.

    :param numbers, slots: of the clients and of their bodies, int64 ``(n,)``.
    """

    clients: list[Client]
    numbers: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int64]


class Crowd:
    """Clients and bodies. Not for two threads at once.

    :param minds: slots of world 0 that minds can have.
    """

    def __init__(self, minds: int) -> None:
        self.clients: dict[int, Client] = {}
        self.of_account: dict[int, Client] = {}
        self.acts: npt.NDArray[np.uint8] = np.zeros((minds, 3), np.uint8)
        #: By slot: the account that leads it (0: nobody) and the number of the birth it leads.
        self.leader: npt.NDArray[np.uint32] = np.zeros(minds, np.uint32)
        self.serial: npt.NDArray[np.uint32] = np.zeros(minds, np.uint32)
        self.slots: dict[int, int] = {}  # by account
        self.left_at: dict[int, float] = {}  # accounts whose connection is lost, with a body that waits
        self._places: npt.NDArray[np.uint32] = np.zeros((64, 2), np.uint32)  # by number of the client
        self._players: Players | None = None
        self._seers: npt.NDArray[np.int64] | None = None  # (n, 4): number, reach, whether it leads a body, whether it watches
        self._told: dict[int, tuple[int, int]] = {}  # slot: account and number of the newest input

    # -- connections --------------------------------------------------------------------------------------------------

    def enter(self, client: Client) -> Client | None:
        """A connection opens. Returns the older one of the same account, which has to go and leads nobody any more."""
        self._changed()
        older = self.of_account.get(client.account) if client.account and client.mode == "play" else None
        if older is not None:
            older.slot = -1
        self._seat(client)
        self.clients[client.number] = client
        if client.account and client.mode == "play":
            self.of_account[client.account] = client
            self.left_at.pop(client.account, None)
            client.slot = self.slots.get(client.account, -1)
        return older

    def leave(self, number: int, now: float) -> Client | None:
        """A connection is over; its body waits."""
        self._changed()
        client = self.clients.pop(number, None)
        if client is not None and self.of_account.get(client.account) is client:
            del self.of_account[client.account]
            if client.slot >= 0:
                self.left_at[client.account] = now
                self.acts[client.slot] = 0
        return client

    def overdue(self, now: float) -> list[int]:
        """Accounts whose bodies have waited long enough; in order."""
        return sorted(account for account, left in self.left_at.items() if now - left >= GRACE_SECONDS)

    def _seat(self, client: Client) -> None:
        """Give a client its row among the places."""
        if client.number >= len(self._places):
            more = np.zeros((client.number + 1, 2), np.uint32)
            self._places = np.concatenate([self._places, more])
            for other in self.clients.values():
                other.places = self._places
        self._places[client.number] = client.places[client.row]
        client.places, client.row = self._places, client.number

    # -- bodies -------------------------------------------------------------------------------------------------------

    def take(self, account: int, slot: int, serial: int, now: float) -> Client | None:
        """An account leads a body from now on. Returns its connection; if there is none, the body waits from *now* on."""
        self.release(account)  # which also tells that something changes
        self.slots[account] = slot
        self.leader[slot], self.serial[slot] = account, serial
        self.acts[slot] = 0
        client = self.of_account.get(account)
        if client is None:
            self.left_at[account] = now
        else:
            client.slot = slot
        return client

    def release(self, account: int) -> Client | None:
        """An account leads its body no longer. Returns its connection, if there is one."""
        self._changed()
        slot = self.slots.pop(account, -1)
        self.left_at.pop(account, None)
        if slot >= 0:
            self.leader[slot] = 0
            self.acts[slot] = 0
            self._told.pop(slot, None)
        client = self.of_account.get(account)
        if client is not None:
            client.slot = -1
        return client

    def lost(self, state: State) -> list[int]:
        """Accounts whose body is dead, or led by its instinct again; in order of slots."""
        led = np.flatnonzero(self.leader)
        lives = state.lives
        here = (lives["body"][0, led] >= 0) & (lives["role"][0, led] == Role.GUEST)
        here &= lives["serial"][0, led] == self.serial[led]
        return [int(account) for account in self.leader[led[~here]]]

    def players(self) -> Players:
        """Everybody who leads a body just now."""
        if self._players is None:
            clients = [client for client in self.of_account.values() if client.slot >= 0]
            table = np.asarray([(client.number, client.slot) for client in clients], np.int64).reshape(-1, 2)
            self._players = Players(clients, table[:, 0], table[:, 1])
        return self._players

    def onlookers(self, cell_shift: int) -> Onlookers:
        """Where everybody who sees looks now. :param cell_shift: ``x >> cell_shift`` is the cell of a torus fraction."""
        if self._seers is None:
            seers = [c for c in self.clients.values() if c.sees]
            rows = [(c.number, c.reach, c.slot >= 0, c.mode == "watch") for c in seers]
            self._seers = np.asarray(rows, np.int64).reshape(-1, 4)
        return Onlookers(self._seers, self._places[self._seers[:, 0]], cell_shift)

    def look(self, client: Client, x: int, y: int, reach: int) -> None:
        """A client looks there from now on, *reach* sectors far."""
        client.places[client.row] = x, y
        client.reach = reach
        self._changed()

    def _changed(self) -> None:
        """Who is here, who leads a body, or how far somebody looks."""
        self._players = self._seers = None

    def follow(self, players: Players, places: npt.NDArray[np.uint32]) -> None:
        """Bodies have moved, uint32 ``(n, 2)``: players look from there."""
        self._places[players.numbers] = places

    # -- inputs -------------------------------------------------------------------------------------------------------

    def tell(self, client: Client, seq: int, move: int, act: int, utter: int) -> None:
        """What the client's body does from now on."""
        self.acts[client.slot] = move, act, utter
        self._told[client.slot] = client.account, seq

    def take_told(self) -> bytes:
        """The receipts of the inputs since the last call, in order of slots (records of ``TOLD``)."""
        records = np.asarray([(account, seq, slot) for slot, (account, seq) in sorted(self._told.items())], TOLD)
        self._told.clear()
        return records.tobytes()

    def standing_acts(self) -> bytes:
        """What everybody does in this tick: three bytes a slot, up to the last slot that is led."""
        led = np.flatnonzero(self.leader)
        return self.acts[: int(led[-1]) + 1].tobytes() if led.size else b""
