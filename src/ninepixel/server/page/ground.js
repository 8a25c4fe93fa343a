// The energy field as a texture over the whole world: fine where sectors are watched, coarse from the overview elsewhere.

import { FIELD, unitsOf } from "./replica.js";

const OCTAVES = 32; // full scale of the fourth channel
const SOFT_UNITS = 16; // below about so many units the logarithm is flattened
const UNITS = Float32Array.from({ length: 256 }, (_, v) => unitsOf(v));
const EASE = 0.12; // part of the difference that is taken back in a frame

/** One texel: shares of R, B, Y and octaves of the total, 0 .. 255 each. */
export function texel(r, b, y, out, at) {
  const total = r + b + y, share = 255 / Math.max(total, 1e-6);
  out[at] = r * share;
  out[at + 1] = b * share;
  out[at + 2] = y * share;
  out[at + 3] = (Math.log2(total / SOFT_UNITS + 1) * 255) / OCTAVES;
}

/** Texels of a world of n times n sectors, four by four a sector. */
export class Ground {
  constructor(n) {
    Object.assign(this, { n, side: 4 * n, restless: new Map(), watched: new Set() });
    this.goal = new Float32Array(this.side * this.side * 4);
    this.shown = new Uint8Array(this.side * this.side * 4);
    this.exact = new Float32Array(this.side * this.side * 4);
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

  /** The overview: one field value a channel for each of its cells, *cells* along a side. */
  overview(cells, values) {
    const out = new Float32Array(4), each = Math.max(1, this.n / cells);
    for (let number = 0; number < this.n * this.n; number++) {
      if (this.watched.has(number)) continue;
      const k = 3 * (Math.floor(Math.floor(number / this.n) / each) * cells + Math.floor((number % this.n) / each));
      texel(UNITS[values[k]], UNITS[values[k + 1]], UNITS[values[k + 2]], out, 0);
      this.#each(number, (at) => this.goal.set(out, at));
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
        for (let k = at; k < at + 4; k++) this.shown[k] = Math.round((this.exact[k] += (this.goal[k] - this.exact[k]) * part));
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
    for (let k = 3; k < this.goal.length; k += stride) levels.push((this.goal[k] * OCTAVES) / 255);
    levels.sort((a, b) => a - b);
    const lit = levels.filter((level) => level > 0.25);
    if (lit.length < 4) return this.octaves;
    const top = Math.max(lit[Math.floor((lit.length - 1) * 0.996)], 5), quiet = levels[Math.floor(levels.length * 0.04)];
    const goal = [Math.min(Math.max(quiet, top - 9), top - 4), top];
    this.octaves = this.octaves.map((value, i) => value + (goal[i] - value) * 0.15);
    return this.octaves;
  }
}
