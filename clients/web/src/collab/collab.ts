// The core of writing together, without socket, clock, storage or document: what is confirmed, what is not
// yet, and what follows from each thing that happens.
//
// State is the last entry that came (`seq`, `leaf`) and the changes made here that are not among the entries that came.
// A change leaves at once; it is saved when the server acknowledges it, and done when its entry has come as well,
// which is no news to the document: what is kept of it never holds more than `seq` and `pending` tell.
// A refused change is taken out of the document, with all that hangs on it: what is about the same thing is handed
// back in words, the rest is made again.  So is what hangs on a past that the server does not have.

import type { RefusalCode } from "../api/schema";
import type { Entry } from "../history/types";
import { type ClientMessage, type ServerMessage, hex, unhex } from "../wire/messages";
import { type Deed, type Intent, goesWith } from "./intent";

export type { Deed, Intent };

/** A change made here that is not done. */
export interface Pending {
  /** The client's name for it: sent again, it is the same one. */
  id: string;
  /** Hash of the change. */
  hash: string;
  /** Hashes of the changes it hangs on. */
  deps: string[];
  /** The Automerge change. */
  bytes: Uint8Array;
  intent: Intent;
  because?: string;
  answers: string[];
}

/** Something that was not taken. */
export interface Refused {
  pending: Pending;
  code: RefusalCode;
  reason: string;
}

/** What stands. */
export interface State {
  plan: string;
  /** The last entry that came, 0 when none did. */
  seq: number;
  /** Its leaf hash, hexadecimal. */
  leaf: string | null;
  /** Oldest first. */
  pending: readonly Pending[];
  /** Of those, by name, the ones that are acknowledged, and the entries they are. */
  acked: ReadonlyMap<string, number>;
  phase: Phase;
}

/** How it stands with the server. */
export type Phase =
  | { is: "offline" }
  /** Subscribed, and not yet told everything. */
  | { is: "catching up" }
  | { is: "live" };

/** What happens. */
export type Happening =
  | { is: "opened" }
  | { is: "closed" }
  | { is: "made"; pending: Pending }
  /** What these hang on is not in the document, and will not be. */
  | { is: "stranded"; pending: readonly Pending[] }
  | { is: "said"; message: ServerMessage };

/** What follows. */
export type Effect =
  | { do: "send"; message: ClientMessage }
  /** The document is this one now, whatever it was. */
  | { do: "load"; document: Uint8Array; pending: readonly Pending[] }
  /** What is kept of the document is of a past that the server does not have. */
  | { do: "forget" }
  /** `out` leave the document: of them `refused` for good, `again` to be made again on what stands then. */
  | { do: "take out"; out: readonly Pending[]; refused: readonly Refused[]; again: readonly Pending[] }
  /** A change of the log goes into the document; one that is there already is no news. */
  | { do: "apply"; change: Uint8Array; seq: number }
  | { do: "tell"; event: Entry }
  /** Acknowledged: on the server's disk. */
  | { do: "saved"; pending: Pending }
  /** Nothing can become of these any more but what is in the document. */
  | { do: "done"; pending: readonly Pending[] }
  /** The socket is of no more use. */
  | { do: "reconnect" }
  /** It is not to be tried again: the plan is gone, or no longer theirs. */
  | { do: "give up"; code: string; reason: string };

export function begin(plan: string, seq = 0, leaf: string | null = null, pending: readonly Pending[] = []): State {
  return { plan, seq, leaf, pending, acked: new Map(), phase: { is: "offline" } };
}

/** One thing happens: the state after it, and what follows, in order. */
export function step(state: State, happening: Happening): [State, Effect[]] {
  switch (happening.is) {
    case "opened":
      return [{ ...state, phase: { is: "catching up" } }, [send(subscription(state))]];
    case "closed":
      return [{ ...state, phase: { is: "offline" } }, []];
    case "made": {
      const next = { ...state, pending: [...state.pending, happening.pending] };
      // Before everything was told, the order of what waits would be lost; it is sent then.
      return [next, state.phase.is === "live" ? [send(offer(state.plan, happening.pending))] : []];
    }
    case "stranded":
      return takeOut(state, happening.pending, () => false, "missing_dependency", "");
    case "said":
      return hear(state, happening.message);
  }
}

function hear(state: State, message: ServerMessage): [State, Effect[]] {
  switch (message.type) {
    case "snapshot": {
      if (message.plan !== state.plan || !message.document) return [state, []];
      const { document, seq } = message;
      return [{ ...state, seq, leaf: null, acked: new Map() }, [{ do: "load", document, pending: state.pending }]];
    }
    case "subscribed": {
      if (message.plan !== state.plan) return [state, []];
      const waiting = state.pending.map((pending) => send(offer(state.plan, pending)));
      return [{ ...state, phase: { is: "live" } }, waiting];
    }
    case "event":
      return entry(state, message.event, message.change);
    case "ack": {
      const saved = state.pending.find((pending) => pending.id === message.id);
      if (!saved || state.acked.has(saved.id)) return [state, []];
      const [next, done] = settle({ ...state, acked: new Map(state.acked).set(saved.id, message.seq) });
      return [next, [{ do: "saved", pending: saved }, ...done]];
    }
    case "refused":
      return refusal(state, message);
    case "resync":
      return [state, [{ do: "reconnect" }]];
    case "welcome":
    case "presence":
    case "pong":
      return [state, []];
  }
}

