import { describe, expect, it } from "vitest";

import { authorsOf } from "./authors";
import { byElement } from "./difference";
import { fieldsOf, finds, isChanged, rowsOf, textsOf } from "./outline";
import { marksOf } from "./marks";
import type { BlameAnswer, Difference, ElementView, Entry, PlanView } from "./types";

const origin = (seq: number, subject: string, bureau: "BR" | "GS") => ({
  seq,
  subject,
  bureau,
  name: subject.toUpperCase(),
  role: "drafter" as const,
  at: "2026-11-26T00:00:00Z",
});

describe("authors of a text", () => {
  const blame: BlameAnswer = {
    plan: "demo",
    seq: 9,
    element: "tgt-a",
    kind: "target",
    fields: [
      { field: "due_year", value: 2030, seq: 7 },
      {
        field: "title",
        lang: "en",
        runs: [
          { text: "Improve ", seq: 3 },
          { text: "ICTs", seq: 3, deleted: 5 },
          { text: "the climate", seq: 5 },
          { text: "🙂", seq: 7 },
          { text: "?" },
        ],
      },
    ],
    entries: [origin(3, "gs", "GS"), origin(5, "ann", "BR"), origin(7, "ben", "BR")],
  };

  it("have marks of their own, the one who wrote most first", () => {
    const { authors, texts } = authorsOf(blame);
    expect(authors.map(({ mark, name, characters }) => [mark, name, characters])).toEqual([
      ["BR1", "ANN", 11],
      ["GS", "GS", 8],
      ["BR2", "BEN", 1],
    ]);
    expect(texts).toHaveLength(1);
    expect(texts[0]?.runs.map((run) => [run.author?.mark, run.deletedBy?.subject])).toEqual([
      ["GS", undefined],
      ["GS", "ann"],
      ["BR1", undefined],
      ["BR2", undefined],
      [undefined, undefined],
    ]);
  });
});

describe("differences of two points", () => {
  it("are gathered by element", () => {
    const base = { kind: "target", code: "2.7", label: "Climate" };
    const differences: Difference[] = [
      { ...base, element: "tgt-a", change: "moved", to: { element: "gol-b", kind: "goal", code: "2" } },
      { ...base, element: "tgt-a", change: "renumbered", code_before: "1.3" },
      { ...base, element: "tgt-a", change: "set", field: "due_year", from: null, to: 2030 },
      { ...base, element: "tgt-b", change: "text", field: "title", lang: "en", segments: [{ op: "inserted", text: "x" }] },
      { ...base, element: "tgt-c", change: "removed" },
    ];
    const all = byElement(differences, (_id, kind, code) => `${kind} ${code}`);
    expect(all.map(({ element, fate }) => [element, fate])).toEqual([
      ["tgt-a", "moved"],
      ["tgt-b", undefined],
      ["tgt-c", "removed"],
    ]);
    expect(all[0]).toMatchObject({ places: { from: "", to: "goal 2" }, changes: [{ field: "due_year", change: { form: "values", to: 2030 } }] });
    expect(all[0]?.changes[0]?.change).not.toHaveProperty("from");
    expect(all[1]?.changes).toEqual([{ field: "title", lang: "en", change: { form: "words", isPart: false, segments: [{ op: "inserted", text: "x" }] } }]);
  });
});

describe("the plan at a moment, as a list", () => {
  const view = {
    elements: [
      { id: "gol-a", kind: "goal", code: "1", order: "3", text: { en: { title: "Equality" } }, source: "S" },
      { id: "tgt-a", kind: "target", code: "1.1", order: "3", parent: "gol-a" },
      { id: "tgt-b", kind: "target", order: "4", parent: "gol-a", removed: true },
      { id: "tgt-c", kind: "target", order: "5", parent: "gol-a", removed: true },
      { id: "ind-a", kind: "indicator", order: "3", parent: "tgt-a" },
    ],
    links: [
      { id: "lnk-a", kind: "contributes_to", from: "tgt-a", to: "gol-a" },
      { id: "lnk-b", kind: "contributes_to", from: "gol-a", to: "tgt-a", removed: true },
    ],
  } as unknown as PlanView;
  const entry = {
    type: "change",
    edits: [
      { op: "remove", element: "tgt-b", kind: "target", field: "removed" },
      { op: "set", element: "lnk-a", kind: "contributes_to", field: "strength", to: "primary" },
    ],
  } as unknown as Entry;

  it("leaves out what was removed, unless this entry removed it", () => {
    const rows = rowsOf(view, marksOf(entry));
    expect(rows.map(({ element, depth }) => [element.id, depth])).toEqual([
      ["gol-a", 0],
      ["tgt-a", 1],
      ["tgt-b", 1],
      ["ind-a", 2],
    ]);
    expect(rows.filter(isChanged).map(({ element }) => element.id)).toEqual(["tgt-a", "tgt-b"]);
    expect(rows[0]?.links).toEqual([]);
  });

  it("tells texts and fields", () => {
    const [goal] = view.elements;
    expect(textsOf(goal as ElementView)).toEqual([{ field: "title", lang: "en", text: "Equality" }]);
    expect(fieldsOf(goal as ElementView)).toEqual([["source", "S"]]);
    expect(finds("EQUAL", goal as ElementView, "Equality")).toBe(true);
    expect(finds("1.9", goal as ElementView, "Equality")).toBe(false);
  });
});
