"""The numbers of the laws of life, in one place. A *cell* is one of the field's; energy counts in units, time in ticks."""

from __future__ import annotations

# -- stores ---------------------------------------------------------------------------------------------------------------------
SET_POINT = 8192  #: where homeostasis wants each of the three stores
STORE_LIMIT = 16383  #: and what each can hold
FOUNDER_STORE = 4096  #: what a founder starts with in each
NEAR_SET = 2048  #: a store within this of its set point is near it
FIELD_LIMIT = 1 << 30  #: a cell of the field takes no more than this of one colour

# -- metabolism (a named sink) --------------------------------------------------------------------------------------------------
COST_SENSE = 2  #: of R a tick, and one more for every octave seen
COST_THINK = 3  #: of B a tick,
COST_DECODE = 3  #: and so much more while decoding,
COST_WORD = 1  #: and for a word
COST_BODY = 2  #: of Y a tick,
COST_MOVE = 3  #: and so much more for a move
STARVE = 2  #: health lost a tick for every empty store
HEALTH = 1024
HEAL_TICKS = 2  #: a life with no store under HEAL_STORE gains a point of health every so many ticks
HEAL_STORE = 2048
SPAN = 6144  #: ticks after which age gnaws, one point of health a tick
PAIN_SHIFT = 4  #: pain fades by this share each tick

# -- acts -----------------------------------------------------------------------------------------------------------------------
THRUST_SHIFT = 17  #: (speed + 64) << this is the thrust of a move, Q2.30 cells a tick each tick
SLANT = 181  #: in 1/256: each axis of a slanted move
BITE = 16  #: a bite is this and a quarter of the metabolism trait, of each colour,
BITE_SHIFT = 4  #: and at most the cell's energy >> this
REACH = 512  #: in 1/256 cells: how far a hand reaches, and at most an eye that reads
READ_REACH = 384  #: an eye reads this far, and as far again as twice the curiosity trait, up to REACH
STRIKE_DAMAGE = 48  #: and half of the strength trait
STRIKE_COST = 48
STRIKE_TICKS = 8
SHOT_COST = 256  #: of Y; half of it flies
SHOT_TICKS = 16  #: until the next one
SHOT_LIFE = 20  #: a shot flies so many ticks
SHOT_SPEED = 3 << 28  #: three quarters of a cell a tick
SHOT_DAMAGE = 64
SHOT_REACH = 192  #: in 1/256 cells: nearer than this it hits
SHED_SHIFT = 3  #: excretion and gifts are an eighth of the fullest store
SECTION_WORK = 256  #: work that a section takes
WIT = 16  #: work a tick is this and a quarter of the wit trait
LOOT_WIT = 2  #: strength >> this is added to wit, strength or speed by the loot in hand
SECTION_SHIFT = 6  #: matter has 1 + mass >> this sections, at most SECTION_LIMIT
SECTION_LIMIT = 12
SECTION_YIELD_SHIFT = 5  #: a decoded section yields matter's energy >> this into B, at most SECTION_YIELD
SECTION_YIELD = 256
COURTSHIP = 16  #: ticks for which a courtship stands
EGG_STORE = 5120  #: both parents need this much in each store
EGG_SHARE = 1024  #: and each gives this much of each
EGG_TICKS = 64

# -- things ---------------------------------------------------------------------------------------------------------------------
RIPEN_TICKS = 32  #: buried loot gains a point of strength every so many ticks
LOOT_LIMIT = 255
GUARDIAN_COIN_SHIFT = 7  #: a slain guardian leaves a coin worth 1 + mass >> this

# -- guardians ------------------------------------------------------------------------------------------------------------------
SIGHT = 6 << 8  #: in 1/256 cells: a guardian sees a mind this near to its post
LEASH = 12 << 8  #: and follows it no farther than this from its post
GUARD_HEALTH = 192  #: a guardian starts with this and half of the mass of what it guards
GUARD_TICKS = 1024  #: until a slain guardian is replaced
GUARD_FEED = 8  #: units a tick that it takes from what it guards

# -- inheritance ----------------------------------------------------------------------------------------------------------------
TRAIT_BUDGET = 9 * 64  #: the nine traits sum up to this (rounded down), whatever the genome
TRAIT_FLOOR = 32  #: added to every base, so that no trait vanishes
FIRST_HEAT = 256  #: temperature of a founder's lineage, Q8
COOLING = 240  #: in 1/256: a child's lineage is this much cooler
MUTATION_BITS = 6  #: a mutation changes a base by up to 1 << this, times the temperature
GAIN_SHIFT = 11  #: a change of a base times three times what was lacked >> this is its pressure gain, Q4

# -- streams of chance ----------------------------------------------------------------------------------------------------------
STREAM_FOUND = 16
STREAM_CHANCE = 17
STREAM_EGG = 18
STREAM_DROP = 19
STREAM_GUARD = 20
