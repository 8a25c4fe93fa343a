"""From a store and a host to a universe that goes on: recovered where it was left, or begun."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from ninepixel.server.durable import Desk, Recovered, Store
from ninepixel.world.commands import Command
from ninepixel.world.genesis import genesis
from ninepixel.world.host.live import MOST_A_DRAIN, LiveHost
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import Progress, finish, resolve_root, walk
from ninepixel.world.host.survey import Survey
from ninepixel.world.physics.cpu.team import usable_cores
from ninepixel.world.returning import difference
from ninepixel.world.state import State
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought.shipped import led_by
from ninepixel.world.universe import Universe, inhabit

log = structlog.get_logger("ninepixel.server")

#: Which host a store is of, beside its journal: the folder, and the time that the ages of its files count from.
HOST_FILE = "host.json"


@dataclass(frozen=True, slots=True)
class HostSource:
    """What the universe is made of: a folder, or a recorded *survey*.

    :param still: take the folder as it stands when the server starts: no watching, no processes.
    """

    path: Path | None = None
    survey: Survey | None = None
    still: bool = False
    options: HostOptions = field(default_factory=HostOptions)


@dataclass(slots=True)
class Opened:
    """A universe that runs on.

    :param desk: the receipts of its state.
    :param host: the commands of the host for the next tick.
    :param recovered: how it came back, None for a new one.
    """

    universe: Universe
    desk: Desk
    host: Callable[[], Sequence[Command]]
    recovered: Recovered[Universe] | None
    live: LiveHost | None = None

    def close(self) -> None:
        """Stop watching and give the device back."""
        if self.live is not None:
            self.live.close()
        self.universe.close()


def open_universe(
    store: Store,
    source: HostSource,
    *,
    seed: int,
    minds: int,
    players: int,
    backend: str,
    policy: bytes | None = None,
    threads: int = 0,
    cut: bool = False,
    progress: Progress | None = None,
) -> Opened:
    """The universe in *store*, or a new one of *source*, with room for *players* beside its *minds*.

    :param policy: what minds act by from now on (:func:`ninepixel.world.life.residents.adopt`). None leaves it as it is; in a
        new universe that is the usual one.
    :param threads: that compute the laws; 0 leaves one core to whoever serves the network.
    :param cut: see :meth:`~ninepixel.server.durable.Store.recover`.
    :raises StoreError: when the store is of another host, or cannot be used. :raises HostError: when the host cannot be mapped.
    """

    def make(state: State) -> Universe:
        return Universe.from_state(state, backend, threads or max(1, usable_cores() - 1), record=False)

    known = _known_host(store.folder)
    recovered = store.recover(make, cut=cut)
    survey = _survey(source, known if recovered is not None else None, store.folder, progress)
    if recovered is not None:
        if known is None:
            _remember_host(store.folder, source, survey)
        universe, desk = recovered.universe, recovered.desk
        waiting = _handfuls(difference(universe.pull(), survey)) if source.survey is None else deque()
        thoughts = universe.pull().thoughts
        if policy is not None and universe.lives is not None and policy != (b"" if thoughts is None else thoughts.policy):
            waiting.appendleft([Command("minds.policy", b"", {"policy": policy})])
    else:
        _remember_host(store.folder, source, survey)  # first: a store with a universe and no host could not come back
        state = genesis(survey, seed=seed, minds=minds, spare=players)
        if minds or players:
            inhabit(state, led_by(None) if policy is None else policy)
        universe, desk, waiting = make(state), Desk(), deque()
        store.begin(universe.pull(), desk)
    live = None if source.still or source.path is None else LiveHost(survey, source.path, source.options)

    def host() -> Sequence[Command]:
        if waiting:
            return waiting.popleft()
        return live.drain() if live is not None else ()

    return Opened(universe, desk, host, recovered, live)


def _handfuls(batches: Iterable[Sequence[Command]]) -> deque[Sequence[Command]]:
    """As many commands a tick as a live host tells: no tick takes long, and each fits into a frame of the journal."""
    return deque(batch[at : at + MOST_A_DRAIN] for batch in batches for at in range(0, len(batch), MOST_A_DRAIN))


def _survey(source: HostSource, known: dict[str, Any] | None, folder: Path, progress: Progress | None) -> Survey:
    """The host as it is now. Of a universe that comes back, with ages that count from where they did."""
    root = b"" if source.path is None else resolve_root(source.path)
    if known is not None and known["root"] != root.hex():
        raise StoreError(
            f"{shown(folder)}: it holds the universe of {_host_name(bytes.fromhex(known['root']))}, "
            f"not of {_host_name(root)}: choose another store, or serve that host"
        )
    if source.survey is not None:
        return source.survey
    newest = None if known is None else known["newest"]
    return finish(walk(root, source.options, progress), source.options, newest)


def _host_name(root: bytes) -> str:
    return shown(os.fsdecode(root)) if root else "a recorded host"


def _remember_host(folder: Path, source: HostSource, survey: Survey) -> None:
    root = b"" if source.path is None else resolve_root(source.path)
    write_whole(folder / HOST_FILE, [json.dumps({"root": root.hex(), "newest": survey.newest}).encode()])


def _known_host(folder: Path) -> dict[str, Any] | None:
    """What a store says about its host, None when it says nothing yet.

    :raises StoreError: when it cannot be read.
    """
    file = folder / HOST_FILE
    try:
        known = json.loads(file.read_bytes())
        bytes.fromhex(known["root"])
        if not isinstance(known["newest"], int):
            raise TypeError("newest is no integer")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{shown(file)}: it cannot be read ({error}); restore it from a copy of the store") from None
    return dict(known)
