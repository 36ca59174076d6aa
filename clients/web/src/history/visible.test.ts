import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { visible } from "./visible";

const table = JSON.parse(readFileSync("../../protocol/src/visible/table.json", "utf8")) as [string, string, string][];

it.each(table)("shows %s", (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});
