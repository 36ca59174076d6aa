// The sheet of money: what each place of it holds, who may write it, and what writing there does.  Rows are those of
// the matrix, then sums, then what the financial plan says; columns are goals, then sums, then planned cost.

import { type Fact, type Matrix, type Measure, deedFor, matrixOf } from "../../money/matrix";
import { type About, belongs, untold } from "../../money/rules";
import type { Place } from "../../money/sheet";
import type { Finding } from "../../plan/findings";
import type { Findings } from "../../plan/findings.svelte";
import type { PlanStore } from "../../plan/store.svelte";
import { t } from "../../strings";
import { lineOf, nameOf } from "../write/names";

/** A place by what it is of, whatever rows and columns come and go: ids of elements, or which of the sums. */
export interface Spotted {
  row: string;
  column: string;
}

/** What stands at a place. */
export interface Spot {
  value: number | null;
  /** What stands small beside it. */
  beside: number | null;
  measure: Measure;
  facts: Fact[];
  /** What stands here, by which findings belong to it. */
  about: About;
  /** The element that is opened from here; `null` where there is none. */
  element: string | null;
  /** Why it cannot be written; `null` when it can, `undefined` where it is worked out. */
  forbidden: string | null | undefined;
  put: (value: number | null) => void;
}

const NOTHING: About = { is: "nothing" };
const CALCULATED = { element: null, forbidden: undefined, put: () => undefined };

export class Sheet {
  measure: Measure = $state("amount");
  readonly matrix: Matrix = $derived.by(() => matrixOf(this.store.plan!));
  readonly rows: number = $derived.by(() => this.matrix.rows.length + 2);
  readonly columns: number = $derived.by(() => this.matrix.columns.length + 2);
  readonly spots: Spot[][] = $derived.by(() =>
    Array.from({ length: this.rows }, (_, row) => Array.from({ length: this.columns }, (__, column) => this.#spot({ row, column }))),
  );
  /** Whether somebody may write at least one place. */
  readonly isOpen: boolean = $derived.by(() => this.spots.some((row) => row.some(({ forbidden }) => forbidden === null)));

  readonly #found: Finding[] = $derived.by(() => this.findings.all.filter(({ code }) => code.startsWith("FIN-")));

  constructor(
    readonly store: PlanStore,
    readonly findings: Findings,
  ) {}

  /** What rules of the finances find there; what else is found of an objective has no place in a sheet of money. */
  found({ about }: Spot): Finding[] {
    return this.#found.filter((finding) => belongs(finding, about));
  }

  /** What does not add up there and is in no rule's words. */
  untold(spot: Spot): Fact[] {
    return untold(spot.facts, this.found(spot));
  }

  /** What a row is of. */
  rowOf(at: number): string {
    return this.matrix.rows[at]?.element.id ?? `sum-${at - this.matrix.rows.length}`;
  }

  /** What a column is of. */
  columnOf(at: number): string {
    return this.matrix.columns[at]?.goal.id ?? `sum-${at - this.matrix.columns.length}`;
  }

  spotted({ row, column }: Place): Spotted {
    return { row: this.rowOf(row), column: this.columnOf(column) };
  }

  /** Where it stands now; `null` where its row or column is gone. */
  placeOf(of: Spotted): Place | null {
    const find = (count: number, name: (at: number) => string, sought: string) => Array.from({ length: count }, (_, at) => name(at)).indexOf(sought);
    const row = find(this.rows, (at) => this.rowOf(at), of.row);
    const column = find(this.columns, (at) => this.columnOf(at), of.column);
    return row < 0 || column < 0 ? null : { row, column };
  }

  /** What stands there in words: `R.1 Spectrum, 2 Inclusiveness`. */
  nameOf({ row, column }: Place): string {
    const [{ plan }, { rows, columns }] = [this.store, this.matrix];
    const [own, goal] = [rows[row], columns[column]];
    if (this.isCeiling({ row, column })) return t.money.ceiling;
    const named = own ? lineOf(plan!, own.element) : row === rows.length ? t.money.sum : t.money.goalTotal;
    const other = goal ? t.money.goal(goal.goal.code ?? "", nameOf(plan!, goal.goal)) : column === columns.length ? t.money.sum : t.money.planned;
    return t.money.cell(named, other);
  }

  isCeiling({ row, column }: Place): boolean {
    return row === this.rows - 1 && column === this.columns - 1;
  }

  #spot({ row, column }: Place): Spot {
    const { rows, columns, total } = this.matrix;
    const [own, goal] = [rows[row], columns[column]];
    const isSum = column === columns.length;
    if (own && goal) return this.#cell(row, column);
    if (own && isSum) return this.#sum(own.sum, own.percents, own.facts, { is: "row_sum", row: own.element.id });
    if (own) return this.#planned(own.element.id, "planned_cost", own.planned, { is: "row_planned", row: own.element.id });
    const isSumRow = row === rows.length;
    if (goal && isSumRow) return this.#sum(goal.sum, share(goal.sum, total.sum), goal.facts, { is: "goal_sum", goal: goal.goal.id });
    if (goal) return this.#planned(goal.goal.id, "financial_plan_total", goal.planned, NOTHING);
    if (isSumRow) return isSum ? this.#sum(total.sum, null, total.facts, { is: "total" }) : this.#sum(total.planned, null, [], NOTHING);
    return isSum ? this.#sum(total.plannedGoals, null, [], NOTHING) : this.#planned("plan", "financial_ceiling", total.ceiling, NOTHING);
  }

  #cell(row: number, column: number): Spot {
    const [own, { measure, store }] = [this.matrix.rows[row]!, this];
    const cell = own.cells[column]!;
    const [one, another] = cell.allocations;
    const writable = one ? store.forbidden(one.id) : store.forbiddenUnder("allocation", own.element);
    return {
      value: cell[measure],
      beside: cell[measure === "amount" ? "percent" : "amount"],
      measure,
      facts: cell.facts,
      about: { is: "cell", row: own.element.id, goal: cell.goal, allocations: cell.allocations.map(({ id }) => id) },
      element: one?.id ?? null,
      forbidden: another ? t.money.fact.several : writable,
      put: (value) => {
        const deed = deedFor(own, cell, measure, value);
        if (deed?.do === "add") store.add("allocation", deed.parent, own.cells.flatMap(({ allocations }) => allocations).at(-1) ?? null, "", { fields: deed.fields });
        else if (deed?.do === "set") store.setField(deed.element, deed.field, deed.value);
        else if (deed) store.setRemoved(deed.element, true);
      },
    };
  }

  #sum(amount: number | null, percent: number | null, facts: Fact[], about: About): Spot {
    const [value, beside] = this.measure === "amount" ? [amount, percent] : [percent, amount];
    // Where no share is known the sum of amounts stands alone.
    if (value === null && beside !== null && percent === null) return { value: amount, beside: null, measure: "amount", facts, about, ...CALCULATED };
    return { value, beside, measure: this.measure, facts, about, ...CALCULATED };
  }

  #planned(id: string, field: string, value: number | null, about: About): Spot {
    const { store } = this;
    const put = (given: number | null) => {
      if (given !== value) store.setField(id, field, given);
    };
    return { value, beside: null, measure: "amount", facts: [], about, element: id === "plan" ? null : id, forbidden: store.forbidden(id), put };
  }
}

function share(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : Math.round((1000 * part) / whole) / 10;
}
