"""How fast the painter paints, as rows of the benchmark table."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np

from ninepixel.world.laws.bodies import Flag, Kind, pack_codon, pack_rby, pack_traits
from ninepixel.world.picture.camera import Camera, Size
from ninepixel.world.picture.gl import describe, open_gl
from ninepixel.world.picture.painter import Painter
from ninepixel.world.state import Params, State


def crowd(bodies: int, side_log2: int = 10, seed: int = 9) -> State:
    """A world full of moving motes and resting files, with a lit field, for measuring."""
    rng = np.random.Generator(np.random.PCG64(seed))
    state = State.empty(Params(seed, side_log2), capacity=max(bodies, 1))
    kind = np.where(rng.random(bodies) < 0.1, int(Kind.MATTER), int(Kind.MOTE))
    moving = kind == Kind.MOTE
    red = rng.integers(0, 65536, bodies)
    genes = rng.integers(0, 256, (9, bodies))
    state.bodies.spawn_many(
        bodies,
        0,
        {
            "x": rng.integers(0, 1 << 32, bodies),
            "y": rng.integers(0, 1 << 32, bodies),
            "vx": np.where(moving, rng.integers(-(1 << 28), 1 << 28, bodies), 0),
            "vy": np.where(moving, rng.integers(-(1 << 28), 1 << 28, bodies), 0),
            "energy": rng.integers(0, 4000, bodies),
            "rby": pack_rby(red, rng.integers(0, 65536 - red)),
            "traits": pack_traits(kind, rng.integers(0, 11, bodies), np.where(moving, 0, int(Flag.ANCHORED))),
            "mass": np.where(moving, 20, rng.integers(0, 400, bodies)),
            "gene_r": pack_codon(*genes[:3]),
            "gene_b": pack_codon(*genes[3:6]),
            "gene_y": pack_codon(*genes[6:]),
        },
    )
    coarse = rng.integers(0, 4000, (3, 32, 32))
    state.energy[0] = np.kron(coarse, np.ones((1, state.params.side // 32, state.params.side // 32), np.int64))
    return state


def bench_render(bodies: int = 100_000, size: Size = (1280, 720), frames: int = 20, side_log2: int = 10) -> list[dict[str, Any]]:
    """Draw the whole of a crowded world *frames* times, every frame a new tick with every column uploaded again.

    :returns: one row for frames a second (median, worst and best frame) and one for the first frame from nothing.
    :raises NoGL: when there is no OpenGL.
    """
    state = crowd(bodies, side_log2)
    start = time.perf_counter()
    context = open_gl()
    painter = Painter(context, size)
    camera = Camera.whole(state.params.side)
    seconds = []
    with context:
        for _ in range(frames + 1):
            painter.draw(state, camera)
            context.finish()
            seconds.append(time.perf_counter() - start)
            state.tick += 1
            start = time.perf_counter()
    first = seconds.pop(0)
    renderer = describe(context).renderer
    painter.release()
    context.release()
    common = {"bench": "render", "backend": "gl", "renderer": renderer, "bodies": bodies, "size": f"{size[0]}x{size[1]}"}
    rate = {"value": round(1 / median(seconds), 2), "min": round(1 / max(seconds), 2), "max": round(1 / min(seconds), 2)}
    return [
        common | {"metric": "frames_per_s", "unit": "frames/s", "n": frames} | rate,
        common
        | {"metric": "first_frame_ms", "unit": "ms", "n": 1}
        | dict.fromkeys(("value", "min", "max"), round(first * 1000, 1)),
    ]
