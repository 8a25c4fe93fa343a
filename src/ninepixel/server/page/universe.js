// What the page knows of one universe while it watches it: made by WELCOME, fed by messages, asked by the picture.

import { Camera } from "./camera.js";
import { Clock } from "./clock.js";
import { Ground } from "./ground.js";
import { readOverview } from "./minimap.js";
import { Say } from "./messages.js";
import { Replica } from "./replica.js";
import { Kind, Tracks } from "./tracks.js";

const REACH = 3; // sectors: the most that a watcher may see round the middle
const TURN = 2 ** 32;
const LOOK_EVERY = 250; // milliseconds
const BEHIND = 100, MOST_BEHIND = 600; // milliseconds that the view is late, so that there is something to show between frames

/** One universe. Times are milliseconds, passed in. */
export class Universe {
  /** @param {object} world as WELCOME has it @param {(message: Array) => void} send */
  constructor(world, tickMs, send) {
    const side = 1 << world.side_log2, sector = 1 << world.sector_log2;
    if (!(world.side_log2 <= 13 && world.sector_log2 <= world.side_log2)) throw new RangeError("a world of impossible size");
    Object.assign(this, { side, sector, send, name: world.universe || "", clock: new Clock(tickMs), frames: 0 });
    this.tracks = new Tracks(side, sector);
    this.ground = new Ground(side / sector);
    this.replica = new Replica(world.side_log2, world.sector_log2, {
      rows: (...what) => this.tracks.rows(...what),
      field: (field) => this.ground.field(field),
    });
    this.camera = new Camera(side);
    this.overview = null;
    this.looked = "";
    this.lookedAt = -Infinity;
  }

  get minds() {
    return (this.overview?.minds ?? []).filter((mind) => !mind.guardian);
  }

  /** A FRAME. @throws {RangeError} when it cannot be one */
  frame(tick, payload, now) {
    this.clock.heard(tick, now);
    for (const sector of this.replica.apply(payload, tick)) this.send([Say.RESYNC, sector]);
    this.ground.only(this.replica.sectors);
    this.#breathe();
    if (++this.frames % 64 === 0) this.tracks.sweep(tick - 40);
  }

  /** Where there is much to tell, each sector is told of less often: then the view is later, and as smooth. */
  #breathe() {
    const { tracks, clock } = this;
    if (!tracks.moved) return;
    const goal = Math.min(Math.max((tracks.waited / tracks.moved + 1) * clock.tickMs, BEHIND), MOST_BEHIND);
    clock.behind += (goal - clock.behind) * 0.03;
    tracks.moved = tracks.waited = 0;
  }

  /** An OVERVIEW. */
  survey(bytes) {
    this.overview = readOverview(bytes, this.side);
    this.ground.overview(this.overview.cells, this.overview.field);
  }

  /** Tell the server where to look, when that has changed, and not too often. */
  look(now) {
    const { camera, sector } = this, { x, y } = camera.goal, reach = camera.reach(sector, REACH);
    const where = `${Math.floor(x / sector)} ${Math.floor(y / sector)} ${reach}`;
    if (where === this.looked || now - this.lookedAt < LOOK_EVERY) return;
    Object.assign(this, { looked: where, lookedAt: now });
    const fraction = (cells) => Math.floor((cells / this.side) * TURN) % TURN;
    this.send([Say.LOOK, fraction(x), fraction(y), reach]);
  }

  /** Where a sprite is, as cells [x, y], or null: by what is in view, else by the overview. */
  find(id, tick) {
    const slot = this.tracks.slots.get(id);
    if (slot !== undefined && this.tracks.there(slot, tick)) {
      const spot = [0, 0];
      this.tracks.where(slot, tick, spot);
      return spot;
    }
    const mind = this.overview?.minds.find((one) => one.id === id);
    return mind ? [mind.x, mind.y] : null;
  }

  /** The id of what is at a pixel, or -1: the nearest, minds before all else. */
  at(px, py, tick) {
    const { tracks, camera } = this, spot = [0, 0];
    let best = -1, least = Infinity;
    for (const [id, slot] of tracks.slots) {
      if (!tracks.there(slot, tick)) continue;
      tracks.where(slot, tick, spot);
      const [sx, sy] = camera.toScreen(...spot), away = Math.hypot(sx - px, sy - py), kind = tracks.kind(slot);
      const life = kind === Kind.MIND || kind === Kind.GUARDIAN;
      if (away > Math.max(life ? 22 : 12, camera.scale * 0.75)) continue;
      const rank = away - (life ? 30 : 0);
      if (rank < least) [best, least] = [id, rank];
    }
    return best;
  }

  /** The mind after (or before) *id*, by number. */
  neighbour(id, step) {
    const ids = this.minds.map((mind) => mind.id).sort((a, b) => a - b);
    if (!ids.length) return -1;
    const next = step > 0 ? ids.find((one) => one > id) : ids.findLast((one) => one < id);
    return next ?? (step > 0 ? ids[0] : ids.at(-1));
  }
}

/** A MOMENT's fields, with its place in cells. */
export const momentOf = ([tick, kind, sprite, x, y, text], side) => ({ tick, kind, sprite, x: (x / TURN) * side, y: (y / TURN) * side, text });

/** What a NOTICE's fields say to who watches, and the tick of which a frame shows that it is over; null for what is no news to them. */
export function noticeOf([code, text, fields], newest) {
  if (code === "slow") return fields.halvings ? { text: `The universe is overloaded: it runs at ${fields.rate_milli / 1000} ticks a second.` } : null;
  if (code === "paused") return { text: "An operator holds the universe still.", until: newest + 2 };
  if (code === "disk") return { text: "The universe stands still: its server cannot write.", until: newest + 2 };
  return { text: code === "draining" ? "The server is about to stop." : text };
}
