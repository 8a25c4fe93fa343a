"""What is this, and why does it move."""

from __future__ import annotations

from collections import defaultdict
from copy import copy

import numpy as np
import pytest

import reference
from fake_universe import small_realm
from ninepixel.client.inspector import amount_of_bytes, duration, inspect
from ninepixel.client.names import name_of, readable
from ninepixel.client.panels import Hud, card_panel, fitted, font, help_panel, hud_panel, legend_panel
from ninepixel.client.why import explain, pair_forces, rows_around
from ninepixel.ecs.ids import EntityId
from ninepixel.ecs.table import StaleEntity
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.bodies import Kind, pack_traits
from ninepixel.world.laws.lives import Act
from ninepixel.world.picture.pixels import read_base
from ninepixel.world.state import Params, State
from ninepixel.world.universe import Universe


def test_a_file_is_named_by_its_path_on_one_line_whatever_bytes_it_has() -> None:
    state, ids = small_realm()
    card = inspect(state, ids["file"])
    assert card.title == "docs/a\\nb\\xff.md"
    assert card.kind.startswith("doc-nebula, a file")
    facts = dict(card.facts)
    assert facts["size"] == "1.4 MiB"
    assert facts["changed"] == "2 hours before the newest"
    assert facts["speed"] == "at rest"
    assert card.forces[0][0].startswith("anchored")
    assert sum(card.rby) == pytest.approx(1)
    assert np.array_equal(read_base(card.pixels), card.bases)
    assert card.bases.tolist() == [[10, 120, 250], [1, 2, 3], [255, 0, 128]]


def test_sealed_matter_says_that_it_is_and_nothing_more() -> None:
    state, ids = small_realm()
    card = inspect(state, ids["code"])
    assert "never opened" in dict(card.facts)["sealed"]
    assert card.title == "src/sealed-0a1b2c3d"


def test_a_process_and_a_mote_know_where_they_come_from() -> None:
    state, ids = small_realm()
    shell = inspect(state, ids["shell"])
    assert shell.title == "bash"
    assert dict(shell.facts)["process"] == "42"
    tether = shell.forces[0]
    assert tether[0] == "tether to the realm"
    assert tether[2] > 0  # the root is further down
    assert tether[1] == 0
    mote = inspect(state, ids["mote"])
    assert mote.title == "a mote of doc-nebula"
    assert dict(mote.facts)["born of"] == "docs/a\\nb\\xff.md"
    assert dict(mote.facts)["speed"] == "0.250 cells a tick"


def test_the_dead_have_no_card() -> None:
    state, ids = small_realm()
    state.bodies.kill(EntityId(ids["mote"]))
    with pytest.raises(StaleEntity):
        inspect(state, ids["mote"])


def test_scent_pulls_toward_the_energy_of_its_own_colours() -> None:
    state, ids = small_realm()
    state.energy[:] = 0
    cx, cy = 128, int(0.45 * 256)
    state.energy[0, 0, cy, cx + 1] = 500_000
    scent = explain(state, ids["shell"])[1]
    assert scent[0].startswith("scent")
    assert scent[1] > 0
    assert scent[2] == 0


def test_neighbours_are_named_strongest_first_and_the_rest_summed() -> None:
    state, ids = small_realm()
    cell = 1 << state.params.cell_shift
    x, y = state.bodies.get(ids["mote"], "x"), state.bodies.get(ids["mote"], "y")
    for k in range(12):
        angle = 2 * np.pi * k / 12
        reach = (0.3 + 0.22 * k) * cell
        state.bodies.spawn(
            0,
            x=(x + int(np.cos(angle) * reach)) & 0xFFFFFFFF,
            y=(y + int(np.sin(angle) * reach)) & 0xFFFFFFFF,
            rby=5000 * k,
            traits=int(pack_traits(Kind.MOTE, 3)),
        )
    forces = explain(state, ids["mote"])
    strengths = [np.hypot(fx, fy) for _, fx, fy in forces[:4]]
    assert strengths == sorted(strengths, reverse=True)
    assert forces[0][0] == "pushed by a mote of media-plasma"  # the nearest sits inside the hard core
    assert "other neighbours" in forces[4][0]
    assert len(forces) == 5


