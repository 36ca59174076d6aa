// Values of fields between what people write and what the document holds.

import { t } from "../../strings";
import type { FieldOfKind } from "../../plan/kinds";
import type { Value } from "../../plan/view";

/** What somebody wrote, read; or what is wrong with it. */
export type Read = { value: Value } | { wrong: string };

const SCALAR_BYTES_MAX = 2_048;
const YEARS = [1800, 2200] as const;

/** Reads what somebody wrote into a field; nothing takes the value away. */
export function readValue(type: FieldOfKind["type"], given: string): Read {
  const text = given.trim();
  const wrong = t.writing.errors;
  if (text === "") return { value: null };
  switch (type) {
    case "int":
      return /^[+-]?\d{1,15}$/.test(text) ? { value: Number(text) } : { wrong: wrong.whole(text) };
    case "number": {
      const number = Number(text.replace(/[\s']/g, "").replace(",", "."));
      return Number.isFinite(number) ? { value: number } : { wrong: wrong.number(text) };
    }
    case "year": {
      const year = Number(text);
      return /^\d{4}$/.test(text) && year >= YEARS[0] && year <= YEARS[1] ? { value: year } : { wrong: wrong.year(text) };
    }
    case "date":
      return isDate(text) ? { value: text } : { wrong: wrong.date(text) };
    case "bool":
      return { value: text === "true" };
    case "set":
      return { value: [...new Set(text.split(",").map((member) => member.trim()).filter(Boolean))].sort() };
    default:
      return new TextEncoder().encode(text).length <= SCALAR_BYTES_MAX ? { value: text } : { wrong: wrong.long };
  }
}

/** 2021, 2021-08 or 2021-08-31, of the calendar. */
function isDate(text: string): boolean {
  const found = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2] ?? 1), Number(found[3] ?? 1)];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A value as it stands in an input. */
export function written(value: Value | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object") {
    return "field" in value ? `${value.plan}/${value.element}/${value.field}@${value.seq}` : `${value.plan}/${value.element}`;
  }
  return String(value);
}

/** Code points before a place that counts UTF-16 units. */
export function pointsBefore(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

/** UTF-16 units before a place that counts code points. */
export function unitsBefore(text: string, points: number): number {
  let [units, left] = [0, points];
  for (const letter of text) {
    if (left-- <= 0) break;
    units += letter.length;
  }
  return units;
}
