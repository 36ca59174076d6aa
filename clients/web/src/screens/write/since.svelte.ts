// "Since you were last here": what others changed in a plan since this person left it, asked once when it is opened,
// and gone through element by element.  Where one is is noted when one leaves, though never beyond what was told.

import { noteSeen, readSeen } from "../../adapters/seen";
import { Names } from "../../history/names";
import { type Since, type Stop, sinceOf } from "../../history/since";
import type { Entry, PlanView } from "../../history/types";
import type { PlanStore } from "../../plan/store.svelte";
import { nameWords } from "../history/sentences";

/** More entries than these are not gone through; the history has them all. */
const ENTRIES_MAX = 1_000;

/** What was asked in this visit, which lasts as long as the plan is open: who goes to another screen and back finds it
    as it was. */
const visits = new WeakMap<PlanStore, SinceLast>();

export class SinceLast {
  /** `null` before it is known, and where there is nothing to tell. */
  since: Since | null = $state.raw(null);
  /** When one was last here, milliseconds since 1970. */
  at = $state(0);
  /** Which of the stops one stands at; -1 before the first. */
  index = $state(-1);
  isClosed = $state(false);
  names: Names = $state.raw(new Names(nameWords));
  /** Whether it was asked: `told` where there was an answer, or nothing to ask. */
  #asked: "no" | "asking" | "told" = "no";

  /** What there is to tell in this visit. */
  static of(store: PlanStore): SinceLast {
    const known = visits.get(store);
    if (known) return known;
    const made = new SinceLast();
    visits.set(store, made);
    return made;
  }

  get stop(): Stop | null {
    return this.since?.stops[this.index] ?? null;
  }

  get isShown(): boolean {
    return !this.isClosed && (this.since?.stops.length ?? 0) > 0;
  }

  /** The next stop, or the one before; the first follows the last. */
  step(by: 1 | -1): Stop | null {
    const count = this.since?.stops.length ?? 0;
    if (count === 0) return null;
    this.isClosed = false;
    this.index = this.index < 0 && by < 0 ? count - 1 : (this.index + by + count) % count;
    return this.stop;
  }

  /** Asks what there is to tell, once; without an answer it can be asked again. */
  async ask(store: PlanStore): Promise<void> {
    if (this.#asked !== "no") return;
    this.#asked = "asking";
    this.#asked = (await this.#tell(store)) ? "told" : "no";
  }

  /** Notes where one is, once what came before is told; what has not come yet is told the next time. */
  noteHere(store: PlanStore): void {
    if (this.#asked === "told" && store.seq > 0) noteSeen(store.id, store.me.subject, { seq: store.seq, at: Date.now() });
  }

  /** Whether it is told. */
  async #tell(store: PlanStore): Promise<boolean> {
    const seen = readSeen(store.id, store.me.subject);
    if (!seen) return true;
    const params = { path: { plan: store.id }, query: { after: String(seen.seq), limit: ENTRIES_MAX, type: "change" } };
    const { data } = await store.api.GET("/api/v1/plans/{plan}/events", { params }).catch(() => ({ data: undefined }));
    const { plan } = store;
    if (!Array.isArray(data) || !plan) return false;
    const view = { id: store.id, plan: plan.fields, elements: plan.elements, links: plan.links };
    this.names = new Names(nameWords, view as unknown as PlanView);
    const links = new Map(plan.links.map((link) => [link.id, link.from]));
    const holderOf = (id: string) => (id === "plan" || plan.byId.has(id) ? id : (links.get(id) ?? null));
    const order = ["plan", ...plan.elements.map(({ id }) => id)];
    [this.since, this.at] = [sinceOf(data as Entry[], store.me.subject, holderOf, order), seen.at];
    return true;
  }
}
