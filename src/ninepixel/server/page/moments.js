// The timeline: births, deaths and deeds, as marks on a strip and as lines to read; each leads to its place.

const KEPT = 96, LINES = 32;
const NAMES = { birth: "Birth", death: "Death", deed: "Deed" };
const make = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text ?? "", className: name ?? "" });
const $ = (id) => document.getElementById(id);

/** How long ago, for people. */
export function ago(seconds) {
  if (seconds < 2) return "now";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Keeps moments, the newest last. */
export class Moments {
  /** @param {(moment: object) => void} fly @param {(words: string) => void} speak for those who listen to the page */
  constructor(fly, speak) {
    Object.assign(this, { fly, speak, list: [], known: new Set() });
  }

  /** A moment: {tick, kind, sprite, x, y, text}, places in cells. Returns whether it is news. */
  add(moment, live = true) {
    const key = `${moment.tick} ${moment.kind} ${moment.sprite} ${moment.text}`;
    if (this.known.has(key)) return false;
    this.known.add(key);
    const kind = moment.kind in NAMES ? moment.kind : "deed";
    const mark = make("button", "", kind), line = make("li", "", kind), go = make("button");
    mark.title = moment.text;
    mark.setAttribute("aria-label", `${NAMES[kind]}: ${moment.text}`);
    mark.tabIndex = -1; // the list below has the same for the keyboard
    const time = make("time");
    const sign = make("span", "", "sign");
    sign.setAttribute("aria-hidden", "true");
    go.append(sign, make("span", moment.text), time);
    line.append(go);
    mark.onclick = go.onclick = () => this.fly(moment);
    const entry = { ...moment, mark, line, time };
    this.list.push(entry);
    this.list.sort((one, other) => one.tick - other.tick);
    while (this.list.length > KEPT) this.#drop(this.list.shift());
    $("strip").append(mark);
    this.#insert(entry);
    $("no-moments").hidden = true;
    if (live) this.speak(moment.text);
    return true;
  }

  /** Put a line among the newest, which stand above. */
  #insert(entry) {
    const newer = this.list[this.list.indexOf(entry) + 1], stories = $("stories");
    if (!newer) stories.prepend(entry.line);
    else if (newer.line.isConnected) newer.line.after(entry.line);
    while (stories.children.length > LINES) stories.lastChild.remove();
  }

  #drop(old) {
    old.mark.remove();
    old.line.remove();
    this.known.delete(`${old.tick} ${old.kind} ${old.sprite} ${old.text}`);
  }

  clear() {
    this.list.splice(0).forEach((old) => this.#drop(old));
    $("no-moments").hidden = false;
  }

  /** Put the marks where they belong at *tick*: the strip ends now and begins with the oldest, but holds five minutes at most. */
  show(tick, tickMs) {
    if (!this.list.length || Number.isNaN(tick)) return;
    const span = Math.min(Math.max(tick - this.list[0].tick, 600), 300_000 / tickMs);
    for (const moment of this.list) {
      const part = 1 - (tick - moment.tick) / span;
      moment.mark.hidden = part < 0;
      moment.mark.style.left = `${2 + 96 * Math.min(1, part)}%`;
      const words = ago(((tick - moment.tick) * tickMs) / 1000);
      if (moment.time.textContent !== words) moment.time.textContent = words;
    }
  }
}
