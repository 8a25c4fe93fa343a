// The whole universe in the corner: what moves where, how the ground glows, who thinks; click to fly there.

import { GLOW_RGB } from "./law.js";
import { wrap } from "./camera.js";
import { moodLight } from "./marks.js";
import { unitsOf } from "./replica.js";
import { status } from "./tracks.js";

const HEAD = 13, MIND = 12, FORM = 1, UNTOLD = 255, MOST_LOG2 = 6;

/**
 * The payload of OVERVIEW (server/page/overview.py says what is where).
 * @throws {RangeError} when it is none
 */
export function readOverview(bytes, side) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), number = bytes.length < HEAD ? 0 : view.getUint16(11, true);
  const map = HEAD + MIND * number;
  if (bytes.length <= map || bytes[0] !== FORM || bytes[map] > MOST_LOG2) throw new RangeError("overview: an unknown form");
  const cells = 1 << bytes[map], squares = bytes.subarray(map + 1);
  if (squares.length !== 4 * cells * cells) throw new RangeError("overview: of a wrong length");
  const share = (at) => (bytes[at] === UNTOLD ? null : bytes[at] / 200);
  const minds = Array.from({ length: number }, (_, i) => {
    const at = HEAD + MIND * i, word = view.getUint32(at + 8, true);
    const place = (offset) => (view.getUint16(at + offset, true) / 65536) * side;
    return { id: view.getUint32(at, true), x: place(4), y: place(6), status: word, guardian: (word & 1) === 1 };
  });
  return {
    cells,
    minds,
    gauges: { cpu: share(1), memory: share(2), disk: share(3), net: share(4) },
    lateness: view.getUint16(5, true) / 10,
    moving: view.getUint32(7, true),
    movers: squares.filter((_, i) => i % 4 === 0),
    field: squares.filter((_, i) => i % 4 !== 0),
  };
}

/** Draws overviews onto a canvas, and the view's frame over them. */
export class Minimap {
  /** @param {(x: number, y: number) => void} fly called with cells */
  constructor(canvas, fly) {
    Object.assign(this, { canvas, context: canvas.getContext("2d"), ground: document.createElement("canvas"), news: null, side: 1 });
    const go = (event) => {
      const box = canvas.getBoundingClientRect();
      fly(wrap((event.clientX - box.left) / box.width, 1) * this.side, wrap((event.clientY - box.top) / box.height, 1) * this.side);
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); go(event); });
    canvas.addEventListener("pointermove", (event) => event.buttons & 1 && go(event));
  }

  /** Take in a new overview. */
  update(news, side) {
    Object.assign(this, { news, side });
    const { cells, movers, field } = news, image = new ImageData(cells, cells);
    const totals = Array.from({ length: cells * cells }, (_, i) => [0, 1, 2].map((k) => unitsOf(field[3 * i + k])));
    const octaves = totals.map((t) => Math.log2(1 + (t[0] + t[1] + t[2]) / 16)), most = Math.max(5, ...octaves);
    totals.forEach((t, i) => {
      const sum = Math.max(1, t[0] + t[1] + t[2]), cubes = t.map((v) => (v / sum) ** 3), all = cubes.reduce((a, b) => a + b, 1e-4);
      const level = Math.max(0, (octaves[i] - most + 9) / 9) ** 1.8 * 0.62, crowd = Math.min(1, Math.sqrt(movers[i] / 160)) * 95;
      for (let k = 0; k < 3; k++)
        image.data[4 * i + k] = 4 + level * 200 * cubes.reduce((light, c, row) => light + (c / all) * GLOW_RGB[row][k], 0) + crowd * [0.85, 0.92, 1.1][k];
      image.data[4 * i + 3] = 255;
    });
    this.ground.width = this.ground.height = cells;
    this.ground.getContext("2d").putImageData(image, 0, 0);
  }

  /** Draw everything; *marked* is the id of the inspected mind. */
  draw(camera, marked) {
    const { canvas, context, news } = this, ratio = Math.min(devicePixelRatio, 2), width = Math.round(canvas.clientWidth * ratio);
    if (!width) return; // it is folded away
    if (canvas.width !== width) canvas.width = canvas.height = width;
    context.fillStyle = "#04050b";
    context.fillRect(0, 0, width, width);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    if (news) context.drawImage(this.ground, 0, 0, width, width);
    const scale = width / this.side;
    for (const mind of news?.minds ?? []) {
      const [x, y] = [mind.x * scale, mind.y * scale], [r, g, b] = moodLight(status.valence(mind.status) / 7, 1).map((v) => Math.round(90 + v * 165));
      context.fillStyle = mind.guardian ? "#ff2f6d" : `rgb(${r} ${g} ${b})`;
      if (mind.guardian) context.fillRect(x - ratio * 1.2, y - ratio * 1.2, ratio * 2.4, ratio * 2.4);
      else { context.beginPath(); context.arc(x, y, ratio * 2.1, 0, 7); context.fill(); }
      if (mind.id === marked) { context.strokeStyle = "#fff"; context.lineWidth = ratio; context.strokeRect(x - 5 * ratio, y - 5 * ratio, 10 * ratio, 10 * ratio); }
    }
    this.#frame(context, camera, width, scale, ratio);
  }

  #frame(context, camera, width, scale, ratio) {
    const wide = Math.min(width, (camera.width / camera.scale) * scale), high = Math.min(width, (camera.height / camera.scale) * scale);
    context.strokeStyle = "rgb(226 232 246 / .8)";
    context.lineWidth = ratio;
    for (const dx of [-width, 0, width]) for (const dy of [-width, 0, width]) // the frame hangs over the edge: the world goes on there
      context.strokeRect(camera.x * scale - wide / 2 + dx, camera.y * scale - high / 2 + dy, wide, high);
  }
}
