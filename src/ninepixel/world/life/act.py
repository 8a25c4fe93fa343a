"""What a life does in one tick: the nine moves and the nine acts (laws/lives.py), on what was within reach when it looked.

Lives act one after the other in slot order; nobody dies before everybody has acted.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.constants import SPEED_LIMIT
from ninepixel.world.laws.lives import Act, Lies, Role, Thing
from ninepixel.world.laws.vital import (
    BITE,
    BITE_SHIFT,
    BITE_TRAIT_SHIFT,
    COST_DECODE,
    COST_MOVE,
    COST_WORD,
    COURTSHIP,
    DEED_AT_ONCE,
    DEED_BLOWS,
    DEED_CLASSES,
    DEED_COINS,
    DEED_DEEP,
    DEED_FILES,
    DEED_GIFTS,
    DEED_RIPE,
    DEED_TASTE,
    DISTRACTION,
    EGG_STORE,
    FIELD_LIMIT,
    HEAL_STORE,
    LOOT_WIT,
    REACH,
    RESERVE,
    SECTION_LIMIT,
    SECTION_SHIFT,
    SECTION_WORK,
    SECTION_YIELD,
    SECTION_YIELD_SHIFT,
    SET_POINT,
    SHED_SHIFT,
    SHOT_COST,
    SHOT_SPEED,
    SHOT_TICKS,
    SLANT,
    STORE_LIMIT,
    STRIKE_COST,
    STRIKE_DAMAGE,
    STRIKE_TICKS,
    TAKE_REACH,
    THRUST_SHIFT,
    WIT,
)
from ninepixel.world.life.booking import L_METABOLISM, L_MINTED
from ninepixel.world.life.columns import (
    ACTION,
    BLOWS,
    BODY,
    CLASSES,
    COINS,
    COOLDOWN,
    COURTING,
    D_BROWSE,
    D_BURY,
    D_COIN,
    D_DEPTH,
    D_DIG,
    D_EGG,
    D_FILE,
    D_GENEROUS,
    D_HOARD,
    D_LIBRARY,
    D_LOOT,
    D_NERVE,
    D_POLYMATH,
    D_PURSE,
    D_READ,
    D_RESCUE,
    D_SCHOLAR,
    D_SHARE,
    D_SHED,
    D_SHELF,
    D_STRIKE,
    D_TASTE_BLUE,
    D_TASTE_RED,
    D_TASTE_YELLOW,
    D_WEALTH,
    DEEDS_HI,
    DEEDS_LO,
    EATEN_R,
    ENERGY,
    FILES,
    FOE,
    GENE_B,
    GENE_R,
    GENE_Y,
    GIFTS,
    HEADING,
    HEALTH,
    HOLDING,
    HURT,
    MASS,
    MOOD,
    NEAR_LIFE,
    NEAR_MATTER,
    NEAR_THING,
    PHENO_B,
    PHENO_Y,
    POST,
    RBY,
    READING,
    ROLE,
    SECTION,
    STORE_B,
    STORE_R,
    STORE_Y,
    T_AGE,
    T_ENERGY,
    T_GENE_B,
    T_GENE_R,
    T_GENE_Y,
    T_KIND,
    T_LIES,
    T_OWNER,
    T_RBY,
    T_STRENGTH,
    T_VX,
    T_VY,
    T_X,
    T_Y,
    TRAITS,
    VX,
    VY,
    WORK,
    X,
    Y,
)
from ninepixel.world.life.heredity import lay_egg
from ninepixel.world.life.space import MATTER, SEALED, knows, read_reach, square

REST, GRAZE, STRIKE, SHOOT, EXCRETE, DECODE, TAKE, GIVE, MATE = (int(act) for act in Act)
COIN, LOOT, SHOT, EGG = int(Thing.COIN), int(Thing.LOOT), int(Thing.SHOT), int(Thing.EGG)
OPENLY, BURIED, HELD = int(Lies.OPENLY), int(Lies.BURIED), int(Lies.HELD)
IS_GUARDIAN, MOOD_HUNT = int(Role.GUARDIAN), 1
STEP_X = np.asarray([0, 0, 1, 1, 1, 0, -1, -1, -1], np.int64)
STEP_Y = np.asarray([0, -1, -1, 0, 1, 1, 1, 0, -1], np.int64)


@leaf
def trait(codon: int, which: int) -> int:
    """Trait 0, 1 or 2 of a packed codon of traits."""
    return (np.int64(codon) >> (8 * which)) & 0xFF


@leaf
def deed(lives: Array, slot: int, which: int) -> None:
    """Note an achievement."""
    if which < 32:
        lives[DEEDS_LO, slot] = np.int32(lives[DEEDS_LO, slot] | np.int32(1 << which))
    else:
        lives[DEEDS_HI, slot] = np.int32(lives[DEEDS_HI, slot] | np.int32(1 << (which - 32)))


@leaf
def bits_of(word: int) -> int:
    """How many bits of a 32-bit pattern are set."""
    w = np.int64(word) & 0xFFFFFFFF
    n = 0
    while w:
        w &= w - 1
        n += 1
    return n


@leaf
def pour(field: Array, channel: int, cy: int, cx: int, amount: int) -> int:
    """Put energy into a cell of the field. Returns what did not fit."""
    fits = min(amount, FIELD_LIMIT - np.int64(field[channel, cy, cx]))
    field[channel, cy, cx] += fits
    return amount - fits


@leaf
def spend(lives: Array, store: int, slot: int, amount: int, books: Array) -> int:
    """Burn energy of a store. Returns what was there to burn."""
    burnt = min(np.int64(lives[store, slot]), amount)
    lives[store, slot] -= burnt
    books[L_METABOLISM] += burnt
    return burnt


@leaf
def fullest(lives: Array, slot: int) -> int:
    """The channel of the fullest store; of equally full ones the first."""
    best = 0
    for k in range(1, 3):
        if lives[STORE_R + k, slot] > lives[STORE_R + best, slot]:
            best = k
    return best


@leaf
def drive_of(lives: Array, slot: int) -> int:
    """The distance of the stores from their set point."""
    return (
        abs(np.int64(lives[STORE_R, slot]) - SET_POINT)
        + abs(np.int64(lives[STORE_B, slot]) - SET_POINT)
        + abs(np.int64(lives[STORE_Y, slot]) - SET_POINT)
    )


@leaf
def free_thing(t: Array) -> int:
    """The first slot without a thing, or -1."""
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] == 0:
            return thing
    return -1


@leaf
def put_thing(t: Array, kind: int, x: int, y: int, strength: int) -> int:
    """A new thing that lies openly. Returns its slot, or -1 when there is no room."""
    thing = free_thing(t)
    if thing >= 0:
        for c in range(t.shape[0]):
            t[c, thing] = 0
        t[T_KIND, thing], t[T_X, thing], t[T_Y, thing] = kind, x, y
        t[T_STRENGTH, thing], t[T_OWNER, thing] = strength, -1
    return thing


@leaf
def bonus(lives: Array, t: Array, slot: int) -> int:
    """What the loot in hand adds to wit, strength and speed."""
    holding = lives[HOLDING, slot]
    return np.int64(t[T_STRENGTH, holding]) >> LOOT_WIT if holding >= 0 else np.int64(0)


@leaf
def thrust(lives: Array, t: Array, b: Array, slot: int, row: int, move: int, books: Array) -> None:
    """Push the body one way; a life without Y cannot."""
    if spend(lives, STORE_Y, slot, COST_MOVE, books) < COST_MOVE:
        return
    push = (trait(lives[PHENO_Y, slot], 0) + 64 + bonus(lives, t, slot)) << THRUST_SHIFT
    dx, dy = STEP_X[move], STEP_Y[move]
    if dx and dy:
        push = (push * SLANT) >> 8
    b[VX, row] = min(max(np.int64(b[VX, row]) + dx * push, -SPEED_LIMIT), SPEED_LIMIT)
    b[VY, row] = min(max(np.int64(b[VY, row]) + dy * push, -SPEED_LIMIT), SPEED_LIMIT)


@leaf
def graze(lives: Array, slot: int, field: Array, cy: int, cx: int) -> None:
    """Take a bite of each colour."""
    bite = BITE + (trait(lives[PHENO_Y, slot], 2) >> BITE_TRAIT_SHIFT)
    for k in range(3):
        here = np.int64(field[k, cy, cx])
        taken = min(min(bite, here >> BITE_SHIFT), STORE_LIMIT - np.int64(lives[STORE_R + k, slot]))
        field[k, cy, cx] = here - taken
        lives[STORE_R + k, slot] += taken
        lives[EATEN_R + k, slot] = min(np.int64(lives[EATEN_R + k, slot]) + taken, 1 << 30)
        if lives[EATEN_R + k, slot] >= DEED_TASTE:
            deed(lives, slot, D_TASTE_RED if k == 0 else D_TASTE_BLUE if k == 1 else D_TASTE_YELLOW)


@leaf
def strike(lives: Array, t: Array, slot: int, target: int, books: Array) -> None:
    """A blow at a life within reach."""
    if lives[COOLDOWN, slot] or spend(lives, STORE_Y, slot, STRIKE_COST, books) < STRIKE_COST:
        return
    harm = STRIKE_DAMAGE + (trait(lives[PHENO_Y, slot], 1) >> 1) + bonus(lives, t, slot)
    lives[HEALTH, target] -= harm
    lives[HURT, target] += harm
    lives[FOE, target] = slot << 1
    lives[COOLDOWN, slot] = STRIKE_TICKS
    lives[BLOWS, slot] += 1
    if lives[BLOWS, slot] >= DEED_BLOWS:
        deed(lives, slot, D_STRIKE)


@leaf
def shoot(lives: Array, t: Array, b: Array, slot: int, row: int, books: Array) -> None:
    """Send a small replica of oneself along one's heading: half of what it costs flies with it."""
    heading = lives[HEADING, slot]
    if heading == 0 or lives[COOLDOWN, slot] or lives[STORE_Y, slot] < RESERVE + SHOT_COST:
        return
    thing = put_thing(t, SHOT, b[X, row], b[Y, row], 0)
    if thing < 0:
        return
    lives[STORE_Y, slot] -= SHOT_COST
    books[L_METABOLISM] += SHOT_COST >> 1
    speed = SHOT_SPEED if STEP_X[heading] == 0 or STEP_Y[heading] == 0 else (SHOT_SPEED * SLANT) >> 8
    t[T_ENERGY, thing] = SHOT_COST - (SHOT_COST >> 1)
    t[T_VX, thing], t[T_VY, thing] = STEP_X[heading] * speed, STEP_Y[heading] * speed
    t[T_RBY, thing], t[T_OWNER, thing] = b[RBY, row], slot
    t[T_GENE_R, thing], t[T_GENE_B, thing], t[T_GENE_Y, thing] = b[GENE_R, row], b[GENE_B, row], b[GENE_Y, row]
    t[T_STRENGTH, thing] = (STRIKE_DAMAGE + (trait(lives[PHENO_Y, slot], 1) >> 1) + bonus(lives, t, slot)) >> 1
    lives[COOLDOWN, slot] = SHOT_TICKS


