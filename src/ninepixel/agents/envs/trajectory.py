"""Recorded trajectories: what was asked of an environment (seeds and actions, no observations), which replays to the bit.

A :class:`Recorder` listens to the arena under any interface, so that autoreset and replacements need no second telling. Every
so many steps it marks what the state's digest was; :func:`replay` does everything again and compares.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import blake2b
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgpack
import numpy as np
import numpy.typing as npt

from ninepixel import __version__
from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.base import Worlds
from ninepixel.agents.envs.options import check_threads
from ninepixel.agents.tasks import OPTIONS, BadOption, Task, Weights, task_named
from ninepixel.world.digest import DIGEST_BYTES
from ninepixel.world.host.survey import Survey, SurveyError
from ninepixel.world.laws.lives import ACTS, DEEDS, Role
from ninepixel.world.regular import open_regular
from ninepixel.world.store.envelope import Envelope, ensure_room, pack, unpack, unpack_plain
from ninepixel.world.store.errors import BadSave, Damaged, Impossible, NewerFormat, NotASave, StoreError, shown
from ninepixel.world.store.files import write_whole

FORMAT, VERSION = "ninepixel-trajectory", 1
#: Steps between two marks, where nothing else is asked for.
EVERY = 256
#: No more worlds, events and agents of a step than this are taken from a file.
MOST_WORLDS, MOST_EVENTS = 1 << 16, 1 << 32


class Event(IntEnum):
    """What can be asked of an arena."""

    RESET = 0  #: two words: the seed
    FOUND = 1  #: a byte a world
    REPLACE = 2  #: a byte a slot
    STEP = 3  #: three bytes an agent


class Diverged(StoreError):
    """Replayed, the trajectory goes another way than it went when it was recorded."""


class Recorder:
    """Records an environment of any interface, from its next reset on, until it is closed.

    :param env: a Gymnasium, vector or PettingZoo environment of ninepixel, wrapped or not.
    :param every: steps between two marks of the state's digest.
    :raises BadOption: when *env* is another sort of environment, or recorded already.
    """

    def __init__(self, env: Any, every: int = EVERY) -> None:
        inner = getattr(env, "unwrapped", env)
        if not isinstance(inner, Worlds):
            raise BadOption(f"env is an environment of ninepixel, not a {type(inner).__name__}")
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise BadOption(f"every is an integer of at least 1, not {every!r:.80}")
        self._arena: Arena = inner.arena
        if self._arena.listener is not None:
            raise BadOption("env is being recorded already: close its recorder first")
        self._every, self._left = every, every
        self._what, self._parts, self._seeds = bytearray(), list[bytes](), list[int]()
        self._marks = list[tuple[int, bytes]]()
        self._acting, self._steps, self._founding = 0, 0, False
        self._arena.listener = self

    @property
    def steps(self) -> int:
        """Ticks recorded so far."""
        return self._steps

    # -- listening ----------------------------------------------------------------------------------------------------

    def on_reset(self, seed: int) -> None:
        """All worlds are founded from *seed*."""
        self._what.append(Event.RESET)
        self._seeds.append(seed)
        self._founding = True  # a reset founds all worlds itself

    def on_found(self, which: npt.NDArray[np.bool_]) -> None:
        """Worlds are founded anew."""
        if not self._founding:
            self._note(Event.FOUND, which.tobytes())
        self._founding = False

    def on_replace(self, which: npt.NDArray[np.bool_]) -> None:
        """Empty slots are filled."""
        self._note(Event.REPLACE, which.tobytes())

    def on_step(self, actions: npt.NDArray[np.uint8], asleep: npt.NDArray[np.bool_]) -> None:
        """A tick is about to happen. Who sleeps does nothing, whatever was asked for."""
        if self._left == 0:
            self._mark()
        self._left -= 1
        acting = actions.shape[1]
        awake = np.where(asleep[:, :acting, None], np.uint8(0), actions) if asleep.any() else actions
        self._acting = acting
        self._note(Event.STEP, awake.tobytes())
        self._steps += 1

    # -- keeping ------------------------------------------------------------------------------------------------------

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write what has been recorded; recording goes on. An existing file is replaced only when the new one is whole.

        :raises StoreError: when it cannot be written.
        :raises BadOption: when nothing has been recorded.
        """
        if not self._what:
            raise BadOption("nothing is recorded yet: call reset() and step() before save()")
        arena, seeds = self._arena, np.asarray(self._seeds, np.uint64)
        marks = [*self._marks, (len(self._what), bytes.fromhex(arena.state_hash()))]
        by_event: dict[Event, list[bytes]] = {event: [] for event in Event}
        parts = iter(self._parts)
        for event in map(Event, self._what):
            if event is not Event.RESET:
                by_event[event].append(next(parts))
        columns: dict[str, npt.NDArray[Any]] = {
            "what": np.frombuffer(bytes(self._what), np.uint8),
            "seeds": np.stack([seeds & np.uint64(0xFFFFFFFF), seeds >> np.uint64(32)], axis=1).astype(np.uint32),
            "marks": np.frombuffer(b"".join(digest for _, digest in marks), np.uint8),
            "marked": np.asarray([at for at, _ in marks], np.int64),
            **{
                event.name.lower(): np.frombuffer(b"".join(by_event[event]), np.uint8)
                for event in Event
                if event is not Event.RESET
            },
        }
        survey = msgpack.packb(arena.survey.to_dict()) if arena.survey is not None else b""
        columns["survey"] = np.frombuffer(survey, np.uint8)
        meta = {
            "ninepixel": __version__,
            "task": _plain_task(arena.task),
            "worlds": arena.worlds,
            "acting": self._acting,
            "roles": arena.roles.tolist(),
            "child_role": int(arena.child_role),
            "sizes": [len(self._what), len(self._seeds), len(marks), len(survey)],
        }
        body = pack("trajectory", self._steps, meta, columns, level=3)
        checksum = blake2b(body, digest_size=16).digest()
        write_whole(Path(file), [msgpack.packb({"format": FORMAT, "version": VERSION, "checksum": checksum, "body": body})])

    def close(self) -> None:
        """Listen no more; a second time does nothing."""
        if self._arena.listener is self:
            self._arena.listener = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _note(self, event: Event, data: bytes) -> None:
        if not self._what:
            raise BadOption("a recording begins with a reset: call reset() after Recorder(env)")
        self._what.append(event)
        self._parts.append(data)

    def _mark(self) -> None:
        self._marks.append((len(self._what), bytes.fromhex(self._arena.state_hash())))
        self._left = self._every


