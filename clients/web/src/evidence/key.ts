// Verifier keys of signed notes (c2sp.org/signed-note): a name, an id made of name and key, and an
// Ed25519 key. A key of small order is refused: anything would pass for signed with it.

import { type Bytes, concat, equal, fromBase64, fromHex, hex, utf8 } from "./bytes";
import { refuse } from "./fault";
import { HASH_BYTES, sha256 } from "./hash";

const ED25519 = 1;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const NAME_FORBIDDEN = /[\p{White_Space}\p{Cc}+]/u;

/** Encodings of the points of small order, their sign left out. */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/** What checks signatures under one name. */
export interface VerifierKey {
  /** As it was written: `<name>+<8 hex digits>+<base64>`. */
  readonly text: string;
  readonly name: string;
  /** Eight hexadecimal digits; it depends on the name too. */
  readonly id: string;
  /** The Ed25519 key: the same for all plans of a server. */
  readonly bytes: Bytes;
}

/** Whether a text can be the name of a key: it must stand in a signature line. */
export function isKeyName(name: string): boolean {
  return name !== "" && !NAME_FORBIDDEN.test(name);
}

export async function parseKey(text: string): Promise<VerifierKey> {
  const flawed = (flaw: "key_form" | "key_name" | "key_kind" | "key_id" | "key_weak") =>
    refuse({ what: "key_unreadable", flaw });
  // The key's base64 may itself hold a plus.
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? flawed("key_form");
  const key = fromBase64(encoded ?? "") ?? flawed("key_form");
  if (key[0] !== ED25519 || key.length !== 1 + HASH_BYTES) flawed("key_kind");
  if (name === undefined || !isKeyName(name)) return flawed("key_name");
  const bytes = key.slice(1);
  if (isSmallOrder(bytes)) flawed("key_weak");
  const made = (await sha256(utf8(name), utf8("\n"), key)).slice(0, ID_BYTES);
  if (hex(made) !== id) flawed("key_id");
  return { text, name, id: hex(made), bytes };
}

/** Whether `signature` is this key's over `text`, by the strict rules of RFC 8032. */
export async function isSignedBy(key: VerifierKey, text: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES || isSmallOrder(signature.slice(0, HASH_BYTES))) return false;
  const imported = await crypto.subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, text);
}

/** Whether this browser, on this page, can check signatures at all. */
export async function canVerify(): Promise<boolean> {
  // Pages that are neither https nor of this machine have no `subtle`.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) return false;
  const base = fromHex("5866666666666666666666666666666666666666666666666666666666666666");
  if (!base) return false;
  return subtle.importKey("raw", base, { name: "Ed25519" }, false, ["verify"]).then(
    () => true,
    () => false,
  );
}

/** The key's fingerprint, in groups of four that can be read out: SHA-256 of the Ed25519 key. */
export async function fingerprint(key: VerifierKey): Promise<string> {
  const digits = hex(await sha256(key.bytes)).toUpperCase();
  return digits.match(/.{4}/g)?.join(" ") ?? digits;
}

function isSmallOrder(point: Uint8Array): boolean {
  const unsigned = concat(point);
  unsigned[HASH_BYTES - 1] = (unsigned[HASH_BYTES - 1] ?? 0) & 0x7f;
  return SMALL_ORDER.some((known) => equal(unsigned, fromHex(known) ?? new Uint8Array()));
}
