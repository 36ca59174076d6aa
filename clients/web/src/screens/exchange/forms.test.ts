import { expect, test } from "vitest";

import { type Chosen, bodyOf, filesOf } from "./forms";

const chosen: Chosen = { form: "word", file: "docx", table: "indicators", at: "", from: "", because: " " };

test("a document, a table and a plan file ask for what they are, at the point that was chosen", () => {
  expect(bodyOf(chosen)).toEqual({ format: "docx", content: "plan" });
  expect(bodyOf({ ...chosen, form: "table", file: "xlsx", table: "feedback", at: "version:sent" })).toEqual({ format: "xlsx", content: "feedback", at: "version:sent" });
  expect(bodyOf({ ...chosen, form: "stratml", at: "7", because: "for the Council" })).toEqual({ format: "stratml", at: "7", because: "for the Council" });
});

test("revision marks begin at the first entry where no other is chosen, and the whole past has no point", () => {
  expect(bodyOf({ ...chosen, form: "tracked" })).toMatchObject({ from: "1" });
  expect(bodyOf({ ...chosen, form: "jsonl", at: "7" })).toEqual({ format: "jsonl" });
  expect(filesOf("information")).toContain("html");
  expect(filesOf("plan")).toEqual([]);
});
