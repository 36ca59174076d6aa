import { expect, test } from "vitest";

import { pointsBefore, readValue, unitsBefore, written } from "./values";

test("what people write becomes a value of the field's type, or says what is wrong", () => {
  expect(readValue("int", " 65 ")).toEqual({ value: 65 });
  expect(readValue("number", "12,5")).toEqual({ value: 12.5 });
  expect(readValue("year", "2027")).toEqual({ value: 2027 });
  expect(readValue("date", "2027-02-28")).toEqual({ value: "2027-02-28" });
  expect(readValue("set", "b, a, b,")).toEqual({ value: ["a", "b"] });
  expect(readValue("text", "")).toEqual({ value: null });
  for (const [type, given] of [["int", "6.5"], ["number", "many"], ["year", "27"], ["date", "2027-02-30"], ["date", "31.8.2027"]] as const) {
    const read = readValue(type, given);
    expect("wrong" in read && read.wrong).toContain(given);
  }
  expect("wrong" in readValue("text", "é".repeat(1_500))).toBe(true);
});

test("a value stands in its input as it was written", () => {
  expect(written(["a", "b"])).toBe("a, b");
  expect(written({ plan: "p", element: "e", field: "f", seq: 3 })).toBe("p/e/f@3");
  expect([written(null), written(false), written(2027)]).toEqual(["", "false", "2027"]);
});

test("places in code points and in units are those of the same letter", () => {
  const text = "a🌍é";
  expect([0, 1, 3, 4].map((units) => pointsBefore(text, units))).toEqual([0, 1, 2, 3]);
  expect([0, 1, 2, 3, 9].map((points) => unitsBefore(text, points))).toEqual([0, 1, 3, 4, 4]);
});
