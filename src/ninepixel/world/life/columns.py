"""Where the columns of bodies, lives and things stand in their blocks, for kernels that are handed whole blocks."""

from __future__ import annotations

from collections.abc import Sequence

from ninepixel.ecs.table import Column
from ninepixel.world.laws.bodies import BODY_COLUMNS
from ninepixel.world.laws.lives import DEEDS, LIFE_COLUMNS, THING_COLUMNS

# fmt: off
(X, Y, VX, VY, ENERGY, DENSITY, RBY, TRAITS, MASS, GENE_R, GENE_B, GENE_Y, LINK) = range(len(BODY_COLUMNS))

(BODY, ROLE, ACTION, HEADING, STORE_R, STORE_B, STORE_Y, HEALTH, AGE, COOLDOWN, HURT, VALENCE, AROUSAL, DRIVE, READING, SECTION,
 WORK, HOLDING, COINS, NEAR_LIFE, NEAR_MATTER, NEAR_THING, COURTING, SERIAL, MOTHER, FATHER, GENERATION, HEAT, PHENO_R, PHENO_B,
 PHENO_Y, HOME_X, HOME_Y, POST, MOOD, FOE, EATEN_R, EATEN_B, EATEN_Y, ACCORD, CLASSES, SECTORS, FILES, BLOWS, KILLS, GIFTS,
 CHILDREN, STREAK, LOW, DEEDS_LO, DEEDS_HI) = range(len(LIFE_COLUMNS))

(T_KIND, T_X, T_Y, T_VX, T_VY, T_RBY, T_GENE_R, T_GENE_B, T_GENE_Y, T_OWNER, T_ENERGY, T_STRENGTH, T_AGE, T_LIES, T_MOTHER,
 T_FATHER, T_GENERATION, T_HEAT) = range(len(THING_COLUMNS))

(D_TASTE_RED, D_TASTE_BLUE, D_TASTE_YELLOW, D_WANDER, D_SPEAK, D_SHED, D_READ, D_COIN, D_STRIKE, D_SHOOT, D_ENDURE, D_SATED,
 D_HOMEOSTASIS, D_FILE, D_PURSE, D_LOOT, D_SHARE, D_SLAY, D_BROWSE, D_ROVE, D_MEND, D_EGG, D_BURY, D_MATURE,
 D_SHELF, D_SCHOLAR, D_WEALTH, D_DIG, D_HATCH, D_HUNTER, D_MARKSMAN, D_MAPPER, D_ELDER, D_RESCUE, D_BALANCE, D_ESCAPE,
 D_LIBRARY, D_POLYMATH, D_HOARD, D_RELIC, D_DYNASTY, D_CHAMPION, D_NERVE, D_GENEROUS, D_DEPTH, D_ANCIENT, D_CHORUS,
 D_WHOLE) = range(len(DEEDS))
# fmt: on

#: Columns of chronicle, the few numbers that each world keeps of itself (int64).
EPISODE, BEGAN, NEXT_SERIAL = range(3)


def _check(names: Sequence[str], columns: Sequence[Column | str]) -> None:
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        wanted = column if isinstance(column, str) else column.name
        if globals()[name] != number or name.lower().removeprefix("t_").removeprefix("d_") != wanted:
            raise AssertionError(f"column {number} is {wanted}, not {name}")


_NAMES = [name for name in list(globals()) if name.isupper() and isinstance(globals()[name], int)]
_check(_NAMES[: len(BODY_COLUMNS)], BODY_COLUMNS)
_check(_NAMES[len(BODY_COLUMNS) :][: len(LIFE_COLUMNS)], LIFE_COLUMNS)
_check(_NAMES[len(BODY_COLUMNS) + len(LIFE_COLUMNS) :][: len(THING_COLUMNS)], THING_COLUMNS)
_check([n for n in _NAMES if n.startswith("D_")], [deed.name for deed in DEEDS])
