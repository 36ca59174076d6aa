// What an entry did to one element, in a word, for those who listen rather than look.

import type { Entry } from "../../history/types";

/** The field that an entry changed of an element; empty where it is about the element as such, `null` where it is not. */
export function toldOf(entry: Entry, element: string): string | null {
  if (entry.type !== "change") return null;
  const row = entry.edits.find((one) => one.element === element);
  if (!row) return null;
  return row.op === "set" || row.op === "text" ? row.field : "";
}
