"""A plan is the same crowd every time, and a trace is read back as it was written."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.swarm.plan import CHOICES, BadPlan, Plan, TraceWriter, Weights, draw, read_trace, secret, unit

words = st.integers(0, 2**32 - 1)
seeds = st.integers(0, 2**64 - 1)


@given(seeds, st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 5))
def test_a_draw_is_four_words_that_every_argument_changes(seed: int, bot: int, count: int, stream: int) -> None:
    drawn = draw(seed, bot, count, stream)
    assert drawn == draw(seed, bot, count, stream)
    assert all(0 <= word < 2**32 for word in drawn)
    others = (draw(seed ^ 1, bot, count, stream), draw(seed, bot + 1, count, stream), draw(seed, bot, count + 1, stream))
    assert all(other != drawn for other in (*others, draw(seed, bot, count, stream + 1)))


@given(words)
def test_a_word_is_a_fraction_between_nothing_and_one(word: int) -> None:
    assert 0 < unit(word) < 1


def test_every_bot_has_a_key_of_its_own_that_the_seed_decides() -> None:
    keys = [secret(9, bot) for bot in range(100)]
    assert len(set(keys)) == 100
    assert keys == [secret(9, bot) for bot in range(100)]
    assert secret(10, 0) != keys[0]


def test_choices_come_as_often_as_their_weights_say() -> None:
    weights = Weights.parse("move=3, act=1")
    picked = [weights.pick(draw(1, 0, n, 2)[0]) for n in range(8000)]
    assert set(picked) == {"move", "act"}
    assert 0.72 < picked.count("move") / 8000 < 0.78


@pytest.mark.parametrize("text", ["dance=1", "move", "move=-1", "move=x", "move=0", "move=1,,act=2", "move=１"])
def test_weights_that_are_none_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadPlan) as refused:
        Weights.parse(text)
    assert "\n" not in str(refused.value)


@given(st.integers(0, 500), st.integers(0, 1000), st.tuples(*[st.integers(0, 8)] * 3))
def test_every_choice_is_one_that_the_protocol_can_say(bot: int, count: int, held: tuple[int, int, int]) -> None:
    plan = Plan(bots=501, seconds=1, watchers=50, weights=Weights.parse("move=1,act=1,utter=1,rest=1,say=1,look=1"))
    verb, *fields = plan.choice(bot, count, held)
    assert plan.choice(bot, count, held) == (verb, *fields)
    if plan.watches(bot):
        assert verb == "look"
        assert all(0 <= v < 2**32 for v in fields[:2])
        assert 0 <= fields[2] <= 3
    elif verb == "input":
        assert all(0 <= v < CHOICES for v in fields)
    else:
        assert verb == "say"
        assert 0 < len(fields[0].encode()) <= 240


def test_changes_come_at_the_rate_asked_for() -> None:
    plan = Plan(bots=1, seconds=1, changes=4.0)
    gaps = [plan.gap(0, n) for n in range(4000)]
    assert 0.23 < sum(gaps) / len(gaps) < 0.27
    assert Plan(bots=1, seconds=1, changes=0).gap(0, 1) == math.inf


def test_bots_arrive_over_the_ramp_and_leave_for_a_while() -> None:
    plan = Plan(bots=10, seconds=60, ramp=5, churn=2)
    assert [plan.arrival(bot) for bot in (0, 5)] == [0, 2.5]
    assert replace(plan, wait=3).arrival(5) == 5.5
    assert replace(plan, wait=3).arrived == 8
    departures = [plan.leaves(n) for n in range(200)]
    assert [when for when, *_ in departures[:3]] == [0.5, 1.0, 1.5]
    assert {bot for _, bot, _, _ in departures} == set(range(10))
    assert {politely for _, _, politely, _ in departures} == {True, False}
    assert all(0.2 <= away <= 2 for *_, away in departures)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"bots": -1}, {"watchers": 3}, {"ramp": math.nan}, {"churn": -1}, {"slow": 9}])
def test_numbers_that_make_no_crowd_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadPlan):
        Plan(**{"bots": 2, "seconds": 1, **wrong})  # type: ignore[arg-type]


def test_the_report_names_the_weights_and_never_the_invitation() -> None:
    told = Plan(bots=1, seconds=1, invite="sesame", weights=Weights.parse("move=3,act=2")).as_dict()
    assert told["weights"] == {"move": 3, "act": 2}
    assert "sesame" not in str(told)


def test_a_trace_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    done = [
        (0.0, 3, ("input", 1, 0, 8)),
        (0.25, 0, ("say", "wer da — ß")),
        (1.5, 3, ("look", 2**32 - 1, 0, 2)),
        (1.5, 1, ("leave", True, 0.5)),
    ]
    written = io.StringIO()
    writer = TraceWriter(written)
    for entry in done:
        writer.note(*entry)
    path = tmp_path / "trace.jsonl"
    path.write_text(written.getvalue() + "\n", "utf-8")
    assert list(read_trace(path)) == done


@pytest.mark.parametrize(
    "line",
    ["{", "[0.5]", '[0.5,1,"fly",1]', '[0.5,1,"input",1,0]', '[0.5,1,"input",1,0,true]', '[0.5,-1,"say","x"]', "[" * 5000,
     '["0",1,"say","x"]', '[NaN,1,"say","x"]', '[0.5,1,"leave",1,0.5]', '[1e999,1,"say","x"]'],
)  # fmt: skip
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text('[0,1,"say","x"]\n' + line + "\n", "utf-8")
    with pytest.raises(BadPlan, match=r"trace\.jsonl, line 2"):
        list(read_trace(path))


def test_a_trace_out_of_order_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text('[1,1,"say","x"]\n[0.5,1,"say","x"]\n', "utf-8")
    with pytest.raises(BadPlan, match="line 2"):
        list(read_trace(path))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadPlan, match="not UTF-8"):
        list(read_trace(path))
