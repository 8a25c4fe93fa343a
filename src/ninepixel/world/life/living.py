"""What happens to every life in every tick, whatever it does: metabolism, healing and starving, ageing, affect, death."""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

import numpy as np

from ninepixel.world.kernel import Array, leaf
from ninepixel.world.laws.lives import Lies, Role, Thing
from ninepixel.world.laws.vital import (
    COST_BODY,
    COST_SENSE,
    COST_THINK,
    DEED_AGES,
    DEED_CHAMPION,
    DEED_FAR_FROM_HOME,
    DEED_KILLS,
    DEED_NEAR_TICKS,
    DEED_RELIC,
    DEED_SECTORS_SEEN,
    DEED_WOUNDS,
    GUARD_FEED,
    GUARD_HEAL,
    GUARD_TICKS,
    GUARDIAN_COIN_SHIFT,
    HEAL_STORE,
    HEAL_TICKS,
    NEAR_SET,
    PAIN_SHIFT,
    SET_POINT,
    SPAN,
    STARVE,
    STORE_LIMIT,
    STREAM_DROP,
)
from ninepixel.world.laws.vital import (
    HEALTH as WHOLE,
)
from ninepixel.world.life.booking import L_DECAY, L_FORGED, L_LOST, L_MINTED
from ninepixel.world.life.chance import words
from ninepixel.world.life.columns import (
    ACTION,
    AGE,
    AROUSAL,
    BODY,
    COINS,
    COOLDOWN,
    D_ANCIENT,
    D_BALANCE,
    D_CHAMPION,
    D_ELDER,
    D_ENDURE,
    D_ESCAPE,
    D_HOMEOSTASIS,
    D_HUNTER,
    D_MAPPER,
    D_MARKSMAN,
    D_MATURE,
    D_MEND,
    D_RELIC,
    D_ROVE,
    D_SATED,
    D_SLAY,
    D_WANDER,
    D_WHOLE,
    DEEDS_LO,
    DRIVE,
    ENERGY,
    FOE,
    HEALTH,
    HOLDING,
    HOME_X,
    HOME_Y,
    HURT,
    KILLS,
    LOW,
    MASS,
    PHENO_B,
    PHENO_R,
    PHENO_Y,
    POST,
    RBY,
    ROLE,
    SECTORS,
    STORE_B,
    STORE_R,
    STORE_Y,
    STREAK,
    T_KIND,
    T_LIES,
    T_OWNER,
    T_RBY,
    T_STRENGTH,
    T_X,
    T_Y,
    VALENCE,
    X,
    Y,
)
from ninepixel.world.life.deeds import bits_of, deed
from ninepixel.world.life.eyes import octaves_of
from ninepixel.world.life.flight import scatter
from ninepixel.world.life.goods import put_thing
from ninepixel.world.life.space import apart, cell_of
from ninepixel.world.life.sparse import kill
from ninepixel.world.life.stores import drive_of, pour, spend

COIN, LOOT, SHOT = int(Thing.COIN), int(Thing.LOOT), int(Thing.SHOT)
OPENLY = int(Lies.OPENLY)
IS_GUARDIAN, CLOSED = int(Role.GUARDIAN), int(Role.CLOSED)
PLEASURE_LIMIT = 32767
FIRST_TIER = (1 << 12) - 1


@leaf
def metabolise(lives: Array, slot: int, books: Array) -> None:
    """Burn what sensing, thinking and living cost; starve or heal. The patient burn less while they neither move nor act."""
    action = np.int64(lives[ACTION, slot])
    sense = COST_SENSE + octaves_of(lives[PHENO_R, slot])
    think, body = COST_THINK, COST_BODY
    if action & 0xFFFF == 0:
        patience = (np.int64(lives[PHENO_B, slot]) >> 8) & 0xFF
        sense -= (sense * patience) >> 8
        think -= (think * patience) >> 8
        body -= (body * patience) >> 8
    spend(lives, STORE_R, slot, sense, books)
    spend(lives, STORE_B, slot, think, books)
    spend(lives, STORE_Y, slot, body, books)
    empty = 0
    least = np.int64(STORE_LIMIT)
    for k in range(3):
        store = np.int64(lives[STORE_R + k, slot])
        least = min(least, store)
        if store == 0:
            empty += 1
    health = np.int64(lives[HEALTH, slot])
    if empty:
        health -= STARVE * empty
    elif least >= HEAL_STORE and 0 < health < WHOLE and lives[AGE, slot] % HEAL_TICKS == 0:
        health += 1
    if lives[AGE, slot] > SPAN:
        health -= 1
    lives[HEALTH, slot] = health
    lives[LOW, slot] = min(np.int64(lives[LOW, slot]), health)


