// The core, tried with a server that answers when the test says so.

import { expect, test } from "vitest";

import type { Entry } from "../history/types";
import type { ServerMessage } from "../wire/messages";
import { type Effect, type Happening, type Pending, type State, begin, step } from "./collab";

const PLAN = "a-plan";

function made(id: string, byte = 1): Pending {
  const intent = { do: "field", element: "tgt-1", field: "due_year", value: 2027 } as const;
  return { id, hash: id.padEnd(64, "0"), bytes: Uint8Array.of(byte), intent, answers: [] };
}

function event(seq: number): Entry {
  return { seq, leaf: String(seq).padStart(64, "0"), plan: PLAN } as Entry;
}

class World {
  effects: Effect[] = [];
  constructor(public state: State = begin(PLAN)) {}

  happens(...happenings: Happening[]): Effect[] {
    this.effects = [];
    for (const happening of happenings) {
      const [state, effects] = step(this.state, happening);
      this.state = state;
      this.effects.push(...effects);
    }
    return this.effects;
  }

  says(...messages: ServerMessage[]): Effect[] {
    return this.happens(...messages.map((message) => ({ is: "said", message }) as const));
  }

  live(): this {
    this.happens({ is: "opened" });
    this.says({ type: "snapshot", plan: PLAN, seq: 3, document: Uint8Array.of(9) }, { type: "subscribed", plan: PLAN, head: 3 });
    return this;
  }
}

const sent = (effects: Effect[]) => effects.flatMap((effect) => (effect.do === "send" ? [effect.message] : []));

test("a first connection asks for the document, a later one for what came after the last entry", () => {
  const world = new World();
  expect(sent(world.happens({ is: "opened" }))).toEqual([{ type: "subscribe", plan: PLAN, raw: true }]);
  world.says({ type: "snapshot", plan: PLAN, seq: 3, document: Uint8Array.of(9) });
  world.says({ type: "event", event: event(4) });
  world.happens({ is: "closed" });
  const [again] = sent(world.happens({ is: "opened" }));
  expect(again).toMatchObject({ type: "subscribe", after: 4 });
  expect(again?.type === "subscribe" && again.leaf?.at(-1)).toBe(0x04);
});

test("a change leaves at once, is sent again after a cut under the same name, and is saved once", () => {
  const world = new World().live();
  expect(sent(world.happens({ is: "made", pending: made("one") }))).toMatchObject([{ type: "changes", id: "one" }]);
  world.happens({ is: "closed" });
  expect(sent(world.happens({ is: "made", pending: made("two") }))).toEqual([]);
  world.happens({ is: "opened" });
  const again = sent(world.says({ type: "subscribed", plan: PLAN, head: 3 }));
  expect(again.map((message) => message.type === "changes" && message.id)).toEqual(["one", "two"]);
  const ack = { type: "ack", id: "one", plan: PLAN, seq: 4, leaf: Uint8Array.of(1) } as const;
  expect(world.says(ack)).toMatchObject([{ do: "saved", pending: { id: "one" } }]);
  expect(world.says({ ...ack, duplicate: true })).toEqual([]);
  expect(world.state.pending.map((pending) => pending.id)).toEqual(["two"]);
});

test("entries go into the document in order and once; a gap means to connect again", () => {
  const world = new World().live();
  const change = Uint8Array.of(7);
  expect(world.says({ type: "event", event: event(4), change }).map((effect) => effect.do)).toEqual(["apply", "tell"]);
  expect(world.says({ type: "event", event: event(4), change })).toEqual([]);
  expect(world.says({ type: "event", event: event(6), change })).toEqual([{ do: "reconnect" }]);
  expect(world.state.seq).toBe(4);
});

test("a refused change and those after it are handed back, those before it stay and go with the new document", () => {
  const world = new World().live();
  for (const id of ["a", "b", "c"]) world.happens({ is: "made", pending: made(id) });
  const refusal = { code: "other_bureau", reason: "It belongs to TSB." } as const;
  const effects = world.says({ type: "refused", id: "b", plan: PLAN, ...refusal });
  expect(effects.map((effect) => effect.do)).toEqual(["hand back", "reconnect"]);
  const [handed] = effects;
  expect(handed?.do === "hand back" && handed.refused.map((one) => [one.pending.id, one.reason])).toEqual([
    ["b", "It belongs to TSB."],
    ["c", "It belongs to TSB."],
  ]);
  expect(sent(world.happens({ is: "closed" }, { is: "opened" }))).toEqual([{ type: "subscribe", plan: PLAN, raw: true }]);
  const document = Uint8Array.of(8);
  const loaded = world.says({ type: "snapshot", plan: PLAN, seq: 9, document });
  expect(loaded).toMatchObject([{ do: "load", document, pending: [{ id: "a" }] }]);
});

test("what is only too much at the moment is kept and tried again", () => {
  const world = new World().live();
  world.happens({ is: "made", pending: made("a") });
  for (const code of ["busy", "rate_limited", "read_only", "unavailable"] as const) {
    expect(world.says({ type: "refused", id: "a", plan: PLAN, code, reason: "" })).toEqual([{ do: "reconnect" }]);
  }
  expect(world.state.pending).toHaveLength(1);
});

test("where the server has another history, the document is taken anew and what waits is handed back", () => {
  const world = new World(begin(PLAN, 7, "ab".repeat(32), [made("a")]));
  world.happens({ is: "opened" });
  const effects = world.says({ type: "refused", plan: PLAN, code: "other_history", reason: "restored" });
  expect(effects.map((effect) => effect.do)).toEqual(["hand back", "reconnect"]);
  expect(world.state).toMatchObject({ seq: 0, leaf: null, pending: [] });
});

test("a plan that is gone is given up; other plans' messages are not ours", () => {
  const world = new World().live();
  const refusal = { type: "refused", code: "no_such_plan", reason: "gone" } as const;
  expect(world.says({ ...refusal, plan: "other" })).toEqual([]);
  expect(world.says({ ...refusal, plan: PLAN })).toEqual([{ do: "give up", code: "no_such_plan", reason: "gone" }]);
});
