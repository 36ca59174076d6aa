// A plan at work, without a screen: the core, the replica and what they need of the world, held together.
// Everything that happens goes through `happens`.
//
// Whatever the core says is done at once, but changes of others that come while catching up: those go into the
// document together.

import { type Effect, type Happening, type Pending, type Refused, type State, begin, step } from "../collab/collab";
import type { Entry } from "../history/types";
import type { ClientMessage } from "../wire/messages";
import type { Kinds } from "./kinds";
import { type Outside, Replica, type TextChanges } from "./replica";
import type { Plan } from "./view";

/** A document as of an entry: entries after it are none too many, even where some of them are in it. */
export interface Kept {
  seq: number;
  leaf: string | null;
  document: Uint8Array;
}

/** What is kept of a plan for the next time. */
export interface Keeper {
  add(pending: Pending): void;
  drop(pending: readonly Pending[]): void;
  /** The document, if any, instead of the one that was kept, and changes instead of others: all of it or nothing. */
  replace(kept: Kept | null, out: readonly Pending[], made: readonly Pending[]): void;
}

/** Where messages go. */
export interface Line {
  send(message: ClientMessage): void;
  /** Begins anew with another connection. */
  again(): void;
}

/** Whoever shows the plan. */
export interface Watcher {
  /** Something in the document may be another. */
  changed(): void;
  /** Others changed texts with an entry. */
  followed(texts: TextChanges, seq: number): void;
  /** The document is another one: any text may be. */
  renewed(): void;
  told(entry: Entry): void;
  saved(pending: Pending): void;
  refused(refused: readonly Refused[]): void;
  gaveUp(reason: string): void;
}

export class Desk {
  #state: State;
  #replica: Replica | null = null;
  /** Changes that came while catching up. */
  #come: Uint8Array[] = [];

  constructor(
    readonly kinds: Kinds,
    readonly outside: Outside,
    readonly keeper: Keeper,
    readonly line: Line,
    readonly watcher: Watcher,
    state: State,
    document: Uint8Array | null,
  ) {
    this.#state = state;
    if (!document) return;
    try {
      this.#replica = new Replica(kinds, outside, document);
      this.#replica.adopt(state.pending);
    } catch {
      // What was kept does not load: all comes anew, and what waits goes on waiting.
      this.#replica = null;
      this.#state = begin(state.plan, 0, null, state.pending);
    }
  }

  get state(): State {
    return this.#state;
  }

  /** What stands; none before a document has come. */
  view(): Plan | null {
    return this.#replica?.view() ?? null;
  }

  text(element: string, lang: string, field: string): string {
    return this.#replica?.text(element, lang, field) ?? "";
  }

  /** Edits; gives the change that was made. */
  edit(make: (replica: Replica) => Pending | null): Pending | null {
    const pending = this.#replica && make(this.#replica);
    if (!pending) return null;
    this.keeper.add(pending);
    this.happens({ is: "made", pending });
    this.watcher.changed();
    return pending;
  }

  /** Goes on with what a closed tab of the same person left. */
  takeOver(left: readonly Pending[]): void {
    if (left.length === 0) return;
    this.#replica?.adopt(left);
    for (const pending of left) this.happens({ is: "made", pending });
    this.watcher.renewed();
    this.watcher.changed();
  }

  /** The document as it is to be kept. */
  kept(): Kept | null {
    this.#takeIn();
    const { seq, leaf } = this.#state;
    return this.#replica && seq > 0 ? { seq, leaf, document: this.#replica.save() } : null;
  }

  happens(happening: Happening): void {
    const [state, effects] = step(this.#state, happening);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    if (this.#state.phase.is !== "catching up") this.#takeIn();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case "send":
        this.line.send(effect.message);
        break;
      case "load":
        this.#load(effect.document, effect.pending);
        break;
      case "apply":
        if (this.#state.phase.is === "catching up") this.#come.push(effect.change);
        else this.#follow([effect.change], effect.seq);
        break;
      case "tell":
        this.watcher.told(effect.event);
        break;
      case "saved":
        this.watcher.saved(effect.pending);
        break;
      case "done":
        this.keeper.drop(effect.pending);
        break;
      case "take out":
        this.#takeOut(effect);
        break;
      case "forget":
        this.keeper.replace(null, [], []);
        break;
      case "reconnect":
        this.line.again();
        break;
      case "give up":
        this.watcher.gaveUp(effect.reason);
        break;
    }
  }

  #takeIn(): void {
    const come = this.#come;
    this.#come = [];
    if (come.length > 0) this.#follow(come, this.#state.seq);
  }

  #follow(changes: readonly Uint8Array[], seq: number): void {
    if (!this.#replica) return;
    const texts = this.#replica.apply(changes);
    if (texts.size > 0) this.watcher.followed(texts, seq);
    this.watcher.changed();
  }

  #load(document: Uint8Array, pending: readonly Pending[]): void {
    this.#come = [];
    this.#replica = new Replica(this.kinds, this.outside, document);
    this.#replica.adopt(pending);
    const stranded = pending.filter(({ hash }) => !this.#replica?.has(hash));
    if (stranded.length > 0) this.happens({ is: "stranded", pending: stranded });
    this.watcher.renewed();
    this.watcher.changed();
  }

  #takeOut({ out, refused, again }: Extract<Effect, { do: "take out" }>): void {
    const replica = this.#replica;
    if (!replica) return;
    this.#takeIn();
    replica.without(new Set(out.map(({ hash }) => hash)));
    // Some may have waited for what they hang on.
    replica.adopt(this.#state.pending);
    const lost: Refused[] = [];
    const made = again.flatMap((pending) => {
      const anew = replica.again(pending);
      const [{ code, reason }] = refused.length > 0 ? refused : [{ code: "missing_dependency", reason: "" } as const];
      if (!anew) lost.push({ pending, code, reason });
      return anew ?? [];
    });
    this.keeper.replace(this.kept(), out, made);
    for (const pending of made) this.happens({ is: "made", pending });
    if (refused.length + lost.length > 0) this.watcher.refused([...refused, ...lost]);
    this.watcher.renewed();
    this.watcher.changed();
  }
}
