// Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature. The text
// is given only after the signature of a key that is known; one such signature that fails refuses all.

import { type Bytes, fromBase64, fromUtf8, hex, utf8 } from "./bytes";
import { type Flaw, refuse } from "./fault";
import { type VerifierKey, isKeyName, isSignedBy } from "./key";

const NOTE_BYTES_MAX = 1_000_000;
const NOTE_SIGNATURES_MAX = 100;
const KEY_ID_BYTES = 4;
/** An em dash and a space. */
const SIGNATURE_PREFIX = "\u2014 ";
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

interface SignatureLine {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Bytes;
}

/** A note, its signatures not checked yet. */
export interface Note {
  /** The text with the end of its last line: what is signed. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

export function parseNote(bytes: Uint8Array): Note {
  const flawed = (flaw: Flaw) => refuse({ what: "note_unreadable", flaw });
  if (bytes.length > NOTE_BYTES_MAX) flawed("too_large");
  const note = fromUtf8(bytes) ?? flawed("not_utf8");
  if (CONTROL.test(note)) flawed("control_character");
  const split = note.lastIndexOf("\n\n");
  if (split < 0) flawed("no_empty_line");
  const rest = note.slice(split + 2);
  if (!rest.endsWith("\n")) flawed("last_line_open");
  const lines = rest.slice(0, -1).split("\n");
  if (lines.length > NOTE_SIGNATURES_MAX) flawed("too_many_lines");
  const signatures = lines.map((line) => parseLine(line) ?? flawed("signature_line"));
  return { text: note.slice(0, split + 1), signatures };
}

/** The text, if the key has signed it; signatures of other keys are passed over. */
export async function verifiedText(note: Note, key: VerifierKey): Promise<string> {
  const own = note.signatures.filter((line) => line.name === key.name && line.keyId === key.id);
  if (own.length === 0) refuse({ what: "not_signed", name: key.name });
  for (const line of own) {
    const holds = await isSignedBy(key, utf8(note.text), line.signature);
    if (!holds) refuse({ what: "signature_wrong", name: line.name });
  }
  return note.text;
}

function parseLine(line: string): SignatureLine | undefined {
  if (!line.startsWith(SIGNATURE_PREFIX)) return undefined;
  const [, name, encoded] = /^([^ ]*) (.*)$/s.exec(line.slice(SIGNATURE_PREFIX.length)) ?? [];
  const blob = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || !isKeyName(name) || !blob || blob.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: hex(blob.slice(0, KEY_ID_BYTES)), signature: blob.slice(KEY_ID_BYTES) };
}
