"""``ninepixel swarm``: bots that play on a server, check what they are shown, and measure how they are served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ninepixel.cli import FAILED, VERBS
from ninepixel.cli.options import FILE, json_option

#: What a person wants to read first, of the report.
_FIRST = ("join_ms", "resume_ms", "ack_ms", "frames_per_s", "frame_gap_ms", "jitter_ms", "kbit_s_in", "kbit_s_out")
_COUNTS = ("bad_checks", "bad_frames", "failed_joins", "cut", "inputs", "acked", "deaths", "resyncs", "samples")


@click.command(
    help=VERBS["swarm"][1]
    + "\n\nURL is a server's, for example http://127.0.0.1:8090. With --verify nothing is connected: the samples of an earlier "
    "run are compared with a replay of the journal in the server's store.",
    short_help=VERBS["swarm"][1],
)
@click.argument("url", required=False)
@click.option("--bots", type=click.IntRange(0, 100_000), default=100, show_default=True, help="How many.")
@click.option("--watchers", type=click.IntRange(0), default=0, help="How many of them only watch.")
@click.option("--seconds", type=click.FloatRange(0), default=30.0, show_default=True, help="How long.")
@click.option("--ramp", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds over which they arrive.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=9, show_default=True, help="Who they are and what they do.")
@click.option(
    "--actions", default="", metavar="WEIGHTS", help="How often they do what, such as move=12,act=4,utter=2,rest=1,say=1."
)
@click.option("--changes", type=click.FloatRange(0), default=4.0, show_default=True, help="Changes of mind of a bot, a second.")
@click.option("--record", type=FILE, metavar="FILE", help="Write down what they do.")
@click.option("--trace", type=FILE, metavar="FILE", help="Do what an earlier --record has, instead of choosing.")
@click.option("--latency", type=click.FloatRange(0, 60_000), default=0.0, help="Of the network, ms one way (through a proxy).")
@click.option("--jitter", type=click.FloatRange(0, 60_000), default=0.0, help="Up to so many ms more, at random.")
@click.option(
    "--loss", type=click.FloatRange(0, 100, max_open=True), default=0.0, help="Percent of segments lost: TCP stalls, or is cut."
)
@click.option(
    "--churn", type=click.FloatRange(0), default=0.0, help="Bots a second, of all, that leave or are cut and come back."
)
@click.option("--slow", type=click.IntRange(0), default=0, help="How many stop reading for 3 of every 13 seconds.")
@click.option("--malformed", type=click.FloatRange(0, 1e6), default=0.0, help="Malformed, forged and replayed frames a second.")
@click.option(
    "--malformed-when", type=click.Choice(["before", "after", "both"]), default="both", show_default=True, help="Login."
)
@click.option(
    "--witnesses", type=click.IntRange(0, 1000), default=0, help="Bots beside these that keep their priority, measured apart."
)
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="To spread the bots over.")
@click.option("--nice", type=click.IntRange(0, 19), default=10, show_default=True, help="Priority that the bots give up.")
@click.option("--invite", default="", help="An invitation, for a server that asks for one.")
@click.option("--sample", type=FILE, metavar="FILE", help="Write the hashes of what they are shown; with --verify: read them.")
@click.option("--sample-every", type=click.IntRange(1), default=40, show_default=True, help="Of so many frames of a bot one.")
@click.option(
    "--verify", "store", type=click.Path(path_type=Path), metavar="STORE", help="Compare --sample with this store's journal."
)
@json_option
def swarm(url: str | None, store: Path | None, sample: Path | None, as_json: bool, **wanted: Any) -> int:
    """Exit code 1 when a bot was shown something wrong, or nobody could join."""
    if store is not None:
        if sample is None:
            raise click.UsageError("--verify compares samples: name the file with --sample")
        return _verify(store, sample, as_json)
    if url is None:
        raise click.UsageError("URL is missing: name a server, such as http://127.0.0.1:8090")
    return _run(url, sample, as_json, wanted)


def _run(url: str, sample: Path | None, as_json: bool, wanted: dict[str, Any]) -> int:
    from ninepixel.cli.report import log, row
    from ninepixel.server.swarm.chaos import Weather
    from ninepixel.server.swarm.plan import BadPlan, Plan, Weights
    from ninepixel.server.swarm.processes import swarm as let_loose
    from ninepixel.server.swarm.runner import Orders

    names = ("bots", "watchers", "seconds", "ramp", "seed", "changes", "churn", "slow", "invite")
    malformed, when = wanted["malformed"], wanted["malformed_when"]
    try:
        plan = Plan(
            **{name: wanted[name] for name in names},
            weights=Weights.parse(wanted["actions"]),
            sample_every=wanted["sample_every"] if sample is not None else 0,
        )
        orders = Orders(
            url,
            plan,
            range(plan.bots),
            weather=Weather(wanted["latency"] / 1000, wanted["jitter"] / 1000, wanted["loss"] / 100, plan.seed),
            before={"before": malformed, "both": malformed / 2}.get(when, 0.0),
            after={"after": malformed, "both": malformed / 2}.get(when, 0.0),
            nice=wanted["nice"],
            record=wanted["record"],
            trace=wanted["trace"],
            sample=sample,
        )
        log.info("%d bots for %g s; Ctrl-C ends them early", plan.bots, plan.seconds)
        tally, apart = let_loose(orders, wanted["processes"], wanted["witnesses"])
    except BadPlan as error:
        raise click.ClickException(str(error)) from None
    report = tally.report()
    witnesses = {"witnesses": apart.report()} if apart is not None else {}
    if as_json:
        row({"event": "swarm", "url": url, "plan": plan.as_dict(), **report, **witnesses})
    else:
        _tell(report, "")
        for name, told in witnesses.items():
            _tell(told, f"{name}: ")
    wrong = sum(told["bad_checks"] + told["bad_frames"] for told in (report, *witnesses.values()))
    return FAILED if wrong or (plan.bots and not report["join_ms"]["n"]) else 0


def _tell(report: dict[str, Any], whose: str) -> None:
    for name in _FIRST:
        found = report[name]
        if found["n"]:
            click.echo(
                f"{whose}{name}: median {found['p50']:,} · p99 {found['p99']:,} · most {found['max']:,} (of {found['n']:,})"
            )
    click.echo(whose + ", ".join(f"{name.replace('_', ' ')} {report[name]:,}" for name in _COUNTS))
    for name in ("refused", "notices", "ended", "hostile"):
        if report[name]:
            click.echo(f"{whose}{name}: " + ", ".join(f"{code} {n:,}" for code, n in report[name].items()))
    took = f"{report['bots_cores']:g} cores, {report['bots_us_per_frame']:g} us a frame, {report['bots_peak_mib']:g} MiB"
    click.echo(f"{whose}the bots themselves: {took}, late p99 {report['bots_late_ms'].get('p99', 0):g} ms")


def _verify(store: Path, sample: Path, as_json: bool) -> int:
    from ninepixel.cli.report import Progress, row
    from ninepixel.server.swarm.plan import BadPlan
    from ninepixel.server.swarm.verify import verify

    try:
        with Progress("replaying") as progress:
            verdict = verify(store, sample, on_tick=progress.to)
    except BadPlan as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        row({"event": "verified", **verdict.as_dict()})
    else:
        ticks = f"ticks {verdict.first:,} to {verdict.tick:,}, digest {verdict.digest}"
        click.echo(f"{verdict.compared:,} of {verdict.samples:,} samples compared, {verdict.wrong:,} differ · {ticks}")
        click.echo(
            f"{verdict.unsure:,} too early to tell, {verdict.outside:,} outside the journal, {verdict.twice:,} commands twice"
        )
        for mismatch in verdict.mismatches:
            click.echo(f"differs: {mismatch}")
    return 0 if verdict.ok else FAILED
