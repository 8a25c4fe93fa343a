"""Which rule of the built-in script decides. The script is :func:`ninepixel.world.life.instinct.instinct`; this follows it and
names the place where it ends. A test walks both through lives and noise, and sees that they never part.
"""

from __future__ import annotations

from ninepixel.world.life import instinct as script
from ninepixel.world.life import senses as at
from ninepixel.world.why.sensed import Bytes

STORE_NAMES = ("red", "blue", "yellow")
#: The rules in the order in which the script asks them, which is the order of its ``return`` statements.
RULES: dict[str, str] = {
    "beset": "a guardian or something that threatens is near: fight or flee",
    "take": "a coin or loot lies within reach: take it",
    "eat": "its lowest store is under the set point: eat of that colour, or look where it grows",
    "read": "matter that it has not read is within reach: read it",
    "bank": "it is in the middle of a sector, where loot is buried and dug for",
    "company": "it is an hour of company: give or mate, or look for others",
    "hunt": "it is whole and fed, and something threatens afar: go there",
    "walk": "nothing else is to do: walk on, past whatever matter lies ahead",
}


def rule_of(seen: Bytes) -> str:
    """The rule of :data:`RULES` by which the script acts on an observation, uint8 (RETINA_BYTES,)."""
    stores = [int(seen[at.A_STORES + k]) for k in range(3)]
    least, most = min(stores), max(stores)
    if least >= script.STARVED // 2 and int(script.beset(seen)) >= 0:
        return "beset"
    thing, loot = seen[at.A_THING], int(seen[at.A_LOOT])
    if (thing == script.A_COIN or (thing == script.A_LOOT_THING and not loot)) and seen[at.A_CLOCK] < script.TIRED:
        return "take"
    if _hungry(seen, stores):
        return "eat"
    if seen[at.A_MATTER] and most < 240:
        return "read"
    if _at_the_bank(seen):
        return "bank"
    hour = int(script.hour_of(seen))
    social = (hour == script.COURTING and least >= script.MATING) or (hour == script.GIVING and most >= script.GENEROUS)
    if social and (seen[at.A_LIFE] == script.MIND or int(script.meet(seen))):
        return "company"
    if seen[at.A_HEALTH] >= script.BRAVE and least > script.HUNGRY and int(script.brightest(seen, at.THREAT, 2, 2)) != 4:
        return "hunt"
    return "walk"


def lowest_store(seen: Bytes) -> int:
    """The store that is furthest down: 0 red, 1 blue, 2 yellow; of equals the first."""
    stores = [int(seen[at.A_STORES + k]) for k in range(3)]
    return stores.index(min(stores))


def _hungry(seen: Bytes, stores: list[int]) -> bool:
    least = min(stores)
    glow = int(seen[4 * at.CHANNELS + stores.index(least)])
    ate = seen[at.A_LAST] == 0 and seen[at.A_LAST + 1] == script.GRAZE * 28
    feasting = ate and least < script.FED and glow >= script.POOR
    return bool((least < script.HUNGRY and (least < script.STARVED or not seen[at.A_MATTER])) or feasting)


def _at_the_bank(seen: Bytes) -> bool:
    dx, dy = (int(seen[at.A_PLACE]) & 63) - 32, (int(seen[at.A_PLACE + 1]) & 63) - 32
    age, loot = int(seen[at.A_AGE]), int(seen[at.A_LOOT])
    digging = bool(age >> 5 & 1)
    late = age & 31 >= 24 and not digging and loot > 0
    near = max(abs(dx), abs(dy)) <= script.BANK
    return (loot > 0) != digging and (late or near) and not seen[at.A_LIFE]
