"""A lineage as a file: JSON lines that hold all of it and can be read again; Newick and GraphML for other programs.

The JSON lines begin with a header, then one object a life, in the order of their births. GraphML holds the graph of both
parents. Newick can only hold trees: there the mother's line is written, minds alone. A node is called ``m`` and its serial
(``e2m7`` in another episode than the first). The length of its branch is the ticks from its mother's birth to its own. All whose
mother is nobody or unknown hang on a root called ``founders`` at tick 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ninepixel.agents.evolution.tree import Life, Name, Tree
from ninepixel.world.life.census import GENOME_BYTES, Birth, Death
from ninepixel.world.store.errors import StoreError, shown
from ninepixel.world.store.files import write_whole

FORMAT, VERSION = "ninepixel lineage", 1
#: How each kind of number is called in GraphML.
_GRAPHML = {int: "long", str: "string", bool: "boolean"}


class BadLineage(StoreError):
    """A file that should hold a lineage does not; the message says which line and why."""


def write_lineage(tree: Tree, file: Path, about: Mapping[str, Any]) -> None:
    """Write a lineage in the format of the file's ending (:data:`WRITERS`).

    :param about: what else the header says, like title, seed and tick.
    :raises StoreError: when it cannot be written; what was there is as it was.
    """
    write_whole(file, [WRITERS[file.suffix.lower()](tree, about)])


def as_lines(tree: Tree, about: Mapping[str, Any]) -> bytes:
    """JSON lines."""
    header = {"format": FORMAT, "version": VERSION, "lives": len(tree), **about}
    descendants = tree.descendants()
    rows = [header, *(as_row(tree, life, descendants[life.name]) for life in tree)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_row(tree: Tree, life: Life, descendants: int) -> dict[str, Any]:
    """A life as plain values. *latched* has a 1 for every base that differs from both parents."""
    birth = life.birth
    return {
        "episode": birth.episode,
        "serial": birth.serial,
        "mother": birth.mother,
        "father": birth.father,
        "born": birth.tick,
        "died": life.died,
        "slot": birth.slot,
        "generation": birth.generation,
        "heat": birth.heat,
        "mind": birth.mind,
        "genome": birth.genome.hex(),
        "latched": "".join("1" if latched else "0" for latched in tree.latched(life)),
        "children": len(life.children),
        "descendants": descendants,
    }


def read_lineage(file: Path) -> tuple[Tree, dict[str, Any]]:
    """The lineage that :func:`as_lines` wrote, and its header.

    :raises BadLineage: when the file is none, was written by a later version, or is torn.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise BadLineage(f"{shown(file)}: cannot be read: {error.strerror or error}") from None
    header = _parsed(file, 1, lines[0] if lines else b"")
    if header.get("format") != FORMAT:
        raise BadLineage(f"{shown(file)}: is no lineage: its first line does not say {FORMAT!r}")
    if header.get("version") != VERSION:
        raise BadLineage(f"{shown(file)}: has version {header.get('version')!r:.40} of the format, and {VERSION} is known here")
    if header.get("lives") != len(lines) - 1:
        raise BadLineage(
            f"{shown(file)}: is torn: it has {len(lines) - 1} lives, and its header says {header.get('lives')!r:.40}"
        )
    tree = Tree()
    for number, line in enumerate(lines[1:], start=2):
        _enter(tree, _parsed(file, number, line), f"{shown(file)}: line {number}")
    return tree, header


