"""Opening OpenGL, saying what it is, and what to do when it is not there."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import moderngl

from ninepixel.world.egl import HEADLESS
from ninepixel.world.picture.palette import glsl_constants

#: The least OpenGL that draws a universe; compute needs 4.3.
DRAW_VERSION, COMPUTE_VERSION = 330, 430
_MEND = "apt-get install -y libegl1 libgl1-mesa-dri"


class NoGL(RuntimeError):
    """There is no OpenGL that can draw; the message says what is missing and what mends it, in one line."""


@dataclass(frozen=True, slots=True)
class GLInfo:
    """What an OpenGL context is.

    :param code: version as a number, 450 for 4.5.
    :param compute: whether it has compute shaders.
    :param software: whether a CPU does the drawing.
    """

    renderer: str
    vendor: str
    version: str
    code: int
    compute: bool
    software: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for reports."""
        return asdict(self)


def open_gl(require: int = DRAW_VERSION) -> moderngl.Context:
    """A context without a window: EGL on Linux, the system's own way elsewhere.

    :raises NoGL: when there is none of at least version *require*.
    """
    linux = sys.platform.startswith("linux")
    if linux and not has_library(HEADLESS["libegl"]):
        raise NoGL(f"no OpenGL: the library {HEADLESS['libegl']} is missing; mend it with: {_MEND}")
    try:
        if linux:
            return moderngl.create_context(require=require, **HEADLESS)
        return moderngl.create_context(standalone=True, require=require)
    except Exception as error:  # glcontext and moderngl raise bare Exception
        raise NoGL(_why(error, require, linux)) from error


def has_library(name: str) -> bool:
    """Whether the dynamic linker finds the shared library *name*."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def attach_gl(require: int = DRAW_VERSION) -> moderngl.Context:
    """The context that the current window made.

    :raises NoGL: when no window's context is current, or its version is below *require*.
    """
    try:
        return moderngl.create_context(require=require)
    except Exception as error:
        raise NoGL(_why(error, require, sys.platform.startswith("linux"))) from error


def describe(ctx: moderngl.Context) -> GLInfo:
    """What this context is."""
    with ctx:
        info = ctx.info
    renderer = str(info["GL_RENDERER"])
    software = any(word in renderer.lower() for word in ("llvmpipe", "softpipe", "swrast", "software"))
    return GLInfo(
        renderer=renderer,
        vendor=str(info["GL_VENDOR"]),
        version=str(info["GL_VERSION"]),
        code=int(ctx.version_code),
        compute=ctx.version_code >= COMPUTE_VERSION,
        software=software,
    )


def program(ctx: moderngl.Context, vertex: str, fragment: str, defines: Mapping[str, str] | None = None) -> moderngl.Program:
    """Compile ``shaders/draw/<vertex>.vert`` and ``<fragment>.frag``.

    :param defines: macros put in front of both.
    :raises NoGL: when the driver refuses them, with the driver's first line.
    """
    head = "#version 330\n" + "".join(f"#define {k} {v}\n" for k, v in (defines or {}).items())
    try:
        return ctx.program(
            vertex_shader=head + shader_source(f"{vertex}.vert"), fragment_shader=head + shader_source(f"{fragment}.frag")
        )
    except moderngl.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if "error:" in line.lower()]
        raise NoGL(f"this OpenGL refuses {vertex}.vert with {fragment}.frag: {(lines or [str(error)])[0]}") from error


@cache
def shader_source(name: str) -> str:
    """The text of one draw shader with its includes; ``#include "palette"`` is the colour tables."""
    text = files("ninepixel.shaders").joinpath("draw", name).read_text("utf-8")
    out = []
    for line in text.splitlines():
        if line.startswith("#include"):
            wanted = line.split('"')[1]
            out.append(glsl_constants() if wanted == "palette" else shader_source(wanted))
        else:
            out.append(line)
    return "\n".join(out) + "\n"


def _why(error: Exception, require: int, linux: bool) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    mend = f"; mend it with: {_MEND}" if linux else "; update the graphics driver"
    return f"no OpenGL {require // 100}.{require % 100 // 10} ({reason}){mend}"