def replay(file: str | os.PathLike[str], *, threads: int | None = None, watch: Callable[[Arena], None] | None = None) -> Arena:
    """Do again what was recorded. Returns the arena as it was when it was saved.

    :param watch: called after every tick, with the arena as it is then.
    :raises BadSave: when *file* is no whole recording; Diverged when the state becomes another than it was.
    """
    try:
        return _run(_read(file), threads, watch)
    except (BadSave, Diverged) as error:
        raise type(error)(f"{shown(file)}: {error}") from None


def _run(envelope: Envelope, threads: int | None, watch: Callable[[Arena], None] | None) -> Arena:
    check_threads(threads)
    script = _script(envelope)  # before there is an arena: what a stranger wrote may ask for a very large one
    arena = _arena_of(envelope, threads)
    steps = 0
    for at, event in enumerate(script.what):
        _compare(arena, script.marks.get(at), steps)
        if event == Event.RESET:
            arena.reset(next(script.seeds))
        elif event == Event.FOUND:
            arena.found(next(script.founded))
        elif event == Event.REPLACE:
            arena.replace(next(script.replaced))
        else:
            arena.step(next(script.actions))
            steps += 1
            if watch is not None:
                watch(arena)
    _compare(arena, script.marks.get(len(script.what)), steps)
    return arena


@dataclass(frozen=True, slots=True)
class _Script:
    """What happened, in order, and what each kind of event needs, one after the other."""

    what: list[int]
    seeds: Iterator[int]
    founded: Iterator[npt.NDArray[np.bool_]]
    replaced: Iterator[npt.NDArray[np.bool_]]
    actions: Iterator[npt.NDArray[np.uint8]]
    marks: dict[int, str]


def _script(envelope: Envelope) -> _Script:
    worlds, minds, acting, (events, resets, marks, _) = _shape_of(envelope.meta)
    what = envelope.column("what", "u1", events)
    counts = np.bincount(what, minlength=len(Event)).tolist()
    if len(counts) > len(Event) or what[0] != Event.RESET or counts[Event.RESET] != resets:
        raise Impossible("its events do not begin with a reset, or are others than there are")
    actions = _bytes(envelope, "step", (counts[Event.STEP], worlds, acting, 3))
    if actions.size and int(actions.max()) >= ACTS:
        raise Impossible("it holds an action that there is not")
    seeds = envelope.column("seeds", "u4", 2 * resets).reshape(-1, 2).astype(np.uint64)
    digests = envelope.column("marks", "u1", DIGEST_BYTES * marks).reshape(-1, DIGEST_BYTES)
    marked = envelope.column("marked", "i8", marks).tolist()
    return _Script(
        what.tolist(),
        iter((seeds[:, 0] | seeds[:, 1] << np.uint64(32)).tolist()),
        iter(_bytes(envelope, "found", (counts[Event.FOUND], worlds)) != 0),
        iter(_bytes(envelope, "replace", (counts[Event.REPLACE], worlds, minds)) != 0),
        iter(actions),
        {at: bytes(name).hex() for at, name in zip(marked, digests, strict=True)},
    )


