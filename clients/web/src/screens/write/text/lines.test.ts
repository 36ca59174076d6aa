import { EditorState, Transaction } from "@codemirror/state";
import { expect, test } from "vitest";

import { clean, lines } from "./lines";

const state = (doc: string, isOneLine: boolean) =>
  EditorState.create({ doc, extensions: [EditorState.lineSeparator.of("\n"), lines(isOneLine)] });

test("what is pasted into one line is one line, with the caret behind it", () => {
  const before = state("ab", true);
  const after = before.update({ changes: { from: 1, insert: "x\r\n  y\nz" }, userEvent: "input.paste" }).state;
  expect(after.doc.toString()).toBe("ax y zb");
  expect(after.selection.main.head).toBe(6);
});

test("longer texts keep their lines, without carriage returns", () => {
  expect(clean("a\r\nb\rc\n", false)).toBe("a\nb\nc\n");
  expect(state("", false).update({ changes: { from: 0, insert: "a\nb" } }).state.doc.lines).toBe(2);
});

test("what others wrote is not altered", () => {
  const annotations = Transaction.remote.of(true);
  expect(state("", true).update({ changes: { from: 0, insert: "a\nb" }, annotations }).state.doc.toString()).toBe("a\nb");
});
