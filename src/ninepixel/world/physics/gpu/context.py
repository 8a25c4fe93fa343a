"""An OpenGL context of one's own, in a thread of its own.

A window or a renderer may hold another context (of EGL or of GLX) in the caller's thread, and one thread holds only one: the
physics keeps its context current in a worker thread and lets the caller's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import moderngl

from ninepixel.world.egl import HEADLESS
from ninepixel.world.physics.backend import BackendError

T = TypeVar("T")

#: The oldest OpenGL with compute shaders.
GL_VERSION = 430
#: EGL devices that are looked at.
MOST_DEVICES = 8
#: How software renderers call themselves.
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software")
#: Storage buffers that one shader uses at most: no OpenGL 4.3 offers fewer.
SHADER_BUFFERS = 8


class Device:
    """A GL context and the thread in which it is current. Every GL call goes through :meth:`run`.

    :raises BackendError: when there is no OpenGL with compute shaders here; the message says why.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ninepixel-gl")
        try:
            self.ctx: Any = self._thread.submit(_open).result()
        except BaseException:
            self._thread.shutdown()
            raise
        info = self.ctx.info
        self.renderer = str(info["GL_RENDERER"])
        self.software = is_software(self.renderer)
        self.buffer_bytes = _limit(info.get("GL_MAX_SHADER_STORAGE_BLOCK_SIZE", 0))
        self.texture_side = int(info.get("GL_MAX_TEXTURE_SIZE", 16384))

    def run(self, job: Callable[[], T]) -> T:
        """Do *job* with the context current, and wait for its result."""
        return self._thread.submit(job).result()

    def close(self) -> None:
        """Release the context and everything in it. Safe to call twice."""
        if self.ctx is not None:
            self._thread.submit(self.ctx.release).result()
            self.ctx = None
            self._thread.shutdown()


def is_software(renderer: str) -> bool:
    """Whether a GL_RENDERER string names a renderer without a GPU."""
    return any(word in renderer.lower() for word in SOFTWARE)


@cache
def available() -> tuple[bool, str]:
    """Whether the GPU backend can run here, and which device it would use or, in one line, why not."""
    try:
        device = Device()
    except BackendError as error:
        return False, str(error)
    try:
        return True, device.renderer
    finally:
        device.close()


def _limit(reported: int) -> int:
    """Bytes in one storage buffer; some drivers report an unsigned 2**32 - 1 that arrives here as a negative number."""
    return reported if 0 < reported < 1 << 31 else (1 << 31) - 1


def _open() -> Any:
    """The context of the first GPU that EGL offers, else of EGL's software, else of the platform's own way.

    When none will do, the reason of the last refusal is the one reported.
    """
    reason = "no EGL device"
    software = None
    for index in range(MOST_DEVICES):
        try:
            ctx = _on_egl(index)
        except Exception as error:  # moderngl and glcontext raise bare Exceptions
            if "requested device index" not in str(error):  # that one says only that the last device is past
                reason = f"EGL: {error}"
            continue
        if not is_software(str(ctx.info["GL_RENDERER"])):
            return _able(ctx)
        software = index if software is None else software
        ctx.release()
    try:
        if software is not None:
            return _able(_on_egl(software))
        return _able(moderngl.create_context(standalone=True, require=GL_VERSION))
    except BackendError:
        raise
    except Exception as error:
        raise BackendError(f"no OpenGL 4.3 with compute shaders here ({reason}; {error})") from None


def _on_egl(device: int) -> Any:
    return moderngl.create_context(require=GL_VERSION, **{**HEADLESS, "device_index": device})


def _able(ctx: Any) -> Any:
    """The same context, when its compute shaders can hold what ours need."""
    buffers = int(ctx.info.get("GL_MAX_COMPUTE_SHADER_STORAGE_BLOCKS", SHADER_BUFFERS))
    if buffers < SHADER_BUFFERS:
        name = ctx.info["GL_RENDERER"]
        ctx.release()
        raise BackendError(f"{name} gives a compute shader {buffers} storage buffers; {SHADER_BUFFERS} are needed")
    return ctx
