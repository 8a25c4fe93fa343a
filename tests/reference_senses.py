"""The nine-pixel retina, slow and obvious: a pixel is a sum over all its cells, the nearest is found by asking everybody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Act, Lies, Mood, Role, Thing
from ninepixel.world.state import STORES
from reference_fate import octaves
from reference_world import NOBODY, Row, World, base, fullest, reading_distance, sections, spare

CHANNELS = ("red", "blue", "yellow", "body red", "body blue", "body yellow", "threat", "matter", "speech")
WORDS = tuple(f"word {number}" for number in range(1, 8))
OCTAVES, PIXELS = 4, 9
RETINA = OCTAVES * PIXELS * len(CHANNELS)
#: What follows the retina: names and numbers of bytes, in their order.
OWN = {
    "stores": 3, "health": 1, "drive": 1, "valence": 1, "arousal": 1, "pain": 1, "cooldown": 1, "age": 1, "coins": 1, "loot": 1,
    "courting": 1, "work": 1, "section": 1, "matter": 1, "sections": 1, "matter_bearing": 2, "life": 1, "life_bearing": 2,
    "life_health": 1, "thing": 1, "thing_bearing": 2, "velocity": 2, "last": 3, "genome": 9, "colours": 3, "heard": 8, "mask": 9,
    "files": 1, "clock": 1, "place": 2,
}  # fmt: skip
RETINA_BYTES = RETINA + sum(OWN.values())
BRIGHTEST_CELL = 63  #: a cell shows at most this much in a channel
VOICE = 8  #: and of one voice this much

Picture = dict[str, npt.NDArray[np.int64]]


# -- what is near -------------------------------------------------------------------------------------------------------------


def look_around(world: World) -> None:
    """Note for every life what it could act upon: the nearest life, unread matter and thing that lies, within reach."""
    matter = list(world.matter())
    lying = [t for t in world.things if t.kind in (Thing.COIN, Thing.LOOT) and t.lies != Lies.HELD]
    for life in world.living():
        body = world.body_of(life)
        lives = [(world.squared(body, world.body_of(other)), other.at) for other in world.living() if other.at != life.at]
        unread = [(world.squared(body, m), index) for index, m in matter if not world.knows(life, index)]
        things = [(world.squared(body, thing), thing.at) for thing in lying]
        life.near_life = nearest(lives, law.REACH)
        life.near_matter = NOBODY if life.role == Role.GUARDIAN else nearest(unread, reading_distance(life))
        life.near_thing = nearest(things, law.REACH)


def nearest(candidates: list[tuple[int, int]], reach: int) -> int:
    """The number at the smallest squared distance, of equally near ones the smallest; -1 when none is within reach."""
    squared, number = min(candidates, default=(reach**2 + 1, NOBODY))
    return number if squared <= reach**2 else NOBODY


# -- the picture --------------------------------------------------------------------------------------------------------------


def paint(world: World) -> Picture:
    """Every channel of every cell."""
    picture = {name: np.zeros((world.side, world.side), np.int64) for name in (*CHANNELS, *WORDS)}
    for k, name in enumerate(CHANNELS[:3]):
        picture[name][...] = np.vectorize(glow, [np.int64])(world.field[k])
    for row in range(int(world.state.bodies.count[world.number])):
        show_body(world, picture, Row(world.state.bodies, world.number, row))
    for _, matter in world.matter():
        picture["matter"][world.cell(matter)] += 4 * sections(matter)
    for life in world.living():
        show_life(world, picture, life)
    for thing in world.things:
        if thing.kind and thing.lies == Lies.OPENLY:
            channel, light = {Thing.SHOT: ("threat", 48), Thing.COIN: ("matter", 12), Thing.LOOT: ("matter", 24)}.get(
                Thing(thing.kind), ("matter", 0)
            )
            picture[channel][world.cell(thing)] += light
    return {name: np.minimum(channel, BRIGHTEST_CELL) for name, channel in picture.items()}


def glow(energy: int) -> int:
    """Energy as light, 0 to 63: sixteen steps for every factor of sixteen."""
    return sum(min(int(energy), ceiling) >> shift for ceiling, shift in ((64, 2), (1024, 6), (16384, 10), (2**18 - 1, 14)))


def show_body(world: World, picture: Picture, body: Row) -> None:
    place = world.cell(body)
    red, blue = (body.rby & 0xFFFF) // 1024, (body.rby >> 16) // 1024
    picture["body red"][place] += red
    picture["body blue"][place] += blue
    picture["body yellow"][place] += max(64 - red - blue, 0)


def show_life(world: World, picture: Picture, life: Row) -> None:
    place = world.cell(world.body_of(life))
    if life.role == Role.GUARDIAN:
        picture["threat"][place] += 63 if life.mood == Mood.HUNT else 24
        return
    if life.cooldown:
        picture["threat"][place] += 16
    word = life.action >> 16 & 0xFF
    if word:
        picture["speech"][place] += VOICE
    if 1 <= word <= 7:
        picture[f"word {word}"][place] += VOICE


# -- the retina ---------------------------------------------------------------------------------------------------------------


def sense(world: World, minds: int, clock: int) -> npt.NDArray[np.uint8]:
    """What the first *minds* lives sense: uint8 (minds, RETINA_BYTES). Nobody senses nothing."""
    picture = paint(world)
    seen = np.zeros((minds, RETINA_BYTES), np.uint8)
    for life in world.living():
        if life.at < minds:
            own = tell(world, life, clock)
            own["heard"] = hear(world, picture, life)
            assert {name: len(values) for name, values in own.items()} == OWN
            seen[life.at, :RETINA] = see(world, picture, life)
            seen[life.at, RETINA:] = [value for name in OWN for value in own[name]]
    return seen


def width_of(side: int, octave: int) -> int:
    """Cells along a pixel of an octave: thrice as many as in the one before, but about a third of a small world."""
    third = side // 3 - 1
    widest = third if third % 2 else third + 1
    return min((1, 3, 9, 27)[octave], widest)


def pixel(world: World, channel: npt.NDArray[np.int64], life: Row, octave: int, down: int, right: int) -> int:
    """The sum over the cells of one pixel: (0, 0) is the middle one."""
    width = width_of(world.side, octave)
    y, x = world.cell(world.body_of(life))
    rows = [(y + down * width + i - width // 2) % world.side for i in range(width)]
    columns = [(x + right * width + i - width // 2) % world.side for i in range(width)]
    return int(channel[np.ix_(rows, columns)].sum())


def see(world: World, picture: Picture, life: Row) -> list[int]:
    """The retina: octaves, pixels from north-west to south-east, channels; in as many steps as the eye is acute."""
    steps = 1 << max(5 - (base(life.pheno_r, 1) >> 4), 0)
    seen: list[int] = []
    for octave in range(octaves(life)):
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                sums = [pixel(world, picture[name], life, octave, down, right) for name in CHANNELS]
                light = [brightness(world.side, octave, name, total) for name, total in zip(CHANNELS, sums, strict=True)]
                seen += [value - value % steps for value in light]
    return seen + [0] * (RETINA - len(seen))


def brightness(side: int, octave: int, channel: str, total: int) -> int:
    """A sum as a byte. The field is averaged; all else adds up, half as loud in each wider octave, and saturates."""
    if channel not in ("red", "blue", "yellow"):
        return min(4 * total >> octave, 255)
    area = width_of(side, octave) ** 2
    precision = (BRIGHTEST_CELL * area).bit_length()  # the quotient is taken beforehand, as far as 16 bits allow
    return min(total * ((4 << precision) // area) >> precision, 255)


def hear(world: World, picture: Picture, life: Row) -> list[int]:
    """How many others within earshot utter each of the words 1 to 8."""
    earshot, own = 2 if base(life.pheno_r, 2) >= 48 else 1, life.action >> 16 & 0xFF
    earshot = min(earshot, octaves(life) - 1)  # nobody hears farther than it sees

    def voices(name: str) -> int:
        return sum(pixel(world, picture[name], life, earshot, dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) // VOICE

    heard = [voices(word) for word in WORDS]
    heard.append(voices("speech") - sum(heard))
    return [byte(32 * (count - (own == word))) for word, count in enumerate(heard, start=1)]


# -- oneself ------------------------------------------------------------------------------------------------------------------


def byte(value: int) -> int:
    return max(0, min(value, 255))


def tell(world: World, life: Row, clock: int) -> dict[str, list[int]]:
    """What a life knows of itself and of what it could act upon."""
    body, loot = world.body_of(life), world.things[life.holding] if life.holding >= 0 else None
    red, blue = (body.rby & 0xFFFF) // 256, (body.rby >> 16) // 256
    return {
        "stores": [getattr(life, store) // 64 for store in STORES],
        "health": [byte(life.health * 255 // law.HEALTH)],
        "drive": [byte(life.drive // 128)],
        "valence": [byte(128 + life.valence // 256)],
        "arousal": [byte(life.arousal // 128)],
        "pain": [byte(life.hurt)],
        "cooldown": [byte(life.cooldown * 8)],
        "age": [byte(life.age // 16)],
        "coins": [byte(life.coins)],
        "loot": [byte(loot.strength) if loot else 0],
        "courting": [byte(life.courting * 15)],
        "work": [byte(life.work)],
        "section": [byte(life.section * 20)],
        **tell_matter(world, life, body),
        **tell_life(world, life, body),
        **tell_thing(world, life, body),
        "velocity": [byte(128 + (v >> 22)) for v in (body.vx, body.vy)],
        "last": [28 * (life.action >> shift & 0xFF) for shift in (0, 8, 16)],
        "genome": [base(codon, which) for codon in (body.gene_r, body.gene_b, body.gene_y) for which in range(3)],
        "colours": [red, blue, byte(256 - red - blue)],
        "mask": [255 if can(world, life, body, act) else 0 for act in Act],
        "files": [byte(life.files * 16)],
        "clock": [clock % 256],
        "place": [body.x >> 24, body.y >> 24],
    }


def bearing(world: World, here: Row, there: Row) -> list[int]:
    return [byte(128 + world.way(a, b) // 4) for a, b in ((here.x, there.x), (here.y, there.y))]


def tell_matter(world: World, life: Row, body: Row) -> dict[str, list[int]]:
    matter = world.body(life.near_matter)
    if matter is None:
        return {"matter": [0], "sections": [0], "matter_bearing": [0, 0]}
    kind = [byte(16 * ((matter.traits >> 8 & 0xFF) + 1))]
    return {"matter": kind, "sections": [byte(20 * sections(matter))], "matter_bearing": bearing(world, body, matter)}


def near_life(world: World, life: Row) -> Row | None:
    """The life that was nearest, if it has not died since."""
    other = world.lives[life.near_life] if life.near_life >= 0 else None
    return other if other is not None and other.body >= 0 else None


def tell_life(world: World, life: Row, body: Row) -> dict[str, list[int]]:
    other = near_life(world, life)
    if other is None:
        return {"life": [0], "life_bearing": [0, 0], "life_health": [0]}
    return {
        "life": [255 if other.role == Role.GUARDIAN else 128],
        "life_bearing": bearing(world, body, world.body_of(other)),
        "life_health": [byte(other.health * 255 // law.HEALTH)],
    }


def tell_thing(world: World, life: Row, body: Row) -> dict[str, list[int]]:
    thing = world.things[life.near_thing] if life.near_thing >= 0 else None
    if thing is None or thing.kind == Thing.NONE or thing.lies != Lies.OPENLY:
        return {"thing": [0], "thing_bearing": [0, 0]}
    return {"thing": [64 if thing.kind == Thing.COIN else 128], "thing_bearing": bearing(world, body, thing)}


def can(world: World, life: Row, body: Row, act: Act) -> bool:
    """Whether an act can have an effect in the next tick, as far as the life knows."""
    y, x = world.cell(body)
    other = near_life(world, life)
    mind, ready = other is not None and other.role != Role.GUARDIAN, life.cooldown <= 1
    possible: dict[Act, bool] = {
        Act.REST: True,
        Act.GRAZE: max(world.field[:, y, x].tolist()) >= 1 << law.BITE_SHIFT,
        Act.STRIKE: other is not None and ready and life.store_y >= law.STRIKE_COST,
        Act.SHOOT: life.heading > 0 and ready and life.store_y >= law.RESERVE + law.SHOT_COST,
        Act.EXCRETE: spare(life, STORES[fullest(life)]) > 0,
        Act.DECODE: world.body(life.near_matter) is not None,
        Act.TAKE: True,  # one may always dig
        Act.GIVE: mind or life.holding >= 0,
        Act.MATE: mind,
    }
    return possible[act]
