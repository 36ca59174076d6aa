import { ChangeSet } from "@codemirror/state";
import { expect, test } from "vitest";

import { Anchor } from "./anchor";

const insert = (length: number, at: number, text: string) => ChangeSet.of({ from: at, insert: text }, length);

test("a place is told as of the last entry, without what is not yet one", () => {
  const anchor = new Anchor("hello world");
  anchor.made(insert(11, 0, "Oh, "));
  expect(anchor.tell(10, 7)).toEqual({ base: 7, at: 6 });
  anchor.became(8);
  expect(anchor.tell(10, 8)).toEqual({ base: 8, at: 10 });
});

test("a place of an older entry is carried over what came since, and over what is only here", () => {
  const anchor = new Anchor("hello world");
  anchor.came(8, insert(11, 0, "Oh, "));
  anchor.made(insert(15, 4, "well, "));
  expect(anchor.read({ base: 7, at: 6 }, 8)).toBe(16);
  expect(anchor.read({ base: 8, at: 10 }, 8)).toBe(16);
});

test("a place at an entry that has not come waits for it", () => {
  const anchor = new Anchor("hello");
  expect(anchor.read({ base: 9, at: 1 }, 8)).toBeNull();
  expect(anchor.read({ base: 9, at: 1 }, 9)).toBe(1);
});

test("two sides that write at once tell each other the same place", () => {
  // Here "A" is written at the start and is no entry yet; there "B" at the end is entry 2.
  const here = new Anchor("xyz");
  here.made(insert(3, 0, "A"));
  here.came(2, insert(4, 4, "B"));
  const there = new Anchor("xyz");
  there.made(insert(3, 3, "B"));
  there.became(2);
  // Before y, on both.
  expect(there.tell(1, 2)).toEqual({ base: 2, at: 1 });
  expect(here.read({ base: 2, at: 1 }, 2)).toBe(2);
  expect(here.tell(2, 2)).toEqual({ base: 2, at: 1 });
  here.became(3);
  there.came(3, insert(4, 0, "A"));
  expect(here.tell(2, 3)).toEqual(there.tell(2, 3));
});

test("letters of two units are one place for others", () => {
  const anchor = new Anchor("😀😀");
  expect(anchor.tell(4, 1).at).toBe(2);
  expect(anchor.read({ base: 1, at: 1 }, 1)).toBe(2);
});
