"""Many clients over many ticks: every one has exactly what was there, whatever happens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moving_states import go_on, moving_state
from ninepixel.server.replication import BadSectors, Frames, NoClient, Replicator, Scene, SceneKeeper, Sectors, View
from ninepixel.server.replication.scene import GROUND_TICKS
from reference_replication import Client

LAYERS = (False, True)


class Show:
    """A universe, its scenes, a replicator, and what every client should have."""

    def __init__(
        self, seed: int, *, side_log2: int = 7, bodies: int = 80, sector_log2: int = 4, tick: int = 0, **limits: int
    ) -> None:
        self.state = moving_state(seed, bodies, side_log2, tick)
        self.rng = np.random.default_rng(seed)
        self.keeper = SceneKeeper(Sectors(side_log2, sector_log2))
        self.replicator = Replicator(self.keeper, **limits)
        self.views: dict[int, View] = {}
        self.seen: dict[tuple[bool, int], list[bytes]] = {}
        self.fields: dict[int, list[bytes]] = {}
        #: Who asked for what although nothing was wrong with it: it keeps what it has until the new arrives.
        self.asked: set[tuple[int, int]] = set()

    def add(self, client: int, centre: int, reach: int = 1) -> None:
        self.replicator.add(client, centre, reach)
        self.views[client] = View(self.state.params.side_log2, self.keeper.sectors.sector_log2)

    def tick(self, *, quiet: bool = False, budget: int | None = None) -> tuple[Scene, Frames]:
        if self.keeper.tick >= 0:
            go_on(self.state, self.rng, quiet=quiet)
        scene = self.keeper.update(self.state)
        sectors = range(scene.sectors.count)
        self.seen[False, scene.tick] = [scene.rows(s).tobytes() for s in sectors]
        self.seen[True, scene.tick // GROUND_TICKS] = [scene.rows(s, ground=True).tobytes() for s in sectors]
        self.fields[scene.tick // GROUND_TICKS] = [scene.field[s].tobytes() for s in sectors]
        return scene, self.replicator.encode(budget)

    def deliver(self, frames: Frames) -> None:
        for client, view in self.views.items():
            assert view.apply(frames.of(client), frames.tick) == 0

    def verify(self) -> None:
        """Every view has, of every layer of every sector, exactly what the replicator believes it has: the scene of then."""
        for client, view in self.views.items():
            assert view.lost == []
            for place, sector in enumerate(view.window):
                movers, ground, field, _ = self.replicator._has[client, place]
                for layer, base in ((False, int(movers)), (True, int(ground))):
                    assert view.known(sector, ground=layer) == (base >= 0) or (client, sector) in self.asked
                    if base >= 0:
                        assert view.rows(sector, ground=layer).tobytes() == self.seen[layer, base][sector]
                        assert view.tick(sector, ground=layer) <= self.keeper.tick
                assert view.known_field(sector) == (field >= 0) or (client, sector) in self.asked
                if field >= 0:
                    assert view.field(sector).tobytes() == self.fields[int(field)][sector]

    def is_complete(self, client: int) -> bool:
        """Whether a client knows every layer of every sector that it sees."""
        view = self.views[client]
        return bool(view.window) and all(
            view.known(s) and view.known(s, ground=True) and view.known_field(s) for s in view.window
        )


def happenings(show: Show, rng: np.random.Generator, clients: int) -> None:
    """Anything that may happen to clients between two ticks."""
    replicator, sectors = show.replicator, show.keeper.sectors
    for client in range(clients):
        what = int(rng.integers(0, 12))
        if client not in show.views:
            if what < 6:
                show.add(client, int(rng.integers(0, sectors.count)), int(rng.integers(0, 4)))
        elif what == 0:
            replicator.busy(client)
        elif what < 4:
            replicator.busy(client, False)
        elif what == 4:
            replicator.move(client, *(int(v) for v in rng.integers(0, 2**32, 2)))
        elif what == 5:
            x, y = (
                v + (1 << 32 - sectors.side_log2) * int(rng.integers(-3, 20)) for v in sectors.corner(show.views[client].centre)
            )
            replicator.move(client, x % 2**32, y % 2**32)
        elif what == 6:
            sector = int(rng.integers(0, sectors.count))
            replicator.resync(client, sector)
            show.asked.add((client, sector))
        elif what == 7:
            replicator.look(client, int(rng.integers(0, sectors.count)), int(rng.integers(0, 4)))
        elif what == 8 and rng.random() < 0.2:
            replicator.remove(client)
            del show.views[client]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    side_log2=st.integers(6, 8),
    sector_log2=st.integers(3, 5),
    start=st.integers(0, 2**33),
    budget=st.sampled_from([5, 60, 150, 100_000]),
    burst=st.sampled_from([100_000, 200_000]),
)
def test_every_view_equals_the_scene_whatever_happens(
    seed: int, side_log2: int, sector_log2: int, start: int, budget: int, burst: int
) -> None:
    show = Show(seed, side_log2=side_log2, sector_log2=sector_log2, tick=start, budget=budget, burst=burst)
    show.tick()
    rng = np.random.default_rng(seed + 1)
    for _ in range(45):
        happenings(show, rng, clients=6)
        _, frames = show.tick(quiet=bool(rng.random() < 0.3))
        show.deliver(frames)
        show.verify()


def test_a_client_written_from_the_page_alone_sees_the_same() -> None:
    show = Show(3)
    show.add(0, 9, 2)
    client = Client(7, 4)
    for t in range(80):
        if t % 9 == 0:
            show.replicator.move(0, 2**25 * t, 2**26 * t % 2**32)
        _, frames = show.tick()
        show.deliver(frames)
        client.apply(frames.of(0))
        view = show.views[0]
        assert client.places == view.window
        for number, sector in client.sectors.items():
            for layer, rows in ((False, sector.movers.rows), (True, sector.ground.rows)):
                assert (rows is not None) == view.known(number, ground=layer)
                assert [tuple(r) for r in view.rows(number, ground=layer).tolist()] == (rows or [])
            assert bytes(sector.field or 48) == view.field(number).tobytes()
    assert client.checked > 100


def test_rings_are_refreshed_at_their_own_pace() -> None:
    show = Show(5, bodies=600, budget=100_000, burst=100_000)
    show.add(0, 20, 3)
    show.add(1, 20, 0)
    sectors, wide = show.keeper.sectors, 7
    gaps: dict[int, set[int]] = {0: set(), 1: set(), 2: set(), 3: set()}
    last: dict[int, int] = {}
    for _ in range(40):
        _, frames = show.tick()
        show.deliver(frames)
        view = show.views[0]
        for place, sector in enumerate(view.window):
            ring = max(abs(place % wide - 3), abs(place // wide - 3))
            if view.tick(sector) == frames.tick:
                gaps[ring].add(frames.tick - last.get(sector, frames.tick))
                last[sector] = frames.tick
    assert sectors.count == 64
    steady = {ring: {gap for gap in found if gap} for ring, found in gaps.items()}
    assert steady[0] == {1}
    assert max(steady[1]) == 2
    assert max(steady[2]) == max(steady[3]) == 4


def test_what_is_shared_is_the_same_bytes_for_all() -> None:
    show = Show(6)
    for client in range(5):
        show.add(client, 11, 1)
    for _ in range(20):
        _, frames = show.tick()
        assert len({frames.of(client) for client in range(5)}) == 1


def test_a_client_gets_the_same_alone_and_in_a_crowd_and_from_any_thread() -> None:
    alone, crowd = Show(7), Show(7)
    alone.add(3, 17, 1)
    for client in (5, 3, 1, 0, 2):
        crowd.add(client, 17 if client == 3 else 9 * client, 1 + client % 3)
    found: list[bytes] = []
    for t in range(60):
        alone.replicator.busy(3, 20 < t < 28)
        crowd.replicator.busy(3, 20 < t < 28)
        crowd.replicator.busy(1, t % 3 == 0)
        _, frames = alone.tick()
        worker = threading.Thread(target=lambda: found.append(crowd.tick()[1].of(3)))
        worker.start()
        worker.join()
        assert frames.of(3) == found[-1]
    assert sum(map(len, found)) > 1000


def test_busy_clients_get_nothing_and_later_the_latest() -> None:
    show = Show(8)
    show.add(0, 5, 1)
    show.add(1, 5, 1)
    show.deliver(show.tick()[1])
    show.replicator.busy(0)
    for _ in range(6):
        _, frames = show.tick()
        assert frames.of(0) == b""
        show.deliver(frames)
    show.replicator.busy(0, False)
    for _ in range(9):
        scene, frames = show.tick()
        show.deliver(frames)
        show.verify()
    centre = show.views[0].centre
    assert show.views[0].rows(centre).tobytes() == show.views[1].rows(centre).tobytes() == scene.rows(centre).tobytes()


def test_after_longer_than_the_history_a_client_gets_wholes() -> None:
    show = Show(9, bodies=300)
    show.add(0, 5, 1)
    show.deliver(show.tick()[1])
    show.replicator.busy(0)
    for _ in range(50):
        show.tick()
    show.replicator.busy(0, False)
    before = show.replicator.sent
    for _ in range(8):
        show.deliver(show.tick()[1])
        show.verify()
    assert show.replicator.sent[0] > before[0]


def test_a_gap_between_scenes_is_bridged() -> None:
    show = Show(10)
    show.add(0, 5, 1)
    for _ in range(5):
        show.deliver(show.tick()[1])
    show.state.tick += 3  # three ticks that nobody looked at
    for _ in range(12):
        show.deliver(show.tick()[1])
        show.verify()
    assert show.is_complete(0)


def test_budgets_are_kept_and_nothing_starves() -> None:
    show = Show(11, bodies=500, budget=100, burst=400)
    show.add(0, 5, 2)
    sizes, ages = [], np.zeros(25, np.int64)
    for _ in range(400):
        _, frames = show.tick(quiet=True)
        show.deliver(frames)
        show.verify()
        sizes.append(len(frames.of(0)))
        if len(sizes) > 200:
            ages = np.maximum(ages, show.keeper.tick - show.replicator._has[0, :25, 0])
    assert show.is_complete(0)
    assert np.mean(sizes[-200:]) <= 100
    assert ages.max() <= 64


def test_a_sector_larger_than_any_budget_arrives_and_stays_fresh() -> None:
    show = Show(12, side_log2=6, bodies=1500, budget=20, burst=100)
    show.add(0, 5, 1)
    for _ in range(1000):
        show.deliver(show.tick(quiet=True)[1])
    show.verify()
    assert show.is_complete(0)
    ages = show.keeper.tick - show.replicator._has[0, :9, 0]
    assert ages.max() < 32


def test_who_moves_along_an_edge_keeps_its_window() -> None:
    show = Show(13)
    sectors = show.keeper.sectors
    show.add(0, 9, 1)
    x, y = sectors.corner(9)
    cell = 1 << 32 - sectors.side_log2
    centres = []
    for t in range(30):
        show.replicator.move(0, x + (cell if t % 2 else -cell), y + 5 * cell)
        show.deliver(show.tick()[1])
        centres.append(show.views[0].centre)
    assert set(centres) == {9}
    show.replicator.move(0, x - 3 * cell, y + 5 * cell)
    show.deliver(show.tick()[1])
    assert show.views[0].centre == 8


def test_corruption_is_noticed_and_mended() -> None:
    show = Show(14, bodies=600)
    show.add(0, 9, 1)
    for _ in range(40):
        show.deliver(show.tick(quiet=True)[1])
    view = show.views[0]
    view._rows[:, 4] ^= np.uint32(1 << 31)
    bad = 0
    for _ in range(90):
        _, frames = show.tick()
        bad += view.apply(frames.of(0), frames.tick)
        for sector in view.lost:
            show.replicator.resync(0, sector)
    assert bad >= 5
    show.deliver(show.tick()[1])
    show.verify()


def test_the_first_client_in_a_full_world_needs_more_room_than_there_is() -> None:
    show = Show(15, side_log2=6, bodies=6000, budget=10**6, burst=10**7)
    for client in range(8):
        show.add(client, client, 2)
    for _ in range(4):
        show.deliver(show.tick(quiet=True)[1])
        show.verify()
    assert all(show.is_complete(client) for client in range(8))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda r: r.add(0, 1, 1), "client 0 cannot be added"),
        (lambda r: r.add(-1, 1, 1), "client -1 cannot be added"),
        (lambda r: r.remove(7), "no client 7"),
        (lambda r: r.move(7, 0, 0), "no client 7"),
        (lambda r: r.busy(99), "no client 99"),
        (lambda r: r.resync(-1, 0), "no client -1"),
        (lambda r: r.look(5, 1, 1), "no client 5"),
    ],
)
def test_clients_that_are_not_there(call: Callable[[Replicator], None], why: str) -> None:
    show = Show(16)
    show.add(0, 1, 1)
    with pytest.raises(NoClient, match=why):
        call(show.replicator)


def test_places_that_are_not_there() -> None:
    show = Show(17, max_reach=2)
    with pytest.raises(BadSectors, match="sectors of this world are 0 to 63, not 64"):
        show.add(0, 64)
    with pytest.raises(BadSectors, match="farther than 2 sectors"):
        show.add(0, 1, 3)
    show.add(0, 1, 2)
    with pytest.raises(BadSectors, match="farther than 2"):
        show.replicator.look(0, 1, 3)
    with pytest.raises(BadSectors, match="reaches 0 to 7"):
        show.replicator.look(0, 1, -1)
    show.replicator.resync(0, 10**9)  # from the wire: nobody sees that sector
    show.tick()
    show.replicator.resync(0, 10**9)
    with pytest.raises(ValueError, match="has been encoded"):
        show.replicator.encode()
    with pytest.raises(BadSectors, match="max_reach is 0 to 7"):
        Replicator(show.keeper, max_reach=8)
    with pytest.raises(ValueError, match="a budget is"):
        Replicator(show.keeper, budget=0)
