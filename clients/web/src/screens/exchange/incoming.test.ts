import { expect, test } from "vitest";

import { tableBody } from "./incoming";

test("a workbook goes in base64, anything else as text", async () => {
  await expect(tableBody(new Blob(["\ufeffentry,row\r\n3,reading\r\n"]))).resolves.toEqual({ csv: "entry,row\r\n3,reading\r\n" });
  const bytes = new Uint8Array(100_000).fill(7);
  bytes.set([0x50, 0x4b]);
  const { xlsx } = await tableBody(new Blob([bytes]));
  expect(Buffer.from(xlsx!, "base64").equals(bytes)).toBe(true);
});
