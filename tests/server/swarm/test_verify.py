"""Samples against a journal: what is right is found right, and a single wrong bit is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ninepixel.cli.swarm import swarm
from ninepixel.server.durable import Store
from ninepixel.server.replication import SceneKeeper, Sectors
from ninepixel.server.swarm.plan import BadPlan
from ninepixel.server.swarm.verify import LAYERS, hash_of, read_samples, verify
from ninepixel.world.physics.bench import crowd
from ninepixel.world.store.errors import BadSave
from ninepixel.world.universe import Universe

TICKS = 40
Sample = tuple[int, int, str, int]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Sample], str]:
    """A store with a journal of a few ticks, what could be seen meanwhile, and the digest of its end."""
    folder = tmp_path_factory.mktemp("store")
    store = Store.open(folder)
    seen = list[Sample]()
    with Universe.from_state(crowd(200, 6), "cpu", record=False) as universe:
        store.begin(universe.pull())
        keeper = SceneKeeper(Sectors(6))
        keeper.update(universe.pull())
        for tick in range(TICKS):
            store.append(tick, [])
            universe.step()
            scene = keeper.update(universe.pull())
            seen += [(scene.tick, sector, layer, hash_of(scene, sector, layer)) for sector in range(16) for layer in LAYERS]
        store.commit()
        store.close()
        digest = universe.digest()
    return folder, seen, digest


def written(folder: Path, samples: list[Sample]) -> Path:
    file = folder / "samples.jsonl"
    file.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    return file


def test_what_was_seen_is_what_comes_out(ran: tuple[Path, list[Sample], str], tmp_path: Path) -> None:
    store, seen, digest = ran
    ticks = list[int]()
    verdict = verify(store, written(tmp_path, seen + seen[:100]), on_tick=ticks.append)
    assert verdict.ok
    assert verdict.compared == verdict.samples == len(set(seen)) == TICKS * 16 * 3
    assert (verdict.first, verdict.tick, verdict.digest) == (0, TICKS, digest)
    assert (verdict.wrong, verdict.outside, verdict.unsure, verdict.twice) == (0, 0, 0, 0)
    assert ticks == list(range(TICKS + 1))
    assert len({value for *_, value in seen}) > 300, "the motes moved"


@pytest.mark.parametrize("layer", LAYERS)
def test_one_wrong_bit_is_named(ran: tuple[Path, list[Sample], str], tmp_path: Path, layer: str) -> None:
    store, seen, _ = ran
    at = next(i for i, sample in enumerate(seen) if sample[:3] == (17, 5, layer))
    spoiled = [*seen[:at], (17, 5, layer, seen[at][3] ^ 1 << 9), *seen[at + 1 :]]
    verdict = verify(store, written(tmp_path, spoiled))
    assert not verdict.ok
    assert verdict.wrong == 1
    (mismatch,) = verdict.mismatches
    assert (mismatch.tick, mismatch.sector, mismatch.layer, mismatch.replayed) == (17, 5, layer, seen[at][3])
    assert "tick 17, sector 5" in str(mismatch)


def test_a_sample_of_the_tick_before_is_wrong(ran: tuple[Path, list[Sample], str], tmp_path: Path) -> None:
    store, seen, _ = ran
    early = [(tick - 1, sector, layer, value) for tick, sector, layer, value in seen if tick == 20 and layer == "movers"]
    assert verify(store, written(tmp_path, early)).wrong > 3


def test_what_the_journal_does_not_hold_is_not_called_right(ran: tuple[Path, list[Sample], str], tmp_path: Path) -> None:
    store, seen, _ = ran
    later = [(tick + 1000, sector, layer, value) for tick, sector, layer, value in seen]
    verdict = verify(store, written(tmp_path, later))
    assert (verdict.outside, verdict.compared) == (len(later), 0)
    assert not verdict.ok, "nothing was compared"
    beyond = [(5, 4096, "movers", 1), (5, -1, "ground", 1)]
    assert verify(store, written(tmp_path, beyond)).wrong == 2


@pytest.mark.parametrize(
    "line", ["[1,2]", '[1,2,"sky",3]', "{", '["1",2,"movers",3]', "[" * 1000, '[1,2,"movers",3.5]', "", '[true,2,"movers",3]']
)
def test_a_line_that_is_no_sample_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "samples.jsonl"
    file.write_text('[1,2,"movers",3]\n' + line + "\n")
    with pytest.raises(BadPlan, match=r"samples\.jsonl, line 2"):
        read_samples(file)


def test_a_folder_without_a_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSave, match="holds no journal"):
        verify(tmp_path, written(tmp_path, [(1, 2, "movers", 3)]))


def test_the_command_line_says_what_it_found(ran: tuple[Path, list[Sample], str], tmp_path: Path) -> None:
    store, seen, digest = ran
    right = written(tmp_path, seen)
    told = CliRunner().invoke(swarm, ["--verify", str(store), "--sample", str(right), "--json"], standalone_mode=False)
    row = json.loads(told.stdout)
    assert told.return_value == 0
    assert (row["event"], row["ok"], row["digest"], row["mismatches"]) == ("verified", True, digest, [])
    wrong = written(tmp_path, [*seen, (3, 3, "movers", 1)])
    told = CliRunner().invoke(swarm, ["--verify", str(store), "--sample", str(wrong)], standalone_mode=False)
    assert told.return_value == 1
    assert "1 differ" in told.stdout
    assert "tick 3, sector 3" in told.stdout
