"""Who misbehaves again and again is not listened to for a while; who does so now and then is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ninepixel.server.offenders import MISBEHAVIOUR, MOST, Offenders


def test_an_address_that_offends_often_is_blocked_for_a_while_and_others_are_not() -> None:
    offenders = Offenders(after=3, seconds=30)
    for _ in range(2):
        offenders.offended("203.0.113.5", "malformed", 100.0)
    assert not offenders.blocked("203.0.113.5", 100.0)
    offenders.offended("203.0.113.5", "encoding", 100.0)
    assert offenders.blocked("203.0.113.5", 129.9)
    assert not offenders.blocked("203.0.113.5", 130.0)
    assert not offenders.blocked("203.0.113.6", 100.0)


def test_those_behind_a_proxy_on_this_machine_are_not_taken_for_one_another() -> None:
    offenders = Offenders(after=1, seconds=30)
    offenders.offended("127.0.0.1", "malformed", 0.0)
    offenders.offended("127.0.0.2", "malformed", 0.0)
    assert (offenders.blocked("127.0.0.1", 1.0), offenders.blocked("127.0.0.2", 1.0)) == (False, True)


def test_offences_fade_and_what_is_none_does_not_count() -> None:
    offenders = Offenders(after=3, seconds=30)
    for second in range(0, 60, 4):
        offenders.offended("a", "malformed", float(second))
    assert not offenders.blocked("a", 60.0)
    for _ in range(10):
        offenders.offended("b", "bye", 0.0)
    assert not offenders.blocked("b", 0.0)


@given(st.lists(st.tuples(st.integers(0, 2 * MOST), st.sampled_from(sorted(MISBEHAVIOUR)), st.floats(0, 10)), max_size=50))
def test_memory_is_bounded(offences: list[tuple[int, str, float]]) -> None:
    offenders, now = Offenders(after=3, seconds=30), 0.0
    for number in range(MOST):
        offenders.offended(str(number), "size", now)
    for number, why, passed in offences:
        now += passed
        offenders.offended(str(number), why, now)
        assert len(offenders) <= MOST
