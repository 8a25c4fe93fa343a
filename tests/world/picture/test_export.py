"""Pictures and films as files."""

from __future__ import annotations

import os
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from ninepixel.world.laws.bodies import Kind
from ninepixel.world.picture import export, gl
from ninepixel.world.picture.bench import crowd
from ninepixel.world.picture.camera import TURN, Camera
from ninepixel.world.picture.canvas import paint_cpu
from ninepixel.world.picture.caption import legend_entries
from ninepixel.world.picture.errors import PictureError
from ninepixel.world.picture.export import Studio, about, overview, picture, save_png
from ninepixel.world.picture.film import FrameWriter
from ninepixel.world.picture.gl import NoGL
from ninepixel.world.picture.pixels import pixels_of
from ninepixel.world.state import Params, State

SIZE = (200, 120)


def test_without_gl_the_picture_is_drawn_by_numpy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_gl() -> None:
        raise NoGL("no OpenGL: the library libEGL.so.1 is missing; mend it with: apt-get install -y libegl1")

    monkeypatch.setattr(export, "open_gl", no_gl)
    with Studio(SIZE) as studio:
        assert not studio.uses_gl
        assert "libegl1" in studio.why
        image = studio.shoot(crowd(500, side_log2=6))
    assert image.size == SIZE
    with pytest.raises(NoGL):
        Studio(SIZE, renderer="gl")


def test_missing_libegl_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ninepixel.world.picture.gl.has_library", lambda name: False)
    with pytest.raises(NoGL, match=r"libEGL\.so\.1 is missing; mend it with: apt-get install -y libegl1 libgl1-mesa-dri"):
        gl.open_gl()


def test_too_old_a_gl_is_a_one_line_error() -> None:
    with pytest.raises(NoGL, match=r"no OpenGL 9\.9") as caught:
        gl.open_gl(require=990)
    assert "\n" not in str(caught.value)


def test_the_cpu_draws_the_same_nine_pixels() -> None:
    state = State.empty(Params(1, 6), capacity=4)
    state.bodies.spawn(
        0, x=TURN // 2, y=TURN // 2, traits=int(Kind.MOTE), rby=7, gene_r=0x102030, gene_b=0xFFEEDD, gene_y=0x00FF80
    )
    shot = paint_cpu(state, Camera(0.5, 0.5, 10, 64), SIZE)
    wanted = pixels_of(state.bodies)[0]
    for i in range(3):
        for j in range(3):
            assert shot[60 + 4 * (i - 1), 100 + 4 * (j - 1)].tolist() == wanted[i, j].tolist()


@pytest.mark.parametrize("cells", [3, 20, 300])
def test_the_cpu_draws_crowds_at_any_zoom(cells: float) -> None:
    shot = paint_cpu(crowd(4000, side_log2=8), Camera(0.001, 0.999, cells, 256), SIZE)
    assert shot.shape == (120, 200, 3)
    assert shot.std() > 2


def test_an_overview_shows_every_file() -> None:
    state = crowd(300, side_log2=8)
    kind = state.bodies.live("traits") & 0xFF
    eye = overview(state, SIZE)
    files = kind == Kind.MATTER
    px, py = eye.to_screen(state.bodies.live("x")[files] / TURN, state.bodies.live("y")[files] / TURN, SIZE)
    assert np.all((py > 0) & (py < 120) & (px > 0) & (px < 200))


def test_a_png_carries_its_universe(tmp_path: Path) -> None:
    state = crowd(200, side_log2=6)
    file = tmp_path / "shot.png"
    save_png(picture(state, SIZE), file, about(state, "abc123"))
    with Image.open(file) as image:
        image.load()
        text = image.info
    assert text["ninepixel:digest"] == "abc123"
    assert text["ninepixel:seed"] == "9"
    assert text["ninepixel:bodies"] == "200"
    assert os.listdir(tmp_path) == ["shot.png"]


def test_bad_names_and_places_are_one_line_errors(tmp_path: Path) -> None:
    image = Image.new("RGB", SIZE)
    with pytest.raises(PictureError, match=r"a still picture is a \.png, not 'shot\.jpg'"):
        save_png(image, tmp_path / "shot.jpg")
    with pytest.raises(PictureError, match="No such file or directory"):
        save_png(image, tmp_path / "nowhere" / "shot.png")
    with pytest.raises(PictureError, match=r"a film is \.gif or \.mp4, not 'film\.avi'"):
        FrameWriter(tmp_path / "film.avi", 20, SIZE)
    for name in ("film.gif", "film.mp4"):
        with pytest.raises(PictureError, match="No such file or directory"):
            FrameWriter(tmp_path / "nowhere" / name, 20, SIZE)
    with pytest.raises(PictureError, match="frames a second"):
        FrameWriter(tmp_path / "film.gif", 0, SIZE)
    with pytest.raises(PictureError, match="16 to 16384"):
        Studio((5, 5))
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "save", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(PictureError, match="No space left on device"):
        save_png(Image.new("RGB", SIZE), tmp_path / "shot.png")
    writer = FrameWriter(tmp_path / "film.gif", 20, SIZE)
    writer.write(np.zeros((120, 200, 3), np.uint8))
    with pytest.raises(PictureError, match="No space left on device"):
        writer.close()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_a_film_holds_every_frame(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with FrameWriter(file, 20, (201, 121)) as film:  # odd on purpose: x264 wants even
        for k in range(7):
            frame = np.zeros((121, 201, 3), np.uint8)
            frame[:, 20 * k : 20 * k + 40] = 255
            film.write(frame)
    assert film.frames == 7
    assert os.listdir(tmp_path) == [name]
    if name.endswith("gif"):
        with Image.open(file) as image:
            assert (image.n_frames, image.size, image.info["duration"]) == (7, (201, 121), 50)  # type: ignore[attr-defined]
    else:
        frames, _ = imageio_ffmpeg.count_frames_and_secs(str(file))
        assert frames == 7


def test_a_film_that_fails_leaves_nothing(tmp_path: Path) -> None:
    for name in ("film.gif", "film.mp4"):
        with pytest.raises(ZeroDivisionError), FrameWriter(tmp_path / name, 20, SIZE) as film:
            film.write(np.full((120, 200, 3), 1 // film.frames, np.uint8))
        with pytest.raises(PictureError, match="shape"), FrameWriter(tmp_path / name, 20, SIZE) as film:
            film.write(np.zeros((10, 10, 3), np.uint8))
        with pytest.raises(PictureError, match="at least one frame"):
            FrameWriter(tmp_path / name, 20, SIZE).close()
    assert os.listdir(tmp_path) == []


def test_the_legend_names_only_what_is_there() -> None:
    state = crowd(400, side_log2=6)
    names = [name for name, _, _ in legend_entries(state)]
    assert "data-star" in names
    assert "creature" not in names
    counted = sum(count for _, _, count in legend_entries(state))
    assert counted == int(((state.bodies.live("traits") & 0xFF) == Kind.MATTER).sum())
