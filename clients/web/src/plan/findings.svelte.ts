// Findings of an open plan: the one place that asks for them.  They are asked again after entries that can change
// them, once a second at most.

import { untrack } from "svelte";

import { words } from "../api/problem";
import type { Entry } from "../history/types";
import { type Finding, type Severity, askFindings, byElement, countsOf } from "./findings";
import type { PlanStore } from "./store.svelte";

/** After an entry, so long until findings are asked again. */
const ASK_AFTER_MS = 400;
/** They are asked no more often than this. */
const ASK_EVERY_MS = 1_000;
/** Entries that leave findings as they were. */
const IDLE: ReadonlySet<Entry["type"]> = new Set(["actor_bound", "refused", "exported", "version_named", "version_signed"]);

export class Findings {
  all: readonly Finding[] = $state.raw([]);
  /** Whether there was an answer yet: nothing found and nothing asked are not the same. */
  isKnown = $state(false);
  /** Why there was no answer, when the last time there was none. */
  trouble = $state("");
  /** By element, those that weigh most first. */
  readonly of: ReadonlyMap<string, Finding[]> = $derived(byElement(this.all));
  readonly counts: Record<Severity, number> = $derived(countsOf(this.all));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAt = -Infinity;
  #turn = 0;
  #isOver = false;
  #isBehind = false;
  readonly #stop: () => void;

  constructor(readonly store: PlanStore) {
    this.#stop = store.onEntry(({ type }) => {
      if (!IDLE.has(type)) this.#soon();
    });
    void this.ask();
    // What was not answered, or may have changed while there was no connection, is asked again with the next one.
    $effect(() => {
      if (store.status === "offline") this.#isBehind = true;
      else if (store.status === "live") untrack(() => this.#isBehind && this.#soon());
    });
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  /** Asks now; without an answer those that are known stand. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#askedAt = performance.now();
    const turn = ++this.#turn;
    const isLast = () => !this.#isOver && turn === this.#turn;
    try {
      const found = await askFindings(this.store.api, this.store.id);
      if (!isLast()) return;
      [this.all, this.isKnown, this.trouble, this.#isBehind] = [found ?? [], true, "", false];
      // A server without rules is not asked again.
      if (found === null) this.end();
    } catch (error) {
      if (isLast()) [this.trouble, this.#isBehind] = [words(error), true];
    }
  }

  #soon(): void {
    if (this.#isOver || this.#timer !== undefined) return;
    const wait = Math.max(ASK_AFTER_MS, this.#askedAt + ASK_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => void this.ask(), wait);
  }

}
