"""The laws of life, slow and obvious: who decides what. Guardians by their mood, residents by their senses or by chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import STEPS, Act, Mood, Role
from reference_senses import CHANNELS, OCTAVES, OWN, PIXELS, RETINA
from reference_world import Row, World, base, note_from

AT_HOME = 384  #: in 1/256 cells: nearer than this to its post a guardian is at home
ARMED = 88  #: guardians of at least this strength shoot


def decide(world: World, seen: npt.NDArray[np.uint8]) -> None:
    """Everybody but guests chooses an action; it may not look at what another has chosen."""
    for life in world.living():
        if life.at < len(seen):
            converse(life, Instinct(seen[life.at]).own)
        if life.role == Role.GUARDIAN:
            life.action = guard(world, life)
        elif life.role == Role.INSTINCT:
            life.action = Instinct(seen[life.at]).decide() if life.at < len(seen) else 0
        elif life.role == Role.RANDOM:
            move, act, word, _ = (9 * (chance >> 8) >> 24 for chance in world.chance(life.at, law.STREAM_CHANCE))
            life.action = action(move, act, word)
        elif life.role == Role.STILL:
            life.action = 0


def action(move: int, act: int = Act.REST, word: int = 0) -> int:
    """Three choices packed."""
    return move | act << 8 | word << 16


def converse(life: Row, own: dict[str, list[int]]) -> None:
    """Count the ticks on end for which another within earshot has said what this life said."""
    said = own["last"][2] // 28
    others = own["heard"][said - 1] // 32 if said else 0
    life.accord = life.accord + 1 if others else 0
    note_from(life, life.accord, speak=law.DEED_ACCORD)
    if others >= law.DEED_VOICES:
        note_from(life, life.accord, chorus=law.DEED_CHORUS)


def toward(dx: int, dy: int) -> int:
    """The move that leads along (dx, dy) best: slanted when neither way is more than twice the other."""
    east = 0 if 2 * abs(dx) < abs(dy) or dx == 0 else dx // abs(dx)
    south = 0 if 2 * abs(dy) < abs(dx) or dy == 0 else dy // abs(dy)
    return STEPS.index((east, south))


# -- guardians ----------------------------------------------------------------------------------------------------------------


def guard(world: World, life: Row) -> int:
    """Hunt the nearest mind that is near the post (nearer, before the hunt began), flee it when hurt; else go home, else idle."""
    body = world.body_of(life)
    leash = law.LEASH if life.mood == Mood.HUNT else law.SIGHT
    prey: list[tuple[int, int]] = []
    for other in world.living():
        there = world.body_of(other)
        if other.role != Role.GUARDIAN and from_home(world, life, there) <= leash**2:
            prey.append((world.squared(body, there), other.at))
    if not prey:
        if from_home(world, life, body) <= AT_HOME**2:
            life.mood = Mood.IDLE
            return action(0)
        life.mood = Mood.RETURN
        return action(toward(world.way(body.x, life.home_x), world.way(body.y, life.home_y)))
    distance, nearest = min(prey)
    there = world.body_of(world.lives[nearest])
    dx, dy = world.way(body.x, there.x), world.way(body.y, there.y)
    if life.health * 4 < life.low or (life.mood == Mood.FLEE and life.health * 2 < life.low):
        life.mood = Mood.FLEE
        return action(toward(-dx, -dy))
    life.mood = Mood.HUNT
    if distance <= law.REACH**2:
        return action(toward(dx, dy), Act.STRIKE)
    shoots = base(life.pheno_y, 1) >= ARMED and life.cooldown == 0
    return action(toward(dx, dy), Act.SHOOT if shoots else Act.REST)


def from_home(world: World, life: Row, place: Row) -> int:
    """Squared distance of a place from where a life is at home."""
    return world.way(life.home_x, place.x) ** 2 + world.way(life.home_y, place.y) ** 2


# -- instinct -----------------------------------------------------------------------------------------------------------------

#: The order in which the sectors of a world are walked: row after row, there and back.
RING = (0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11, 15, 14, 13, 12)
THREAT, MATTER, SPEECH = (CHANNELS.index(name) for name in ("threat", "matter", "speech"))
PIXEL_CELLS = (1, 3, 9, 21)
HERE = (0, 0)
GIVING, COURTING = 2, 3  #: hours, of eight


class Instinct:
    """The built-in script, reading one observation. It remembers nothing."""

    def __init__(self, seen: npt.NDArray[np.uint8]) -> None:
        self.pixels: list[list[list[int]]] = seen[:RETINA].reshape(OCTAVES, PIXELS, len(CHANNELS)).tolist()
        self.own: dict[str, list[int]] = {}
        at = RETINA
        for name, size in OWN.items():
            self.own[name] = seen[at : at + size].tolist()
            at += size
        (self.health, self.age, self.loot, self.matter, self.life, self.thing, self.clock) = (
            self.own[name][0] for name in ("health", "age", "loot", "matter", "life", "thing", "clock")
        )
        self.last_move, self.last_act = (byte // 28 for byte in self.own["last"][:2])
        self.least, self.most = min(self.own["stores"]), max(self.own["stores"])
        self.lacking = self.own["stores"].index(self.least)
        self.here = self.pixels[0][4][self.lacking]
        self.hour = self.clock // 32

    def decide(self) -> int:
        """The packed action."""
        heard = self.own["heard"]
        word = 1 + heard.index(max(heard)) if self.hour in (GIVING, COURTING) else 0
        fight = self.fight() if self.least >= 30 else None
        return action(*(fight or self.live()), word)

    def fight(self) -> tuple[int, int] | None:
        """Fight a guardian by the odds or flee it; seek or shun what threatens farther off; None when nothing is to be minded."""
        fighting = self.last_act in (Act.STRIKE, Act.SHOOT)
        armed = self.own["mask"][Act.SHOOT] > 0
        if self.life == 255:
            its_health = self.own["life_health"][0]
            if 4 * self.health < its_health * (5 if fighting else 8):
                dx, dy = self.bearing("life")
                return toward(-dx, -dy), Act.GRAZE
            shoots = armed and (its_health <= 10 or (its_health >= 60 and self.clock % 8 == 0))
            return self.steer(*self.bearing("life")), Act.SHOOT if shoots else Act.STRIKE
        east, south = self.brightest(THREAT, 1, 2)
        if (east, south) == HERE:
            return None
        if self.health >= 236 or (fighting and self.health >= 84):
            move = self.to_pixel(1, (east, south))
            aimed = armed and self.last_move == move == STEPS.index((east, south))
            return move, Act.SHOOT if aimed else Act.STRIKE
        return STEPS.index((-east, -south)), Act.GRAZE

    def live(self) -> tuple[int, int]:
        """Move and act of a life that nobody troubles."""
        if (self.thing == 64 or (self.thing == 128 and not self.loot)) and self.clock < 208:
            return self.steer(*self.bearing("thing")), Act.TAKE if self.far("thing") <= 44 else Act.GRAZE
        by_the_way: int = Act.GRAZE if self.most < 148 and self.least < 128 else Act.REST
        if self.most >= 148:
            by_the_way = Act.GIVE if self.life == 128 and self.clock % 2 else Act.EXCRETE
        hungry = self.least < 60 or (self.least < 106 and not self.matter)
        feasting = self.last_move == 0 and self.last_act == Act.GRAZE and self.least < 128 and self.here >= 64
        if hungry or feasting:
            return self.to_food(), by_the_way or Act.GRAZE
        if self.matter and self.most < 240:
            return self.steer(*(HERE if self.far("matter") <= 72 else self.bearing("matter"))), Act.DECODE
        digging = self.age // 32 % 2 == 1
        to_bank = digging != (self.loot > 0)
        dx, dy = (byte % 64 - 32 for byte in self.own["place"])
        late = self.age % 32 >= 24 and not digging
        if to_bank and (late or max(abs(dx), abs(dy)) <= 5) and not self.life:
            return self.steer(-16 * dx, -16 * dy), Act.TAKE if digging else Act.GIVE
        if (self.hour == COURTING and self.least >= 100) or (self.hour == GIVING and self.most >= 122):
            move = self.meet()
            if self.life == 128:
                return move, Act.MATE if self.hour == COURTING else Act.GIVE
            if move:
                return move, by_the_way
        if self.health >= 236 and self.least > 106:
            threat = self.brightest(THREAT, 2, 2)
            if threat != HERE:
                return self.to_pixel(2, threat), by_the_way
        return self.past_matter(self.walk(to_bank)), by_the_way

    def bearing(self, what: str) -> tuple[int, int]:
        east, south = self.own[f"{what}_bearing"]
        return east - 128, south - 128

    def far(self, what: str) -> int:
        return max(abs(way) for way in self.bearing(what))

    def steer(self, dx: int, dy: int) -> int:
        """The move that leads to (dx, dy), in 1/64 cells, and to rest there."""
        dx, dy = (way - 4 * (byte - 128) for way, byte in zip((dx, dy), self.own["velocity"], strict=True))
        return toward(dx, dy) if max(abs(dx), abs(dy)) >= 24 else 0

    def brightest(self, channel: int, octave: int, margin: int) -> tuple[int, int]:
        """Which pixel (east, south) of an octave is brightest, if it outshines the middle one by more than a margin."""
        light = [pixel[channel] for pixel in self.pixels[octave]]
        middle, light[4] = light[4], -1
        if max(light) <= max(middle + margin, 0):
            return HERE
        down, right = divmod(light.index(max(light)), 3)
        return right - 1, down - 1

    def to_pixel(self, octave: int, pixel: tuple[int, int]) -> int:
        return self.steer(*(64 * PIXEL_CELLS[octave] * way for way in pixel))

    def to_food(self) -> int:
        """Rest where it is rich; climb where it is not poor; else look far first."""
        if self.here >= 96:
            return self.steer(*HERE)
        octaves = (0, 1, 2, 3) if self.here >= 64 else (2, 1, 0) if self.here >= 32 else (3, 2, 1, 0)
        for octave in octaves:
            pixel = self.brightest(self.lacking, octave, 3)
            if pixel != HERE:
                return self.to_pixel(octave, pixel)
        return self.steer(*HERE) if self.here >= 64 else self.walk(to_bank=False)

    def meet(self) -> int:
        """To the mind within reach, else to where others speak; one's own voice is in the middle of every octave."""
        if self.life == 128:
            return self.steer(*self.bearing("life"))
        for octave in (1, 2):
            pixel = self.brightest(SPEECH, octave, -1)
            if pixel != HERE:
                return self.to_pixel(octave, pixel)
        return 0

    def walk(self, to_bank: bool) -> int:
        """Along the ring of sectors: to the middle of one, or to a point of the next that changes with age."""
        x, y = self.own["place"]
        sector = y // 64 * 4 + x // 64
        if not to_bank or max(abs(x % 64 - 32), abs(y % 64 - 32)) <= 5:
            sector = RING[(RING.index(sector) + 1) % 16]
        goal_x, goal_y = sector % 4 * 64 + 32, sector // 4 * 64 + 32
        if not to_bank:
            lap = self.age // 8 + self.own["genome"][3]
            goal_x += lap * 37 % 32 - 16
            goal_y += (lap * 23 + sector * 11) % 32 - 16
        return toward((goal_x - x + 128) % 256 - 128, (goal_y - y + 128) % 256 - 128)

    def past_matter(self, move: int) -> int:
        """Of a move and its two neighbours the one that leads past the brightest matter near by."""
        if move == 0:
            return 0
        choices = [move, move % 8 + 1, (move - 2) % 8 + 1]
        light = [self.pixels[1][3 * (STEPS[m][1] + 1) + STEPS[m][0] + 1][MATTER] for m in choices]
        return choices[light.index(max(light))]
