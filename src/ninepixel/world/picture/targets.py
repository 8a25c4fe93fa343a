"""The painter's intermediate pictures: what each pass draws into and the next one reads."""

from __future__ import annotations

import moderngl

from ninepixel.world.picture.camera import Size

#: name: (how many times smaller than the picture, pixel format)
_PLAN = {
    "field": (2, "f2"),
    "trail": (2, "f2"),
    "trail_before": (2, "f2"),
    "light": (1, "f2"),
    "bloom": (4, "f2"),
    "bloom_across": (4, "f2"),
    "haze": (16, "f2"),
    "haze_across": (16, "f2"),
    "out": (1, "f1"),
}


class Targets:
    """One framebuffer a name, all made for one size of picture."""

    def __init__(self, ctx: moderngl.Context, size: Size) -> None:
        self._buffers = {name: _target(ctx, _shrunk(size, by), dtype) for name, (by, dtype) in _PLAN.items()}

    def __getitem__(self, name: str) -> moderngl.Framebuffer:
        return self._buffers[name]

    def texture(self, name: str) -> moderngl.Texture:
        """What was drawn into a target."""
        texture = self._buffers[name].color_attachments[0]
        assert isinstance(texture, moderngl.Texture)
        return texture

    def swap(self, one: str, other: str) -> None:
        """Let two targets of one shape change names."""
        self._buffers[one], self._buffers[other] = self._buffers[other], self._buffers[one]

    def release(self) -> None:
        """Free the GPU's memory."""
        for name, target in self._buffers.items():
            self.texture(name).release()
            target.release()
        self._buffers.clear()


def _target(ctx: moderngl.Context, size: Size, dtype: str) -> moderngl.Framebuffer:
    texture = ctx.texture(size, 4, dtype=dtype)
    texture.repeat_x = texture.repeat_y = False
    target = ctx.framebuffer([texture])
    target.clear()
    return target


def _shrunk(size: Size, by: int) -> Size:
    return max(1, size[0] // by), max(1, size[1] // by)
