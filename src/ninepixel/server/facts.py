"""What the inspector tells a stranger about a mind: numbers of its own life, and nothing of the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from ninepixel.ecs.ids import index_of
from ninepixel.world.affect import feeling
from ninepixel.world.identity import MindIdentity
from ninepixel.world.laws.bodies import genome, unpack_traits
from ninepixel.world.laws.lives import DEEDS, TRAITS, Act, Mood, Role
from ninepixel.world.laws.vital import HEALTH, SET_POINT
from ninepixel.world.picture.palette import MATTER_NAMES
from ninepixel.world.state import State

#: Columns of a life that are told as they are.
_PLAIN = ("age", "health", "generation", "coins", "files", "kills", "children", "serial", "mother", "father")


def slot_of(state: State, sprite: int) -> int:
    """The slot of the life in the body of index *sprite*, -1 where nobody lives."""
    if not 0 <= sprite < int(state.bodies.next_index[0]) or state.bodies.row_of[0, sprite] < 0:
        return -1
    slots = np.flatnonzero(state.lives.live("body") == sprite)
    return int(slots[0]) if slots.size else -1


def mind_facts(state: State, slot: int) -> dict[str, Any]:
    """The life in *slot* of world 0 as plain values that msgpack and JSON can carry."""
    life = {name: int(column[0, slot]) for name, column in state.lives.columns.items()}
    entity = state.bodies.entity_at(int(state.bodies.row_of[0, life["body"]]))
    mind = state.cold.try_get(entity, MindIdentity)
    body = state.bodies.values(entity)
    move, act, word = (life["action"] >> shift & 0xFF for shift in (0, 8, 16))
    guardian = life["role"] == Role.GUARDIAN
    return {
        "sprite": index_of(entity),
        "slot": slot,
        "name": mind.name.decode("utf-8", "replace") if mind else "a guardian",
        "led_by": Role(life["role"]).name.lower(),
        **{name: life[name] for name in _PLAIN},
        "whole": HEALTH,
        "stores": [life["store_r"], life["store_b"], life["store_y"]],
        "set_point": SET_POINT,
        "valence": life["valence"],
        "arousal": life["arousal"],
        "feels": Mood(life["mood"]).name.lower() if guardian else feeling(life["valence"], life["arousal"]),
        "move": move,
        "act": Act(act).name.lower(),
        "word": word,
        "reads": _class_of(state, life["reading"]),
        "section": life["section"],
        "deeds": [deed.name for number, deed in enumerate(DEEDS) if _has(life, number)],
        "traits": dict(zip(TRAITS, _bytes(life["pheno_r"], life["pheno_b"], life["pheno_y"]), strict=True)),
        "genome": genome(body["gene_r"], body["gene_b"], body["gene_y"]).reshape(-1).tolist(),
    }


def has_deed(lo: int, hi: int, number: int) -> bool:
    """Whether the bits of a life's deeds hold deed *number*."""
    return bool((hi >> (number - 32) if number >= 32 else lo >> number) & 1)


def _has(life: dict[str, int], number: int) -> bool:
    return has_deed(life["deeds_lo"], life["deeds_hi"], number)


def _bytes(*codons: int) -> list[int]:
    return [codon >> shift & 0xFF for codon in codons for shift in (0, 8, 16)]


def _class_of(state: State, index: int) -> str:
    """The class of matter that is read; its name stays on this machine."""
    if not 0 <= index < int(state.bodies.next_index[0]) or state.bodies.row_of[0, index] < 0:
        return ""
    matter = int(unpack_traits(state.bodies["traits"][0, state.bodies.row_of[0, index]])[1])
    return MATTER_NAMES[matter] if matter < len(MATTER_NAMES) else ""
