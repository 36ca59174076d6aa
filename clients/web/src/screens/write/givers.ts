// Who gave each of several values that stand in one field: joined from entries of this tab and what the server tells.

import type { Bureau } from "../../api/schema";
import type { Entry } from "../../history/types";
import type { Concurrent, Value } from "../../plan/view";

/** Somebody who gave a value. */
export interface Giver {
  value: Value;
  name: string;
  bureau: Bureau;
  at: string;
}

/** One of the values. */
export interface Given {
  value: Value;
  /** Nobody where it is not an entry yet. */
  giver: Giver | null;
  /** Whether it is the one that others read meanwhile. */
  isInForce: boolean;
}

/** Who gave a field values, the last first. */
export function giversOf(entries: readonly Entry[], element: string, field: string): Giver[] {
  const found: Giver[] = [];
  for (const entry of entries) {
    if (entry.type !== "change") continue;
    for (const row of entry.edits) {
      if (row.element !== element || row.field !== field || (row.op !== "set" && row.op !== "add")) continue;
      found.unshift({ value: (row.to ?? null) as Value, name: entry.name, bureau: entry.bureau, at: entry.at });
    }
  }
  return found;
}

/** Each different value once, the one in force first. */
export function sideBySide(concurrent: readonly Concurrent[], givers: readonly Giver[]): Given[] {
  const found: Given[] = [];
  for (const { value } of concurrent) {
    if (found.some((one) => same(one.value, value))) continue;
    const giver = givers.find((one) => same(one.value, value)) ?? null;
    found.push({ value, giver, isInForce: found.length === 0 });
  }
  return found;
}

function same(one: Value, other: Value): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
