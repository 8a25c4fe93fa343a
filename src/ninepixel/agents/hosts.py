"""The matter of a training world: fountains, a synthetic host or a recorded one, as a template that worlds are founded from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ninepixel.agents.tasks import Task
from ninepixel.world.genesis import matter_columns, mote_columns, resting_energy
from ninepixel.world.host.survey import Survey
from ninepixel.world.host.synthetic import synthetic
from ninepixel.world.laws.bodies import BODY_COLUMNS, Flag, Kind, Matter, pack_rby, pack_traits
from ninepixel.world.laws.rng import draw
from ninepixel.world.state import Params, State

STREAM_FOUNTAINS = 0xF0
#: Of 65536: how much of a fountain is of its own colour, and how the rest is shared.
OWN, REST = 54_000, 5_768

Columns = dict[str, npt.NDArray[Any]]


def template(task: Task, seed: int, survey: Survey | None = None) -> npt.NDArray[np.int32]:
    """The matter of one world, a block of body columns, int32 of shape (columns, bodies).

    :param survey: a recorded host instead of the synthetic one.
    """
    parts = []
    if survey is None and task.files:
        survey = synthetic(seed, task.files, depth=4)
    if task.fountains:
        parts.append(_fountains(task.fountains, seed))
    if survey is not None:
        parts.append({"link": np.full(len(survey), -1, np.int32), **matter_columns(survey)})
        if task.motes:
            parts.append(_motes(parts[-1], task, seed))
    block = np.zeros((len(BODY_COLUMNS), sum(len(part["x"]) for part in parts)), np.int32)
    at = 0
    for part in parts:
        end = at + len(part["x"])
        for number, column in enumerate(BODY_COLUMNS):
            if column.name in part:
                block[number, at:end] = np.asarray(part[column.name]).astype(column.dtype).view(np.int32)
        at = end
    return block


def guarded(block: npt.NDArray[np.int32], guardians: int) -> npt.NDArray[np.int32]:
    """The rows of a template that guardians stand at, (guardians,), -1 for none: the heaviest files, one each."""
    traits, mass = block[_NUMBER["traits"]], block[_NUMBER["mass"]]
    files = np.flatnonzero(((traits & 0xFF) == Kind.MATTER) & ((traits >> 16 & Flag.SEALED) == 0))
    heaviest = files[np.argsort(-mass[files], kind="stable")][:guardians]
    posts = np.full(guardians, -1, np.int32)
    posts[: len(heaviest)] = heaviest
    return posts


def _fountains(count: int, seed: int) -> Columns:
    """Matter of red, blue and yellow in turn."""
    number = np.arange(count, dtype=np.uint32)
    x, y, mass, genes = draw(seed, 0, number, STREAM_FOUNTAINS)
    colour = number % 3
    red = np.where(colour == 0, OWN, REST)
    blue = np.where(colour == 1, OWN, REST)
    heavy = 48 + (mass >> np.uint32(26)).astype(np.int32)
    return {
        "x": x,
        "y": y,
        "rby": pack_rby(red, blue),
        "traits": pack_traits(np.full(count, int(Kind.MATTER)), number % len(Matter), np.full(count, int(Flag.ANCHORED))),
        "mass": heavy,
        "energy": resting_energy(heavy),
        "link": np.full(count, -1, np.int32),
        "gene_r": genes & np.uint32(0xFFFFFF),
        "gene_b": mass & np.uint32(0xFFFFFF),
        "gene_y": x & np.uint32(0xFFFFFF),
    }


def _motes(matter: Columns, task: Task, seed: int) -> Columns:
    """Motes around files of chance."""
    files = np.flatnonzero((matter["traits"] & 0xFF) == Kind.MATTER)
    pick = draw(seed, 1, np.arange(task.motes, dtype=np.uint32), STREAM_FOUNTAINS)[0]
    parents = np.sort(files[pick % np.uint32(len(files))])
    place = State.empty(Params(seed, task.side.bit_length() - 1), capacity=1)
    return {**mote_columns(place, matter, parents, np.arange(len(matter["x"]))), "link": np.full(task.motes, -1, np.int32)}


_NUMBER = {column.name: number for number, column in enumerate(BODY_COLUMNS)}
