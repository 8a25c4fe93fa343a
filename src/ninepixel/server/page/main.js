// The page: joins the connection, the universe, the picture and the panels. Everything is decided elsewhere.

import * as chat from "./chat.js";
import { showGauges } from "./gauges.js";
import { KEYS, listen } from "./input.js";
import { Inspector, legend } from "./inspector.js";
import { Link, liveAddress } from "./link.js";
import { Hear, Say } from "./messages.js";
import { Minimap } from "./minimap.js";
import { Moments } from "./moments.js";
import { widthOf } from "./pack.js";
import { Painter } from "./painter.js";
import { Pace } from "./pace.js";
import { Universe, momentOf, noticeOf } from "./universe.js";

const ASK_EVERY = 500, PANELS_EVERY = 200; // milliseconds
const NOBODY = -1;
const $ = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

const canvas = $("view"), inspector = new Inspector(), pace = new Pace(), moments = new Moments(visit, speak);
const minimap = new Minimap($("minimap"), (x, y) => { release(); universe?.camera.fly(x, y, Infinity); });
let universe = null, painter = null, link = null, followed = NOBODY, tick = NaN;
let askedAt = 0, shownAt = 0, question = 0, notice = null;
const asked = new Map(); // question -> what to do with the answer

/** For tests and the curious. */
const figures = window.ninepixel = {
  frames: 0, fps: 0, decoded: 0, badChecks: 0, sprites: 0, drawn: 0, moments: 0, heard: 0, reconnects: 0, state: "connecting", quality: 1,
  get tick() { return tick; },
  get universe() { return universe; },
  get painter() { return painter; },
  get link() { return link; },
  get followed() { return followed; },
  get pace() { return pace; },
  /** The colours of a sprite, three by three, as they stand on the screen now, read back from the picture; null out of view. */
  readPixels(id) {
    const spot = universe.find(id, tick), slot = universe.tracks.slots.get(id);
    if (!spot || slot === undefined) return null;
    paint();
    const [x, y] = universe.camera.toScreen(...spot), third = (universe.camera.scale * widthOf(universe.tracks.kind(slot))) / 3;
    return [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => painter.colourAt(x + column * third, y + row * third, pace.ratio)));
  },
};

// -- what comes ---------------------------------------------------------------------------------------------------------

const hear = {
  [Hear.WELCOME]([, , , , tickMs, world]) {
    notify(null);
    const eye = universe?.name === world.universe && universe.side === 1 << world.side_log2 ? universe.camera : null;
    universe = new Universe(world, tickMs, (message) => link.send(message));
    if (eye) universe.camera = eye; // back where one was
    else moments.clear();
    fit();
    if (!eye) universe.camera.whole(), universe.camera.step(10);
    universe.camera.still = still.matches;
    $("universe").textContent = world.universe || "9pixel universe";
    chat.allow(Boolean(world.chat));
    ask("moments", 0, (ok, body) => ok && body.moments.forEach((fields) => told(fields, false)));
  },
  [Hear.FRAME]([at, payload]) {
    universe.frame(at, payload, performance.now());
    if (notice?.until <= at) notify(null);
  },
  [Hear.OVERVIEW]([, bytes]) {
    const first = universe.overview === null;
    universe.survey(bytes);
    showGauges(universe.overview.gauges);
    minimap.update(universe.overview, universe.side);
    if (first && followed === NOBODY) begin();
  },
  [Hear.MOMENT](fields) { told(fields, true); },
  [Hear.HEARD]([, , name, text]) { figures.heard++; chat.heard(name, text); },
  [Hear.NOTICE](fields) { notify(noticeOf(fields, universe?.clock.newest)); },
  [Hear.ANSWER]([id, ok, body]) {
    asked.get(id)?.(ok, body);
    asked.delete(id);
  },
};

function told(fields, live) {
  const moment = momentOf(fields, universe.side);
  if (!moments.add(moment, live)) return;
  figures.moments = moments.list.length;
  if (live) painter?.marks.flash(moment.kind, moment.x, moment.y, moment.tick);
}

function ask(what, about, then) {
  question = (question + 1) % 2 ** 31;
  asked.set(question, then);
  if (asked.size > 32) asked.delete(asked.keys().next().value);
  link.send([Say.ASK, question, what, about]);
}

function received(number, fields) {
  if (!hear[number] || (universe === null && number !== Hear.WELCOME && number !== Hear.NOTICE)) return;
  try {
    hear[number](fields);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    link.end(`The server sent what cannot be understood (${error.message}).`);
  }
}

function stateChanged(state, words, seconds) {
  if (state === "waiting" && words) figures.reconnects++;
  document.body.dataset.state = figures.state = state;
  if (words) stateChanged.words = words;
  $("state-words").textContent = seconds === undefined ? stateChanged.words : `${stateChanged.words} Trying again in ${seconds} s.`;
  banner();
}

function notify(news) {
  notice = news;
  banner();
}

function banner() {
  const lost = figures.state === "waiting" || figures.state === "ended";
  const text = lost ? stateChanged.words : notice?.text;
  $("banner").hidden = !text;
  if (text && $("banner").textContent !== text) $("banner").textContent = text;
}

// -- what is wanted -----------------------------------------------------------------------------------------------------

/** The first look: the whole, or where there is life in a universe that is too large for that. */
function begin() {
  const { camera, minds, side, sector } = universe, seen = 7 * sector;
  if (side <= seen * 1.25 || !minds.length) return;
  camera.fly(minds[0].x, minds[0].y, seen * 0.7);
}

function pick(id, { fly = true } = {}) {
  if (!universe || id === NOBODY) return;
  inspector.pick(id);
  askedAt = 0;
  follow(id);
  const spot = universe.find(id, tick);
  if (fly && spot) universe.camera.fly(...spot, 22);
}

