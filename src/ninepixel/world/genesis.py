"""Genesis: from a survey of the host to the first state of its universe.

Files and folders become anchored matter, where the survey's layout puts them. Every file sheds *motes*: free matter of its own
colours, which is what swarms. How many depends on the file's mass, and on nothing else in the tree unless the whole would
exceed :data:`MOTE_CAP`. Minds begin at a folder each, guardians at the heaviest matter; where nobody is asked for there are no
lives, and they cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.world.host.survey import Survey
from ninepixel.world.identity import FileIdentity, MindIdentity
from ninepixel.world.laws.bodies import Flag, Kind, pack_codon, pack_rby, pack_traits, unpack_traits
from ninepixel.world.laws.constants import EXCRETE_SHIFT, RADIANCE_FLOOR, RADIANCE_SHIFT, STREAM_GENESIS
from ninepixel.world.laws.lives import Role
from ninepixel.world.laws.rng import draw
from ninepixel.world.state import MAX_SIDE_LOG2, MIN_SIDE_LOG2, BadWorld, Params, State

#: No universe is born with more motes than this.
MOTE_CAP = 500_000
#: A file sheds 1 + mass >> MOTE_SHIFT motes (mass: sixteenths of log2 of its bytes).
MOTE_SHIFT = 5
#: Motes are born up to this many cells from their file, along either axis.
MOTE_SPREAD = 3
#: Where a hash cell already holds this many bodies no more motes are born: they could only push each other.
MOTE_CROWD = 40
MOTE_ENERGY = 256
#: One guardian for so many files, up to the cap.
FILES_A_GUARDIAN, GUARDIAN_CAP = 32, 128
#: Room for coins, loot, shots and eggs: this, and so much for every slot.
THINGS, THINGS_A_SLOT = 128, 1
#: What all lives together can remember takes no more than this, unless the files alone need it.
KNOWN_BYTES = 1 << 26
#: Cells a body: how roomy a new world is.
ROOM = 12
MIND_NAMES = (b"Ileices", b"Mystiiqa")
FIRST_EPISODE, FIRST_SERIAL = 1, 1

Columns = dict[str, npt.NDArray[Any]]


def genesis(survey: Survey, *, seed: int, minds: int = 0, guardians: int | None = None, spare: int | None = None) -> State:
    """The state at tick 0. Depends on the survey, the seed and these numbers alone.

    :param guardians: when None, one for every :data:`FILES_A_GUARDIAN` files if there are minds, else none.
    :param spare: open slots into which eggs hatch; when None, a quarter as many as minds, and eight.
    :raises BadWorld: for a number below 0.
    """
    matter = matter_columns(survey)
    posts = posts_of(matter, _guardians_for(survey, minds) if guardians is None else guardians)
    slots = Slots(minds, minds // 4 + 8 if spare is None and minds else spare or 0, len(posts))
    per_file = motes_for(matter["mass"], matter["traits"])
    while per_file.sum() > MOTE_CAP:
        per_file >>= 1
    bodies = len(survey) + int(per_file.sum()) + minds
    capacity = bodies + bodies // 4 + 256 + slots.all
    state = State.empty(
        Params(seed, side_log2_for(bodies)),
        capacity,
        lives=slots.all,
        things=THINGS + THINGS_A_SLOT * slots.all if slots.all else 0,
        known=min(capacity, max(len(survey), 8 * KNOWN_BYTES // slots.all)) if slots.all else 0,
    )
    ids = state.bodies.spawn_many(len(survey), 0, matter)
    for row, entity in enumerate(ids.tolist()):
        state.cold.put(
            entity, FileIdentity(survey.path[row], int(survey.size[row]), int(survey.age[row]), int(survey.depth[row]))
        )
    parents = np.repeat(np.arange(len(survey)), per_file)
    if parents.size:
        motes = mote_columns(state, matter, parents, ids)
        room = _with_room(state, matter, motes)
        state.bodies.spawn_many(int(room.sum()), 0, {name: column[room] for name, column in motes.items()})
    state.ledger.add("genesis", state.held())
    if slots.all:
        _found(state, survey, slots, posts)
    return state


@dataclass(frozen=True, slots=True)
class Slots:
    """How many slots there are for lives: minds first, then open ones, then guardians."""

    minds: int
    spare: int
    guardians: int

    def __post_init__(self) -> None:
        for name in ("minds", "spare"):
            if getattr(self, name) < 0:
                raise BadWorld(f"{name} is a number of slots, 0 or more, not {getattr(self, name)}")

    @property
    def all(self) -> int:
        """Slots of the table of lives."""
        return self.minds + self.spare + self.guardians


def _guardians_for(survey: Survey, minds: int) -> int:
    return min(-(-int((~survey.is_folder).sum()) // FILES_A_GUARDIAN), GUARDIAN_CAP) if minds else 0


def posts_of(matter: Columns, guardians: int) -> npt.NDArray[np.int64]:
    """The rows of *matter* that guardians stand at: the heaviest files that can be read, one each, at most *guardians*."""
    if guardians < 0:
        raise BadWorld(f"guardians is a number of guardians, 0 or more, not {guardians}")
    kind, _, flags = unpack_traits(matter["traits"])
    files = np.flatnonzero((kind == Kind.MATTER) & (flags & Flag.SEALED == 0))
    return files[np.argsort(-matter["mass"][files], kind="stable")][:guardians]


def side_log2_for(bodies: int) -> int:
    """log2 of the side of a world with room for so many bodies."""
    side_log2 = MIN_SIDE_LOG2 + 1  # the smallest world that is worth looking at
    while side_log2 < MAX_SIDE_LOG2 and 1 << 2 * side_log2 < bodies * ROOM:
        side_log2 += 1
    return side_log2


def resting_energy(mass: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """What anchored matter of this mass holds when it excretes as much as it radiates."""
    return ((mass + RADIANCE_FLOOR) << (RADIANCE_SHIFT + EXCRETE_SHIFT)).astype(np.int32)


def matter_columns(survey: Survey) -> Columns:
    """The columns of the survey's entries, each of shape ``(len(survey),)``."""
    kind = np.where(survey.is_folder, int(Kind.FOLDER), int(Kind.MATTER))
    flags = np.where(survey.sealed, int(Flag.ANCHORED | Flag.SEALED), int(Flag.ANCHORED))
    return {
        "x": survey.x,
        "y": survey.y,
        "rby": pack_rby(survey.r, survey.b),
        "traits": pack_traits(kind, survey.matter, flags),
        "mass": survey.mass,
        "energy": resting_energy(survey.mass),
        **gene_columns(survey.genes),
    }


