"""A universe without a window: run, draw, save, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli.learning import Learn, attended, schooled
from ninepixel.cli.lineage import Recording
from ninepixel.cli.loop import Beat, Ran, Stop, run_ticks, stopping
from ninepixel.cli.opening import Opened, Wanted, open_universe, stepper
from ninepixel.cli.report import ledger_row, log, row
from ninepixel.world.ledger import QUANTITIES, LedgerError
from ninepixel.world.life.columns import NEXT_SERIAL
from ninepixel.world.life.comfort import Comfort
from ninepixel.world.state import State
from ninepixel.world.universe import Universe

if TYPE_CHECKING:
    from ninepixel.agents.learning.online.school import School

#: Ticks between two rows that say how minds fare: a minute at 20 ticks a second.
MINUTE = 1200


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays of a run: a picture, a save, a lineage, all or none of them."""

    snapshot: Path | None = None
    size: tuple[int, int] = (1280, 720)
    save: Path | None = None
    mark_every: int = 100
    lineage: Path | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """How a run is reported: as JSON or as text, and every so many ticks (0: only at the end)."""

    as_json: bool = False
    every: int = 0


@dataclass(frozen=True, slots=True)
class How:
    """How ticks are taken: whether minds learn meanwhile, and ticks a second (None: as fast as it goes)."""

    learn: Learn = field(default_factory=Learn)
    rate: float | None = None


def run_headless(wanted: Wanted, ticks: int, keep: Keep, talk: Talk, how: How | None = None) -> int:
    """Open, run, keep and report. Returns the exit code: 0, or 130 after Ctrl-C."""
    how = how or How()
    start = time.perf_counter()
    opened = open_universe(wanted)
    with opened.universe as universe, stopping() as stop:
        began = time.perf_counter() - start
        _say_start(opened, began, talk)
        recording = None if keep.lineage is None else Recording(universe)
        with schooled(universe, how.learn, talk.as_json) as school:
            ran = _run(
                universe, ticks, keep, talk, stop, _Aside(recording, Beat(how.rate), school, how.learn.fewest(wanted.minds))
            )
        if recording is not None and keep.lineage is not None:
            recording.write(universe, keep.lineage, opened.title)
        finish(opened, ran, keep, talk, stop, {} if school is None else {"learn": school.status()})
        return stop.exit_code


def finish(opened: Opened, ran: Ran, keep: Keep, talk: Talk, stop: Stop, more: Mapping[str, Any] | None = None) -> None:
    """Save and draw what has become of the universe, then report it in one last line. *more*: what else that says as JSON."""
    universe = opened.universe
    if keep.save is not None:
        universe.mark()
        universe.save(keep.save)
        log.info("saved %s", keep.save)
    if keep.snapshot is not None:
        draw(universe, keep.snapshot, keep.size, opened.title)
        log.info("drew %s", keep.snapshot)
    last = last_row(universe, ran) | {"interrupted": bool(stop), "host": opened.title, "left_out": _left_out(opened)}
    last |= more or {}
    if talk.as_json:
        row({"event": "end", **last})
    else:
        click.echo(last_line(last))
    if not last["ledger"]["balanced"]:
        raise LedgerError(f"the ledger does not balance at tick {universe.tick}: {last['ledger']}")


def last_row(universe: Universe, ran: Ran) -> dict[str, Any]:
    """What every run ends with: tick, digest, entities, lives, ticks a second, ledger, backend and why it was chosen."""
    state = universe.pull()
    held = {q: universe.held() if q == "energy" else state.held(quantity=q) for q in QUANTITIES}
    expected = {q: state.ledger.expected(quantity=q) for q in QUANTITIES}
    return {
        "tick": universe.tick,
        "digest": universe.digest(),
        "entities": int(state.bodies.count.sum()),
        **lives_row(state),
        "ticks_per_s": round(ran.ticks_per_s, 1),
        "ledger": ledger_row(state.ledger.as_dict(), held, expected),
        "backend": universe.backend.name,
        "why": universe.why,
        "seed": state.params.seed,
        "side": state.params.side,
    }


