"""Small things and feelings on the GPU: squares drawn as light and, near enough, as opaque pixels."""

from __future__ import annotations

import moderngl
import numpy as np

from ninepixel.world.picture.small import SQUARE, Form, Squares, feelings, things
from ninepixel.world.state import State

_FORMAT = "1u 1u 1i 1i 2f 1f 3f 1i/i"
_NAMES = ("x", "y", "vx", "vy", "offset", "wide", "light", "form")
#: No glow reaches less far than this from its middle, in screen pixels.
LEAST = 3.5


class Sparks:
    """The squares of one state on the GPU."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.lights = SquareBuffer(ctx)
        self.pixels = SquareBuffer(ctx)

    def upload(self, state: State, world: int) -> None:
        """Take what lies about and what is felt in a world; nothing where nobody lives."""
        squares = np.concatenate([feelings(state, world), things(state, world)]) if state.lives.count[world] else _NONE
        solid = squares["form"] == Form.PIXEL
        self.lights.upload(squares[~solid])
        self.pixels.upload(squares[solid])

    def release(self) -> None:
        """Free the GPU's memory."""
        self.lights.release()
        self.pixels.release()


class SquareBuffer:
    """Squares in a buffer, an instance each."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._buffer: moderngl.Buffer | None = None
        self._arrays: dict[int, moderngl.VertexArray] = {}
        self.count = 0

    def upload(self, squares: Squares) -> None:
        """Hold these and no others."""
        self.count = len(squares)
        if not self.count:
            return
        if self._buffer is None or self._buffer.size < squares.nbytes:
            self.release()
            self._buffer = self._ctx.buffer(reserve=2 * squares.nbytes, dynamic=True)
        self._buffer.orphan()  # so that the driver need not wait for the last frame
        self._buffer.write(np.ascontiguousarray(squares))

    def draw(self, shader: moderngl.Program) -> None:
        """Draw them into the current target."""
        if not self.count:
            return
        if shader.glo not in self._arrays:
            self._arrays[shader.glo] = self._ctx.vertex_array(shader, [(self._buffer, _FORMAT, *_NAMES)])
        self._arrays[shader.glo].render(moderngl.TRIANGLE_STRIP, vertices=4, instances=self.count)

    def release(self) -> None:
        """Free the GPU's memory."""
        for array in self._arrays.values():
            array.release()
        self._arrays.clear()
        if self._buffer is not None:
            self._buffer.release()
            self._buffer = None


_NONE: Squares = np.zeros(0, SQUARE)
