"""Pictures that leave the program: a studio that shoots them, and files that hold them.

Every file is written beside its place and renamed into it when it is whole, so that a full disk never leaves half a picture
under the name that was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from ninepixel.world.laws.bodies import Kind
from ninepixel.world.picture.camera import Camera, Size
from ninepixel.world.picture.canvas import paint_cpu
from ninepixel.world.picture.caption import write_caption
from ninepixel.world.picture.cull import Region
from ninepixel.world.picture.errors import PictureError
from ninepixel.world.picture.gl import NoGL, describe, open_gl
from ninepixel.world.picture.painter import Painter
from ninepixel.world.state import State

DEFAULT_SIZE: Size = (1280, 720)


class Studio:
    """Shoots states: with OpenGL where there is one, else with numpy.

    :param size: (width, height) in pixels.
    :param renderer: ``"gl"`` refuses to fall back, ``"cpu"`` does not try OpenGL.
    :raises NoGL: with ``renderer="gl"`` when there is none.
    :raises PictureError: for a size no picture can have.
    """

    def __init__(self, size: Size = DEFAULT_SIZE, renderer: Literal["auto", "gl", "cpu"] = "auto") -> None:
        if not all(16 <= s <= 16384 for s in size):
            raise PictureError(f"a picture is 16 to 16384 pixels wide and high, not {size[0]}x{size[1]}")
        self.size = size
        self._painter: Painter | None = None
        #: Which renderer draws, and why.
        self.why = "numpy, as asked"
        if renderer == "cpu":
            return
        try:
            context = open_gl()
            self._painter = Painter(context, size)
            self.why = describe(context).renderer
        except NoGL as error:
            if renderer == "gl":
                raise
            self.why = f"numpy, because {error}"

    @property
    def uses_gl(self) -> bool:
        """Whether OpenGL draws."""
        return self._painter is not None

    def shoot(
        self,
        state: State,
        camera: Camera | None = None,
        *,
        alpha: float = 0.0,
        world: int = 0,
        regions: Sequence[Region] | npt.NDArray[Any] = (),
        trails: bool = False,
        caption: bool = True,
        legend: bool = True,
        title: str = "",
    ) -> Image.Image:
        """One picture; without a *camera* everything that is anchored fits in. See :meth:`Painter.draw`."""
        eye = camera if camera is not None else overview(state, self.size, world)
        if self._painter is not None:
            self._painter.draw(state, eye, alpha, world, regions, trails)
            pixels = self._painter.read()
        else:
            pixels = paint_cpu(state, eye, self.size, world)
        image = Image.fromarray(pixels)
        if caption:
            write_caption(image, state, world, legend, title)
        return image

    def close(self) -> None:
        """Give the GPU back."""
        if self._painter is not None:
            context = self._painter.ctx
            self._painter.release()
            context.release()
            self._painter = None

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def overview(state: State, size: Size, world: int = 0) -> Camera:
    """A camera that sees every anchored body (every body, when none is anchored)."""
    x, y = state.bodies.live("x", world), state.bodies.live("y", world)
    kind = state.bodies.live("traits", world) & np.uint32(0xFF)
    matter = (kind == Kind.MATTER) | (kind == Kind.FOLDER)
    if matter.any():
        x, y = x[matter], y[matter]
    return Camera.whole(state.params.side).fit(x, y, size, margin=1.22, least_cells=24.0)


def picture(
    state: State,
    size: Size = DEFAULT_SIZE,
    camera: Camera | None = None,
    legend: bool = True,
    *,
    world: int = 0,
    regions: Sequence[Region] | npt.NDArray[Any] = (),
    title: str = "",
) -> Image.Image:
    """One picture of a state, with whatever renderer there is; keep a :class:`Studio` for more than one."""
    with Studio(size) as studio:
        return studio.shoot(state, camera, world=world, regions=regions, legend=legend, title=title)


def save_png(image: Image.Image, path: str | os.PathLike[str], about: Mapping[str, object] | None = None) -> None:
    """Write a PNG; *about* (seed, tick, digest ...) goes into its text chunks as ``ninepixel:<name>``.

    :raises PictureError: when the name does not end in ``.png`` or the file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise PictureError(f"a still picture is a .png, not {target.name!r}")
    text = PngImagePlugin.PngInfo()
    for name, value in (about or {}).items():
        text.add_text(f"ninepixel:{name}", str(value))
    with replacing(target) as temporary:
        image.save(temporary, format="PNG", pnginfo=text, compress_level=6)


def about(state: State, digest: str | None = None) -> dict[str, object]:
    """What a picture's metadata says of its state."""
    facts: dict[str, object] = {"seed": state.params.seed, "tick": state.tick, "bodies": int(state.bodies.count.sum())}
    if digest is not None:
        facts["digest"] = digest
    return facts


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary name beside *target* that takes its place when the block ends well, and vanishes when it does not.

    :raises PictureError: when the file system refuses, in one line.
    """
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise PictureError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
