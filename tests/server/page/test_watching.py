"""The page as a whole, in a browser: what happens in a universe is seen on the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from browser import Page
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.world.commands import Command
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.bodies import Kind
from ninepixel.world.laws.lives import Act, Role, Thing
from ninepixel.world.laws.vital import EGG_TICKS
from ninepixel.world.picture.palette import COIN_RGB, LOOT_RGB, ROW_RGB
from ninepixel.world.picture.pixels import nine_pixels
from ninepixel.world.state import State
from ninepixel.world.universe import Universe
from page_stage import Stage

Show = Callable[..., Stage]
Make = Callable[..., Universe]

HASHES = """Object.fromEntries([...ninepixel.universe.replica.sectors.keys()].map(
    (n) => [n, [0, 1, 2].map((layer) => ninepixel.universe.replica.hash(n, layer) ?? null)]))"""
#: Sprites that nothing is drawn over and that are there in full: [id, the words of its row].
ALONE = """(() => {
    const { tracks, clock } = ninepixel.universe, all = [...tracks.slots].map(([id, slot]) => {
        const spot = [0, 0], kind = tracks.kind(slot);
        tracks.where(slot, clock.newest, spot);
        return { id, slot, spot, life: kind === 5 || kind === 6, over: kind === 4 ? 0 : kind < 5 ? 1 : 2 };
    });
    const apart = (a, b) => Math.max(Math.abs(a.spot[0] - b.spot[0]), Math.abs(a.spot[1] - b.spot[1]));
    const covers = (other, one) => other !== one && other.over >= one.over && apart(one, other) < (other.life ? 2.6 : 1.7);
    return all.filter((one) => tracks.born[one.slot] < clock.newest - 8 && !all.some((other) => covers(other, one)))
        .map((one) => [one.id, [...tracks.row.subarray(one.slot * 8, one.slot * 8 + 8)]]);
})()"""


def words(page: Page, selector: str) -> str:
    """The text of an element."""
    return str(page.run(f"document.querySelector({selector!r}).textContent"))


def seen(page: Page, selector: str) -> bool:
    """Whether an element is on the screen."""
    return bool(page.run(f"document.querySelector({selector!r}).getClientRects().length > 0"))


def arrived(page: Page) -> None:
    """Let the view catch up with the newest tick, and the camera with where it was sent."""
    page.until("ninepixel.universe.clock.tick === ninepixel.universe.clock.newest")
    page.run("ninepixel.universe.camera.step(60)")


# -- what is seen is what is ---------------------------------------------------------------------------------------------


def test_the_page_knows_what_the_server_showed_it(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe(minds=6, files=30), budget=3000)
    for ticks in (3, 30, 40):
        stage.play(ticks)
        stage.until_told(page)
        view = next(iter(stage.watchers.values())).view
        known = {int(n): hashes for n, hashes in page.run(HASHES).items()}
        assert sorted(known) == sorted(view.window)
        for number, hashes in known.items():
            assert hashes == [view.hash(number), view.hash(number, ground=True), view.hash_field(number)]
    page.until("ninepixel.sprites > 20 && ninepixel.drawn > 20 && ninepixel.decoded > 100")
    assert page.run("ninepixel.badChecks") == 0
    assert stage.gate.refused == []


def test_bodies_are_drawn_as_their_nine_pixels_to_the_bit(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe(minds=6, files=24))
    stage.play(12)
    arrived(page)
    alone = {index: row for index, row in page.run(ALONE) if index < 1 << 30 and row[2] >> 9 & 15 != Act.DECODE}
    kinds = {index: row[3] & 255 for index, row in alone.items()}
    sample = [index for kind in Kind for index in [i for i in alone if kinds[i] == kind][:3]]
    for index in sample:
        row = np.asarray(alone[index], np.uint32)
        energy = (1 << int(row[2] & 31)) >> 1
        red, blue, yellow = row[5:] & 0xFFFFFF
        expected = nine_pixels(red, blue, yellow, row[4], row[3] & 0xFFFFFF, energy)
        assert (_close_up(page, index) == expected).all(), f"body {index}, a {Kind(kinds[index]).name}"
    assert {Kind.MATTER, Kind.FOLDER, Kind.MOTE, Kind.MIND} <= {kinds[index] for index in sample}


def test_small_things_are_as_small_and_as_bright_as_in_pictures(show: Show, page: Page, make_universe: Make) -> None:
    universe = make_universe(minds=2, files=6)
    state, genes = universe.pull(), (0x40FF80, 0x102030, 0xA0B0C0)
    free = np.flatnonzero(state.things["kind"][0] == Thing.NONE)[:3]
    state.things.block[0][:, free] = 0
    state.things["owner"][0, free] = -1
    half = 21845 | 21845 << 16
    values: dict[str, Any] = {
        "kind": [Thing.COIN, Thing.LOOT, Thing.EGG],
        "x": [40 << 25, 44 << 25, 48 << 25],
        "y": [20 << 25] * 3,
    }
    values |= {"strength": [3, 255, 0], "rby": [half] * 3, "energy": [0, 0, 900]}
    values |= {name: [gene] * 3 for name, gene in zip(("gene_r", "gene_b", "gene_y"), genes, strict=True)}
    for name, column in values.items():
        state.things[name][0, free] = column
    stage = show(universe)
    stage.play(8)
    arrived(page)
    coin, loot, egg = (_close_up(page, 0x40000000 | slot) for slot in free.tolist())
    assert (coin == np.round(np.asarray(COIN_RGB) * (0.66 + 0.08 * 2))).all()
    corners = [np.multiply(row, 0.4 + 0.6 * 21845 / 65536) for row in ROW_RGB[:2]] + [np.multiply(ROW_RGB[2], 0.6), LOOT_RGB]
    assert np.abs(loot[::2, ::2].reshape(4, 3) - corners).max() <= 1
    assert (egg == nine_pixels(*genes, half, int(Kind.MIND), 900)).all()


def _close_up(page: Page, sprite: int) -> npt.NDArray[np.int64]:
    """Fly near and read three by three pixels."""
    page.run(f"ninepixel.universe.camera.fly(...ninepixel.universe.find({sprite}, ninepixel.tick), 4)")
    page.run("ninepixel.universe.camera.step(60)")
    return np.asarray(page.run(f"ninepixel.readPixels({sprite})")).reshape(3, 3, 3)


# -- a life ---------------------------------------------------------------------------------------------------------------


def test_a_mind_is_born_eats_and_dies_before_the_watchers_eyes(show: Show, page: Page, make_universe: Make) -> None:
    """In the timeline, in the view and in the inspector."""
    universe = make_universe(minds=2, files=8, spare=1, guardians=0)
    state = universe.pull()
    child = 2
    stage = show(universe)
    assert state.lives["body"][0, child] < 0

    _lay(state, x=100 << 25, y=30 << 25)  # born
    stage.play(4)
    body = int(state.lives["body"][0, child])
    assert body >= 0
    page.until("[...document.querySelectorAll('#stories .birth')].some((line) => line.textContent.includes('is born'))")
    assert page.run("document.querySelectorAll('#strip .birth').length") == 1
    assert page.run("ninepixel.painter.marks.flashes.some((flash) => flash.kind === 'birth')")
    page.until(f"ninepixel.universe.tracks.slots.has({body})")
    page.run("document.querySelector('#stories .birth button').click()")  # fly there; it is picked
    arrived(page)
    assert page.run(f"ninepixel.universe.at(640, 360, ninepixel.tick) === {body}")

    state.lives["role"][0, child] = int(Role.GUEST)  # eats
    state.energy[...] = 1 << 12
    acts = bytearray(9)
    acts[3 * child + 1] = Act.GRAZE
    stage.commands = [Command("minds.act", b"", {"acts": bytes(acts)})]
    before = int(state.lives["eaten_r"][0, child])
    stage.play(40)
    assert state.lives["eaten_r"][0, child] > before
    page.until("document.querySelector('#facts').textContent.includes('grazes')")
    page.until("[...document.querySelectorAll('#stories .deed')].some((line) => line.textContent.includes('eat 768 units'))")
    status = f"ninepixel.universe.tracks.status(ninepixel.universe.tracks.slots.get({body}))"
    assert page.run(f"({status} >> 9) & 15") == Act.GRAZE
    page.until("ninepixel.painter.marks.sharp.data.filter((_, i) => i % 8 === 7).includes(2)")  # rings close on it

    stage.commands = []  # dies
    state.lives["health"][0, child] = 0
    state.lives["role"][0, child] = int(Role.STILL)
    state.lives["store_r"][0, child] = 0
    stage.play(6)
    assert state.lives["body"][0, child] != body
    page.until("document.querySelectorAll('#stories .death').length === 1")
    page.until(
        f"ninepixel.universe.find({body}, ninepixel.universe.clock.newest) === null || ninepixel.tick > {stage.universe.tick - 1}"
    )
    assert page.run("ninepixel.painter.marks.flashes.some((flash) => flash.kind === 'death')")
    page.until("document.querySelector('#what').textContent === 'lives no more'")
    arrived(page)
    assert not page.run(f"ninepixel.universe.tracks.there(ninepixel.universe.tracks.slots.get({body}) ?? 0, ninepixel.tick + 1)")


def _lay(state: State, x: int, y: int) -> None:
    """A ripe egg."""
    slot = int(np.flatnonzero(state.things["kind"][0] == Thing.NONE)[0])
    state.things.block[0][:, slot] = 0
    columns = {"kind": int(Thing.EGG), "x": x, "y": y, "age": EGG_TICKS, "energy": 3072, "owner": -1, "rby": 21845 | 21845 << 16}
    for name, value in {**columns, "gene_r": 0x90A0B0, "gene_b": 0x80C040, "gene_y": 0x60F020, "generation": 1}.items():
        state.things[name][0, slot] = value


# -- people ------------------------------------------------------------------------------------------------------------------


def test_keys_go_from_mind_to_mind_and_about(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe(minds=4))
    ids = sorted(stage.universe.pull().lives["body"][0, :4].tolist())
    visited = []
    for _ in range(5):
        page.key("n")
        visited.append(page.run("ninepixel.followed"))
    assert visited == [*ids, ids[0]]
    page.key("p")
    assert page.run("ninepixel.followed") == ids[-1]
    page.until("document.querySelector('#what').textContent.includes('instinct')")
    assert seen(page, "#inspector")
    x = page.run("ninepixel.universe.camera.goal.x")
    page.run("dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))")
    page.until(f"Math.abs(ninepixel.universe.camera.goal.x - {x}) > 0.5")
    page.run("dispatchEvent(new KeyboardEvent('keyup', { key: 'ArrowRight' }))")
    assert page.run("ninepixel.followed") == -1
    cells = page.run("ninepixel.universe.camera.goal.cells")
    page.key("-")
    assert page.run("ninepixel.universe.camera.goal.cells") > cells
    page.key("h")
    assert seen(page, "#help")
    page.key("h")
    assert not seen(page, "#help")
    page.key("Escape")
    assert not seen(page, "#inspector")


def test_the_mouse_moves_picks_and_flies(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe(minds=3))
    body = int(stage.universe.pull().lives["body"][0, 1])
    arrived(page)
    x, y = page.run(f"ninepixel.universe.camera.toScreen(...ninepixel.universe.find({body}, ninepixel.tick))")
    page.click(x, y)
    assert page.run("ninepixel.followed") in stage.universe.pull().lives["body"][0].tolist()
    before = page.run("ninepixel.universe.camera.x")
    page.drag((640, 300), (440, 300))
    assert page.run("ninepixel.followed") == -1
    assert page.run("ninepixel.universe.camera.x") != before
    left, top, wide = page.run(
        "(({ left, top, width }) => [left, top, width])(document.querySelector('#minimap').getBoundingClientRect())"
    )
    page.click(left + wide * 0.25, top + wide * 0.75)
    goal = page.run("[ninepixel.universe.camera.goal.x, ninepixel.universe.camera.goal.y]")
    assert np.allclose(goal, [32, 96], atol=2)


def test_what_is_said_is_heard_as_text_and_not_at_all_where_nobody_may_speak(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe())
    assert seen(page, "#chat")
    stage.say("<b>Mystiiqa</b>", "<img src=x onerror=alert(1)> hello")
    page.until("ninepixel.heard === 1")
    assert words(page, "#heard li") == "<b>Mystiiqa</b><img src=x onerror=alert(1)> hello"
    assert page.run("document.querySelectorAll('#heard img').length") == 0
    stage.chat = False
    stage.close_all()
    page.until("ninepixel.reconnects === 1 && ninepixel.state === 'live'")
    assert not seen(page, "#chat")


def test_a_lost_connection_is_said_and_comes_back_where_one_was(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe())
    page.run("ninepixel.universe.camera.fly(20, 20, 30), ninepixel.universe.camera.step(60)")
    stage.close_all()
    page.until("document.body.dataset.state === 'waiting'")
    assert "lost" in words(page, "#banner")
    assert seen(page, "#banner")
    page.until("ninepixel.state === 'live'")
    stage.until_shown(page)
    assert page.run("[ninepixel.universe.camera.goal.x, ninepixel.universe.camera.goal.y]") == [20, 20]
    assert not seen(page, "#banner")
    assert words(page, "#state-words") == "Live"


def test_a_wrong_layer_is_sent_again(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe(minds=6, files=30))
    view = next(iter(stage.watchers.values())).view
    sector = max(view.window, key=lambda number: len(view.rows(number)))
    page.run(f"ninepixel.universe.replica.sectors.get({sector}).rows[0][1] ^= 64")
    stage.play(40)
    page.until("ninepixel.badChecks === 1")
    asked = f"ninepixel.universe.replica.hash({sector}, 0) !== undefined"
    for _ in range(100):  # the page asks, and the next frame has the whole
        stage.play(1)
        stage.until_told(page)
        if page.run(asked):
            break
    assert page.run(f"ninepixel.universe.replica.hash({sector}, 0)") == view.hash(sector)
    assert page.run("ninepixel.badChecks") == 1
    assert stage.resyncs == [sector]


def test_a_server_of_another_version_is_explained(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe())
    challenge = encode(m.CHALLENGE, 9, bytes(16), bytes(16), bytes(32))
    stage.do(lambda: stage.broadcast(challenge))
    page.until("ninepixel.state === 'ended'")
    assert "version 9" in words(page, "#banner")
    assert "Reload" in words(page, "#banner")


def test_notices_stand_until_they_are_over(show: Show, page: Page, make_universe: Make) -> None:
    stage = show(make_universe())
    for fields, said in (
        (("slow", "", {"rate_milli": 10_000, "halvings": 1}), "runs at 10 ticks a second"),
        (("slow", "", {"rate_milli": 20_000, "halvings": 0}), ""),
        (("paused", "", {}), "holds the universe still"),
    ):
        notice = encode(m.NOTICE, *fields)
        stage.do(partial(stage.broadcast, notice))
        banner = "document.querySelector('#banner')"
        page.until(f"{banner}.textContent.includes({said!r}) && {banner}.hidden === {str(not said).lower()}")
    stage.play(8)
    page.until("document.querySelector('#banner').hidden")


@pytest.mark.parametrize(
    ("lacking", "why"),
    [("HTMLCanvasElement.prototype.getContext = () => null", "WebGL2"), ("delete window.WebSocket", "WebSocket")],
)
def test_a_browser_that_cannot_is_told_why(page: Page, still_stage: Stage, lacking: str, why: str) -> None:
    page.call("Page.addScriptToEvaluateOnNewDocument", source=lacking)
    page.open(still_stage.url)
    page.until("document.querySelector('#trouble').open")
    assert why in words(page, "#trouble-words")


def test_on_a_phone_panels_are_sheets_and_everything_can_be_touched(
    show: Show, page: Page, make_universe: Make, shots: Path
) -> None:
    stage = show(make_universe(minds=4), screen={"width": 390, "height": 844, "ratio": 2.0, "phone": True})
    assert not seen(page, "#moments")
    for sheet in ("moments", "chart", "chat"):
        page.run(f"document.querySelector('#tools [data-do={sheet}]').click()")
        assert seen(page, f"#{sheet}")
        bottom, top = (
            page.run(f"document.querySelector('{one}').getBoundingClientRect().{edge}")
            for one, edge in ((f"#{sheet}", "bottom"), ("#tools", "top"))
        )
        assert bottom <= top + 1
        page.run(f"document.querySelector('#tools [data-do={sheet}]').click()")
        assert not seen(page, f"#{sheet}")
    sizes = "[...document.querySelectorAll('#tools button')].map((b) => [b.offsetHeight, b.offsetWidth]).filter(([h]) => h)"
    assert all(high >= 40 and wide >= 30 for high, wide in page.run(sizes))
    assert page.run("document.documentElement.scrollWidth") <= 390
    assert page.run("ninepixel.painter.canvas.width") <= 780
    page.run("document.querySelector('#tools [data-do=next]').click()")
    stage.play(2)
    page.until("document.querySelector('#what').textContent.includes('instinct')")
    page.picture(shots / "phone.png")
    assert (shots / "phone.png").stat().st_size > 20_000


def test_whoever_wants_no_motion_gets_none(page: Page, still_stage: Stage) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    page.open(still_stage.url)
    page.until("ninepixel.universe !== null")
    assert page.run("ninepixel.universe.camera.still")
    page.run("ninepixel.universe.camera.fly(3, 4, 9)")
    page.until("ninepixel.universe.camera.x === 3 && ninepixel.universe.camera.cells === 9")


def test_every_control_has_a_name(page: Page, still_stage: Stage) -> None:
    page.open(still_stage.url)
    nameless = """[...document.querySelectorAll('button, [tabindex], section, canvas, dialog')].filter((one) =>
        !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent.trim())
    ).map((one) => one.outerHTML)"""
    assert page.run(nameless) == []
    assert page.run("document.documentElement.lang") == "en"


# -- measured ----------------------------------------------------------------------------------------------------------------


def test_two_thousand_in_view_are_drawn(show: Show, page: Page, record_property: Callable[[str, object], None]) -> None:
    """That they are drawn is tested; how fast depends on the machine, and is told (``-s``)."""
    stage = show(Universe.from_survey(synthetic(3, 440), seed=9, minds=24, backend="cpu"))
    page.run("ninepixel.universe.camera.fly(128, 128, 116), ninepixel.universe.camera.step(60)")
    stage.until_shown(page)
    stage.play()
    page.until("ninepixel.drawn >= 2000")
    time.sleep(5)  # it finds the resolution that this machine can draw
    began, frames = time.monotonic(), page.run("ninepixel.frames")
    time.sleep(3)
    rate = (page.run("ninepixel.frames") - frames) / (time.monotonic() - began)
    stage.playing = False
    record_property("frames_per_s", round(rate, 1))
    record_property("in_view", page.run("ninepixel.drawn"))
    drawn, quality, renderer = page.run("[ninepixel.drawn, ninepixel.quality, ninepixel.painter.renderer]")
    print(f"{rate:.1f} frames/s with {drawn} in view at {quality} of the resolution: {renderer}")
    assert rate > 0.5
    assert page.run("ninepixel.badChecks") == 0
