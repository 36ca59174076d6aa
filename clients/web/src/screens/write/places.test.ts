import { expect, test } from "vitest";

import { between } from "../../plan/order";
import type { Plan } from "../../plan/view";
import { type Place, down, indent, makings, outdent, parentsFor, siblingsOf, up } from "./places";
import { KINDS, element, planOf } from "./testing";

const plan = () =>
  planOf(
    element("goal-1", "/1"),
    element("target-a", "goal-1/1"),
    element("target-b", "goal-1/2"),
    element("indicator-x", "target-a/1"),
    element("goal-2", "/2"),
    element("target-c", "goal-2/1"),
    element("priority-1", "/1"),
    element("outcome-1", "priority-1/1"),
  );

/** Moves an element as the store does, and gives the order of its kind. */
function moved(before: Plan, id: string, place: Place | null): string[] {
  expect(place).not.toBeNull();
  const { parent, after } = place!;
  const one = before.byId.get(id)!;
  const siblings = siblingsOf(before, one.kind, parent).filter((other) => other.id !== id);
  const at = after ? siblings.findIndex((other) => other.id === after.id) : -1;
  const order = between(siblings[at]?.order ?? "", siblings[at + 1]?.order ?? "");
  const elements = before.elements.map((other) => (other.id === id ? { ...other, parent, order } : { ...other }));
  return planOf(...elements).elements.filter((other) => other.kind === one.kind).map((other) => `${other.parent}:${other.id}`);
}

test("up and down go among siblings, then on to the parent beside", () => {
  const before = plan();
  const place = (id: string, way: typeof up) => moved(before, id, way(before, KINDS, before.byId.get(id)!));
  expect(place("target-b", up)).toEqual(["goal-1:target-b", "goal-1:target-a", "goal-2:target-c"]);
  expect(place("target-a", down)).toEqual(["goal-1:target-b", "goal-1:target-a", "goal-2:target-c"]);
  expect(place("target-b", down)).toEqual(["goal-1:target-a", "goal-2:target-b", "goal-2:target-c"]);
  expect(place("target-c", up)).toEqual(["goal-1:target-a", "goal-1:target-b", "goal-1:target-c"]);
  expect(up(before, KINDS, before.byId.get("goal-1")!)).toBeNull();
  expect(down(before, KINDS, before.byId.get("target-c")!)).toBeNull();
});

test("in and out go only where the kind may stand", () => {
  const before = planOf(element("goal-1", "/1"), element("quote-1", "/1"), element("quote-2", "/2"), element("target-a", "goal-1/1"));
  const at = (id: string) => before.byId.get(id)!;
  expect(indent(before, KINDS, at("quote-2"))?.parent).toBe("quote-1");
  expect(indent(before, KINDS, at("target-a"))).toBeNull();
  expect(outdent(before, KINDS, at("target-a"))).toBeNull();
  const inside = planOf(element("quote-1", "/1"), element("quote-2", "quote-1/1"));
  expect(outdent(inside, KINDS, inside.byId.get("quote-2")!)).toMatchObject({ parent: null, after: { id: "quote-1" } });
});

test("an element may go under all that take its kind, but not under itself", () => {
  const before = plan();
  expect(parentsFor(before, KINDS, before.byId.get("indicator-x")!).map((one) => one?.id)).toEqual([
    "target-a",
    "target-b",
    "target-c",
    "outcome-1",
  ]);
  const quotes = planOf(element("quote-1", "/1"), element("quote-2", "quote-1/1"));
  expect(parentsFor(quotes, KINDS, quotes.byId.get("quote-1")!)).toEqual([null]);
});

test("what is made most often comes first: under the element, then beside it", () => {
  const before = plan();
  const kinds = (id: string | null) => makings(before, KINDS, id ? before.byId.get(id)! : null);
  expect(kinds("goal-1").slice(0, 2).map((one) => [one.kind.name, one.isChild])).toEqual([["target", true], ["goal", false]]);
  expect(kinds("target-a")[1]).toMatchObject({ parent: "goal-1", after: { id: "target-a" } });
  expect(kinds(null).map((one) => one.kind.name)).toEqual(["goal", "priority", "risk", "quote"]);
});
