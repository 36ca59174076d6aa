// Several deeds of one change, on a real document: they are one step, taken back and made again by one change each.

import { beforeAll, expect, test } from "vitest";

import type { Hand } from "./hand";
import { Replica } from "./replica";
import { FakeServer, KINDS, NO_REASON, dice, startAutomergeForTests } from "./testing";
import { turnsOf } from "./turns";
import { Undo } from "./undo";

beforeAll(startAutomergeForTests);

function setup() {
  const roll = dice(7);
  const entropy = (bytes: number) => Uint8Array.from({ length: bytes }, () => roll(256));
  const replica = new Replica(KINDS, { entropy, now_s: () => 0 }, new FakeServer().document());
  let changes = 0;
  const undo = new Undo({
    view: () => replica.view(),
    text: (element, lang, field) => replica.text(element, lang, field),
    make: (deeds) => {
      changes += 1;
      return replica.together((hand) => hand.deeds.push(...deeds), NO_REASON);
    },
  });
  /** As the store does. */
  const together = (work: (hand: Hand) => void) => {
    const before = replica.view();
    const { intent } = replica.together(work, NO_REASON)!;
    undo.record(turnsOf(intent, before, replica.view()), 0);
  };
  const titles = () => replica.view().elements.filter(({ removed }) => !removed).map(({ id }) => replica.text(id, "en", "title"));
  return { replica, undo, together, titles, changes: () => changes };
}

test("what was added, linked, written, set and removed together goes and comes back together", () => {
  const { replica, undo, together, titles, changes } = setup();
  const before = titles();
  together((hand) => {
    const made = hand.add("target", "goa-1", { texts: { title: "Carried over" } });
    hand.write(made, "fr", "title", "Repris");
    hand.link("becomes", made, "tar-1");
    hand.set("tar-1", "due_year", 2031);
    hand.write("tar-1", "en", "title", "The first target.");
    hand.remove("tar-2");
  });
  const after = titles();
  expect(after).toEqual(["The goal.", "The first target.", "Carried over"]);
  expect(undo.back!.turns.map(({ is }) => is)).toEqual(["there", "there", "field", "text", "there"]);
  for (const turn of [1, 2]) {
    expect(undo.undo()).toMatchObject({ is: "done" });
    expect(titles()).toEqual(before);
    expect(replica.view().byId.get("tar-1")!.fields).toEqual({});
    expect(replica.view().links.every(({ removed }) => removed)).toBe(true);
    expect(undo.redo()).toMatchObject({ is: "done" });
    expect(titles()).toEqual(after);
    expect(changes()).toBe(2 * turn);
  }
});

test("where others wrote in one of them, all of it stays", () => {
  const { replica, undo, together, titles } = setup();
  let made = "";
  together((hand) => {
    made = hand.add("target", "goa-1", { texts: { title: "Carried over" } });
    hand.set("tar-1", "due_year", 2031);
  });
  replica.amend(made, "fr", { texts: { title: "Par d’autres" } }, NO_REASON);
  expect(undo.undo()).toMatchObject({ is: "overtaken" });
  expect(titles()).toContain("Carried over");
  expect(replica.view().byId.get("tar-1")!.fields.due_year).toBe(2031);
});

test("a later edit of what was added, once taken back, leaves the addition to be taken back", () => {
  const { replica, undo, together, titles } = setup();
  const before = titles();
  let made = "";
  together((hand) => void (made = hand.add("target", "goa-1")));
  together((hand) => hand.write(made, "fr", "title", "Large bande"));
  together((hand) => hand.set(made, "due_year", 2031));
  for (let step = 0; step < 3; step += 1) expect(undo.undo()).toMatchObject({ is: "done" });
  expect(titles()).toEqual(before);
  expect(replica.view().byId.get(made)!.removed).toBe(true);
});
