// How far an indicator is: its readings in the order of their years, where it stands against its target, and what has
// to be entered before that can be said.

import type { Element, Plan } from "../../plan/view";

export const ROLES = ["baseline", "target", "actual"] as const;
export type Role = (typeof ROLES)[number];

/** A reading as it is entered: what is not a number or year yet is `null`. */
export interface Reading {
  element: Element;
  role: Role | null;
  value: number | null;
  year: number | null;
  unit: string;
  /** What it is broken down to; empty where it is of the whole. */
  part: string;
  source: string;
}

/** What is missing, in the order in which it is entered. */
export const GAPS = ["unit", "baseline", "target", "year", "actual"] as const;
export type Gap = (typeof GAPS)[number];

/** Where the last reading stands: there, on the way, or as far off as at the beginning or further. */
export type Standing =
  | { is: "reached"; actual: Reading; target: Reading }
  | { is: "on the way"; actual: Reading; target: Reading; share: number | null }
  | { is: "away"; actual: Reading; target: Reading };

export interface Progress {
  indicator: Element;
  /** What it measures. */
  above: Element | null;
  unit: string;
  readings: Reading[];
  gaps: Gap[];
  /** The year of the target: of its reading, of what the indicator measures, or of the plan. */
  year: { of: "reading" | "element" | "plan"; year: number } | null;
  standing: Standing | null;
}

export function progressOf(plan: Plan): Progress[] {
  return plan.elements.filter((one) => one.kind === "indicator" && !one.removed).map((indicator) => ofIndicator(plan, indicator));
}

function ofIndicator(plan: Plan, indicator: Element): Progress {
  const above = plan.byId.get(indicator.parent ?? "") ?? null;
  const measure = plan.byId.get(String(indicator.fields.measure ?? ""));
  const unit = [indicator.fields.unit, measure?.fields.unit].find((one) => typeof one === "string" && one !== "");
  const readings = readingsOf(plan, indicator);
  const whole = readings.filter((one) => one.part === "");
  const year = yearOf(plan, above, lastOf(whole, "target"));
  const told: Progress = { indicator, above, unit: typeof unit === "string" ? unit : "", readings, gaps: [], year, standing: standingOf(indicator, whole) };
  return { ...told, gaps: gapsOf(told, whole) };
}

function readingsOf(plan: Plan, indicator: Element): Reading[] {
  const breakdowns = plan.elements.filter((one) => one.kind === "disaggregation" && one.parent === indicator.id && !one.removed);
  const holders = new Map([[indicator.id, ""], ...breakdowns.map((one): [string, string] => [one.id, String(one.fields.dimension ?? "")])]);
  const found = plan.elements
    .filter((one) => one.kind === "reading" && !one.removed && holders.has(one.parent ?? ""))
    .map((element): Reading => {
      const { role, value, year } = element.fields;
      const word = (name: string) => (typeof element.fields[name] === "string" ? String(element.fields[name]) : "");
      return {
        element,
        role: ROLES.find((one) => one === role) ?? null,
        value: typeof value === "number" ? value : null,
        year: typeof year === "number" ? year : null,
        unit: word("unit"),
        part: [holders.get(element.parent ?? ""), word("category")].filter(Boolean).join(": "),
        source: word("data_source"),
      };
    });
  return found.sort((one, other) => (one.year ?? Infinity) - (other.year ?? Infinity) || rank(one) - rank(other) || 0);
}

function rank({ role }: Reading): number {
  return role === null ? ROLES.length : ROLES.indexOf(role);
}

/** The last reading of a role that has a value: the one of the latest year. */
function lastOf(readings: readonly Reading[], role: Role): Reading | null {
  return readings.filter((one) => one.role === role && one.value !== null).at(-1) ?? null;
}

function yearOf(plan: Plan, above: Element | null, target: Reading | null): Progress["year"] {
  const { due_year: due } = above?.fields ?? {};
  const { target_horizon: horizon } = plan.fields;
  if (target?.year) return { of: "reading", year: target.year };
  if (typeof due === "number") return { of: "element", year: due };
  return typeof horizon === "number" ? { of: "plan", year: horizon } : null;
}

function gapsOf({ indicator, unit, year }: Progress, readings: readonly Reading[]): Gap[] {
  const isQualitative = indicator.fields.measurement === "qualitative";
  const isMissing: Record<Gap, boolean> = {
    unit: unit === "" && !isQualitative,
    baseline: !isQualitative && readings.every((one) => one.role !== "baseline" || one.value === null),
    target: !isQualitative && lastOf(readings, "target") === null,
    year: year === null || year.of === "plan",
    actual: readings.every((one) => one.role !== "actual" || one.value === null),
  };
  return GAPS.filter((gap) => isMissing[gap]);
}

/** Held against the target as the comparator says, or as the direction does; nothing is said where neither tells. */
function standingOf(indicator: Element, readings: readonly Reading[]): Standing | null {
  const [actual, target] = [lastOf(readings, "actual"), lastOf(readings, "target")];
  const baseline = readings.find((one) => one.role === "baseline" && one.value !== null) ?? null;
  const way = wayOf(indicator);
  if (actual?.value == null || target?.value == null || way === null) return null;
  const isReached = way === "=" ? actual.value === target.value : way === "up" ? actual.value >= target.value : actual.value <= target.value;
  if (isReached) return { is: "reached", actual, target };
  if (baseline?.value == null || baseline.value === target.value) return { is: "on the way", actual, target, share: null };
  const share = (actual.value - baseline.value) / (target.value - baseline.value);
  return share <= 0 ? { is: "away", actual, target } : { is: "on the way", actual, target, share };
}

function wayOf({ fields }: Element): "up" | "down" | "=" | null {
  switch (fields.comparator) {
    case ">=":
    case "all":
    case "increase_by":
    case "decrease_by":
      return "up";
    case "<=":
      return "down";
    case "=":
      return "=";
    default:
      return fields.direction === "increase" ? "up" : fields.direction === "decrease" ? "down" : null;
  }
}
