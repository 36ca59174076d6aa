import { expect, test } from "vitest";

import { type About, belongs, untold } from "./rules";

const CELL: About = { is: "cell", row: "priority-1", goal: "goal-1", allocations: ["allocation-1"] };
const PLACES: Record<string, About> = {
  cell: CELL,
  another: { ...CELL, goal: "goal-2", allocations: [] },
  row_sum: { is: "row_sum", row: "priority-1" },
  row_planned: { is: "row_planned", row: "priority-1" },
  goal_sum: { is: "goal_sum", goal: "goal-1" },
  total: { is: "total" },
  nothing: { is: "nothing" },
};
const at = (code: string, ...elements: string[]) => Object.keys(PLACES).filter((name) => belongs({ code, elements }, PLACES[name]!));

test("each finding of the finances stands at one place, others at none", () => {
  expect(at("FIN-01", "priority-1")).toEqual(["row_planned"]);
  expect(at("FIN-02", "priority-1", "goal-1")).toEqual(["cell"]);
  expect(at("FIN-03", "priority-1")).toEqual(["row_sum"]);
  expect(at("FIN-04", "priority-1")).toEqual(["row_sum"]);
  expect(at("FIN-05", "goal-1")).toEqual(["goal_sum"]);
  expect(at("FIN-06", "priority-1", "goal-1")).toEqual(["cell"]);
  expect(at("FIN-07", "allocation-1", "priority-1")).toEqual(["cell"]);
  expect(at("FIN-08")).toEqual(["total"]);
  expect(at("FIN-09", "priority-1")).toEqual(["row_planned"]);
  expect(at("FIN-04", "priority-2")).toEqual([]);
  expect(at("NUM-01", "priority-1", "goal-1")).toEqual([]);
});

test("a fact is told until a rule says it, and where none does", () => {
  const facts = [{ is: "sum", sum: 90, planned: 100 }, { is: "percents", sum: 92 }, { is: "several" }] as const;
  expect(untold(facts, [])).toEqual(facts);
  expect(untold(facts, [{ code: "FIN-04", elements: ["priority-1"] }])).toEqual([facts[1], facts[2]]);
});
