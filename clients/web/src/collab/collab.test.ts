// The core, tried with a server that answers when the test says so.

import { expect, test } from "vitest";

import type { Entry } from "../history/types";
import type { ServerMessage } from "../wire/messages";
import { type Effect, type Happening, type Intent, type Pending, type State, begin, step } from "./collab";

const PLAN = "a-plan";

const hashOf = (id: string) => id.padEnd(64, "0");

/** A change of one element each, after others. */
function made(id: string, after: string[] = [], intent: Partial<Intent> = {}): Pending {
  const whole = { do: "field", element: `tgt-${id}`, field: "due_year", value: 2027, ...intent } as Intent;
  return { id, hash: hashOf(id), deps: after.map(hashOf), bytes: Uint8Array.of(1), intent: whole, answers: [] };
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
  // A snapshot does not tell the hash of its entry, by which a server that was put back is known.
  expect(sent(world.happens({ is: "closed" }, { is: "opened" }))).toEqual([{ type: "subscribe", plan: PLAN, raw: true }]);
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
  // Done only when its entry has come: a server that was put back could still have lost it.
  expect(world.state.pending.map((pending) => pending.id)).toEqual(["one", "two"]);
  expect(world.says({ type: "event", event: event(4) }).map((effect) => effect.do)).toEqual(["tell", "done"]);
  expect(world.state.pending.map((pending) => pending.id)).toEqual(["two"]);
  world.says({ type: "event", event: event(5) });
  expect(world.says({ ...ack, id: "two", seq: 5 }).map((effect) => effect.do)).toEqual(["saved", "done"]);
});

test("entries go into the document in order and once; a gap means to connect again", () => {
  const world = new World().live();
  const change = Uint8Array.of(7);
  expect(world.says({ type: "event", event: event(4), change }).map((effect) => effect.do)).toEqual(["apply", "tell"]);
  expect(world.says({ type: "event", event: event(4), change })).toEqual([]);
  expect(world.says({ type: "event", event: event(6), change })).toEqual([{ do: "reconnect" }]);
  expect(world.state.seq).toBe(4);
});

test("a refused change leaves with all that hangs on it: what is about the same is handed back, the rest made again", () => {
  const world = new World().live();
  const sentence = { do: "text", element: "tgt-b", field: "title", lang: "en" } as const;
  for (const pending of [
    made("a"),
    made("b", ["a"], { ...sentence, before: "", after: "T" }),
    made("c", ["b"]),
    made("d", ["c"], { ...sentence, before: "T", after: "Th" }),
    made("e"),
  ]) {
    world.happens({ is: "made", pending });
  }
  const effects = world.says({ type: "refused", id: "b", plan: PLAN, code: "other_bureau", reason: "It belongs to TSB." });
  expect(effects).toMatchObject([
    {
      do: "take out",
      out: [{ id: "b" }, { id: "c" }, { id: "d" }],
      // Two changes of one text are one thing to whoever wrote it.
      refused: [{ pending: { id: "d", intent: { before: "", after: "Th" } }, code: "other_bureau", reason: "It belongs to TSB." }],
      again: [{ id: "c" }],
    },
  ]);
  expect(world.state.pending.map((pending) => pending.id)).toEqual(["a", "e"]);
  // The server refuses the others for what they hung on; nobody has to hear of it.
  const late = { type: "refused", id: "c", plan: PLAN, code: "depends_on_refused", reason: "" } as const;
  expect(world.says(late)).toEqual([]);
});

test("what was added cannot be linked, filled or stood under when it was refused", () => {
  const world = new World().live();
  const intent = { do: "add", element: "tgt-new", kind: "target", title: "", parent: null, order: "5", texts: {}, fields: {} } as const;
  world.happens({ is: "made", pending: made("a", [], intent) });
  world.happens({ is: "made", pending: made("b", ["a"], { element: "tgt-new" }) });
  world.happens({ is: "made", pending: made("c", ["b"], { do: "link", element: "x", id: "lnk-1", kind: "k", to: "tgt-new" }) });
  world.happens({ is: "made", pending: made("d", ["c"], { ...intent, element: "tgt-below", parent: "tgt-new" }) });
  world.happens({ is: "made", pending: made("e", ["d"]) });
  const [effect] = world.says({ type: "refused", id: "a", plan: PLAN, code: "wrong_place", reason: "" });
  const { refused, again } = effect as Extract<Effect, { do: "take out" }>;
  expect(refused.map(({ pending }) => pending.id)).toEqual(["a", "b", "c", "d"]);
  expect(again.map(({ id }) => id)).toEqual(["e"]);
});

test("when the plan takes no edits any more, nothing that hangs on a refused change is tried again", () => {
  const world = new World().live();
  for (const pending of [made("a"), made("b", ["a"])]) world.happens({ is: "made", pending });
  const effects = world.says({ type: "refused", id: "a", plan: PLAN, code: "stage_forbids", reason: "adopted" });
  expect(effects).toMatchObject([{ refused: [{ pending: { id: "a" } }, { pending: { id: "b" } }], again: [] }]);
});

test("what is only too much at the moment is kept and tried again", () => {
  const world = new World().live();
  world.happens({ is: "made", pending: made("a") });
  for (const code of ["busy", "rate_limited", "read_only", "unavailable"] as const) {
    expect(world.says({ type: "refused", id: "a", plan: PLAN, code, reason: "" })).toEqual([{ do: "reconnect" }]);
  }
  expect(world.state.pending).toHaveLength(1);
});

test("where the server has another history, the document is taken anew and what waits is put on it", () => {
  const world = new World(begin(PLAN, 7, "ab".repeat(32), [made("a"), made("b", ["gone"])]));
  world.happens({ is: "opened" });
  const effects = world.says({ type: "refused", plan: PLAN, code: "other_history", reason: "restored" });
  expect(effects.map((effect) => effect.do)).toEqual(["forget", "reconnect"]);
  expect(sent(world.happens({ is: "closed" }, { is: "opened" }))).toEqual([{ type: "subscribe", plan: PLAN, raw: true }]);
  const document = Uint8Array.of(8);
  const loaded = world.says({ type: "snapshot", plan: PLAN, seq: 4, document });
  expect(loaded).toMatchObject([{ do: "load", document, pending: [{ id: "a" }, { id: "b" }] }]);
  const [effect] = world.happens({ is: "stranded", pending: [world.state.pending[1]!] });
  expect(effect).toMatchObject({ do: "take out", out: [{ id: "b" }], refused: [], again: [{ id: "b" }] });
});

test("a plan that is gone is given up; other plans' messages are not ours", () => {
  const world = new World().live();
  const refusal = { type: "refused", code: "no_such_plan", reason: "gone" } as const;
  expect(world.says({ ...refusal, plan: "other" })).toEqual([]);
  expect(world.says({ ...refusal, plan: PLAN })).toEqual([{ do: "give up", code: "no_such_plan", reason: "gone" }]);
  // A message in passing that the server does not like ends nothing.
  expect(world.says({ type: "refused", plan: PLAN, code: "no_such_element", reason: "of a presence" })).toEqual([]);
});
