"""A node's connection: it is made, kept, and made again when it breaks."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ninepixel.server.compute.lender import Lender, LendError, Parted
from ninepixel.server.compute.messages import BY_NUMBER, STATE
from ninepixel.server.protocol.address import live_address
from ninepixel.server.protocol.codec import Malformed

#: Seconds between two attempts at first and at most, and between two looks at whether to stop.
FIRST_PAUSE, LAST_PAUSE, GLANCE = 1.0, 60.0, 0.5


def lend(
    lender: Lender,
    url: str,
    *,
    ca: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda line: None,
    news: Callable[[], None] = lambda: None,
    patience: float | None = None,
) -> None:
    """Lend until *stop* says that it is enough.

    :param ca: certificates to trust instead of the system's. :param tell: is told a line about every connection.
    :param news: is called when a lease is done.
    :param patience: seconds without any learner after which to end; None waits for ever.
    :raises LendError: when that learner will never take this node, or has not been there for so long.
    :raises BadAddress: when *url* is none.
    """
    address, pause, since = live_address(url), FIRST_PAUSE, time.monotonic()
    while not stop():
        try:
            with _connection(address, ca) as connection:
                tell(f"connected with {address}")
                lender.connect()
                pause, since = _converse(lender, connection, stop, news), time.monotonic()
            if stop():
                return
            why = "the connection ended"
        except Parted as parted:
            why, pause, since = str(parted), FIRST_PAUSE, time.monotonic()
        except ssl.SSLError as error:
            raise LendError(f"{address} cannot be trusted: {error.reason}; name its certificate with --ca") from None
        except (Malformed, InvalidHandshake) as error:
            raise LendError(f"{address} does not speak the protocol: {error}") from None
        except (OSError, WebSocketException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if patience is not None and time.monotonic() - since > patience:
            raise LendError(f"no learner at {address}: {why}")
        tell(f"no learner at {address} ({why}); trying again in {pause:.0f} s")
        _wait(pause, stop)
        pause = min(2 * pause, LAST_PAUSE)


def _converse(lender: Lender, connection: ClientConnection, stop: Callable[[], bool], news: Callable[[], None]) -> float:
    """One connection until it ends; how long to wait before the next."""
    try:
        while not stop():
            try:
                data = connection.recv(timeout=GLANCE)
            except TimeoutError:
                continue
            lender.receive(data if isinstance(data, bytes) else b"")
            _send(lender, connection)
            if lender.ready:
                lender.work(stop)
                _send(lender, connection)
                news()
        lender.leave()
        _send(lender, connection)
    except ConnectionClosed:
        pass
    return FIRST_PAUSE


def _send(lender: Lender, connection: ClientConnection) -> None:
    for message in lender.outgoing():
        connection.send(message)


def _wait(seconds: float, stop: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not stop() and time.monotonic() < end:
        time.sleep(min(GLANCE, max(0.0, end - time.monotonic())))


def _connection(address: str, ca: Path | None) -> ClientConnection:
    options: dict[str, Any] = {}
    if address.startswith("wss:"):
        options["ssl"] = ssl.create_default_context(cafile=None if ca is None else str(ca))
    connection: ClientConnection = connect(
        address, compression=None, max_size=BY_NUMBER[STATE].longest, open_timeout=10, close_timeout=2, proxy=None, **options
    )
    return connection
