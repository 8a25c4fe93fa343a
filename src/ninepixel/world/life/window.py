"""The senses of few minds in a large world: only what lies around each of them is drawn.

To draw a whole world and sum it up (:mod:`~ninepixel.world.life.senses`) takes 64 bytes and some time a cell, which pays when
minds are many. In a world that is large beside its minds each of them gets a picture of its own instead, as wide as its last
octave, at most 81 x 81 cells; bodies and things around it are found through buckets of 16 x 16 cells. The same functions draw,
add up and look, so that what is sensed is the same to the bit.
"""

# mypy: disable-error-code="arg-type, assignment, call-arg, misc, operator, return-value, no-any-return, var-annotated, index"
# (inside kernels numba's typing rules hold, which widen every integer to 64 bits; mypy would have numpy's)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ninepixel.world.kernel import Array, kernel, leaf
from ninepixel.world.laws.lives import Role
from ninepixel.world.life.boxes import glow_row, nine_inside, sum_row
from ninepixel.world.life.columns import (
    BODY,
    LINK,
    MASS,
    PHENO_R,
    RBY,
    T_KIND,
    T_LIES,
    T_X,
    T_Y,
    TRAITS,
    X,
    Y,
)
from ninepixel.world.life.engine import SLICES, Life
from ninepixel.world.life.eyes import eyes_of
from ninepixel.world.life.senses import CHANNELS, LANES, OPENLY, PIXELS, RETINA, draw_bodies, hear, tell_own, wipe
from ninepixel.world.life.space import cell_of
from ninepixel.world.life.tick import SENSES
from ninepixel.world.physics.cpu.team import Team, bands_of
from ninepixel.world.state import State

#: Widest window, and how many numbers its summed-area table has beside the lanes.
WIDEST = 81
TABLE = (WIDEST + 1) * (WIDEST + 1)
#: Cells of a strip of field: as many as the widest window, rounded up to whole vectors.
STRIP = 96
#: A window costs a little less than as many cells of a whole world (measured: 37 microseconds; 7 nanoseconds a cell).
WINDOW_CELLS = WIDEST * WIDEST
#: A bucket is 1 << this cells wide.
BUCKET_LOG2 = 4
#: A window is drawn into the corner of a world of 1 << this cells a side.
PAPER_LOG2 = 7
PAPER = 1 << PAPER_LOG2
BODY_KEPT, THING_KEPT = (X, Y, RBY, TRAITS, MASS, LINK), (T_KIND, T_X, T_Y, T_LIES)


class WindowedLife(Life):
    """:class:`Life` that looks around in the cheaper of the two ways, and can live without looking around."""

    def __init__(self, state: State, minds: int, child_role: Role = Role.INSTINCT, team: Team | None = None) -> None:
        super().__init__(state, minds, child_role, team)
        self.windowed = minds * WINDOW_CELLS < state.params.side**2
        buckets = (state.params.side >> BUCKET_LOG2) ** 2
        self._starts = np.zeros((2, buckets + 1), np.int32)

    def after(self) -> None:
        """The part of a tick after physics: things, metabolism, death, birth, and the senses of the next tick."""
        self.live()
        if self.windowed:
            self._look(self.state.tick + 1)
        else:
            self._everywhere(SENSES, self.state.tick)

    def sense(self) -> None:
        """Fill :attr:`seen` anew from the state as it is."""
        if self.windowed:
            self._look(self.state.tick)
        else:
            super().sense()

    def _look(self, tick: int) -> None:
        s, p = self.state, self.state.params
        for w in range(p.worlds):
            n, b, t = int(s.bodies.count[w]), s.bodies.block[w], s.things.block[w]
            order, things = np.empty(n, np.int32), np.empty(t.shape[1], np.int32)
            sort_places(n, p.side_log2, b, t, self._starts, order, things)
            rest: tuple[Any, ...] = (p.side_log2, tick & 0xFFFFFFFF, b, s.bodies.row_of[w], s.energy[w], s.lives.block[w], t)
            rest += (self._starts, order, things, self._widths, self._gains, self.seen[w])
            cuts = bands_of(self.seen.shape[1], self.team.threads * SLICES if self.team is not None else 1)

            def look(band: int, cuts: Sequence[tuple[int, int]] = cuts, rest: tuple[Any, ...] = rest) -> None:
                look_through_windows(*cuts[band], *rest)

            if self.team is None or not self.seen.shape[1]:
                look(0)
            else:
                self.team.run(look, len(cuts))


@leaf
def bucket_of(x: int, y: int, side_log2: int) -> int:
    """The bucket of a place (int32 patterns of torus fractions)."""
    shift, bits = 32 - side_log2 + BUCKET_LOG2, side_log2 - BUCKET_LOG2
    return (cell_of(y, shift) << bits) | cell_of(x, shift)


@leaf
def _run_up(start: Array) -> None:
    """From how many each bucket holds (one place late) to where each ends."""
    for i in range(1, start.shape[0]):
        start[i] += start[i - 1]


@kernel
def sort_places(n: int, side_log2: int, b: Array, t: Array, starts: Array, order: Array, things: Array) -> None:
    """Sort rows 0 .. n-1 into *order* and the things that can be seen into *things*, by bucket.

    *starts*, int32 (2, buckets + 1), gets the first place of each bucket, for bodies and for things.
    """
    starts[:] = 0
    first, lie = starts[0], starts[1]
    last = starts.shape[1] - 1
    for row in range(n):
        first[bucket_of(b[X, row], b[Y, row], side_log2)] += 1
    for thing in range(t.shape[1]):
        if t[T_KIND, thing] and t[T_LIES, thing] == OPENLY:
            lie[bucket_of(t[T_X, thing], t[T_Y, thing], side_log2)] += 1
    _run_up(first)
    _run_up(lie)
    for row in range(n - 1, -1, -1):  # first[k] walks from where bucket k ends to where it begins
        k = bucket_of(b[X, row], b[Y, row], side_log2)
        first[k] -= 1
        order[first[k]] = row
    for thing in range(t.shape[1] - 1, -1, -1):
        if t[T_KIND, thing] and t[T_LIES, thing] == OPENLY:
            k = bucket_of(t[T_X, thing], t[T_Y, thing], side_log2)
            lie[k] -= 1
            things[lie[k]] = thing
    first[last] = n


