// Keys, mouse and fingers. What the mouse can do, keys and fingers can do too.

const PAN = { ArrowLeft: [-1, 0], a: [-1, 0], ArrowRight: [1, 0], d: [1, 0], ArrowUp: [0, -1], w: [0, -1], ArrowDown: [0, 1], s: [0, 1] };
const DO = { n: "next", p: "previous", f: "follow", h: "help", "?": "help", F1: "help", "+": "in", "=": "in", "-": "out", _: "out", 0: "whole", Home: "whole", Enter: "pick", e: "pick", Escape: "release" };
const CLICK = 6; // pixels that a pointer may move and still have clicked
const ZOOM = 1.4;

/** What the help lists. */
export const KEYS = [
  ["drag, arrows, WASD", "move over the universe"],
  ["wheel, pinch, + and −", "zoom"],
  ["click, Enter", "inspect and follow; Enter takes what is in the middle"],
  ["N and P", "next and previous mind"],
  ["F", "follow, or let go"],
  ["0, Home", "the whole universe"],
  ["Esc", "close what is open"],
  ["H", "this"],
];

/**
 * Listen on the canvas and the page.
 * @param {{drag: Function, pan: Function, zoom: Function, pick: Function, act: Function}} to
 *   drag(dx, dy) pixels; pan(dx, dy) parts of the screen; zoom(factor, x, y); pick(x, y); act(name)
 */
export function listen(canvas, to) {
  const fingers = new Map(), held = new Set();
  let moved = 0;
  const middle = () => {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    if (!fingers.size) moved = 0;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const before = fingers.size === 2 ? middle() : null, dx = event.clientX - finger.x, dy = event.clientY - finger.y;
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    moved += Math.hypot(dx, dy);
    if (before) {
      const now = middle();
      to.drag(now.x - before.x, now.y - before.y);
      if (before.apart > 1 && now.apart > 1) to.zoom(now.apart / before.apart, now.x, now.y);
      moved = Infinity;
    } else if (moved > CLICK) {
      canvas.classList.add("dragged");
      to.drag(dx, dy);
    }
  });
  const up = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && !fingers.size && moved <= CLICK) to.pick(event.clientX, event.clientY);
    if (!fingers.size) canvas.classList.remove("dragged");
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    to.zoom(2 ** (-Math.max(-240, Math.min(240, event.deltaY * lines)) / 240), event.clientX, event.clientY);
  }, { passive: false });

  const named = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = named(event), onButton = event.target.closest?.("button, dialog, [tabindex]:not(canvas)");
    if (onButton && (key === "Enter" || key === " " || key.startsWith("Arrow"))) return; // they belong to what has the focus
    if (PAN[key]) held.add(key);
    else if (DO[key]) to.act(DO[key]);
    else return;
    if (key !== "Escape") event.preventDefault();
  });
  addEventListener("keyup", (event) => held.delete(named(event)));
  addEventListener("blur", () => held.clear());
  for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => to.act(button.dataset.do));

  return {
    zoomStep: ZOOM,
    /** Move by the keys that are held; call once a frame. */
    step(seconds) {
      for (const key of held) to.pan(PAN[key][0] * seconds * 0.9, PAN[key][1] * seconds * 0.9);
    },
  };
}
