// Points of the past as the API and addresses write them: an entry, a date or time, a version by its name,
// or nothing for the beginning or now.

export type PointKind = "start" | "now" | "entry" | "date" | "version";

const VERSION = "version:";

/** What kind of point a text is; what is none of them is a date, and the server says what is wrong with it. */
export function kindOfPoint(text: string, absent: "start" | "now"): { kind: PointKind; value: string } {
  if (text === "") return { kind: absent, value: "" };
  if (text.startsWith(VERSION)) return { kind: "version", value: text.slice(VERSION.length) };
  if (/^[0-9]+$/.test(text)) return { kind: "entry", value: text };
  return { kind: "date", value: text };
}

export function writePoint(kind: PointKind, value: string): string {
  return kind === "version" ? VERSION + value : kind === "start" || kind === "now" ? "" : value;
}
