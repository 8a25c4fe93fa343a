"""A server without a network, to be killed: takes commands from its standard input and acknowledges them when they are durable.

One line each. In: ``act ACCOUNT SEQ MOVE ACT UTTER``, ``join ACCOUNT SEQ``, ``leave ACCOUNT SEQ``; ``stop`` ends it in order.
Out: ``ready {json}`` once it has recovered, ``ack ACCOUNT SEQ`` (durable and applied, now or before), ``no ACCOUNT SEQ`` for one
that is refused, ``stopped TICK DIGEST``. The universe stands still until the first command. At the other end is
:mod:`~ninepixel.server.durable.drill`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections import deque
from pathlib import Path

import numpy as np

from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.store import Store
from ninepixel.world.commands import Command
from ninepixel.world.guests import TOLD
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

SEED = 9


def universe_of(state: State) -> Universe:
    """A universe whose past is in the store."""
    return Universe.from_state(state, "cpu", record=False)


def new_state(files: int, minds: int) -> State:
    """The first state of the universe of a synthetic host."""
    with Universe.from_survey(synthetic(SEED, files), minds=minds, backend="cpu") as universe:
        return universe.pull()


class Worker:
    """The three threads: one reads, one simulates, one commits and acknowledges.

    :param every: ticks between two snapshots.
    """

    def __init__(self, store: Store, universe: Universe, desk: Desk, every: int) -> None:
        self.store, self.universe, self.desk, self.every = store, universe, desk, every
        self.minds = 0 if universe.lives is None else universe.lives.minds
        self._acts = np.zeros((self.minds, 3), np.uint8)
        self._inbox: deque[list[str]] = deque()
        self._answers: deque[tuple[int, bytes]] = deque()  # the tick that must be durable, and what is said then
        self._work = threading.Event()
        self._ended = False
        self._failed: BaseException | None = None

    def run(self, rate: float) -> None:
        """Serve until ``stop`` or the end of the input."""
        reader = threading.Thread(target=self._read, daemon=True)
        committer = threading.Thread(target=self._commit_all)
        reader.start()
        committer.start()
        while not self._inbox:
            time.sleep(0.0005)
        due = time.monotonic()
        while self._failed is None and self._tick():
            self._work.set()
            due = max(due + 1 / rate, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
        self._ended = True
        self._work.set()
        committer.join()
        if self._failed is not None:
            raise self._failed
        self.store.close(self.universe.photograph(), self.desk)
        _say(b"stopped %d %s\n" % (self.universe.tick, self.universe.digest().encode()))

    # -- inside --------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        for line in sys.stdin:
            self._inbox.append(line.split())
        self._inbox.append(["stop"])

    def _tick(self) -> bool:
        universe, tick = self.universe, self.universe.tick
        commands, going = self._gathered(tick)
        accepted, refused = universe.sift(commands)
        universe.step(accepted)
        self.store.append(tick, accepted)
        self.desk.apply(accepted)
        for command in accepted:
            if "by" in command.data:
                self._answer(tick, b"ack", command.data["by"], command.data["seq"])
            for account, seq, _ in np.frombuffer(command.data.get("told", b""), TOLD).tolist():
                self._answer(tick, b"ack", account, seq)
        for command, _ in refused:
            self._answer(tick, b"no", command.data["by"], command.data["seq"])
        if universe.tick % self.every == 0:
            self.store.mark(universe.tick, [bytes.fromhex(universe.digest())])
            self.store.snapshot(universe.photograph(), self.desk)
        return going

    def _gathered(self, tick: int) -> tuple[list[Command], bool]:
        """The commands of a tick, each new one with its receipt, and whether there is more to come."""
        commands, told = list[Command](), list[tuple[int, int, int]]()
        newest: dict[int, int] = {}
        while self._inbox:
            verb, *rest = self._inbox.popleft()
            if verb == "stop":
                return [*commands, *self._standing(told)], False
            account, seq, *action = map(int, rest)
            if seq <= max(newest.get(account, 0), self.desk.last_seq(account)):
                self._answer(tick, b"old", account, seq)
                continue
            newest[account] = seq
            slot, receipt = account % self.minds, {"by": account, "seq": seq}
            if verb == "act":
                self._acts[slot] = action
                told.append((account, seq, slot))
            elif verb == "join":
                commands.append(Command("mind.join", b"guest %d of %d" % (seq, account), {"slot": slot, **receipt}))
            else:
                commands.append(Command("mind.leave", b"%d" % slot, receipt))
        return [*commands, *self._standing(told)], True

    def _standing(self, told: list[tuple[int, int, int]]) -> list[Command]:
        """What all guests do, in one command: an input stands until it is changed."""
        if not told and not self._acts.any():
            return []
        return [Command("minds.act", b"", {"acts": self._acts.tobytes(), "told": np.array(told, TOLD).tobytes()})]

    def _answer(self, tick: int, word: bytes, account: int, seq: int) -> None:
        self._answers.append((tick, b"%s %d %d\n" % (word, account, seq)))

    def _commit_all(self) -> None:
        try:
            while not self._ended:
                self._work.wait()
                self._work.clear()
                self._acknowledge(self.store.commit())
        except BaseException as e:
            self._failed = e

    def _acknowledge(self, durable: int) -> None:
        said = list[bytes]()
        while self._answers and self._answers[0][0] <= durable:
            said.append(self._answers.popleft()[1])
        if said:
            _say(b"".join(said))


def main() -> None:
    """Recover or begin the universe of a folder, and serve it."""
    parser = argparse.ArgumentParser(prog="ninepixel.server.durable.worker")
    parser.add_argument("folder", type=Path)
    for name, default in (("files", 60), ("minds", 8), ("every", 25), ("rate", 200), ("keep", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    began = time.perf_counter()
    store = Store.open(given.folder, keep=given.keep)
    recovered = store.recover(universe_of)
    if recovered is None:
        state = new_state(given.files, given.minds)
        store.begin(state)
        universe, desk = universe_of(state), Desk()
        facts: dict[str, float] = {"tick": universe.tick, "replayed": 0, "begun": True}
    else:
        universe, desk, how = recovered.universe, recovered.desk, recovered.how
        facts = {"tick": how.tick, "replayed": how.replayed, "marks": how.marks, "torn": how.torn, "load_s": how.load}
        facts |= {"replay_s": how.replay, "bodies": int(recovered.state.bodies.count.sum())}
    facts["recover_s"] = time.perf_counter() - began
    _say(b"ready %s\n" % json.dumps(facts).encode())
    with universe:
        Worker(store, universe, desk, given.every).run(given.rate)


def _say(line: bytes) -> None:
    os.write(1, line)  # whole or not at all up to a pipe's 4096 bytes, and nothing waits in a buffer


if __name__ == "__main__":
    main()
