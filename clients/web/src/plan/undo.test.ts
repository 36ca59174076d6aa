import { expect, test } from "vitest";

import { element, link, planOf } from "../chain/testing";
import { type Hand, Undo } from "./undo";
import type { Plan, Value } from "./view";

/** A plan in memory that is edited in place, by oneself through it and by others beside it. */
class Desk implements Hand {
  plan: Plan = planOf([element("goal-1"), element("goal-2"), element("target-1", "goal-1", { due_year: 2029 }), element("target-2", "goal-1")], [link("contributes_to", "target-1", "goal-2")]);
  done: string[] = [];

  view(): Plan {
    return this.plan;
  }
  text(id: string, lang: string, field: string): string {
    return this.plan.byId.get(id)?.text[lang]?.[field] ?? "";
  }
  write(id: string, title: string): void {
    this.plan.byId.get(id)!.text.en = { title };
  }
  set(id: string, field: string, value: Value): void {
    const { fields } = this.plan.byId.get(id)!;
    if (value === null) delete fields[field];
    else fields[field] = value;
  }
  amend(id: string, _lang: string, { texts = {}, fields = {} }: { texts?: Record<string, string>; fields?: Record<string, Value> }): void {
    for (const text of Object.values(texts)) this.write(id, text);
    for (const [field, value] of Object.entries(fields)) this.set(id, field, value);
    this.done.push(`amend ${id}`);
  }
  setRemoved(id: string, removed: boolean): void {
    (this.plan.byId.get(id) ?? this.plan.links.find((one) => one.id === id)!).removed = removed;
  }
  move(id: string, parent: string | null, after: { id: string } | null): void {
    this.plan.byId.get(id)!.parent = parent;
    this.done.push(`move ${id} after ${after?.id ?? "nothing"}`);
  }
}

const setup = () => {
  const desk = new Desk();
  return { desk, undo: new Undo(desk) };
};
const title = (before: string, after: string) => ({ is: "text", element: "target-1", lang: "en", field: "title", before, after }) as const;

test("a field goes back and forth, and stays as others made it since", () => {
  const { desk, undo } = setup();
  desk.set("target-1", "due_year", 2030);
  undo.record([{ is: "field", element: "target-1", field: "due_year", before: 2029, after: 2030 }], 0);
  expect(undo.undo()).toMatchObject({ is: "done" });
  expect(desk.plan.byId.get("target-1")!.fields.due_year).toBe(2029);
  expect(undo.redo()).toMatchObject({ is: "done" });
  desk.set("target-1", "due_year", 2031);
  expect(undo.undo()).toMatchObject({ is: "overtaken" });
  expect(desk.plan.byId.get("target-1")!.fields.due_year).toBe(2031);
  expect(undo.undo()).toBeNull();
});

test("what was made is taken away and brought back; what was removed comes back; a link too", () => {
  const { desk, undo } = setup();
  for (const id of ["target-2", "target-1>goal-2"]) {
    undo.record([{ is: "there", id, before: false, after: true }], 0);
    undo.undo();
    expect(undo.forth).not.toBeNull();
    const isRemoved = () => (desk.plan.byId.get(id) ?? desk.plan.links.find((one) => one.id === id)!).removed;
    expect(isRemoved()).toBe(true);
    undo.redo();
    expect(isRemoved()).toBe(false);
  }
});

test("a move goes back to where it came from, unless others moved it on", () => {
  const { desk, undo } = setup();
  desk.plan.byId.get("target-2")!.parent = "goal-2";
  undo.record([{ is: "place", element: "target-2", before: { parent: "goal-1", after: "target-1" }, after: { parent: "goal-2", after: null } }], 0);
  undo.undo();
  expect(desk.done).toEqual(["move target-2 after target-1"]);
  desk.plan.byId.get("target-2")!.parent = null;
  expect(undo.redo()).toMatchObject({ is: "overtaken" });
});

test("of a text one's own words go, and those that others wrote meanwhile stay", () => {
  const { desk, undo } = setup();
  desk.write("target-1", "Safe broadband for all, everywhere");
  undo.record([title("Broadband for all", "Safe broadband for all")], 0);
  expect(undo.undo()).toMatchObject({ is: "done" });
  expect(desk.text("target-1", "en", "title")).toBe("Broadband for all, everywhere");
});

test("letters typed one after the other are one step, and undo in the text itself is no step of its own", () => {
  const { undo } = setup();
  undo.record([title("", "a")], 0);
  undo.record([title("a", "ab")], 100);
  undo.record([title("ab", "abc")], 2_000);
  expect(undo.back!.turns).toEqual([title("ab", "abc")]);
  undo.record([title("abc", "ab")], 9_000);
  expect(undo.back!.turns).toEqual([title("", "ab")]);
  expect(undo.forth!.turns).toEqual([title("ab", "abc")]);
  undo.record([title("ab", "abc")], 9_500);
  expect(undo.forth).toBeNull();
});

test("several at once are turned at once; a new edit ends what could be redone", () => {
  const { desk, undo } = setup();
  desk.write("target-1", "New");
  desk.set("target-1", "due_year", 2030);
  undo.record([title("Old", "New"), { is: "field", element: "target-1", field: "due_year", before: 2029, after: 2030 }], 0);
  undo.undo();
  expect(desk.done).toEqual(["amend target-1"]);
  expect(desk.text("target-1", "en", "title")).toBe("Old");
  undo.record([{ is: "there", id: "goal-2", before: false, after: true }], 0);
  expect(undo.redo()).toBeNull();
});
