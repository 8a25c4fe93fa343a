"""What the GPU backend says when it cannot: a world too large, no OpenGL, a shader that is not there."""

from __future__ import annotations

import moderngl
import pytest

from ninepixel.world.laws import constants
from ninepixel.world.physics.backend import BackendError
from ninepixel.world.physics.gpu import context
from ninepixel.world.physics.gpu.backend import GpuBackend
from ninepixel.world.physics.gpu.buffers import refusal
from ninepixel.world.physics.gpu.shaders import compute_source
from ninepixel.world.physics.gpu.shape import Shape
from ninepixel.world.state import Params, State

able, why = context.available()
needs_gl = [pytest.mark.gl, pytest.mark.skipif(not able, reason=why)]


class SmallDevice:
    """A device with the smallest storage buffers that OpenGL 4.3 allows."""

    renderer = "Small GL"
    buffer_bytes = 1 << 24
    texture_side = 16384


@pytest.mark.parametrize(
    ("params", "capacity", "says"),
    [
        (
            Params(1, 13),
            1,
            "a 8192x8192 world needs 256 MiB per channel of its field; Small GL allows 16 MiB in a buffer: at most 2048x2048",
        ),
        (Params(1, 11, worlds=3), 1, "at most 1024x1024 in 3 worlds"),
        (Params(1, 6, worlds=2000), 1, "at most 1024 worlds of 64x64"),
        (Params(1, 6), 400_000, "400000 bodies need 18 MiB; Small GL allows 16 MiB in a buffer: at most 349525 bodies"),
    ],
)
def test_a_state_too_large_is_refused_with_what_would_fit(params: Params, capacity: int, says: str) -> None:
    assert says in refusal(params, capacity, SmallDevice())  # type: ignore[arg-type]


def test_what_fits_is_not_refused() -> None:
    assert refusal(Params(1, 11), 300_000, SmallDevice()) == ""  # type: ignore[arg-type]


@pytest.mark.gl
@pytest.mark.skipif(not able, reason=why)
def test_a_backend_that_refused_a_state_takes_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = GpuBackend()
    limit = backend._device.buffer_bytes
    backend._device.buffer_bytes = 1 << 20
    with pytest.raises(BackendError, match="at most 512x512"):
        backend.step(State.empty(Params(1, 10), capacity=16))
    backend._device.buffer_bytes = limit
    backend.step(State.empty(Params(1, 6), capacity=16))
    backend.close()
    backend.close()


def test_without_opengl_the_reason_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise Exception("cannot load libEGL")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    context.available.cache_clear()
    try:
        works, reason = context.available()
    finally:
        context.available.cache_clear()
    assert not works
    assert "OpenGL 4.3" in reason
    assert "cannot load libEGL" in reason
    assert "\n" not in reason


def test_sources_hold_the_laws_constants_and_no_include_twice() -> None:
    source = compute_source("force", {"WORKGROUP": 64, "PERMUTE": None})
    assert source.startswith("#version 430\n")
    assert f"#define REACH_SQUARED {constants.REACH_SQUARED}\n" in source
    assert "#define WORKGROUP 64\n#define PERMUTE\n" in source
    assert "#include" not in source
    assert source.count("uint invocation_number()") == 1


def test_a_missing_shader_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        compute_source("nothing", {})


def test_a_workgroup_is_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="power of two"):
        Shape(48)
