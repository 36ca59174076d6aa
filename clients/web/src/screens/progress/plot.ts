// The plot of an indicator: years to the right, values upwards.  Only numbers and paths; what is drawn of them is the
// component's.

import type { Reading, Role } from "./progress";

export const SIZE = { width: 480, height: 220, left: 52, right: 16, top: 14, bottom: 28 };

/** A reading with its place in the picture. */
export interface Point {
  role: Role;
  value: number;
  year: number;
  x: number;
  y: number;
}

export interface Plot {
  points: Point[];
  /** The readings that were taken, joined. */
  actual: string;
  /** The way from the baseline to the target; empty without both. */
  expected: string;
  years: { year: number; x: number }[];
  values: { value: number; y: number }[];
}

/** Fewer readings with value and year make no picture. */
export const POINTS_MIN = 2;
const LABELS_MAX = 7;

/** Draws readings of the whole; `null` where there are too few. */
export function plotOf(readings: readonly Reading[]): Plot | null {
  const dated = readings.flatMap(({ role, value, year, part }) => (role !== null && value !== null && year !== null && part === "" ? [{ role, value, year }] : []));
  if (dated.length < POINTS_MIN) return null;
  const years = stretch(dated.map(({ year }) => year));
  const scale = scaleOf(dated.map(({ value }) => value));
  const { width, height, left, right, top, bottom } = SIZE;
  const x = (year: number) => round(left + ((year - years.from) / (years.to - years.from)) * (width - left - right));
  const y = (value: number) => round(height - bottom - ((value - scale.from) / (scale.to - scale.from)) * (height - top - bottom));
  const points = dated.map((one) => ({ ...one, x: x(one.year), y: y(one.value) }));
  const of = (role: Role) => points.filter((one) => one.role === role);
  const [begin, end] = [of("baseline")[0], of("target").at(-1)];
  const taken = [...of("baseline").slice(0, 1), ...of("actual")].sort((one, other) => one.year - other.year);
  return {
    points,
    actual: of("actual").length > 0 && taken.length > 1 ? lineOf(taken) : "",
    expected: begin && end ? lineOf([begin, end]) : "",
    years: labelled(years).map((year) => ({ year, x: x(year) })),
    values: scale.ticks.map((value) => ({ value, y: y(value) })),
  };
}

function lineOf(points: readonly Point[]): string {
  return points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x} ${y}`).join("");
}

/** One year alone gets room at both sides. */
function stretch(years: readonly number[]): { from: number; to: number } {
  const [from, to] = [Math.min(...years), Math.max(...years)];
  return from === to ? { from: from - 1, to: to + 1 } : { from, to };
}

function labelled({ from, to }: { from: number; to: number }): number[] {
  const step = Math.max(1, Math.ceil((to - from) / LABELS_MAX));
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step);
}

/** Round values around all that are shown. */
function scaleOf(values: readonly number[]): { from: number; to: number; ticks: number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const raw = span / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((one) => one >= raw) ?? raw;
  const from = Math.floor((low - span * 0.05) / step) * step;
  // What was never below nought has no room there.
  const start = low >= 0 ? Math.max(0, from) : from;
  const count = Math.ceil((high + span * 0.05 - start) / step);
  const ticks = Array.from({ length: count + 1 }, (_, at) => Number((start + at * step).toPrecision(12)));
  return { from: start, to: ticks.at(-1)!, ticks };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
