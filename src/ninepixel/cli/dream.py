"""``ninepixel dream``: a mind of a save lives moments of its past again, otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.options import FILE, SizeType, json_option

if TYPE_CHECKING:
    from ninepixel.agents.dreams.dream import Dreamt
    from ninepixel.agents.dreams.past import Plan


@click.command(
    help=VERBS["dream"][1] + "\n\nSAVE is read and never written to. See docs/DREAMS.md.", short_help=VERBS["dream"][1]
)
@click.argument("save", type=click.Path(path_type=Path))
@click.option(
    "--mind", "slot", type=click.IntRange(0, 1 << 20), default=0, show_default=True, help="Slot of the mind that dreams."
)
@click.option("--ticks", type=click.IntRange(1), default=512, show_default=True, help="Of its past: the last ones of SAVE.")
@click.option("--every", type=click.IntRange(1), default=32, show_default=True, help="Ticks between two moments.")
@click.option(
    "--dreams", type=click.IntRange(1, 4096), default=8, show_default=True, help="Of every moment, each with other dice."
)
@click.option("--horizon", type=click.IntRange(1, 1 << 20), default=64, show_default=True, help="Ticks of a dream.")
@click.option("--policy", metavar="FILE|random|scripted", help="What it acts by in dreams; as when awake by default.")
@click.option(
    "--most", type=click.IntRange(1), default=16, show_default=True, help="Moments to tell of, the most surprising first."
)
@click.option("--picture", type=FILE, metavar="F.gif|mp4", help="Film the best dream of the most surprising moment.")
@click.option("--size", type=SizeType(), default="480x360", show_default=True, help="Of the film, in pixels.")
@json_option
def dream(
    save: Path,
    slot: int,
    policy: str | None,
    most: int,
    picture: Path | None,
    size: tuple[int, int],
    as_json: bool,
    **numbers: int,
) -> None:
    """Let a mind dream."""
    from ninepixel.agents.dreams.dream import Night, surprising
    from ninepixel.agents.dreams.past import Past, Plan
    from ninepixel.cli.birth import decider
    from ninepixel.cli.folders import check_output
    from ninepixel.cli.report import Progress, row
    from ninepixel.world.store.errors import shown

    if picture is not None:
        check_output(picture, (".gif", ".mp4"))
    plan = Plan(numbers["ticks"], numbers["every"], Night(numbers["dreams"], numbers["horizon"]))
    with Past(save, slot, plan, None if policy is None else decider(policy)) as past:
        with Progress(f"dreams of slot {slot}", past.end - past.begin) as progress:
            dreamt = list(past.dreams(progress.advance))
        chosen = surprising(dreamt, most)
        for moment in chosen:
            if as_json:
                row({"row": "moment", **_row(moment)})
            else:
                click.echo(_line(moment))
        if picture is not None and chosen:
            _film(past, chosen[0], picture, size)
        last = {"row": "waking", "file": shown(save), "slot": slot, "tick": past.end, "digest": past.digest, **_sum(dreamt, plan)}
    if as_json:
        row(last)
    else:
        click.echo(
            f"{last['moments']} moments, {last['dreams']} dreams, {last['dreamed_ticks']:,} ticks; awake: {last['digest']}"
        )


def _film(past: Any, moment: Dreamt, file: Path, size: tuple[int, int]) -> None:
    from ninepixel.agents.dreams.film import film
    from ninepixel.cli.report import log

    log.info("%s: %d frames of a dream of tick %d", file, film(past, moment, file, size), moment.tick)


def _row(moment: Dreamt) -> dict[str, Any]:
    low, high = moment.interval
    one = len(moment.dreamed) < 2
    return {
        "tick": moment.tick,
        "serial": moment.serial,
        "feels": moment.feels,
        "lived": _short(moment.lived),
        "dreamed": _short(moment.mean),
        "low": None if one else _short(low),
        "high": None if one else _short(high),
        "greedy": _short(moment.greedy),
        "best": _short(max(*moment.dreamed, moment.greedy)),
        "regret": _short(moment.regret),
        "surprise": _short(moment.surprise),
        "value": None if moment.value is None else _short(moment.value),
        "change": None if moment.change is None else _short(moment.change),
    }


def _sum(dreamt: list[Dreamt], plan: Plan) -> dict[str, int]:
    dreams = len(dreamt) * (plan.night.dreams + 1)
    return {"moments": len(dreamt), "dreams": dreams, "dreamed_ticks": dreams * plan.night.horizon}


def _line(moment: Dreamt) -> str:
    low, high = moment.interval
    dreamed = f"dreamed {moment.mean:7.3f} ({low:.3f} .. {high:.3f})"
    value = "" if moment.value is None else f"  value {moment.value:.3f} ({moment.change:+.3f})"
    return (
        f"tick {moment.tick:7,d}  {moment.feels:11s}  lived {moment.lived:7.3f}  {dreamed}  "
        f"likeliest {moment.greedy:7.3f}  regret {moment.regret:.3f}{value}"
    )


def _short(value: float) -> float:
    return round(value, 6)
