// Values of fields between what people write and what the document holds: what is wrong is said before it is sent,
// in the words of whoever wrote it.

import type { FieldOfKind } from "../../plan/kinds";
import type { Value } from "../../plan/view";
import { t } from "../../strings";

/** What somebody wrote, read; or what is wrong with it. */
export type Read<T = Value> = { value: T } | { wrong: string };

/** A short text holds so much, bytes of UTF-8; a member of a set so much. */
const SCALAR_BYTES_MAX = 2_048;
const MEMBER_BYTES_MAX = 512;
const YEARS = [1800, 2200] as const;

/** Reads what somebody wrote into a field; nothing takes the value away. */
export function readValue(type: FieldOfKind["type"], given: string): Read {
  const text = given.trim();
  const wrong = t.writing.errors;
  if (text === "") return { value: null };
  switch (type) {
    case "int":
      return /^[+-]?\d{1,15}$/.test(text) ? { value: Number(text) } : { wrong: wrong.whole(text) };
    case "number":
      return readNumber(text);
    case "year": {
      const year = Number(text);
      return /^\d{4}$/.test(text) && year >= YEARS[0] && year <= YEARS[1] ? { value: year } : { wrong: wrong.year(text) };
    }
    case "date":
      return isDate(text) ? { value: text } : { wrong: wrong.date(text) };
    default:
      return bytes(text) <= SCALAR_BYTES_MAX ? { value: text } : { wrong: wrong.long };
  }
}

/** Reads a member of a set; `null` where nothing was written. */
export function readMember(given: string): Read<string> | null {
  const text = given.trim();
  if (text === "") return null;
  return bytes(text) <= MEMBER_BYTES_MAX ? { value: text } : { wrong: t.writing.errors.long };
}

/** A number, with a point or a comma before its fraction and spaces between thousands. */
function readNumber(given: string): Read {
  const wrong = t.writing.errors;
  const text = given.replaceAll(/[\s\u00a0\u202f'’]/g, "");
  // A comma before three digits is a fraction to some and thousands to others.
  if (/^[+-]?\d{1,3},\d{3}$/.test(text)) return { wrong: wrong.twoWays(given, text.replace(",", ""), text.replace(",", ".")) };
  const isGrouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text);
  const plain = isGrouped ? text.replaceAll(",", "") : text.replace(",", ".");
  return /^[+-]?\d+(\.\d+)?$/.test(plain) ? { value: Number(plain) } : { wrong: wrong.number(given) };
}

/** 2021, 2021-08 or 2021-08-31, of the calendar. */
function isDate(text: string): boolean {
  const found = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2] ?? 1), Number(found[3] ?? 1)];
  const date = new Date(Date.UTC(year, month - 1, day));
  const isInRange = year >= YEARS[0] && year <= YEARS[1];
  return isInRange && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
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

/** What stands in an input where nothing is given. */
export function hintOf(type: FieldOfKind["type"]): string {
  if (type === "year") return t.writing.hints.year;
  return type === "date" ? t.writing.hints.date : t.writing.unset;
}