@leaf
def spare(lives: Array, slot: int, k: int) -> int:
    """What a life can excrete or give of one store at once."""
    return max(np.int64(lives[STORE_R + k, slot]) - RESERVE, 0) >> SHED_SHIFT


@leaf
def shed(lives: Array, slot: int, field: Array, cy: int, cx: int) -> None:
    """Excrete an eighth of what the fullest store holds over the reserve, in its colour."""
    k = fullest(lives, slot)
    amount = spare(lives, slot, k)
    given = amount - pour(field, k, cy, cx, amount)
    lives[STORE_R + k, slot] -= given
    if given >= DEED_AT_ONCE:
        deed(lives, slot, D_SHED)


@leaf
def sections_of(mass: int) -> int:
    """How many sections matter of this mass has."""
    return min(1 + (mass >> SECTION_SHIFT), SECTION_LIMIT)


@leaf
def decode(
    lives: Array, t: Array, b: Array, row_of: Array, known: Array, slot: int, row: int, matter: int, cell_shift: int, books: Array
) -> int:
    """Work on the next section of matter. Returns how many sections were finished (0 or 1)."""
    there = np.int64(row_of[matter])
    if there < 0 or (b[TRAITS, there] & 0xFF) != MATTER or b[TRAITS, there] & SEALED or knows(known, slot, matter):
        return 0
    sight = read_reach(lives[PHENO_B, slot])
    if square(b[X, there], b[Y, there], b[X, row], b[Y, row], cell_shift) > sight * sight:
        return 0
    if lives[READING, slot] != matter:
        lives[READING, slot], lives[SECTION, slot], lives[WORK, slot] = matter, 0, 0
    spend(lives, STORE_B, slot, COST_DECODE, books)
    lives[WORK, slot] += WIT + (trait(lives[PHENO_B, slot], 0) >> 2) + bonus(lives, t, slot)
    if lives[WORK, slot] < SECTION_WORK:
        return 0
    lives[WORK, slot] = 0
    lives[SECTION, slot] += 1
    gained = min(min(np.int64(b[ENERGY, there]) >> SECTION_YIELD_SHIFT, SECTION_YIELD), STORE_LIMIT - lives[STORE_B, slot])
    b[ENERGY, there] -= gained
    lives[STORE_B, slot] += gained
    lives[CLASSES, slot] |= 1 << min((b[TRAITS, there] >> 8) & 0xFF, 31)
    classes = bits_of(lives[CLASSES, slot])
    deed(lives, slot, D_READ)
    if classes >= DEED_CLASSES[0]:
        deed(lives, slot, D_BROWSE)
    if classes >= DEED_CLASSES[1]:
        deed(lives, slot, D_SCHOLAR)
    if classes >= DEED_CLASSES[2]:
        deed(lives, slot, D_POLYMATH)
    if lives[SECTION, slot] >= sections_of(np.int64(b[MASS, there])):
        finish_file(lives, t, b, known, slot, row, matter, books)
    return 1


