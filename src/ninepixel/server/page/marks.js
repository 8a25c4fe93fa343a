// Light round the living: what they feel, what threatens, what they do and say. world/picture/small.py has the law of the colours.

import { ACTS, DEJECTED_RGB, GLAD_RGB, INDIFFERENT_RGB, THREAT_RGB } from "./law.js";
import { shortest } from "./camera.js";
import { Kind, status } from "./tracks.js";

export const MARK = 8; // floats: spot, width and phase, light and form
export const Form = Object.freeze({ GLOW: 0, RING: 1, CLOSING: 2, OPENING: 3, SCAN: 4, CORNERS: 5, WORD: 6 });

const HUNT = 1;
const ACT = Object.fromEntries(ACTS.map((name, number) => [name, number]));
const TASTE = [0.62, 1.0, 0.72], PAIN = [1.0, 0.24, 0.3], GIVE = [1.0, 0.78, 0.38], EYE = [0.5, 0.78, 1.0], INK = [0.8, 0.85, 1.0];
/** What is seen of each act: form, light, width in bodies, ticks a round. */
const ACTING = {
  [ACT.graze]: [Form.CLOSING, TASTE, 3.2, 14],
  [ACT.strike]: [Form.OPENING, PAIN, 3.4, 8],
  [ACT.excrete]: [Form.OPENING, INK, 3.0, 16],
  [ACT.decode]: [Form.SCAN, EYE, 1.9, 24],
  [ACT.take]: [Form.CLOSING, GIVE, 2.2, 10],
  [ACT.give]: [Form.OPENING, GIVE, 2.6, 14],
  [ACT.mate]: [Form.CLOSING, [1.0, 0.55, 0.86], 3.6, 22],
};
const LASTS = 36; // ticks for which a birth or a death shines

/** The light of affect: *valence* -1 .. 1, *arousal* 0 .. 1. */
export function moodLight(valence, arousal) {
  const end = valence < 0 ? DEJECTED_RGB : GLAD_RGB, tilt = Math.sqrt(Math.min(1, Math.abs(valence))), power = 0.6 + 0.4 * arousal;
  return INDIFFERENT_RGB.map((v, i) => (v + (end[i] - v) * tilt) * power);
}

/** A list of marks that grows as it needs to. */
class List {
  constructor() {
    this.#grow(256);
    this.count = 0;
  }
  #grow(room) {
    const old = this.data;
    this.data = new Float32Array(MARK * room);
    this.words = new Uint32Array(this.data.buffer);
    if (old) this.data.set(old);
  }
  add(x, y, wide, phase, light, form, power = 1) {
    const at = this.count++ * MARK;
    if (at === this.data.length) this.#grow(this.count * 2);
    this.data.set([x, y, wide, phase, light[0] * power, light[1] * power, light[2] * power, form], at);
  }
}

/** Soft lights, drawn small and blurred, and sharp marks. */
export class Marks {
  constructor() {
    Object.assign(this, { soft: new List(), sharp: new List(), flashes: [] });
  }

  /** Something great happened at a place (cells): it shines for a while. */
  flash(kind, x, y, tick) {
    this.flashes.push({ kind, x, y, tick });
    if (this.flashes.length > 64) this.flashes.shift();
  }

