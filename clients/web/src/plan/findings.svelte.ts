// Findings of an open plan, asked again after its entries: once what comes has paused.

import { type Finding, askFindings, byElement } from "./findings";
import type { PlanStore } from "./store.svelte";

/** After an entry, so long until findings are asked again. */
const ASK_AFTER_MS = 400;

export class Findings {
  all: readonly Finding[] = $state.raw([]);
  /** By element, those that weigh most first. */
  readonly of: ReadonlyMap<string, Finding[]> = $derived(byElement(this.all));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  readonly #stop: () => void;

  constructor(readonly store: PlanStore) {
    this.#stop = store.onEntry(() => this.#soon());
    void this.#ask();
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#ask(), ASK_AFTER_MS);
  }

  async #ask(): Promise<void> {
    // Without an answer those that are known stand; the next entry asks again.
    const found = await askFindings(this.store.api, this.store.id).catch(() => this.all);
    if (found === null) this.end();
    else if (!this.#isOver) this.all = found;
  }
}
