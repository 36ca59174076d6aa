import { expect, test } from "vitest";

import { PLAN, find, reveal, rowsOf, shownFor, step, treeOf, turn, windowOf } from "./outline";
import { element, planOf } from "./testing";

const plan = planOf(
  element("goal-1", "/1", "Universal connectivity"),
  element("target-a", "goal-1/1", "Broadband", { ownCode: "1.1" }),
  element("indicator-x", "target-a/1", "Coverage"),
  element("target-gone", "goal-1/2", "Gone", { removed: true }),
  element("comment-1", "target-a/1", "A remark"),
  element("priority-1", "/1", "Spectrum"),
  element("outcome-1", "priority-1/1", "Élan"),
  element("quote-1", "/1", "Quoted"),
);
const tree = treeOf(plan);
const keys = (turned = new Set<string>()) => rowsOf(tree, turned).map((row) => row.key);
const all = rowsOf(tree, new Set());
const at = (key: string) => all.findIndex((row) => row.key === key);

test("elements stand in groups, comments beside, what is removed apart", () => {
  expect(keys()).toEqual([
    PLAN,
    "group/goals",
    "goal-1",
    "target-a",
    "group/priorities",
    "priority-1",
    "outcome-1",
    "group/former",
    "group/removed",
  ]);
  expect(keys(turn(new Set(), "group/removed"))).toContain("target-gone");
  expect(keys(turn(new Set(), "target-a"))).toContain("indicator-x");
  expect(keys(turn(new Set(), "group/goals"))).not.toContain("goal-1");
});

test("rows say where they stand in the tree", () => {
  expect(all[at("target-a")]).toMatchObject({ depth: 2, parent: "goal-1", position: 1, size: 1, isOpen: false });
  expect(all[at("group/goals")]).toMatchObject({ depth: 0, parent: null, position: 2, size: 5, isOpen: true });
});

test("an element that is asked for is shown, wherever it stands", () => {
  expect(keys(reveal(plan, new Set(), "indicator-x"))).toContain("indicator-x");
  expect(keys(reveal(plan, new Set(["group/goals", "goal-1"]), "target-a"))).toContain("target-a");
  expect(keys(reveal(plan, new Set(), "target-gone"))).toContain("target-gone");
  expect(keys(reveal(plan, new Set(), "nothing"))).toEqual(keys());
  expect(shownFor(plan, "comment-1")?.id).toBe("target-a");
});

test("keys walk the tree, open and close", () => {
  expect(step(all, at("goal-1"), "ArrowDown")).toEqual({ do: "go", to: at("target-a") });
  expect(step(all, 0, "ArrowUp")).toBeNull();
  expect(step(all, at("target-a"), "ArrowRight")).toEqual({ do: "turn", key: "target-a" });
  expect(step(all, at("goal-1"), "ArrowRight")).toEqual({ do: "go", to: at("target-a") });
  expect(step(all, at("target-a"), "ArrowLeft")).toEqual({ do: "go", to: at("goal-1") });
  expect(step(all, at("goal-1"), "ArrowLeft")).toEqual({ do: "turn", key: "goal-1" });
  expect(step(all, 3, "Home")).toEqual({ do: "go", to: 0 });
  expect(step(all, 3, "End")).toEqual({ do: "go", to: all.length - 1 });
  expect(step(all, 3, "x")).toBeNull();
});

test("typing finds the next row by code or title, whatever its marks", () => {
  const found = (from: string, typed: string) => all[find(all, at(from), typed, plan, (group) => group)]?.key;
  expect(found("goal-1", "1.1")).toBe("target-a");
  expect(found("goal-1", "el")).toBe("outcome-1");
  expect(found("goal-1", "u")).toBe("goal-1");
  expect(found("goal-1", "zzz")).toBeUndefined();
});

test("of many rows only those around the window are made", () => {
  expect(windowOf(1000, 3000, 600, 30)).toEqual({ from: 92, to: 128 });
  expect(windowOf(3, 0, 600, 30)).toEqual({ from: 0, to: 3 });
});
