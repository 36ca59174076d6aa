import { expect, test } from "vitest";

import type { Element, Plan } from "../../plan/view";
import { find, moveBy, opened, rows, siblings } from "./outline";

function element(id: string, kind: string, parent: string | null, code: string | null, title = id): Element {
  const text = { en: { title } };
  return { id, kind, parent, order: id, owner: null, removed: false, ownCode: null, code, depth: 0, text, fields: {}, concurrent: {} };
}

function plan(...elements: Element[]): Plan {
  return { language: "en", fields: {}, concurrent: {}, elements, byId: new Map(elements.map((one) => [one.id, one])), links: [] };
}

const GOALS = plan(
  element("g1", "goal", null, "1", "Universal connectivity"),
  element("t1", "target", "g1", "1.1", "Broadband"),
  element("t2", "target", "g1", "1.2", "Rural broadband"),
  element("c1", "comment", "t1", null),
  element("g2", "goal", null, "2", "Transformation"),
  element("o1", "offering", null, "R.1"),
);

const ids = (openness = new Map<string, boolean>()) => rows(GOALS, openness).map((row) => row.id);

test("elements at the top are gathered by kind; what stands beside elements is not in the outline", () => {
  expect(ids()).toEqual(["plan", "group:goal", "g1", "t1", "t2", "g2", "group:offering"]);
  expect(ids(new Map([["g1", false]]))).toEqual(["plan", "group:goal", "g1", "g2", "group:offering"]);
  expect(ids(opened(GOALS, new Map(), "o1") as Map<string, boolean>).at(-1)).toBe("o1");
});

test("arrow keys walk, open and close as the tree pattern says", () => {
  const all = rows(GOALS, new Map());
  expect(moveBy("ArrowDown", all, "g1")).toEqual({ to: "t1" });
  expect(moveBy("ArrowLeft", all, "t1")).toEqual({ to: "g1" });
  expect(moveBy("ArrowLeft", all, "g1")).toEqual({ close: "g1" });
  expect(moveBy("ArrowRight", all, "group:offering")).toEqual({ open: "group:offering" });
  expect(moveBy("ArrowRight", all, "t1")).toBeNull();
  expect(moveBy("End", all, "plan")).toEqual({ to: "group:offering" });
  expect(moveBy("ArrowUp", all, "plan")).toBeNull();
});

test("a code finds its element first, words find all that have them", () => {
  const label = (one: Element) => one.text.en?.title ?? "";
  expect(find(GOALS, label, "1.2", 9).map((one) => one.id)).toEqual(["t2"]);
  expect(find(GOALS, label, "1", 9)[0]?.id).toBe("g1");
  expect(find(GOALS, label, "rural broad", 9).map((one) => one.id)).toEqual(["t2"]);
  expect(find(GOALS, label, " ", 9)).toEqual([]);
  expect(siblings(GOALS, GOALS.elements[1]!).map((one) => one.id)).toEqual(["t1", "t2"]);
});
