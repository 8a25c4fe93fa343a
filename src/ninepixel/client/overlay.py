"""Panels over the world: each a texture, renewed only when its picture changes."""

from __future__ import annotations

import moderngl
from PIL import Image

from ninepixel.world.picture.camera import Size
from ninepixel.world.picture.gl import program


class Overlay:
    """Draws pillow pictures on the current framebuffer."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = program(ctx, "panel", "panel")
        self._array = ctx.vertex_array(self._program, [])
        self._shown: dict[str, tuple[Image.Image, moderngl.Texture]] = {}

    def draw(self, name: str, picture: Image.Image, left: float, top: float, size: Size) -> None:
        """Put *picture* (RGBA) with its top left corner at a pixel; *name* is the slot whose texture it takes.

        The texture is sent again only when another picture object comes.
        """
        before = self._shown.get(name)
        if before is None or before[0] is not picture:
            if before is not None:
                before[1].release()
            texture = self._ctx.texture(picture.size, 4, picture.tobytes())
            texture.filter = moderngl.NEAREST, moderngl.NEAREST
            self._shown[name] = (picture, texture)
        left, top = round(left), round(top)
        right, bottom = left + picture.width, top + picture.height
        self._program["place"] = (
            2 * left / size[0] - 1,
            1 - 2 * top / size[1],
            2 * right / size[0] - 1,
            1 - 2 * bottom / size[1],
        )
        self._shown[name][1].use(0)
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._array.render(moderngl.TRIANGLE_STRIP, vertices=4)
        self._ctx.disable(moderngl.BLEND)

    def release(self) -> None:
        """Free the GPU's memory."""
        for _, texture in self._shown.values():
            texture.release()
        self._shown.clear()
        self._array.release()
        self._program.release()
