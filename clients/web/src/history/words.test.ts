import { describe, expect, it } from "vitest";

import { abridge, compareWords } from "./words";

const told = (from: string, to: string) =>
  compareWords(from, to)
    .map(({ op, text }) => (op === "equal" ? text : op === "deleted" ? `[-${text}-]` : `{+${text}+}`))
    .join("");

describe("two texts compared", () => {
  it.each([
    ["", "", ""],
    ["same", "same", "same"],
    ["", "new", "{+new+}"],
    ["old", "", "[-old-]"],
    ["by 2026, 65 %", "by 2027, 65 %", "by [-2026-]{+2027+}, 65 %"],
    ["improve ICTs contribution now", "improve the contribution of ICTs now", "improve [-ICTs-]{+the+} contribution{+ of ICTs+} now"],
    ["a b c", "c", "[-a b -]c"],
    ["égalité", "égalités", "[-égalité-]{+égalités+}"],
    ["公平", "公正", "[-公平-]{+公正+}"],
  ])("%j and %j", (from, to, told_) => {
    expect(told(from, to)).toBe(told_);
  });

  it("give both texts again, whatever they are", () => {
    const words = ["the", "goal", " ", "  ", ",", "65", "%", "\n", "é", "🙂"];
    let seed = 7;
    const next = (below: number) => (seed = (seed * 16807) % 2147483647) % below;
    const text = () => Array.from({ length: next(30) }, () => words[next(words.length)]).join("");
    for (let round = 0; round < 300; round += 1) {
      const [from, to] = [text(), text()];
      const segments = compareWords(from, to);
      const side = (op: string) => segments.filter((part) => part.op === "equal" || part.op === op).map((part) => part.text);
      expect(side("deleted").join("")).toBe(from);
      expect(side("inserted").join("")).toBe(to);
      expect(segments.every((part, at) => part.op !== segments[at + 1]?.op)).toBe(true);
    }
  });

  it("do not take long when they are long and have nothing in common", () => {
    const many = (word: string) => `${word} `.repeat(5_000);
    expect(told(many("a"), many("b"))).toContain("[-a a ");
  });
});

describe("a long text with a change", () => {
  it("leaves out what is equal and far from it", () => {
    const long = "x".repeat(50);
    const segments = abridge(compareWords(`${long} old ${long}`, `${long} new ${long}`), 10);
    expect(segments.map(({ op, text }) => [op, text.length])).toEqual([
      ["left_out", 41],
      ["equal", 10],
      ["deleted", 3],
      ["inserted", 3],
      ["equal", 10],
      ["left_out", 41],
    ]);
    expect(segments.map(({ text }) => text).join("")).toBe(`${long} oldnew ${long}`);
    expect(abridge([{ op: "equal", text: long }], 10).map(({ op }) => op)).toEqual(["equal", "left_out"]);
    expect(abridge([{ op: "inserted", text: long }], 10)).toHaveLength(1);
  });
});
