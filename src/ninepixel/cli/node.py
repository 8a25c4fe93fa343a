"""``ninepixel node``: lend this machine to a learner, which gives it rollouts to live and verifies every one."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from ninepixel import __version__
from ninepixel.cli import VERBS
from ninepixel.cli.options import FILE, TICKET, json_option
from ninepixel.cli.report import log, row

#: Seconds between two lines of progress.
LINE_SECONDS = 10.0


@click.command(
    help=VERBS["node"][1]
    + "\n\nURL is what `ninepixel train --nodes` says, for example http://127.0.0.1:9010. What travels are policies, synthetic "
    "worlds and actions: nothing of this machine's files or processes. Ctrl-C gives back what is under way.",
    short_help=VERBS["node"][1],
)
@click.option("--server", "url", required=True, metavar="URL", help="The learner's address.")
@click.option("--invite", envvar=TICKET, default="", help=f"The learner's ticket; ${TICKET} by default. Needed once a run.")
@click.option("--cores", type=click.IntRange(1, 1024), help="All usable ones by default.")
@click.option("--nice", type=click.IntRange(0, 19), default=10, show_default=True, help="Priority that is given up.")
@click.option("--name", default="", help="What this machine is called there.")
@click.option("--identity", type=FILE, help="The key that this machine is known by; the user's own by default.")
@click.option("--ca", type=FILE, help="Certificates to trust instead of the system's, for https:// and wss://.")
@click.option(
    "--give-up", type=click.FloatRange(0), metavar="SECONDS", help="End after so long without a learner; by default never."
)
@click.option("--probe", is_flag=True, help="Only say what this machine can do.")
@json_option
def node(url: str, cores: int | None, nice: int, probe: bool, as_json: bool, **wanted: Any) -> None:
    """Lend this machine."""
    from ninepixel.cli.loop import stopping
    from ninepixel.server.compute.ability import probe as measure
    from ninepixel.server.compute.lender import Lender
    from ninepixel.server.compute.lending import lend
    from ninepixel.server.identity import Identity
    from ninepixel.server.protocol.address import BadAddress
    from ninepixel.world.physics.cpu.team import usable_cores

    if nice and hasattr(os, "nice"):
        os.nice(nice)
    threads = cores or usable_cores()
    log.info("measuring what this machine can do")
    ability = measure(threads)
    log.info("ability %s: %d cores, %s steps a second", ability.name, ability.cores, f"{ability.speed:,}")
    if probe:
        row({"event": "probe", "ability": ability.name, "cores": ability.cores, "steps_per_s": ability.speed})
        return
    identity = Identity.load_or_create(wanted["identity"])
    lender = Lender(
        *(identity, ability, threads),
        invite=wanted["invite"],
        name=wanted["name"],
        agent=f"ninepixel-node/{__version__}"[:64],
    )
    try:
        with stopping() as stop:
            lend(
                *(lender, url),
                ca=wanted["ca"],
                stop=lambda: bool(stop),
                tell=log.info,
                news=_Lines(lender, as_json).news,
                patience=wanted["give_up"],
            )
    except BadAddress as error:
        raise click.UsageError(str(error)) from None
    finally:
        lender.close()
    row({"event": "lent", **_figures(lender)})


class _Lines:
    """A line now and then on how it goes."""

    def __init__(self, lender: Any, as_json: bool) -> None:
        self._lender, self._as_json = lender, as_json
        self._said, self._steps = time.monotonic(), 0

    def news(self) -> None:
        """A lease is done."""
        now, lender = time.monotonic(), self._lender
        if now - self._said < LINE_SECONDS:
            return
        rate = (lender.steps - self._steps) / (now - self._said)
        self._said, self._steps = now, lender.steps
        if self._as_json:
            row({"event": "progress", **_figures(lender), "steps_per_s": round(rate)})
        log.info(
            "%d leases done, %d verified, %d refused, %s steps a second",
            lender.done,
            lender.verified,
            lender.refused,
            f"{rate:,.0f}",
        )


def _figures(lender: Any) -> dict[str, int]:
    return {name: getattr(lender, name) for name in ("done", "verified", "refused", "steps")}
