import { expect, test } from "vitest";

import { element, link, planOf, realPlan } from "../chain/testing";
import { deedFor, matrixOf } from "./matrix";
import { onward, walk } from "./sheet";

test("the adopted plan's money adds up to the last thousand, by row, by goal and in all", () => {
  const { kind, rows, columns, total } = matrixOf(realPlan("itu-sp-2020-2023"));
  expect([kind, rows.length, columns.length]).toEqual(["objective", 18, 5]);
  expect(total).toMatchObject({ sum: 660_251, planned: 660_251, ceiling: 660_251, facts: [] });
  expect(rows.flatMap(({ facts }) => facts).filter(({ is }) => is === "sum")).toEqual([]);
  expect(columns.flatMap(({ facts }) => facts)).toEqual([]);
  expect(rows.flatMap(({ cells }) => cells).filter(({ amount }) => amount !== null)).toHaveLength(83);
});

test("the draft has no money yet: empty cells of priorities and goals", () => {
  const { kind, rows, columns, total } = matrixOf(realPlan("itu-sp-2024-2027-draft"));
  expect([kind, rows.length, columns.length, total.sum]).toEqual(["priority", 3, 2, null]);
  expect(rows.every(({ facts, cells }) => facts.length === 0 && cells.every((cell) => cell.facts.length === 0))).toBe(true);
});

const allocation = (id: string, fields: Record<string, number | string>) => element(id, "priority-1", fields);
const small = (...allocations: ReturnType<typeof element>[]) =>
  matrixOf(
    planOf(
      [element("goal-1", null, { financial_plan_total: 60 }), element("goal-2"), element("priority-1", null, { planned_cost: 100 }), ...allocations],
      [link("contributes_to", "priority-1", "goal-1")],
    ),
  );

test("what does not add up or go together is told where it is", () => {
  const { rows, columns } = small(
    allocation("allocation-1", { goal: "goal-1", amount: 50, percent: 52 }),
    allocation("allocation-2", { goal: "goal-2", amount: 40, percent: 40 }),
  );
  expect(rows[0]!.facts).toEqual([{ is: "sum", sum: 90, planned: 100 }, { is: "percents", sum: 92 }]);
  expect(rows[0]!.cells.map(({ facts }) => facts)).toEqual([[{ is: "share", percent: 52, share: 50 }], [{ is: "no_link" }]]);
  expect(columns[0]!.facts).toEqual([{ is: "sum", sum: 50, planned: 60 }]);
});

test("a share rounded in print is right; one cell of several allocations is their sum", () => {
  const { rows } = small(
    allocation("allocation-1", { goal: "goal-1", amount: 33.4, percent: 33 }),
    allocation("allocation-2", { goal: "goal-1", amount: 0.2 }),
  );
  expect(rows[0]!.cells[0]).toMatchObject({ amount: 33.6, percent: 33 });
  expect(rows[0]!.cells[0]!.facts).toEqual([{ is: "share", percent: 33, share: 33.6 }, { is: "several" }]);
});

test("an edit is one change: it makes, sets, or takes away what has nothing left", () => {
  const [empty] = small().rows;
  expect(deedFor(empty!, empty!.cells[0]!, "amount", 7)).toEqual({ do: "add", parent: "priority-1", fields: { goal: "goal-1", amount: 7 } });
  expect(deedFor(empty!, empty!.cells[0]!, "amount", null)).toBeNull();
  const [row] = small(allocation("allocation-1", { goal: "goal-1", amount: 7 }), allocation("allocation-2", { goal: "goal-2", amount: 7, percent: 7 })).rows;
  expect(deedFor(row!, row!.cells[0]!, "percent", 5)).toEqual({ do: "set", element: "allocation-1", field: "percent", value: 5 });
  expect(deedFor(row!, row!.cells[0]!, "amount", 7)).toBeNull();
  expect(deedFor(row!, row!.cells[0]!, "amount", null)).toEqual({ do: "remove", element: "allocation-1" });
  expect(deedFor(row!, row!.cells[1]!, "amount", null)).toEqual({ do: "set", element: "allocation-2", field: "amount", value: null });
});

test("keys walk the sheet and stop at its ends; Tab goes on in reading order and leaves at the end", () => {
  expect(walk({ row: 1, column: 1 }, "ArrowDown", false, 3, 4)).toEqual({ row: 2, column: 1 });
  expect(walk({ row: 2, column: 1 }, "ArrowDown", false, 3, 4)).toEqual({ row: 2, column: 1 });
  expect(walk({ row: 2, column: 1 }, "Home", true, 3, 4)).toEqual({ row: 0, column: 0 });
  expect(walk({ row: 0, column: 0 }, "x", false, 3, 4)).toBeNull();
  expect(onward({ row: 0, column: 3 }, false, 3, 4)).toEqual({ row: 1, column: 0 });
  expect(onward({ row: 2, column: 3 }, false, 3, 4)).toBeNull();
  expect(onward({ row: 0, column: 0 }, true, 3, 4)).toBeNull();
});
