// What an entry says, read from its own exact bytes and not from the server's words: in the shape in
// which the API tells entries, so that both are told to people by the same code.

import { type Bytes, hex } from "./bytes";
import { type Item, NotCbor, decode } from "./cbor";
import type { HeldEntry } from "./chain";

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** An entry as the API tells it, as far as its bytes say so. */
export interface ToldEntry {
  readonly seq: number;
  readonly at: string;
  readonly subject: string;
  readonly bureau: string;
  readonly role: string;
  /** The author's name; absent where the payload was erased. */
  readonly name?: string;
  readonly because?: string;
  readonly answers?: readonly string[];
  readonly type: string;
  readonly leaf: string;
  /** What it did, with the fields that the API has for its type; absent where the payload was erased. */
  readonly act?: { readonly [name: string]: Json };
}

/** Tells a held entry; what its payload says in a form that this page does not know is left out. */
export function tell(entry: HeldEntry): ToldEntry {
  const envelope = plain(entry.envelope);
  const author = record(envelope["principal"]);
  const payload = entry.payload ? payloadOf(entry.payload) : undefined;
  const type = text(envelope["type"]);
  const act = payload ? actOf(type, record(payload["act"])) : undefined;
  return {
    seq: entry.seq,
    at: moment(envelope["at"]),
    subject: text(author["subject"]),
    bureau: text(author["bureau"]),
    role: text(author["role"]),
    type,
    leaf: hex(entry.leaf),
    ...(payload ? { name: text(payload["name"]) } : {}),
    ...(typeof payload?.["because"] === "string" ? { because: payload["because"] } : {}),
    ...(Array.isArray(payload?.["answers"]) ? { answers: payload["answers"].map(text) } : {}),
    ...(act ? { act } : {}),
  };
}

function payloadOf(bytes: Bytes): { [name: string]: Json } | undefined {
  try {
    const payload = decode(bytes);
    return payload instanceof Map ? plain(payload) : undefined;
  } catch (error) {
    if (error instanceof NotCbor) return undefined;
    throw error;
  }
}

/** An act is named by its only key; the API names some of its fields otherwise. */
function actOf(type: string, act: { [name: string]: Json }): { [name: string]: Json } | undefined {
  if (!(type in act)) return undefined;
  const { change: _change, summary_version: _version, ...said } = record(act[type]);
  if (type !== "version_named" && type !== "version_signed") return said;
  const { seq, leaf, name, ...rest } = said;
  return { ...rest, version: name ?? null, covers: { seq: seq ?? null, leaf: leaf ?? null } };
}

function plain(map: ReadonlyMap<string, Item>): { [name: string]: Json } {
  return Object.fromEntries(Array.from(map, ([name, item]) => [name, json(item)]));
}

function json(item: Item): Json {
  if (item instanceof Uint8Array) return hex(item);
  if (item instanceof Map) return plain(item);
  if (Array.isArray(item)) return item.map(json);
  return typeof item === "bigint" ? item.toString() : item;
}

function record(value: Json | undefined): { [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Microseconds since 1970 as RFC 3339. */
function moment(value: Json | undefined): string {
  const date = new Date(typeof value === "number" ? Math.floor(value / 1000) : NaN);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
