import { expect, test } from "vitest";

import { t } from "../../strings";
import { readMember, readValue, written } from "./values";

const wrong = (type: string, text: string) => {
  const read = readValue(type, text);
  return "wrong" in read ? read.wrong : null;
};

test("numbers are read as people write them", () => {
  const read = (text: string) => readValue("number", text);
  expect(read("1 234,5")).toEqual({ value: 1234.5 });
  expect(read("1,234,567.5")).toEqual({ value: 1234567.5 });
  expect(read("-0.5")).toEqual({ value: -0.5 });
  expect(read("660251")).toEqual({ value: 660251 });
  for (const text of ["ten", "1e5", "0x10", "1.2.3", "∞"]) expect(wrong("number", text)).toContain(text);
});

test("a number that reads two ways is asked back", () => {
  expect(wrong("number", "1,500")).toBe(t.writing.errors.twoWays("1,500", "1500", "1.500"));
  expect(readValue("number", "1,5")).toEqual({ value: 1.5 });
});

test("years, dates and whole numbers are held against the calendar and their type", () => {
  expect(readValue("year", " 2027 ")).toEqual({ value: 2027 });
  for (const text of ["27", "1799", "2201", "2027.5"]) expect(wrong("year", text)).not.toBeNull();
  for (const text of ["2027", "2027-08", "2028-02-29"]) expect(readValue("date", text)).toEqual({ value: text });
  for (const text of ["2027-02-29", "2027-13", "31.8.2027", "0027"]) expect(wrong("date", text)).not.toBeNull();
  expect(readValue("int", "12")).toEqual({ value: 12 });
  expect(wrong("int", "1.5")).toBe(t.writing.errors.whole("1.5"));
});

test("what is too long is refused, and nothing takes the value away", () => {
  expect(readValue("text", "  ")).toEqual({ value: null });
  expect(wrong("text", "é".repeat(1100))).toBe(t.writing.errors.long);
  expect(readMember("x".repeat(513))).toEqual({ wrong: t.writing.errors.long });
  expect(readMember(" ITU-R ")).toEqual({ value: "ITU-R" });
});

test("values stand in inputs as they are read back", () => {
  expect(written(65)).toBe("65");
  expect(written(["a", "b"])).toBe("a, b");
  expect(written({ plan: "p", element: "e", field: "title", seq: 3 })).toBe("p/e/title@3");
  expect(written(undefined)).toBe("");
});
