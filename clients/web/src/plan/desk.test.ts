// Tabs that write together by way of a server that answers late, is cut off, refuses, and is restored.

import { beforeAll, expect, test } from "vitest";

import { FakeServer, NO_REASON, Tab, dice, startAutomergeForTests } from "./testing";

beforeAll(startAutomergeForTests);

function tabs(server: FakeServer, count: number): Tab[] {
  return Array.from({ length: count }, (_, index) => new Tab(server, dice(index + 1)).online());
}

function settle(all: Tab[]): void {
  for (let round = 0; round < 20; round += 1) for (const tab of all) tab.online();
}

test("two in one sentence: both see both words, and each is told of the other's as a splice", () => {
  const [one, other] = tabs(new FakeServer(), 2) as [Tab, Tab];
  one.type("tar-1", 0, "First. ");
  other.type("tar-1", 11, " Last.");
  expect([one.title("tar-1"), other.title("tar-1")]).toEqual(["First. The target.", "The target. Last."]);
  settle([one, other]);
  for (const tab of [one, other]) expect(tab.title("tar-1")).toBe("First. The target. Last.");
  expect(one.followed).toEqual([[new Map([["tar-1/en/title", [{ at: 18, removed: 0, inserted: " Last." }]]]), 3]]);
  expect(one.desk.state.pending).toEqual([]);
});

test("offline, a reload keeps what was written; back, it is sent once and saved", () => {
  const server = new FakeServer();
  const [tab, other] = tabs(server, 2) as [Tab, Tab];
  tab.keep();
  tab.line.cut();
  const ids = [tab.type("tar-1", 0, "a"), tab.type("tar-1", 1, "b")].map((pending) => pending?.id);
  tab.keep();
  tab.reload();
  expect(tab.title("tar-1")).toBe("abThe target.");
  expect(tab.saved).toEqual([]);
  other.type("tar-1", 0, "x");
  settle([other, tab]);
  expect(tab.saved).toEqual(ids);
  expect(server.log.map((entry) => entry.id).filter((id) => ids.includes(id))).toEqual(ids);
  expect(tab.title("tar-1")).toBe(other.title("tar-1"));
  expect(tab.keeper.pending.size).toBe(0);
});

test("a kept document that does not load is dropped: the plan comes anew, and what waits is sent", () => {
  const server = new FakeServer();
  const [tab] = tabs(server, 1) as [Tab];
  tab.keep();
  tab.line.cut();
  const id = tab.type("tar-1", 0, "a")?.id;
  tab.keep();
  tab.keeper.kept = { ...tab.keeper.kept!, document: Uint8Array.of(0x85, 0x6f, 0x4a, 0x83, 1, 2, 3) };
  tab.reload();
  expect(tab.desk.view()).toBeNull();
  settle([tab]);
  expect(tab.title("tar-1")).toBe("aThe target.");
  expect(tab.saved).toEqual([id]);
});

test("an acknowledgement that was lost on the way is had again, and the change is there once", () => {
  const server = new FakeServer();
  const [tab] = tabs(server, 1) as [Tab];
  tab.type("tar-1", 0, "a");
  tab.line.deliver("server");
  tab.line.cut();
  tab.reload();
  tab.online();
  expect(tab.saved).toHaveLength(1);
  expect(tab.title("tar-1")).toBe("aThe target.");
  expect(server.log).toHaveLength(2);
});

