// The hashes of a log: leaves and nodes of RFC 6962 §2.1, and what an envelope commits to. All are
// SHA-256 by WebCrypto.

import { type Bytes, concat, utf8 } from "./bytes";

/** The bytes of a hash. */
export const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const COMMITMENT = utf8("plenary-payload/v1\0");

export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** The leaf of an entry: of its envelope, exactly as it is kept. */
export function leafHash(envelope: Uint8Array): Promise<Bytes> {
  return sha256(LEAF, envelope);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(NODE, left, right);
}

/** The root of the tree without leaves. */
export function emptyRoot(): Promise<Bytes> {
  return sha256();
}

/** What an envelope says of its payload. */
export function payloadCommitment(salt: Uint8Array, payload: Uint8Array): Promise<Bytes> {
  return sha256(COMMITMENT, salt, payload);
}

/** A tree that grows leaf by leaf: the roots of its perfect subtrees, largest first. */
export class Frontier {
  #size = 0;
  #roots: Bytes[] = [];

  get size(): number {
    return this.#size;
  }

  async push(leaf: Bytes): Promise<void> {
    let root = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#roots.pop();
      if (left) root = await nodeHash(left, root);
    }
    this.#roots.push(root);
    this.#size += 1;
  }

  async root(): Promise<Bytes> {
    const [last, ...rest] = [...this.#roots].reverse();
    if (!last) return emptyRoot();
    let root = last;
    for (const left of rest) root = await nodeHash(left, root);
    return root;
  }
}
