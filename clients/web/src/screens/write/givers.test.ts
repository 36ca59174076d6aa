import { expect, test } from "vitest";

import type { Entry } from "../../history/types";
import { giversOf, sideBySide } from "./givers";

const entry = (name: string, bureau: "BR" | "TSB", to: number, at: string): Entry =>
  ({ type: "change", name, bureau, at, edits: [{ op: "set", kind: "goal", element: "gol-1", field: "total", to }] }) as unknown as Entry;

const entries = [entry("Ana", "BR", 5, "2026-01-01T00:00:00Z"), entry("Ben", "TSB", 7, "2026-01-01T00:00:01Z")];

test("each value is told once, with who gave it and when, the one in force first", () => {
  const several = [
    { value: 7, actor: "b" },
    { value: 5, actor: "a" },
    { value: 7, actor: "c" },
  ];
  const given = sideBySide(several, giversOf(entries, "gol-1", "total"));
  expect(given.map(({ value, giver, isInForce }) => [value, giver?.name, isInForce])).toEqual([
    [7, "Ben", true],
    [5, "Ana", false],
  ]);
});

test("a value that is no entry yet is nobody's so far", () => {
  const given = sideBySide([{ value: 9, actor: "me" }, { value: 5, actor: "a" }], giversOf(entries, "gol-1", "total"));
  expect(given[0]?.giver).toBeNull();
  expect(giversOf(entries, "gol-2", "total")).toEqual([]);
});

test("of one value given twice, the last counts", () => {
  const twice = [...entries, entry("Cem", "BR", 5, "2026-01-01T00:00:02Z")];
  expect(sideBySide([{ value: 5, actor: "c" }], giversOf(twice, "gol-1", "total"))[0]?.giver?.name).toBe("Cem");
});
