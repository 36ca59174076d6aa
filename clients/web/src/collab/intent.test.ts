// What goes with something that was refused, where several deeds were one change.

import { expect, test } from "vitest";

import { type Deed, type Intent, goesWith } from "./intent";

const add: Deed = { do: "add", element: "tgt-new", kind: "target", title: "", parent: "gol-1", order: "1", texts: {}, fields: {} };
const link: Deed = { do: "link", element: "dsp-new", id: "lnk-new", kind: "becomes", to: "tgt-new" };
const split: Intent = { do: "all", element: "tgt-new", deeds: [add, link] };

test("what is about anything that a refused change made goes with it, and nothing else does", () => {
  const write = (element: string): Intent => ({ do: "text", element, field: "title", lang: "en", before: "", after: "a" });
  expect(goesWith(write("tgt-new"), split)).toBe(true);
  expect(goesWith(write("gol-1"), split)).toBe(false);
  expect(goesWith({ do: "remove", element: "lnk-new" }, split)).toBe(true);
});

test("a change goes whole when one of its deeds needs what was refused", () => {
  expect(goesWith(split, add)).toBe(true);
  expect(goesWith({ ...split, deeds: [{ ...link, to: "tgt-other" }] }, add)).toBe(false);
});
