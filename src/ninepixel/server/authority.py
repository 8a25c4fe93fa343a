"""The authority: one tick of a shared universe. Wishes go in, answers come out; no sockets, and time is handed in.

The order of a tick is the order of :meth:`Authority.tick`: read what has come, make commands of it, write them into the journal,
step, look at what became of it. What comes out (a :class:`Shipment`) must not leave before the journal is durable up to its tick:
then nobody has been shown or told anything that a recovery would not bring about again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from ninepixel.server.asks import Asks, NameOf, Sight
from ninepixel.server.crowd import Client, Crowd
from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.store import Store
from ninepixel.server.earshot import Onlookers
from ninepixel.server.moments import Chronicler, Moment
from ninepixel.server.page.overview import Gauges, overview_bytes
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol import session as said
from ninepixel.server.protocol.codec import you_bytes
from ninepixel.server.replication import Frames, Replicator
from ninepixel.server.shipment import WATCHERS, Address, Letter, Shipment
from ninepixel.world.commands import Command
from ninepixel.world.genesis import MIND_NAMES
from ninepixel.world.guests import TOLD
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.census import Census
from ninepixel.world.universe import Universe

log = structlog.get_logger("ninepixel.server")

#: A player is told of its own body this often, and whoever asks about deeds looked this far back.
YOU_TICKS = 4
#: Players see so many sectors around that of their body.
PLAYERS_REACH = 1
#: Watchers see the whole universe, small, this often.
OVERVIEW_TICKS = 20
MOMENTS_KEPT = 64
#: The number of a receipt for what no client has asked for.
NOBODYS = 0


class Authority:
    """Owns a universe, its journal and who takes part in it. For one thread at a time.

    :param desk: the receipts of the state that *universe* is in.
    :param name_of: what a body may be called before strangers, None when nobody agreed to that.
    :param chat: whether words are passed on.
    :ivar gauges: how busy the host is. Set from another thread, as a whole, as *busy* is.
    :ivar stepped: seconds of this thread that all steps so far took, without waiting: about what a replay of them takes.
    :ivar busy: clients that have yet to take what they were sent last; they get no frame.
    """

    def __init__(
        self, universe: Universe, store: Store, replicator: Replicator, desk: Desk, *, name_of: NameOf, chat: bool = True
    ) -> None:
        self.universe, self.store, self.replicator, self.desk = universe, store, replicator, desk
        self.crowd = Crowd(universe.lives.minds if universe.lives is not None else 0)
        self.moments: deque[tuple[int, Moment]] = deque(maxlen=MOMENTS_KEPT)
        self.chat = chat
        self.busy: frozenset[int] = frozenset()
        self.gauges = Gauges()
        self.stepped = 0.0
        self._asks = Asks(universe, name_of, self.moments)
        self._census = Census()
        self._ship = Shipment(universe.tick)
        self._ship.births, _ = self._census.look(universe.pull())
        self._chronicler = Chronicler(universe.pull(), len(self.crowd.acts))
        self._commands: list[Command] = []
        self._newest: dict[int, int] = {}  # by account: the newest number that the next tick takes in
        self._taken: list[int] = []  # slots that the next tick gives away, -1 for any that is open
        self._now = 0.0
        self._readers: dict[type[said.Event], Callable[[Client, Any], None]] = {
            said.Acted: self._acted,
            said.Joined: self._joined,
            said.Left: self._left,
            said.Said: self._said,
            said.Looked: self._looked,
            said.Asked: self._asked,
            said.Resync: self._resync,
            said.Pinged: self._pinged,
        }
        self.replicator.keeper.update(universe.pull())

    # -- a tick -------------------------------------------------------------------------------------------------------

    def tick(self, host: Sequence[Command], now: float) -> Shipment:
        """One tick: commands of clients and of the *host*, the journal, the step, and what everybody gets to see.

        :param now: seconds, monotonic.
        :raises StoreError: when the journal cannot take the commands; the universe has not moved then.
        """
        tick, self._now = self.universe.tick, now
        accepted, refused = self.universe.sift([*self._due(now), *host])
        self.store.append(tick, accepted)
        self._asks.before_tick()
        began = time.thread_time()
        self.universe.step(accepted)
        self.stepped += time.thread_time() - began
        self.desk.apply(accepted)
        for command in accepted:
            self._happened(command)
        for command, why in refused:
            self._refused(command, why)
        return self._shipped()

    def read(self, client: int, event: said.Event, now: float) -> None:
        """Take in what a client wants; what it changes in the world, it changes in the next tick."""
        if isinstance(event, said.Ended):
            self.forget(client, now)
        elif (known := self.crowd.clients.get(client)) is not None and (reader := self._readers.get(type(event))) is not None:
            reader(known, event)

    def take_ship(self) -> Shipment:
        """What is to be sent although no tick has happened: answers and news of a universe that stands still."""
        self._asks.renew()
        ship, self._ship = self._ship, Shipment(self.universe.tick)
        return ship

    # -- connections --------------------------------------------------------------------------------------------------

    def welcome(self, client: Client) -> None:
        """A session has opened. One that sees begins at its body, or in the middle of the world."""
        self._ship.welcomed.append(client.number)
        older = self.crowd.enter(client)
        if older is not None:
            self._ship.endings.append((older.number, "elsewhere", m.FAREWELLS["elsewhere"]))
        if not client.sees:
            return
        if client.slot >= 0:
            self._place(client)
            self._tell_you(client)
        self.replicator.add(client.number, self._sector(client), client.reach)
        if client.mode == "watch":
            self._tell_overview(client.number)
        for tick, moment in list(self.moments)[-8:]:
            self._tell_moment(tick, moment, client.number)

    def forget(self, number: int, now: float) -> None:
        """A session is over."""
        client = self.crowd.leave(number, now)
        if client is None:
            return
        self._ship.gone.append(number)
        if client.sees:
            self.replicator.remove(number)

    def settle(self, now: float) -> None:
        """After a recovery: bodies that are led by guests wait for whoever led them, as if the connection had just been lost."""
        state = self.universe.pull()
        accounts = {self.desk.name(account): account for account in self.desk}
        for slot in np.flatnonzero(state.lives["role"][0, : len(self.crowd.acts)] == Role.GUEST).tolist():
            if state.lives["body"][0, slot] < 0:
                continue
            account = accounts.get(self._name_in(slot))
            if account is None:
                self._commands.append(Command("mind.leave", str(slot).encode()))
                continue
            self.crowd.take(account, slot, int(state.lives["serial"][0, slot]), now)

    # -- what clients want --------------------------------------------------------------------------------------------

    def _is_new(self, client: Client, seq: int) -> bool:
        """Whether a command is to be done. One that has been done is acknowledged again, and one that is about to be (it came
        through a connection that was lost since) will be, with its tick."""
        if not self.desk.fresh(client.account, seq):
            self._ack(client.account, self.desk.last_seq(client.account))
            return False
        return seq > self._newest.get(client.account, 0)

    def _order(self, client: Client, verb: str, key: bytes, seq: int, **data: Any) -> None:
        """A command for the next tick, with its receipt."""
        self._newest[client.account] = seq
        self._commands.append(Command(verb, key, {**data, "by": client.account, "seq": seq}))

    def _acted(self, client: Client, event: said.Acted) -> None:
        if not self._is_new(client, event.seq):
            return
        if client.slot < 0:
            self._refuse(client, "body", "there is no body to move: send JOIN first", event.seq)
        else:
            self._newest[client.account] = event.seq
            self.crowd.tell(client, event.seq, event.move, event.act, event.utter)

    def _joined(self, client: Client, event: said.Joined) -> None:
        if not self._is_new(client, event.seq):
            return
        if client.slot >= 0:
            self._refuse(client, "body", "you have a body already; LEAVE gives it back", event.seq)
            return
        name = client.name.encode()
        slot = self._body_for(name)
        self._taken.append(slot)
        self._order(client, "mind.join", name, event.seq, **({"slot": slot} if slot >= 0 else {}))

    def _left(self, client: Client, event: said.Left) -> None:
        if not self._is_new(client, event.seq):
            return
        if client.slot < 0:
            self._refuse(client, "body", "there is no body to give back", event.seq)
        else:
            self._order(client, "mind.leave", str(client.slot).encode(), event.seq)

    def _said(self, client: Client, event: said.Said) -> None:
        if not self.chat:
            self._refuse(client, "consent", "nobody may speak here: the operator has turned chat off", event.seq)
        elif not self._is_new(client, event.seq):
            return
        elif client.slot < 0:
            self._refuse(client, "body", "only who has a body can speak: send JOIN first", event.seq)
        else:
            self._order(client, "mind.say", str(client.slot).encode(), event.seq, text=event.text)

    def _looked(self, client: Client, event: said.Looked) -> None:
        if client.slot >= 0:
            return  # who has a body looks from it
        self.crowd.look(client, event.x, event.y, event.reach)
        if client.sees:
            self.replicator.look(client.number, self._sector(client), client.reach)

    def _resync(self, client: Client, event: said.Resync) -> None:
        if client.sees:
            self.replicator.resync(client.number, event.sector)

    def _pinged(self, client: Client, event: said.Pinged) -> None:
        self._write(client.number, m.PONG, event.t, self.universe.tick)

    def _asked(self, client: Client, event: said.Asked) -> None:
        sight = None if client.mode == "admin" else Sight(client.x, client.y, client.reach if client.sees else -1)
        body = self._asks.answer(event.what, event.about, sight)
        told = not isinstance(body, str)
        kind = "names" if told and event.what == "name" else ""
        self._ship.letters.append(Letter(client.number, m.ANSWER, (event.id, told, body), kind))

    # -- commands -----------------------------------------------------------------------------------------------------

    def _due(self, now: float) -> list[Command]:
        """The commands of this tick that are not the host's."""
        commands, self._commands = self._commands, []
        self._newest.clear()
        self._taken.clear()
        for account in self.crowd.overdue(now):
            slot = self.crowd.slots[account]
            commands.append(Command("mind.leave", str(slot).encode(), {"by": account, "seq": NOBODYS}))
            del self.crowd.left_at[account]
        told, acts = self.crowd.take_told(), self.crowd.standing_acts()
        if told or any(acts):
            commands.append(Command("minds.act", b"", {"acts": acts, "told": told}))
        return commands

    def _happened(self, command: Command) -> None:
        account, seq = command.data.get("by"), command.data.get("seq")
        if command.verb == "minds.act":
            for account, seq, _ in np.frombuffer(command.data.get("told", b""), TOLD).tolist():
                self._ack(account, seq)
            return
        if not isinstance(account, int) or not isinstance(seq, int):
            return
        if seq != NOBODYS:
            self._ack(account, seq)
        match command.verb:
            case "mind.join":
                self._embody(account, command.key)
            case "mind.leave":
                self._disembody(account)
            case "mind.say":
                self._pass_on(int(command.key), command.data["text"])

    def _refused(self, command: Command, why: str) -> None:
        client = self.crowd.of_account.get(command.data.get("by", 0))
        if "by" not in command.data:
            log.warning("a command of the host cannot be done", verb=command.verb, why=why)
        if client is not None:
            code = "full" if "no slot is open" in why else "name" if "called that already" in why else "body"
            self._refuse(client, code, why[:400], command.data.get("seq", 0))

    def _embody(self, account: int, name: bytes) -> None:
        state = self.universe.pull()
        led = np.flatnonzero(state.lives["role"][0, : len(self.crowd.acts)] == Role.GUEST)
        for slot in led[self.crowd.leader[led] == 0].tolist():
            if state.lives["body"][0, slot] >= 0 and self._name_in(slot) == name:
                client = self.crowd.take(account, slot, int(state.lives["serial"][0, slot]), self._now)
                self._chronicler.name(state, slot)
                if client is not None:
                    self._place(client)
                    self.replicator.look(client.number, self._sector(client), client.reach)
                    self._tell_you(client)
                return
        self._bereave(account)  # the body that it got died in the same tick

    def _bereave(self, account: int) -> None:
        """The body of an account is no more."""
        client = self.crowd.release(account)
        if client is not None:
            self._write(client.number, m.NOTICE, "died", m.NOTICES["died"], {})
            self._tell_you(client)

    def _disembody(self, account: int) -> None:
        client = self.crowd.release(account)
        if client is not None:
            self._tell_you(client)

    def _body_for(self, name: bytes) -> int:
        """The slot of a mind for who comes: the one that bears *name*, if they gave it back; -1, a founder, where a slot is open;
        else the youngest that nobody leads, for minds multiply until no slot is. The first two minds are nobody's."""
        lives, minds = self.universe.pull().lives, slice(0, len(self.crowd.acts))
        here = lives["body"][0, minds] >= 0
        residents = here & np.isin(lives["role"][0, minds], (Role.INSTINCT, Role.LEARNED))
        residents &= lives["serial"][0, minds] > len(MIND_NAMES)
        residents[[slot for slot in self._taken if slot >= 0]] = False
        own = self.universe.slot_of(name)
        if own >= 0 and residents[own]:
            return own
        if np.count_nonzero(~here) > self._taken.count(-1) or not residents.any():
            return -1
        return int(np.argmin(np.where(residents, lives["age"][0, minds], np.iinfo(np.int32).max)))

    def _name_in(self, slot: int) -> bytes:
        state = self.universe.pull()
        entity = state.bodies.entity_at(int(state.bodies.row_of[0, state.lives["body"][0, slot]]))
        mind = state.cold.try_get(entity, MindIdentity)
        return mind.name if mind is not None else b""

    def _pass_on(self, slot: int, text: str) -> None:
        """Words reach whoever is within earshot, and who watches the place."""
        state = self.universe.pull()
        index = int(state.lives["body"][0, slot])
        if index < 0:
            return
        row = int(state.bodies.row_of[0, index])
        x, y = int(state.bodies["x"][0, row]), int(state.bodies["y"][0, row])
        near = self._onlookers().hearing(x, y)
        name = self._name_in(slot).decode("utf-8", "replace")
        self._write(near, m.HEARD, self.universe.tick, index, name, text)

    # -- what becomes of it -------------------------------------------------------------------------------------------

    def _shipped(self) -> Shipment:
        state, tick = self.universe.pull(), self.universe.tick
        for account in self.crowd.lost(state):
            self._bereave(account)
        births, deaths = self._census.look(state)
        if moments := self._chronicler.news(state, births, deaths):
            onlookers = self._onlookers()
            self.moments.extend((tick, moment) for moment in moments)
            for moment in moments:
                self._tell_moment(tick, moment, onlookers.seeing(moment.x, moment.y))
        self._ship.births += births
        self._ship.deaths += deaths
        self._follow_bodies()
        self.replicator.keeper.update(state)
        if tick % OVERVIEW_TICKS == 0 and any(client.mode == "watch" for client in self.crowd.clients.values()):
            self._tell_overview(WATCHERS)
        ship = self.take_ship()
        ship.tick = tick  # the state that the frames show; the shipment was begun a tick ago
        ship.frames = self._frames()
        return ship

    def _frames(self) -> Frames:
        """Everybody's frame; who has yet to take the last ones gets none, and the latest state when it has."""
        busy = [number for number in self.busy if (client := self.crowd.clients.get(number)) is not None and client.sees]
        for number in busy:
            self.replicator.busy(number)
        frames = self.replicator.encode()
        for number in busy:
            self.replicator.busy(number, False)
        return frames

    def _follow_bodies(self) -> None:
        """Players look from where their bodies are; every so often they are told exactly."""
        players = self.crowd.players()
        if not players.clients:
            return
        places = self._places(players.slots)
        self.crowd.follow(players, places)
        self.replicator.follow(players.numbers, places[:, 0], places[:, 1])
        turn = np.flatnonzero((self.universe.tick + players.numbers) % YOU_TICKS == 0)
        self._tell_bodies([players.clients[place] for place in turn.tolist()])

    def _places(self, slots: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
        state = self.universe.pull()
        rows = state.bodies.row_of[0, state.lives["body"][0, slots]]
        return np.stack([state.bodies["x"][0, rows], state.bodies["y"][0, rows]], axis=1)

    def _onlookers(self) -> Onlookers:
        return self.crowd.onlookers(self.universe.pull().params.cell_shift)

    def _sector(self, client: Client) -> int:
        return self.replicator.keeper.sectors.of(client.x, client.y)

    def _place(self, client: Client) -> None:
        x, y = self._places(np.asarray([client.slot]))[0].tolist()
        self.crowd.look(client, x, y, PLAYERS_REACH)

    # -- writing ------------------------------------------------------------------------------------------------------

    def _tell_you(self, client: Client) -> None:
        if client.slot >= 0 and self.universe.pull().lives["body"][0, client.slot] >= 0:
            self._tell_bodies([client])
        else:
            nobody = you_bytes(self.universe.tick, -1, 0, client.x, client.y, 0, 0, [0] * len(m.VITALS))
            self._ship.yous.append((client.number, nobody))

    def _tell_bodies(self, clients: Sequence[Client]) -> None:
        """Tell players of the bodies that they lead, exactly; hundreds a tick, so all are looked up at once."""
        state, tick = self.universe.pull(), self.universe.tick
        slots = np.asarray([client.slot for client in clients], np.intp)
        index = state.lives["body"][0, slots]
        rows = state.bodies.row_of[0, index]
        places = [state.bodies[name][0, rows].tolist() for name in ("x", "y", "vx", "vy")]
        vitals = zip(*(state.lives[name][0, slots].tolist() for name in _VITALS), strict=True)
        for client, sprite, x, y, vx, vy, vital in zip(clients, index.tolist(), *places, vitals, strict=True):
            self._ship.yous.append((client.number, you_bytes(tick, client.slot, sprite, x, y, vx, vy, vital)))

    def _tell_moment(self, tick: int, moment: Moment, to: Address) -> None:
        self._write(to, m.MOMENT, tick, moment.kind, max(moment.sprite, 0), moment.x, moment.y, moment.text)

    def _tell_overview(self, to: Address) -> None:
        keeper = self.replicator.keeper
        self._write(to, m.OVERVIEW, keeper.tick, overview_bytes(keeper.scene, self.gauges))

    def _refuse(self, client: Client, code: str, text: str, seq: int) -> None:
        self._write(client.number, m.REFUSED, code, text, seq)

    def _write(self, to: Address, number: int, *fields: Any) -> None:
        self._ship.letters.append(Letter(to, number, fields))

    def _ack(self, account: int, seq: int) -> None:
        self._ship.acks[account] = max(seq, self._ship.acks.get(account, 0))


_VITALS = ("health", "store_r", "store_b", "store_y", "coins", "age", "deeds_lo", "deeds_hi")
