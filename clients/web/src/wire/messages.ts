// The messages of `/live` that the page speaks, in CBOR; described for everybody by LIVE.schema.json.

import { decode, encode } from "cborg";

import type { Bureau, ConcurrentValue, RefusalCode, Role } from "../api/schema";
import type { Entry } from "../history/types";

/** The subprotocol that the page asks for. */
export const SUBPROTOCOL = "plenary.live.v1+cbor";

/** A stretch of a text as it stood at an entry, in code points. */
export interface Selection {
  base: number;
  anchor: number;
  head: number;
}

/** Where somebody is in a plan. */
export interface Whereabouts {
  element?: string;
  field?: string;
  lang?: string;
  selection?: Selection;
}

/** Somebody at one connection. */
export interface Person {
  session: string;
  subject: string;
  name: string;
  bureau: Bureau;
  role: Role;
  state?: Whereabouts;
}

export type ClientMessage =
  | { type: "subscribe"; plan: string; after?: number; leaf?: Uint8Array; raw: true }
  | { type: "unsubscribe"; plan: string }
  | { type: "changes"; id: string; plan: string; changes: Uint8Array[]; because?: string; answers?: string[] }
  | { type: "presence"; plan: string; state?: Whereabouts }
  | { type: "ping"; nonce: number };

/** Why something is not done. */
export interface Refusal {
  code: RefusalCode;
  reason: string;
  now?: ConcurrentValue[];
}

export type ServerMessage =
  | { type: "welcome"; session: string; subject: string; name: string; bureau: Bureau; role: Role; expires_at: string }
  | { type: "snapshot"; plan: string; seq: number; document?: Uint8Array }
  | { type: "subscribed"; plan: string; head: number }
  | { type: "event"; event: Entry; change?: Uint8Array }
  | { type: "presence"; plan: string; whole?: boolean; people: Person[] }
  | { type: "ack"; id: string; plan: string; seq: number; leaf: Uint8Array; duplicate?: boolean }
  | ({ type: "refused"; id?: string; plan?: string; changes?: Uint8Array[] } & Refusal)
  | { type: "resync"; reason: string }
  | { type: "pong"; nonce: number };

/** Writes a message; keys that are not given are left out, as the server wants it. */
export function write(message: ClientMessage): Uint8Array {
  return encode(message, { ignoreUndefinedProperties: true });
}

/** Reads a message of the server. */
export function read(bytes: Uint8Array): ServerMessage {
  const message = decode(bytes, { rejectDuplicateMapKeys: true }) as ServerMessage;
  return message.type === "event" ? { ...message, event: told(message.event) as Entry } : message;
}

/** An entry tells its digests as the API does: the only bytes in it. */
function told(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(told);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, told(one)]));
}

/** The bytes of lower-case hexadecimal. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes as lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
