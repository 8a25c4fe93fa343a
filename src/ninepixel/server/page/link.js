// The way to the server: opens it, says hello, keeps it open, and says in words how it stands.

import { decode, encode } from "./msgpack.js";
import { FIELDS, Hear, Say, VERSION, hello } from "./messages.js";

const FIRST_WAIT = 0.5, LONGEST_WAIT = 20; // seconds between attempts: doubled each time, and scattered
const SILENCE = 15; // seconds without a word after which the way counts as broken
const CALM = 5; // seconds after which a connection counts as good, so that the next wait is short again

/** Seconds to wait before attempt number *attempt* (0, 1, 2 ...); *chance* is 0..1. */
export const wait = (attempt, chance) => Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT) * (0.75 + 0.5 * chance);

/** Where the live universe is told: beside the page. */
export const liveAddress = (place) => `${place.protocol === "https:" ? "wss:" : "ws:"}//${place.host}/live`;

/**
 * A connection that comes back. States: "connecting", "live", "waiting" (until the next attempt), "ended" (it is no use).
 */
export class Link {
  /**
   * @param {string} url
   * @param {(number: number, fields: Array) => void} onMessage every message but CHALLENGE
   * @param {(state: string, words: string) => void} onState
   */
  constructor(url, onMessage, onState) {
    Object.assign(this, { url, onMessage, onState, attempt: 0, socket: null, heard: 0, farewell: "", bytes: 0 });
    addEventListener("online", () => this.state === "waiting" && this.open());
    setInterval(() => this.#watch(), 1000);
  }

  open() {
    clearTimeout(this.timer);
    this.#tell("connecting", "Connecting …");
    this.farewell = "";
    const socket = this.socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.heard = this.opened = performance.now();
    socket.onmessage = (event) => socket === this.socket && this.#hear(event.data);
    socket.onclose = () => socket === this.socket && this.#lost();
  }

  /** Send a message; it is dropped when there is nobody to hear it. */
  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encode(message));
  }

  #tell(state, words) {
    this.state = state;
    this.onState(state, words);
  }

  #hear(data) {
    this.heard = performance.now();
    this.bytes += data.byteLength ?? data.length;
    let number, fields;
    try {
      if (typeof data === "string") throw new RangeError("text is not spoken here");
      [number, ...fields] = decode(new Uint8Array(data));
      if (fields.length < (FIELDS[number] ?? 0)) throw new RangeError(`message ${number} lacks fields`);
    } catch (error) {
      return this.end(`This is not a universe that the page understands (${error.message}).`);
    }
    if (number === Hear.CHALLENGE) {
      if (fields[0] === VERSION) return this.send(hello());
      return this.end(`The server speaks version ${fields[0]} of the protocol, this page version ${VERSION}. Reload the page.`);
    }
    if (number === Hear.WELCOME) this.#tell("live", "Live");
    if (number === Hear.BYE) this.farewell = fields[1] || fields[0];
    this.onMessage(number, fields);
  }

  /** Give up: the server cannot be understood. */
  end(words) {
    const { socket } = this;
    this.socket = null;
    socket.close();
    this.#tell("ended", words);
  }

  #lost() {
    this.socket = null;
    if (performance.now() - this.opened > CALM * 1000 && this.state === "live") this.attempt = 0;
    const seconds = wait(this.attempt++, Math.random());
    const why = this.farewell ? `The server said: ${this.farewell}` : this.state === "live" ? "The connection was lost." : "The server does not answer.";
    this.next = performance.now() + seconds * 1000;
    this.#tell("waiting", why);
    this.timer = setTimeout(() => this.open(), seconds * 1000);
  }

  #watch() {
    const now = performance.now();
    if (this.state === "waiting") this.onState("waiting", null, Math.max(0, Math.ceil((this.next - now) / 1000)));
    if (this.socket === null || now - this.heard < (SILENCE / 3) * 1000) return;
    if (now - this.heard > SILENCE * 1000) {
      const { socket } = this;
      socket.onclose = null; // a dead way may take minutes to close; the next one is not kept waiting
      socket.close();
      this.#lost();
    } else if (this.state === "live") this.send([Say.PING, Math.floor(now)]);
  }
}
