// What the server shows of its universe, kept as it is told: docs/REPLICATION.md, for one watcher's window of sectors.

export const WORDS = 8; // a row: id, place, status, traits, rby, and three rows of bases
export const FIELD = 48; // values of a sector's field: 4 x 4 texels of three channels
export const MOVERS = 0, GROUND = 1, LAYERS = 2;

const FIELD_PART = 4, WINDOW_PART = 5;
const WIDE = 8, COMING = 16, MOVES = 32, STATUS = 64, CHECK = 128;
const ALLOWED = [CHECK, WIDE | COMING | MOVES | STATUS | CHECK, CHECK, WIDE | COMING | MOVES | STATUS | CHECK, CHECK, 0];

/** The check of a layer: over the words of its rows, or of its field. */
export function check(words) {
  let h = 0x811c9dc5;
  for (const word of words) {
    h = Math.imul(h ^ word, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** The mean energy of a cell that a field value stands for, in units. */
export const unitsOf = (v) => (v < 8 ? v : (8 + (v & 7)) * 2 ** ((v >> 3) - 1));

/** Reads a payload; everything it says is checked against what there is. */
class Reader {
  constructor(bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }
  get more() { return this.at < this.view.byteLength; }
  #step(count) {
    if (this.at + count > this.view.byteLength) throw new RangeError("replication: the payload ends inside a part");
    this.at += count;
    return this.at - count;
  }
  u8() { return this.view.getUint8(this.#step(1)); }
  i8() { return this.view.getInt8(this.#step(1)); }
  u16() { return this.view.getUint16(this.#step(2), true); }
  u32() { return this.view.getUint32(this.#step(4), true); }
  rows(count) {
    const at = this.#step(count * WORDS * 4), words = new Uint32Array(count * WORDS);
    for (let i = 0; i < words.length; i++) words[i] = this.view.getUint32(at + 4 * i, true);
    for (let i = WORDS; i < words.length; i += WORDS)
      if (words[i] <= words[i - WORDS]) throw new RangeError("replication: rows are not sorted");
    return words;
  }
  positions(count, num, below) {
    const list = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      list[i] = num();
      if (list[i] >= below || (i && list[i] <= list[i - 1])) throw new RangeError("replication: positions are not in order");
    }
    return list;
  }
}

const freshSector = (number) => ({
  number, rows: [null, null], told: [NaN, NaN], lost: [false, false, false], field: new Uint8Array(FIELD), lit: false,
});

/** One watcher's view. What changes is told to *sink* as it is applied: `rows(sector, layer, words, before, tick, told)` and `field(sector)`. */
export class Replica {
  /**
   * @param {number} sideLog2 cells along the world, log2
   * @param {number} sectorLog2 cells along a sector, log2
   * @param {{rows: Function, field: Function}} sink
   */
  constructor(sideLog2, sectorLog2, sink) {
    Object.assign(this, { n: 1 << (sideLog2 - sectorLog2), sink, sectors: new Map(), window: null, badChecks: 0, decoded: 0 });
  }

  /**
   * Take in the payload of one FRAME.
   * @returns {number[]} sectors to ask for anew (RESYNC)
   * @throws {RangeError} when it is no such payload: the session is to end
   */
  apply(payload, tick) {
    const reader = new Reader(payload), lost = [];
    while (reader.more) {
      const place = reader.u8(), form = reader.u8(), what = form & 7, flags = form & ~7;
      if (what > WINDOW_PART || flags & ~ALLOWED[what]) throw new RangeError(`replication: form ${form} is unknown`);
      if (what === WINDOW_PART) this.#look(place, reader.u32(), tick);
      else {
        const sector = this.#at(place);
        const layer = what === FIELD_PART ? LAYERS : what >> 1;
        const fine = layer === LAYERS ? this.#field(reader, sector, flags)
          : what & 1 ? this.#delta(reader, sector, layer, flags, tick) : this.#whole(reader, sector, layer, flags, tick);
        if (!fine && !sector.lost[layer]) {
          sector.lost[layer] = true;
          lost.push(sector.number);
        }
      }
      this.decoded++;
    }
    return lost;
  }

  /** The check of a layer as it is known; undefined when it is not. */
  hash(number, layer) {
    const sector = this.sectors.get(number);
    if (!sector || sector.lost[layer]) return undefined;
    if (layer === LAYERS) return check(new Uint32Array(sector.field.buffer));
    return sector.rows[layer] === null ? undefined : check(sector.rows[layer]);
  }

  /** How many numbers of sectors lie in the window, and which. */
  #look(reach, centre, tick) {
    const { n } = this;
    if (reach > 7 || centre >= n * n) throw new RangeError(`replication: there is no window of reach ${reach} round sector ${centre}`);
    const w = Math.min(2 * reach + 1, n), left = Math.min(reach, n >> 1), cx = centre % n, cy = Math.floor(centre / n);
    const numbers = Array.from({ length: w * w }, (_, place) => {
      const sx = (cx + (place % w) - left) & (n - 1), sy = (cy + Math.floor(place / w) - left) & (n - 1);
      return sy * n + sx;
    });
    const kept = new Map(numbers.map((number) => [number, this.sectors.get(number) ?? freshSector(number)]));
    for (const [number, sector] of this.sectors)
      if (!kept.has(number)) for (let layer = 0; layer < LAYERS; layer++) this.#set(sector, layer, new Uint32Array(0), tick);
    this.sectors = kept;
    this.window = { reach, centre, numbers };
  }

  #at(place) {
    const number = this.window?.numbers[place];
    if (number === undefined) throw new RangeError(`replication: place ${place} is outside the window`);
    return this.sectors.get(number);
  }

  #agrees(reader, flags, words) {
    if (!(flags & CHECK)) return true;
    const told = reader.u32(), agrees = words === null || check(words) === told;
    if (!agrees) this.badChecks++;
    return agrees;
  }

  #whole(reader, sector, layer, flags, tick) {
    const words = reader.rows(reader.u16());
    const agrees = this.#agrees(reader, flags, words);
    if (agrees) sector.lost[layer] = false;
    this.#set(sector, layer, words, tick);
    return agrees;
  }

  #set(sector, layer, words, tick) {
    const before = sector.rows[layer] ?? new Uint32Array(0);
    sector.rows[layer] = words;
    this.sink.rows(sector.number, layer, words, before, tick, sector.told[layer]);
    sector.told[layer] = tick;
  }

  #delta(reader, sector, layer, flags, tick) {
    const num = flags & WIDE ? () => reader.u16() : () => reader.u8();
    const n = num(), old = sector.rows[layer];
    let gone = new Uint16Array(0), fresh = new Uint32Array(0);
    if (flags & COMING) {
      gone = reader.positions(num(), num, n);
      fresh = reader.rows(num());
    }
    const known = old !== null && !sector.lost[layer] && old.length === n * WORDS;
    const rows = known ? old.slice() : new Uint32Array(n * WORDS); // parsed all the same when there is nothing to apply it to
    const stays = new Uint8Array(n).fill(1);
    for (const position of gone) stays[position] = 0;
    if (flags & MOVES) this.#moves(reader, rows, stays, n - gone.length);
    if (flags & STATUS) {
      for (let count = num(), last = -1; count > 0; count--) {
        const position = num();
        if (position >= n || position <= last || !stays[position]) throw new RangeError("replication: status of a row that is not there");
        rows[position * WORDS + 2] = reader.u32();
        last = position;
      }
    }
    const result = known && flags & COMING ? merged(rows, stays, fresh) : rows;
    const agrees = this.#agrees(reader, flags, known ? result : null);
    if (!known) return sector.lost[layer]; // already asked for: nothing new is wrong
    this.#set(sector, layer, result, tick);
    return agrees;
  }

  #moves(reader, rows, stays, kept) {
    const codes = Array.from({ length: (kept + 3) >> 2 }, () => reader.u8());
    for (let position = 0, k = 0; k < kept; position++) {
      if (!stays[position]) continue;
      const code = (codes[k >> 2] >> (2 * (k & 3))) & 3, at = position * WORDS + 1;
      let x = rows[at] & 0xffff, y = rows[at] >>> 16;
      if (code === 1) {
        const both = reader.u8();
        x += (both << 28) >> 28;
        y += (both << 24) >> 28;
      } else if (code === 2) {
        x += reader.i8();
        y += reader.i8();
      } else if (code === 3) {
        x = reader.u16();
        y = reader.u16();
      }
      rows[at] = (x & 0xffff) | ((y & 0xffff) << 16);
      k++;
    }
  }

  #field(reader, sector, flags) {
    const bits = Array.from({ length: 6 }, () => reader.u8());
    for (let i = 0; i < FIELD; i++) if ((bits[i >> 3] >> (i & 7)) & 1) sector.field[i] = reader.u8();
    const agrees = this.#agrees(reader, flags, new Uint32Array(sector.field.buffer));
    sector.lit = true;
    if (agrees) sector.lost[LAYERS] = false;
    this.sink.field(sector);
    return agrees;
  }
}

/** The rows that stay and the fresh ones in one list, by id. */
function merged(rows, stays, fresh) {
  const kept = stays.reduce((sum, one) => sum + one, 0);
  const result = new Uint32Array(kept * WORDS + fresh.length);
  let from = 0, at = 0;
  const take = (source, k) => {
    if (at && result[at - WORDS] >= source[k]) throw new RangeError("replication: a row comes twice");
    result.set(source.subarray(k, k + WORDS), at);
    at += WORDS;
  };
  for (let position = 0; position < stays.length; position++) {
    if (!stays[position]) continue;
    while (from < fresh.length && fresh[from] < rows[position * WORDS]) take(fresh, (from += WORDS) - WORDS);
    take(rows, position * WORDS);
  }
  while (from < fresh.length) take(fresh, (from += WORDS) - WORDS);
  return result;
}
