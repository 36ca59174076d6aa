import { describe, expect, it } from "vitest";

import { deedsOf } from "./deeds";
import { changeOf, inPlace, marksOf, splicedRow } from "./marks";
import { Names } from "./names";
import type { EditRow, Entry, PlanView } from "./types";

const entry = (...edits: EditRow[]): Entry => ({
  plan: "demo",
  seq: 5,
  at: "2026-11-26T00:00:00Z",
  subject: "br",
  name: "BR desk",
  bureau: "BR",
  role: "drafter",
  leaf: "0".repeat(64),
  type: "change",
  edits,
});
const row = (row: Partial<EditRow>): EditRow => ({ op: "set", kind: "target", field: "due_year", element: "tgt-a", ...row });

describe("the deeds of an entry", () => {
  it("say from what to what", () => {
    expect(deedsOf(entry(row({ from: 2029, to: 2030 })))).toEqual([
      { verb: "set", kind: "target", element: "tgt-a", field: "due_year", concurrent: false, difference: { form: "values", from: 2029, to: 2030 } },
    ]);
    expect(deedsOf(entry(row({ from: 2029 })))[0]).toMatchObject({ verb: "took_away", difference: { form: "values", from: 2029 } });
    expect(deedsOf(entry(row({ from: [], to: false })))[0]).toMatchObject({ verb: "set", difference: { form: "values", to: false } });
    expect(deedsOf(entry(row({ op: "move", field: "place", from: "gol-a", to: "" })))[0]).toMatchObject({
      verb: "moved",
      difference: { form: "places", from: "gol-a", to: "" },
    });
    expect(deedsOf(entry(row({ op: "remove", field: "removed" })))[0]).toMatchObject({ verb: "removed", field: "" });
  });

  it("compare texts by words, and of long ones the part", () => {
    const text = row({ op: "text", field: "title", lang: "en", from: "by 2026", to: "by 2027", deleted: "2026", inserted: "2027", at: 3 });
    expect(deedsOf(entry(text))[0]?.difference).toEqual({
      form: "words",
      isPart: false,
      segments: [
        { op: "equal", text: "by " },
        { op: "deleted", text: "2026" },
        { op: "inserted", text: "2027" },
      ],
    });
    const part = row({ op: "text", field: "title", lang: "en", deleted: "2026", inserted: "2027", at: 3 });
    expect(deedsOf(entry(part))[0]?.difference).toMatchObject({ form: "words", isPart: true });
  });

  it("do not tell again what fills a new element", () => {
    const deeds = deedsOf(
      entry(
        row({ op: "add", field: "element", element: "tgt-n", to: "gol-a" }),
        row({ op: "text", field: "title", element: "tgt-n", lang: "en", to: "A new target", inserted: "A new target" }),
        row({ element: "tgt-n", to: 2030 }),
        row({ to: 2031 }),
      ),
    );
    expect(deeds).toHaveLength(2);
    expect(deeds[0]).toMatchObject({ verb: "added", title: "A new target", fills: 2, difference: { form: "places", to: "gol-a" } });
  });

  it("are none where the entry is no change", () => {
    expect(deedsOf({ type: "actor_bound" })).toEqual([]);
  });
});

describe("what an entry marks in the plan", () => {
  it("is found by element and field", () => {
    const marks = marksOf(entry(row({ from: 2029, to: 2030 }), row({ op: "remove", field: "removed", element: "tgt-b" })));
    expect(marks.get("tgt-b")).toMatchObject({ isGone: true, isNew: false });
    expect(changeOf(marks.get("tgt-a"), "due_year")).toMatchObject({ form: "values", to: 2030 });
    expect(changeOf(marks.get("tgt-a"), "title", "en")).toBeUndefined();
    expect(marksOf(undefined).size).toBe(0);
  });

  it("puts the part of a long text in its place", () => {
    const part = row({ op: "text", field: "title", lang: "en", deleted: "2026", inserted: "2027", at: 4 });
    const found = splicedRow(entry(part), "tgt-a", "title", "en");
    expect(found && inPlace("🙂by 2027 all", found)).toEqual([
      { op: "equal", text: "🙂by " },
      { op: "deleted", text: "2026" },
      { op: "inserted", text: "2027" },
      { op: "equal", text: " all" },
    ]);
    expect(inPlace("something else", part)).toEqual([
      { op: "deleted", text: "2026" },
      { op: "inserted", text: "2027" },
    ]);
    expect(splicedRow(entry(row({ op: "text", field: "title", from: "a", to: "b" })), "tgt-a", "title", "en")).toBeUndefined();
  });
});

describe("names", () => {
  const words = { thePlan: "the plan", kind: (kind: string) => kind.replaceAll("_", " "), yes: "yes", no: "no", nothing: "nothing" };
  const view = {
    id: "demo",
    plan: { language: "en" },
    elements: [
      { id: "gol-a", kind: "goal", code: "1", order: "3", text: { fr: { title: "Égalité" }, en: { title: "Equality" } } },
      { id: "rdg-a", kind: "reading", order: "3", parent: "gol-a", role: "actual", value: 64.5, year: 2022, about: "gol-a", note: "as told" },
      { id: "val-a", kind: "value", order: "3", text: { en: { name: "Trust" } } },
    ],
    links: [{ id: "lnk-a", kind: "contributes_to", from: "val-a", to: "gol-a" }],
  } as unknown as PlanView;
  const names = new Names(words, view);

  it("are kind and code, of a link its ends", () => {
    expect(names.of("gol-a")).toBe("goal 1");
    expect(names.of("lnk-a")).toBe("value val-a contributes to goal 1");
    expect(names.of("tgt-x", "target")).toBe("target tgt-x");
    expect(names.of("plan")).toBe("the plan");
    expect(names.label("gol-a")).toBe("Equality");
    expect(names.label("val-a")).toBe("Trust");
    expect(names.label("rdg-a")).toBe("actual, 64.5, 2022, goal 1");
  });

  it("stand for ids in values", () => {
    expect(names.value("gol-a")).toBe("goal 1");
    expect(names.value(["gol-a", "x"])).toBe("goal 1, x");
    expect(names.value([])).toBe("nothing");
    expect(names.value(false)).toBe("no");
    expect(names.value({ plan: "demo", element: "gol-a" })).toBe("goal 1");
    expect(names.value({ plan: "other", element: "gol-a", field: "title", seq: 3 })).toBe("other/gol-a, title");
  });
});