def gene_columns(genes: npt.NDArray[np.uint8]) -> Columns:
    """The three codon columns of an (n, 9) array of bases."""
    return {
        name: pack_codon(genes[:, 3 * row], genes[:, 3 * row + 1], genes[:, 3 * row + 2])
        for row, name in enumerate(("gene_r", "gene_b", "gene_y"))
    }


def motes_for(mass: npt.NDArray[np.int32], traits: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """How many motes matter of this mass sheds; folders and sealed matter shed none."""
    kind, _, flags = unpack_traits(traits)
    free = (kind == Kind.MATTER) & (flags & Flag.SEALED == 0)
    return np.where(free, 1 + (mass.astype(np.int64) >> MOTE_SHIFT), 0)


def mote_columns(
    state: State, matter: Mapping[str, npt.NDArray[Any]], parents: npt.NDArray[Any], ids: npt.NDArray[Any]
) -> Columns:
    """Motes around the bodies of *matter* that *parents* (int64 rows of it) name; *ids* are those bodies' entity ids."""
    number = np.arange(parents.size, dtype=np.uint32)
    owner = (ids[parents] & 0xFFFFFFFF).astype(np.uint32)
    seed = state.params.seed ^ (state.tick << 32)
    dx, dy, pick, change = draw(seed & (2**64 - 1), int(owner[0]), number ^ (owner << np.uint32(12)), STREAM_GENESIS)
    reach = np.uint32(state.params.cell_shift)
    with np.errstate(over="ignore"):
        offset_x = (dx >> (np.uint32(31) - reach)) * np.uint32(MOTE_SPREAD) - (np.uint32(MOTE_SPREAD) << reach)
        offset_y = (dy >> (np.uint32(31) - reach)) * np.uint32(MOTE_SPREAD) - (np.uint32(MOTE_SPREAD) << reach)
        x, y = matter["x"][parents].astype(np.uint32) + offset_x, matter["y"][parents].astype(np.uint32) + offset_y
    genes = {name: matter[name][parents].astype(np.uint32) for name in ("gene_r", "gene_b", "gene_y")}
    for row, name in enumerate(genes):  # one base of nine differs from the file's: motes are kin, not copies
        here = pick % np.uint32(3) == row
        base = (pick >> np.uint32(8)) % np.uint32(3) * np.uint32(8)
        genes[name] ^= np.where(here, (change & np.uint32(0x3F)) << base, np.uint32(0)).astype(np.uint32)
    _, matter_class, _ = unpack_traits(matter["traits"][parents])
    return {
        "x": x,
        "y": y,
        "rby": matter["rby"][parents],
        "traits": pack_traits(np.full(parents.size, int(Kind.MOTE)), matter_class),
        "mass": matter["mass"][parents] >> 2,
        "energy": np.full(parents.size, MOTE_ENERGY, np.int32),
        "link": owner.astype(np.int32),
        **genes,
    }


def _with_room(state: State, matter: Columns, motes: Columns) -> npt.NDArray[np.bool_]:
    """Which motes find room in their hash cell: the first ones, until with the matter there it holds :data:`MOTE_CROWD`."""
    cells = [_hash_cell(state, columns) for columns in (matter, motes)]
    taken = np.bincount(cells[0], minlength=1)
    order = np.argsort(cells[1], kind="stable")
    here = cells[1][order]
    first = np.searchsorted(here, here)  # where the run of this cell begins
    rank = np.arange(here.size) - first
    room = np.empty(here.size, bool)
    room[order] = rank + np.where(here < taken.size, taken[np.minimum(here, taken.size - 1)], 0) < MOTE_CROWD
    return room


def _hash_cell(state: State, columns: Columns) -> npt.NDArray[np.int64]:
    shift = state.params.cell_shift + state.params.reach_log2
    return (columns["y"].astype(np.int64) >> shift << (32 - shift)) | columns["x"].astype(np.int64) >> shift


def _found(state: State, survey: Survey, slots: Slots, posts: npt.NDArray[np.int64]) -> None:
    """The first lives, each mind beside a folder of its own choosing, with a genome of its own; and the first things."""
    from ninepixel.world.life.founders import found  # compiles kernels: not for a universe without lives

    state.chronicle[0] = FIRST_EPISODE, state.tick, FIRST_SERIAL
    state.lives["role"][0] = np.where(np.arange(slots.all) < slots.minds + slots.spare, int(Role.OPEN), int(Role.GUARDIAN))
    number = np.arange(slots.minds, dtype=np.uint32)
    where = draw(state.params.seed, 1, number, STREAM_GENESIS)[0]
    genes = [np.stack(draw(state.params.seed, t, number, STREAM_GENESIS)[:3], axis=1) & np.uint32(0xFF) for t in (2, 3, 4)]
    folders = np.flatnonzero(survey.is_folder)
    home = folders[where % np.uint32(folders.size)]
    homes = np.stack([survey.x[home], survey.y[home]], axis=1).astype(np.uint32)
    coins = min(slots.minds + len(posts), len(survey))
    loot = coins // 2
    codons = np.stack([pack_codon(*bases.T) for bases in genes], axis=1)
    found(state, homes, codons, posts, (coins, loot, loot // 2))
    for name in state.bodies.columns:
        state.bodies.touch(name)
    for slot in range(slots.minds):
        entity = state.bodies.entity_at(int(state.bodies.row_of[0, state.lives["body"][0, slot]]))
        state.cold.put(entity, MindIdentity(mind_name(slot + FIRST_SERIAL)))


def mind_name(serial: int) -> bytes:
    """What the life that was born as number *serial* of its world is called; births are counted from 1."""
    return MIND_NAMES[serial - 1] if serial <= len(MIND_NAMES) else b"Ileice %d" % serial
