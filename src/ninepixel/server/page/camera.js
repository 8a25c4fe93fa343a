// Where the eye is: arithmetic on a torus. Places are in cells, y down; a body is one cell wide; screens are in CSS pixels.

const NEAREST = 3; // cells from the top of the screen to the bottom in the closest view
const WIDEST = 1.6; // sides of the world in the widest
const HALF_LIFE = 0.09; // seconds in which half of a move is done
const FLIGHT = 0.22; // the same for a flight somewhere else

export const wrap = (value, side) => ((value % side) + side) % side;

/** A difference as the shortest way round. */
export const shortest = (difference, side) => difference - Math.round(difference / side) * side;

/** An eye that glides to where it was sent. */
export class Camera {
  constructor(side) {
    Object.assign(this, { side, x: side / 2, y: side / 2, cells: side * 1.06, width: 1, height: 1, still: false });
    this.goal = { x: this.x, y: this.y, cells: this.cells };
    this.halfLife = HALF_LIFE;
  }

  /** CSS pixels a cell. */
  get scale() { return this.height / this.cells; }

  resize(width, height) { Object.assign(this, { width, height }); }

  toScreen(x, y) {
    return [
      this.width / 2 + shortest(x - this.x, this.side) * this.scale,
      this.height / 2 + shortest(y - this.y, this.side) * this.scale,
    ];
  }

  toWorld(px, py) {
    return [
      wrap(this.x + (px - this.width / 2) / this.scale, this.side),
      wrap(this.y + (py - this.height / 2) / this.scale, this.side),
    ];
  }

  /** What was under the pointer goes along with it. */
  drag(dx, dy) {
    this.#shift(-dx / this.scale, -dy / this.scale);
    this.x = this.goal.x;
    this.y = this.goal.y;
  }

  /** Glide by so much of the screen's height. */
  pan(dx, dy) { this.#shift(dx * this.goal.cells, dy * this.goal.cells); }

  #shift(dx, dy) {
    this.halfLife = HALF_LIFE;
    this.goal.x = wrap(this.goal.x + dx, this.side);
    this.goal.y = wrap(this.goal.y + dy, this.side);
  }

  /** Magnify; what lies under (px, py) stays there. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const cells = Math.min(Math.max(this.goal.cells / factor, NEAREST), this.side * WIDEST);
    const grown = (this.goal.cells - cells) / this.height;
    this.#shift((px - this.width / 2) * grown, (py - this.height / 2) * grown);
    this.goal.cells = cells;
  }

  /** Go there, close enough to read pixels unless *cells* says otherwise; never further out than now. */
  fly(x, y, cells = 18) {
    Object.assign(this.goal, { x: wrap(x, this.side), y: wrap(y, this.side), cells: Math.min(cells, this.goal.cells) });
    this.halfLife = FLIGHT;
  }

  /** The whole world, with a little of the dark around it, on a screen of whatever shape. */
  whole() {
    Object.assign(this.goal, { x: this.side / 2, y: this.side / 2, cells: this.side * 1.06 * Math.max(1, this.height / this.width) });
    this.halfLife = FLIGHT;
  }

  /** Stay over somebody. */
  hold(x, y) { Object.assign(this.goal, { x: wrap(x, this.side), y: wrap(y, this.side) }); }

  /** Go part of the way; all of it at once when motion is not wanted. */
  step(seconds) {
    const part = this.still ? 1 : 1 - 0.5 ** (seconds / this.halfLife);
    this.x = wrap(this.x + shortest(this.goal.x - this.x, this.side) * part, this.side);
    this.y = wrap(this.y + shortest(this.goal.y - this.y, this.side) * part, this.side);
    this.cells += (this.goal.cells - this.cells) * part;
  }

  /** How far a window of sectors must reach to cover the screen, 0 .. most. */
  reach(sector, most) {
    const half = Math.max(this.width, this.height) / 2 / (this.height / this.goal.cells);
    return Math.min(most, Math.max(1, Math.ceil((half - sector / 4) / sector)));
  }
}
