// Who is this? The panel of one sprite: its pixels, and of a mind what the server knows of its life (server/facts.py).

import { BODY_RGB, DEEDS, FIRST_KIND, KIND_NAMES, MATTER_NAMES, MOODS, MOVES, ROLES } from "./law.js";
import { moodLight } from "./marks.js";
import { coloursOf, massOf } from "./pack.js";
import { WORDS } from "./replica.js";
import { Kind, status } from "./tracks.js";

const TIER = ["", "#7fb4e8", "#63d3c0", "#ffcc28", "#ffe9c8"];
const ROWS = [["red", "perception", "--red"], ["blue", "cognition", "--blue"], ["yellow", "execution", "--yellow"]];
const LED = { guest: "led by a guest", instinct: "lives by instinct", learned: "lives by what it has learned", random: "lives by chance", still: "does nothing", guardian: "guards matter" };
const DOES = { rest: "rests", graze: "grazes", strike: "strikes", shoot: "shoots", excrete: "excretes", decode: "decodes", take: "takes", give: "gives", mate: "courts" };
const THINGS = { [Kind.SHOT]: "a shot", [Kind.COIN]: "a coin", [Kind.LOOT]: "loot", [Kind.EGG]: "an egg" };

const $ = (id) => document.getElementById(id);
const make = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text ?? "", className: name ?? "" });
export const css = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;

/** A number of things, in words. */
const some = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** What a sprite is, in words. */
export function kindNote(kind, matter) {
  if (THINGS[kind]) return THINGS[kind];
  const of = MATTER_NAMES[matter] ?? "unknown matter";
  if (kind === Kind.MATTER) return `a file of ${of}`;
  if (kind === Kind.MOTE) return `a mote of ${of}`;
  return kind === Kind.CREATURE ? "a creature: a process" : `a ${KIND_NAMES[kind] ?? "body"}`;
}

/** The feeling of a status word, when the server has not said it. */
export function feelingOf(word, guardian) {
  if (guardian) return { idle: "at rest", hunt: "hunting", flee: "fleeing", return: "returning" }[MOODS[status.mood(word)]];
  const valence = status.valence(word) * (10240 / 7), excited = status.arousal(word) * (8192 / 15) >= 4096;
  if (valence <= -2048) return excited ? "afraid" : "dejected";
  if (valence >= 2048) return excited ? "elated" : "content";
  return excited ? "curious" : "indifferent";
}

/** The panel. */
export class Inspector {
  constructor() {
    this.id = -1;
    this.facts = null;
    this.bars = {};
    $("deeds").append(...DEEDS.map((deed) => {
      const item = make("li");
      item.title = `${deed.name.replace("_", " ")}: ${deed.what}`;
      item.style.setProperty("--tier", TIER[deed.tier]);
      item.append(make("span", `${deed.name} not yet`));
      return item;
    }));
  }

  /** Look at a sprite; -1 at nothing. */
  pick(id) {
    if (id === this.id) return;
    Object.assign(this, { id, facts: null, note: "", name: null, gone: false });
    $("inspector").hidden = id < 0;
    $("bars").replaceChildren();
    $("facts").replaceChildren();
    this.bars = {};
    $("deeds-part").hidden = true;
  }

  /** What the server said of it; a text when it says nothing. */
  answer(ok, body) {
    if (ok && body.stores) this.facts = body;
    else if (ok && body.name) this.name = body.name;
    else if (!ok && this.facts) this.gone = true;
  }

  /** Show it as it is now. *row* is its row in *words*, or null when it is out of view. */
  show(words, slot) {
    if (this.id < 0) return;
    const at = slot * WORDS, seen = slot !== undefined;
    if (seen) this.row = words.slice(at, at + WORDS);
    const { row, facts } = this;
    if (!row || row[0] !== this.id) return;
    const kind = row[3] & 255, guardian = kind === Kind.GUARDIAN, life = kind === Kind.MIND || guardian;
    $("who").textContent = facts?.name ?? this.name ?? kindNote(kind, (row[3] >>> 8) & 255);
    $("what").textContent = this.gone ? "lives no more" : facts ? `${guardian ? "guardian" : "mind"}, ${LED[facts.led_by] ?? facts.led_by}, generation ${facts.generation}` : kindNote(kind, (row[3] >>> 8) & 255);
    this.#pixels(row, kind);
    $("feels").hidden = !life;
    if (life) {
      const mood = moodLight(status.valence(row[2]) / 7, status.arousal(row[2]) / 15);
      $("feels").style.setProperty("--mood", guardian ? "#ff2f6d" : css(mood.map((v) => 60 + 195 * v)));
      $("feels").textContent = facts?.feels ?? feelingOf(row[2], guardian);
    }
    if (facts) this.#life(facts, guardian);
    else this.#matter(row, kind);
  }

