"""What is this? A body as a card of facts. Pure: state in, text and numbers out; :mod:`~ninepixel.client.panels` draws it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ninepixel.client.living import life_facts
from ninepixel.client.names import kind_note, life_in, name_of, owner_of, readable
from ninepixel.client.why import Force, explain
from ninepixel.ecs.ids import index_of
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import SIMPLEX, Flag, genome, tension, unpack_rby, unpack_traits
from ninepixel.world.picture.pixels import nine_pixels
from ninepixel.world.state import State

Explain = Callable[[State, int], list[Force]]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the inspector shows of one body.

    :param title: its name.
    :param kind: what it is.
    :param facts: (label, value) lines.
    :param rby: shares of red, blue and yellow, 0..1.
    :param pixels: its nine pixels, ``(3, 3, 3)`` uint8; *bases* are the nine numbers they show.
    :param forces: why it moves, largest first.
    """

    title: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    rby: tuple[float, float, float]
    pixels: npt.NDArray[np.uint8]
    bases: npt.NDArray[np.uint8]
    forces: tuple[Force, ...] = field(default=())


def inspect(state: State, entity: int, why: Explain = explain) -> Card:
    """The card of one body.

    :raises StaleEntity: when it is dead.
    """
    body = state.bodies.values(entity)
    codons = body["gene_r"], body["gene_b"], body["gene_y"]
    r, b, y = (int(w) / SIMPLEX for w in unpack_rby(body["rby"]))
    return Card(
        title=name_of(state, entity),
        kind=kind_note(body["traits"]),
        facts=tuple(_facts(state, entity, body)),
        rby=(r, b, y),
        pixels=nine_pixels(*codons, body["rby"], body["traits"], body["energy"]),
        bases=genome(*codons),
        forces=tuple(why(state, entity)),
    )


def _facts(state: State, entity: int, body: dict[str, int]) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    _, _, flags = (int(v) for v in unpack_traits(body["traits"]))
    if file := state.cold.try_get(entity, FileIdentity):
        facts += [
            ("size", amount_of_bytes(file.size)),
            ("changed", f"{duration(file.age)} before the newest"),
            ("depth", str(file.depth)),
        ]
    if process := state.cold.try_get(entity, ProcessIdentity):
        facts.append(("process", readable(process.key).partition(":")[0]))
    if flags & Flag.SEALED:
        facts.append(("sealed", "a secret: never opened, never named"))
    if (slot := life_in(state, entity)) is not None:
        facts += life_facts(state, slot)
    elif (owner := owner_of(state, body["link"])) is not None:
        facts.append(("born of", name_of(state, owner)))
    speed = math.hypot(body["vx"], body["vy"]) / (1 << 30)
    return [
        *facts,
        ("tension", f"{100 * int(tension(body['rby'])) / (2 * SIMPLEX):.0f} %"),
        ("mass", f"{body['mass'] / 16:.1f} octaves"),
        ("energy", f"{body['energy']:,}"),
        ("speed", f"{speed:.3f} cells a tick" if speed else "at rest"),
        ("place", f"{_cell(state, body['x'])}, {_cell(state, body['y'])}"),
        ("entity", str(index_of(entity))),
    ]


def amount_of_bytes(size: int) -> str:
    """A size for people."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def duration(seconds: int) -> str:
    """A span of time for people."""
    for unit, length in (("years", 31_557_600), ("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _cell(state: State, fraction: int) -> str:
    return f"{fraction / (1 << state.params.cell_shift):.1f}"