@leaf
def feel(lives: Array, slot: int) -> None:
    """Affect: valence is smoothed drive reduction, arousal smoothed surprise and pain (canon, section 4), both Q8."""
    drive = drive_of(lives, slot)
    pleasure = min(max((np.int64(lives[DRIVE, slot]) - drive) << 8, -PLEASURE_LIMIT), PLEASURE_LIMIT)
    lives[DRIVE, slot] = drive
    surprise = min(abs(pleasure - lives[VALENCE, slot]) + (np.int64(lives[HURT, slot]) << 4), PLEASURE_LIMIT)
    lives[VALENCE, slot] += (pleasure - lives[VALENCE, slot]) >> 5
    lives[AROUSAL, slot] += (surprise - lives[AROUSAL, slot]) >> 4
    pain = np.int64(lives[HURT, slot])
    lives[HURT, slot] = pain - ((pain + (1 << PAIN_SHIFT) - 1) >> PAIN_SHIFT)


@leaf
def grow_older(lives: Array, t: Array, slot: int, x: int, y: int, side_log2: int) -> None:
    """One more tick of age, and the deeds that time, place and steadiness bring."""
    age = np.int64(lives[AGE, slot]) + 1
    lives[AGE, slot] = age
    near = True
    for k in range(3):
        if abs(np.int64(lives[STORE_R + k, slot]) - SET_POINT) > NEAR_SET:
            near = False
    streak = np.int64(lives[STREAK, slot]) + 1 if near else np.int64(0)
    lives[STREAK, slot] = streak
    if streak >= DEED_NEAR_TICKS[0]:
        deed(lives, slot, D_SATED)
        if streak >= DEED_NEAR_TICKS[1]:
            deed(lives, slot, D_HOMEOSTASIS)
        if streak >= DEED_NEAR_TICKS[2]:
            deed(lives, slot, D_BALANCE)
    if age >= DEED_AGES[0]:
        deed(lives, slot, D_ENDURE)
        if age >= DEED_AGES[1]:
            deed(lives, slot, D_MATURE)
        if age >= DEED_AGES[2]:
            deed(lives, slot, D_ELDER)
        if age >= DEED_AGES[3]:
            deed(lives, slot, D_ANCIENT)
    cell_shift = 32 - side_log2
    away = max(abs(apart(x, lives[HOME_X, slot], cell_shift)), abs(apart(y, lives[HOME_Y, slot], cell_shift)))
    if away >= DEED_FAR_FROM_HOME:
        deed(lives, slot, D_WANDER)
    sector = (((np.int64(y) >> 30) & 3) << 2) | ((np.int64(x) >> 30) & 3)
    if not (np.int64(lives[SECTORS, slot]) >> sector) & 1:
        lives[SECTORS, slot] |= 1 << sector
        seen = bits_of(lives[SECTORS, slot])
        if seen >= DEED_SECTORS_SEEN:
            deed(lives, slot, D_ROVE)
        if seen == 16:
            deed(lives, slot, D_MAPPER)
    if lives[HEALTH, slot] >= WHOLE:
        if lives[LOW, slot] <= WHOLE - DEED_WOUNDS[0]:
            deed(lives, slot, D_MEND)
        if lives[LOW, slot] <= WHOLE - DEED_WOUNDS[1]:
            deed(lives, slot, D_ESCAPE)
        lives[LOW, slot] = WHOLE
    if lives[HOLDING, slot] >= 0 and t[T_STRENGTH, lives[HOLDING, slot]] >= DEED_RELIC:
        deed(lives, slot, D_RELIC)
    if lives[DEEDS_LO, slot] & FIRST_TIER == FIRST_TIER:
        deed(lives, slot, D_WHOLE)


@leaf
def feed_guardian(lives: Array, slot: int, b: Array, row_of: Array) -> None:
    """A guardian lives on what it guards, and heals there."""
    if lives[HEALTH, slot] > 0:  # who is dead does not heal
        lives[HEALTH, slot] = max(lives[HEALTH, slot], min(lives[HEALTH, slot] + GUARD_HEAL, lives[LOW, slot]))
    lives[AGE, slot] += 1
    post = np.int64(lives[POST, slot])
    if post < 0 or row_of[post] < 0:
        return
    there = row_of[post]
    fed = min(min(np.int64(b[ENERGY, there]), GUARD_FEED), max(SET_POINT - np.int64(lives[STORE_Y, slot]), 0))
    b[ENERGY, there] -= fed
    lives[STORE_Y, slot] += fed


