import { expect, test } from "vitest";

import type { Revision } from "../../api/schema";
import type { Entry } from "../../history/types";
import { withEntry } from "./past";

let seq = 10;
const entry = (subject: string, edits: object[], minute = 0, more: object = {}): Entry =>
  ({
    type: "change",
    seq: (seq += 1),
    at: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`,
    subject,
    name: subject,
    bureau: "BR",
    role: "drafter",
    edits,
    ...more,
  }) as unknown as Entry;
const typed = (from: string, to: string, element = "tgt-1") => ({ op: "text", kind: "target", element, field: "title", lang: "en", from, to });
const told = (revisions: readonly Revision[]) => revisions.map((one) => [one.subject, one.op, one.from, one.to, one.edits]);

test("letters typed one after the other are one revision, from the first to the last", () => {
  let past: readonly Revision[] = [];
  for (const [from, to] of [["", "a"], ["a", "ab"], ["ab", "abc"]] as const) past = withEntry(past, entry("ana", [typed(from, to)]), "tgt-1");
  expect(told(past)).toEqual([["ana", "text", "", "abc", 3]]);
  past = withEntry(past, entry("ben", [typed("abc", "abcd")]), "tgt-1");
  past = withEntry(past, entry("ana", [typed("abcd", "abcde")]), "tgt-1");
  expect(told(past).map(([who]) => who)).toEqual(["ana", "ben", "ana"]);
});

test("a pause, another reason or another field begin a new revision", () => {
  let past = withEntry([], entry("ana", [typed("", "a")]), "tgt-1");
  past = withEntry(past, entry("ana", [typed("a", "ab")], 30), "tgt-1");
  past = withEntry(past, entry("ana", [typed("ab", "abc")], 30, { because: "plain words" }), "tgt-1");
  past = withEntry(past, entry("ana", [{ op: "set", kind: "target", element: "tgt-1", field: "due_year", to: 2027 }], 30), "tgt-1");
  expect(past).toHaveLength(4);
  expect(past[0]).toMatchObject({ op: "set", field: "due_year", to: 2027 });
});

test("what is about other elements, or told already, is left out; what fills a new element is its addition", () => {
  expect(withEntry([], entry("ana", [typed("", "a", "tgt-2")]), "tgt-1")).toEqual([]);
  const past = withEntry([], entry("ana", [{ op: "add", kind: "target", element: "tgt-1", field: "element", to: "gol-1" }, typed("", "a")]), "tgt-1");
  expect(told(past)).toEqual([["ana", "add", undefined, "gol-1", 1]]);
  const late = { ...entry("ana", [typed("a", "b")]), seq: 1 } as Entry;
  expect(withEntry(past, late, "tgt-1")).toBe(past);
});

test("a text too long to be told whole is told by the part that changed", () => {
  const part = { op: "text", kind: "target", element: "tgt-1", field: "statement", lang: "en", deleted: "x", inserted: "y" };
  const past = withEntry(withEntry([], entry("ana", [part]), "tgt-1"), entry("ana", [part]), "tgt-1");
  expect(told(past)).toEqual([["ana", "text", "x", "y", 1], ["ana", "text", "x", "y", 1]]);
});
