// The energy field as a texture over the whole world: fine where sectors are watched, coarse from the overview elsewhere.

import { FIELD, unitsOf } from "./replica.js";

const OCTAVES = 32; // full scale of the fourth channel
const SOFT_UNITS = 16; // below about so many units the logarithm is flattened
const UNITS = Float32Array.from({ length: 256 }, (_, v) => unitsOf(v));
const EASE = 0.12; // part of the difference that is taken back in a frame

/** One texel: shares of R, B, Y, and octaves of the total as a part of OCTAVES; 0 .. 1 each. */
export function texel(r, b, y, out, at) {
  const total = r + b + y, share = 1 / Math.max(total, 1e-6);
  out[at] = r * share;
  out[at + 1] = b * share;
  out[at + 2] = y * share;
  out[at + 3] = Math.log2(total / SOFT_UNITS + 1) / OCTAVES;
}

/** Texels of a world of n times n sectors, four by four a sector. */
export class Ground {
  constructor(n) {
    Object.assign(this, { n, side: 4 * n, restless: new Map(), watched: new Set() });
    this.goal = new Float32Array(this.side * this.side * 4);
    this.shown = new Float32Array(this.side * this.side * 4);
    this.dirty = true;
    this.octaves = [0, 8];
  }

  /** A watched sector's field came. */
  field(sector) {
    const { field, number } = sector, out = new Float32Array(4);
    this.#each(number, (at, i) => {
      texel(UNITS[field[3 * i]], UNITS[field[3 * i + 1]], UNITS[field[3 * i + 2]], out, 0);
      this.goal.set(out, at);
    });
    this.restless.set(number, this.watched.has(number) ? 60 : 0);
    this.watched.add(number);
  }

  /** Sectors that are watched no more fall back to the overview. */
  only(numbers) {
    for (const number of this.watched) if (!numbers.has(number)) this.watched.delete(number);
  }

  /** The overview: one field value a channel for each of its squares, *cells* along a side; smooth between them. */
  overview(cells, values) {
    const texels = new Float32Array(cells * cells * 4), each = this.side / cells, wrap = cells - 1;
    for (let i = 0; i < cells * cells; i++) texel(UNITS[values[3 * i]], UNITS[values[3 * i + 1]], UNITS[values[3 * i + 2]], texels, 4 * i);
    for (let number = 0; number < this.n * this.n; number++) {
      if (this.watched.has(number)) continue;
      this.#each(number, (at) => {
        const x = ((at / 4) % this.side + 0.5) / each - 0.5, y = (Math.floor(at / 4 / this.side) + 0.5) / each - 0.5;
        const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
        const of = (dx, dy, k) => texels[(((y0 + dy) & wrap) * cells + ((x0 + dx) & wrap)) * 4 + k];
        for (let k = 0; k < 4; k++)
          this.goal[at + k] = (of(0, 0, k) * (1 - fx) + of(1, 0, k) * fx) * (1 - fy) + (of(0, 1, k) * (1 - fx) + of(1, 1, k) * fx) * fy;
      });
      this.restless.set(number, 60);
    }
  }

  #each(number, visit) {
    const left = (number % this.n) * 4, top = Math.floor(number / this.n) * 4;
    for (let i = 0; i < FIELD / 3; i++) visit(((top + (i >> 2)) * this.side + left + (i & 3)) * 4, i);
  }

  /** Let the texels glide to where they were told to be. */
  step() {
    if (!this.restless.size) return;
    for (const [number, left] of this.restless) {
      const part = left ? EASE : 1;
      this.#each(number, (at) => {
        for (let k = at; k < at + 4; k++) this.shown[k] += (this.goal[k] - this.shown[k]) * part;
      });
      if (left <= 1) this.restless.delete(number);
      else this.restless.set(number, left - 1);
    }
    this.dirty = true;
  }

  /** The octaves between which the picture runs from black to bright: by what there is, gliding. */
  range() {
    const levels = [];
    const stride = Math.max(1, this.side >> 6) * 4;
    for (let k = 3; k < this.goal.length; k += stride) levels.push(this.goal[k] * OCTAVES);
    levels.sort((a, b) => a - b);
    const lit = levels.filter((level) => level > 0.25);
    if (lit.length < 4) return this.octaves;
    const top = Math.max(lit[Math.floor((lit.length - 1) * 0.996)], 5), quiet = levels[Math.floor(levels.length * 0.04)];
    const goal = [Math.min(Math.max(quiet, top - 9), top - 4), top];
    this.octaves = this.octaves.map((value, i) => value + (goal[i] - value) * 0.15);
    return this.octaves;
  }
}