@leaf
def credit(lives: Array, slot: int) -> None:
    """Whoever hurt the dying last has killed it; guardians count."""
    foe = np.int64(lives[FOE, slot])
    if foe < 0:
        return
    killer = foe >> 1
    if lives[BODY, killer] < 0:
        return
    if lives[ROLE, slot] == IS_GUARDIAN:
        if foe & 1:
            deed(lives, killer, D_MARKSMAN)
        lives[KILLS, killer] += 1
        deed(lives, killer, D_SLAY)
        if lives[KILLS, killer] >= DEED_KILLS:
            deed(lives, killer, D_HUNTER)
        if (lives[PHENO_Y, slot] >> 8) & 0xFF >= DEED_CHAMPION:
            deed(lives, killer, D_CHAMPION)


@leaf
def leave_behind(
    lives: Array, t: Array, slot: int, x: int, y: int, mass: int, tick: int, seed_low: int, seed_high: int, books: Array
) -> None:
    """What lies where somebody died: the loot it held, its coins, and what a guardian guards with."""
    holding = lives[HOLDING, slot]
    if holding >= 0:
        t[T_LIES, holding], t[T_OWNER, holding], t[T_X, holding], t[T_Y, holding] = OPENLY, -1, x, y
    coins, minted = np.int64(lives[COINS, slot]), np.int64(0)
    if lives[ROLE, slot] == IS_GUARDIAN:
        minted = 1 + (mass >> GUARDIAN_COIN_SHIFT)
    if coins + minted:
        if put_thing(t, COIN, x, y, coins + minted) >= 0:
            books[L_MINTED] += minted
        else:
            books[L_LOST] += coins  # no room on the ground
    lives[COINS, slot] = 0
    if lives[ROLE, slot] == IS_GUARDIAN:
        luck, _, _, _ = words(tick, slot, seed_low, seed_high, STREAM_DROP)
        if mass >= 512 or luck & 3 == 0:
            loot = put_thing(t, LOOT, x, y, 16 + (mass >> 4))
            if loot >= 0:
                books[L_FORGED] += 1
                t[T_RBY, loot] = np.int32(luck & 0x7FFF7FFF)


@leaf
def die(
    lives: Array,
    t: Array,
    slot: int,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    generation: Array,
    field: Array,
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    books: Array,
) -> None:
    """End the life in *slot*: its energy returns to the field where it lies, each store in its colour."""
    index = np.int64(lives[BODY, slot])
    row = np.int64(row_of[index])
    x, y = b[X, row], b[Y, row]
    cell_shift = 32 - side_log2
    cx, cy = cell_of(x, cell_shift), cell_of(y, cell_shift)
    credit(lives, slot)
    leave_behind(lives, t, slot, x, y, np.int64(b[MASS, row]), tick, seed_low, seed_high, books)
    for k in range(3):
        books[L_DECAY] += pour(field, k, cy, cx, np.int64(lives[STORE_R + k, slot]))
    scatter(field, cy, cx, b[RBY, row], np.int64(b[ENERGY, row]), books)
    kill(index, counts, b, row_of, index_of, generation)
    guardian = lives[ROLE, slot] == IS_GUARDIAN
    for c in (STORE_R, STORE_B, STORE_Y, HEALTH, ACTION, HURT):
        lives[c, slot] = 0
    lives[BODY, slot] = lives[HOLDING, slot] = -1
    if guardian:
        lives[COOLDOWN, slot] = GUARD_TICKS
    else:
        lives[ROLE, slot] = CLOSED
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] == SHOT and t[T_OWNER, thing] == slot:
            t[T_OWNER, thing] = -1
    for other in range(lives.shape[1]):  # whoever lives here next has hurt nobody
        if lives[FOE, other] >> 1 == slot:
            lives[FOE, other] = -1


@leaf
def live_world(
    tick: int,
    seed_low: int,
    seed_high: int,
    side_log2: int,
    counts: Array,
    b: Array,
    row_of: Array,
    index_of: Array,
    generation: Array,
    field: Array,
    lives: Array,
    t: Array,
    books: Array,
    died: Array,
) -> None:
    """Metabolism, affect, age and death of every life of one world. *died* (slots,) uint8 gets 1 where a life ended."""
    for slot in range(lives.shape[1]):
        died[slot] = 0
        index = lives[BODY, slot]
        if index < 0:
            continue
        row = np.int64(row_of[index])
        if lives[ROLE, slot] == IS_GUARDIAN:
            feed_guardian(lives, slot, b, row_of)
        else:
            metabolise(lives, slot, books)
            grow_older(lives, t, slot, b[X, row], b[Y, row], side_log2)
        feel(lives, slot)
    for slot in range(lives.shape[1]):
        if lives[BODY, slot] >= 0 and lives[HEALTH, slot] <= 0:
            died[slot] = 1
            die(
                lives,
                t,
                slot,
                counts,
                b,
                row_of,
                index_of,
                generation,
                field,
                tick,
                seed_low,
                seed_high,
                side_log2,
                books,
            )