function follow(id) {
  followed = id;
  $("follow").setAttribute("aria-pressed", String(id !== NOBODY));
}

function release() { follow(NOBODY); }

function visit(moment) {
  release();
  universe.camera.fly(moment.x, moment.y, 26);
  if (universe.tracks.slots.has(moment.sprite) && moment.kind !== "death") pick(moment.sprite, { fly: false });
  painter?.marks.flash(moment.kind, moment.x, moment.y, tick);
  sheet(null);
}

function sheet(name) {
  const open = document.body.dataset.sheet;
  if (name === null || open === name) delete document.body.dataset.sheet;
  else document.body.dataset.sheet = name;
}

function speak(words) { $("spoken").textContent = words; }

function help() { $("help").open ? $("help").close() : $("help").showModal(); }

const acts = {
  next: () => universe && pick(universe.neighbour(inspector.id, 1)),
  previous: () => universe && pick(universe.neighbour(inspector.id, -1)),
  follow: () => (followed === NOBODY ? inspector.id !== NOBODY && pick(inspector.id) : release()),
  in: () => universe?.camera.zoom(input.zoomStep),
  out: () => universe?.camera.zoom(1 / input.zoomStep),
  whole: () => { release(); universe?.camera.whole(); },
  pick: () => universe && pick(universe.at(universe.camera.width / 2, universe.camera.height / 2, tick), { fly: false }),
  release: () => { release(); inspector.pick(NOBODY); sheet(null); },
  help,
  moments: () => sheet("moments"),
  chart: () => sheet("chart"),
  chat: () => sheet("chat"),
  reload: () => location.reload(),
};

const input = listen(canvas, {
  drag(dx, dy) { release(); universe?.camera.drag(dx, dy); },
  pan(dx, dy) { release(); universe?.camera.pan(dx, dy); },
  zoom(factor, x, y) { followed === NOBODY ? universe?.camera.zoom(factor, x, y) : universe?.camera.zoom(factor); },
  pick(x, y) {
    const id = universe ? universe.at(x, y, tick) : NOBODY;
    id === NOBODY ? (release(), inspector.pick(NOBODY)) : pick(id, { fly: false });
  },
  act: (name) => acts[name]?.(),
});

// -- what is shown ------------------------------------------------------------------------------------------------------

function fit() {
  const width = canvas.clientWidth || 1, height = canvas.clientHeight || 1, ratio = pace.ratioFor(devicePixelRatio);
  const wide = Math.max(1, Math.round(width * ratio)), high = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  universe?.camera.resize(width, height);
}

function paint() {
  const { tracks, ground, camera, overview } = universe;
  painter.draw({ tracks, ground, camera, tick, picked: inspector.id, still: still.matches, quality: pace.quality, far: overview?.minds ?? [] }, pace.ratio);
}

function loop(now) {
  requestAnimationFrame(loop);
  const seconds = pace.frame(now);
  if (!universe || !painter) return;
  fit();
  input.step(seconds);
  tick = universe.clock.read(now);
  if (Number.isNaN(tick)) tick = 0;
  const spot = followed === NOBODY ? null : universe.find(followed, tick);
  if (spot) universe.camera.hold(...spot);
  universe.camera.step(seconds);
  universe.look(now);
  universe.ground.step();
  paint();
  figures.frames++;
  if (now - shownAt > PANELS_EVERY) panels(now);
}

function panels(now) {
  shownAt = now;
  const { tracks, replica, clock } = universe, slot = tracks.slots.get(inspector.id);
  universe.ground.range();
  Object.assign(figures, { fps: pace.fps, decoded: replica.decoded, badChecks: replica.badChecks, sprites: tracks.slots.size, drawn: painter.drawn, quality: pace.quality });
  $("tick").textContent = `tick ${Math.max(0, Math.floor(tick)).toLocaleString("en")}`;
  $("population").textContent = `${painter.drawn.toLocaleString("en")} in view`;
  $("fps").textContent = `${Math.round(pace.fps)} fps`;
  $("minds").textContent = String(universe.minds.length);
  inspector.show(tracks.row, slot);
  moments.show(clock.newest, clock.tickMs);
  minimap.draw(universe.camera, inspector.id);
  if (inspector.id !== NOBODY && inspector.id < 2 ** 30 && link.state === "live" && now - askedAt > ASK_EVERY && !inspector.gone) {
    const about = inspector.id, life = inspector.facts !== null || (slot !== undefined && tracks.kind(slot) >= 5) || universe.overview?.minds.some((mind) => mind.id === about);
    askedAt = life ? now : Infinity; // a name is asked for once
    ask(life ? "mind" : "name", about, (ok, body) => about === inspector.id && inspector.answer(ok, body));
  }
}

// -- the beginning ------------------------------------------------------------------------------------------------------

function trouble(words) {
  $("trouble-words").textContent = words;
  if (!$("trouble").open) $("trouble").showModal();
}

function start() {
  $("keys").append(...KEYS.flatMap(([keys, what]) => [["dt", keys], ["dd", what]].map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text }))));
  $("legend").append(...legend());
  if (!("WebSocket" in window)) return trouble("This browser has no WebSocket, through which the live universe comes.");
  try {
    painter = new Painter(canvas);
  } catch (error) {
    return trouble(`${error.message} Another browser, or turning hardware acceleration on, may help.`);
  }
  canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); painter = null; });
  canvas.addEventListener("webglcontextrestored", () => { painter = new Painter(canvas); });
  link = new Link(liveAddress(location), received, stateChanged);
  link.open();
  requestAnimationFrame(loop);
}

start();
