"""From a store and a host to a universe that goes on: begun, recovered at any tick, brought up to date, or refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from host_trees import plant, survey_of
from ninepixel.server import opening
from ninepixel.server.authority import Authority
from ninepixel.server.crowd import GRACE_SECONDS, Client
from ninepixel.server.durable import Store
from ninepixel.server.opening import HOST_FILE, HostSource, Opened, open_universe
from ninepixel.server.protocol.session import Acted, Joined
from ninepixel.server.replication import Replicator, SceneKeeper, Sectors
from ninepixel.world.host.options import HostOptions
from ninepixel.world.identity import FileIdentity
from ninepixel.world.laws.lives import Role
from ninepixel.world.store.errors import StoreError
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.thought.shipped import USUAL, policy_named
from small_courts import FILES, PERIOD, nobody

QUIET = HostOptions(processes="none")


class Life:
    """A store, its universe and an authority over it: a server without a network."""

    def __init__(self, folder: Path, source: HostSource, *, snapshot: bool = False, policy: bytes | None = None) -> None:
        self.store = Store.open(folder, start=lambda work: work())
        try:
            self.opened: Opened = open_universe(self.store, source, seed=3, minds=2, players=3, backend="cpu", policy=policy)
        except BaseException:
            self.store.drop()
            raise
        universe = self.opened.universe
        self.replicator = Replicator(SceneKeeper(Sectors(universe.pull().params.side_log2)))
        self.authority = Authority(universe, self.store, self.replicator, self.opened.desk, name_of=nobody)
        self.now = 0.0
        self.authority.settle(self.now)
        self.snapshot = snapshot

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += PERIOD
            self.authority.tick(self.opened.host(), self.now)
            self.store.commit()
            if self.snapshot and self.opened.universe.tick % 7 == 0:
                self.store.snapshot(self.opened.universe.photograph(), self.opened.desk)

    def kill(self) -> None:
        self.store.drop()
        self.opened.close()

    @property
    def files(self) -> set[bytes]:
        return {file.path for _, file in self.opened.universe.pull().cold.each(FileIdentity)}


def play(life: Life, until: int) -> None:
    """Two guests come at fixed ticks and do at every tick what depends on the tick alone."""
    universe = life.opened.universe
    while (tick := universe.tick) < until:
        crowd = life.authority.crowd
        for number, account in enumerate((5, 6)):
            if tick >= 3 + account and account not in crowd.of_account:
                life.authority.welcome(Client(number, account, f"guest {account}", "play", "player"))
            client = crowd.of_account.get(account)
            if client is not None:
                life.authority.read(number, Joined(1), life.now)
                if client.slot >= 0:
                    life.authority.read(number, Acted(tick + 1, tick % 9, (tick + account) % 9, 0), life.now)
        life.tick()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The digest at every tick of a universe that nobody killed."""
    life = Life(tmp_path_factory.mktemp("whole"), HostSource(survey=survey_of(FILES)))
    digests = [life.opened.universe.digest()]
    for tick in range(1, 41):
        play(life, tick)
        digests.append(life.opened.universe.digest())
    life.kill()
    return digests


@pytest.mark.parametrize("killed", [0, 1, 8, 9, 10, 14, 23, 33])
@pytest.mark.parametrize("snapshot", [False, True])
def test_killed_at_any_tick_it_goes_on_as_if_it_had_not_been(
    uninterrupted: list[str], tmp_path: Path, killed: int, snapshot: bool
) -> None:
    source = HostSource(survey=survey_of(FILES))
    life = Life(tmp_path, source, snapshot=snapshot)
    play(life, killed)
    desk = life.opened.desk.copy()
    life.kill()

    life = Life(tmp_path, source, snapshot=snapshot)
    opened = life.opened
    assert opened.recovered is not None
    assert opened.universe.digest() == uninterrupted[killed]
    assert opened.desk == desk
    assert sorted(life.authority.crowd.left_at) == [account for account in (5, 6) if desk.name(account)]
    play(life, 40)
    assert opened.universe.digest() == uninterrupted[40]
    life.kill()


def test_bodies_wait_for_those_who_led_them_and_not_for_ever(tmp_path: Path) -> None:
    source = HostSource(survey=survey_of(FILES))
    life = Life(tmp_path, source)
    play(life, 20)
    slots = dict(life.authority.crowd.slots)
    assert sorted(slots) == [5, 6]
    life.kill()

    life = Life(tmp_path, source)
    crowd, lives = life.authority.crowd, life.opened.universe.pull().lives
    assert crowd.slots == slots
    back = Client(0, 5, "guest 5", "play", "player")
    life.authority.welcome(back)
    life.authority.read(0, Acted(20, 1, 1, 1), life.now)
    life.tick()
    assert back.slot == slots[5]
    assert life.opened.desk.last_seq(5) == 20, "20 had been done before: it is not new"
    assert lives["action"][0, back.slot] == 0
    life.now += GRACE_SECONDS
    life.tick()
    assert crowd.slots == {5: slots[5]}
    assert lives["role"][0, slots[6]] == Role.LEARNED
    life.kill()


# -- the host ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Path:
    return plant(tmp_path / "host", {"a.md": "1", "src/b.py": "22", "src/c.csv": "333"})


def test_a_host_that_changed_meanwhile_is_told(tmp_path: Path, host: Path) -> None:
    source = HostSource(path=host, still=True, options=QUIET)
    life = Life(tmp_path / "store", source)
    life.tick(3)
    life.kill()
    (host / "src" / "c.csv").unlink()
    plant(host, {"src/b.py": "changed", "new/d.rs": "4"})

    life = Life(tmp_path / "store", source)
    assert b"src/c.csv" in life.files, "what the universe did not live to see has not happened yet"
    life.tick(2)
    expected = {b"", b"a.md", b"src", b"src/b.py", b"new", b"new/d.rs"}
    assert life.files == expected
    life.tick(2)
    digest = life.opened.universe.digest()
    life.kill()

    life = Life(tmp_path / "store", source)
    assert life.opened.universe.digest() == digest, "what was told is in the journal"
    assert life.opened.host() == ()
    assert life.files == expected
    life.kill()