function entry(state: State, event: Entry, change: Uint8Array | undefined): [State, Effect[]] {
  if (event.plan !== state.plan || event.seq <= state.seq) return [state, []];
  // Something is missing: what comes after it means nothing yet.
  if (event.seq > state.seq + 1) return [state, [{ do: "reconnect" }]];
  const [next, done] = settle({ ...state, seq: event.seq, leaf: event.leaf });
  const effects: Effect[] = change ? [{ do: "apply", change, seq: event.seq }] : [];
  return [next, [...effects, { do: "tell", event }, ...done]];
}

/** Those that are acknowledged and have come are done. */
function settle(state: State): [State, Effect[]] {
  const isDone = ({ id }: Pending) => (state.acked.get(id) ?? Infinity) <= state.seq;
  const done = state.pending.filter(isDone);
  if (done.length === 0) return [state, []];
  const acked = new Map(state.acked);
  for (const { id } of done) acked.delete(id);
  return [{ ...state, acked, pending: state.pending.filter((one) => !isDone(one)) }, [{ do: "done", pending: done }]];
}

function refusal(state: State, message: Extract<ServerMessage, { type: "refused" }>): [State, Effect[]] {
  const { code, reason } = message;
  const hashes = new Set((message.changes ?? []).map(hex));
  const refused = state.pending.find((pending) => pending.id === message.id || hashes.has(pending.hash));
  // Not now: it stays, and goes again with the next connection.
  if (refused && isForLater(code)) return [state, [{ do: "reconnect" }]];
  if (refused) return takeOut(state, [refused], (one) => one === refused || isOfAll(code), code, reason);
  // Of a change: it hung on one that was taken out when that was refused.
  if (message.id !== undefined || message.plan !== state.plan) return [state, []];
  if (code === "other_history" || code === "base_ahead") {
    const next: State = { ...state, seq: 0, leaf: null, acked: new Map(), phase: { is: "offline" } };
    return [next, [{ do: "forget" }, { do: "reconnect" }]];
  }
  if (code === "not_subscribed") return [state, [{ do: "reconnect" }]];
  // Once everything was told, only the plan itself can go; all else is of some message in passing.
  if (state.phase.is === "live" && code !== "no_such_plan") return [state, []];
  return [state, [isForLater(code) ? { do: "reconnect" } : { do: "give up", code, reason }]];
}

function takeOut(
  state: State,
  first: readonly Pending[],
  isRefused: (pending: Pending) => boolean,
  code: RefusalCode,
  reason: string,
): [State, Effect[]] {
  const hashes = new Set(first.map(({ hash }) => hash));
  for (const { hash, deps } of state.pending) if (deps.some((dep) => hashes.has(dep))) hashes.add(hash);
  const out = state.pending.filter(({ hash }) => hashes.has(hash));
  const refused: Pending[] = [];
  const again: Pending[] = [];
  for (const pending of out) {
    const isLost = isRefused(pending) || refused.some(({ intent }) => goesWith(pending.intent, intent));
    (isLost ? refused : again).push(pending);
  }
  const next = { ...state, pending: state.pending.filter(({ hash }) => !hashes.has(hash)) };
  const told = together(refused.map((pending) => ({ pending, code, reason })));
  return [next, [{ do: "take out", out, refused: told, again }]];
}

/** Changes of one text, one after the other, are one thing to whoever wrote it. */
function together(refused: readonly Refused[]): Refused[] {
  const told: Refused[] = [];
  for (const one of refused) {
    const { intent } = one.pending;
    const at = told.findIndex(({ pending }) => pending.intent.do === "text" && goesWith(intent, pending.intent));
    const before = told[at]?.pending.intent;
    if (intent.do !== "text" || before?.do !== "text") told.push(one);
    else told[at] = { ...one, pending: { ...one.pending, intent: { ...intent, before: before.before } } };
  }
  return told;
}

/** Reasons that would meet whatever else the same person wrote just as well. */
function isOfAll(code: RefusalCode): boolean {
  return code === "stage_forbids" || code === "no_such_plan";
}

function isForLater(code: RefusalCode): boolean {
  return code === "busy" || code === "rate_limited" || code === "read_only" || code === "unavailable";
}

/** Goes on after the last entry; without its leaf hash another history would pass unseen, and all is taken anew. */
function subscription({ plan, seq, leaf }: State): ClientMessage {
  return { type: "subscribe", plan, ...(leaf === null ? {} : { after: seq, leaf: unhex(leaf) }), raw: true };
}

function offer(plan: string, pending: Pending): ClientMessage {
  const { id, bytes, because, answers } = pending;
  return {
    type: "changes",
    id,
    plan,
    changes: [bytes],
    ...(because ? { because } : {}),
    ...(answers.length > 0 ? { answers } : {}),
  };
}

function send(message: ClientMessage): Effect {
  return { do: "send", message };
}
