import { expect, test } from "vitest";

import { findInTexts, nearestTo, placesIn, stepIn } from "./find";
import { element, planOf } from "./testing";

const plan = planOf(
  element("goal-1", "/1", "Connecting people", { text: { en: { title: "Connecting people", statement: "Connect all.\nconnect them" }, fr: { title: "Connecté à tous" } } }),
  element("goal-2", "/2", "Nothing here"),
  element("goal-3", "/3", "Connected", { removed: true }),
  element("target-1", "goal-1/1", "They connect"),
);

test("words are found in every text and language, in reading order, without case and marks", () => {
  expect(findInTexts(plan, "CONNECT").map((one) => `${one.element} ${one.lang} ${one.field} ${one.at}`)).toEqual([
    "goal-1 en title 0",
    "goal-1 en statement 0",
    "goal-1 en statement 13",
    "goal-1 fr title 0",
    "target-1 en title 5",
  ]);
  expect(findInTexts(plan, "connecte a")).toMatchObject([{ lang: "fr", at: 0, length: 10 }]);
  expect(findInTexts(plan, "  ")).toEqual([]);
});

test("places are those of the text as it is written, also behind letters that become none or several", () => {
  expect(placesIn("😀é\u0301 x", "x")).toEqual([{ at: 5, length: 1 }]);
  expect(placesIn("تعليم شامل", "شامل")).toEqual([{ at: 6, length: 4 }]);
  expect(placesIn("aaaa", "aa")).toHaveLength(2);
});

test("one goes on from where one is, and around", () => {
  const found = findInTexts(plan, "connect");
  expect(nearestTo(plan, found, "target-1")).toBe(4);
  expect(nearestTo(plan, found, "goal-2")).toBe(0);
  expect(stepIn(5, 4, 1)).toEqual({ index: 0, isWrapped: true });
  expect(stepIn(5, 0, -1)).toEqual({ index: 4, isWrapped: true });
  expect(stepIn(5, -1, 1)).toEqual({ index: 0, isWrapped: false });
  expect(stepIn(0, -1, 1)).toEqual({ index: -1, isWrapped: false });
});
