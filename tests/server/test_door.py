"""The door: who may not come in costs nothing, who knocks too fast waits, and one who makes trouble keeps nobody out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from certificates import certificate
from ninepixel.server import door as module
from ninepixel.server.door import LET_IN, LOOKED_AT, Door, listen


class Host(asyncio.Protocol):
    """Says hello, and remembers who has come."""

    come = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).come += 1
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


@contextlib.asynccontextmanager
async def doorway(
    lets_in: Callable[[str, int], bool] = lambda address, coming: True, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Door]:
    """A door on loopback."""
    Host.come = 0
    door = Door(await listen("127.0.0.1", 0), lets_in, Host, tls)
    try:
        yield door
    finally:
        await door.close()


async def knock(door: Door) -> bytes:
    """Everything that somebody hears who connects."""
    reader, writer = await asyncio.open_connection(door.host, door.port)
    heard = b""
    with contextlib.suppress(ConnectionError):
        heard = await reader.read()
    writer.close()
    return heard


def test_who_may_come_in_is_spoken_to_and_who_may_not_is_not() -> None:
    asked = list[tuple[str, int]]()

    def every_other(address: str, coming: int) -> bool:
        asked.append((address, coming))
        return len(asked) % 2 == 1

    async def run() -> list[bytes]:
        async with doorway(every_other) as door:
            return [await knock(door) for _ in range(6)]

    assert asyncio.run(run()) == [b"hello", b""] * 3
    assert Host.come == 3, "nothing is made for who is turned away"
    assert asked == [("127.0.0.1", 0)] * 6


def test_more_than_may_come_in_at_once_come_in_one_after_the_other() -> None:
    async def run() -> list[bytes]:
        async with doorway() as door:
            return await asyncio.gather(*(knock(door) for _ in range(10 * LET_IN)))

    assert asyncio.run(run()) == [b"hello"] * 10 * LET_IN


@pytest.mark.parametrize(("welcome", "taken"), [(True, LET_IN), (False, LOOKED_AT)])
def test_in_one_go_so_many_are_taken_and_no_more(welcome: bool, taken: int) -> None:
    knocked = 0

    def lets_in(address: str, coming: int) -> bool:
        nonlocal knocked
        knocked += 1
        return welcome

    async def run() -> tuple[int, bool]:
        async with doorway(lets_in) as door:
            lines = [socket.create_connection((door.host, door.port)) for _ in range(LOOKED_AT + 5)]
            listener = door._sockets[0]
            let_in = door._take(*listener.accept())
            more = door._take_more(listener, let_in)
            found = knocked
            for line in lines:
                line.close()
        return found, more

    assert asyncio.run(run()) == (taken, True)


def test_when_nobody_waits_there_is_no_pause() -> None:
    async def run() -> bool:
        async with doorway() as door:
            return door._take_more(door._sockets[0], 0)

    assert not asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="the limit of open files is a thing of POSIX")
def test_a_system_that_has_no_connection_to_give_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    said = list[str]()
    monkeypatch.setattr(module, "TROUBLED", 0.01)
    monkeypatch.setattr(module, "log", SimpleNamespace(error=lambda what, **more: said.append(what)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def run() -> bytes:
        async with doorway() as door:
            line = socket.socket()
            line.setblocking(False)
            resource.setrlimit(resource.RLIMIT_NOFILE, (line.fileno() + 1, hard))
            try:
                await asyncio.get_running_loop().sock_connect(line, (door.host, door.port))
                while not said:
                    await asyncio.sleep(0.001)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            with line:
                return await asyncio.get_running_loop().sock_recv(line, 100)

    assert asyncio.run(run()) == b"hello"


def test_who_speaks_no_tls_and_who_says_nothing_keep_nobody_out(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    coming = list[int]()

    def lets_in(address: str, on_the_way: int) -> bool:
        coming.append(on_the_way)
        return True

    async def run() -> bytes:
        async with doorway(lets_in, context) as door:
            silent = socket.create_connection((door.host, door.port))
            while not coming:
                await asyncio.sleep(0.001)
            plain_reader, plain = await asyncio.open_connection(door.host, door.port)
            plain.write(b"GET / HTTP/1.1\r\n\r\n")
            assert b"hello" not in await plain_reader.read()
            plain.close()
            trusts = ssl.create_default_context(cafile=str(chain))
            reader, writer = await asyncio.open_connection(door.host, door.port, ssl=trusts, server_hostname="localhost")
            heard = await reader.read()
            writer.close()
            silent.close()
            return heard

    assert asyncio.run(run()) == b"hello"
    assert coming[:2] == [0, 1], "who shakes no hands is counted as on the way"
    assert Host.come == 1


def test_all_addresses_of_a_name_have_one_port_and_a_taken_one_leaves_none_open() -> None:
    async def run() -> None:
        sockets = await listen("localhost", 0)
        try:
            assert len({each.getsockname()[1] for each in sockets}) == 1
            assert {each.family for each in sockets} <= {socket.AF_INET, socket.AF_INET6}
            with pytest.raises(OSError, match="in use"):
                await listen("localhost", sockets[0].getsockname()[1])
        finally:
            for each in sockets:
                each.close()
        with pytest.raises(OSError, match=r"[Nn]ame"):
            await listen("no-such-host.invalid", 0)

    asyncio.run(run())