test("a refused change leaves the text; what was written after it elsewhere stays and is saved", () => {
  const server = new FakeServer();
  const [tab] = tabs(server, 1) as [Tab];
  tab.keep();
  const no = [tab.type("tar-1", 0, "no"), tab.type("tar-1", 2, "!")];
  tab.type("tar-2", 4, "good ");
  tab.desk.edit((replica) => replica.setField("tar-1", "due_year", 2030, NO_REASON));
  server.refuses = ({ id }) => (id === no[0]?.id ? "other_bureau" : null);
  settle([tab]);
  expect([tab.title("tar-1"), tab.title("tar-2")]).toEqual(["The target.", "The good target."]);
  expect(tab.desk.view()?.byId.get("tar-1")?.fields).toEqual({ due_year: 2030 });
  expect(tab.refused).toMatchObject([
    { code: "other_bureau", reason: "It is other_bureau.", pending: { intent: { before: "The target.", after: "no!The target." } } },
  ]);
  expect(tab.desk.view()).toEqual(server.view());
  // Neither does it come back with the next start.
  tab.reload();
  expect(tab.title("tar-1")).toBe("The target.");
  settle([tab]);
  expect(tab.refused).toHaveLength(1);
  const again = tab.desk.edit((replica) => replica.again(tab.refused[0]!.pending));
  settle([tab]);
  expect(tab.saved).toContain(again?.id);
  expect(tab.title("tar-1")).toBe("no!The target.");
});

test("a server that was put back: what waits goes onto its document, what cannot is handed back", () => {
  const server = new FakeServer();
  const [tab, other] = tabs(server, 2) as [Tab, Tab];
  const [lost] = [other.desk.edit((replica) => replica.add("target", "goa-1", null, "Lost", NO_REASON)[1])];
  settle([other, tab]);
  tab.line.cut();
  const made = lost?.intent.do === "add" ? lost.intent.element : "";
  tab.type(made, 0, "Not ");
  tab.type("tar-1", 0, "Kept. ");
  server.restore(1);
  settle([tab, other]);
  expect(tab.title("tar-1")).toBe("Kept. The target.");
  expect(tab.refused).toMatchObject([{ pending: { intent: { element: made, after: "Not Lost" } } }]);
  expect(other.desk.view()).toEqual(server.view());
});

test("whatever happens in whatever order, all tabs and the server end up with the same plan", () => {
  let [refused, saved] = [0, 0];
  for (let seed = 1; seed <= 5; seed += 1) {
    const roll = dice(seed);
    const server = new FakeServer();
    const all = [0, 1, 2].map((index) => new Tab(server, dice(seed * 100 + index)));
    for (const tab of all) tab.online();
    server.refuses = () => (roll(12) === 0 ? "other_bureau" : null);
    for (let turn = 0; turn < 250; turn += 1) {
      const tab = all[roll(3)]!;
      const ids = tab.desk.view()?.elements.map((element) => element.id) ?? [];
      const id = ids[roll(ids.length)] ?? "tar-1";
      const deed = roll(24);
      if (deed < 3) tab.type("tar-1", roll(tab.title("tar-1").length), "", 1);
      else if (deed < 6) tab.type(id, roll(tab.title(id).length + 1), "abc"[roll(3)]!);
      else if (deed === 6) tab.desk.edit((replica) => replica.setField(id, "due_year", 2020 + roll(20), NO_REASON));
      else if (deed === 7) tab.desk.edit((replica) => replica.add("target", "goa-1", null, "New", NO_REASON)[1]);
      else if (deed === 8) tab.desk.edit((replica) => replica.move(id, "goa-1", null, NO_REASON));
      else if (deed === 9) tab.desk.edit((replica) => replica.setRemoved(id, roll(2) === 0, NO_REASON));
      else if (deed === 10) tab.line.cut();
      else if (deed === 11) tab.line.open();
      else if (deed === 12) tab.keep();
      else if (deed === 13 && roll(3) === 0) tab.reload();
      else if (deed === 14 && roll(12) === 0) server.restore(1 + roll(server.log.length));
      else if (deed < 19) tab.line.deliver("server");
      else tab.line.deliver("desk");
      for (const one of all) expect(one.field, `seed ${seed}, turn ${turn}`).toBe(one.title("tar-1"));
    }
    settle(all);
    for (const tab of all) {
      [refused, saved] = [refused + tab.refused.length, saved + tab.saved.length];
      expect(tab.desk.state.pending, `seed ${seed}`).toEqual([]);
      expect(tab.keeper.pending.size).toBe(0);
      expect(tab.desk.view(), `seed ${seed}`).toEqual(server.view());
    }
  }
  // The dice did throw up what this is about.
  expect(refused).toBeGreaterThan(10);
  expect(saved).toBeGreaterThan(100);
});
