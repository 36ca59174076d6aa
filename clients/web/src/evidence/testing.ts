// What tests of evidence need: a log of a real server, a prover to hold the verifiers against, and every
// way to alter bytes and lists without them staying the same. Not part of the page.

import { type Bytes, fromBase64, utf8 } from "./bytes";
import { emptyRoot, leafHash, nodeHash } from "./hash";
import vectors from "./vectors.json";

/** Answers of a real server about one plan: after entry 3, and after its last. */
export const server = {
  ...vectors,
  entries: fromBase64(vectors.entries) ?? new Uint8Array(),
  earlyNote: utf8(vectors.early),
  lateNote: utf8(vectors.late),
};

/** Leaves that differ. */
export function leaves(count: number): Promise<Bytes[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => leafHash(Uint8Array.of(number))));
}

/** The root of a tree, as RFC 6962 §2.1 defines it. */
export async function rootOf(all: readonly Bytes[]): Promise<Bytes> {
  const [first] = all;
  if (!first) return emptyRoot();
  if (all.length === 1) return first;
  const at = split(all.length);
  return nodeHash(await rootOf(all.slice(0, at)), await rootOf(all.slice(at)));
}

/** RFC 9162 §2.1.3.1. */
export async function inclusionProof(index: number, all: readonly Bytes[]): Promise<Bytes[]> {
  if (all.length <= 1) return [];
  const at = split(all.length);
  return index < at
    ? [...(await inclusionProof(index, all.slice(0, at))), await rootOf(all.slice(at))]
    : [...(await inclusionProof(index - at, all.slice(at))), await rootOf(all.slice(0, at))];
}

/** RFC 9162 §2.1.4.1. */
export async function consistencyProof(from: number, all: readonly Bytes[], isWhole = true): Promise<Bytes[]> {
  if (from === 0) return [];
  if (from === all.length) return isWhole ? [] : [await rootOf(all)];
  const at = split(all.length);
  return from <= at
    ? [...(await consistencyProof(from, all.slice(0, at), isWhole)), await rootOf(all.slice(at))]
    : [...(await consistencyProof(from - at, all.slice(at), false)), await rootOf(all.slice(0, at))];
}

/** The bytes with one bit of one byte turned, for bytes all over them. */
export function* flips(bytes: Uint8Array, every = 1): Generator<Bytes> {
  for (let at = 0; at < bytes.length; at += every) {
    const altered = new Uint8Array(bytes);
    altered[at] = (altered[at] ?? 0) ^ (1 << at % 8);
    yield altered;
  }
}

/** The bytes with some of their end missing. */
export function* truncations(bytes: Uint8Array, every = 1): Generator<Bytes> {
  for (let length = 0; length < bytes.length; length += every) yield new Uint8Array(bytes.slice(0, length));
}

/** What can be done to a list of hashes without it staying the same. */
export function alterations(hashes: readonly Bytes[]): Bytes[][] {
  const zero = new Uint8Array(32);
  const all: Bytes[][] = [[...hashes, zero], [zero, ...hashes]];
  const last = hashes.at(-1);
  if (last) all.push(hashes.slice(0, -1), hashes.slice(1), [...hashes, last]);
  hashes.forEach((hash, at) => {
    const flipped = new Uint8Array(hash);
    flipped[31] = (flipped[31] ?? 0) ^ 1;
    all.push(hashes.with(at, flipped));
    const before = hashes[at - 1];
    if (before) all.push(hashes.with(at, before).with(at - 1, hash));
  });
  return all;
}

function split(width: number): number {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}
