import { expect, test } from "vitest";

import { element, planOf } from "../write/testing";
import { countsOf, nextOpen, roundsOf } from "./rounds";

const view = (id: string, disposition?: string, reason = "") =>
  element(`feedback_item-${id}`, `consultation-1/${id}`, "", {
    kind: "feedback_item",
    text: { en: { statement: `View ${id}`, reason } },
    fields: disposition ? { disposition } : {},
  });
const plan = planOf(element("consultation-1", "/1"), view("1"), view("2", "accepted", "as said"), view("3", "noted"), { ...view("4"), removed: true });

test("a view is closed when it has a disposition and a reason; removed ones do not count", () => {
  const [round] = roundsOf(plan);
  expect(countsOf(round!.views)).toEqual({ all: 3, closed: 1, of: { accepted: 1, noted: 1 } });
});

test("the next open one comes after, then from the beginning; none where all are closed", () => {
  const [round] = roundsOf(plan);
  const next = (after: string) => nextOpen(round!, `feedback_item-${after}`)?.element.id ?? null;
  expect([next("1"), next("2"), next("3")]).toEqual(["feedback_item-3", "feedback_item-3", "feedback_item-1"]);
  expect(nextOpen({ ...round!, views: round!.views.filter((one) => one.isClosed) }, "feedback_item-2")).toBeNull();
});