def _parsed(file: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise BadLineage(f"{shown(file)}: is no lineage: line {number} is no JSON object")
    return row


def _enter(tree: Tree, row: dict[str, Any], where: str) -> None:
    """One life of a file, once it is seen to be possible."""
    numbers = [row.get(key) for key in ("episode", "serial", "mother", "father", "born", "slot", "generation", "heat")]
    died, mind, genome = row.get("died"), row.get("mind"), row.get("genome")
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in numbers) or not isinstance(mind, bool):
        raise BadLineage(f"{where}: a number is missing, negative, or no number")
    episode, serial, mother, father, born, slot, generation, heat = (int(str(number)) for number in numbers)
    if died is not None and (type(died) is not int or died < born):
        raise BadLineage(f"{where}: who is born at tick {born} does not die at {died!r:.40}")
    try:
        bases = bytes.fromhex(genome) if isinstance(genome, str) else b""
    except ValueError:
        bases = b""
    if len(bases) != GENOME_BYTES:
        raise BadLineage(f"{where}: a genome is {2 * GENOME_BYTES} hex digits, not {genome!r:.40}")
    if (episode, serial) in tree.lives or serial < 1 or serial in (mother, father):
        raise BadLineage(f"{where}: serial {serial} is taken, 0, or that of its own parent")
    birth = Birth(episode, serial, mother, father, bases, born, slot, generation, heat, mind)
    tree.add([birth])
    tree.add([], [] if died is None else [Death(episode, serial, died, slot)])


def as_newick(tree: Tree, about: Mapping[str, Any]) -> bytes:
    """The mother's line of the minds, in Newick."""
    line, parts = tree.mothers(), list[str]()
    stack: list[tuple[Name | None, int, bool]] = [(None, 0, False)]  # who, length of the branch, whether its children are written
    while stack:
        name, length, done = stack.pop()
        children = [child for child in line.get(name, []) if tree.lives[child].birth.mind]
        if not done and children:
            parts.append("(")
            stack.append((name, length, True))
            born = 0 if name is None else tree.lives[name].birth.tick
            stack += [(child, tree.lives[child].birth.tick - born, False) for child in reversed(children)]
            continue
        parts += [")" if done else "", "founders" if name is None else f"{called(name)}:{length}", ","]
    text = "".join(parts).replace(",)", ")").removesuffix(",")
    return f"{text};\n".encode()


def called(name: Name) -> str:
    """What a life is called in other formats."""
    episode, serial = name
    return f"m{serial}" if episode == 1 else f"e{episode}m{serial}"


def as_graphml(tree: Tree, about: Mapping[str, Any]) -> bytes:
    """The graph of both parents, as GraphML: an edge from every parent to its child, which says whether she is the mother."""
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    graph = ElementTree.Element("graph", id="lineage", edgedefault="directed")
    keys = dict[str, type]()
    descendants = tree.descendants()
    for life in tree:
        node = ElementTree.SubElement(graph, "node", id=called(life.name))
        for key, value in as_row(tree, life, descendants[life.name]).items():
            if value is not None:
                keys.setdefault(key, type(value))
                ElementTree.SubElement(node, "data", key=key).text = str(value).lower()
    for life in tree:
        for parent in dict.fromkeys(life.parents()):
            if parent in tree.lives:
                edge = ElementTree.SubElement(graph, "edge", source=called(parent), target=called(life.name))
                mother = parent[1] == life.birth.mother
                ElementTree.SubElement(edge, "data", key="parent").text = "mother" if mother else "father"
    for key, kind in keys.items():
        root.append(_key(key, "node", kind))
    root.append(_key("parent", "edge", str))
    root.append(graph)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _key(name: str, whose: str, kind: type) -> ElementTree.Element:
    return ElementTree.Element("key", {"id": name, "for": whose, "attr.name": name, "attr.type": _GRAPHML[kind]})


def as_picture(tree: Tree, about: Mapping[str, Any]) -> bytes:
    """A PNG."""
    from ninepixel.agents.evolution.picture import draw, png

    return png(draw(tree, about))


#: How a lineage is written, by the ending of the file.
WRITERS: dict[str, Callable[[Tree, Mapping[str, Any]], bytes]] = {
    ".json": as_lines,
    ".jsonl": as_lines,
    ".nwk": as_newick,
    ".graphml": as_graphml,
    ".png": as_picture,
}
