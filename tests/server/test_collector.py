"""The garbage collector runs when there is time, and only then."""

from __future__ import annotations

import gc
import weakref

from ninepixel.server.collector import OLD, YOUNG, Collector


class Loop:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


def test_garbage_waits_for_a_rest_and_is_gone_after_it() -> None:
    with Collector() as collector:
        assert not gc.isenabled()
        gone = weakref.ref(Loop())
        kept = [Loop() for _ in range(10 * YOUNG)]
        assert gone() is not None, "nobody else has looked"
        collector.rest()
        assert gone() is None
        assert all(each.me is each for each in kept)
    assert gc.isenabled()


def test_a_rest_without_anything_new_costs_nothing() -> None:
    with Collector() as collector:
        gc.collect()
        gone = weakref.ref(Loop())
        collector.rest()
        assert gone() is not None, "too little for a look"


def test_what_got_old_is_found_too() -> None:
    with Collector() as collector:
        old = Loop()
        gone = weakref.ref(old)
        for _ in range(3):  # it survives, and is not young any more
            kept = [Loop() for _ in range(YOUNG)]
            collector.rest()
        del old, kept
        for _ in range(OLD):
            kept = [Loop() for _ in range(YOUNG)]
            collector.rest()
        assert len(kept) == YOUNG
        assert gone() is None
