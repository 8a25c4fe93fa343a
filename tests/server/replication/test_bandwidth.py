"""How many bytes a client costs in a living universe. Bytes are no timings: they are the same on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.server.replication import Replicator, SceneKeeper, Sectors, View, sector_hashes
from ninepixel.server.replication.rows import THING_ID
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.universe import Universe

#: Beside the payload: websocket header, array, number, tick, the payload's own header, ack.
TICKS, WARM, RATE = 120, 20, 20


def wire(payload: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Bytes of messages on the wire that carry payloads of so many bytes."""
    message = payload + 1 + 1 + 5 + np.where(payload < 256, 2, 3) + 1
    return np.where(payload > 0, message + np.where(message < 126, 2, 4), 0)


def test_thirty_visible_movers_cost_few_kilobits() -> None:
    with Universe.from_survey(synthetic(3, 800), seed=9, backend="cpu", minds=300) as universe:
        for _ in range(WARM):
            universe.step()
        state = universe.pull()
        keeper = SceneKeeper(Sectors(state.params.side_log2))
        scene, replicator = keeper.update(state), Replicator(keeper)
        movers = np.asarray([(scene.rows(s)[:, 0] < THING_ID).sum() for s in range(keeper.sectors.count)])  # coins lie still
        visible = np.asarray([movers[keeper.sectors.window(s, 1)].sum() for s in range(keeper.sectors.count)])
        centres = np.flatnonzero((visible >= 24) & (visible <= 36)).tolist()
        assert len(centres) >= 4
        views = [View(state.params.side_log2) for _ in centres]
        for client, centre in enumerate(centres):
            replicator.add(client, centre)
        sizes = np.zeros((TICKS, len(centres)), np.int64)
        for t in range(TICKS):
            if t:
                universe.step()
                scene = keeper.update(universe.pull())
            frames = replicator.encode()
            sizes[t] = np.diff(frames.ends)[: len(centres)]
            for client, view in enumerate(views):
                assert view.apply(frames.of(client), frames.tick) == 0
        hashes, ground = sector_hashes(scene), sector_hashes(scene, ground=True)
        for view, centre in zip(views, centres, strict=True):
            assert view.hash(centre) == hashes[centre]
            assert all(
                view.hash(s, ground=True) == ground[s] for s in view.window if view.tick(s, ground=True) >= scene.ground_tick
            )
    steady = sizes[RATE:]
    assert np.median(steady.mean(axis=0)) <= 90
    kbit = wire(steady).reshape(-1, RATE, len(centres)).sum(axis=1) * 8 / 1000  # in each second
    assert np.median(kbit) <= 24
    assert np.percentile(kbit, 99) <= 64
    assert kbit.min() > 0
