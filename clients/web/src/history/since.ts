// What others changed since one was last here: by Bureau, and element by element in the order of the plan.

import { BUREAUX, type Bureau, type Entry } from "./types";

/** An element that others changed, with their entries, oldest first. */
export interface Stop {
  element: string;
  entries: Entry[];
}

export interface Since {
  count: number;
  bureaux: { bureau: Bureau; count: number }[];
  stops: Stop[];
}

/** Gathers what came. `holderOf` says with which element something is shown; `null` where it is shown nowhere. */
export function sinceOf(entries: readonly Entry[], subject: string, holderOf: (id: string) => string | null, order: readonly string[]): Since {
  const others = entries.filter((entry) => entry.type === "change" && entry.subject !== subject && entry.edits.length > 0);
  const stops = new Map<string, Entry[]>();
  for (const entry of others) {
    if (entry.type !== "change") continue;
    const holders = new Set(entry.edits.map((row) => holderOf(row.element)));
    for (const id of holders) if (id !== null) stops.set(id, [...(stops.get(id) ?? []), entry]);
  }
  const places = new Map(order.map((id, at) => [id, at]));
  const place = (id: string) => places.get(id) ?? -1;
  const sorted = [...stops].map(([element, own]) => ({ element, entries: own })).sort((one, other) => place(one.element) - place(other.element));
  const counts = BUREAUX.map((bureau) => ({ bureau, count: others.filter((entry) => entry.bureau === bureau).length }));
  return { count: others.length, bureaux: counts.filter(({ count }) => count > 0), stops: sorted };
}
