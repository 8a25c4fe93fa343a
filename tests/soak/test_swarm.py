"""A real server under a crowd with foes, cut lines and slow readers: nobody is shown anything wrong, and its journal agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninepixel.server.bench.subject import Server
from ninepixel.server.swarm.chaos import Weather
from ninepixel.server.swarm.plan import Plan, Weights
from ninepixel.server.swarm.processes import swarm
from ninepixel.server.swarm.runner import Orders
from ninepixel.server.swarm.verify import verify

pytestmark = pytest.mark.soak


def test_a_crowd_in_bad_weather_is_shown_what_happened(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    plan = Plan(
        bots=60, seconds=60.0, ramp=5.0, watchers=10, churn=2.0, slow=6, sample_every=10,
        weights=Weights.parse("move=12,act=4,utter=2,rest=1,say=1"),
    )  # fmt: skip
    with Server(tmp_path, 1500, 80) as server:
        orders = Orders(server.url, plan, range(60), Weather(0.03, 0.02, 0.002), before=200.0, after=200.0, sample=samples)
        tally, witnesses = swarm(orders, witnesses=4)
    assert witnesses is not None
    for told in (tally, witnesses):
        assert told.counts["bad_checks"] == told.counts["bad_frames"] == 0
        assert told.joined.n + told.resumed.n >= 4
    assert tally.joined.n >= 60
    assert tally.hostile.total() > 5_000
    assert tally.counts["inputs"] > 2_000
    verdict = verify(server.store, samples)
    assert verdict.compared > 2_000
    assert (verdict.wrong, verdict.twice) == (0, 0), [str(mismatch) for mismatch in verdict.mismatches]
    assert verdict.digest == server.ended["digest"]
