// What Checks asks of the server besides findings: the rules, what the plan sets for them, who introduced which
// finding, and what was found at the point since which new ones are asked for.

import { type Api, content } from "../../api/client";
import type { By, RuleSetting, RulesAnswer, Setting } from "../../api/schema";
import { type Finding, askFindings, askPast, keyOf } from "../../plan/findings";
import type { PlanStore } from "../../plan/store.svelte";
import type { Version } from "../../history/types";
import { told } from "../history/trouble";

/** The history of findings is read again this long after the last time at the earliest. */
const PAST_EVERY_MS = 3_000;

export class Checks {
  rules: RulesAnswer | null = $state.raw(null);
  settings: readonly RuleSetting[] = $state.raw([]);
  versions: readonly Version[] = $state.raw([]);
  /** Who introduced what is open, by key of the finding. */
  introduced: ReadonlyMap<string, By> = $state.raw(new Map());
  /** What went wrong with what was asked last. */
  readonly #troubles = $state({ load: "", past: "", since: "" });
  readonly trouble: string = $derived(Object.values(this.#troubles).find(Boolean) ?? "");
  /** What was found at the point, by key; `null` where all is asked for, and while there is no answer. */
  known: ReadonlySet<string> | null = $state.raw(null);
  /** The point that was asked last; none where that went wrong. */
  #point: string | null = "";
  #pastAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Findings that came while the past was being read. */
  #later: readonly Finding[] = [];
  readonly #stop: () => void;
  readonly #over = new AbortController();
  readonly #api: Api;
  readonly #path: { plan: string };

  constructor(store: PlanStore) {
    [this.#api, this.#path] = [store.api, { plan: store.id }];
    this.#stop = store.onEntry(({ type }) => {
      if (type === "rule_set") void this.loadSettings().catch(() => undefined);
    });
  }

  end(): void {
    this.#stop();
    clearTimeout(this.#timer);
    this.#over.abort();
  }

  async load(): Promise<void> {
    try {
      const [rules, versions] = await Promise.all([
        content(this.#api.GET("/api/v1/rules")),
        content(this.#api.GET("/api/v1/plans/{plan}/versions", { params: { path: this.#path } })),
        this.loadSettings(),
      ]);
      [this.rules, this.versions, this.#troubles.load] = [rules, versions.versions, ""];
    } catch (error) {
      this.#troubles.load = told(error);
    }
  }

  async loadSettings(): Promise<void> {
    this.settings = await content(this.#api.GET("/api/v1/plans/{plan}/rules", { params: { path: this.#path } }));
  }

  /** Reads who introduced what, where something is found of which that is not known yet. */
  readPast(findings: readonly Finding[]): void {
    // What is gone and comes back later is introduced anew.
    const open = new Set(findings.map(keyOf));
    if ([...this.introduced.keys()].some((key) => !open.has(key))) {
      this.introduced = new Map([...this.introduced].filter(([key]) => open.has(key)));
    }
    this.#later = this.#timer === undefined ? [] : findings;
    if (this.#timer !== undefined || findings.every((one) => this.introduced.has(keyOf(one)))) return;
    const wait = Math.max(0, this.#pastAt + PAST_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => void this.#readPast(), wait);
  }

  async #readPast(): Promise<void> {
    this.#pastAt = performance.now();
    try {
      const past = await askPast(this.#api, this.#path.plan, this.#over.signal);
      this.introduced = new Map(past.filter(({ resolved }) => !resolved).map((one) => [keyOf(one), one.introduced]));
      this.#troubles.past = "";
    } catch (error) {
      if (!this.#over.signal.aborted) this.#troubles.past = told(error);
    } finally {
      this.#timer = undefined;
      if (!this.#over.signal.aborted && this.#later.length > 0) this.readPast(this.#later);
    }
  }

  /** Asks what was found at a point, an entry, a date or a version; nothing for none. */
  async since(point: string): Promise<void> {
    if (point === this.#point) return;
    [this.#point, this.known, this.#troubles.since] = [point, null, ""];
    if (point === "") return;
    try {
      const then = await askFindings(this.#api, this.#path.plan, point);
      if (point === this.#point) this.known = new Set((then ?? []).map(keyOf));
    } catch (error) {
      if (point === this.#point) [this.#troubles.since, this.#point] = [told(error), null];
    }
  }

  /** Sets a rule for the plan. */
  async set(rule: string, to: Setting, because: string): Promise<void> {
    const body = { id: crypto.randomUUID(), rule, to, because };
    await this.#api.POST("/api/v1/plans/{plan}/rules", { params: { path: this.#path }, body });
    await this.loadSettings();
  }
}