def lives_row(state: State) -> dict[str, int]:
    """How many live, have ever been born (founders and guardians too) and have died; all 0 where there are no slots for lives."""
    if not state.lives.count.any():
        return {"lives": 0, "births": 0, "deaths": 0}
    living = int((state.lives["body"] >= 0).sum())
    born = int((state.chronicle[:, NEXT_SERIAL] - 1).sum())
    return {"lives": living, "births": born, "deaths": born - living}


def last_line(last: dict[str, Any]) -> str:
    """:func:`last_row` for people, on one line."""
    ledger = last["ledger"]
    balance = "balanced to the unit" if ledger["balanced"] else "NOT BALANCED"
    lives = f"{last['lives']:,} lives ({last['births']:,} born, {last['deaths']:,} died) · " if last["births"] else ""
    return (
        f"tick {last['tick']:,} · digest {last['digest']} · {last['entities']:,} entities · {lives}"
        f"{last['ticks_per_s']:,.0f} ticks/s · "
        f"energy {ledger['held']:,}, {balance} · {last['backend']}: {last['why']}"
    )


def draw(universe: Universe, file: Path, size: tuple[int, int], title: str) -> None:
    """A picture of the universe as it is now, with OpenGL or, without one, with numpy."""
    from ninepixel.world.picture.export import Studio, about, save_png
    from ninepixel.world.picture.regions import Regions

    state = universe.pull()
    with Studio(size) as studio:
        if not studio.uses_gl:
            log.warning("drawing with %s", studio.why)
        image = studio.shoot(state, regions=Regions().circles(state), title=title)
    save_png(image, file, about(state, universe.digest()))


@dataclass(frozen=True, slots=True)
class _Aside:
    """What goes on beside the ticks of a run: a record of who was born, a beat to keep to, a school, settlers."""

    recording: Recording | None
    beat: Beat
    school: School | None
    fewest: int


def _run(universe: Universe, ticks: int, keep: Keep, talk: Talk, stop: Stop, aside: _Aside) -> Ran:
    begin, start = universe.tick, time.perf_counter()
    step = stepper(attended(universe, aside.school, aside.fewest))
    fare = _fare(universe, talk, aside.beat)

    def tick() -> None:
        aside.beat.wait()
        step()
        fare()
        if aside.recording is not None:
            aside.recording.look(universe)
        done = universe.tick - begin
        if keep.save is not None and done % keep.mark_every == 0:
            universe.mark()

    def report() -> None:
        done = universe.tick - begin
        news = {
            "tick": universe.tick,
            "entities": int(universe.pull().bodies.count.sum()),
            "held": universe.held(),
            "ticks_per_s": round(done / max(time.perf_counter() - start, 1e-9), 1),
        }
        if talk.as_json:
            row({"event": "tick", **news})
        else:
            click.echo(f"tick {news['tick']:,} · {news['entities']:,} entities · energy {news['held']:,}")

    return run_ticks(universe, ticks, tick, stop, talk.every, report)


def _fare(universe: Universe, talk: Talk, beat: Beat) -> Callable[[], None]:
    """What to do after every tick, so that ``--json`` says every minute how minds fare and whether ticks came in time."""
    if universe.lives is None or not talk.as_json:
        return lambda: None
    comfort, begin, since = Comfort(universe.pull(), universe.lives.minds), universe.tick, time.perf_counter()

    def see() -> None:
        nonlocal since
        comfort.see(universe.pull())
        if (universe.tick - begin) % MINUTE == 0:
            now = time.perf_counter()
            rate = round(MINUTE / max(now - since, 1e-9), 2)
            row({"event": "minute", **comfort.take(universe.tick).row(), "ticks_per_s": rate, **beat.take()})
            since = now

    return see


def _say_start(opened: Opened, seconds: float, talk: Talk) -> None:
    if talk.as_json:
        row({"event": "start", **opened.about(), "start_s": round(seconds, 3)})
        return
    log.info(
        "%s: %s files in %s folders, ready in %.1f s on %s (%s)",
        opened.title,
        f"{opened.files:,}",
        f"{opened.folders:,}",
        seconds,
        opened.universe.backend.name,
        opened.universe.why,
    )


def _left_out(opened: Opened) -> dict[str, int]:
    host = opened.universe.host
    return dict(sorted(host.left_out.items())) if host is not None else opened.left_out
