// The core of writing together, without socket, clock, storage or document: what is confirmed, what is not
// yet, and what follows from each thing that happens.
//
// State is the last entry that came (`seq`, `leaf`) and the changes made here that no entry has brought back.
// A change leaves at once; it is done when the server acknowledges it or its entry comes, whichever is first.
// A refused change, and those of its actor after it, never become entries: the document is taken anew, and what
// was written is handed back in words.

import type { RefusalCode } from "../api/schema";
import type { Entry } from "../history/types";
import { type ClientMessage, type ServerMessage, hex, unhex } from "../wire/messages";

/** What a change did, so that it can be told and done again when it is refused. */
export type Intent =
  | { do: "text"; element: string; field: string; lang: string; before: string; after: string }
  | { do: "field"; element: string; field: string; value: unknown }
  | { do: "add"; element: string; kind: string; title: string }
  | { do: "move" | "remove" | "restore" | "link" | "unlink"; element: string };

/** A change made here that no entry has brought back. */
export interface Pending {
  /** The client's name for it: sent again, it is the same one. */
  id: string;
  /** Hash of the change. */
  hash: string;
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
  | { is: "said"; message: ServerMessage };

/** What follows. */
export type Effect =
  | { do: "send"; message: ClientMessage }
  /** The document is this one now, whatever it was. */
  | { do: "load"; document: Uint8Array; pending: readonly Pending[] }
  /** These are no part of the plan and will not be. */
  | { do: "hand back"; refused: readonly Refused[] }
  /** A change of the log goes into the document; one that is there already is no news. */
  | { do: "apply"; change: Uint8Array }
  | { do: "tell"; event: Entry }
  /** Acknowledged: on the server's disk. */
  | { do: "saved"; pending: Pending }
  /** The socket is of no more use. */
  | { do: "reconnect" }
  /** It is not to be tried again: the plan is gone, or no longer theirs. */
  | { do: "give up"; code: string; reason: string };

export function begin(plan: string, seq = 0, leaf: string | null = null, pending: readonly Pending[] = []): State {
  return { plan, seq, leaf, pending, phase: { is: "offline" } };
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
    case "said":
      return hear(state, happening.message);
  }
}

function hear(state: State, message: ServerMessage): [State, Effect[]] {
  switch (message.type) {
    case "snapshot": {
      if (message.plan !== state.plan || !message.document) return [state, []];
      const { document, seq } = message;
      return [{ ...state, seq, leaf: null }, [{ do: "load", document, pending: state.pending }]];
    }
    case "subscribed": {
      if (message.plan !== state.plan) return [state, []];
      const waiting = state.pending.map((pending) => send(offer(state.plan, pending)));
      return [{ ...state, phase: { is: "live" } }, waiting];
    }
    case "event":
      return entry(state, message.event, message.change);
    case "ack": {
      const done = state.pending.find((pending) => pending.id === message.id);
      if (!done) return [state, []];
      const pending = state.pending.filter((one) => one !== done);
      return [{ ...state, pending }, [{ do: "saved", pending: done }]];
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
  if (event.seq <= state.seq) return [state, []];
  // Something is missing: what comes after it means nothing yet.
  if (event.seq > state.seq + 1) return [state, [{ do: "reconnect" }]];
  const next = { ...state, seq: event.seq, leaf: event.leaf };
  const effects: Effect[] = change ? [{ do: "apply", change }] : [];
  effects.push({ do: "tell", event });
  return [next, effects];
}

function refusal(state: State, message: Extract<ServerMessage, { type: "refused" }>): [State, Effect[]] {
  const { code, reason } = message;
  const hashes = new Set((message.changes ?? []).map(hex));
  const at = state.pending.findIndex((pending) => pending.id === message.id || hashes.has(pending.hash));
  if (at >= 0) {
    // Not now: it stays, and goes again with the next connection.
    if (isForLater(code)) return [state, [{ do: "reconnect" }]];
    const refused = state.pending.slice(at).map((pending) => ({ pending, code, reason }));
    return anew({ ...state, pending: state.pending.slice(0, at) }, refused);
  }
  if (message.plan !== state.plan) return [state, []];
  switch (code) {
    case "other_history":
    case "base_ahead":
      return anew({ ...state, pending: [] }, state.pending.map((pending) => ({ pending, code, reason })));
    default:
      return [state, [isForLater(code) ? { do: "reconnect" } : { do: "give up", code, reason }]];
  }
}

/** The document is asked for anew; what still waits goes into the new one. */
function anew(state: State, refused: readonly Refused[]): [State, Effect[]] {
  const next: State = { ...state, seq: 0, leaf: null, phase: { is: "offline" } };
  return [next, [{ do: "hand back", refused }, { do: "reconnect" }]];
}

function isForLater(code: RefusalCode): boolean {
  return code === "busy" || code === "rate_limited" || code === "read_only" || code === "unavailable";
}

function subscription(state: State): ClientMessage {
  const after = state.seq > 0 ? { after: state.seq, ...(state.leaf ? { leaf: unhex(state.leaf) } : {}) } : {};
  return { type: "subscribe", plan: state.plan, ...after, raw: true };
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
