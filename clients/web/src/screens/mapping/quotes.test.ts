import { expect, test } from "vitest";

import { counting, folded, isFaithful } from "./quotes";

test("case, punctuation, spaces and the year in front do not count", () => {
  expect(folded("By 2023,  96% of the  World population")).toBe("96 of the world population");
  expect(isFaithful("Increase the number of broadband subscriptions by 50%", "By 2023, increase the number of broadband subscriptions by 50%")).toBe(true);
  expect(isFaithful("By 2023, all countries", "By 2023, all countries should have a plan")).toBe(true);
});

test("what is shown of a difference is only what counts", () => {
  expect(counting("By 2023, net greenhouse gas abatement", "net Greenhouse Gas abatement (baseline 2010)")).toEqual([
    "net greenhouse gas abatement",
    "net greenhouse gas abatement (baseline 2010)",
  ]);
});

test("another word, another year or half a word is another text", () => {
  expect(isFaithful("more than 10 Mbit/s", "By 2023, over 10 Mbit/s")).toBe(false);
  expect(isFaithful("(baseline 2010)", "compared to the 2015 baseline")).toBe(false);
  expect(isFaithful("plan", "By 2023, all countries have planned")).toBe(false);
});
