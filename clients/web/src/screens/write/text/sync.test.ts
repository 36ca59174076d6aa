import { ChangeSet, Text } from "@codemirror/state";
import { expect, test } from "vitest";

import type { Splice } from "../../../plan/splices";
import { TextSync, changesOf, fromCodePoints, splicesOf, toCodePoints } from "./sync";

function put(text: string, splices: readonly Splice[]): string {
  return splices.reduce((now, { at, removed, inserted }) => now.slice(0, at) + inserted + now.slice(at + removed), text);
}

function apply(text: string, changes: ChangeSet | null): string {
  return changes ? changes.apply(Text.of(text.split("\n"))).sliceString(0, undefined, "\n") : text;
}

const type = (text: string, from: number, to: number, insert: string) => ChangeSet.of({ from, to, insert }, text.length, "\n");

test("what is typed leaves at once, and what others type comes at once", () => {
  const sync = new TextSync();
  expect(sync.typed(type("abc", 1, 2, "X")).splices).toEqual([{ at: 1, removed: 1, inserted: "X" }]);
  expect(apply("aXc", sync.changed([{ at: 3, removed: 0, inserted: "!" }], 3).changes)).toBe("aXc!");
  expect(sync.isEven).toBe(true);
});

test("while letters are composed both sides wait, and then read the same", () => {
  const sync = new TextSync();
  sync.composing(true);
  let [field, plan] = ["one two", "one two"];
  for (const [from, to, insert] of [[4, 4, "k"], [4, 5, "ka"], [4, 6, "か"]] as const) {
    const changes = type(field, from, to, insert);
    field = apply(field, changes);
    expect(sync.typed(changes)).toEqual({ splices: [], changes: null });
  }
  const others = [{ at: 0, removed: 3, inserted: "three" }];
  expect(sync.changed(others, plan.length).changes).toBeNull();
  plan = put(plan, others);
  const due = sync.composing(false);
  plan = put(plan, due.splices);
  field = apply(field, due.changes);
  expect(field).toBe(plan);
  expect(plan).toBe("three かtwo");
});

test("splices and sets of changes say the same", () => {
  const splices = [
    { at: 0, removed: 1, inserted: "A" },
    { at: 2, removed: 0, inserted: "x\ny" },
    { at: 5, removed: 1, inserted: "" },
  ];
  const changes = changesOf(splices, 4);
  expect(apply("abcd", changes)).toBe(put("abcd", splices));
  expect(put("abcd", splicesOf(changes))).toBe(put("abcd", splices));
  // A text that was taken anew is told as one splice of everything.
  expect(apply("abcd", changesOf([{ at: 0, removed: Number.MAX_SAFE_INTEGER, inserted: "e" }], 4))).toBe("e");
});

test("code points and UTF-16 units are counted apart", () => {
  const text = Text.of(["a😀b", "c"]);
  expect(toCodePoints(text, 3)).toBe(2);
  expect(fromCodePoints(text, 2)).toBe(3);
  expect(fromCodePoints(text, 99)).toBe(text.length);
});
