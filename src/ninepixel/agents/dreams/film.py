"""A dream as a film: the eye stays over the dreamer."""

from __future__ import annotations

from pathlib import Path

from ninepixel.agents.dreams.dream import Dreamt
from ninepixel.agents.dreams.past import Past
from ninepixel.world.picture.camera import TURN, Camera, Size
from ninepixel.world.picture.export import Studio
from ninepixel.world.picture.film import FrameWriter
from ninepixel.world.universe import Universe

#: Field cells from the top of the picture to its bottom; frames a second; pictures without a window are small.
CELLS, FPS, SIZE = 20.0, 20, (480, 360)


def film(past: Past, moment: Dreamt, file: Path, size: Size = SIZE) -> int:
    """Film the best dream of a moment. Returns the number of frames, one a tick.

    :raises PictureError: when the file cannot be written; nothing is left behind then.
    """
    with Studio(size) as studio, FrameWriter(file, FPS, size) as writer:
        eye: list[Camera] = []

        def frame(fork: Universe) -> None:
            state = fork.pull()
            index = int(state.lives["body"][0, past.slot])
            if index >= 0:  # the dead are looked after where they were
                row = int(state.bodies.row_of[0, index])
                x, y = (int(state.bodies[name][0, row]) / TURN for name in ("x", "y"))
                eye[:] = [Camera(x, y, CELLS, state.params.side)]
            title = f"a dream of tick {moment.tick:,}"
            writer.write(studio.shoot(state, eye[0] if eye else None, trails=True, legend=False, title=title))

        past.show(moment, frame)
        return writer.frames
