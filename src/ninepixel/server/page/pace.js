// How fast frames come, and how fine they may be: a slow machine draws fewer pixels rather than fewer frames.

const SHARPEST = 2; // device pixels a CSS pixel, at most
const SLOW = 31, FAST = 19; // milliseconds a frame: above it is made coarser, below finer
const STEPS = [1, 0.8, 0.64, 0.5];

/** Measures frames; times are milliseconds, passed in. */
export class Pace {
  constructor() {
    Object.assign(this, { last: NaN, mean: 16.7, step: 0, changed: 0, patience: 4000, ratio: 1 });
  }

  get fps() { return 1000 / this.mean; }
  get quality() { return STEPS[this.step]; }

  /** A frame begins. Returns seconds since the last, at most a tenth. */
  frame(now) {
    const passed = Number.isNaN(this.last) ? 16.7 : now - this.last;
    this.last = now;
    if (passed > 500) return 0.1; // the page was hidden
    this.mean += (passed - this.mean) * 0.05;
    if (now - this.changed > 1500 && this.mean > SLOW && this.step < STEPS.length - 1) this.#turn(1, now);
    else if (now - this.changed > this.patience && this.mean < FAST && this.step > 0) {
      this.patience = Math.min(this.patience * 2, 120_000); // each try costs a stutter when it fails
      this.#turn(-1, now);
    }
    return Math.min(passed, 100) / 1000;
  }

  #turn(by, now) {
    this.step += by;
    this.changed = now;
  }

  /** Device pixels a CSS pixel to draw with, on a screen of that ratio. */
  ratioFor(screen) {
    this.ratio = Math.min(screen || 1, SHARPEST) * this.quality;
    return this.ratio;
  }
}
