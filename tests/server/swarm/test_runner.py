"""A crowd against a small server of the real sessions and the real replicator: what it sees is right, what is wrong it finds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fake_server import FakeServer, serving
from ninepixel.server.protocol.address import LIVE
from ninepixel.server.swarm.chaos import Weather
from ninepixel.server.swarm.plan import BadPlan, Plan, Weights, read_trace
from ninepixel.server.swarm.processes import swarm
from ninepixel.server.swarm.report import Tally
from ninepixel.server.swarm.runner import Orders, Runner, address

QUICK = Plan(bots=6, seconds=1.5, ramp=0.2, changes=10.0)


def ran(plan: Plan, prepare: Callable[[FakeServer], object] = lambda fake: None, **orders: object) -> tuple[Tally, FakeServer]:
    """What a crowd measured, and the server that it measured."""

    async def run() -> tuple[Tally, FakeServer]:
        async with serving() as fake:
            prepare(fake)
            tally = Tally()
            uri = address(f"ws://127.0.0.1:{fake.port}")
            whole = replace(Orders("", plan, range(plan.bots)), **orders)  # type: ignore[arg-type]
            await Runner(whole, uri, tally).run()
            return tally, fake

    return asyncio.run(run())


def test_everybody_joins_sees_frames_that_are_right_and_is_acknowledged() -> None:
    tally, fake = ran(replace(QUICK, watchers=2))
    told = tally.report()
    assert told["join_ms"]["n"] == 6
    assert told["frames"] > 100
    assert told["bad_checks"] == told["bad_frames"] == told["failed_joins"] == told["cut"] == 0
    assert told["inputs"] == fake.heard["Acted"] > 10
    assert 0 < told["acked"] <= told["inputs"]
    assert told["visible_movers"]["max"] > 50
    assert fake.heard["Joined"] == 4
    assert fake.heard["Looked"] > 3
    assert not fake.gate.refused
    assert told["bytes_in"] > 50 * told["frames"]
    assert told["messages"]["frame"]["n"] == told["frames"]
    assert told["messages"]["welcome"]["n"] == 6
    assert 0 < sum(kind["bytes"] for kind in told["messages"].values()) < told["bytes_in"]


def test_a_spoiled_frame_is_found_and_the_sector_asked_for_again() -> None:
    def spoil(fake: FakeServer) -> None:
        fake.corrupt = 4

    tally, fake = ran(replace(QUICK, bots=1, ramp=0), spoil)
    found = tally.counts["bad_checks"] + tally.counts["bad_frames"]
    assert 1 <= found <= 4
    assert tally.report()["join_ms"]["n"] == 1, "it recovered"
    assert fake.heard["Resync"] == tally.counts["resyncs"]


def test_who_leaves_comes_back_with_the_token_it_was_given() -> None:
    tally, fake = ran(replace(QUICK, seconds=3.5, churn=4.0, ramp=0.1))
    assert tally.counts["left"] >= 4
    assert tally.resumed.n >= 1
    assert tally.counts["failed_joins"] == 0
    assert fake.gate.refused.total() == 0


def test_who_is_not_known_any_more_logs_in_anew() -> None:
    def forget(fake: FakeServer) -> None:
        asyncio.get_running_loop().call_later(0.5, fake.gate.forget)
        asyncio.get_running_loop().call_later(0.6, fake.cut)

    tally, fake = ran(replace(QUICK, seconds=2.5), forget)
    assert tally.refused == {"token": 6}
    assert tally.counts["cut"] == 6
    assert tally.joined.n == 12
    assert fake.heard["Opened"] == 12


def test_malformed_frames_are_sent_at_the_rate_asked_for_and_refused() -> None:
    tally, fake = ran(replace(QUICK, bots=1), after=400.0)
    assert 200 < tally.hostile.total() <= 800
    assert fake.gate.refused.total() > 50
    assert tally.counts["foes_refused"] > 20
    assert tally.counts["bad_checks"] == 0
    assert tally.joined.n == 1, "honest people play on"


def test_strangers_are_turned_away_at_once() -> None:
    tally, fake = ran(replace(QUICK, bots=1), before=400.0)
    assert 200 < tally.hostile.total() <= 800
    assert tally.counts["foes_connected"] > 5
    assert fake.heard["Opened"] == 1
    assert fake.gate.refused.total() >= 5


def test_slow_readers_get_the_newest_state_in_the_end() -> None:
    tally, _ = ran(replace(QUICK, seconds=2.5, slow=6, slow_every=0.5, slow_seconds=0.4))
    assert tally.gap.high > 300
    assert tally.counts["bad_checks"] == tally.counts["bad_frames"] == 0


def test_a_recorded_trace_is_played_back_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    plan = replace(QUICK, weights=Weights.parse("move=4,act=1,say=1"), ramp=0.0)
    _, fake = ran(plan, record=first)
    # played a little later than it was: whoever has no body yet at a line's time does nothing
    later = tmp_path / "later.jsonl"
    later.write_text("".join(json.dumps([t + 0.3, *rest]) + "\n" for t, *rest in map(json.loads, first.read_text().splitlines())))
    _, again = ran(replace(plan, seconds=2.0, seed=10), trace=later, record=second)
    done = [(bot, choice) for _, bot, choice in read_trace(first)]
    assert len(done) == fake.heard["Acted"] + fake.heard["Said"] > 20
    assert [(bot, choice) for _, bot, choice in read_trace(second)] == done
    assert again.heard["Said"] == fake.heard["Said"]


def test_bots_sample_what_they_see(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    tally, _ = ran(replace(QUICK, sample_every=3), sample=file)
    samples = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(samples) == tally.counts["samples"] > 30
    by_place: dict[tuple[int, int, str], set[int]] = {}
    for tick, sector, layer, value in samples:
        by_place.setdefault((tick, sector, layer), set()).add(value)
    assert all(len(values) == 1 for values in by_place.values()), "all bots saw the same"
    assert any(layer == "ground" for _, _, layer in by_place)


def test_a_bad_network_delays_and_breaks_nothing() -> None:
    async def run() -> Tally:
        async with serving() as fake:
            plan = replace(QUICK, seconds=3.0)
            orders = Orders(f"ws://127.0.0.1:{fake.port}", plan, range(6), weather=Weather(0.05, 0.02, 0.01), nice=0)
            return (await asyncio.to_thread(swarm, orders))[0]

    tally = asyncio.run(run())
    assert tally.joined.n >= 6
    assert tally.joined.low >= 300, "three ways there and back at least: TCP has none, the websocket, the login, the frame"
    assert tally.ack.low >= 100
    assert tally.counts["bad_checks"] == tally.counts["bad_frames"] == 0
    assert tally.counts["proxy_lines"] >= 6


def test_two_processes_are_one_crowd(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"

    async def run() -> Tally:
        async with serving() as fake:
            plan = replace(QUICK, seconds=2.0, sample_every=4)
            orders = Orders(f"http://127.0.0.1:{fake.port}/", plan, range(6), sample=file)
            return (await asyncio.to_thread(swarm, orders, 2))[0]

    told = asyncio.run(run()).report()
    assert told["bots_processes"] == 2
    assert told["bots"] == told["join_ms"]["n"] == 6
    assert told["bots_nice"] > 0
    assert 0 < told["bots_us_per_frame"] < 100_000
    assert len(file.read_text().splitlines()) == told["samples"] > 0


def test_a_server_that_is_not_there_is_not_the_end_of_the_bots() -> None:
    tally, _ = swarm(Orders("ws://127.0.0.1:1", replace(QUICK, seconds=0.5), range(6), nice=0))
    assert tally.counts["failed_joins"] >= 6
    assert any(name.startswith("no connection") for name in tally.ended)
    assert tally.report()["frames"] == 0


@pytest.mark.parametrize("url", ["ftp://x", "wss://localhost:9", "ws://", "", "ws://x/elsewhere"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadPlan):
        address(url)


def test_an_address_is_that_of_the_protocol() -> None:
    assert address("http://somewhere:8090/").path == LIVE
    assert (address("somewhere:8090").host, address("somewhere:8090").port) == ("somewhere", 8090)
