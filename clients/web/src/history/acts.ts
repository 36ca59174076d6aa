// Entries that are no change of the plan's content, as data for a sentence: one shape for what the API
// tells and for what was read from an entry's own bytes.

import type { ToldEntry } from "../evidence/told";
import type { Entry } from "./types";

/** An entry that was read from its bytes, in the API's shape; `undefined` where what it says was erased. */
export function entryOf(told: ToldEntry, plan: string): Entry | undefined {
  const { act, name, ...rest } = told;
  // The bytes were written by the server that describes this shape, and are proved to be what it wrote.
  return act && ({ ...rest, ...act, plan, name: name || told.subject } as unknown as Entry);
}
