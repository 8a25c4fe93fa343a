"""The strongest reasons in plain words: "will most likely move east (54 %), because yellow glows there (octave 1) and ..."."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws.lives import Act
from ninepixel.world.laws.vital import SET_POINT
from ninepixel.world.thought.tables import ONE
from ninepixel.world.why.deciding import NATS, SWITCH, Action, Choices
from ninepixel.world.why.groups import octave_and_channel
from ninepixel.world.why.rules import RULES, STORE_NAMES, lowest_store
from ninepixel.world.why.sensed import PIXEL_NAMES, Bytes, own, retina

#: The nine moves by name, and which pixel of an octave each leads to.
MOVE_NAMES = ("stay", "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
ACT_NAMES = tuple(act.name.lower() for act in Act)
#: A group that speaks for a choice by less than this is not worth a word: a tenth of a nat.
WORTH_A_WORD = 100
#: How many reasons a sentence has at most.
SPOKEN = 2
_HERE = PIXEL_NAMES.index("here")
_CHANNELS = (
    *(f"{colour} glows" for colour in STORE_NAMES),
    *(f"{colour} bodies are" for colour in STORE_NAMES),
    *("danger is", "something to read or take is", "voices are"),
)
_PLAIN = {
    "memory": "its memory speaks for it",
    "last": "it did what it did last",
    "genome": "its nature (its genome) inclines to it",
    "colours": "the colours it has incline to it",
    "velocity": "its own glide speaks for it",
    "place": "the place speaks for it",
    "clock": "the hour speaks for it",
    "heard": "the words it hears speak for it",
    "matter": "matter that it has not read is within reach",
    "life": "somebody is within reach",
    "thing": "a coin or loot is within reach",
    "reading": "it is in the middle of a section",
    "cooldown": "it has just struck",
    "courting": "it is courting",
    "loot": "it holds loot",
}


def sentence(name: str, choices: Choices, seen: Bytes, led_by: str, rule: str) -> str:
    """Why a mind will do what it will do, in one or two sentences."""
    if choices.likeliest is None:
        return f"{name} is led from outside: somebody else decides what it does."
    if choices.reasons_in == SWITCH:
        return _by_rule(name, choices.likeliest, choices, seen, rule)
    if choices.reasons_in == NATS:
        return _by_policy(name, choices.likeliest, choices, seen)
    what = "chance alone decides" if led_by == "random" else "it does nothing"
    return f"{name} listens to none of its senses: {what}."


def strongest(choices: Choices, head: int, at_least: int = 1, most: int = SPOKEN) -> list[str]:
    """The groups that speak most for the likeliest choice of a head, the strongest first."""
    found = [(row[head], group) for group, row in choices.reasons.items() if row[head] >= at_least]
    return [group for _, group in sorted(found, key=lambda pair: -pair[0])[:most]]


def does(action: Action) -> str:
    """A move, an act and a word in words, such as ``moves east and grazes``."""
    move, act, word = action
    parts = ["stays" if move == 0 else f"moves {MOVE_NAMES[move]}", _ACTS[act]]
    return " and ".join(parts) + (f', and says "{word}"' if word else "")


_ACTS = ("rests", "grazes", "strikes", "shoots", "excretes", "decodes", "takes", "gives", "courts")


def _by_policy(name: str, likeliest: Action, choices: Choices, seen: Bytes) -> str:
    move, act, _ = likeliest
    go = "stay" if move == 0 else f"move {MOVE_NAMES[move]}"
    told = []
    for head, (choice, doing) in enumerate(((move, go), (act, ACT_NAMES[act]))):
        share = round(100 * choices.odds[head][choice] / ONE)
        why = [reason(group, seen, move) for group in strongest(choices, head, WORTH_A_WORD)]
        ground = "because " + " and ".join(why) if why else "and no single thing that it senses tips the scales"
        told.append(f"will most likely {doing} ({share} %), {ground}")
    return f"{name} {told[0]}. It {told[1]}."


def _by_rule(name: str, action: Action, choices: Choices, seen: Bytes, rule: str) -> str:
    colour = STORE_NAMES[lowest_store(seen)]
    what = RULES[rule].replace("its lowest store", f"its lowest store ({colour}, {_share(seen, colour)} %)")
    groups = sorted({group for head in (0, 1) for group in strongest(choices, head, most=64)})
    turn = f" It would do otherwise without {_listed(groups)}." if groups else " Nothing alone that it senses would turn it."
    return f"{name} {does(action)} by instinct: {what}.{turn}"


def _listed(groups: list[str]) -> str:
    shown = [_short(group) for group in groups[:4]]
    return ", ".join(shown) + (f" or {len(groups) - 4} more" if len(groups) > 4 else "")


def _short(group: str) -> str:
    where = octave_and_channel(group)
    return f"its {group}" if where is None else f"what it sees of {group.partition(' ')[2].partition(' ')[2]} (octave {where[0]})"


def reason(group: str, seen: Bytes, move: int = 0) -> str:
    """What a group says, as the end of a sentence that begins with "because"; *move* is the move that it speaks for."""
    if (where := octave_and_channel(group)) is not None:
        octave, channel = where
        return f"{_CHANNELS[channel]} {direction(retina(seen)[octave, channel], move)} (octave {octave})"
    colour, _, store = group.partition(" ")
    if store == "store":
        return f"its {colour} store is {_filled(seen, colour)}"
    mine = own(seen)
    match group:
        case "health":
            return f"its health is {mine['health'][0]:,} of 1,024"
        case "drive":
            return f"its stores are {mine['drive'][0]:,} units from their set point"
        case "valence":
            return "it is well" if mine["valence"][0] > 0 else "it is not well"
        case "arousal":
            return "it is stirred"
        case "pain":
            return "it hurts"
        case "age":
            return f"it is {mine['age'][0]:,} ticks old"
        case "coins" | "files":
            return f"it has {mine[group][0]} {group}"
    return _PLAIN.get(group, f"its {group} speaks for it")


def direction(pixels: npt.NDArray[np.uint8], move: int = 0) -> str:
    """Where the brightest of nine pixels is: ``in the east``, ``there`` when *move* leads to it, ``here``, ``all around``."""
    most = int(pixels.max())
    places = np.flatnonzero(pixels == most)
    if len(places) == len(pixels):
        return "all around"
    best = int(places[0])
    if best == _HERE:
        return "here"
    return "there" if PIXEL_NAMES[best] == MOVE_NAMES[move] else f"in the {PIXEL_NAMES[best]}"


def _filled(seen: Bytes, colour: str) -> str:
    share = _share(seen, colour)
    word = "low" if share < 90 else "overfull" if share > 110 else "near its set point"
    return f"{word} ({share} %)"


def _share(seen: Bytes, colour: str) -> int:
    """Percent of the set point."""
    return round(100 * own(seen)["stores"][STORE_NAMES.index(colour)] / SET_POINT)
