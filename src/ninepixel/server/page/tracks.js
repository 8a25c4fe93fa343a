// What is in view and where it is going: every sprite's last few places, so that it can be shown between two of them.

import { WORDS } from "./replica.js";

const PAST = 8; // places kept of each sprite
const NEVER = -1;
const MOST_CREEP = 16; // ticks over which something is shown to move that was not heard of for longer

export const THING = 0x40000000; // ids from here on are small things
export const Kind = Object.freeze({
  MATTER: 1, FOLDER: 2, CREATURE: 3, MOTE: 4, MIND: 5, GUARDIAN: 6, SHOT: 33, COIN: 34, LOOT: 35, EGG: 36,
});

/** The parts of a status word. */
export const status = Object.freeze({
  heat: (s) => s & 31,
  health: (s) => (s >>> 5) & 15,
  act: (s) => (s >>> 9) & 15,
  utter: (s) => (s >>> 13) & 15,
  valence: (s) => (s << 11) >> 28, // -7 .. 7
  arousal: (s) => (s >>> 21) & 15,
  mood: (s) => (s >>> 25) & 3,
  hurt: (s) => (s >>> 27) & 1,
  guest: (s) => (s >>> 28) & 1,
  holding: (s) => (s >>> 29) & 1,
  courting: (s) => (s >>> 30) & 1,
  struck: (s) => (s >>> 31) & 1,
});

/** All sprites, as columns. A slot is used again when its sprite is gone for good. Places are 64ths of a cell of the world. */
export class Tracks {
  /** @param {number} side cells along the world @param {number} sector cells along a sector */
  constructor(side, sector, room = 1024) {
    Object.assign(this, { turn: side * 64, sector: sector * 64, n: side / sector, slots: new Map(), free: [], used: 0, moved: 0, waited: 0 });
    this.#grow(room);
  }

  #grow(room) {
    const wider = (old, Type, each) => {
      const array = new Type(room * each);
      if (old) array.set(old);
      return array;
    };
    this.room = room;
    this.row = wider(this.row, Uint32Array, WORDS); // the newest row as it came
    this.home = wider(this.home, Int32Array, 1); // the sector and layer that hold it
    this.stamp = wider(this.stamp, Float64Array, 1); // the tick at which it was last put
    this.born = wider(this.born, Float64Array, 1); // the tick from which it is shown
    this.gone = wider(this.gone, Float64Array, 1); // the tick from which it is shown no more
    this.fresh = wider(this.fresh, Uint8Array, 1); // whether it looks otherwise than when somebody last looked
    this.head = wider(this.head, Uint8Array, 1); // the newest of its places
    this.when = wider(this.when, Float64Array, PAST);
    this.x = wider(this.x, Int32Array, PAST);
    this.y = wider(this.y, Int32Array, PAST);
  }

  id(slot) { return this.row[slot * WORDS]; }
  status(slot) { return this.row[slot * WORDS + 2]; }
  kind(slot) { return this.row[slot * WORDS + 3] & 255; }

  /** The shortest way from a to b. */
  way(a, b) {
    const half = this.turn >> 1;
    return ((b - a + half) & (this.turn - 1)) - half;
  }

  #claim(id) {
    if (!this.free.length && this.used === this.room) this.#grow(this.room * 2);
    const slot = this.free.length ? this.free.pop() : this.used++;
    this.slots.set(id, slot);
    this.fresh[slot] = 1;
    return slot;
  }

  #place(slot, tick, x, y) {
    const head = this.head[slot] = (this.head[slot] + 1) % PAST, k = slot * PAST + head;
    this.when[k] = tick;
    this.x[k] = x;
    this.y[k] = y;
  }

  /**
   * The rows of one layer of one sector, as they are at *tick*.
   * @param {number} number of the sector
   * @param {number} layer
   * @param {Uint32Array} words rows
   * @param {Uint32Array} before rows that the layer had
   * @param {number} tick
   * @param {number} told the tick at which the layer was told before: until then, what has moved now stood still
   */
  rows(number, layer, words, before, tick, told) {
    const left = (number % this.n) * this.sector, top = Math.floor(number / this.n) * this.sector, key = number * 2 + layer;
    const rest = Math.max(Number.isNaN(told) ? -Infinity : told, tick - MOST_CREEP);
    for (let at = 0; at < words.length; at += WORDS) {
      const x = left + (words[at + 1] & 0xffff), y = top + (words[at + 1] >>> 16);
      let slot = this.slots.get(words[at]);
      // The same number at another generation or of another kind is somebody else.
      const fresh = slot === undefined || this.gone[slot] <= tick - 20 || this.row[slot * WORDS + 3] !== words[at + 3];
      if (slot === undefined) slot = this.#claim(words[at]);
      if (fresh) {
        this.when.fill(NEVER, slot * PAST, slot * PAST + PAST);
        this.born[slot] = tick;
        this.#place(slot, tick, x, y);
      } else {
        const k = slot * PAST + this.head[slot];
        if (this.x[k] !== x || this.y[k] !== y) {
          if (this.when[k] < rest && rest < tick) this.#place(slot, rest, this.x[k], this.y[k]);
          this.#place(slot, tick, x, y);
          this.moved++;
          this.waited += tick - rest || 1;
        }
      }
      this.#take(slot, words, at);
      this.home[slot] = key;
      this.stamp[slot] = tick;
      this.gone[slot] = Infinity;
    }
    for (let at = 0; at < before.length; at += WORDS) {
      const slot = this.slots.get(before[at]);
      if (slot !== undefined && this.home[slot] === key && this.stamp[slot] < tick) this.gone[slot] = Math.min(this.gone[slot], tick);
    }
  }

  #take(slot, words, at) {
    const { row } = this, to = slot * WORDS;
    if ((row[to + 2] ^ words[at + 2]) & 31) this.fresh[slot] = 1; // hotter or colder
    for (let i = 0; i < WORDS; i++) {
      if (i > 2 && row[to + i] !== words[at + i]) this.fresh[slot] = 1;
      row[to + i] = words[at + i];
    }
  }

  /** Forget who was gone before *tick*. */
  sweep(tick) {
    for (const [id, slot] of this.slots) {
      if (this.gone[slot] < tick) {
        this.slots.delete(id);
        this.free.push(slot);
      }
    }
  }

  /** Whether a slot's sprite is there at *tick*. */
  there(slot, tick) {
    return this.born[slot] <= tick && tick < this.gone[slot];
  }

  /** Where a slot's sprite is at *tick*, into out[0] and out[1]: cells, not wrapped. */
  where(slot, tick, out) {
    const first = slot * PAST;
    let after = first + this.head[slot], before = after;
    for (let k = 1; k < PAST && this.when[before] > tick; k++) {
      const older = first + ((this.head[slot] - k + PAST) % PAST);
      if (this.when[older] === NEVER) break;
      after = before;
      before = older;
    }
    const span = this.when[after] - this.when[before];
    const part = span > 0 ? Math.min(1, Math.max(0, (tick - this.when[before]) / span)) : 0;
    out[0] = (this.x[before] + this.way(this.x[before], this.x[after]) * part) / 64;
    out[1] = (this.y[before] + this.way(this.y[before], this.y[after]) * part) / 64;
  }
}
