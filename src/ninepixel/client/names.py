"""What a body is called, for people: names from the host are bytes and may hold anything."""

from __future__ import annotations

from ninepixel.ecs.ids import EntityId, index_of
from ninepixel.world.identity import FileIdentity, MindIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.picture.palette import MATTER_NAMES
from ninepixel.world.state import State


def readable(raw: bytes) -> str:
    """Bytes from the host as one line: what is not UTF-8 or cannot be printed is escaped."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def name_of(state: State, entity: int, world: int = 0) -> str:
    """A file's path, a process's name, a mind's name, what a guardian guards; otherwise its kind and class."""
    if file := state.cold.try_get(entity, FileIdentity):
        return readable(file.path) or "the realm"
    if process := state.cold.try_get(entity, ProcessIdentity):
        return readable(process.name)
    if mind := state.cold.try_get(entity, MindIdentity):
        return readable(mind.name)
    traits = state.bodies.get(entity, "traits", world)
    slot = life_in(state, entity, world)
    if slot is not None and (post := owner_of(state, int(state.lives["post"][world, slot]), world)) is not None:
        return f"guardian of {name_of(state, post, world)}"
    return f"a {kind_name(traits)}"


def life_in(state: State, entity: int, world: int = 0) -> int | None:
    """The slot of the life in a body, None when nobody lives in it."""
    kind, _, _ = (int(v) for v in unpack_traits(state.bodies.get(entity, "traits", world)))
    slot = state.bodies.get(entity, "link", world)
    if kind not in (Kind.MIND, Kind.GUARDIAN) or not 0 <= slot < int(state.lives.count[world]):
        return None
    return slot if int(state.lives["body"][world, slot]) == index_of(entity) else None


def kind_name(traits: int) -> str:
    """The kind, and for matter and motes the class."""
    kind, matter, _ = (int(v) for v in unpack_traits(traits))
    material = MATTER_NAMES[matter] if matter < len(MATTER_NAMES) else "unknown matter"
    match kind:
        case Kind.MATTER:
            return material
        case Kind.MOTE:
            return f"mote of {material}"
        case Kind.FOLDER | Kind.CREATURE | Kind.MIND | Kind.GUARDIAN:
            return Kind(kind).name.lower()
    return f"body of unknown kind {kind}"


_NOTES = {
    Kind.MATTER: "a file: absolute existence, it never moves",
    Kind.FOLDER: "the heart of a folder's region",
    Kind.CREATURE: "a process of this machine",
    Kind.MOTE: "free matter that a file shed",
    Kind.MIND: "an Ileice",
    Kind.GUARDIAN: "it guards the heaviest matter",
}


def kind_note(traits: int) -> str:
    """The class and what that sort of thing is, in a few words."""
    kind, matter, _ = (int(v) for v in unpack_traits(traits))
    note = _NOTES.get(Kind(kind), "") if kind in _NOTES else "unknown to this version"
    return f"{MATTER_NAMES[matter]}, {note}" if kind == Kind.MATTER and matter < len(MATTER_NAMES) else note


def owner_of(state: State, link: int, world: int = 0) -> EntityId | None:
    """The living body that a ``link`` column names, if there is one."""
    if not 0 <= link < int(state.bodies.next_index[world]):
        return None
    row = int(state.bodies.row_of[world, link])
    return state.bodies.entity_at(row, world) if row >= 0 else None
