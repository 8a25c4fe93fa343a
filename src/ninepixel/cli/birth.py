"""``ninepixel birth``: the birth test. Do minds approach what they fear, and learn whether the danger was real?"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.agents.tasks import TASKS
from ninepixel.cli import VERBS
from ninepixel.cli.options import FILE, json_option

if TYPE_CHECKING:
    from ninepixel.world.laws.lives import Role
    from ninepixel.world.thought import IntegerPolicy

DEFAULT_SEED = 1 << 20  # where the evaluation seeds begin (agents/score.py)
BUILT_IN = ("random", "scripted")


@click.command(help=VERBS["birth"][1] + "\n\nThe protocol is in docs/AFFECT.md.", short_help=VERBS["birth"][1])
@click.argument("policy", metavar="POLICY|random|scripted")
@click.option("--task", "name", type=click.Choice(["survive", "explore", "universe"]), default="survive", show_default=True)
@click.option("--minds", type=click.IntRange(1, 4096), default=32, show_default=True, help="To test, one of each world.")
@click.option("--repeats", type=click.IntRange(1, 256), help="Of every mind; the protocol says 16.")
@click.option(
    "--seed", type=click.IntRange(0, (1 << 64) - 1), default=DEFAULT_SEED, show_default=True, help="Of the first world."
)
@click.option(
    "--report", type=FILE, help="report.json of its training: whether curiosity had plateaued there. Beside POLICY by default."
)
@click.option("--threads", type=click.IntRange(1, 1024), help="All usable cores by default.")
@json_option
def birth(
    policy: str,
    name: str,
    minds: int,
    repeats: int | None,
    seed: int,
    report: Path | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Test the minds that act by a policy."""
    from ninepixel.agents.affect.birth import REPEATS, birth_test
    from ninepixel.agents.affect.verdict import rows
    from ninepixel.cli.report import Progress, row

    who, plateau = decider(policy), _training(policy, report)
    times = REPEATS if repeats is None else repeats
    with Progress(f"birth test of {Path(policy).name}", None, "repeats") as progress:
        born = birth_test(TASKS[name], who, minds=minds, seed=seed, repeats=times, threads=threads, told=progress.advance)
    about = {"policy": named(policy, who), "task": TASKS[name].id, "seed": seed, **plateau}
    for found in rows(born):
        found = {**found, **about} if found["row"] == "verdict" else found
        if as_json:
            row(found)
        else:
            click.echo(_line(found))


def decider(policy: str) -> Role | IntegerPolicy:
    """Who is meant: one of the built-in policies, or one that is shipped, or the file of one.

    :raises UsageError: when there is neither. BadPolicy: when the file is none.
    """
    from ninepixel.world.laws.lives import Role
    from ninepixel.world.thought import IntegerPolicy
    from ninepixel.world.thought.shipped import policy_named, shipped

    if policy in BUILT_IN:
        return Role.RANDOM if policy == "random" else Role.INSTINCT
    if not Path(policy).exists() and policy not in shipped():
        known = " or ".join([*shipped(), *BUILT_IN])
        raise click.UsageError(f"no policy is called {policy!r:.200}, and there is no such file: take one, or {known}")
    return IntegerPolicy(policy_named(policy))


def named(policy: str, who: Role | IntegerPolicy) -> str:
    """What a policy is called in a report: its hash, or its name."""
    return policy if isinstance(who, IntEnum) else who.policy.hash


def _training(policy: str, report: Path | None) -> dict[str, Any]:
    """What the curve of its training says; nothing for who was not trained, or whose report is not there."""
    from ninepixel.agents.affect.plateau import plateau_in

    file = Path(policy).with_name("report.json") if report is None else report
    if report is None and (policy in BUILT_IN or not file.exists()):
        return {"plateau": None, "plateau_change": None}
    found = plateau_in(file)
    return {"plateau": found.reached, "plateau_change": round(found.change, 4)}


def _line(found: dict[str, Any]) -> str:
    """A row as text."""
    match found["row"]:
        case "fear":
            (odds, low, high), afraid = found["harm"], found["afraid"][0]
            said = "feared" if found["feared"] else "not feared"
            chances = f"odds of a blow {odds:8.1f} ({low:.1f} .. {high:.1f}), of being afraid {afraid:.1f}"
            return f"{found['kind']:9s} {said:10s} {chances}"
        case "mind":
            return (
                f"world {found['world']:4d} slot {found['slot']:2d}  approach {_number(found['approach'])} cells "
                f"(p {_number(found['p_approach'])})  learned {_number(found['learned'])} (p {_number(found['p_learn'])})  "
                f"{found['verdict']}"
            )
        case "effect":
            return (
                f"{found['effect']:9s} {_number(found['mean'])} ({_number(found['low'])} .. {_number(found['high'])})  "
                f"d {_number(found['dz'])}  p {_number(found['p'])}  {found['minds']} minds"
            )
    curve = {None: "no curve of its training", True: "plateaued", False: "still moving"}[found["plateau"]]
    feared = found["feared"] or "nothing that the stage can show"
    lost = ", ".join(f"{reason}: {worlds}" for reason, worlds in found["lost"].items())
    return (
        f"{found['born']} of {found['tested']} born. Feared: {feared}. Curiosity: {curve}. Worlds without a mind to test: {lost}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