def _compare(arena: Arena, recorded: str | None, steps: int) -> None:
    if recorded is not None and (here := arena.state_hash()) != recorded:
        raise Diverged(f"after {steps} steps the state was {recorded}, replayed it is {here}: record it anew with these laws")


def _read(file: str | os.PathLike[str]) -> Envelope:
    try:
        with open_regular(file) as opened:
            raw = opened.read()
    except OSError as error:
        raise BadSave(f"cannot be read: {error.strerror or error}") from None
    try:
        outer = unpack_plain(raw)
    except Impossible:
        raise Damaged("truncated or damaged: not a whole msgpack file") from None
    if not isinstance(outer, dict) or outer.get("format") != FORMAT:
        raise NotASave("not a recorded trajectory")
    version, body = outer.get("version"), outer.get("body")
    if type(version) is not int or version < 1 or not isinstance(body, bytes):
        raise Damaged("damaged: it has no version or no content")
    if version > VERSION:
        raise NewerFormat(f"a trajectory of version {version}; this ninepixel reads up to version {VERSION}")
    if outer.get("checksum") != blake2b(body, digest_size=16).digest():
        raise Damaged("damaged: its checksum does not match")
    envelope = unpack(body)
    if envelope.kind != "trajectory":
        raise NotASave(f"a {envelope.kind}, not a recorded trajectory")
    return envelope


def _shape_of(meta: Mapping[str, Any]) -> tuple[int, int, int, list[int]]:
    """Worlds, minds of each, how many of them acted from outside, and the sizes of columns."""
    match meta:
        case {
            "worlds": int() as worlds,
            "acting": int() as acting,
            "roles": list() as roles,
            "child_role": int() as child,
            "sizes": [int() as events, int() as resets, int() as marks, int() as survey],
        }:
            pass
        case _:
            raise Impossible("it does not say what was recorded")
    known = {int(role) for role in Role}
    good = all(type(role) is int and role in known for role in (*roles, child))
    if not good or not 0 <= acting <= len(roles) or not 1 <= worlds <= MOST_WORLDS:
        raise Impossible("its worlds, roles and agents do not fit together")
    if not (1 <= resets <= events <= MOST_EVENTS and 1 <= marks <= events + 1 and 0 <= survey <= MOST_EVENTS):
        raise Impossible("its numbers of events do not fit together")
    return worlds, len(roles), acting, [events, resets, marks, survey]


def _arena_of(envelope: Envelope, threads: int | None) -> Arena:
    meta = envelope.meta
    worlds, minds, _, (*_, survey) = _shape_of(meta)
    task = _task_of(meta.get("task"))
    if task.agents + task.spare != minds:
        raise Impossible("its task has other agents than its roles say")
    ensure_room(worlds * (task.side**2 * 12 + minds * 4096), "what was recorded")
    try:
        host = Survey.from_dict(unpack_plain(envelope.column("survey", "u1", survey).tobytes())) if survey else None
    except SurveyError as error:
        raise Impossible(f"its host is none: {error}") from None
    return Arena(task, worlds=worlds, threads=threads, roles=meta["roles"], child_role=Role(meta["child_role"]), survey=host)


def _plain_task(task: Task) -> dict[str, Any]:
    w = task.weights
    return {
        "name": task.name,
        "version": task.version,
        "numbers": {name: getattr(task, name) for name in sorted(OPTIONS)},
        "weights": [w.drive, w.deed, w.section, w.death],
        "deeds": list(task.deeds),
    }


def _task_of(given: Any) -> Task:
    match given:
        case {
            "name": str() as name,
            "version": int() as version,
            "numbers": dict() as numbers,
            "weights": [int() | float(), int() | float(), int() | float(), int() | float()] as weights,
            "deeds": list() as deeds,
        } if all(isinstance(deed, str) for deed in deeds) and all(isinstance(number, str) for number in numbers):
            pass
        case _:
            raise Impossible("it does not say which task was recorded")
    if set(deeds) - {deed.name for deed in DEEDS}:
        raise Impossible("its task counts achievements that there are not")
    try:
        numbered = task_named("universe").with_options(**numbers)
    except BadOption as error:
        raise Impossible(f"its task makes no world: {error}") from None
    return replace(numbered, name=name, version=version, weights=Weights(*map(float, weights)), deeds=tuple(deeds))


def _bytes(envelope: Envelope, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """A column of bytes; an empty one is not written."""
    size = prod(shape)
    values: npt.NDArray[np.uint8] = envelope.column(name, "u1", size) if size else np.zeros(0, np.uint8)
    return values.reshape(shape)
