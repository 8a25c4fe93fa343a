// What time it is over there. Frames come about every tick, early or late; the clock runs evenly a little behind them.

/** Follows the newest tick at a steady pace, *behind* milliseconds late. Times are milliseconds, passed in. */
export class Clock {
  constructor(tickMs = 50, behind = 100) {
    Object.assign(this, { tickMs, behind, nominal: tickMs, tick: NaN, newest: NaN, heardAt: NaN, readAt: NaN, mark: null });
  }

  /** A frame of *tick* came at *now*. */
  heard(tick, now) {
    if (tick < this.newest - 1) Object.assign(this, { tick: NaN, mark: null }); // another history: begin anew
    else if (tick <= this.newest) return;
    this.#pace(tick, now);
    this.newest = tick;
    this.heardAt = now;
  }

  /** The pace, measured over a second: an overloaded server halves its rate, and frames may come in heaps. */
  #pace(tick, now) {
    if (this.mark === null || now - this.mark.now > 4000) this.mark = { tick, now }; // it stood still: that is no pace
    if (now - this.mark.now < 1000) return;
    const pace = (now - this.mark.now) / (tick - this.mark.tick);
    this.tickMs += (Math.min(Math.max(pace, this.nominal / 4), this.nominal * 4) - this.tickMs) * 0.3;
    this.mark = { tick, now };
  }

  /** The tick to show at *now*, with a fraction; never past the newest. */
  read(now) {
    if (Number.isNaN(this.newest)) return NaN;
    const goal = this.newest + (now - this.heardAt - this.behind) / this.tickMs;
    if (Number.isNaN(this.tick) || Math.abs(goal - this.tick) > 20) this.tick = Math.min(goal, this.newest);
    else {
      const passed = (now - this.readAt) / this.tickMs;
      // Keep pace, and take back a part of the difference: late frames slow the view, early ones hurry it, none makes it jump.
      this.tick += Math.max(0, passed + (goal - this.tick - passed) * Math.min(0.1, passed));
    }
    this.readAt = now;
    this.tick = Math.min(this.tick, this.newest);
    return this.tick;
  }
}
