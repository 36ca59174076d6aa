import { expect, test } from "vitest";

import type { Person } from "../../wire/messages";
import { initials, peopleOf } from "./people";

const at = (session: string, subject: string, element: string, isWriting = false): Person => ({
  session,
  subject,
  name: subject,
  bureau: "BR",
  role: "drafter",
  state: { element, ...(isWriting ? { selection: { base: 1, anchor: 0, head: 0 } } : {}) },
});

test("somebody with two windows is shown once, where they write", () => {
  const found = peopleOf([at("1", "ben", "a", true), at("2", "ben", "b"), at("3", "ana", "c")]);
  expect(found.map(({ subject, state }) => [subject, state?.element])).toEqual([
    ["ana", "c"],
    ["ben", "a"],
  ]);
});

test("initials are those of first and last word", () => {
  expect(initials("Ana María de Sousa")).toBe("AS");
  expect(initials("BR desk")).toBe("BD");
  expect(initials("Émile")).toBe("É");
  expect(initials(" ")).toBe("");
});
