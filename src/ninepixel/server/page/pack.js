// From sprites to instances: what is drawn of each, and where on the screen. world/picture/small.py says what small things look like.

import { COIN_RGB, LOOT_RGB, ROW_RGB } from "./law.js";
import { shortest } from "./camera.js";
import { WORDS } from "./replica.js";
import { Kind } from "./tracks.js";

export const INSTANCE = 9; // words of four bytes: spot, span, being, codons (shaders.js)
const WIDE = { [Kind.SHOT]: 1 / 3, [Kind.COIN]: 1 / 3, [Kind.LOOT]: 2 / 3, [Kind.EGG]: 2 / 3 };
const rgb = (colour, bright) => colour.reduce((word, v, i) => word | (Math.round(v * bright) << (8 * i)), 0);

/** A coin's colour: brighter where it is worth more. */
export const coinColour = (worth) => rgb(COIN_RGB, Math.min(1, 0.66 + 0.08 * Math.log2(1 + worth)));

/** Loot's four colours: its red, blue and yellow, and how strong it is. */
export function lootColours(rby, strength) {
  const red = rby & 0xffff, blue = rby >>> 16, shares = [red, blue, 65536 - red - blue].map((w) => w / 65536);
  const power = Math.min(1, strength / 255);
  return [...ROW_RGB.map((row, i) => rgb(row, 0.4 + 0.6 * shares[i])), rgb(LOOT_RGB, 0.4 + 0.6 * power)];
}

/** The instances of everything that is in view; grows as it needs to. */
export class Instances {
  constructor() {
    this.room = 0;
    this.#grow(2048);
    this.layers = [[], [], []]; // drawn one over the other: what is anchored, what roams, minds and small things
  }

  #grow(room) {
    const old = this.words;
    this.room = room;
    this.floats = new Float32Array(room * INSTANCE);
    this.words = new Uint32Array(this.floats.buffer);
    if (old) this.words.set(old);
  }

  /** Fill from *tracks* as they are at *tick*. Returns how many there are. */
  fill(tracks, tick, camera) {
    for (const layer of this.layers) layer.length = 0;
    for (const slot of tracks.slots.values()) {
      if (!tracks.there(slot, tick)) continue;
      const kind = tracks.kind(slot);
      this.layers[kind <= Kind.FOLDER ? 0 : kind <= Kind.MOTE ? 1 : 2].push(slot);
    }
    const halfX = camera.width / camera.scale / 2 + 2, halfY = camera.height / camera.scale / 2 + 2, spot = [0, 0];
    let count = 0;
    for (const layer of this.layers) {
      for (const slot of layer) {
        tracks.where(slot, tick, spot);
        const dx = shortest(spot[0] - camera.x, camera.side), dy = shortest(spot[1] - camera.y, camera.side);
        if (Math.abs(dx) > halfX || Math.abs(dy) > halfY) continue;
        if (count === this.room) this.#grow(this.room * 2);
        this.#write(count++, tracks.row, slot * WORDS, dx, dy, Math.min(1, (tick - tracks.born[slot]) / 4 + 0.25));
      }
    }
    return count;
  }

  #write(count, row, from, dx, dy, there) {
    const { floats, words } = this, at = count * INSTANCE, traits = row[from + 3], kind = traits & 255;
    const mass = (row[from + 5] >>> 24) | ((row[from + 6] >>> 24) << 8);
    floats[at] = dx;
    floats[at + 1] = dy;
    floats[at + 2] = WIDE[kind] ?? 1;
    floats[at + 3] = there;
    words[at + 4] = row[from + 4];
    const looks = kind > 32 ? (traits >>> 8) & 255 : traits & 0xffffff; // a shot and an egg look like whom they came from
    words[at + 5] = looks | ((row[from + 2] & 31) << 24);
    if (kind === Kind.COIN) words[at + 6] = coinColour(mass) | (1 << 24);
    else if (kind === Kind.LOOT) {
      const [red, blue, yellow, power] = lootColours(row[from + 4], mass);
      words[at + 6] = red | (2 << 24);
      words[at + 7] = blue;
      words[at + 8] = yellow;
      words[at + 4] = power;
    } else {
      words[at + 6] = (row[from + 5] & 0xffffff) | (3 << 24);
      words[at + 7] = (row[from + 6] & 0xffffff) | (Math.min(255, kind > 32 ? 0 : mass >> 2) << 24);
      words[at + 8] = row[from + 7] & 0xffffff;
    }
  }
}