def test_a_host_that_changed_a_lot_is_told_in_handfuls(tmp_path: Path, host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_A_DRAIN", 4)
    source = HostSource(path=host, still=True, options=QUIET)
    life = Life(tmp_path / "store", source)
    life.kill()
    (host / "a.md").unlink()
    plant(host, {f"more/{n}.txt": "x" for n in range(10)})
    life = Life(tmp_path / "store", source)
    batches = [life.opened.host() for _ in range(6)]
    sizes = [len(batch) for batch in batches]
    assert sizes[0] == 1, "what has gone is told before what has come"
    assert all(size <= 4 for size in sizes)
    assert sum(sizes[1:]) >= 11
    assert life.opened.host() == ()
    life.kill()


def test_a_live_host_goes_on_telling_after_what_was_missed(tmp_path: Path, host: Path) -> None:
    source = HostSource(path=host, options=QUIET)
    life = Life(tmp_path / "store", source)
    life.tick()
    life.kill()
    plant(host, {"meanwhile.txt": "1"})
    life = Life(tmp_path / "store", source)
    assert life.opened.live is not None
    assert life.opened.live.wait_until_ready(20)
    life.tick()
    assert b"meanwhile.txt" in life.files
    plant(host, {"now.txt": "1"})
    for _ in range(4000):
        life.tick()
        if b"now.txt" in life.files:
            break
    assert b"now.txt" in life.files
    life.kill()


def test_the_store_of_one_host_is_not_that_of_another(tmp_path: Path, host: Path) -> None:
    Life(tmp_path / "store", HostSource(path=host, still=True)).kill()
    other = plant(tmp_path / "other", {"x": "1"})
    with pytest.raises(StoreError, match=r"holds the universe of .*host'?, not of .*other.*choose another store"):
        Life(tmp_path / "store", HostSource(path=other, still=True))
    with pytest.raises(StoreError, match="not of a recorded host"):
        Life(tmp_path / "store", HostSource(survey=survey_of(FILES)))
    Life(tmp_path / "recorded", HostSource(survey=survey_of(FILES))).kill()
    with pytest.raises(StoreError, match="holds the universe of a recorded host, not of"):
        Life(tmp_path / "recorded", HostSource(path=host, still=True))
    link = tmp_path / "link"
    link.symlink_to(host)
    Life(tmp_path / "store", HostSource(path=link, still=True)).kill()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"root": "zz", "newest": 1}', b'{"root": "", "newest": "1"}', b"\xff"]
)
def test_a_damaged_note_of_the_host_is_said_and_not_guessed(tmp_path: Path, host: Path, content: bytes) -> None:
    Life(tmp_path / "store", HostSource(path=host, still=True)).kill()
    (tmp_path / "store" / HOST_FILE).write_bytes(content)
    with pytest.raises(StoreError, match=r"host\.json: it cannot be read .*restore it from a copy"):
        Life(tmp_path / "store", HostSource(path=host, still=True))


def test_a_crash_before_the_universe_began_is_no_obstacle(tmp_path: Path, host: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / HOST_FILE).write_text(json.dumps({"root": os.fsencode("/elsewhere").hex(), "newest": 5}))
    life = Life(store, HostSource(path=host, still=True))
    assert life.opened.recovered is None
    assert bytes.fromhex(json.loads((store / HOST_FILE).read_bytes())["root"]) == os.fsencode(host.resolve())
    life.kill()


def test_a_note_of_the_host_that_is_missing_is_written_anew(tmp_path: Path, host: Path) -> None:
    source = HostSource(path=host, still=True)
    Life(tmp_path / "store", source).kill()
    (tmp_path / "store" / HOST_FILE).unlink()
    life = Life(tmp_path / "store", source)
    assert life.opened.recovered is not None
    assert json.loads((tmp_path / "store" / HOST_FILE).read_bytes())["root"] == os.fsencode(host.resolve()).hex()
    life.kill()


def test_a_policy_is_kept_over_a_kill_and_another_takes_its_place_when_it_is_given(tmp_path: Path, host: Path) -> None:
    source = HostSource(path=host, still=True)
    first, second = (Policy.random(Shape(16), seed).packed() for seed in (1, 2))

    def led_by(life: Life) -> bytes:
        life.tick(3)
        state = life.opened.universe.pull()
        found = state.thoughts
        assert set(state.lives["role"][0, :2].tolist()) <= {int(Role.INSTINCT if found is None else Role.LEARNED)}
        life.kill()
        return b"" if found is None else found.policy

    assert led_by(Life(tmp_path / "store", source, policy=first)) == first
    assert led_by(Life(tmp_path / "store", source)) == first
    assert led_by(Life(tmp_path / "store", source, policy=second)) == second
    assert led_by(Life(tmp_path / "store", source, policy=second)) == second
    assert led_by(Life(tmp_path / "store", source, policy=b"")) == b""
    assert led_by(Life(tmp_path / "store", source)) == b""


def test_minds_of_a_new_universe_act_by_the_usual_policy(tmp_path: Path, host: Path) -> None:
    life = Life(tmp_path / "store", HostSource(path=host, still=True))
    thoughts = life.opened.universe.pull().thoughts
    life.kill()
    assert thoughts is not None
    assert thoughts.policy == policy_named(USUAL).packed()
