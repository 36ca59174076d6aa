// Proofs as the server gives them: of an entry (c2sp.org/tlog-proof) and of growth
// (c2sp.org/tlog-witness), each with the checkpoint that it leads to.

import { type Bytes, fromUtf8, utf8 } from "./bytes";
import { type Checkpoint, decimal, hashOf, openCheckpoint } from "./checkpoint";
import { type Flaw, refuse } from "./fault";
import type { VerifierKey } from "./key";
import { verifyConsistency, verifyInclusion } from "./proof";

const HEADER = "c2sp.org/tlog-proof@v1";
/** A tree has at most 2^63 leaves. */
const HASHES_MAX = 63;

/** A proof as read, nothing of it checked yet. */
export interface ProofText {
  /** Of an entry its index, of growth the earlier size. */
  readonly number: number;
  readonly hashes: readonly Bytes[];
  /** The signed note, exactly as the log gave it. */
  readonly checkpoint: Bytes;
}

/** Reads a proof that an entry is in a log. */
export function parseEntryProof(bytes: Uint8Array): ProofText {
  const { lines, checkpoint } = halves(bytes);
  if (lines.shift() !== HEADER) refuse({ what: "proof_unreadable", flaw: "header" });
  // Of extra data nothing is vouched for, and none is needed here.
  if (lines[0]?.startsWith("extra ")) lines.shift();
  return { number: numberAfter("index ", lines.shift()), hashes: hashes(lines), checkpoint };
}

/** Reads a proof that a log has gone on from an earlier size. */
export function parseGrowthProof(bytes: Uint8Array): ProofText {
  const { lines, checkpoint } = halves(bytes);
  return { number: numberAfter("old ", lines.shift()), hashes: hashes(lines), checkpoint };
}

/** Checks that the entry with this leaf stands at `index` of the log; gives the checkpoint that says so. */
export async function verifyEntryProof(
  proof: ProofText,
  index: number,
  leaf: Bytes,
  key: VerifierKey,
): Promise<Checkpoint> {
  if (proof.number !== index) refuse({ what: "other_start", expected: index, found: proof.number });
  const checkpoint = await openCheckpoint(proof.checkpoint, key);
  await verifyInclusion(index, checkpoint.size, leaf, checkpoint.root, proof.hashes);
  return checkpoint;
}

/** Checks that the log has gone on from `earlier`; gives the later checkpoint. */
export async function verifyGrowthProof(
  proof: ProofText,
  earlier: Checkpoint,
  key: VerifierKey,
): Promise<Checkpoint> {
  if (proof.number !== earlier.size) {
    refuse({ what: "other_start", expected: earlier.size, found: proof.number });
  }
  const later = await openCheckpoint(proof.checkpoint, key);
  await verifyConsistency(earlier.size, later.size, earlier.root, later.root, proof.hashes);
  return later;
}

function halves(bytes: Uint8Array): { lines: string[]; checkpoint: Bytes } {
  const flawed = (flaw: Flaw) => refuse({ what: "proof_unreadable", flaw });
  const text = fromUtf8(bytes) ?? flawed("not_utf8");
  const split = text.indexOf("\n\n");
  if (split < 0) flawed("no_empty_line");
  return { lines: text.slice(0, split).split("\n"), checkpoint: utf8(text.slice(split + 2)) };
}

function numberAfter(prefix: string, line: string | undefined): number {
  const number = line?.startsWith(prefix) ? decimal(line.slice(prefix.length)) : undefined;
  return number ?? refuse({ what: "proof_unreadable", flaw: "no_index" });
}

function hashes(lines: readonly string[]): Bytes[] {
  if (lines.length > HASHES_MAX) refuse({ what: "proof_unreadable", flaw: "too_many_lines" });
  return lines.map((line) => hashOf(line) ?? refuse({ what: "proof_unreadable", flaw: "no_hash" }));
}
