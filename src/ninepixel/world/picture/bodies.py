"""Body columns on the GPU: each column a buffer of its own, written as it is, no matter who draws it."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from ninepixel.ecs.table import Table

#: The columns that shaders read, with their attribute formats.
FORMATS = {
    "x": "1u",
    "y": "1u",
    "vx": "1i",
    "vy": "1i",
    "energy": "1i",
    "rby": "1u",
    "traits": "1u",
    "mass": "1i",
    "gene_r": "1u",
    "gene_b": "1u",
    "gene_y": "1u",
}


class BodyBuffers:
    """GPU mirrors of the drawn columns; :attr:`count` rows of them are filled."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._room = 0
        self._names: tuple[str, ...] = ()
        self._buffers: dict[str, moderngl.Buffer] = {}
        self._arrays: dict[tuple[int, bool], moderngl.VertexArray] = {}
        self.count = 0

    def upload(
        self, bodies: Table, world: int, rows: npt.NDArray[np.intp] | None, names: tuple[str, ...] = tuple(FORMATS)
    ) -> None:
        """Fill the buffers with the living bodies of a world, or with only these *rows* of it, in these columns."""
        self.count = int(bodies.count[world]) if rows is None else int(rows.size)
        self._reserve(self.count, names)
        for name, buffer in self._buffers.items():
            column: npt.NDArray[Any] = bodies.live(name, world)
            if rows is not None:
                column = column[rows]
            if column.size:
                buffer.orphan()  # so that the driver need not wait for the last frame
                buffer.write(np.ascontiguousarray(column))

    def array(self, program: moderngl.Program, each: bool) -> moderngl.VertexArray:
        """The vertex array that feeds *program*; *each* advances it once an instance instead of once a vertex."""
        key = (program.glo, each)
        if key not in self._arrays:
            rate = "/i" if each else ""
            content = [(self._buffers[name], FORMATS[name] + rate, name) for name in self._names if name in program]
            self._arrays[key] = self._ctx.vertex_array(program, content)
        return self._arrays[key]

    def release(self) -> None:
        """Free the GPU's memory."""
        for array in self._arrays.values():
            array.release()
        for buffer in self._buffers.values():
            buffer.release()
        self._arrays.clear()
        self._buffers.clear()
        self._room = 0

    def _reserve(self, rows: int, names: tuple[str, ...]) -> None:
        if rows <= self._room and names == self._names:
            return
        self.release()
        self._room, self._names = max(1024, rows + rows // 4), names
        self._buffers = {name: self._ctx.buffer(reserve=4 * self._room, dynamic=True) for name in names}
