"""All that there is to say about why a mind does what it does, as one map of whole numbers, texts, lists and maps."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ninepixel.ecs.ids import EntityId
from ninepixel.world.affect import feeling
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.vital import HEALTH, SET_POINT
from ninepixel.world.life.eyes import eyes_of
from ninepixel.world.life.senses import pixel_widths
from ninepixel.world.state import STORES, State
from ninepixel.world.thought.shape import HEADS
from ninepixel.world.why.deciding import Action, Choices, choices_of, policy_in, possible_acts, unpacked
from ninepixel.world.why.paying import Before, Prices, Tick, paid, tick_of
from ninepixel.world.why.rules import rule_of
from ninepixel.world.why.saying import ACT_NAMES, MOVE_NAMES, sentence
from ninepixel.world.why.sensed import RETINA_CHANNELS, SENSES, Bytes, own, retina

#: Every field of an answer: what it holds. docs/WHY.md shows this table.
FIELDS: dict[str, str] = {
    "tick": "of the state that is asked about; nothing of the next tick has happened",
    "slot": "which life of world 0",
    "sprite": "index of its body",
    "name": "what it is called",
    "led_by": "`learned` (a policy), `instinct`, `guest`, `random` or `still`",
    "policy": "hash of the policy that it acts by, empty without one",
    "rule": "by instinct: the rule of the script that decides, by name; else empty",
    "generation": "of its lineage",
    "age": "ticks",
    "health": "points",
    "whole": "points of one who is whole",
    "stores": "energy in red, blue and yellow, units",
    "set_point": "where homeostasis wants each of them, units",
    "drive": "distance of all three from it, units",
    "feels": "a word for valence and arousal, by the published rule",
    "valence": "smoothed drive reduction, in 1/256",
    "arousal": "smoothed surprise, in 1/256",
    "pain": "points of hurt that have not faded",
    "last": "what it did in the last tick: `move`, `act`, `word` (0: silent)",
    "next": "what it will do in the next one, unless it is told otherwise; empty for a guest",
    "likeliest": "the likeliest choices; empty for a guest",
    "choices": "names of the nine moves and the nine acts, in the order of `odds` and `possible`",
    "odds": "of the moves, acts and words, in 65536ths: what the dice are thrown for; empty for a guest",
    "possible": "1 for each act that can have an effect now",
    "value": "the return that it expects from here on, in thousandths; none but for who acts by a policy",
    "reasons": "by group of senses, the strongest first: what it speaks for the likeliest move, act and word; groups that change "
    "nothing are left out",
    "reasons_in": "what a number of `reasons` is",
    "because": "the strongest reasons in plain words",
    "eye": "`octaves` that it sees, `bits` of a pixel that it tells apart, the octave within which it `hears`",
    "cells": "how wide a pixel of each octave is, cells",
    "channels": "names of the nine channels, in the order of `retina`",
    "retina": "what it sees: by octave, channel and pixel (rows from north to south), 0 to 255",
    "own": "what it senses of itself and within its reach: by name, numbers in `units`",
    "units": "what the numbers of `own` are",
    "reward": "of the last tick, when it was watched: `gain` (units nearer to the set point by what was done), `nearer` (by "
    "store, metabolism and all), `sections` decoded, new `deeds`; and in millionths what the task pays: `drive`, `deed`, "
    "`section`, `death`, `sum`",
    "prices": "what the task pays, in thousandths: `drive`, `deed`, `section`, `death`; and which `task`",
}


class NoMind(ValueError):
    """There is nobody to ask; the message says why in one line."""


class Asked(Protocol):
    """A universe that can be asked."""

    def pull(self) -> State:
        """The state, with every column at home."""


def ask(universe: Asked, slot: int, before: Before | None = None, prices: Prices | None = None) -> dict[str, Any]:
    """:func:`answer` for the life in a slot of a universe, from what it senses there already.

    :param before: the same mind one tick ago, for the parts of its reward.
    :raises NoMind: when nobody is there.
    """
    state, lives = universe.pull(), getattr(universe, "lives", None)
    if lives is None:
        return answer(state, slot, prices=prices)
    return answer(state, slot, seen=lives.engine.seen, tick=tick_of(before, state, lives.engine), prices=prices)


def answer(
    state: State,
    slot: int,
    *,
    seen: npt.NDArray[np.uint8] | None = None,
    tick: Tick | None = None,
    prices: Prices | None = None,
    world: int = 0,
) -> dict[str, Any]:
    """Why the life in a slot does what it does, by the fields of :data:`FIELDS`.

    :param seen: uint8 (worlds, minds, RETINA_BYTES): what all minds sense; found out when None.
    :param tick: what the last tick did to it, if that is known.
    :raises NoMind: when nobody is there.
    """
    check(state, slot, world)
    mine = (senses_of(state) if seen is None else seen)[world, slot]
    life = {name: int(column[world, slot]) for name, column in state.lives.columns.items()}
    role = Role(life["role"])
    choices = choices_of(state, slot, mine, world)
    rule = rule_of(mine) if role is Role.INSTINCT else ""
    name, stores = name_in(state, slot, world), [life[store] for store in STORES]
    return {
        "tick": state.tick,
        "slot": slot,
        "sprite": life["body"],
        "name": name,
        "led_by": role.name.lower(),
        "policy": policy_in(state.thoughts.policy).policy.hash if role is Role.LEARNED and state.thoughts else "",
        "rule": rule,
        **{column: life[column] for column in ("generation", "age", "health")},
        "whole": HEALTH,
        "stores": stores,
        "set_point": SET_POINT,
        "drive": sum(abs(store - SET_POINT) for store in stores),
        "feels": feeling(life["valence"], life["arousal"]),
        "valence": life["valence"],
        "arousal": life["arousal"],
        "pain": life["hurt"],
        **_chosen(choices, unpacked(life["action"]), mine),
        "because": sentence(name, choices, mine, role.name.lower(), rule),
        **_sensed(state, mine, life["pheno_r"]),
        "reward": {} if tick is None else _reward(tick, prices),
        "prices": {} if prices is None else _priced(prices),
    }


def _chosen(choices: Choices, last: Action, seen: Bytes) -> dict[str, Any]:
    return {
        "last": _named(last),
        "next": _named(choices.next),
        "likeliest": _named(choices.likeliest),
        "choices": {"move": list(MOVE_NAMES), "act": list(ACT_NAMES)},
        "odds": dict(zip(HEADS, choices.odds, strict=False)),
        "possible": possible_acts(seen),
        "value": None if choices.value is None else round(1000 * choices.value),
        "reasons": dict(sorted(choices.reasons.items(), key=lambda item: -max(map(abs, item[1])))),  # the strongest first
        "reasons_in": choices.reasons_in,
    }


def _named(action: Action | None) -> dict[str, Any]:
    return {} if action is None else {"move": MOVE_NAMES[action[0]], "act": ACT_NAMES[action[1]], "word": action[2]}


def _sensed(state: State, seen: Bytes, pheno_r: int) -> dict[str, Any]:
    octaves, bits, hears = (int(v) for v in eyes_of(pheno_r))
    return {
        "eye": {"octaves": octaves, "bits": bits, "hears": hears},
        "cells": pixel_widths(state.params.side).tolist(),
        "channels": [name for name, _ in RETINA_CHANNELS],
        "retina": retina(seen).tolist(),
        "own": own(seen),
        "units": {name: sense.unit for name, sense in SENSES.items()},
    }


def _reward(tick: Tick, prices: Prices | None) -> dict[str, Any]:
    lived = {"gain": tick.gain, "nearer": list(tick.nearer), "sections": tick.sections, "deeds": list(tick.deeds)}
    return lived if prices is None else lived | paid(tick, prices)


def _priced(prices: Prices) -> dict[str, Any]:
    parts = {"drive": prices.drive, "deed": prices.deed, "section": prices.section, "death": prices.death}
    return {"task": prices.task} | {name: round(1000 * part) for name, part in parts.items()}


def senses_of(state: State) -> npt.NDArray[np.uint8]:
    """What every mind senses, uint8 (worlds, minds, RETINA_BYTES), found out anew; the state stays as it is."""
    from ninepixel.world.life.inhabitants import minds_of
    from ninepixel.world.life.window import WindowedLife

    engine = WindowedLife(state, minds_of(state))
    engine.sense()
    return engine.seen


def check(state: State, slot: int, world: int = 0) -> None:
    """See that a mind lives in a slot.

    :raises NoMind: when none does.
    """
    from ninepixel.world.life.inhabitants import minds_of

    count = int(state.lives.count[world])
    if not count:
        raise NoMind("nobody lives in this universe: it was made without minds (--minds says how many)")
    if not 0 <= slot < count:
        raise NoMind(f"there is no slot {slot}: minds have the slots 0 to {minds_of(state) - 1}")
    if state.lives["role"][world, slot] == Role.GUARDIAN or slot >= minds_of(state):
        raise NoMind(f"slot {slot} is a guardian's: it has a mood and no mind; minds have the slots 0 to {minds_of(state) - 1}")
    if state.lives["body"][world, slot] < 0:
        raise NoMind(f"nobody lives in slot {slot} at tick {state.tick}: who lived there has died, or has not been born yet")


def name_in(state: State, slot: int, world: int = 0) -> str:
    """What the mind in a slot is called."""
    index = int(state.lives["body"][world, slot])
    entity: EntityId = state.bodies.entity_at(int(state.bodies.row_of[world, index]), world)
    mind = state.cold.try_get(entity, MindIdentity)
    text = mind.name.decode("utf-8", "replace") if mind else f"the mind in slot {slot}"
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def slot_named(state: State, which: str, world: int = 0) -> int:
    """The slot of the living mind that is called *which*, or whose slot that is; of an empty text the first.

    :raises NoMind: when there is none.
    """
    from ninepixel.world.life.inhabitants import minds_of

    if which.isdecimal() and which.isascii():
        slot = int(which) if len(which) < 10 else 1 << 30
        check(state, slot, world)
        return slot
    if not state.lives.count[world]:
        check(state, 0, world)
    alive = np.flatnonzero(state.lives["body"][world, : minds_of(state)] >= 0).tolist()
    names = {slot: name_in(state, slot, world) for slot in alive}
    found = [slot for slot in alive if not which or names[slot].casefold() == which.casefold()]
    if not found:
        shown = ", ".join(names[slot] for slot in alive[:9]) or "nobody"
        raise NoMind(f"no mind that lives at tick {state.tick} is called {which!r:.80}; there are {shown}")
    return found[0]


def sprite_slot(state: State, sprite: int, world: int = 0) -> int:
    """The slot of the mind in the body of index *sprite*.

    :raises NoMind: when that is the body of no mind.
    """
    slots = np.flatnonzero(state.lives.live("body", world) == sprite) if sprite >= 0 else np.zeros(0, np.intp)
    if not slots.size:
        raise NoMind("only minds can be asked why: nobody lives in that body")
    check(state, int(slots[0]), world)
    return int(slots[0])
