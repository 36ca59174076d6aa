// What an entry changed in the plan as it was right after it: which elements, which of their texts and
// fields, and how. From this the plan at that moment is shown with its changes in their places.

import { type Deed, type Difference, deedsOf } from "./deeds";
import type { EditRow, Entry, Segment } from "./types";

/** What was done to an element. */
export interface Mark {
  readonly deeds: readonly Deed[];
  readonly isNew: boolean;
  readonly isGone: boolean;
  readonly isMoved: boolean;
}

export type Marks = ReadonlyMap<string, Mark>;

export function marksOf(entry: Entry | undefined): Marks {
  const marks = new Map<string, Deed[]>();
  for (const deed of entry ? deedsOf(entry) : []) marks.set(deed.element, [...(marks.get(deed.element) ?? []), deed]);
  return new Map(
    Array.from(marks, ([element, deeds]) => [
      element,
      {
        deeds,
        isNew: deeds.some((deed) => deed.verb === "added" || deed.verb === "linked" || deed.verb === "brought_back"),
        isGone: deeds.some((deed) => deed.verb === "removed"),
        isMoved: deeds.some((deed) => deed.verb === "moved"),
      },
    ]),
  );
}

/** How a field or text came to hold what it holds; absent where the entry did not touch it. */
export function changeOf(mark: Mark | undefined, field: string, lang?: string): Difference | undefined {
  const own = mark?.deeds.filter((deed) => deed.field === field && (lang === undefined || deed.lang === lang));
  return own?.at(-1)?.difference;
}

/**
 * A long text, of which an entry tells only the part that changed, with that part in its place; the part
 * alone where the text is not the one right after the entry.
 */
export function inPlace(text: string, row: Pick<EditRow, "at" | "inserted" | "deleted">): Segment[] {
  const points = Array.from(text);
  const [at, inserted] = [row.at ?? 0, row.inserted ?? ""];
  const end = at + Array.from(inserted).length;
  const segments: Segment[] = [
    { op: "equal", text: points.slice(0, at).join("") },
    { op: "deleted", text: row.deleted ?? "" },
    { op: "inserted", text: inserted },
    { op: "equal", text: points.slice(end).join("") },
  ];
  const isItsPlace = points.slice(at, end).join("") === inserted;
  return (isItsPlace ? segments : segments.slice(1, 3)).filter((segment) => segment.text !== "");
}

/** The row of an entry that changed a text, where it tells only a part of it. */
export function splicedRow(entry: Entry | undefined, element: string, field: string, lang: string): EditRow | undefined {
  if (entry?.type !== "change") return undefined;
  const rows = entry.edits.filter((row) => row.op === "text" && row.element === element && row.field === field);
  const own = rows.filter((row) => (row.lang ?? lang) === lang);
  const [row] = own;
  return own.length === 1 && row && typeof row.to !== "string" && typeof row.from !== "string" ? row : undefined;
}
