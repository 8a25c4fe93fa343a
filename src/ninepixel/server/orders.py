"""Operators' orders, followed: each is checked, done, written into the audit log with its outcome, and answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from ninepixel.server.accounts import AccountError, Accounts
from ninepixel.server.admin import AccountOrders, BadOrder, check_order, rows_body
from ninepixel.server.audit import Audit
from ninepixel.server.database import DatabaseError
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol import outbound
from ninepixel.server.protocol.codec import Malformed
from ninepixel.server.protocol.session import Ordered
from ninepixel.server.simulation import Simulation

if TYPE_CHECKING:
    from ninepixel.server.house import House
    from ninepixel.server.wire import Wire

log = structlog.get_logger("ninepixel.server")

#: Orders that only look are not acts.
LOOKS = ("who", "stats", "audit")


class Orders:
    """Follows orders, on the event loop.

    :param drain: called with seconds when the server is to stop.
    """

    def __init__(
        self, house: House, simulation: Simulation, accounts: Accounts, audit: Audit, drain: Callable[[float], None]
    ) -> None:
        self._house, self._simulation, self._accounts, self._audit, self._drain = house, simulation, accounts, audit, drain
        self._of_accounts = AccountOrders(accounts, audit)
        self._own: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "who": self._who,
            "stats": self._stats,
            "kick": self._kick,
            "pause": partial(self._hold, True),
            "resume": partial(self._hold, False),
            "rate": self._rate,
            "snapshot": self._snapshot,
            "drain": self._stop,
        }

    def follow(self, wire: Wire, order: Ordered) -> None:
        """Do what an operator orders and answer."""
        assert wire.session is not None
        body, ok = self._outcome(order, wire.session.account)
        try:
            answer = outbound.answer(order.id, ok, body)
        except Malformed as error:
            why = f"done, but the answer is too long to be sent ({error}): ask for fewer rows"
            answer = outbound.answer(order.id, False, why)
        wire.send(answer, "admin")

    def _outcome(self, order: Ordered, by: int) -> tuple[dict[str, Any] | str, bool]:
        try:
            args = check_order(order.verb, order.args)
            body = self._obey(order.verb, args, by)
        except (BadOrder, AccountError, DatabaseError) as why:
            self._note(order, by, f"refused: {why}")
            return str(why), False
        self._note(order, by, "done")
        return body, True

    def _obey(self, verb: str, args: Mapping[str, Any], by: int) -> dict[str, Any]:
        own = self._own.get(verb)
        if own is not None:
            return own(args)
        body = self._of_accounts.obey(verb, args, by=by, now=time.time())
        if verb in ("ban", "role"):
            self._house.end(
                body["account"], "kicked" if verb == "role" else "banned", args.get("why", "") or f"{verb}: come back later"
            )
        return body

    def _note(self, order: Ordered, by: int, outcome: str) -> None:
        if order.verb in LOOKS and outcome == "done":
            return
        log.info("an order", verb=order.verb, account=by, outcome=outcome)
        try:
            self._audit.note(by, order.verb, order.args, outcome=outcome, tick=self._house.tick)
        except DatabaseError as error:
            log.error("the audit log cannot be written", why=str(error))

    # -- one method a verb ------------------------------------------------------------------------------------------------

    def _who(self, args: Mapping[str, Any]) -> dict[str, Any]:
        columns = ("client", "account", "name", "mode", "role", "peer", "slot")
        return rows_body(columns, self._house.who()[: args["limit"]])

    def _stats(self, args: Mapping[str, Any]) -> dict[str, Any]:
        late = np.asarray(self._simulation.lateness, np.float64) * 1e6
        shares = {f"lateness_p{p}_us": int(np.percentile(late, p)) if late.size else 0 for p in (50, 99)}
        simulation = self._simulation
        return {
            "tick": self._house.tick,
            "rate_milli": round(1000 * simulation.pace.rate),
            "paused": simulation.paused,
            "disk_full": simulation.full,
            "clients": len(self._house.who()),
            "ticks_measured": int(late.size),
            "lateness_max_us": int(late.max()) if late.size else 0,
            **shares,
            **{f"store_{name}": value for name, value in simulation.authority.store.status().items()},
        }

    def _kick(self, args: Mapping[str, Any]) -> dict[str, Any]:
        whom = self._accounts.find(args["who"])
        ended = self._house.end(whom.account, "kicked", args["why"] or m.FAREWELLS["kicked"])
        if not ended:
            raise BadOrder(f"{whom.name} is not connected")
        return {"account": whom.account, "name": whom.name, "sessions": ended}

    def _hold(self, still: bool, args: Mapping[str, Any]) -> dict[str, Any]:
        self._simulation.paused = still
        if still:
            self._house.tell("paused", {})
        return {"paused": still, "tick": self._house.tick}

    def _rate(self, args: Mapping[str, Any]) -> dict[str, Any]:
        self._simulation.do(partial(self._simulation.set_rate, float(args["hz"])))
        return {"rate": args["hz"]}

    def _snapshot(self, args: Mapping[str, Any]) -> dict[str, Any]:
        self._simulation.do(self._simulation.snapshot)
        return {"tick": self._house.tick}

    def _stop(self, args: Mapping[str, Any]) -> dict[str, Any]:
        self._drain(float(args["seconds"]))
        return {"seconds": args["seconds"]}
