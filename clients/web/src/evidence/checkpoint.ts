// Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a plan's tree, signed. The log's
// name, its origin, is that of its key, and ends with plan and epoch.

import { type Bytes, fromBase64 } from "./bytes";
import { type Flaw, refuse } from "./fault";
import { HASH_BYTES } from "./hash";
import type { VerifierKey } from "./key";
import { parseNote, verifiedText } from "./note";

export interface Checkpoint {
  readonly origin: string;
  /** How many entries the log has. */
  readonly size: number;
  readonly root: Bytes;
}

/** Server, plan and epoch that a log's name is made of. */
export interface LogName {
  readonly server: string;
  readonly plan: string;
  readonly epoch: number;
}

/** Reads a signed note: the checkpoint of the log whose name the key has. */
export async function openCheckpoint(note: Uint8Array, key: VerifierKey): Promise<Checkpoint> {
  const checkpoint = parseCheckpoint(await verifiedText(parseNote(note), key));
  if (checkpoint.origin !== key.name) {
    refuse({ what: "other_origin", expected: key.name, found: checkpoint.origin });
  }
  return checkpoint;
}

/** Reads the text of a note; lines after the third are passed over. */
export function parseCheckpoint(text: string): Checkpoint {
  const flawed = (flaw: Flaw) => refuse({ what: "checkpoint_unreadable", flaw });
  if (!text.endsWith("\n")) flawed("last_line_open");
  const [origin, sizeLine, rootLine, ...rest] = text.slice(0, -1).split("\n");
  if (!origin) return flawed("no_origin");
  const size = decimal(sizeLine ?? "") ?? flawed("no_size");
  const root = hashOf(rootLine ?? "") ?? flawed("no_root");
  if (rest.includes("")) flawed("empty_line");
  return { origin, size, root };
}

/** The parts of a log's name, `server/plans/plan/epoch`; `undefined` when it is no such name. */
export function logName(origin: string): LogName | undefined {
  const [, server, plan, epochText] = /^(.+)\/plans\/([^/]+)\/([^/]+)$/s.exec(origin) ?? [];
  const epoch = decimal(epochText ?? "");
  return server && plan && epoch !== undefined ? { server, plan, epoch } : undefined;
}

/** A decimal number as such texts have it: digits, no sign, no leading zeros. */
export function decimal(text: string): number | undefined {
  const number = /^(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A hash in base64. */
export function hashOf(text: string): Bytes | undefined {
  const bytes = fromBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}