@leaf
def finish_file(lives: Array, t: Array, b: Array, known: Array, slot: int, row: int, matter: int, books: Array) -> None:
    """The last section of a file: it is remembered, and a coin worth its sections lies at the reader's feet."""
    sections = np.int64(lives[SECTION, slot])
    word = matter >> 5
    known[slot, word] = np.uint32(np.int64(known[slot, word]) | (1 << (matter & 31)))
    lives[READING, slot], lives[SECTION, slot] = -1, 0
    lives[FILES, slot] += 1
    if put_thing(t, COIN, b[X, row], b[Y, row], sections) >= 0:
        books[L_MINTED] += sections
    deed(lives, slot, D_FILE)
    if lives[FILES, slot] >= DEED_FILES[0]:
        deed(lives, slot, D_SHELF)
    if lives[FILES, slot] >= DEED_FILES[1]:
        deed(lives, slot, D_LIBRARY)
    if sections >= DEED_DEEP:
        deed(lives, slot, D_DEPTH)
    for other in range(lives.shape[1]):
        alive = lives[ROLE, other] == IS_GUARDIAN and lives[BODY, other] >= 0
        if alive and lives[POST, other] == matter and lives[MOOD, other] == MOOD_HUNT:
            deed(lives, slot, D_NERVE)


