import { expect, test } from "vitest";

import { NotUtf8, tableBody } from "./incoming";

test("a workbook goes in base64, anything else as text", async () => {
  await expect(tableBody(new Blob(["\ufeffentry,row\r\n3,reading\r\n"]))).resolves.toEqual({ csv: "entry,row\r\n3,reading\r\n" });
  const bytes = new Uint8Array(100_000).fill(7);
  bytes.set([0x50, 0x4b]);
  const { xlsx } = await tableBody(new Blob([bytes]));
  expect(Buffer.from(xlsx!, "base64").equals(bytes)).toBe(true);
});

test("a text that is not UTF-8 is not taken: its letters would be lost", async () => {
  const windows1252 = Uint8Array.from(Buffer.from("entry,row\r\n3,d\u00e9veloppement\r\n", "latin1"));
  await expect(tableBody(new Blob([windows1252]))).rejects.toThrow(NotUtf8);
});
