// What is pasted becomes items as somebody who pastes means it.

import { expect, test } from "vitest";

import { element, planOf } from "../write/testing";
import { elementNamed, isOneEntry, itemsOf, read } from "./paste";
import { rowsOf } from "./sheet";

const goal = element("goal-1", "/1", "Access", { ownCode: "1" });
const target = element("target-1", "goal-1/1", "Broadband", { ownCode: "1.1" });
const priority = element("priority-1", "/2", "Spectrum", { ownCode: "1" });
const plan = planOf(goal, target, priority);

test("lines are items, without the markers of their list; a code in front names the element", () => {
  const pasted = read(plan, "- Targets are vague\n\n 2) Say who pays\r\n• 1.1: wants a baseline\n1.1 stays as it is");
  const items = itemsOf(plan, pasted, "BR desk", false);
  expect(items.map((item) => [item.statement, item.target?.id ?? null, item.author])).toEqual([
    ["Targets are vague", null, "BR desk"],
    ["Say who pays", null, "BR desk"],
    ["1.1: wants a baseline", "target-1", "BR desk"],
    ["1.1 stays as it is", null, "BR desk"],
  ]);
});

test("a table from a sheet is read by its heads, with quotes, tabs and line ends in its cells", () => {
  const text = 'Member\tElement\tComment\tDecision\nA\ttarget 1.1\t"Say ""universal""\nin one\tline"\tPartly\n\t\t\t\nB\t9.9\tGood\tperhaps\n';
  const pasted = read(plan, text);
  expect(pasted.columns).toEqual(["author", "target", "statement", "disposition"]);
  expect(itemsOf(plan, pasted, "me", true)).toMatchObject([
    { author: "A", target: { id: "target-1" }, statement: 'Say "universal"\nin one\tline', disposition: "partly" },
    { author: "B", target: null, unknownTarget: "9.9", statement: "Good", disposition: null, unknownDisposition: "perhaps" },
  ]);
  expect(itemsOf(plan, pasted, "me", false)[0]!.disposition).toBeNull();
});

test("without heads the longest column is what was said, codes name elements, the rest is whose it is", () => {
  const pasted = read(plan, "Country A\t1.1\tThis wants a baseline and a year\nCountry B\t1\tNot clear to us at all");
  expect(pasted.columns).toEqual(["author", "target", "statement"]);
  const items = itemsOf(plan, pasted, "me", false);
  expect(items.map((item) => [item.author, item.target?.id])).toEqual([["Country A", "target-1"], ["Country B", "goal-1"]]);
});

test("a kind before a code tells elements of one code apart", () => {
  expect(elementNamed(plan, "1")?.id).toBe("goal-1");
  expect(elementNamed(plan, "Priority 1.")?.id).toBe("priority-1");
  expect(elementNamed(plan, "7.7")).toBeNull();
});

test("a quote that opens a cell and never ends is a letter", () => {
  expect(rowsOf('a\t"b\nc\td')).toEqual([["a", '"b'], ["c", "d"]]);
});

test("more than one change holds is said before it is sent", () => {
  const items = itemsOf(plan, read(plan, "x".repeat(18_900)), "me", false);
  expect(isOneEntry(items)).toBe(true);
  expect(isOneEntry([...items, ...items])).toBe(false);
});
