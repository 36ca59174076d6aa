import { expect, test } from "vitest";

import { chainOf } from "./graph";
import { pictureOf } from "./layout";
import { KINDS, element, link, planOf, realPlan } from "./testing";
import { partOf, waysOf } from "./ways";

const ADOPTED = "itu-sp-2020-2023";
const DRAFT = "itu-sp-2024-2027-draft";

function sides(name: string) {
  const chain = chainOf(realPlan(name), KINDS);
  const byCode = (kind: string, code: string) => [...chain.nodes.values()].find((node) => node.kind === kind && node.element.code === code)!.id;
  return { chain, byCode };
}

test("the adopted plan runs from outputs over objectives to goals and targets, the draft from offerings over priorities", () => {
  const [adopted, draft] = [sides(ADOPTED).chain, sides(DRAFT).chain];
  expect(adopted.columns).toEqual(["output", "outcome", "objective", "goal", "target", "indicator"]);
  expect(draft.columns).toEqual(["offering", "priority", "outcome", "goal", "target", "indicator"]);
  expect(adopted.nodes.size).toBe(70 + 64 + 18 + 5 + 24 + 24 + 31);
  expect(adopted.edges.filter(({ kind }) => kind === "contributes_to")).toHaveLength(83);
});

test("the ways of an element are what it rests on and what it leads to, and nothing beside them", () => {
  const { chain, byCode } = sides(ADOPTED);
  const ways = waysOf(chain, [byCode("objective", "T.2")]);
  const kinds = (kind: string) => [...ways.nodes].filter((id) => chain.nodes.get(id)!.kind === kind).map((id) => chain.nodes.get(id)!.element.code);
  expect(kinds("objective")).toEqual(["T.2"]);
  expect(kinds("goal").toSorted()).toEqual(["1", "2", "4"]);
  expect(kinds("output").every((code) => code!.startsWith("T.2"))).toBe(true);
  const goal = waysOf(chain, [byCode("goal", "1")]);
  expect([...goal.nodes].filter((id) => chain.nodes.get(id)!.kind === "goal")).toHaveLength(1);
});

test("an outcome that names no goal leads where its priority does, without its siblings", () => {
  const { chain, byCode } = sides(DRAFT);
  const outcome = byCode("outcome", "1-a");
  expect(chain.nodes.get(outcome)!.gaps).toEqual(["by_parent"]);
  const ways = waysOf(chain, [outcome]);
  expect([...ways.nodes].filter((id) => chain.nodes.get(id)!.kind === "goal")).not.toHaveLength(0);
  expect(ways.nodes.has(byCode("outcome", "1-b"))).toBe(false);
  expect(waysOf(chain, [byCode("goal", "1")]).nodes.has(outcome)).toBe(true);
});

test("what is missing is told at the element where it is missing", () => {
  const plan = planOf(
    [
      element("goal-1"),
      element("goal-2"),
      element("target-1", "goal-1"),
      element("indicator-1", "target-1"),
      element("target-2", "goal-1"),
      element("priority-1"),
      element("outcome-1", "priority-1"),
      element("priority-2"),
      element("offering-1"),
      element("enabler-1"),
      element("enabler-2", null, { supports_all: true }),
      element("outcome-9", "priority-9"),
    ],
    [link("contributes_to", "outcome-1", "goal-1"), link("contributes_to", "priority-1", "goal-1"), link("delivers", "offering-1", "priority-2")],
  );
  const { nodes } = chainOf(plan, KINDS);
  const gaps = Object.fromEntries([...nodes].map(([id, { gaps: found }]) => [id, found]).filter(([, found]) => found!.length > 0));
  expect(gaps).toEqual({
    "goal-2": ["nothing_contributes", "no_target"],
    "target-2": ["no_indicator"],
    "priority-1": ["no_offering"],
    "priority-2": ["no_goal", "no_outcome"],
    "offering-1": ["no_goal"],
    "enabler-1": ["supports_nothing"],
    "outcome-9": ["lost", "no_goal"],
  });
});

test("a link that was removed, or leads to what was removed, is none", () => {
  const gone = { ...link("contributes_to", "objective-1", "goal-1"), removed: true };
  const plan = planOf(
    [element("goal-1"), element("goal-2", null, {}, { removed: true }), element("objective-1")],
    [gone, link("contributes_to", "objective-1", "goal-2")],
  );
  expect(chainOf(plan, KINDS).edges).toEqual([]);
});

test("a Bureau sees its own and all that is before and after it", () => {
  const { chain } = sides(ADOPTED);
  const part = partOf(chain, "BR");
  const codes = (kind: string) => [...part.nodes.values()].filter((node) => node.kind === kind).map(({ element: { code } }) => code);
  expect(codes("objective")).toEqual(["R.1", "R.2", "R.3"]);
  expect(codes("enabler")).toEqual(["1", "2"]);
  expect(part.edges.every(({ from, to }) => part.nodes.has(from) && part.nodes.has(to))).toBe(true);
});

test.each([ADOPTED, DRAFT])("in the picture of %s nothing lies upon another, and columns run forward in order", (name) => {
  const { chain } = sides(name);
  for (const detail of ["codes", "titles"] as const) {
    const { boxes, columns, width, height, lines } = pictureOf(chain, detail);
    expect(boxes.size).toBe(chain.nodes.size);
    const all = [...boxes.values()];
    for (const [at, one] of all.entries()) {
      expect(one.x >= 0 && one.y >= 0 && one.x + one.width <= width && one.y + one.height <= height).toBe(true);
      const isUpon = all.slice(at + 1).some((other) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height);
      expect(isUpon).toBe(false);
    }
    expect(columns.map(({ x }) => x)).toEqual(columns.map(({ x }) => x).toSorted((one, other) => one - other));
    for (const known of ["goal", "objective", "priority", "target"]) {
      const places = [...chain.nodes.values()].filter(({ kind }) => kind === known).map(({ id }) => boxes.get(id)!);
      expect(places).toEqual(places.toSorted((one, other) => one.y - other.y || one.x - other.x));
    }
    expect(lines.every(({ path }) => !path.includes("NaN") && !path.includes("undefined"))).toBe(true);
  }
});

test("an indicator of an outcome stands with the others, and its line goes around the goals", () => {
  const plan = planOf(
    [element("goal-1"), element("target-1", "goal-1"), element("objective-1"), element("outcome-1", "objective-1"), element("indicator-1", "outcome-1"), element("indicator-2", "target-1")],
    [link("contributes_to", "objective-1", "goal-1")],
  );
  const { boxes, lines } = pictureOf(chainOf(plan, KINDS), "titles");
  expect(boxes.get("indicator-1")!.x).toBe(boxes.get("indicator-2")!.x);
  const line = lines.find(({ edges }) => edges.some(({ to }) => to === "indicator-1"))!;
  // Past objectives, goals and targets: a stretch through each column.
  expect(line.path.match(/L/g)).toHaveLength(3);
});

test("a link against the way, or within a column, is drawn and does no harm", () => {
  const plan = planOf(
    [element("goal-1"), element("objective-1"), element("outcome-1", "objective-1"), element("outcome-2", "objective-1")],
    [link("contributes_to", "objective-1", "outcome-1"), link("contributes_to", "outcome-1", "outcome-2"), link("contributes_to", "objective-1", "goal-1")],
  );
  const picture = pictureOf(chainOf(plan, KINDS), "titles");
  expect(picture.lines.flatMap(({ edges }) => edges)).toHaveLength(5);
});
