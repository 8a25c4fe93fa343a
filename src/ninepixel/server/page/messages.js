// The protocol's numbers (docs/PROTOCOL.md): every message is one msgpack array that begins with its number.

export const VERSION = 1;

export const Say = Object.freeze({ HELLO: 1, SAY: 7, LOOK: 8, ASK: 9, RESYNC: 10, PING: 12, BYE: 13 });

export const Hear = Object.freeze({
  CHALLENGE: 64, WELCOME: 65, FRAME: 66, NOTICE: 68, HEARD: 69, ANSWER: 70,
  OVERVIEW: 71, MOMENT: 72, PONG: 73, REFUSED: 74, BYE: 75,
});

/** How many fields follow each number at least; a message with fewer is refused. */
export const FIELDS = Object.freeze({
  [Hear.CHALLENGE]: 4, [Hear.WELCOME]: 7, [Hear.FRAME]: 3, [Hear.NOTICE]: 3, [Hear.HEARD]: 4, [Hear.ANSWER]: 3,
  [Hear.OVERVIEW]: 2, [Hear.MOMENT]: 6, [Hear.PONG]: 2, [Hear.REFUSED]: 3, [Hear.BYE]: 2,
});

const NOTHING = new Uint8Array(0);

/** Who a page is: a watcher without a key, whom the content's version does not matter to. */
export const hello = () => [Say.HELLO, VERSION, NOTHING, "watch", "", NOTHING, "", "ninepixel-page"];