  #pixels(row, kind) {
    const context = $("pixels").getContext("2d"), colours = coloursOf(row, 0), across = Math.sqrt(colours.length), wide = 66 / across;
    colours.forEach((colour, i) => {
      context.fillStyle = css(colour);
      context.fillRect((i % across) * wide, Math.floor(i / across) * wide, wide, wide);
    });
    const bases = [row[5], row[6], row[7]].flatMap((c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255]);
    $("pixels").setAttribute("aria-label", kind === Kind.COIN || kind === Kind.LOOT ? "Its pixels" : `Its nine pixels, bases ${bases.join(", ")}`);
  }

  /** A bar that is made once and then only moves. */
  #bar(name, colour, share, text, mark) {
    let bar = this.bars[name];
    if (!bar) {
      const label = make("span", name, "faint"), outer = make("div", "", "bar"), fill = make("i"), amount = make("span", "", "amount");
      outer.style.setProperty("--of", `var(${colour})`);
      outer.append(fill);
      if (mark !== undefined) {
        const line = make("b");
        line.style.left = `${100 * mark}%`;
        outer.append(line);
      }
      $("bars").append(label, outer, amount);
      bar = this.bars[name] = { fill, amount };
    }
    bar.fill.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
    bar.amount.textContent = text;
  }

  #facts(pairs) {
    const list = $("facts");
    while (list.children.length > pairs.length * 2) list.lastChild.remove();
    pairs.forEach(([label, value], i) => {
      if (list.children.length < i * 2 + 2) list.append(make("dt"), make("dd"));
      list.children[i * 2].textContent = label;
      list.children[i * 2 + 1].textContent = value;
    });
  }

  #life(facts, guardian) {
    // Full is twice the set point; the line in the middle is where homeostasis wants a store to be.
    ROWS.forEach(([name, , colour], i) => this.#bar(name, colour, facts.stores[i] / facts.set_point / 2, `${Math.round((100 * facts.stores[i]) / facts.set_point)} %`, 0.5));
    this.#bar("health", "--ink", facts.health / facts.whole, `${Math.max(0, facts.health)}`);
    const does = [DOES[facts.act] ?? facts.act, facts.move ? `goes ${MOVES[facts.move]}` : "", facts.word ? `says “${facts.word}”` : ""];
    const pairs = [["does", does.filter(Boolean).join(", ")], ["age", some(facts.age, "tick", "ticks")]];
    if (facts.reads) pairs.push(["reads", `${facts.reads}, section ${facts.section + 1}`]);
    if (!guardian) pairs.push(["owns", `${some(facts.coins, "coin", "coins")}, ${some(facts.files, "file", "files")} read`], ["line", `${some(facts.children, "child", "children")}, ${some(facts.kills, "kill", "kills")}`]);
    this.#facts(pairs);
    $("deeds-part").hidden = guardian;
    const done = new Set(facts.deeds);
    $("deeds-count").textContent = `${done.size} of ${DEEDS.length}`;
    DEEDS.forEach((deed, i) => {
      const item = $("deeds").children[i];
      item.classList.toggle("done", done.has(deed.name));
      item.firstChild.textContent = `${deed.name.replace("_", " ")} ${done.has(deed.name) ? "done" : "not yet"}`;
    });
  }

  #matter(row, kind) {
    const red = row[4] & 0xffff, blue = row[4] >>> 16, shares = [red, blue, 65536 - red - blue].map((w) => w / 65536);
    ROWS.forEach(([name, , colour], i) => this.#bar(name, colour, shares[i], `${Math.round(shares[i] * 100)} %`));
    const mass = massOf(row, 0), heat = row[2] & 31;
    const pairs = kind > 32 ? [["strength", `${mass}`]] : [["mass", `${(mass / 16).toFixed(1)} octaves`], ["energy", heat ? `under ${(2 ** heat).toLocaleString("en")}` : "none"]];
    if ((row[3] >>> 16) & 2) pairs.push(["sealed", "a secret: never opened, never named"]);
    this.#facts(pairs);
  }
}

/** The legend of the help: what colour is which class of matter, and who is who. */
export function legend() {
  const names = [...MATTER_NAMES, "folder", "creature", "mind", "guardian"];
  return BODY_RGB.map((colour, i) => {
    const item = make("li", names[i] ?? ROLES[i - FIRST_KIND]);
    item.style.setProperty("--of", css(colour));
    return item;
  });
}