def test_the_explained_forces_are_those_of_the_reference_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum over all neighbours is what one tick of the reference adds to a resting body, but for jitter and friction."""
    monkeypatch.setattr(reference, "draw", lambda *_: [0, 0, 0, 0])
    monkeypatch.setattr(reference, "slow", lambda v, _: v)
    rng = np.random.default_rng(4)
    state = State.empty(Params(11, 6), capacity=64)
    n = 40
    columns = {
        "x": rng.integers(0, 1 << 29, n),
        "y": rng.integers(0, 1 << 29, n),
        "rby": rng.integers(0, 30000, n) | (rng.integers(0, 30000, n) << 16),
        "traits": np.full(n, int(Kind.MOTE)),
        "mass": rng.integers(0, 1024, n),
    }
    state.bodies.spawn_many(n, 0, columns)
    bodies = [reference.Body(state, 0, row) for row in range(n)]
    shift = state.params.cell_shift + state.params.reach_log2
    grid: dict[tuple[int, int], list[reference.Body]] = defaultdict(list)
    for body in bodies:
        grid[body.y >> shift, body.x >> shift].append(body)
    strongest = 0.0
    for row, body in enumerate(bodies):
        values = {name: int(column[0, row]) for name, column in state.bodies.columns.items()}
        near = rows_around(state, values)
        fx, fy = pair_forces(state, values, near[near != row])
        others = reference.neighbours(state, body, grid)
        moved = reference.move(state, state.params.seed, copy(body), others, state.energy[0].astype(object))
        assert fx.sum() == pytest.approx(moved.vx / (1 << 30), abs=2.0**-29)
        assert fy.sum() == pytest.approx(moved.vy / (1 << 30), abs=2.0**-29)
        strongest = max(strongest, abs(moved.vx) / (1 << 30))
    assert strongest > 1e-3  # or nothing was compared


def test_names_sizes_and_times_for_people() -> None:
    assert readable(b"\xffa\tb\x1b[31m") == "\\xffa\\tb\\x1b[31m"
    assert readable("é/日本".encode()) == "é/日本"
    assert [amount_of_bytes(n) for n in (0, 1023, 1024, 5 << 30)] == ["0 B", "1023 B", "1.0 KiB", "5.0 GiB"]
    assert [duration(s) for s in (5, 150, 90_000, 10**9)] == ["5 seconds", "2 minutes", "25 hours", "31 years"]
    state, ids = small_realm()
    assert name_of(state, ids["root"]) == "the realm"


def test_panels_are_drawn_for_any_card_and_long_names_keep_both_ends() -> None:
    state, ids = small_realm()
    for name in ids:
        panel = card_panel(inspect(state, ids[name]))
        assert panel.mode == "RGBA"
        pixels = np.asarray(panel)
        assert pixels[-1, 5, 3] > 0  # its frame is closed at the bottom
        assert (pixels[..., :3].max(axis=-1) > 200).sum() > 100
    path = "a/" + "very/" * 60 + "end.txt"
    short = fitted(path, 12, 200)
    assert font(12).getlength(short) <= 200
    assert short.startswith("a/")
    assert short.endswith(".txt")
    assert hud_panel(Hud("title", 5, 6, 20.0, 60.0, 2.0, False, "message")).height > 60
    assert help_panel().width > 300
    assert legend_panel([]).height > 0


def test_a_life_tells_its_stores_health_doings_and_what_it_reads() -> None:
    with Universe.from_survey(synthetic(seed=1, files=20), seed=3, backend="cpu", minds=1, guardians=1) as universe:
        universe.step()
        state = universe.pull()
        mind, guardian = (
            state.bodies.entity_at(int(state.bodies.row_of[0, state.lives["body"][0, slot]]))
            for slot in (0, int(state.lives.count[0]) - 1)
        )
        post = state.bodies.entity_at(int(state.bodies.row_of[0, state.lives["post"][0, -1]]))
        column = state.lives.columns
        for name, value in {"store_b": 2048, "reading": post & 0xFFFFFFFF, "section": 1, "coins": 7, "valence": -4096}.items():
            column[name][0, 0] = value
        column["action"][0, 0] = 2 | int(Act.DECODE) << 8 | 5 << 16
        card = inspect(state, mind)
        facts = dict(card.facts)
        assert card.title == "Ileices"
        assert "B 25 %" in facts["stores"]
        assert facts["does"] == 'decode, north-east, says "5"'
        assert facts["reads"] == f"{name_of(state, post)}, section 2"
        assert facts["feels"] == "dejected"
        assert "7 coins" in facts["owns"]
        assert "born of" not in facts, "its link is a slot, not a body"
        will = {name: (x, y) for name, x, y in card.forces}["its own will"]
        assert will[0] == -will[1] > 0
        other = inspect(state, guardian)
        assert other.title == f"guardian of {name_of(state, post)}"
        assert dict(other.facts)["feels"] in ("at rest", "hunting", "fleeing", "returning")
        assert card_panel(card).height > 18 * len(card.facts)
