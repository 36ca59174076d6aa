// The CBOR that entries are kept in (RFC 8949): written lengths, text keys, each once, no tags. What
// is anything else is no entry. Made for exact bytes: it tells where an item ends, and reads no more.

import { type Bytes, fromUtf8 } from "./bytes";

export type Item = null | boolean | number | bigint | string | Bytes | Item[] | Map<string, Item>;

/** Nesting of an entry, with some to spare. */
const DEPTH_MAX = 32;

const [NUMBER, NEGATIVE, BYTES, TEXT, ARRAY, MAP, SIMPLE] = [0, 1, 2, 3, 4, 5, 7];
const [FALSE, TRUE, NULL, HALF, SINGLE, DOUBLE] = [20, 21, 22, 25, 26, 27];

/** Thrown when bytes are no such CBOR. */
export class NotCbor extends Error {}

/** The item that these bytes are, to the last of them. */
export function decode(bytes: Uint8Array): Item {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (!reader.isAtEnd) throw new NotCbor("something stands behind it");
  return item;
}

/** The items that these bytes are, one after the other (RFC 8742). */
export function decodeSequence(bytes: Uint8Array): Item[] {
  const reader = new Reader(bytes);
  const items: Item[] = [];
  while (!reader.isAtEnd) items.push(reader.item(0));
  return items;
}

class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  item(depth: number): Item {
    if (depth > DEPTH_MAX) throw new NotCbor("it is nested too deep");
    const start = this.#take(1);
    const first = this.#view.getUint8(start);
    const [major, short] = [first >> 5, first & 31];
    if (major === SIMPLE) return this.#simple(short);
    const value = this.#head(short);
    switch (major) {
      case NUMBER:
        return small(value);
      case NEGATIVE:
        return small(-1n - value);
      case BYTES:
        return this.#slice(value);
      case TEXT:
        return fromUtf8(this.#slice(value)) ?? fail("a text is not UTF-8");
      case ARRAY:
        return Array.from({ length: this.#count(value, 1) }, () => this.item(depth + 1));
      case MAP:
        return this.#map(this.#count(value, 2), depth);
      default:
        return fail("it has a tag");
    }
  }

  #map(pairs: number, depth: number): Map<string, Item> {
    const map = new Map<string, Item>();
    for (let pair = 0; pair < pairs; pair += 1) {
      const key = this.item(depth + 1);
      if (typeof key !== "string") return fail("a key is no text");
      if (map.has(key)) return fail("a key stands twice in it");
      map.set(key, this.item(depth + 1));
    }
    return map;
  }

  #simple(short: number): Item {
    switch (short) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NULL:
        return null;
      case HALF:
        return half(this.#view.getUint16(this.#take(2)));
      case SINGLE:
        return this.#view.getFloat32(this.#take(4));
      case DOUBLE:
        return this.#view.getFloat64(this.#take(8));
      default:
        return fail("it has a value that is not known");
    }
  }

  #head(short: number): bigint {
    if (short < 24) return BigInt(short);
    if (short > 27) return fail("it has a length that is not written down");
    const width = 2 ** (short - 24);
    const at = this.#take(width);
    let value = 0n;
    for (let byte = at; byte < at + width; byte += 1) value = (value << 8n) | BigInt(this.#view.getUint8(byte));
    return value;
  }

  /** How many items follow; each takes a byte at least. */
  #count(value: bigint, bytesEach: number): number {
    if (value * BigInt(bytesEach) > BigInt(this.bytes.length - this.#at)) return fail("it ends early");
    return Number(value);
  }

  #slice(length: bigint): Bytes {
    const at = this.#take(this.#count(length, 1));
    return new Uint8Array(this.bytes.slice(at, this.#at));
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.bytes.length) fail("it ends early");
    this.#at = at + count;
    return at;
  }
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A number of 16 bits (RFC 8949, appendix D). */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (fraction + 1024) * 2 ** (exponent - 25);
}

function fail(reason: string): never {
  throw new NotCbor(reason);
}
