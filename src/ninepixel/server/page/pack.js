// From sprites to records: what is drawn of each, and where on the screen. world/picture/small.py says what small things look like.

import { BODY_RGB, COIN_RGB, LOOT_RGB, ROW_RGB } from "./law.js";
import { shortest } from "./camera.js";
import { bodyClass, ninePixels } from "./nine.js";
import { WORDS } from "./replica.js";
import { Kind } from "./tracks.js";

export const RECORD = 16; // words of four bytes: spot, span, glow (colour, radius), nine colours, nothing (shaders.js)
const LOOK = 11; // those that stay while a sprite looks the same
const WIDE = { [Kind.SHOT]: 1 / 3, [Kind.COIN]: 1 / 3, [Kind.LOOT]: 2 / 3, [Kind.EGG]: 2 / 3 };
/** Widths of bodies that a sprite of this kind is wide. */
export const widthOf = (kind) => WIDE[kind] ?? 1;
const ACROSS = { [Kind.COIN]: 1, [Kind.LOOT]: 2 }; // pixels; all else has three
/** How wide (in widths of a body) and how strongly each kind glows; matter by its mass. */
const GLOW = {
  [Kind.FOLDER]: [1.25, 0.16], [Kind.CREATURE]: [1.6, 0.55], [Kind.MOTE]: [1.15, 0.17], [Kind.MIND]: [1.7, 0.3], [Kind.GUARDIAN]: [1.7, 0.3],
  [Kind.SHOT]: [1.2, 0.7], [Kind.COIN]: [1.1, 0.16], [Kind.LOOT]: [1.25, 0.35], [Kind.EGG]: [1.5, 0.3],
};
const dim = (colour, power) => colour.map((v) => Math.round(v * power));
const word = ([r, g, b]) => r | (g << 8) | (b << 16);

/** A coin's colour: brighter where it is worth more. */
export const coinColour = (worth) => dim(COIN_RGB, Math.min(1, 0.66 + 0.08 * Math.log2(1 + worth)));

/** Loot's four colours: its red, blue and yellow, and how strong it is. */
export function lootColours(rby, strength) {
  const red = rby & 0xffff, blue = rby >>> 16, shares = [red, blue, 65536 - red - blue].map((w) => w / 65536);
  const power = Math.min(1, strength / 255);
  return [...ROW_RGB.map((row, i) => dim(row, 0.4 + 0.6 * shares[i])), dim(LOOT_RGB, 0.4 + 0.6 * power)];
}

/** The mass of a body, or the strength of a thing. */
export const massOf = (row, at) => (row[at + 5] >>> 24) | ((row[at + 6] >>> 24) << 8);

/** The traits by which a sprite is coloured: a shot and an egg look like whom they came from. */
export const looksLike = (traits) => ((traits & 255) > 32 ? (traits >>> 8) & 255 : traits & 0xffffff);

/** The colours of the sprite whose row is at *at*: nine, or as many as it has pixels. */
export function coloursOf(row, at) {
  const kind = row[at + 3] & 255;
  if (kind === Kind.COIN) return [coinColour(massOf(row, at))];
  if (kind === Kind.LOOT) return lootColours(row[at + 4], massOf(row, at));
  const codons = [row[at + 5], row[at + 6], row[at + 7]].map((codon) => codon & 0xffffff);
  return ninePixels(codons, row[at + 4], looksLike(row[at + 3]), row[at + 2] & 31);
}

/** The light that it gives off: [r, g, b] 0..255 and a radius in widths of a body. */
function glowOf(row, at, colours) {
  const traits = row[at + 3], kind = traits & 255, mean = [0, 1, 2].map((k) => colours.reduce((sum, c) => sum + c[k], 0) / colours.length);
  const heavy = Math.min(1.6, massOf(row, at) / 480);
  const [radius, power] = kind === Kind.MATTER ? [1.2 + 1.1 * heavy * heavy, 0.28 + 0.3 * heavy] : (GLOW[kind] ?? [1.2, 0.2]);
  const own = kind > 32 ? [255, 255, 255] : BODY_RGB[bodyClass(kind, (traits >>> 8) & 255)]; // purer, towards its class
  return { light: mean.map((v, k) => Math.min(255, Math.round(v * power * (0.4 + (0.9 * own[k]) / 255)))), radius };
}

/** The records of everything that is in view; grows as it needs to. */
export class Records {
  constructor() {
    this.room = this.known = 0;
    this.#grow(2048);
    this.layers = [[], [], []]; // drawn one over the other: motes, what else there is, minds and small things
    this.motes = 0; // how many of the records are motes; they come first
  }

  #grow(room) {
    const old = this.words;
    this.room = room;
    this.floats = new Float32Array(room * RECORD);
    this.words = new Uint32Array(this.floats.buffer);
    if (old) this.words.set(old);
  }

  /** Fill from *tracks* as they are at *tick*. Returns how many there are. */
  fill(tracks, tick, camera) {
    this.#look(tracks);
    for (const layer of this.layers) layer.length = 0;
    for (const slot of tracks.slots.values()) {
      if (!tracks.there(slot, tick)) continue;
      const kind = tracks.kind(slot);
      this.layers[kind === Kind.MOTE ? 0 : kind < Kind.MIND ? 1 : 2].push(slot);
    }
    const halfX = camera.width / camera.scale / 2 + 2, halfY = camera.height / camera.scale / 2 + 2, spot = [0, 0];
    let count = 0;
    this.motes = 0;
    for (const layer of this.layers) {
      if (layer === this.layers[1]) this.motes = count;
      for (const slot of layer) {
        tracks.where(slot, tick, spot);
        const dx = shortest(spot[0] - camera.x, camera.side), dy = shortest(spot[1] - camera.y, camera.side);
        if (Math.abs(dx) > halfX || Math.abs(dy) > halfY) continue;
        if (count === this.room) this.#grow(this.room * 2);
        const at = count++ * RECORD, kind = tracks.kind(slot);
        this.floats[at] = dx;
        this.floats[at + 1] = dy;
        this.floats[at + 2] = widthOf(kind);
        this.floats[at + 3] = Math.min(1, (tick - tracks.born[slot]) / 4 + 0.25);
        for (let k = 0; k < LOOK; k++) this.words[at + 4 + k] = this.looks[slot * LOOK + k];
      }
    }
    return count;
  }

  /** Bring the looks of those up to date who have changed: colours are computed once, not in every frame. */
  #look(tracks) {
    if (this.of !== tracks || this.known < tracks.room) {
      this.known = tracks.room;
      this.looks = new Uint32Array(this.known * LOOK);
      this.radii = new Float32Array(this.looks.buffer);
      this.of = tracks;
      tracks.fresh.fill(1);
    }
    for (const slot of tracks.slots.values()) {
      if (!tracks.fresh[slot]) continue;
      tracks.fresh[slot] = 0;
      const from = slot * WORDS, at = slot * LOOK, colours = coloursOf(tracks.row, from), { light, radius } = glowOf(tracks.row, from, colours);
      this.looks[at] = word(light) | ((ACROSS[tracks.kind(slot)] ?? 3) << 24);
      this.radii[at + 1] = radius;
      colours.forEach((colour, i) => { this.looks[at + 2 + i] = word(colour); });
    }
  }
}
