// The law of the nine pixels once more, for what is drawn without WebGL: the twin of world/picture/pixels.py, equal to the bit.

import { BODY_RGB, FIRST_KIND, ROW_RGB, SEALED_RGB } from "./law.js";

const FOLDER = 2, CREATURE = 3, MIND = 5, GUARDIAN = 6, BIN_MASS = 7, SEALED = 2;

/** The row of BODY_RGB for a body of this kind and class of matter. */
export function bodyClass(kind, matter) {
  const own = [FOLDER, CREATURE, MIND, GUARDIAN].indexOf(kind);
  if (own >= 0) return FIRST_KIND + own;
  return matter < FIRST_KIND ? matter : BIN_MASS;
}

/** The hue of a row before brightness. */
function rowHue(row, rby, traits, octaves) {
  const red = rby & 0xffff, blue = rby >>> 16, weights = [red, blue, 65536 - red - blue];
  const of = BODY_RGB[bodyClass(traits & 255, (traits >>> 8) & 255)];
  let hue = [0, 1, 2].map((k) => {
    const own = Math.floor(weights.reduce((sum, w, i) => sum + w * ROW_RGB[i][k], 0) / 65536);
    return (4 * of[k] + 2 * ROW_RGB[row][k] + 2 * own) >> 3;
  });
  const grey = (Math.min(...hue) * 5) >> 3;
  hue = hue.map((v) => v - grey);
  if ((traits >>> 16) & SEALED) hue = hue.map((v, k) => (v + 3 * SEALED_RGB[k]) >> 2);
  const heat = Math.min(2 * octaves, 56);
  return hue.map((v) => v + (((255 - v) * heat) >> 8));
}

function withBase(hue, base) {
  const value = 64 + ((3 * base) >> 2), bit = (base & 3) === 1 ? 1 : 0, most = Math.max(...hue), brightest = hue.indexOf(most);
  return hue.map((v, k) => (k === brightest ? value : (Math.min(Math.floor((v * value) / most), value - 2) & ~1) | bit));
}

/**
 * The colours of a body: nine [r, g, b], row by row.
 * @param {number[]} codons three rows of three bases, left base lowest
 * @param {number} traits kind | matter << 8 | flags << 16
 * @param {number} octaves the bits that its energy needs
 */
export function ninePixels(codons, rby, traits, octaves) {
  return codons.flatMap((codon, row) => {
    const hue = rowHue(row, rby, traits, octaves);
    return [0, 8, 16].map((shift) => withBase(hue, (codon >>> shift) & 255));
  });
}
