// Money as a matrix: what of each row's cost is given to which goal, with sums, and the plain facts that anybody can
// check with a pencil.  Amounts in thousands of francs, shares in percent of the row's planned cost.

import type { Element, Plan } from "../plan/view";

/** What a cell holds. */
export type Measure = "amount" | "percent";

/** Something that does not add up or go together. */
export type Fact =
  | { is: "sum"; sum: number; planned: number }
  | { is: "percents"; sum: number }
  | { is: "share"; percent: number; share: number }
  | { is: "no_link" | "no_money" | "several" | "to_settle" };

export interface Cell {
  goal: string;
  allocations: Element[];
  amount: number | null;
  percent: number | null;
  facts: Fact[];
}

export interface Row {
  element: Element;
  cells: Cell[];
  sum: number | null;
  percents: number | null;
  planned: number | null;
  facts: Fact[];
}

export interface Column {
  goal: Element;
  sum: number | null;
  planned: number | null;
  facts: Fact[];
}

export interface Matrix {
  /** The kind that carries money. */
  kind: string;
  rows: Row[];
  columns: Column[];
  total: { sum: number | null; planned: number | null; plannedGoals: number | null; ceiling: number | null; facts: Fact[] };
}

/** A share that is printed without a fraction is off by so much at most, percent. */
const ROUNDING = 0.5;

/** Reads the money of a plan. */
export function matrixOf(plan: Plan): Matrix {
  const there = plan.elements.filter(({ removed }) => !removed);
  const goals = there.filter(({ kind }) => kind === "goal");
  const given = there.filter(({ kind }) => kind === "allocation");
  const kind = costedKind(plan, there);
  const holders = new Set(given.map(({ parent }) => parent));
  const rows = there
    .filter((element) => element.kind === kind || holders.has(element.id))
    .map((element) => rowOf(plan, element, goals, given.filter(({ parent }) => parent === element.id)));
  const columns = goals.map((goal, at) => columnOf(goal, rows.map(({ cells }) => cells[at]!.amount)));
  return { kind, rows, columns, total: totalOf(plan, rows, columns) };
}

function costedKind(plan: Plan, there: readonly Element[]): string {
  const { costed } = plan.fields;
  if (costed === "objective" || costed === "priority") return costed;
  return there.some(({ kind }) => kind === "priority") ? "priority" : "objective";
}

function rowOf(plan: Plan, element: Element, goals: readonly Element[], given: readonly Element[]): Row {
  const planned = numberOf(element, "planned_cost");
  const linked = new Set(plan.links.filter((link) => link.kind === "contributes_to" && link.from === element.id && !link.removed).map(({ to }) => to));
  const hasMoney = given.length > 0;
  const cells = goals.map((goal) => {
    const allocations = given.filter(({ fields }) => fields.goal === goal.id);
    const amount = add(allocations.map((one) => numberOf(one, "amount")));
    const percent = add(allocations.map((one) => numberOf(one, "percent")));
    const facts: Fact[] = [];
    const share = amount !== null && planned ? (100 * amount) / planned : null;
    if (share !== null && percent !== null && Math.abs(share - percent) > ROUNDING + 1e-9) facts.push({ is: "share", percent, share });
    if (amount !== null && amount !== 0 && !linked.has(goal.id)) facts.push({ is: "no_link" });
    if (hasMoney && amount === null && percent === null && linked.has(goal.id)) facts.push({ is: "no_money" });
    if (allocations.length > 1) facts.push({ is: "several" });
    if (allocations.some(({ concurrent }) => concurrent.amount ?? concurrent.percent)) facts.push({ is: "to_settle" });
    return { goal: goal.id, allocations, amount, percent, facts };
  });
  const sum = add(cells.map(({ amount }) => amount));
  const percents = add(cells.map(({ percent }) => percent));
  const facts = sumFacts(sum, planned);
  const count = cells.filter(({ percent }) => percent !== null).length;
  if (percents !== null && Math.abs(percents - 100) > ROUNDING * count) facts.push({ is: "percents", sum: percents });
  return { element, cells, sum, percents, planned, facts };
}

function columnOf(goal: Element, amounts: readonly (number | null)[]): Column {
  const [sum, planned] = [add(amounts), numberOf(goal, "financial_plan_total")];
  return { goal, sum, planned, facts: sumFacts(sum, planned) };
}

function totalOf(plan: Plan, rows: readonly Row[], columns: readonly Column[]): Matrix["total"] {
  const sum = add(rows.map((row) => row.sum));
  const { financial_ceiling: given } = plan.fields;
  const ceiling = typeof given === "number" ? given : null;
  const [planned, plannedGoals] = [add(rows.map((row) => row.planned)), add(columns.map((column) => column.planned))];
  return { sum, planned, plannedGoals, ceiling, facts: sumFacts(sum, ceiling) };
}

function sumFacts(sum: number | null, planned: number | null): Fact[] {
  return sum !== null && planned !== null && Math.abs(sum - planned) > 1e-6 ? [{ is: "sum", sum, planned }] : [];
}

function numberOf(element: Element, field: string): number | null {
  const value = element.fields[field];
  return typeof value === "number" ? value : null;
}

/** The sum of what is given; none where nothing is. */
function add(values: readonly (number | null)[]): number | null {
  const given = values.filter((value) => value !== null);
  if (given.length === 0) return null;
  // Fractions of tens and hundreds add up as people write them.
  return Math.round(given.reduce((sum, value) => sum + value, 0) * 1e6) / 1e6;
}

/** Whether a fact is a fault: shares are often written before costs are reallocated, which is only worth knowing. */
export function isFault({ is }: Fact): boolean {
  return is !== "share";
}

/** What an edit of a cell does, each one change. */
export type Deed =
  | { do: "add"; parent: string; fields: { goal: string } & Partial<Record<Measure, number>> }
  | { do: "set"; element: string; field: Measure; value: number | null }
  | { do: "remove"; element: string };

/** What makes a cell hold a value; `null` where it holds it already, or does not stand for one element. */
export function deedFor(row: Row, cell: Cell, measure: Measure, value: number | null): Deed | null {
  const [one, another] = cell.allocations;
  if (another || cell[measure] === value) return null;
  if (!one) return value === null ? null : { do: "add", parent: row.element.id, fields: { goal: cell.goal, [measure]: value } };
  const rest = ["amount", "percent", "posts"].filter((field) => field !== measure);
  const isEmptied = value === null && rest.every((field) => numberOf(one, field) === null);
  return isEmptied ? { do: "remove", element: one.id } : { do: "set", element: one.id, field: measure, value };
}
