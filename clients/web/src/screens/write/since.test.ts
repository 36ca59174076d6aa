// What was asked in a visit, and how far it is noted: never beyond what was told.

import { beforeEach, expect, test, vi } from "vitest";

import { readSeen } from "../../adapters/seen";
import type { PlanStore } from "../../plan/store.svelte";
import { SinceLast } from "./since.svelte";
import { element, planOf } from "./testing";

const kept = new Map<string, string>();
vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
beforeEach(() => kept.clear());

const CHANGE = {
  seq: 8, at: "2026-01-01T00:00:00Z", type: "change", subject: "tsb", name: "TSB desk", bureau: "tsb",
  edits: [{ op: "set", element: "goal-1", field: "note", to: "x" }],
};

/** An open plan at entry 9 whose API gives these answers one after the other. */
function storeOf(...answers: unknown[]): PlanStore & { asked: number } {
  const store = {
    id: "plan", seq: 9, me: { subject: "br" }, plan: planOf(element("goal-1", "/1")), asked: 0,
    api: {
      GET: () => {
        store.asked += 1;
        const answer = answers.shift();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ data: answer });
      },
    },
  };
  return store as unknown as PlanStore & { asked: number };
}

const seen = () => readSeen("plan", "br")?.seq;

test("the first visit asks nothing and is noted", async () => {
  const store = storeOf();
  const last = SinceLast.of(store);
  last.noteHere(store);
  expect(seen()).toBeUndefined();
  await last.ask(store);
  last.noteHere(store);
  expect([store.asked, seen(), last.isShown]).toEqual([0, 9, false]);
});

test("without an answer nothing is passed over, and it is asked again; an answer is asked for once", async () => {
  kept.set("plenary.seen/br/plan", JSON.stringify({ seq: 7, at: 1 }));
  const store = storeOf(new Error("no connection"), [CHANGE]);
  const last = SinceLast.of(store);
  await last.ask(store);
  last.noteHere(store);
  expect([seen(), last.isShown]).toEqual([7, false]);
  await Promise.all([last.ask(store), last.ask(store)]);
  await last.ask(store);
  expect([store.asked, last.since?.count]).toEqual([2, 1]);
  last.noteHere(store);
  expect(seen()).toBe(9);
});

test("a visit lasts as long as the plan is open: opened again, it is asked anew", async () => {
  kept.set("plenary.seen/br/plan", JSON.stringify({ seq: 7, at: 1 }));
  const [store, later] = [storeOf([CHANGE]), storeOf([])];
  await SinceLast.of(store).ask(store);
  expect(SinceLast.of(store).since?.count).toBe(1);
  await SinceLast.of(later).ask(later);
  expect([later.asked, SinceLast.of(later).isShown]).toEqual([1, false]);
});
