import { expect, test } from "vitest";

import { sideOf, sidesOf } from "./sides";
import type { PlanView } from "./types";

const view = (elements: object[], links: object[] = [], plan: object = {}) => ({ id: "a-plan", plan, elements, links }) as unknown as PlanView;
const goal = (id: string, title: string, more: object = {}) => ({ id, kind: "goal", order: id, code: id, text: { en: { title } }, ...more });

const joined = (segments: readonly { text: string }[]) => segments.map(({ text }) => text).join("");

test("each side reads as it was, and what differs is known by its words", () => {
  const [, side] = sidesOf(view([goal("1", "Broadband for some")]), view([goal("1", "Broadband for all")]));
  const [part] = side!.parts;
  if (part?.is !== "text") throw new Error("a title is a text");
  expect(joined(sideOf(part.segments, "before"))).toBe("Broadband for some");
  expect(joined(sideOf(part.segments, "after"))).toBe("Broadband for all");
  expect(side).toMatchObject({ fate: "kept", isChanged: true });
});

test("what came and what went stands in its place, and what did not change is known", () => {
  const before = view([goal("1", "One"), goal("2", "Two"), goal("3", "Three")]);
  const after = view([goal("1", "One"), goal("3", "Three", { code: "2" }), goal("4", "Four")]);
  const sides = sidesOf(before, after).filter(({ id }) => id !== "plan");
  expect(sides.map(({ id, fate, isChanged }) => [id, fate, isChanged])).toEqual([
    ["1", "kept", false],
    ["2", "removed", true],
    ["3", "kept", true],
    ["4", "added", true],
  ]);
});

test("values, links and the plan's own fields are compared too; before the beginning there is nothing", () => {
  const link = { id: "lnk-1", kind: "contributes_to", from: "1", to: "2" };
  const [own, one] = sidesOf(view([goal("1", "One", { due_year: 2029 })]), view([goal("1", "One", { due_year: 2030 })], [link], { title: "Plan" }));
  expect(own).toMatchObject({ id: "plan", isChanged: true });
  expect(one!.parts.find(({ field }) => field === "due_year")).toMatchObject({ before: 2029, after: 2030, isChanged: true });
  expect(one!.links).toEqual([{ link, isNew: true }]);
  expect(sidesOf(null, view([goal("1", "One")])).every(({ fate }) => fate === "added")).toBe(true);
});