@leaf
def take(lives: Array, t: Array, b: Array, slot: int, row: int, thing: int, cell_shift: int) -> None:
    """Take a coin, or loot into an empty hand; buried loot is dug up."""
    kind = t[T_KIND, thing]
    if (kind != COIN and kind != LOOT) or t[T_LIES, thing] == HELD:
        return
    if square(t[T_X, thing], t[T_Y, thing], b[X, row], b[Y, row], cell_shift) > TAKE_REACH * TAKE_REACH:
        return
    if kind == COIN:
        lives[COINS, slot] += t[T_STRENGTH, thing]
        t[T_KIND, thing] = 0
        deed(lives, slot, D_COIN)
        if lives[COINS, slot] >= DEED_COINS[0]:
            deed(lives, slot, D_PURSE)
        if lives[COINS, slot] >= DEED_COINS[1]:
            deed(lives, slot, D_WEALTH)
        if lives[COINS, slot] >= DEED_COINS[2]:
            deed(lives, slot, D_HOARD)
    elif lives[HOLDING, slot] < 0:
        deed(lives, slot, D_LOOT)
        if t[T_LIES, thing] == BURIED and t[T_AGE, thing] >= DEED_RIPE:
            deed(lives, slot, D_DIG)
        lives[HOLDING, slot] = thing
        t[T_LIES, thing], t[T_OWNER, thing], t[T_AGE, thing] = HELD, slot, 0


@leaf
def bury(lives: Array, t: Array, b: Array, slot: int, row: int) -> None:
    """Put the loot in hand under the ground."""
    thing = lives[HOLDING, slot]
    lives[HOLDING, slot] = -1
    t[T_LIES, thing], t[T_X, thing], t[T_Y, thing] = BURIED, b[X, row], b[Y, row]
    t[T_OWNER, thing], t[T_AGE, thing] = -1, 0
    deed(lives, slot, D_BURY)


@leaf
def give(lives: Array, slot: int, other: int) -> None:
    """Share an eighth of what the fullest store holds over the reserve. It is a good deed when the other lacked it."""
    k = fullest(lives, slot)
    gift = min(spare(lives, slot, k), STORE_LIMIT - np.int64(lives[STORE_R + k, other]))
    if gift <= 0:
        return
    hungry = lives[STORE_R, other] < HEAL_STORE or lives[STORE_B, other] < HEAL_STORE or lives[STORE_Y, other] < HEAL_STORE
    lives[STORE_R + k, slot] -= gift
    lives[STORE_R + k, other] += gift
    if lives[STORE_R + k, other] > SET_POINT:
        return
    lives[GIFTS, slot] += 1
    deed(lives, slot, D_SHARE)
    if hungry:
        deed(lives, slot, D_RESCUE)
    if lives[GIFTS, slot] >= DEED_GIFTS:
        deed(lives, slot, D_GENEROUS)


