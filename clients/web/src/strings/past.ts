// Words of the screen History, and of what entries did wherever they are told.

import type { Verb } from "../history/deeds";
import type { RowOp } from "../api/schema";

const count = (number: string, isOne: boolean, one: string, many: string) => (isOne ? `1 ${one}` : `${number} ${many}`);

export const past = {
  names: {
    thePlan: "the plan",
    yes: "yes",
    no: "no",
    nothing: "nothing",
    top: "the top of the plan",
  },
  /** What an entry did to the plan, as a sentence without its subject. */
  deeds: {
    added: (what) => `added ${what}`,
    linked: (what) => `linked ${what}`,
    set: (what, field) => `set ${field} of ${what}`,
    took_away: (what, field) => `took away ${field} of ${what}`,
    changed: (what, field) => `changed ${field} of ${what}`,
    moved: (what) => `moved ${what}`,
    removed: (what) => `removed ${what}`,
    brought_back: (what) => `brought back ${what}`,
  } satisfies Record<Verb, (what: string, field: string) => string>,
  fieldIn: (field: string, lang: string) => `${field} (${lang})`,
  of: (field: string, what: string) => `${field} of ${what}`,
  under: (parent: string) => `under ${parent}`,
  arrow: (from: string, to: string) => `${from} → ${to}`,
  was: (value: string) => `was ${value}`,
  becomes: "becomes",
  went: "removed:",
  came: "added:",
  elsewhere: (parent: string) => `to another place under ${parent}`,
  fills: (number: string, isOne: boolean) => `with ${count(number, isOne, "field", "fields")}`,
  severalAtOnce: "several values at once; to be settled",
  moreDeeds: (number: string) => `and ${number} more`,
  showAll: "Show all",
  showFewer: "Show fewer",
  because: "Why:",
  answers: "Answers:",
  late: (written: string) => `written ${written}, came late`,
  claimed: (written: string) => `the author’s clock said ${written}`,
  behind: (number: string, isOne: boolean) => `${count(number, isOne, "entry", "entries")} behind`,
  acts: {
    plan_created: (title: string, stage: string) => `created the plan “${title}” (${stage})`,
    actor_bound_thin: "wrote here for the first time",
    actor_bound: "opened a copy of the plan to write in",
    nothing: "changed nothing that shows",
    stage_advanced: (from: string, to: string) => `moved the plan from ${from} to ${to}`,
    opened: "opened the plan to everybody",
    narrowed: (who: string) => `narrowed who may read the plan to ${who}`,
    refused: (reason: string) => `was refused a change: ${reason}`,
    refusedMore: (count: string, reason: string) => `was refused ${count} more changes, the last: ${reason}`,
    version_named: (entry: string, name: string) => `named entry ${entry} “${name}”`,
    version_signed: (name: string, entry: string, meaning: string) => `signed version ${name} (entry ${entry}) as ${meaning}`,
    exported: (what: string, from: string, to: string, size: string) => `exported entries ${from} to ${to} as ${what}, ${size}`,
    exported_plan: (entry: string, size: string) => `exported the plan after entry ${entry} as a plan file, ${size}`,
    restored: (what: string, entry: string) => `put ${what} back to entry ${entry}`,
    wholePlan: "the whole plan",
  },
  formats: { plan: "a plan file", jsonl: "JSON lines", csv: "a spreadsheet (CSV)", html: "a report", evidence: "an evidence bundle" },
  meanings: { drafted: "drafted", reviewed: "reviewed", approved: "approved" },
  operations: {
    add: "added",
    set: "set a field",
    text: "changed a text",
    move: "moved",
    remove: "removed",
    restore: "brought back",
  } satisfies Record<RowOp, string>,
};
