"""The painter: one universe, one camera, one frame, in OpenGL 3.3.

A frame is a few passes: vapour trails (half size), bodies, feelings, small things and rings as light (full size, additive, high
range), two widths of bloom of that light, everything soft (half size: the field's light, clouds, haze, the trails), all of it
brought together, and on top, when near enough to be read, the bodies themselves: nine pixels each, opaque, exactly the colours
of :mod:`~ninepixel.world.picture.pixels`; then what is smaller than a body (:mod:`~ninepixel.world.picture.small`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from ninepixel.world.picture.bodies import BodyBuffers
from ninepixel.world.picture.camera import TURN, Camera, Size, shortest
from ninepixel.world.picture.cull import Region, eye_of, moving_rows, ring_lines, visible_rows
from ninepixel.world.picture.field import light_range, pack_window, window_of
from ninepixel.world.picture.gl import program
from ninepixel.world.picture.sky import CLOUD_SIDE, STAR_SIDE, clouds, stars
from ninepixel.world.picture.sparks import LEAST, Sparks
from ninepixel.world.picture.targets import Targets
from ninepixel.world.state import State

#: Bodies turn from points of light into nine pixels between these widths (screen pixels).
POINT_BELOW, CRISP_FROM = 3.0, 8.0
#: Vapour hangs this many ticks behind a body, and its memory halves in this many.
STREAK_TICKS, TRAIL_HALF_LIFE = 22.0, 16.0
_MOST_SIDE = 16384


class Painter:
    """Draws states into a picture of its own; :meth:`read` brings it home, :meth:`show` puts it on a window.

    :param ctx: an OpenGL 3.3 context (:func:`~ninepixel.world.picture.gl.open_gl`).
    :param size: (width, height) of the picture in pixels.
    """

    def __init__(self, ctx: moderngl.Context, size: Size) -> None:
        self.ctx = ctx
        self.size = size
        with ctx:
            self._programs: dict[tuple[str, str, bool], moderngl.Program] = {}
            self._screens: dict[int, moderngl.VertexArray] = {}
            self._bodies = BodyBuffers(ctx)
            self._movers = BodyBuffers(ctx)
            self._sparks = Sparks(ctx)
            self._clouds = _tile(ctx, CLOUD_SIDE, clouds())
            self._stars = _tile(ctx, STAR_SIDE, stars())
            self._targets = Targets(ctx, size)
            self._field: moderngl.Texture | None = None
            self._rings: moderngl.Buffer | None = None
        self._drawn_bodies: tuple[Any, ...] = ()
        self._drawn_field: tuple[Any, ...] = ()
        self._drawn_sparks: tuple[Any, ...] = ()
        self._thinned = 1.0
        self._octaves: tuple[float, ...] = (0.0, 1.0)
        self._last: tuple[Camera, float] | None = None
        #: Bodies that the last frame drew.
        self.seen = 0

    # -- the frame ----------------------------------------------------------------------------------------------------

    def draw(
        self,
        state: State,
        camera: Camera,
        alpha: float = 0.0,
        world: int = 0,
        regions: Sequence[Region] | npt.NDArray[Any] = (),
        trails: bool = False,
    ) -> None:
        """Paint one frame.

        :param alpha: ticks since the state was taken; bodies are drawn where their velocity has carried them by then.
        :param regions: folder regions to show as faint rings.
        :param trails: let vapour of earlier frames linger (it stays in its place when the camera moves); otherwise each frame
            stands alone, and only shows streaks by velocity.
        """
        with self.ctx:
            near = camera.scale(self.size) >= CRISP_FROM
            crisp = _smoothstep(POINT_BELOW, CRISP_FROM, camera.scale(self.size))
            self._upload_bodies(state, camera, world)
            self.ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
            self._paint_trails(state.tick + alpha, camera, near, alpha, trails)
            self._paint_light(camera, near, crisp, alpha, regions)
            self._paint_bloom()
            self._paint_field(state, camera, world, crisp, trails)
            self._composite(camera)
            if crisp > 0:
                self._paint_nine(camera, crisp, alpha)

    def read(self) -> npt.NDArray[np.uint8]:
        """The picture, ``(height, width, 3)`` uint8, top row first."""
        with self.ctx:
            data = self._targets["out"].read(components=3, alignment=1)
        picture = np.frombuffer(data, np.uint8).reshape(self.size[1], self.size[0], 3)
        return np.ascontiguousarray(picture[::-1])

    def show(self, target: moderngl.Framebuffer) -> None:
        """Copy the picture to another framebuffer of the same context, such as a window's."""
        self.ctx.copy_framebuffer(target, self._targets["out"])

    def resize(self, size: Size) -> None:
        """Paint at another size from now on.

        :raises ValueError: for a size no picture can have.
        """
        if not all(1 <= s <= _MOST_SIDE for s in size):
            raise ValueError(f"a picture is 1 to {_MOST_SIDE} pixels wide and high, not {size[0]}x{size[1]}")
        with self.ctx:
            self._targets.release()
            self.size = size
            self._targets = Targets(self.ctx, size)
        self._last = None

    def release(self) -> None:
        """Free what the painter holds on the GPU."""
        with self.ctx:
            self._bodies.release()
            self._movers.release()
            self._sparks.release()
            self._targets.release()
            for thing in (self._clouds, self._stars, self._field, self._rings, *self._screens.values(), *self._programs.values()):
                if thing is not None:
                    thing.release()

    # -- passes -------------------------------------------------------------------------------------------------------

    def _upload_bodies(self, state: State, camera: Camera, world: int) -> None:
        rows = visible_rows(state.bodies, world, camera, self.size, margin=8.0)
        key = (state, state.tick, world, camera if rows is not None else camera.cells, self.size)
        if not _same(key, self._drawn_bodies):
            self._bodies.upload(state.bodies, world, rows)
            movers, self._thinned = moving_rows(state.bodies, world, rows, camera, self.size, STREAK_TICKS)
            self._movers.upload(state.bodies, world, movers, ("x", "y", "vx", "vy", "traits", "rby"))
            self._drawn_bodies = key
        if not _same(shown := (state, state.tick, world), self._drawn_sparks):
            self._sparks.upload(state, world)
            self._drawn_sparks = shown
        self.seen = self._bodies.count

    def _paint_field(self, state: State, camera: Camera, world: int, crisp: float, linger: bool) -> None:
        window = window_of(camera, self.size)
        if not _same(key := (state, state.tick, world, window), self._drawn_field):
            texels = pack_window(state.energy[world], window)
            height, width = texels.shape[:2]
            if self._field is None or self._field.size != (width, height):
                if self._field is not None:
                    self._field.release()
                self._field = self.ctx.texture((width, height), 4, dtype="nu2")
                self._field.filter = moderngl.LINEAR, moderngl.LINEAR  # not the default for this format
            self._field.repeat_x = self._field.repeat_y = window.wraps
            self._field.write(texels)
            self._expose(light_range(texels), linger)
            self._drawn_field = key
        assert self._field is not None
        self._screen(
            "field",
            "field",
            {
                "energy": self._field,
                "clouds": self._clouds,
                "haze": self._targets.texture("haze"),
                "trail": self._targets.texture("trail"),
            },
            window=window.affine(camera, self.size),
            world=(*camera.extent(self.size), camera.x, camera.y),
            octaves=self._octaves,
            strength=0.85 - 0.45 * crisp,
            mist=0.9 - 0.6 * crisp,
            fine=1.0 - 0.85 * crisp,
            drift=(camera.x, camera.y),
            size=self.size,
        )

    def _paint_trails(self, now: float, camera: Camera, near: bool, alpha: float, linger: bool) -> None:
        self._targets.swap("trail", "trail_before")
        deposit = 1.0
        elapsed = now - self._last[1] if self._last is not None else -1.0
        if linger and self._last is not None and 0 <= elapsed < 8 * TRAIL_HALF_LIFE:
            keep = 0.5 ** (elapsed / TRAIL_HALF_LIFE)
            deposit = 1.0 - keep
            before = self._targets.texture("trail_before")
            self._screen("carry", "trail", {"before": before}, moved=_moved(self._last[0], camera, self.size), keep=keep)
        else:
            self._targets["trail"].clear()
        self._last = (camera, now)
        if deposit > 0 and self._movers.count:
            shader = self._program("streak", "streak", near)
            self._place(shader, camera, alpha)
            _set(shader, ticks=STREAK_TICKS, gain=self._gain(camera) * self._thinned * deposit)
            self._render(self._movers, shader, "trail", moderngl.TRIANGLE_STRIP if near else moderngl.LINES, 4 if near else 2)

    def _paint_light(
        self, camera: Camera, near: bool, crisp: float, alpha: float, regions: Sequence[Region] | npt.NDArray[Any]
    ) -> None:
        self._targets["light"].clear()
        if len(regions):
            self._paint_rings(ring_lines(regions, camera, self.size))
        if self._bodies.count:
            shader = self._program("glow", "glow", near)
            self._place(shader, camera, alpha)
            _set(shader, crisp=crisp, gain=self._gain(camera))
            self._render(self._bodies, shader, "light", moderngl.TRIANGLE_STRIP if near else moderngl.POINTS, 4 if near else 1)
        shader = self._program("small", "small")
        self._place(shader, camera, alpha)
        _set(shader, least=LEAST)
        self._targets["light"].use()
        self._additive()
        self._sparks.lights.draw(shader)
        self.ctx.disable(moderngl.BLEND)

    def _paint_rings(self, lines: npt.NDArray[np.float32]) -> None:
        if not lines.size:
            return
        if self._rings is not None:
            self._rings.release()
        self._rings = self.ctx.buffer(lines)
        shader = self._program("ring", "ring")
        array = self.ctx.vertex_array(shader, [(self._rings, "2f 1f", "where", "faint")])
        self._targets["light"].use()
        self._additive()
        array.render(moderngl.LINES)
        array.release()

    def _paint_bloom(self) -> None:
        self._shrink("light", "bloom")
        self._blur("bloom", 1.0)
        self._shrink("bloom", "haze")
        self._blur("haze", 1.0)
        self._blur("haze", 2.0)

    def _shrink(self, source: str, target: str) -> None:
        self._screen("blur", target, {"source": self._targets.texture(source)}, variant=True)

    def _blur(self, name: str, spread: float) -> None:
        width, height = self._targets[name].size
        self._screen("blur", f"{name}_across", {"source": self._targets.texture(name)}, along=(spread / width, 0.0))
        self._screen("blur", name, {"source": self._targets.texture(f"{name}_across")}, along=(0.0, spread / height))

    def _composite(self, camera: Camera) -> None:
        textures = {
            "field": self._targets.texture("field"),
            "light": self._targets.texture("light"),
            "bloom": self._targets.texture("bloom"),
            "stars": self._stars,
        }
        self._screen("composite", "out", textures, drift=(camera.x, camera.y), size=self.size)

    def _paint_nine(self, camera: Camera, crisp: float, alpha: float) -> None:
        self.ctx.enable(moderngl.BLEND)
        self.ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._targets["out"].use()
        if self._bodies.count:
            shader = self._program("nine", "nine")
            self._place(shader, camera, alpha)
            _set(shader, crisp=crisp)
            self._bodies.array(shader, True).render(moderngl.TRIANGLE_STRIP, vertices=4, instances=self._bodies.count)
        shader = self._program("small", "small")
        self._place(shader, camera, alpha)
        _set(shader, crisp=crisp)
        self._sparks.pixels.draw(shader)
        self.ctx.disable(moderngl.BLEND)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _expose(self, octaves: tuple[float, float], linger: bool) -> None:
        """Take a new exposure; in a running film the eye adapts over some frames."""
        part = 0.12 if linger and self._last is not None else 1.0
        self._octaves = tuple(old + part * (new - old) for old, new in zip(self._octaves, octaves, strict=True))

    def _gain(self, camera: Camera) -> float:
        """Light of one mote: the more of them share the screen, the fainter each, so that a crowd never burns out."""
        half_w, half_h = camera.extent(self.size)
        shown = self.size[0] * self.size[1] * min(1.0, 0.5 / half_w) * min(1.0, 0.5 / half_h)
        covered = self._bodies.count * 3.2 * max(1.15, 0.8 * camera.scale(self.size)) ** 2 / shown
        return 1.0 / (1.0 + 1.2 * covered)

    def _place(self, shader: moderngl.Program, camera: Camera, alpha: float) -> None:
        scale = camera.scale(self.size)
        across, down = 2 * scale / self.size[0], -2 * scale / self.size[1]
        unit, speed = camera.side / TURN, 1 / (1 << 30)
        _set(
            shader,
            eye=eye_of(camera),
            per_unit=(across * unit, down * unit),
            per_speed=(across * speed, down * speed),
            alpha=alpha,
            size=self.size,
            body_px=scale,
        )

    def _render(self, bodies: BodyBuffers, shader: moderngl.Program, target: str, mode: int, vertices: int) -> None:
        self._targets[target].use()
        self._additive()
        each = vertices > 1
        array = bodies.array(shader, each)
        if each:
            array.render(mode, vertices=vertices, instances=bodies.count)
        else:
            array.render(mode, vertices=bodies.count)
        self.ctx.disable(moderngl.BLEND)

    def _additive(self) -> None:
        self.ctx.enable(moderngl.BLEND | moderngl.PROGRAM_POINT_SIZE)
        self.ctx.blend_func = moderngl.ONE, moderngl.ONE

    def _screen(self, name: str, target: str, textures: dict[str, Any], variant: bool = False, **values: Any) -> None:
        """One full-screen pass of ``<name>.frag`` into a target."""
        shader = self._program("screen", name, variant)
        if shader.glo not in self._screens:
            self._screens[shader.glo] = self.ctx.vertex_array(shader, [])
        for unit, (sampler, texture) in enumerate(textures.items()):
            texture.use(unit)
            _set(shader, **{sampler: unit})
        _set(shader, **values)
        self._targets[target].use()
        self.ctx.disable(moderngl.BLEND)
        self._screens[shader.glo].render(moderngl.TRIANGLES, vertices=3)

    def _program(self, vertex: str, fragment: str, variant: bool = False) -> moderngl.Program:
        key = (vertex, fragment, variant)
        if key not in self._programs:
            self._programs[key] = program(self.ctx, vertex, fragment, {"QUAD": "1", "DOWN": "1"} if variant else None)
        return self._programs[key]


def _tile(ctx: moderngl.Context, side: int, pixels: npt.NDArray[np.uint8]) -> moderngl.Texture:
    return ctx.texture((side, side), pixels.shape[-1], np.ascontiguousarray(pixels), alignment=1)


def _set(shader: moderngl.Program, **values: Any) -> None:
    """Set uniforms; those that the compiler found unused do not exist and are skipped."""
    for name, value in values.items():
        if name in shader:
            shader[name] = value


def _same(key: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    """Whether two cache keys agree; the state (first) by identity, the rest by value."""
    return bool(before) and key[0] is before[0] and key[1:] == before[1:]


def _smoothstep(low: float, high: float, value: float) -> float:
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


def _moved(before: Camera, now: Camera, size: Size) -> tuple[float, float, float, float]:
    """Where the last frame holds what this frame shows: old texture coordinate = xy * ndc + zw."""
    (old_w, old_h), (new_w, new_h) = before.extent(size), now.extent(size)
    dx, dy = float(shortest(now.x - before.x)), float(shortest(now.y - before.y))
    return 0.5 * new_w / old_w, -0.5 * new_h / old_h, 0.5 + 0.5 * dx / old_w, 0.5 - 0.5 * dy / old_h
