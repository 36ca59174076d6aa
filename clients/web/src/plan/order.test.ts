import { expect, test } from "vitest";

import { between } from "./order";

test("a key lies between its neighbours, however often one inserts there", () => {
  let [low, high] = ["", ""];
  const keys: string[] = [];
  for (let turn = 0; turn < 200; turn += 1) keys.push(between(keys.at(-1) ?? "", ""));
  expect([...keys].sort()).toEqual(keys);
  expect(keys.every((key) => key.length <= 4 && !key.endsWith("0"))).toBe(true);
  [low, high] = [keys[0]!, keys[1]!];
  for (let turn = 0; turn < 100; turn += 1) {
    const middle = between(low, high);
    expect(low < middle && middle < high && !middle.endsWith("0")).toBe(true);
    if (turn % 2) low = middle;
    else high = middle;
  }
  expect(between("", keys[0]!) < keys[0]!).toBe(true);
});

test("the first keys are those that the server makes", () => {
  expect(between("", "")).toBe("7");
  expect(between("7", "")).toBe("8");
  expect(between("z", "")).toBe("z1");
});
