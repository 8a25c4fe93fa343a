"""Keys and pointers to intents."""

from __future__ import annotations

import math

import pytest

from ninepixel.client.input import HELP, KEYS, PAN_KEYS, Act, Pointer, act_of, key_name, pan_direction, zoom_of


@pytest.mark.parametrize(
    ("key", "act"),
    [
        ("SPACE", Act.PAUSE),
        ("PERIOD", Act.STEP),
        ("BRACKETLEFT", Act.SLOWER),
        ("BRACKETRIGHT", Act.FASTER),
        ("F", Act.FOLLOW),
        ("H", Act.HELP),
        ("P", Act.SCREENSHOT),
        ("TAB", Act.NEXT_ZONE),
        ("ESCAPE", Act.QUIT),
        ("F11", Act.FULLSCREEN),
        ("Z", None),
    ],
)
def test_keys_mean_what_the_help_says(key: str, act: Act | None) -> None:
    assert act_of(key) is act


def test_shift_turns_the_zones_round() -> None:
    assert act_of("TAB", shift=True) is Act.LAST_ZONE
    assert act_of("SPACE", shift=True) is Act.PAUSE


def test_every_act_can_be_reached_by_key_and_no_key_does_two_things() -> None:
    assert set(KEYS.values()) | {Act.LAST_ZONE} == set(Act)
    assert not KEYS.keys() & PAN_KEYS.keys()
    assert len(HELP) >= 12


def test_pan_keys_add_up_to_a_direction_of_length_one() -> None:
    assert pan_direction([]) == (0.0, 0.0)
    assert pan_direction(["LEFT", "A"]) == (-1.0, 0.0)
    assert pan_direction(["LEFT", "RIGHT", "X"]) == (0.0, 0.0)
    x, y = pan_direction(["D", "DOWN"])
    assert math.hypot(x, y) == pytest.approx(1)
    assert x == y > 0


def test_key_names_lose_the_prefix_of_text_motions() -> None:
    assert key_name("MOTION_LEFT") == "LEFT"
    assert key_name("SPACE") == "SPACE"


def test_the_wheel_zooms_by_steps_that_undo_each_other_and_never_leaps() -> None:
    assert zoom_of(1) * zoom_of(-1) == pytest.approx(1)
    assert zoom_of(0.1) < zoom_of(1)
    assert zoom_of(1e9) < 5


def test_a_click_is_a_press_that_stayed() -> None:
    pointer = Pointer()
    pointer.press()
    assert not pointer.drag(1, 1)
    assert pointer.release()
    pointer.press()
    assert pointer.drag(10, 0)
    assert not pointer.release()
    assert not pointer.drag(50, 0)  # without a button
    assert not pointer.release()
