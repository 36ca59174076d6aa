// What is said of an indicator: where it stands, and what is missing before that can be said.

import { expect, test } from "vitest";

import type { Element, Value } from "../../plan/view";
import { element, planOf } from "../write/testing";
import { plotOf } from "./plot";
import { progressOf } from "./progress";

let count = 0;
const reading = (role: string, value: number | null, year: number | null, more: Record<string, Value> = {}): Element =>
  element(`reading-${(count += 1)}`, "indicator-1/1", "", { kind: "reading", text: {}, fields: { role, value, year, ...more } });

function told(fields: Record<string, Value>, readings: Element[], target: Record<string, Value> = { due_year: 2030 }) {
  const plan = planOf(
    element("goal-1", "/1"),
    element("target-1", "goal-1/1", "Access", { fields: target }),
    element("indicator-1", "target-1/1", "Households", { fields }),
    ...readings,
  );
  return progressOf(plan)[0]!;
}

test("without readings everything is missing; what is qualitative needs no numbers to begin with", () => {
  expect(told({}, [], {}).gaps).toEqual(["unit", "baseline", "target", "year", "actual"]);
  expect(told({ measurement: "qualitative" }, []).gaps).toEqual(["actual"]);
});

test("readings stand in the order of their years, and the last one is held against the target", () => {
  const progress = told({ unit: "percent", comparator: ">=" }, [reading("target", 65, 2030), reading("actual", 60, 2027), reading("baseline", 50, 2020), reading("actual", 58, 2025)]);
  expect(progress.readings.map(({ year }) => year)).toEqual([2020, 2025, 2027, 2030]);
  expect(progress.gaps).toEqual([]);
  expect(progress.standing).toMatchObject({ is: "on the way", actual: { value: 60 }, target: { value: 65 } });
  expect((progress.standing as { share: number }).share).toBeCloseTo(10 / 15);
});

test("which way is better decides what reached means; where nothing tells, nothing is said", () => {
  const readings = () => [reading("baseline", 5, 2020), reading("target", 2, 2030), reading("actual", 2, 2028)];
  expect(told({ comparator: "<=" }, readings()).standing).toMatchObject({ is: "reached" });
  expect(told({ direction: "decrease" }, [...readings(), reading("actual", 6, 2029)]).standing).toMatchObject({ is: "away" });
  expect(told({}, readings()).standing).toBeNull();
});

test("what is broken down is told apart and not held against the whole", () => {
  const progress = told({ direction: "increase" }, [reading("target", 65, 2030), reading("actual", 90, 2025, { category: "urban" })]);
  expect([progress.standing, progress.readings[0]!.part, progress.gaps.includes("actual")]).toEqual([null, "urban", true]);
});

test("the year is the target's own, else that of what is measured", () => {
  expect(told({}, [reading("target", 65, 2029)]).year).toEqual({ of: "reading", year: 2029 });
  expect(told({}, [reading("target", 65, null)]).year).toEqual({ of: "element", year: 2030 });
});

test("a plot has round values around its readings and a line through those that were taken", () => {
  const plot = plotOf(told({}, [reading("baseline", 50, 2020), reading("actual", 58, 2025), reading("target", 65, 2030)]).readings)!;
  expect(plot.values.map(({ value }) => value)).toEqual([45, 50, 55, 60, 65, 70]);
  expect(plot.years.map(({ year }) => year)).toEqual([2020, 2022, 2024, 2026, 2028, 2030]);
  expect(plot.points.map(({ x }) => x)).toEqual([52, 258, 464]);
  expect([plot.actual.match(/[ML]/g)!.length, plot.expected.match(/[ML]/g)!.length]).toEqual([2, 2]);
  expect(plotOf(told({}, [reading("target", 65, 2030)]).readings)).toBeNull();
});

test("one year and one value are still drawn within the picture", () => {
  const plot = plotOf(told({}, [reading("target", 0, 2030), reading("actual", 0, 2030)]).readings)!;
  for (const { x, y } of plot.points) expect([Number.isFinite(x), Number.isFinite(y)]).toEqual([true, true]);
});
