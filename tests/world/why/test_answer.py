"""One answer for the window, the terminal and the server: whole, of plain values, and changing nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ninepixel.agents.arena import Arena
from ninepixel.agents.prices import prices_of
from ninepixel.agents.tasks import FORAGE, TASKS, UNIVERSE
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol.codec import encode
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.lives import DEEDS, Role
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.life.senses import AT, CHANNELS, OWN, PIXELS, RETINA_BYTES
from ninepixel.world.state import State
from ninepixel.world.thought import Policy, Shape
from ninepixel.world.universe import Universe
from ninepixel.world.why import FIELDS, Before, NoMind, answer, ask, slot_named, sprite_slot, tick_of
from ninepixel.world.why.answer import senses_of
from ninepixel.world.why.deciding import NATS, SWITCH, Choices
from ninepixel.world.why.paying import paid
from ninepixel.world.why.saying import WORTH_A_WORD, direction, reason, sentence
from ninepixel.world.why.sensed import SENSES, own, retina
from some_policies import noise, rough

PAGE = Path(__file__).parents[3] / "docs" / "WHY.md"
POLICY = rough(Shape(16), 3)


def universe(policy: bytes = b"", minds: int = 4, guardians: int = 1) -> Universe:
    survey = synthetic(seed=1, files=20)
    return Universe.from_survey(survey, seed=3, backend="cpu", minds=minds, guardians=guardians, policy=policy)


@pytest.mark.parametrize("policy", [b"", POLICY.packed()], ids=["instinct", "policy"])
def test_an_answer_has_every_field_and_travels_as_json_and_as_a_message(policy: bytes) -> None:
    with universe(policy) as u:
        for _ in range(20):
            u.step()
        before = Before.of(u.pull(), 1)
        u.step()
        told = ask(u, 1, before, prices_of(u.pull()))
        assert list(told) == list(FIELDS) or set(told) == set(FIELDS)
        assert json.loads(json.dumps(told)) == told
        data = encode(m.ANSWER, 1, True, told)
        assert len(data) < 8192
        assert told["name"] == "Mystiiqa"
        assert told["led_by"] == ("learned" if policy else "instinct")
        assert told["drive"] == sum(abs(store - SET_POINT) for store in told["stores"])
        assert told["because"].startswith("Mystiiqa ")


def test_the_page_has_the_table_of_the_fields() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    table = rows[: len(FIELDS)]
    assert table == [f"| `{name}` | {what} |" for name, what in FIELDS.items()]
    units = rows[len(FIELDS) :]
    assert units == [f"| `{name}` | {size} | {SENSES[name].unit} |" for name, size in OWN]


def test_asking_a_state_alone_is_the_same_and_changes_nothing() -> None:
    with universe(POLICY.packed()) as u:
        for _ in range(9):
            u.step()
        state, digest = u.pull(), u.digest()
        assert state.thoughts is not None
        memory = state.thoughts.memory.copy()
        alone = [answer(state, slot, prices=prices_of(state)) for slot in range(4)]
        assert alone == [ask(u, slot, None, prices_of(state)) for slot in range(4)]
        assert u.lives is not None
        assert np.array_equal(senses_of(state), u.lives.engine.seen)
        assert u.digest() == digest
        assert np.array_equal(state.thoughts.memory, memory)


def test_what_it_senses_is_read_back_with_units() -> None:
    with universe() as u:
        for _ in range(40):
            u.step()
        state = u.pull()
        column = state.lives.columns
        for name, value in {"store_b": 4096, "health": 700, "coins": 7, "hurt": 33, "cooldown": 5, "valence": -2560}.items():
            column[name][0, 2] = value
        told = answer(state, 2)
        mine = told["own"]
        assert list(mine) == [name for name, _ in OWN] == list(told["units"])
        assert mine["stores"][1] == 4096
        assert abs(mine["health"][0] - 700) <= 4
        assert (mine["coins"], mine["pain"], mine["cooldown"], mine["valence"]) == ([7], [33], [5], [-2560])
        assert mine["mask"] == told["possible"] or mine["mask"][1:] == told["possible"][1:]
        assert mine["last"][0] == told["choices"]["move"].index(told["last"]["move"])
        assert mine["clock"] == [state.tick & 255]
        assert mine["matter_bearing"] == [-128, -128] or mine["matter"][0] >= 0
        assert told["pain"] == 33


def test_health_is_read_back_as_the_least_that_shows_so() -> None:
    from ninepixel.world.laws.vital import HEALTH

    for health in range(HEALTH + 1):
        byte = health * 255 // HEALTH
        read = SENSES["health"].values(byte)
        assert read <= health < read + 5
        assert read * 255 // HEALTH == byte


def test_the_retina_is_told_by_octave_channel_and_pixel() -> None:
    seen = noise(1, 3)[0]
    eye = retina(seen)
    for octave, pixel, channel in ((0, 0, 0), (1, 4, 7), (3, 8, 8), (2, 5, 3)):
        assert eye[octave, channel, pixel] == seen[(octave * PIXELS + pixel) * CHANNELS + channel]
    assert own(seen)["genome"] == seen[AT["genome"] : AT["genome"] + 9].tolist()


# -- the reward ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_the_parts_of_a_reward_add_up_to_what_the_task_has_paid(name: str) -> None:
    task = TASKS[name]
    arena = Arena(task, worlds=1, seed=5, threads=1, roles=[int(Role.INSTINCT)] * task.agents)
    arena.reset()
    prices = prices_of(arena.state)
    w = task.weights
    prices = type(prices)(task.id, w.drive, w.deed, w.section, w.death, frozenset(task.deeds))
    rest, deeds, lived = np.zeros((1, task.agents, 3), np.uint8), 0, 0
    for _ in range(160):
        before = [Before.of(arena.state, slot) for slot in range(task.agents)]
        arena.step(rest)
        for slot, was in enumerate(before):
            tick = tick_of(was, arena.state, arena.life)
            if tick is None:
                continue
            parts = paid(tick, prices)
            assert parts["sum"] / 1e6 == pytest.approx(float(arena.reward[0, slot]), abs=2e-6)
            assert parts["sum"] == pytest.approx(sum(parts[k] for k in ("drive", "deed", "section", "death")), abs=3)
            deeds, lived = deeds + len(tick.deeds), lived + 1
    assert lived > 1000
    assert deeds > 5


def test_a_reward_is_told_of_the_tick_that_was_watched_and_of_no_other() -> None:
    with universe() as u:
        u.step()
        u.pull().lives["store_r"][0, 0] = 2 * SET_POINT - 1  # overfull: what it loses brings it nearer
        before = Before.of(u.pull(), 0)
        assert ask(u, 0, before)["reward"] == {}, "no tick has passed"
        u.step()
        told = ask(u, 0, before, prices_of(u.pull()))["reward"]
        after = ask(u, 0)["stores"]
        nearer = [abs(a - SET_POINT) - abs(b - SET_POINT) for a, b in zip(before.stores, after, strict=True)]
        assert told["nearer"] == nearer
        assert told["nearer"][0] > 0 > after[0] - before.stores[0]
        assert ask(u, 0)["reward"] == {}
        u.step()
        assert ask(u, 0, before)["reward"] == {}, "that tick is long past"
        state = u.pull()
        stale = Before(state.tick - 1, 0, before.serial + 1, before.stores, before.deeds)
        assert ask(u, 0, stale)["reward"] == {}, "somebody else lived there"


def test_new_deeds_are_named() -> None:
    with universe() as u:
        u.step()
        was = Before.of(u.pull(), 0)
        u.step()
        state = u.pull()
        state.lives["deeds_lo"][0, 0] |= np.uint32(1 << 7)
        state.lives["deeds_hi"][0, 0] |= np.uint32(1 << 3)
        told = ask(u, 0, Before(was.tick, 0, was.serial, was.stores, 0), prices_of(state))["reward"]
        assert {DEEDS[7].name, DEEDS[35].name} <= set(told["deeds"])
        assert told["deed"] == 1_000_000 * len(told["deeds"])


def test_the_prices_are_those_of_the_task_that_a_policy_was_trained_for() -> None:
    with universe(Policy.random(Shape(16), 1, FORAGE.id).packed()) as u:
        assert prices_of(u.pull()).task == FORAGE.id
        told = ask(u, 0, None, prices_of(u.pull()))["prices"]
        assert told == {"task": FORAGE.id, "drive": 1000, "deed": 1000, "section": 0, "death": 0}
    with universe(Policy.random(Shape(16), 1, "somebody/Elses-v3").packed()) as u:
        assert prices_of(u.pull()).task == UNIVERSE.id
    with universe() as u:
        assert prices_of(u.pull()).task == UNIVERSE.id


# -- whom to ask --------------------------------------------------------------------------------------------------------


def said(state: State, slot: int) -> str:
    with pytest.raises(NoMind) as caught:
        answer(state, slot)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_who_is_not_there_cannot_be_asked() -> None:
    with universe() as u:
        u.step()
        state = u.pull()
        slots = int(state.lives.count[0])
        assert "there is no slot 99" in said(state, 99)
        assert "there is no slot -1" in said(state, -1)
        assert "guardian" in said(state, slots - 1)
        empty = next(s for s in range(slots) if state.lives["body"][0, s] < 0)
        assert f"nobody lives in slot {empty} at tick 1" in said(state, empty)
    with universe(minds=0, guardians=0) as u:
        assert "made without minds" in said(u.pull(), 0)
        with pytest.raises(NoMind, match="made without minds"):
            slot_named(u.pull(), "Ileices")


def test_minds_are_found_by_slot_by_name_and_by_their_body() -> None:
    with universe() as u:
        state = u.pull()
        assert slot_named(state, "2") == 2
        assert slot_named(state, "mystiiqa") == 1
        assert slot_named(state, "") == 0
        with pytest.raises(NoMind, match="there are Ileices, Mystiiqa"):
            slot_named(state, "Bob")
        with pytest.raises(NoMind, match="no slot"):
            slot_named(state, "9" * 40)
        sprite = int(state.lives["body"][0, 3])
        assert sprite_slot(state, sprite) == 3
        for nobody in (0, -1, 1 << 53):
            with pytest.raises(NoMind, match="only minds"):
                sprite_slot(state, nobody)
        with pytest.raises(NoMind, match="guardian"):
            sprite_slot(state, int(state.lives["body"][0, int(state.lives.count[0]) - 1]))


# -- in words -----------------------------------------------------------------------------------------------------------


def test_a_direction_is_where_the_brightest_pixel_is() -> None:
    pixels = np.zeros(9, np.uint8)
    assert direction(pixels) == "all around"
    pixels[5] = 9
    assert direction(pixels) == "in the east"
    assert direction(pixels, move=3) == "there", "the move leads to it"
    pixels[4] = 10
    assert direction(pixels, move=3) == "here"


def test_reasons_are_said_in_words() -> None:
    seen = np.zeros(RETINA_BYTES, np.uint8)
    seen[AT["stores"] : AT["stores"] + 3] = 128, 40, 200
    seen[(2 * PIXELS + 1) * CHANNELS + 2] = 80
    assert reason("octave 2 field yellow", seen) == "yellow glows in the north (octave 2)"
    assert reason("octave 2 field yellow", seen, move=1) == "yellow glows there (octave 2)"
    assert reason("red store", seen) == "its red store is near its set point (100 %)"
    assert reason("blue store", seen) == "its blue store is low (31 %)"
    assert reason("yellow store", seen) == "its yellow store is overfull (156 %)"
    assert all(reason(name, seen).strip() for name in ("memory", "health", "drive", "valence", "coins", "clock", "heard", "age"))


def chosen(**reasons: list[int]) -> Choices:
    """Somebody who will most likely move east and graze."""
    odds = ([0, 0, 0, 49152, 16384, 0, 0, 0, 0], [32768, 32768, *[0] * 7], [65536, *[0] * 8])
    names = {name.replace("_", " "): row for name, row in reasons.items()}
    return Choices(odds, (4, 0, 0), (3, 1, 0), names, NATS, 1.5)


def test_a_sentence_has_the_two_strongest_reasons_for_each_choice_and_none_against() -> None:
    seen = np.zeros(RETINA_BYTES, np.uint8)
    seen[AT["stores"] : AT["stores"] + 3] = 128, 128, 40
    seen[(2 * PIXELS + 5) * CHANNELS + 2] = 80
    told = sentence(
        "Mystiiqa",
        chosen(octave_2_field_yellow=[900, -5, 0], yellow_store=[400, 120, 0], memory=[300, 99, 0], health=[-950, -300, 0]),
        seen,
        "learned",
        "",
    )
    assert told == (
        "Mystiiqa will most likely move east (75 %), because yellow glows there (octave 2) and its yellow store is low (31 %). "
        "It will most likely graze (50 %), because its yellow store is low (31 %)."
    )
    told = sentence("Mystiiqa", chosen(memory=[WORTH_A_WORD - 1, 0, 0]), seen, "learned", "")
    assert told.count("no single thing that it senses tips the scales") == 2


def test_instinct_says_its_rule_and_what_would_turn_it() -> None:
    seen = np.zeros(RETINA_BYTES, np.uint8)
    seen[AT["stores"] : AT["stores"] + 3] = 128, 40, 128
    choices = Choices(
        (), (3, 1, 2), (3, 1, 2), {"blue store": [1, 0, 0], "octave 1 field blue": [1, 1, 0], "clock": [0, 0, 1]}, SWITCH
    )
    told = sentence("Ileices", choices, seen, "instinct", "eat")
    assert told.startswith('Ileices moves east and grazes, and says "2" by instinct: its lowest store (blue, 31 %) is under')
    assert told.endswith("It would do otherwise without its blue store, what it sees of field blue (octave 1).")
    still = Choices((), (0, 0, 0), (0, 0, 0), {}, "")
    assert "chance alone decides" in sentence("Ileices", still, seen, "random", "")
