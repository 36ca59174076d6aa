// What an entry did, deed by deed, in a form that can be put into words and pictures. What fills a new
// element is told with its addition, not again for itself.

import type { EditRow, Segment, Value } from "./types";
import { compareWords } from "./words";

/** From what to what. */
export type Difference =
  /** Of a text: its words. A part of a long text stands without what is around it. */
  | { readonly form: "words"; readonly segments: readonly Segment[]; readonly isPart: boolean }
  | { readonly form: "values"; readonly from?: Value; readonly to?: Value }
  | { readonly form: "places"; readonly from: string; readonly to: string };

export type Verb = "added" | "linked" | "set" | "took_away" | "changed" | "moved" | "removed" | "brought_back";

/** One thing that an entry did to the plan. */
export interface Deed {
  readonly verb: Verb;
  readonly element: string;
  readonly kind: string;
  /** The field or text; empty where the deed is about the element as such. */
  readonly field: string;
  readonly lang?: string;
  readonly difference?: Difference;
  /** Of a new element: what it is called, and how many fields came with it. */
  readonly title?: string;
  readonly fills?: number;
  /** Whether the field holds several values after it. */
  readonly concurrent: boolean;
}

const isAddition = (row: EditRow) => row.op === "add";
/** Whether there is something in a value. */
export const isGiven = (value: Value | undefined): boolean =>
  value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);

/** The deeds of an entry; of acts that are no change none. */
export function deedsOf(entry: { readonly type: string; readonly edits?: readonly EditRow[] }): Deed[] {
  const rows = entry.edits ?? [];
  const fills = new Map<string, EditRow[]>();
  for (const row of rows) if (isAddition(row)) fills.set(row.element, []);
  const told: EditRow[] = [];
  for (const row of rows) {
    const own = isAddition(row) ? undefined : fills.get(row.element);
    if (own) own.push(row);
    else told.push(row);
  }
  return told.map((row) => deedOf(row, fills.get(row.element) ?? []));
}

function deedOf(row: EditRow, fills: readonly EditRow[]): Deed {
  const base = { element: row.element, kind: row.kind, concurrent: row.concurrent ?? false };
  const lang = row.lang ? { lang: row.lang } : {};
  switch (row.op) {
    case "add": {
      const isLink = row.field === "link";
      const title = titleOf(fills);
      const under = typeof row.to === "string" && row.to !== "" ? { difference: place("", row.to) } : {};
      return { ...base, verb: isLink ? "linked" : "added", field: "", ...under, ...(title ? { title } : {}), fills: fills.length };
    }
    case "remove":
      return { ...base, verb: "removed", field: "" };
    case "restore":
      return { ...base, verb: "brought_back", field: "" };
    case "move":
      return { ...base, verb: "moved", field: "", difference: place(asText(row.from), asText(row.to)) };
    case "text":
      return { ...base, verb: "changed", field: row.field, ...lang, difference: words(row) };
    case "set": {
      const verb = isGiven(row.to ?? null) ? "set" : "took_away";
      const values = { ...(isGiven(row.from) ? { from: row.from } : {}), ...(isGiven(row.to) ? { to: row.to } : {}) };
      return { ...base, verb, field: row.field, ...lang, difference: { form: "values", ...values } as Difference };
    }
  }
}

function words(row: EditRow): Difference {
  if (typeof row.from === "string" || typeof row.to === "string") {
    return { form: "words", segments: compareWords(asText(row.from), asText(row.to)), isPart: false };
  }
  return { form: "words", segments: compareWords(row.deleted ?? "", row.inserted ?? ""), isPart: true };
}

function place(from: string, to: string): Difference {
  return { form: "places", from, to };
}

function titleOf(fills: readonly EditRow[]): string {
  const texts = fills.filter((row) => row.op === "text");
  const named = (name: string) => texts.find((row) => row.field === name);
  const row = named("title") ?? named("statement") ?? named("name") ?? texts[0];
  return row?.inserted ?? asText(row?.to);
}

function asText(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
