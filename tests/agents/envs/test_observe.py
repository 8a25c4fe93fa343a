"""Compact vectors, pictures and masks say what the retina and the laws of colour say."""

from __future__ import annotations

import numpy as np
import pytest

from ninepixel.agents.arena import Arena
from ninepixel.agents.envs.observe import Observer, tell_masks
from ninepixel.agents.envs.picture import as_text, enlarged, picture_of
from ninepixel.agents.envs.spaces import FLAT, mask_table
from ninepixel.agents.tasks import SURVIVE, BadOption
from ninepixel.world.life.senses import AT
from ninepixel.world.picture.palette import ROW_RGB
from ninepixel.world.picture.pixels import pixels_of


@pytest.fixture(scope="module")
def arena() -> Arena:
    """Two worlds after a while, with a mind that has died."""
    arena = Arena(SURVIVE, worlds=2, threads=1)
    arena.reset(4)
    rng = np.random.default_rng(0)
    for _ in range(40):
        arena.step(rng.integers(0, 9, (2, 8, 3), np.uint8))
    arena.state.lives["health"][1, 3] = -9999
    arena.step(np.zeros((2, 8, 3), np.uint8))
    assert not arena.alive[1, 3]
    return arena


def test_the_compact_observation_is_the_retina_in_means_and_slopes(arena: Arena) -> None:
    observer = Observer("compact", arena)
    observer.update(arena, 0, 2)
    out = observer.seen(arena)
    pixels = arena.seen[..., :324].reshape(2, 8, 4, 3, 3, 9).astype(np.float64) / 255
    eyes = out[..., :108].reshape(2, 8, 4, 9, 3)
    np.testing.assert_allclose(eyes[..., 0], pixels.mean(axis=(3, 4)), atol=1e-6)
    np.testing.assert_allclose(eyes[..., 1], (pixels[..., 2, :] - pixels[..., 0, :]).mean(axis=3), atol=1e-6)
    np.testing.assert_allclose(eyes[..., 2], (pixels[..., 2, :, :] - pixels[..., 0, :, :]).mean(axis=3), atol=1e-6)
    alive = arena.alive
    stores = arena.seen[..., AT["stores"] : AT["stores"] + 3].astype(np.float64)
    np.testing.assert_allclose(out[..., 108:111][alive], (stores[alive] - 128) / 128)
    assert not out[~alive].any()
    assert observer.space.contains(out[0, 0])


def test_a_lonely_body_is_drawn_by_the_law_of_the_nine_pixels(arena: Arena) -> None:
    state, picture = arena.state, picture_of(arena.state, 1)
    bodies, shift = state.bodies, state.params.cell_shift
    nine = pixels_of(bodies, 1)
    cells = list(zip((bodies.live("y", 1) >> shift).tolist(), (bodies.live("x", 1) >> shift).tolist(), strict=True))
    things = state.things
    lying = things["kind"][1] != 0
    taken = set(zip((things["y"][1][lying] >> shift).tolist(), (things["x"][1][lying] >> shift).tolist(), strict=True))
    alone = [row for row, cell in enumerate(cells) if cells.count(cell) == 1 and cell not in taken]
    assert len(alone) > 10
    for row in alone:
        y, x = 3 * cells[row][0], 3 * cells[row][1]
        np.testing.assert_array_equal(picture[y : y + 3, x : x + 3], nine[row])


def test_the_order_of_rows_cannot_be_seen(arena: Arena) -> None:
    state = arena.state.copy()
    state.bodies["x"][0, :6] = state.bodies["x"][0, 0]  # a crowd in one cell
    state.bodies["y"][0, :6] = state.bodies["y"][0, 0]
    before = picture_of(state)
    order = np.random.default_rng(1).permutation(int(state.bodies.count[0])).astype(np.int32)
    state.bodies.reorder(0, order)
    np.testing.assert_array_equal(picture_of(state), before)


def test_a_mind_sees_the_cells_around_it_across_the_edge(arena: Arena) -> None:
    observer = Observer("pixels", arena)
    observer.update(arena, 0, 2)
    views, state = observer.seen(arena), arena.state
    for world in range(2):
        picture = picture_of(state, world)
        for slot in np.flatnonzero(arena.alive[world]).tolist():
            row = state.bodies.row_of[world, state.lives["body"][world, slot]]
            y, x = (int(state.bodies[axis][world, row] >> state.params.cell_shift) for axis in "yx")
            around = np.roll(picture, (-3 * (y - 10), -3 * (x - 10)), (0, 1))[:63, :63]
            np.testing.assert_array_equal(views[world, slot, :60], around[:60])
            store = int(arena.seen[world, slot, AT["stores"]])
            lit = (views[world, slot, 60] == ROW_RGB[0]).all(axis=1)
            assert lit.sum() == (store * 63 >> 8) + 1
    assert not views[1, 3].any()


def test_masks_follow_what_can_have_an_effect(arena: Arena) -> None:
    for actions in ("multi", "flat"):
        table = mask_table(actions)
        masks = np.zeros((2, 8, len(table)), np.int8)
        tell_masks(0, 2, arena.seen, arena.state.lives.block, table, masks)
        acts = arena.seen[0, 0, AT["mask"] : AT["mask"] + 9] > 0
        expected = acts[FLAT[:, 1]] if actions == "flat" else np.concatenate([np.ones(9), acts, np.ones(9)])
        np.testing.assert_array_equal(masks[0, 0], expected)
        assert masks[1, 3, 0] == 1
        assert masks[1, 3].sum() < masks[0, 0].sum()


def test_pictures_for_screens_and_terminals(arena: Arena) -> None:
    picture = picture_of(arena.state)
    assert picture.shape == (192, 192, 3)
    assert enlarged(picture, 4).shape == (768, 768, 3)
    lines = as_text(picture).splitlines()
    assert len(lines) == 32
    assert all(line.count("▀") == 64 for line in lines)


def test_a_fork_has_seen_the_same(arena: Arena) -> None:
    observer = Observer("compact", arena)
    observer.update(arena, 0, 2)
    twin = observer.fork()
    np.testing.assert_array_equal(twin.seen(arena), observer.seen(arena))
    assert not np.shares_memory(twin.seen(arena), observer.seen(arena))
    with pytest.raises(BadOption, match="retina, compact, pixels"):
        Observer("smell", arena)