@leaf
def ready_to_mate(lives: Array, slot: int) -> bool:
    """Whether all three stores allow an egg."""
    return lives[STORE_R, slot] >= EGG_STORE and lives[STORE_B, slot] >= EGG_STORE and lives[STORE_Y, slot] >= EGG_STORE


@leaf
def court(
    lives: Array,
    t: Array,
    b: Array,
    row_of: Array,
    slot: int,
    other: int,
    tick: int,
    seed_low: int,
    seed_high: int,
) -> None:
    """Court a mind; two who court each other lay an egg."""
    lives[COURTING, slot] = COURTSHIP
    if not (lives[COURTING, other] and lives[NEAR_LIFE, other] == slot):
        return
    if not (ready_to_mate(lives, slot) and ready_to_mate(lives, other)):
        return
    egg = free_thing(t)
    if egg < 0:
        return
    lay_egg(lives, t, b, row_of, egg, slot, other, tick, seed_low, seed_high)
    lives[COURTING, slot] = lives[COURTING, other] = 0
    deed(lives, slot, D_EGG)
    deed(lives, other, D_EGG)


@leaf
def within_reach(b: Array, row_of: Array, lives: Array, slot: int, row: int, cell_shift: int) -> int:
    """The life that was nearest, if it still lives and is within reach, else -1."""
    other = np.int64(lives[NEAR_LIFE, slot])
    if other < 0 or lives[BODY, other] < 0:
        return -1
    there = row_of[lives[BODY, other]]
    if square(b[X, there], b[Y, there], b[X, row], b[Y, row], cell_shift) > REACH * REACH:
        return -1
    return other


@leaf
def act_world(
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    b: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    t: Array,
    known: Array,
    books: Array,
    gain: Array,
    sections: Array,
) -> None:
    """Carry out the action of every life of one world.

    :param books: the world's ledger, int64.
    :param gain: int32 (slots,): how much nearer to its set point each life came by what was done, in units.
    :param sections: int32 (slots,): sections that each life has decoded.
    """
    cell_shift = 32 - side_log2
    for slot in range(lives.shape[1]):
        sections[slot] = 0
        gain[slot] = drive_of(lives, slot) if lives[BODY, slot] >= 0 else 0
    for slot in range(lives.shape[1]):
        index = lives[BODY, slot]
        if index < 0:
            continue
        row = np.int64(row_of[index])
        action = np.int64(lives[ACTION, slot])
        move, doing, word = action & 0xFF, (action >> 8) & 0xFF, (action >> 16) & 0xFF
        cx, cy = (np.int64(b[X, row]) & 0xFFFFFFFF) >> cell_shift, (np.int64(b[Y, row]) & 0xFFFFFFFF) >> cell_shift
        if lives[COOLDOWN, slot] > 0:
            lives[COOLDOWN, slot] -= 1
        if lives[COURTING, slot] > 0:
            lives[COURTING, slot] -= 1
        if move:
            lives[HEADING, slot] = move
            thrust(lives, t, b, slot, row, move, books)
        if word:
            spend(lives, STORE_B, slot, COST_WORD, books)
        if doing != DECODE and lives[WORK, slot] > 0:
            lives[WORK, slot] = max(np.int64(lives[WORK, slot]) - DISTRACTION, 0)
        if doing == GRAZE:
            graze(lives, slot, field, cy, cx)
        elif doing == EXCRETE:
            shed(lives, slot, field, cy, cx)
        elif doing == SHOOT:
            shoot(lives, t, b, slot, row, books)
        elif doing == DECODE:
            if lives[NEAR_MATTER, slot] >= 0:
                matter = np.int64(lives[NEAR_MATTER, slot])
                sections[slot] = decode(lives, t, b, row_of, known, slot, row, matter, cell_shift, books)
        elif doing == TAKE:
            if lives[NEAR_THING, slot] >= 0:
                take(lives, t, b, slot, row, np.int64(lives[NEAR_THING, slot]), cell_shift)
        elif doing in (STRIKE, GIVE, MATE):
            other = within_reach(b, row_of, lives, slot, row, cell_shift)
            mind = other >= 0 and lives[ROLE, other] != IS_GUARDIAN
            if doing == STRIKE:
                if other >= 0:
                    strike(lives, t, slot, other, books)
            elif doing == GIVE:
                if mind:
                    give(lives, slot, other)
                elif lives[HOLDING, slot] >= 0:
                    bury(lives, t, b, slot, row)
            elif mind:
                court(lives, t, b, row_of, slot, other, tick, seed_low, seed_high)
    for slot in range(lives.shape[1]):
        if lives[BODY, slot] >= 0:
            gain[slot] -= drive_of(lives, slot)
