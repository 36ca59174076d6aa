// The catalogue in use, and dates and numbers as the reader's locale has them.

import { en } from "./en";

export const t = en;

const locale = typeof navigator === "undefined" ? "en" : navigator.language;
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const number = new Intl.NumberFormat(locale);
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 4 });
/** From here on a number is too long for the edge of a picture. */
const SHORT_FROM = 1_000_000;
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/** A moment, RFC 3339, as date and time. */
export function showDateTime(at: string): string {
  return dateTime.format(new Date(at));
}

/** A number with the separators of the locale. */
export function showNumber(value: number): string {
  return number.format(value);
}

/** A number for the edge of a picture: the large ones in thousands of thousands, and so on. */
export function showShort(value: number): string {
  return Math.abs(value) < SHORT_FROM ? showNumber(value) : short.format(value);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago a moment was, seen from `now_ms`. */
export function showAgo(at: string, now_ms: number): string {
  const seconds = (Date.parse(at) - now_ms) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return relative.format(0, "second");
}

/** A length of time in its largest unit. */
export function showSpan(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms / 1000 >= size) ?? ["second", 1];
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return format.format(ms / 1000 / length);
}

/** A number of bytes in the unit that fits. */
export function showBytes(bytes: number): string {
  const [unit, size] = bytes < 1024 * 1024 ? (["kilobyte", 1024] as const) : (["megabyte", 1024 * 1024] as const);
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 });
  return format.format(bytes / size);
}

const languages = new Intl.DisplayNames(locale, { type: "language" });

/** The name of a language, by its BCP 47 tag; the tag itself where it is none. */
export function showLanguage(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
