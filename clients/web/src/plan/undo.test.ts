import { expect, test } from "vitest";

import { element, link, planOf } from "../chain/testing";
import type { Deed } from "../collab/intent";
import { standing } from "./turns";
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
  make(deeds: readonly Deed[]): void {
    for (const deed of deeds) this.do(deed);
    this.done.push(deeds.map((deed) => `${deed.do} ${deed.element}`).join(", "));
  }
  do(deed: Deed): void {
    const { element } = deed;
    if (deed.do === "text") this.write(element, deed.after);
    else if (deed.do === "field") this.set(element, deed.field, deed.value as Value);
    else if (deed.do === "move") this.place(element, deed.parent, deed.order);
    else this.holder(element).removed = deed.do === "remove";
  }
  holder(id: string): { removed: boolean } {
    return (this.plan.byId.get(id) ?? this.plan.links.find((one) => one.id === id))!;
  }
  place(id: string, parent: string | null, order: string): void {
    Object.assign(this.plan.byId.get(id)!, { parent, order });
  }
  /** Somebody added it just now, as it stands. */
  added(id: string) {
    return { is: "there", id, before: false, after: true, as: standing(this.plan, id) } as const;
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
    undo.record([desk.added(id)], 0);
    undo.undo();
    expect(undo.forth).not.toBeNull();
    const isRemoved = () => desk.holder(id).removed;
    expect(isRemoved()).toBe(true);
    undo.redo();
    expect(isRemoved()).toBe(false);
  }
});

test("what was made stays where others wrote in it, put something under it, or linked it since", () => {
  const others: ((desk: Desk) => void)[] = [
    (desk) => desk.write("target-2", "Broadband for all"),
    (desk) => desk.set("target-2", "due_year", 2030),
    (desk) => desk.plan.elements.push(element("indicator-1", "target-2")),
    (desk) => desk.plan.elements.push(element("comment-1", null, { about: "target-2" })),
    (desk) => desk.plan.links.push(link("contributes_to", "goal-2", "target-2")),
    (desk) => desk.place("target-2", "goal-1", "0"),
  ];
  for (const write of others) {
    const { desk, undo } = setup();
    undo.record([desk.added("target-2")], 0);
    write(desk);
    expect(undo.undo()).toMatchObject({ is: "overtaken" });
    expect(desk.holder("target-2").removed).toBe(false);
  }
});

test("what was brought back and then written in by others is not removed again", () => {
  const { desk, undo } = setup();
  undo.record([{ ...desk.added("target-2"), before: true, after: false }], 0);
  desk.holder("target-2").removed = true;
  expect(undo.undo()).toMatchObject({ is: "done" });
  desk.write("target-2", "Broadband for all");
  expect(undo.redo()).toMatchObject({ is: "overtaken" });
  expect(desk.holder("target-2").removed).toBe(false);
});

test("a move goes back to where it came from, unless others moved it on, be it among its siblings", () => {
  const { desk, undo } = setup();
  const [before, after] = [{ parent: "goal-1", order: "target-2" }, { parent: "goal-2", order: "7" }];
  const moved = { is: "place", element: "target-2", before, after } as const;
  desk.place("target-2", "goal-2", "7");
  undo.record([moved], 0);
  undo.undo();
  expect(desk.plan.byId.get("target-2")).toMatchObject(before);
  undo.redo();
  expect(desk.plan.byId.get("target-2")).toMatchObject(after);
  desk.place("target-2", "goal-2", "8");
  expect(undo.undo()).toMatchObject({ is: "overtaken" });
  undo.record([moved], 0);
  desk.place("target-2", null, "7");
  expect(undo.undo()).toMatchObject({ is: "overtaken" });
});

test("a place that somebody else took since is gone back to all the same, right before them", () => {
  const { desk, undo } = setup();
  undo.record([{ is: "place", element: "target-2", before: { parent: "goal-1", order: "8" }, after: { parent: "goal-2", order: "7" } }], 0);
  desk.place("target-2", "goal-2", "7");
  desk.place("target-1", "goal-1", "8");
  expect(undo.undo()).toMatchObject({ is: "done" });
  expect(desk.plan.byId.get("target-2")!.parent).toBe("goal-1");
  expect(desk.plan.byId.get("target-2")!.order < "8").toBe(true);
  expect(undo.redo()).toMatchObject({ is: "done" });
  expect(desk.plan.byId.get("target-2")).toMatchObject({ parent: "goal-2", order: "7" });
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
  expect(desk.done).toEqual(["text target-1, field target-1"]);
  expect(desk.text("target-1", "en", "title")).toBe("Old");
  undo.record([desk.added("goal-2")], 0);
  expect(undo.redo()).toBeNull();
});
