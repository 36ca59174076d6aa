// Entries one after the other: each names the one before, and commits to its payload. Whoever checks a
// log, a range of it, or one entry walks it with a `Chain`; nobody needs the server's word for it.

import { type Bytes, equal } from "./bytes";
import { type Item, NotCbor, decode, decodeSequence } from "./cbor";
import { type Flaw, refuse } from "./fault";
import { HASH_BYTES, leafHash, payloadCommitment } from "./hash";

const ENVELOPE_VERSION = 1;

/** The exact bytes of an entry; salt and payload are there unless the payload was erased. */
export interface ExactEntry {
  readonly envelope: Bytes;
  readonly body?: { readonly salt: Bytes; readonly payload: Bytes };
}

/** Where an entry stands, and what it commits to. */
export interface Place {
  readonly seq: number;
  readonly plan: string;
  readonly previous: Bytes;
  readonly payloadLength: number;
  readonly payloadCommitment: Bytes;
}

/** An entry that holds. */
export interface HeldEntry {
  readonly seq: number;
  readonly leaf: Bytes;
  readonly envelope: ReadonlyMap<string, Item>;
  /** What it says, byte for byte; absent where that was erased. */
  readonly payload?: Bytes;
}

/** Reads entries as they travel: one array of envelope, salt and payload each. */
export function readEntries(sequence: Uint8Array, from: number): ExactEntry[] {
  const flawed = (seq: number, flaw: Flaw) => refuse({ what: "entry_unreadable", seq, flaw });
  let items: Item[];
  try {
    items = decodeSequence(sequence);
  } catch (error) {
    if (error instanceof NotCbor) return flawed(from, "cbor");
    throw error;
  }
  return items.map((item, at) => {
    if (!Array.isArray(item) || item.length !== 3) return flawed(from + at, "field_kind");
    const [envelope, salt, payload] = item;
    if (!(envelope instanceof Uint8Array)) return flawed(from + at, "field_kind");
    if (salt === null && payload === null) return { envelope };
    const isBody = salt instanceof Uint8Array && salt.length === HASH_BYTES && payload instanceof Uint8Array;
    return isBody ? { envelope, body: { salt, payload } } : flawed(from + at, "field_kind");
  });
}

/** A walk over the entries of one plan in order, from any of them. */
export class Chain {
  #next: number;
  #previous: Bytes | undefined;

  /** `previous` is the leaf of the entry before `from`, where that is known. */
  constructor(
    readonly plan: string,
    from: number,
    previous?: Bytes,
  ) {
    this.#next = from;
    this.#previous = from === 1 ? new Uint8Array(HASH_BYTES) : previous;
  }

  get next(): number {
    return this.#next;
  }

  /** Takes the next entry; one that is not as it was logged is refused, and the walk stays where it was. */
  async take(entry: ExactEntry): Promise<HeldEntry> {
    const seq = this.#next;
    const envelope = readEnvelope(entry.envelope, seq);
    const place = placeOf(envelope, seq);
    if (place.seq !== seq) refuse({ what: "entry_order", seq, found: place.seq });
    if (place.plan !== this.plan) refuse({ what: "entry_other_plan", seq, found: place.plan });
    if (this.#previous && !equal(this.#previous, place.previous)) refuse({ what: "entry_previous", seq });
    if (entry.body) {
      const { salt, payload } = entry.body;
      const commitment = await payloadCommitment(salt, payload);
      const isSame = payload.length === place.payloadLength && equal(commitment, place.payloadCommitment);
      if (!isSame) refuse({ what: "entry_payload", seq });
    }
    const leaf = await leafHash(entry.envelope);
    this.#previous = leaf;
    this.#next = seq + 1;
    return { seq, leaf, envelope, ...(entry.body ? { payload: entry.body.payload } : {}) };
  }
}

function readEnvelope(bytes: Bytes, seq: number): Map<string, Item> {
  try {
    const envelope = decode(bytes);
    if (envelope instanceof Map) return envelope;
  } catch (error) {
    if (!(error instanceof NotCbor)) throw error;
  }
  return refuse({ what: "entry_unreadable", seq, flaw: "cbor" });
}

function placeOf(envelope: Map<string, Item>, seq: number): Place {
  const flawed = (name: string) =>
    refuse({ what: "entry_unreadable", seq, flaw: envelope.has(name) ? "field_kind" : "field_missing" });
  const number = (name: string): number => {
    const value = envelope.get(name);
    return typeof value === "number" && value >= 0 ? value : flawed(name);
  };
  const digest = (name: string): Bytes => {
    const value = envelope.get(name);
    return value instanceof Uint8Array && value.length === HASH_BYTES ? value : flawed(name);
  };
  const version = number("v");
  if (version > ENVELOPE_VERSION) refuse({ what: "entry_version", seq, found: version });
  const plan = envelope.get("plan");
  return {
    seq: number("seq"),
    plan: typeof plan === "string" ? plan : flawed("plan"),
    previous: digest("prev"),
    payloadLength: number("payload_len"),
    payloadCommitment: digest("payload_commitment"),
  };
}
