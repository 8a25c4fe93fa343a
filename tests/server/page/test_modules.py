"""The page's modules one by one, in a browser, held to their Python twins."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from browser import Page
from ninepixel.server.page.overview import Gauges, overview_bytes
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import decode
from ninepixel.server.replication import Replicator, Scene, SceneKeeper, Sectors, View
from ninepixel.server.replication.rows import check_of_rows
from ninepixel.world.laws.bodies import Kind, pack_codon, pack_rby, pack_traits
from ninepixel.world.picture.palette import MATTER_RGB
from ninepixel.world.picture.pixels import nine_pixels
from ninepixel.world.picture.small import mood_light
from ninepixel.world.universe import Universe

#: Values as JSON carries them: bytes as {"bytes": hex}.
SHOW = """
const mapped = (object, f) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
function show(v) {
    if (v instanceof Uint8Array) return { bytes: hex(v) };
    if (Array.isArray(v)) return v.map(show);
    return v !== null && typeof v === "object" ? mapped(v, show) : v;
}
function read(v) {
    if (v === null || typeof v !== "object") return v;
    if (Array.isArray(v)) return v.map(read);
    return typeof v.bytes === "string" ? Uint8Array.from(v.bytes.match(/../g) ?? [], (h) => parseInt(h, 16)) : mapped(v, read);
}
const from64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
"""


def run(page: Page, module: str, script: str) -> Any:
    """The value of a script's ``return``, with the module's exports as ``module``."""
    return page.run(f"(async () => {{ const module = await import('/page/{module}.js'); {SHOW} {script} }})()")


def shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list) else value


def sixty_four(data: bytes) -> str:
    return base64.b64encode(data).decode()


# -- msgpack -----------------------------------------------------------------------------------------------------------

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.binary(max_size=300)
)
#: JavaScript puts keys that look like numbers first; maps have no order that counts.
KEYS = st.text(max_size=4).filter(lambda key: key not in ("bytes", "__proto__") and not key.isnumeric())
VALUES = PLAIN | st.lists(PLAIN, max_size=20) | st.dictionaries(KEYS, PLAIN, max_size=20)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.lists(VALUES, max_size=6))
def test_messages_are_read_and_written_as_python_does(module_page: Page, message: list[Any]) -> None:
    packed = msgpack.packb(message, use_bin_type=True)
    script = f"""const bytes = from64("{sixty_four(packed)}"), value = module.decode(bytes);
        return {{ value: show(value), again: show(module.encode(read({json.dumps(shown(message))}))).bytes }};"""
    result = run(module_page, "msgpack", script)
    assert result["value"] == shown(message)
    assert result["again"] == packed.hex()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut short"),
        (b"\x92\x01", "longer than its message"),
        (b"\x01\x01", "too many"),
        (b"\xcb" + bytes(8), "not spoken"),
        (b"\xc7\x01\x01\x00", "not spoken"),
        (b"\xdd\xff\xff\xff\xff", "longer than its message"),
        (b"\xdf\x7f\xff\xff\xff", "longer than its message"),
        (b"\xc6\xff\xff\xff\xff", "cut short"),
        (b"\xa1\xff", "no UTF-8"),
        (b"\x81\x01\x01", "keys"),
        (b"\xcf" + b"\xff" * 8, "too large"),
        (b"\x91" * 9 + b"\x00", "nested"),
    ],
)
def test_what_is_no_message_is_refused(module_page: Page, data: bytes, why: str) -> None:
    script = f"""try {{ module.decode(from64("{sixty_four(data)}")); return "taken"; }}
        catch (error) {{ return error instanceof RangeError ? error.message : "other " + error; }}"""
    assert why in run(module_page, "msgpack", script)


@pytest.mark.parametrize("value", ["1.5", "undefined", "NaN", "2 ** 53", "() => 1"])
def test_what_the_protocol_does_not_know_is_not_sent(module_page: Page, value: str) -> None:
    script = f"try {{ module.encode([{value}]); return 'sent'; }} catch (error) {{ return error.constructor.name; }}"
    assert run(module_page, "msgpack", script) == "TypeError"


def test_hello_is_what_the_server_reads(module_page: Page) -> None:
    script = """const { encode } = await import('/page/msgpack.js'); return show(encode(module.hello())).bytes;"""
    message, fields = decode(bytes.fromhex(run(module_page, "messages", script)), by_client=True)
    assert message.number == m.HELLO
    assert fields[:5] == [m.VERSION, b"", "watch", "", b""]


def test_the_numbers_of_messages_are_those_of_the_table(module_page: Page) -> None:
    numbers = run(
        module_page,
        "messages",
        "return { ...module.Say, ...module.Hear, fields: module.FIELDS, BYE: 13, FAREWELL: module.Hear.BYE };",
    )
    fields = numbers.pop("fields")
    for name, number in numbers.items():
        assert getattr(m, name) == number
    for number, count in fields.items():
        assert len(m.BY_NUMBER[int(number)].fields) == count


# -- the law of the nine pixels --------------------------------------------------------------------------------------------


def test_nine_pixels_are_those_of_the_law(module_page: Page) -> None:
    rng, n = np.random.default_rng(4), 500
    codons = [pack_codon(*rng.integers(0, 256, (3, n))) for _ in range(3)]
    top, middle, low = codons
    red = rng.integers(0, 65536, n)
    rby = pack_rby(red, np.minimum(rng.integers(0, 65536, n), 65536 - red))
    traits = pack_traits(rng.integers(1, 7, n), rng.integers(0, len(MATTER_RGB) + 2, n), rng.integers(0, 8, n))
    octaves = rng.integers(0, 32, n)
    energy = np.where(octaves > 0, 1 << np.maximum(octaves - 1, 0), 0)
    bodies = [[[int(c[i]) for c in codons], int(rby[i]), int(traits[i]), int(octaves[i])] for i in range(n)]
    drawn = run(module_page, "nine", f"return {json.dumps(bodies)}.map((body) => module.ninePixels(...body));")
    expected = nine_pixels(top, middle, low, rby, traits, energy).reshape(n, 9, 3)
    assert (np.asarray(drawn) == expected).all()


def test_the_light_of_affect_is_that_of_the_picture(module_page: Page) -> None:
    valence, arousal = np.asarray([-1.0, -0.4, 0.0, 0.3, 1.0]), np.asarray([0.0, 1.0, 0.5, 0.2, 0.9])
    pairs = json.dumps(list(zip(valence.tolist(), arousal.tolist(), strict=True)))
    lights = run(module_page, "marks", f"return {pairs}.map(([v, a]) => module.moodLight(v, a));")
    assert np.allclose(lights, mood_light(valence * 10_240, arousal))


# -- replication -----------------------------------------------------------------------------------------------------------

REPLICA = """
let calls = 0;
const sink = { rows() { calls++; }, field() {} };
const hashes = (replica) => Object.fromEntries(
    [...replica.sectors.keys()].map((number) => [number, [0, 1, 2].map((layer) => replica.hash(number, layer) ?? null)])
);
"""


def recorded(universe: Universe, ticks: int) -> tuple[list[tuple[int, bytes]], list[dict[str, list[int | None]]]]:
    """Frames of a watcher that looks about, and what the Python twin knows after each."""
    state = universe.pull()
    sectors = Sectors(state.params.side_log2)
    keeper = SceneKeeper(sectors)
    keeper.update(state)
    replicator, view = Replicator(keeper, budget=900, burst=4000), View(state.params.side_log2)
    replicator.add(0, 27, 3)
    frames, known = [], []
    for tick in range(ticks):
        if tick % 20 == 19:
            replicator.look(0, (27 + 5 * tick) % sectors.count, 1 + tick % 3)
        if tick == 50:
            replicator.resync(0, view.window[4])
        universe.step()
        keeper.update(universe.pull())
        payload = replicator.encode().of(0)
        assert view.apply(payload, universe.tick) == 0
        frames.append((universe.tick, payload))
        known.append({str(n): _known(view, n) for n in view.window})
    return frames, known


def _known(view: View, sector: int) -> list[int | None]:
    layers = [view.hash(sector, ground=ground) if view.known(sector, ground=ground) else None for ground in (False, True)]
    return [*layers, view.hash_field(sector)]


def test_what_is_decoded_is_what_the_python_twin_decodes(module_page: Page, make_universe: Callable[..., Universe]) -> None:
    with make_universe(minds=6, files=40) as universe:
        frames, known = recorded(universe, 100)
    feed = json.dumps([[tick, sixty_four(payload)] for tick, payload in frames])
    script = f"""{REPLICA} const replica = new module.Replica(7, 4, sink), seen = [];
        for (const [tick, text] of {feed}) {{
            if (replica.apply(from64(text), tick).length) throw new Error("lost");
            seen.push(hashes(replica));
        }}
        return {{ seen, bad: replica.badChecks, decoded: replica.decoded, calls }};"""
    result = run(module_page, "replica", script)
    assert result["seen"] == known
    assert result["bad"] == 0
    assert result["decoded"] > 300
    assert any(len(window) < 49 for window in known)


def test_broken_payloads_are_refused_and_nothing_worse(module_page: Page, make_universe: Callable[..., Universe]) -> None:
    with make_universe(minds=6, files=40) as universe:
        frames, _ = recorded(universe, 24)
    frames = [frame for frame in frames if len(frame[1]) > 8]
    rng = np.random.default_rng(8)
    broken = []
    for _ in range(400):
        tick, payload = frames[int(rng.integers(len(frames)))]
        data = bytearray(payload)
        if rng.random() < 0.4:
            del data[int(rng.integers(len(data))) :]
        else:
            for _ in range(int(rng.integers(1, 6))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
        broken.append([tick, sixty_four(bytes(data))])
    script = f"""{REPLICA} const outcome = {{}};
        const first = from64("{sixty_four(frames[0][1])}");
        for (const [tick, text] of {json.dumps(broken)}) {{
            const replica = new module.Replica(7, 4, sink);
            replica.apply(first, {frames[0][0]});
            try {{ replica.apply(from64(text), tick); outcome.taken = (outcome.taken ?? 0) + 1; }}
            catch (error) {{ outcome[error.constructor.name] = (outcome[error.constructor.name] ?? 0) + 1; }}
        }}
        return outcome;"""
    outcome = run(module_page, "replica", script)
    assert set(outcome) <= {"taken", "RangeError"}
    assert outcome["RangeError"] > 50


def test_a_lost_layer_is_asked_for_once_and_mended_by_its_whole(
    module_page: Page, make_universe: Callable[..., Universe]
) -> None:
    with make_universe(minds=6, files=40) as universe:
        frames, _ = recorded(universe, 60)
        scene = Scene.of(universe.pull())
        sector = int(np.argmax(np.diff(scene.movers_start[:65])))
    feed = json.dumps([[tick, sixty_four(payload)] for tick, payload in frames[:19]])
    script = f"""{REPLICA} const replica = new module.Replica(7, 4, sink), lost = [];
        for (const [i, [tick, text]] of {feed}.entries()) {{
            if (i === 2) replica.sectors.get({sector}).rows[0][1] ^= 64;  // a bit of a place, as if it had been decoded wrongly
            lost.push(...replica.apply(from64(text), tick));
        }}
        return {{ lost, bad: replica.badChecks, hash: replica.hash({sector}, 0) ?? null }};"""
    result = run(module_page, "replica", script)
    assert result == {"lost": [sector], "bad": 1, "hash": None}


def test_the_check_is_the_published_one(module_page: Page) -> None:
    rows = np.random.default_rng(2).integers(0, 1 << 32, (5, 8), dtype=np.uint32)
    words = rows.reshape(-1).tolist()
    assert run(module_page, "replica", f"return module.check({words});") == int(check_of_rows(rows, 0, 5))
    assert run(module_page, "replica", "return module.check([]);") == 0x811C9DC5


def test_the_overview_is_read(module_page: Page, make_universe: Callable[..., Universe]) -> None:
    with make_universe(minds=5) as universe:
        universe.step()
        scene = Scene.of(universe.pull())
    data = overview_bytes(scene, Gauges(0.5, None, 0.25, 0.0, lateness=0.0123))
    script = f"""const news = module.readOverview(from64("{sixty_four(data)}"), 128);
        return {{ ...news, movers: [...news.movers], field: [...news.field] }};"""
    news = run(module_page, "minimap", script)
    assert news["gauges"] == {"cpu": 0.5, "memory": None, "disk": 0.25, "net": 0}
    assert (news["cells"], news["lateness"], news["moving"]) == (8, 12.3, len(scene.movers))
    assert sum(news["movers"]) == len(scene.movers)
    kinds = (scene.movers[:, 3] & 0xFF).tolist()
    guardians = [kind == Kind.GUARDIAN for kind in kinds if kind in (Kind.MIND, Kind.GUARDIAN)]
    assert [mind["guardian"] for mind in news["minds"]] == sorted(guardians)
    assert len(news["field"]) == 192


# -- time and place -------------------------------------------------------------------------------------------------------------


def test_sprites_glide_between_frames_over_the_edge_of_the_world(module_page: Page) -> None:
    script = """const tracks = new module.Tracks(128, 16), row = (id, x, y, kind = 5) => [id, x | (y << 16), 0, kind, 0, 0, 0, 0];
        const words = (rows) => Uint32Array.from(rows.flat());
        const put = (sector, rows, before, tick, told) => tracks.rows(sector, 0, words(rows), words(before), tick, told);
        const out = [0, 0], at = (id, tick) => { tracks.where(tracks.slots.get(id), tick, out); return [...out]; };
        put(7, [row(1, 1020, 64)], [], 100, NaN);
        put(7, [], [row(1, 1020, 64)], 101, 100); put(0, [row(1, 4, 64)], [], 101, NaN);
        const over = [at(1, 100), at(1, 100.5), at(1, 101), at(1, 105)];
        put(0, [row(1, 4, 64)], [row(1, 4, 64)], 130, 101);
        put(0, [row(1, 68, 64)], [row(1, 4, 64)], 131, 130);
        const rest = [at(1, 120), at(1, 130), at(1, 130.5), at(1, 131)];
        put(0, [], [row(1, 68, 64)], 140, 131);
        const slot = tracks.slots.get(1), there = [tracks.there(slot, 139.9), tracks.there(slot, 140)];
        put(0, [row(1, 500, 500, 6)], [], 141, 140);
        return { over, rest, there, other: [tracks.there(slot, 140.5), tracks.there(slot, 141), at(1, 141)] };"""
    result = run(module_page, "tracks", script)
    assert result["over"] == [[127.9375, 1], [128, 1], [0.0625, 1], [0.0625, 1]]
    assert result["rest"] == [[0.0625, 1], [0.0625, 1], [0.5625, 1], [1.0625, 1]]
    assert result["there"] == [True, False]
    assert result["other"] == [False, True, [7.8125, 7.8125]]


def test_the_clock_is_late_by_a_little_and_even(module_page: Page) -> None:
    script = """const clock = new module.Clock(50, 100), seen = [], late = [3, 41, 0, 77, 12, 60, 5, 20];
        const comes = (tick) => Math.ceil((tick * 50 + late[tick % 8]) / 10) * 10;
        for (let ms = 0; ms < 20000; ms += 10) {
            for (let tick = 0; tick < 400; tick++) if (comes(tick) === ms) clock.heard(1000 + tick, ms);
            const tick = clock.read(ms);
            if (ms > 3000) seen.push(1000 + ms / 50 - tick);
        }
        const still = clock.read(60000); clock.heard(5, 60010);
        return { least: Math.min(...seen), most: Math.max(...seen), tickMs: clock.tickMs, still, anew: clock.read(60020) };"""
    result = run(module_page, "clock", script)
    assert 1.5 < result["least"] < result["most"] < 4
    assert abs(result["tickMs"] - 50) < 1
    assert result["still"] == 1399
    assert result["anew"] <= 5


def test_reconnecting_waits_longer_every_time_but_not_for_ever(module_page: Page) -> None:
    waits = run(module_page, "link", "return [0, 1, 2, 3, 9, 99].map((n) => [module.wait(n, 0), module.wait(n, 1)]);")
    assert waits == [[0.375, 0.625], [0.75, 1.25], [1.5, 2.5], [3, 5], [15, 25], [15, 25]]
    script = "return ['http:', 'https:'].map((protocol) => module.liveAddress({ protocol, host: 'h:9' }));"
    assert run(module_page, "link", script) == ["ws://h:9/live", "wss://h:9/live"]


def test_what_lies_under_the_pointer_stays_there_when_one_zooms(module_page: Page) -> None:
    script = """const camera = new module.Camera(128); camera.resize(800, 600); camera.still = true;
        const before = camera.toWorld(650, 100); camera.zoom(4, 650, 100); camera.step(0); const after = camera.toWorld(650, 100);
        camera.fly(127.5, 3); camera.step(0); const [sx, sy] = camera.toScreen(0.5, 3);
        return { before, after, beside: [Math.round(sx - 400), sy - 300], reach: [camera.reach(16, 3)], scale: camera.scale };"""
    result = run(module_page, "camera", script)
    assert np.allclose(result["before"], result["after"])
    assert result["beside"] == [round(result["scale"]), 0]
    assert result["reach"] == [1]


def test_a_slow_machine_draws_fewer_pixels_and_more_again_when_it_can(module_page: Page) -> None:
    script = """const pace = new module.Pace();
        let now = 0;
        const after = (ms, count) => {
            for (let i = 0; i < count; i++) pace.frame(now += ms);
            return pace.quality;
        };
        return [after(16, 100), after(60, 300), after(10, 4000), pace.ratioFor(3)];"""
    assert run(module_page, "pace", script) == [1, 0.5, 1, 2]
