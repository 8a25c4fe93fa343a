"""The numbers of the laws of life, in one place. A *cell* is one of the field's; energy counts in units, time in ticks."""

from __future__ import annotations

# -- stores ------------------------------------------------------------------------------------------------------------
SET_POINT = 8192  #: where homeostasis wants each of the three stores
STORE_LIMIT = 16383  #: and what each can hold
FOUNDER_STORE = 2048  #: what a founder starts with in each, as a child does
RESERVE = 2048  #: what a store holds up to this is neither excreted nor given away nor shot
NEAR_SET = 2048  #: a store within this of its set point is near it
FIELD_LIMIT = 1 << 30  #: a cell of the field takes no more than this of one colour

# -- metabolism (a named sink) -----------------------------------------------------------------------------------------
COST_SENSE = 2  #: of R a tick, and one more for every octave seen
COST_THINK = 3  #: of B a tick,
COST_DECODE = 3  #: and so much more while decoding,
COST_WORD = 1  #: and for a word
COST_BODY = 3  #: of Y a tick,
COST_MOVE = 2  #: and so much more for a move
STARVE = 3  #: health lost a tick for every empty store
HEALTH = 1024
HEAL_TICKS = 1  #: a life with no store under HEAL_STORE gains a point of health every so many ticks
HEAL_STORE = 2048  #: a life with a store under this is hungry
SPAN = 6144  #: ticks after which age gnaws, one point of health a tick
PAIN_SHIFT = 4  #: pain fades by this share each tick

# -- acts --------------------------------------------------------------------------------------------------------------
THRUST_SHIFT = 17  #: (speed + 64) << this is the thrust of a move, Q2.30 cells a tick each tick
SLANT = 181  #: in 1/256: each axis of a slanted move
BITE = 12  #: a bite is this and an eighth of the metabolism trait, of each colour,
BITE_TRAIT_SHIFT = 3
BITE_SHIFT = 5  #: and at most the cell's energy >> this
REACH = 512  #: in 1/256 cells: how far a hand reaches, and at most an eye that reads
TAKE_REACH = 320  #: coins and loot are taken from as near as this
READ_REACH = 384  #: an eye reads this far, and as far again as twice the curiosity trait, up to REACH
STRIKE_DAMAGE = 48  #: and half of the strength trait
STRIKE_COST = 48
STRIKE_TICKS = 8
SHOT_COST = 256  #: of Y, and not of the reserve; half of it flies
SHOT_TICKS = 16  #: until the next one
SHOT_LIFE = 20  #: a shot flies so many ticks
SHOT_SPEED = 3 << 28  #: three quarters of a cell a tick
SHOT_REACH = 192  #: in 1/256 cells: nearer than this it hits
SHED_SHIFT = 3  #: excretion and gifts are an eighth of what the fullest store holds over RESERVE
SECTION_WORK = 256  #: work that a section takes
DISTRACTION = 16  #: work on it that is lost in a tick without decoding
WIT = 16  #: work a tick is this and a quarter of the wit trait
LOOT_WIT = 2  #: strength >> this is added to wit, strength or speed by the loot in hand
SECTION_SHIFT = 6  #: matter has 1 + mass >> this sections, at most SECTION_LIMIT
SECTION_LIMIT = 12
SECTION_YIELD_SHIFT = 5  #: a decoded section yields matter's energy >> this into B, at most SECTION_YIELD
SECTION_YIELD = 256
COURTSHIP = 16  #: ticks for which a courtship stands
EGG_STORE = 5120  #: both parents need this much in each store
EGG_SHARE = 1024  #: and each gives this much of each
EGG_TICKS = 64  #: until an egg may hatch
EGG_ROT = 512  #: and until one that found no room has rotten

# -- things ------------------------------------------------------------------------------------------------------------
RIPEN_TICKS = 16  #: buried loot gains a point of strength every so many ticks
LOOT_LIMIT = 255
GUARDIAN_COIN_SHIFT = 7  #: a slain guardian leaves a coin worth 1 + mass >> this

# -- guardians ---------------------------------------------------------------------------------------------------------
SIGHT = 6 << 8  #: in 1/256 cells: a guardian sees a mind this near to its post
LEASH = 12 << 8  #: and follows it no farther than this from its post
GUARD_HEALTH = 224  #: a guardian starts with this and a quarter of the mass of what it guards
GUARD_TICKS = 512  #: until a slain guardian is replaced
GUARD_HEAL = 3  #: health that a guardian gains a tick
GUARD_FEED = 8  #: units a tick that it takes from what it guards

# -- inheritance -------------------------------------------------------------------------------------------------------
TRAIT_BUDGET = 9 * 64  #: the nine traits sum up to this (rounded down), whatever the genome
TRAIT_FLOOR = 32  #: added to every base, so that no trait vanishes
FIRST_HEAT = 256  #: temperature of a founder's lineage, Q8
COOLING = 240  #: in 1/256: a child's lineage is this much cooler
MUTATION_BITS = 6  #: a mutation changes a base by up to 1 << this, times the temperature
GAIN_SHIFT = 11  #: a change of a base times three times what was lacked >> this is its pressure gain, Q4

# -- achievements ------------------------------------------------------------------------------------------------------
DEED_TASTE = 768  #: units of one colour
DEED_FAR_FROM_HOME = 24 << 8  #: in 1/256 cells, along one axis
DEED_BLOWS = 9
DEED_AT_ONCE = 768  #: units excreted in one tick: only a store over its set point gives so much
DEED_ACCORD, DEED_CHORUS, DEED_VOICES = (
    9,
    27,
    3,
)  #: ticks on end of saying what another says; and for a chorus, and with how many others
DEED_NEAR_TICKS = (64, 256, 1024)  #: ticks on end near the set point
DEED_AGES = (768, 1536, 2048, 3584)
DEED_SECTORS_SEEN = 8
DEED_CLASSES = (3, 5, 7)
DEED_FILES = (4, 9)
DEED_COINS = (9, 27, 81)
DEED_WOUNDS = (340, 680)  #: health lost
DEED_KILLS = 3
DEED_GIFTS = 27
DEED_DEEP = 7  #: sections of a file
DEED_CHAMPION = 96  #: strength of a guardian
DEED_RELIC = 96  #: strength of loot
DEED_RIPE = 256  #: ticks for which loot lay in the ground

# -- streams of chance -------------------------------------------------------------------------------------------------
STREAM_FOUND = 16
STREAM_CHANCE = 17
STREAM_EGG = 18
STREAM_DROP = 19
