// The part of msgpack that the protocol speaks: nil, booleans, integers, strings, bytes, arrays and maps; nothing else is let in.
// Strict both ways: no floats, no extensions, no deep nesting, no bytes left over.

const MOST_DEEP = 4;
const toText = new TextDecoder("utf-8", { fatal: true });
const fromText = new TextEncoder();

/**
 * One message.
 * @param {Uint8Array} bytes
 * @returns {*} numbers (integers up to 2**53), strings, Uint8Array views on *bytes*, arrays, objects with null prototype
 * @throws {RangeError} when the bytes are no message of this kind
 */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function need(count) {
    if (at + count > bytes.length) throw new RangeError(`msgpack: cut short at byte ${bytes.length}`);
    at += count;
    return at - count;
  }
  function safe(big) {
    const number = Number(big);
    if (!Number.isSafeInteger(number)) throw new RangeError(`msgpack: ${big} is too large for a number`);
    return number;
  }
  function blob(count) {
    const start = need(count);
    return bytes.subarray(start, start + count);
  }
  function text(count) {
    try {
      return toText.decode(blob(count));
    } catch {
      throw new RangeError("msgpack: a string is no UTF-8");
    }
  }
  function list(count, deep) {
    if (count > bytes.length - at) throw new RangeError("msgpack: an array is longer than its message");
    return Array.from({ length: count }, () => value(deep + 1));
  }
  function map(count, deep) {
    if (2 * count > bytes.length - at) throw new RangeError("msgpack: a map is longer than its message");
    const object = Object.create(null);
    for (let i = 0; i < count; i++) {
      const key = value(deep + 1);
      if (typeof key !== "string") throw new RangeError("msgpack: the keys of maps are strings");
      object[key] = value(deep + 1);
    }
    return object;
  }
  function value(deep) {
    if (deep > MOST_DEEP) throw new RangeError("msgpack: nested too deeply");
    const tag = bytes[need(1)];
    if (tag < 0x80) return tag;
    if (tag < 0x90) return map(tag & 15, deep);
    if (tag < 0xa0) return list(tag & 15, deep);
    if (tag < 0xc0) return text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return blob(view.getUint8(need(1)));
      case 0xc5: return blob(view.getUint16(need(2)));
      case 0xc6: return blob(view.getUint32(need(4)));
      case 0xcc: return view.getUint8(need(1));
      case 0xcd: return view.getUint16(need(2));
      case 0xce: return view.getUint32(need(4));
      case 0xcf: return safe(view.getBigUint64(need(8)));
      case 0xd0: return view.getInt8(need(1));
      case 0xd1: return view.getInt16(need(2));
      case 0xd2: return view.getInt32(need(4));
      case 0xd3: return safe(view.getBigInt64(need(8)));
      case 0xd9: return text(view.getUint8(need(1)));
      case 0xda: return text(view.getUint16(need(2)));
      case 0xdb: return text(view.getUint32(need(4)));
      case 0xdc: return list(view.getUint16(need(2)), deep);
      case 0xdd: return list(view.getUint32(need(4)), deep);
      case 0xde: return map(view.getUint16(need(2)), deep);
      case 0xdf: return map(view.getUint32(need(4)), deep);
      default: throw new RangeError(`msgpack: type 0x${tag.toString(16)} is not spoken here`);
    }
  }

  const result = value(0);
  if (at !== bytes.length) throw new RangeError(`msgpack: ${bytes.length - at} bytes too many`);
  return result;
}

/**
 * The bytes of one message: the shortest encoding of everything, as Python's msgpack writes it.
 * @param {*} message integers, strings, booleans, null, Uint8Array, arrays, plain objects
 * @returns {Uint8Array}
 * @throws {TypeError} when it holds anything else
 */
export function encode(message) {
  const out = [];
  const many = (value, count) => { for (let k = count - 1; k >= 0; k--) out.push(Math.floor(value / 2 ** (8 * k)) & 255); };
  const sized = (count, tags) => {
    const [fix, below, ...wider] = tags; // a fixed tag for counts below a bound, then [tag, bytes] ever wider
    if (count < below) return void out.push(fix | count);
    const [tag, width] = wider.find(([, bytes]) => count < 2 ** (8 * bytes));
    out.push(tag);
    many(count, width);
  };

  function integer(value) {
    if (!Number.isSafeInteger(value)) throw new TypeError(`msgpack: ${value} is no whole number`);
    if (value >= 0) return sized(value, [0, 128, [0xcc, 1], [0xcd, 2], [0xce, 4], [0xcf, 8]]);
    if (value >= -32) return void out.push(value & 255);
    const width = value >= -128 ? 1 : value >= -32768 ? 2 : value >= -(2 ** 31) ? 4 : 8;
    out.push({ 1: 0xd0, 2: 0xd1, 4: 0xd2, 8: 0xd3 }[width]);
    for (let k = width - 1; k >= 0; k--) out.push(Number((BigInt(value) >> BigInt(8 * k)) & 255n));
  }
  function put(value) {
    if (value === null) out.push(0xc0);
    else if (typeof value === "boolean") out.push(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") integer(value);
    else if (typeof value === "string") {
      const bytes = fromText.encode(value);
      sized(bytes.length, [0xa0, 32, [0xd9, 1], [0xda, 2], [0xdb, 4]]);
      out.push(...bytes);
    } else if (value instanceof Uint8Array) {
      sized(value.length, [0, 0, [0xc4, 1], [0xc5, 2], [0xc6, 4]]);
      out.push(...value);
    } else if (Array.isArray(value)) {
      sized(value.length, [0x90, 16, [0xdc, 2], [0xdd, 4]]);
      value.forEach(put);
    } else if (typeof value === "object") {
      const entries = Object.entries(value);
      sized(entries.length, [0x80, 16, [0xde, 2], [0xdf, 4]]);
      entries.forEach(([key, item]) => (put(key), put(item)));
    } else throw new TypeError(`msgpack: ${typeof value} cannot be sent`);
  }

  put(message);
  return Uint8Array.from(out);
}
