"""What a life is: the hot columns of minds and guardians, of the small things they leave about, and the vocabularies of both.

A body (:mod:`ninepixel.world.laws.bodies`) obeys physics; a *life* lives in one. Slots of the table of lives are never moved:
row, index and slot are one number, and a slot whose ``body`` is -1 holds nobody. *Things* are what is smaller than a body: coins
(one pixel), loot (four), shots (a small replica of their shooter) and eggs; a thing whose ``kind`` is 0 is no thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ninepixel.ecs.table import Column


class Act(IntEnum):
    """The nine acts."""

    REST = 0  #: nothing; the patient spend less
    GRAZE = 1  #: take energy of each colour from the cell one stands on into one's stores
    STRIKE = 2  #: hurt the nearest life within reach
    SHOOT = 3  #: send a small replica of oneself along one's heading
    EXCRETE = 4  #: give an eighth of what one's fullest store holds over the reserve to the field, in its colour
    DECODE = 5  #: read the nearest unread matter within reach, section by section
    TAKE = 6  #: take the nearest coin or loot within reach, also when it is buried
    GIVE = 7  #: share as much with the nearest mind within reach instead; alone, bury the loot one holds
    MATE = 8  #: court the nearest mind within reach; two who court each other lay an egg


#: Steps (dx, dy) of the nine moves: stay, then the eight directions clockwise from north.
STEPS = ((0, 0), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
MOVES = ACTS = WORDS = 9


class Role(IntEnum):
    """Who decides what a life does."""

    OPEN = 0  #: nobody lives here yet: the next egg may hatch here
    GUEST = 1  #: its acts come from outside (a player, a researcher's policy)
    INSTINCT = 2  #: a resident that acts by the built-in script, from its own senses
    RANDOM = 3  #: a resident that acts by chance
    STILL = 4  #: a resident that does nothing
    GUARDIAN = 5  #: guards matter: idles, hunts, flees, returns
    CLOSED = 6  #: nobody lives here and nobody will, until the world is founded anew
    LEARNED = 7  #: a resident that acts by the policy of its universe (:class:`~ninepixel.world.state.Thoughts`)


class Mood(IntEnum):
    """What a guardian is about."""

    IDLE = 0
    HUNT = 1
    FLEE = 2
    RETURN = 3


class Thing(IntEnum):
    """What a small thing is."""

    NONE = 0
    SHOT = 1
    COIN = 2
    LOOT = 3
    EGG = 4


class Lies(IntEnum):
    """Where a thing is."""

    OPENLY = 0
    BURIED = 1  #: not to be seen; it strengthens with time
    HELD = 2


def _ints(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, np.int32) for name in names)


def _words(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, np.uint32) for name in names)


def _links(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, np.int32, -1) for name in names)


LIFE_COLUMNS: tuple[Column, ...] = (
    *_links("body"),  # index of its body, -1: nobody lives here
    *_words("role", "action"),  # action: move | act << 8 | utter << 16
    *_ints("heading"),  # the last move that was no stay, 0 .. 8
    *_ints("store_r", "store_b", "store_y", "health"),
    *_ints("age", "cooldown", "hurt"),  # ticks; ticks until it may strike again; pain that fades
    *_ints("valence", "arousal", "drive"),  # Q8; Q8; distance of the stores from their set point, in units
    *_links("reading"),  # the matter it decodes: index of a body
    *_ints("section", "work"),  # sections of it already decoded; work done on the next one
    *_links("holding"),  # the loot in its hand: a thing
    *_ints("coins"),
    *_links("near_life", "near_matter", "near_thing"),  # what it could act upon: slot, body index, thing
    *_ints("courting"),  # ticks for which its courtship still stands
    *_words("serial", "mother", "father"),  # births are numbered from 1 in each world; 0: a founder has no parents
    *_ints("generation", "heat"),  # heat: temperature of the lineage, Q8
    *_words("pheno_r", "pheno_b", "pheno_y"),  # the nine traits that its genome gives it, packed like codons
    *_words("home_x", "home_y"),  # where it was born, or what it guards
    *_links("post"),  # a guardian's matter
    *_ints("mood"),
    *_links("foe"),  # who hurt it last
    *_ints("eaten_r", "eaten_b", "eaten_y"),
    *_ints("accord"),  # ticks on end for which another within earshot has said the same
    *_words("classes", "sectors"),  # bits: classes of matter decoded, sixteenths of the world seen
    *_ints("files", "blows", "kills", "gifts", "children", "streak", "low"),  # low: the worst health since it was last whole
    *_words("deeds_lo", "deeds_hi"),  # achievements of this life, a bit each: DEEDS
)

THING_COLUMNS: tuple[Column, ...] = (
    *_words("kind", "x", "y"),
    *_ints("vx", "vy"),  # cells a tick, Q2.30, as bodies have them
    *_words("rby", "gene_r", "gene_b", "gene_y"),
    *_links("owner"),  # slot of who shot it or holds it
    *_ints("energy", "strength", "age", "lies"),  # strength: damage of a shot, worth of a coin, power of loot
    *_words("mother", "father"),  # of an egg: serials
    *_ints("generation", "heat"),
)

#: The nine traits, three a codon (canon, section 4): on average 64 each, whatever the genome.
TRAITS = ("range", "acuity", "hearing", "wit", "patience", "curiosity", "speed", "strength", "metabolism")


@dataclass(frozen=True, slots=True)
class Deed:
    """An achievement: a bit of a life's ``deeds``."""

    name: str
    tier: int
    what: str