  /**
   * @param {Tracks} tracks @param {number} tick @param {Camera} camera
   * @param {{picked: number, still: boolean, far: Array}} how the inspected sprite, whether nothing is to pulse, minds out of view
   */
  fill(tracks, tick, camera, { picked, still, far }) {
    this.soft.count = this.sharp.count = 0;
    this.near = Math.min(1, Math.max(0, (camera.scale - 7) / 9)); // from afar acts and words would only be noise
    const here = (x, y) => [shortest(x - camera.x, camera.side), shortest(y - camera.y, camera.side)];
    const round = (ticks, slot) => (still ? 0.5 : (((tick + slot * 7) / ticks) % 1 + 1) % 1);
    const spot = [0, 0];
    for (const [id, slot] of tracks.slots) {
      if (!tracks.there(slot, tick)) continue;
      const kind = tracks.kind(slot), life = kind === Kind.MIND || kind === Kind.GUARDIAN;
      if (!life && kind !== Kind.SHOT && kind !== Kind.CREATURE && id !== picked) continue;
      tracks.where(slot, tick, spot);
      const [x, y] = here(spot[0], spot[1]);
      if (kind > 32 || kind === Kind.CREATURE || life) this.#trail(tracks, slot, tick, here, kind);
      if (life) this.#life(x, y, kind, tracks.status(slot), round, slot);
      if (id === picked) this.sharp.add(x, y, 1.9, 0, [0.92, 0.95, 1.0], Form.CORNERS, 0.95);
    }
    for (const mind of far) {
      if (tracks.slots.has(mind.id)) continue;
      const [x, y] = here(mind.x, mind.y);
      this.soft.add(x, y, 3, 0, moodLight(status.valence(mind.status) / 7, status.arousal(mind.status) / 15), Form.GLOW, 0.8);
    }
    this.flashes = this.flashes.filter((flash) => tick - flash.tick < LASTS);
    for (const flash of this.flashes) if (flash.tick <= tick) this.#flash(flash, tick, here, still);
  }

  #life(x, y, kind, s, round, slot) {
    const arousal = status.arousal(s) / 15, guards = kind === Kind.GUARDIAN;
    const light = guards ? THREAT_RGB.map((v) => v * 0.1) : moodLight(status.valence(s) / 7, arousal);
    this.soft.add(x, y, 3.4 + 2.6 * arousal, 0, light, Form.GLOW);
    if (guards ? status.mood(s) === HUNT : status.struck(s) || status.hurt(s)) this.sharp.add(x, y, 2.9, 0, THREAT_RGB, Form.RING, 0.5 + 0.4 * this.near);
    if (!this.near) return;
    const shown = guards ? undefined : ACTING[status.act(s)];
    if (shown) this.sharp.add(x, y, shown[2], round(shown[3], slot), shown[1], shown[0], 0.6 * this.near);
    if (status.utter(s)) this.sharp.add(x, y, 0.62, status.utter(s), INK, Form.WORD, 0.75 * this.near);
  }

  /** Vapour behind what moves: where it was in the last ticks. */
  #trail(tracks, slot, tick, here, kind) {
    const spot = [0, 0], last = [0, 0];
    const rby = tracks.row[slot * 8 + 4], red = (rby & 0xffff) / 65536, blue = (rby >>> 16) / 65536, yellow = 1 - red - blue;
    const light = [red + yellow * 0.8, 0.2 + yellow * 0.6, blue + 0.15].map((v) => v * v);
    tracks.where(slot, tick, last);
    for (let k = 1; k <= 5; k++) {
      tracks.where(slot, tick - 1.2 * k, spot);
      const moved = Math.abs(tracks.way(last[0] * 64, spot[0] * 64)) + Math.abs(tracks.way(last[1] * 64, spot[1] * 64));
      if (moved < 6) return;
      this.soft.add(...here(spot[0], spot[1]), kind === Kind.SHOT ? 0.9 : 1.5 - 0.15 * k, 0, light, Form.GLOW, 0.5 - 0.08 * k);
      last[0] = spot[0];
      last[1] = spot[1];
    }
  }

  #flash({ kind, x, y, tick: begun }, tick, here, still) {
    const phase = still ? 0.5 : (tick - begun) / LASTS, fade = 1 - (tick - begun) / LASTS, [dx, dy] = here(x, y);
    if (kind === "birth") {
      this.soft.add(dx, dy, 9, 0, [0.55, 0.75, 1.0], Form.GLOW, fade);
      this.sharp.add(dx, dy, 10, phase, [0.72, 0.86, 1.0], Form.OPENING);
      this.sharp.add(dx, dy, 5, phase, [1.0, 0.92, 0.8], Form.OPENING);
    } else if (kind === "death") {
      this.soft.add(dx, dy, 8, 0, [1.0, 0.26, 0.06], Form.GLOW, fade);
      this.sharp.add(dx, dy, 7, phase, [1.0, 0.4, 0.22], Form.CLOSING, 1.3);
    } else this.sharp.add(dx, dy, 5, phase, GIVE, Form.OPENING);
  }
}