@leaf
def _copy_near(
    left: int,
    top: int,
    wide: int,
    side_log2: int,
    source: Array,
    x_row: int,
    y_row: int,
    kept: tuple[int, ...],
    start: Array,
    order: Array,
    copy: Array,
) -> int:
    """Copy the columns *kept* of everything in a window to *copy*, with places on paper. Returns how many that were."""
    shift, bits = 32 - side_log2, side_log2 - BUCKET_LOG2
    cells, edge = (1 << side_log2) - 1, (1 << bits) - 1
    first_x, first_y = left >> BUCKET_LOG2, top >> BUCKET_LOG2
    across = min(((left + wide - 1) >> BUCKET_LOG2) - first_x, edge) + 1
    down = min(((top + wide - 1) >> BUCKET_LOG2) - first_y, edge) + 1
    found = 0
    for j in range(down):
        for i in range(across):
            k = (((first_y + j) & edge) << bits) | ((first_x + i) & edge)
            for place in range(start[k], start[k + 1]):
                which = order[place]
                x = (cell_of(source[x_row, which], shift) - left) & cells
                y = (cell_of(source[y_row, which], shift) - top) & cells
                if x < wide and y < wide:
                    for c in kept:
                        copy[c, found] = source[c, which]
                    copy[x_row, found] = np.int32(x << (32 - PAPER_LOG2))
                    copy[y_row, found] = np.int32(y << (32 - PAPER_LOG2))
                    found += 1
    return found


@leaf
def _crop(field: Array, left: int, y: int, wide: int, rows: Array) -> None:
    """A row of the field within a window, all channels, into *rows*, int32 (3, STRIP)."""
    cells = field.shape[1] - 1
    for k in range(3):
        source, target = field[k, y & cells], rows[k]
        for x in range(wide):
            target[x] = source[(left + x) & cells]


@kernel
def look_through_windows(
    lo: int,
    hi: int,
    side_log2: int,
    tick: int,
    b: Array,
    row_of: Array,
    field: Array,
    lives: Array,
    t: Array,
    starts: Array,
    order: Array,
    things: Array,
    widths: Array,
    gain: Array,
    out: Array,
) -> None:
    """The observations of slots lo .. hi-1 of one world, the same as :func:`~ninepixel.world.life.senses.look` gives.

    :param starts, order, things: from :func:`sort_places`.
    :param out: uint8 (slots, RETINA_BYTES).
    """
    cell_shift = 32 - side_log2
    plane = np.zeros(PAPER * WIDEST * LANES, np.int16)
    rows, light = np.zeros((3, STRIP), np.int32), np.zeros(STRIP, np.int64)
    sums = np.empty(TABLE * LANES, np.int16)
    near, lying = np.empty((b.shape[0], order.shape[0]), np.int32), np.empty(t.shape, np.int32)
    frame, box = np.zeros((2, 4), np.int64), np.zeros(LANES, np.int16)
    ys, xs = frame[0], frame[1]
    for slot in range(lo, hi):
        mine = out[slot]
        index = lives[BODY, slot]
        if index < 0:
            mine[:] = 0
            continue
        row = np.int64(row_of[index])
        cx, cy = cell_of(b[X, row], cell_shift), cell_of(b[Y, row], cell_shift)
        seen, bits, earshot = eyes_of(lives[PHENO_R, slot])
        mask = 0xFF & ~((1 << (8 - bits)) - 1)
        wide = 3 * widths[seen - 1]
        half = (wide - 1) >> 1
        left, top = cx - half, cy - half
        bodies = _copy_near(left, top, wide, side_log2, b, X, Y, BODY_KEPT, starts[0], order, near)
        lie = _copy_near(left, top, wide, side_log2, t, T_X, T_Y, THING_KEPT, starts[1], things, lying)
        seen_things = lying[:, :lie]
        draw_bodies(bodies, near, lives, seen_things, plane, PAPER_LOG2)
        stride = (wide + 1) * LANES
        sums[:stride] = 0
        for y in range(wide):
            sums[(y + 1) * stride : (y + 1) * stride + LANES] = 0
            _crop(field, left, top + y, wide, rows)
            glow_row(rows[0], rows[1], rows[2], STRIP, light)
            sum_row(plane, light, sums, (y << PAPER_LOG2) * LANES, y * stride, (y + 1) * stride, wide)
        wipe(bodies, near, seen_things, plane, PAPER_LOG2)
        for octave in range(seen):
            width = widths[octave]
            reach = (3 * width - 1) >> 1
            for i in range(4):
                ys[i], xs[i] = (half - reach + i * width) * stride, (half - reach + i * width) * LANES
            nine_inside(sums, ys, xs, gain, octave * 2 * LANES, mask, mine, octave * PIXELS * CHANNELS, box)
            if octave == earshot:
                hear(mine, slot, lives, box)
        for at in range(seen * PIXELS * CHANNELS, RETINA):
            mine[at] = 0
        tell_own(mine, slot, row, b, row_of, field, lives, t, cell_shift, tick)
