import { expect, it } from "vitest";

import { kindOfPoint, writePoint } from "./points";

it.each([
  ["", { kind: "now", value: "" }],
  ["12", { kind: "entry", value: "12" }],
  ["2026-11-20", { kind: "date", value: "2026-11-20" }],
  ["version:Rev.1", { kind: "version", value: "Rev.1" }],
] as const)("the point %j is read and written again", (text, point) => {
  expect(kindOfPoint(text, "now")).toEqual(point);
  expect(writePoint(point.kind, point.value)).toBe(text);
});
