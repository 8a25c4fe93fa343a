import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.protocol.limits import VERBS, BadLimit, Buckets, Limits, Rate

SAY = VERBS.index("say")


def taken(times: list[float], rate: Rate) -> list[bool]:
    buckets = Buckets(Limits(say=rate))
    return [buckets.take(SAY, t) for t in times]


def test_a_burst_at_once_and_then_one_each_time_the_rate_allows() -> None:
    assert taken([0.0] * 4 + [0.4, 0.5, 0.6, 1.0], Rate(2, 3)) == [True] * 3 + [False, False, True, False, True]


@pytest.mark.parametrize("start", [0.0, 1e6, 1e9])
def test_a_burst_is_as_long_as_it_says(start: float) -> None:
    for burst in (1, 2, 10, 200, 1000):
        for per_second in (0.1, 3, 20, 70):
            assert sum(taken([start] * (burst + 5), Rate(per_second, burst))) == burst


def test_a_bucket_that_rested_is_full_but_no_fuller() -> None:
    assert taken([0.0] * 3 + [1e6] * 4, Rate(1, 3)) == [True] * 6 + [False]


def test_verbs_do_not_share_a_bucket() -> None:
    buckets = Buckets(Limits(say=Rate(1, 1), ask=Rate(1, 1)))
    assert buckets.take(SAY, 0.0)
    assert not buckets.take(SAY, 0.0)
    assert buckets.take(VERBS.index("ask"), 0.0)


@given(st.lists(st.floats(0, 0.5), max_size=200), st.floats(0.1, 50), st.integers(1, 20), st.floats(-1e6, 1e6))
def test_no_stretch_of_time_sees_more_than_burst_and_rate(gaps: list[float], per_second: float, burst: int, start: float) -> None:
    now, passed = start, list[float]()
    buckets = Buckets(Limits(say=Rate(per_second, burst)))
    for gap in gaps:
        now += gap
        if buckets.take(SAY, now):
            passed.append(now)
    for i, first in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= burst + (passed[j] - first) * per_second + 2e-3


@given(st.floats(0.1, 50), st.integers(1, 20))
def test_who_keeps_to_the_rate_is_never_refused(per_second: float, burst: int) -> None:
    gap = 1.0001 / per_second
    assert all(taken([gap * i for i in range(300)], Rate(per_second, burst)))


def test_the_state_of_a_session_is_a_number_a_verb() -> None:
    buckets = Buckets(Limits())
    assert sys.getsizeof(buckets._full_at) <= sys.getsizeof(type(buckets._full_at)("d")) + 8 * len(VERBS) + 16


@pytest.mark.parametrize("text", ["", "3", "3/", "/3", "0/3", "-1/3", "3/0", "nan/1", "inf/1", "1/1.5", "x/y"])
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadLimit, match=r"a rate is (written|more)"):
        Rate.parse(text)


def test_limits_are_configured_by_name() -> None:
    limits = Limits().changed({"say": "0.5/4", "login_seconds": "3"})
    assert (limits.say, limits.login_seconds, limits.ask) == (Rate(0.5, 4), 3.0, Limits().ask)
    assert str(limits.say) == "0.5/4"
    assert [Buckets(limits).take(SAY, 0.0) for _ in range(2)] == [True, True]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"shout": "1/1"}, "there is no limit 'shout'; there are admin, ask"),
        ({"say": "much"}, "the limit say: a rate is written per_second/burst"),
        ({"login_seconds": "soon"}, "the limit login_seconds: could not convert"),
        ({"login_seconds": "0"}, "login_seconds is more than 0"),
    ],
)
def test_a_setting_that_is_no_limit_is_refused_by_name(texts: dict[str, str], said: str) -> None:
    with pytest.raises(BadLimit, match=said):
        Limits().changed(texts)


def test_a_limit_is_a_rate() -> None:
    with pytest.raises(BadLimit, match="say has a rate"):
        Limits(say=3)  # type: ignore[arg-type]
    with pytest.raises(BadLimit, match="login_seconds"):
        Limits(login_seconds=math.inf)
