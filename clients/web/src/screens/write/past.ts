// The past of one element beside it: revisions as the server tells them, and entries that came since, told the
// same way: a run of edits by one person to one field is one.

import type { Revision } from "../../api/schema";
import type { EditRow, Entry } from "../../history/types";

/** After such a pause the same hand begins another revision, ms; the server does likewise. */
const PAUSE_MAX_MS = 5 * 60_000;

/** Revisions, newest first, with an entry put on top; of one that they tell already nothing is put. */
export function withEntry(revisions: readonly Revision[], event: Entry, element: string): readonly Revision[] {
  if (event.type !== "change" || event.seq <= (revisions[0]?.last ?? 0)) return revisions;
  const rows = event.edits.filter((row) => row.element === element);
  // What fills a new element is told with its addition.
  const added = rows.find((row) => row.op === "add");
  return (added ? [added] : rows).reduce((all, row) => withRow(all, row, event), revisions);
}

function withRow(revisions: readonly Revision[], row: EditRow, event: Entry): readonly Revision[] {
  const [newest, ...older] = revisions;
  if (newest && goesOn(newest, row, event)) {
    const to = told(row, "to");
    const { to: _before, ...kept } = newest;
    return [{ ...kept, ...(to === undefined ? {} : { to }), last: event.seq, edits: newest.edits + 1, at: event.at }, ...older];
  }
  return [revisionOf(row, event), ...revisions];
}

function goesOn(newest: Revision, row: EditRow, event: Entry): boolean {
  // Of a text too long to be told whole, parts do not add up: each is told for itself.
  const isRun = row.op === "set" || (row.op === "text" && typeof row.to === "string" && typeof row.from === "string");
  const isSamePlace = newest.op === row.op && newest.field === row.field && (newest.lang ?? null) === (row.lang ?? null);
  const isSameHand = newest.subject === event.subject && (newest.because ?? null) === (event.because ?? null);
  const isSameWhy = (newest.answers ?? []).join() === (event.answers ?? []).join();
  const pause_ms = Date.parse(event.at) - Date.parse(newest.at);
  return isRun && isSamePlace && isSameHand && isSameWhy && pause_ms <= PAUSE_MAX_MS;
}

function revisionOf(row: EditRow, event: Entry): Revision {
  const { seq, at, subject, name, bureau, role, because, answers } = event;
  const [from, to] = [told(row, "from"), told(row, "to")];
  return {
    first: seq,
    last: seq,
    edits: 1,
    at,
    subject,
    name,
    bureau,
    role,
    op: row.op,
    element: row.element,
    kind: row.kind,
    field: row.field,
    ...(row.lang ? { lang: row.lang } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(because ? { because } : {}),
    ...(answers ? { answers } : {}),
    ...(row.concurrent ? { concurrent: true } : {}),
  } as Revision;
}

/** A value before or after; of a text that is too long to be told whole, the part that changed. */
function told(row: EditRow, side: "from" | "to"): EditRow["from"] {
  const whole = row[side];
  if (whole !== undefined && whole !== null) return whole;
  return side === "from" ? (row.deleted ?? undefined) : (row.inserted ?? undefined);
}
