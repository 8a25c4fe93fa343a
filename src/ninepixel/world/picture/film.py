"""Moving pictures: frames in, a GIF or an MP4 out."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ninepixel.world.picture.camera import Size
from ninepixel.world.picture.errors import PictureError
from ninepixel.world.picture.export import replacing

#: A GIF is put together in memory: this many bytes of it at most.
MOST_GIF_BYTES = 1 << 30
SUFFIXES = (".gif", ".mp4")


class FrameWriter:
    """Writes frames one by one; a context manager. Leaving it in peace finishes the file, leaving it by an error drops it.

    :param path: ends in ``.gif`` or ``.mp4``; the file appears under this name only when it is whole.
    :param fps: frames a second.
    :param size: (width, height) of every frame; an MP4's are cut to even numbers.
    :raises PictureError: for another suffix, no encoder, or a file that cannot be written (also from every method).
    """

    def __init__(self, path: str | os.PathLike[str], fps: float, size: Size) -> None:
        self.path = Path(path)
        suffix = self.path.suffix.lower()
        if suffix not in SUFFIXES:
            raise PictureError(f"a film is {' or '.join(SUFFIXES)}, not {self.path.name!r}")
        if not 1 <= fps <= 240:
            raise PictureError(f"a film has 1 to 240 frames a second, not {fps}")
        self.fps, self.size, self.frames = fps, size, 0
        self._stack = ExitStack()
        self._stack.__enter__()
        temporary = self._stack.enter_context(replacing(self.path))
        with self._dropping():
            temporary.touch()  # a folder that cannot be written is found out now and not after the last frame
            self._sink: _Gif | _Mp4 = _Gif(temporary, fps) if suffix == ".gif" else _Mp4(temporary, fps, size)

    def write(self, frame: Image.Image | npt.NDArray[np.uint8]) -> None:
        """Append a frame, ``(height, width, 3)`` uint8 or an RGB image of the film's size."""
        pixels = np.asarray(frame, np.uint8)
        if pixels.shape != (self.size[1], self.size[0], 3):
            raise PictureError(f"a frame of this film has shape {(self.size[1], self.size[0], 3)}, not {pixels.shape}")
        with self._dropping():
            self._sink.write(pixels)
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its name."""
        with self._dropping():
            if not self.frames:
                raise PictureError("a film needs at least one frame")
            self._sink.finish()
        self._stack.close()

    def __enter__(self) -> FrameWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self._sink.drop()
            self._stack.__exit__(kind, error, trace)

    def _dropping(self) -> _Dropping:
        return _Dropping(self._stack, self.path, lambda: self._sink.drop() if hasattr(self, "_sink") else None)


class _Dropping:
    """Turns what the file system or the encoder throws into a PictureError and removes the unfinished file."""

    def __init__(self, stack: ExitStack, path: Path, drop: Callable[[], None]) -> None:
        self._stack, self._path, self._drop = stack, path, drop

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            return
        self._drop()
        if isinstance(error, OSError):
            reason = error.strerror or str(error).strip().splitlines()[-1]
            failure: BaseException = PictureError(f"cannot write {self._path}: {reason}")
        else:
            failure = error
        self._stack.__exit__(type(failure), failure, trace)
        if failure is not error:
            raise failure from error


class _Gif:
    """pillow needs every frame at once; they wait as eight-bit pictures with a palette of their own."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._frames: list[Image.Image] = []
        self._bytes = 0

    def write(self, pixels: npt.NDArray[np.uint8]) -> None:
        self._bytes += pixels.shape[0] * pixels.shape[1]
        if self._bytes > MOST_GIF_BYTES:
            raise PictureError(f"a GIF of more than {len(self._frames)} such frames does not fit in memory; write an .mp4")
        image = Image.fromarray(pixels)
        self._frames.append(image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.FLOYDSTEINBERG))

    def finish(self) -> None:
        first, *rest = self._frames
        first.save(self._path, format="GIF", save_all=True, append_images=rest, duration=max(20, round(1000 / self._fps)), loop=0)

    def drop(self) -> None:
        self._frames.clear()


class _Mp4:
    """Frames go straight to ffmpeg (the binary that imageio-ffmpeg carries)."""

    def __init__(self, path: Path, fps: float, size: Size) -> None:
        import imageio_ffmpeg

        self._path = path
        self._even = (size[0] & ~1, size[1] & ~1)
        try:
            imageio_ffmpeg.get_ffmpeg_exe()
        except RuntimeError as error:
            raise PictureError("no ffmpeg for .mp4; mend it with: pip install imageio-ffmpeg (or write a .gif)") from error
        self._pipe: Any = imageio_ffmpeg.write_frames(
            str(path),
            self._even,
            fps=fps,
            codec="libx264",
            quality=8,
            macro_block_size=2,
            pix_fmt_out="yuv420p",
            ffmpeg_log_level="error",
        )
        self._pipe.send(None)

    def write(self, pixels: npt.NDArray[np.uint8]) -> None:
        width, height = self._even
        self._pipe.send(np.ascontiguousarray(pixels[:height, :width]))

    def finish(self) -> None:
        self._pipe.close()
        if not self._path.exists() or self._path.stat().st_size < 256:
            raise OSError("the encoder wrote nothing; is the disk full?")

    def drop(self) -> None:
        self._pipe.close()
