import { expect, test } from "vitest";

import { itemsOf, search } from "./palette";
import { element, planOf } from "./testing";

const items = itemsOf(
  planOf(
    element("goal-1", "/1", "Universal connectivity"),
    element("target-a", "goal-1/1", "Broadband for all", { ownCode: "1.1" }),
    element("target-b", "goal-1/2", "Élan of rural broadband", { ownCode: "1.10" }),
    element("target-c", "goal-1/3", "Gone", { removed: true }),
  ),
);
const found = (asked: string) => search(items, asked).map((item) => item.key);

test("a code finds its element first, then those whose code begins so", () => {
  expect(found("1.1")).toEqual(["target-a", "target-b"]);
  expect(found("target 1.10")).toEqual(["target-b"]);
});

test("words are found at their beginnings before they are found inside, whatever case and marks", () => {
  expect(found("elan")).toEqual(["target-b"]);
  expect(found("rur broad")).toEqual(["target-b"]);
  expect(found("band")).toEqual(["target-a", "target-b"]);
  expect(found("nothing of that")).toEqual([]);
});

test("what is removed is not found, and everything else is shown where nothing is asked", () => {
  expect(found("gone")).toEqual([]);
  expect(found(" ")).toEqual(["goal-1", "target-a", "target-b"]);
});