DEEDS: tuple[Deed, ...] = (
    # -- tier 1: to live -------------------------------------------------------------------------------------------------------
    Deed("taste_red", 1, "eat 768 units of red in one life"),
    Deed("taste_blue", 1, "eat 768 units of blue"),
    Deed("taste_yellow", 1, "eat 768 units of yellow"),
    Deed("wander", 1, "be 24 cells from where one was born"),
    Deed("speak", 1, "say for 9 ticks on end what another within earshot says too"),
    Deed("shed", 1, "excrete 768 units at once"),
    Deed("read", 1, "decode a section of matter"),
    Deed("coin", 1, "take a coin"),
    Deed("strike", 1, "land nine blows"),
    Deed("shoot", 1, "hit a guardian with a shot"),
    Deed("endure", 1, "live for 768 ticks"),
    Deed("sated", 1, "keep all three stores near their set point for 64 ticks"),
    # -- tier 2: to live well ----------------------------------------------------------------------------------------------------
    Deed("homeostasis", 2, "keep all three stores near their set point for 256 ticks"),
    Deed("file", 2, "decode all sections of a file"),
    Deed("purse", 2, "own 9 coins"),
    Deed("loot", 2, "take loot into one's hand"),
    Deed("share", 2, "give another mind energy that it lacks"),
    Deed("slay", 2, "kill a guardian"),
    Deed("browse", 2, "decode sections of three classes of matter"),
    Deed("rove", 2, "see eight of the sixteen sectors"),
    Deed("mend", 2, "be whole again after losing a third of one's health"),
    Deed("egg", 2, "lay an egg with another mind"),
    Deed("bury", 2, "bury loot"),
    Deed("mature", 2, "live for 1,536 ticks"),
    # -- tier 3: to excel ------------------------------------------------------------------------------------------------
    Deed("shelf", 3, "decode four whole files"),
    Deed("scholar", 3, "decode sections of five classes of matter"),
    Deed("wealth", 3, "own 27 coins"),
    Deed("dig", 3, "dig up loot that lay buried for 256 ticks"),
    Deed("hatch", 3, "have a child"),
    Deed("hunter", 3, "kill three guardians"),
    Deed("marksman", 3, "kill a guardian with a shot"),
    Deed("mapper", 3, "see all sixteen sectors"),
    Deed("elder", 3, "live for 2,048 ticks"),
    Deed("rescue", 3, "give a hungry mind energy that it lacks"),
    Deed("balance", 3, "keep all three stores near their set point for 1,024 ticks"),
    Deed("escape", 3, "be whole again after losing two thirds of one's health"),
    # -- tier 4: to be remembered ----------------------------------------------------------------------------------------
    Deed("library", 4, "decode nine whole files"),
    Deed("polymath", 4, "decode sections of seven classes of matter"),
    Deed("hoard", 4, "own 81 coins"),
    Deed("relic", 4, "hold loot of strength 96"),
    Deed("dynasty", 4, "have a grandchild"),
    Deed("champion", 4, "kill a guardian of strength 96 or more"),
    Deed("nerve", 4, "decode a whole file whose guardian hunts"),
    Deed("generous", 4, "give 27 gifts of what was lacking"),
    Deed("depth", 4, "decode a file of seven or more sections"),
    Deed("ancient", 4, "live for 3,584 ticks"),
    Deed("chorus", 4, "say for 27 ticks on end what others say too, three of them within earshot at the end"),
    Deed("whole", 4, "do all twelve deeds of the first tier in one life"),
)
