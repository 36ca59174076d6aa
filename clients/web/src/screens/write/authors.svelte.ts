// Who made comments and views, and when: contributors write only their own, and a comment shows whose it is.

import { content } from "../../api/client";
import type { Bureau } from "../../api/schema";
import type { Entry } from "../../history/types";
import type { PlanStore } from "../../plan/store.svelte";

/** Somebody who made an element. */
export interface Author {
  subject: string;
  name: string;
  bureau: Bureau;
  at: string;
}

const KINDS = ["comment", "feedback_item"];
const ENTRIES_MAX = 1000;

export class Authors {
  #byId: ReadonlyMap<string, Author> = $state.raw(new Map());
  readonly #stop: () => void;

  constructor(readonly store: PlanStore) {
    this.#stop = store.onEntry((entry) => this.#add([entry]));
  }

  /** Reads who made those that are there already; without the server nobody is known yet. */
  async load(): Promise<void> {
    const path = { plan: this.store.id };
    const query = { kind: KINDS.join(","), op: "add", order: "desc", limit: ENTRIES_MAX };
    const told = content(this.store.api.GET("/api/v1/plans/{plan}/events", { params: { path, query } }));
    this.#add((await told.catch(() => [])) as Entry[]);
  }

  /** Who made an element, as far as is known. */
  of(id: string): Author | null {
    return this.#byId.get(id) ?? null;
  }

  end(): void {
    this.#stop();
  }

  #add(entries: readonly Entry[]): void {
    const found: [string, Author][] = [];
    for (const entry of entries) {
      if (entry.type !== "change") continue;
      const { subject, name, bureau, at } = entry;
      for (const row of entry.edits) {
        if (row.op === "add" && KINDS.includes(row.kind)) found.push([row.element, { subject, name, bureau, at }]);
      }
    }
    if (found.length > 0) this.#byId = new Map([...this.#byId, ...found]);
  }
}
