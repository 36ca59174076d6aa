// Entries that answer requests, views and rounds: asked of the server once each, and told as they come.

import { content } from "../../api/client";
import type { Entry } from "../../history/types";
import type { PlanStore } from "../../plan/store.svelte";

/** So long after the one before, an entry of the same person still belongs to it, ms. */
const RUN_MS = 10 * 60 * 1000;

/** Entries that one person made one after the other. */
export interface Run {
  first: Entry;
  last: Entry;
  count: number;
}

export function runsOf(entries: readonly Entry[]): Run[] {
  const runs: Run[] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    const isOn = run && run.last.subject === entry.subject && Date.parse(entry.at) - Date.parse(run.last.at) <= RUN_MS;
    if (isOn) [run.last, run.count] = [entry, run.count + 1];
    else runs.push({ first: entry, last: entry, count: 1 });
  }
  return runs;
}

export class Answering {
  #found: ReadonlyMap<string, readonly Entry[]> = $state.raw(new Map());
  readonly #asked = new Set<string>();
  readonly #stop: () => void;

  constructor(readonly store: PlanStore) {
    this.#stop = store.onEntry((entry) => this.#come(entry));
  }

  /** The entries that answer an element, oldest first, as far as they are known. */
  of(element: string): readonly Entry[] {
    return this.#found.get(element) ?? [];
  }

  /** Asks for those of each element that were not asked for yet; without the server another time. */
  async load(elements: readonly string[]): Promise<void> {
    for (const answers of elements) {
      if (this.#asked.has(answers)) continue;
      this.#asked.add(answers);
      const path = { plan: this.store.id };
      const asked = content(this.store.api.GET("/api/v1/plans/{plan}/events", { params: { path, query: { answers, limit: 1000 } } }));
      const entries = (await asked.catch(() => null)) as Entry[] | null;
      if (entries) this.#add(answers, entries);
      else this.#asked.delete(answers);
    }
  }

  end(): void {
    this.#stop();
  }

  #come(entry: Entry): void {
    if (entry.type !== "change") return;
    for (const answers of entry.answers ?? []) if (this.#asked.has(answers)) this.#add(answers, [entry]);
  }

  #add(answers: string, entries: readonly Entry[]): void {
    const known = this.of(answers);
    const more = entries.filter((entry) => !known.some((one) => one.seq === entry.seq));
    const all = [...known, ...more].sort((one, other) => one.seq - other.seq);
    this.#found = new Map([...this.#found, [answers, all]]);
  }
}
