"""What there is to know of a life: its stores, its health, what it does, feels, reads and owns. Words and numbers for a card."""

from __future__ import annotations

from ninepixel.client.names import name_of, owner_of
from ninepixel.world.affect import feeling
from ninepixel.world.laws.lives import DEEDS, Act, Mood, Role
from ninepixel.world.laws.vital import GUARD_HEALTH, HEALTH, SET_POINT
from ninepixel.world.state import State

_MOVES = ("stays", "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_ROLES = {
    Role.GUEST: "led from outside",
    Role.INSTINCT: "instinct",
    Role.LEARNED: "what it has learned",
    Role.RANDOM: "chance",
    Role.STILL: "nobody",
}


def life_facts(state: State, slot: int, world: int = 0) -> list[tuple[str, str]]:
    """(label, value) lines of the life in a slot."""
    life = {name: int(column[world, slot]) for name, column in state.lives.columns.items()}
    facts = [
        ("health", f"{life['health']:,} of {_whole(state, life, world):,}"),
        ("stores", "   ".join(f"{k} {100 * life[f'store_{k.lower()}'] / SET_POINT:.0f} %" for k in "RBY")),
        ("age", f"{life['age']:,} ticks, generation {life['generation']}"),
        ("feels", mood_of(life)),
        ("does", _doing(life["action"])),
    ]
    if life["role"] != Role.GUARDIAN:
        facts.append(("led by", _ROLES.get(Role(life["role"]), "nobody")))
    if (matter := owner_of(state, life["reading"], world)) is not None:
        facts.append(("reads", f"{name_of(state, matter, world)}, section {life['section'] + 1}"))
    if life["holding"] >= 0:
        facts.append(("holds", f"loot of strength {int(state.things['strength'][world, life['holding']])}"))
    deeds = life["deeds_lo"].bit_count() + life["deeds_hi"].bit_count()
    if life["role"] != Role.GUARDIAN:
        facts.append(("owns", f"{life['coins']} coins, {life['files']} files read, {deeds} of {len(DEEDS)} deeds"))
    return facts


def mood_of(life: dict[str, int]) -> str:
    """A word for what it feels, by rule; a guardian has moods instead."""
    if life["role"] == Role.GUARDIAN:
        return {Mood.IDLE: "at rest", Mood.HUNT: "hunting", Mood.FLEE: "fleeing", Mood.RETURN: "returning"}[Mood(life["mood"])]
    return feeling(life["valence"], life["arousal"])


def _doing(action: int) -> str:
    move, act, word = action & 0xFF, action >> 8 & 0xFF, action >> 16 & 0xFF
    told = [Act(act).name.lower()] if act else []
    told.append(_MOVES[move])
    return ", ".join(told) + (f', says "{word}"' if word else "")


def _whole(state: State, life: dict[str, int], world: int) -> int:
    """The health that such a life was born with."""
    if life["role"] != Role.GUARDIAN:
        return HEALTH
    return GUARD_HEALTH + (int(state.bodies["mass"][world, state.bodies.row_of[world, life["body"]]]) >> 1)
