// The two proofs of a log: that an entry is in a tree, and that one tree goes on from another
// (RFC 9162 §2.1.3.2 and §2.1.4.2). Numbers are halved by arithmetic: a log may outgrow 32 bits.

import { type Bytes, equal } from "./bytes";
import { refuse } from "./fault";
import { emptyRoot, nodeHash } from "./hash";

const isOdd = (number: number) => number % 2 === 1;
const half = (number: number) => Math.floor(number / 2);

/** Checks that `leaf` stands at `index` of the tree of `size` leaves with `root`. */
export async function verifyInclusion(
  index: number,
  size: number,
  leaf: Bytes,
  root: Bytes,
  proof: readonly Bytes[],
): Promise<void> {
  if (index >= size) refuse({ what: "not_in_tree", index, size });
  const wrongLength = () => refuse({ what: "proof_length", found: proof.length });
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) wrongLength();
    if (isOdd(node) || node === last) {
      hash = await nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = await nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) wrongLength();
  if (!equal(hash, root)) refuse({ what: "wrong_root" });
}

/** Checks that the tree of `to` leaves with `toRoot` begins with that of `from` leaves with `fromRoot`. */
export async function verifyConsistency(
  from: number,
  to: number,
  fromRoot: Bytes,
  toRoot: Bytes,
  proof: readonly Bytes[],
): Promise<void> {
  const wrongLength = () => refuse({ what: "proof_length", found: proof.length });
  if (from > to) refuse({ what: "not_earlier", from, to });
  if (from === 0 || from === to) {
    if (proof.length > 0) wrongLength();
    const expected = from === to ? toRoot : await emptyRoot();
    if (!equal(fromRoot, expected)) refuse({ what: "wrong_earlier_root" });
    return;
  }
  let [node, last] = [from - 1, to - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A perfect earlier tree is a node of the later one: its root is where the way begins.
  const isPerfect = node === 0;
  const first = isPerfect ? fromRoot : (proof[0] ?? wrongLength());
  let [earlier, later] = [first, first];
  for (const sibling of isPerfect ? proof : proof.slice(1)) {
    if (last === 0) wrongLength();
    if (isOdd(node) || node === last) {
      earlier = await nodeHash(sibling, earlier);
      later = await nodeHash(sibling, later);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      later = await nodeHash(later, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) wrongLength();
  if (!equal(earlier, fromRoot)) refuse({ what: "wrong_earlier_root" });
  if (!equal(later, toRoot)) refuse({ what: "wrong_root" });
}
