import { expect, test } from "vitest";

import { keptOf, placeOf } from "./refused";
import { element, planOf } from "../write/testing";

const plan = planOf(element("goal-1", "/1", "Connect", { ownCode: "1" }));

test("what was written is kept whole, and said where it was meant for", () => {
  const text = { do: "text", element: "goal-1", field: "title", lang: "en", before: "Connect", after: "Connect all" } as const;
  expect(placeOf(plan, text)).toBe("Title of 1 Connect");
  expect(keptOf(plan, text)).toBe("Connect all");
});

test("of a new element its texts are kept, of a move nothing was written", () => {
  const add = { do: "add", element: "x", kind: "goal", title: "New", parent: null, order: "7", texts: { statement: "More" }, fields: {} } as const;
  expect(keptOf(plan, add)).toBe("New\nMore");
  expect(keptOf(plan, { ...add, title: "", texts: {}, fields: { amount: 512, note: null } })).toBe("Amount: 512");
  expect(keptOf(plan, { do: "move", element: "goal-1", parent: null, order: "7" })).toBeNull();
  expect(keptOf(plan, { do: "field", element: "goal-1", field: "total", value: null })).not.toBe("");
});
