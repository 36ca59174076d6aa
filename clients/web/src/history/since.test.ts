import { expect, test } from "vitest";

import { sinceOf } from "./since";
import type { Entry } from "./types";

const change = (seq: number, subject: string, bureau: string, ...elements: string[]) =>
  ({ type: "change", seq, subject, bureau, edits: elements.map((element) => ({ element })) }) as unknown as Entry;

test("what others changed is counted by Bureau and told element by element, in the order of the plan", () => {
  const entries = [
    change(4, "tsb", "TSB", "goal-2", "link-1"),
    change(5, "me", "BR", "goal-1"),
    { ...change(6, "gs", "GS"), type: "version_named" } as unknown as Entry,
    change(7, "bdt", "BDT", "goal-1"),
    change(8, "tsb", "TSB", "goal-2", "gone"),
  ];
  const holderOf = (id: string) => (id === "gone" ? null : id === "link-1" ? "goal-1" : id);
  const since = sinceOf(entries, "me", holderOf, ["goal-1", "goal-2"]);
  expect(since.count).toBe(3);
  expect(since.bureaux).toEqual([{ bureau: "TSB", count: 2 }, { bureau: "BDT", count: 1 }]);
  expect(since.stops.map(({ element, entries: own }) => [element, own.map(({ seq }) => seq)])).toEqual([
    ["goal-1", [4, 7]],
    ["goal-2", [4, 8]],
  ]);
});

test("nobody but oneself was here: there is nothing to tell", () => {
  expect(sinceOf([change(4, "me", "BR", "goal-1")], "me", (id) => id, [])).toEqual({ count: 0, bureaux: [], stops: [] });
});
