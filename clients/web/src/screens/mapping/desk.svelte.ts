// What the desk Former → new shows at a moment: which kinds and faults, which former elements are chosen, what is
// asked of somebody.

import { ApiProblem, words } from "../../api/problem";
import { content } from "../../api/client";
import type { Screen } from "../write/screen.svelte";
import { type Deed, become } from "./acts";
import { type Former, type FormerPlan, formerPlan } from "./former";
import { type Arrival, type Became, type Fault, type Mapping, type Row, mappingOf } from "./mapping";

/** What can be done with former elements, and the type of disposition with which it begins. */
export const ACTS = { carry: "carried_into", merge: "merged", split: "split", move: "moved_to_outcome", drop: "dropped" } as const;
export type Act = keyof typeof ACTS;

/** What is asked before the desk. */
export type Asked = { is: "become"; formers: Former[]; act: Act; into: string[] } | { is: "detail"; former: string };

export class Desk {
  former: FormerPlan | null = $state.raw(null);
  wrong: string | null = $state(null);
  /** Kinds that somebody turned on or off. */
  turned: ReadonlyMap<string, boolean> = $state.raw(new Map());
  only: Fault | "unexplained" | null = $state(null);
  chosen: ReadonlySet<string> = $state.raw(new Set());
  asked: Asked | null = $state.raw(null);
  face: "picture" | "table" = $state("picture");

  constructor(readonly screen: Screen) {}

  /** The plan before this one, where it names one. */
  get predecessor(): string | null {
    const { predecessor } = this.screen.plan.fields;
    return typeof predecessor === "string" && predecessor !== "" ? predecessor : null;
  }

  async load(): Promise<void> {
    const plan = this.predecessor;
    this.wrong = null;
    if (!plan || this.former?.id === plan) return;
    try {
      const view = await content(this.screen.store.api.GET("/api/v1/plans/{plan}", { params: { path: { plan }, query: {} } }));
      // Somebody may have named another plan meanwhile; that one is asked for too.
      if (this.predecessor === plan) this.former = formerPlan(view);
    } catch (error) {
      if (this.predecessor !== plan) return;
      this.wrong = error instanceof ApiProblem && error.status === 404 ? `${plan}: ${error.message}` : words(error);
    }
  }

  readonly mapping: Mapping | null = $derived.by(() => (this.former ? mappingOf(this.screen.plan, this.former) : null));

  /** Kinds that are shown: those of which the plan says something, until somebody turns them. */
  isOn(kind: string): boolean {
    const coverage = this.mapping?.coverage ?? [];
    const isNamed = coverage.some((one) => one.kind === kind && one.disposed > 0);
    const isAny = coverage.some((one) => one.disposed > 0);
    return this.turned.get(kind) ?? (isAny ? isNamed : kind === "goal" || kind === "target");
  }

  turn(kind: string): void {
    this.turned = new Map([...this.turned, [kind, !this.isOn(kind)]]);
  }

  show(only: Fault | "unexplained"): void {
    this.only = this.only === only ? null : only;
  }

  readonly rows: readonly Row[] = $derived.by(() => {
    const { only } = this;
    const of = (this.mapping?.rows ?? []).filter((row) => this.isOn(row.former.kind));
    if (only === "unexplained") return [];
    return only === null ? of : of.filter((row) => row.faults.includes(only));
  });

  /** Elements of this plan to be shown beside them. */
  readonly arrivals: readonly Arrival[] = $derived.by(() => {
    const heirs = new Set(this.rows.flatMap((row) => row.became.flatMap((one) => one.heirs.map(({ element }) => element.id))));
    const all = this.mapping?.arrivals ?? [];
    if (this.only === "unexplained") return all.filter((arrival) => arrival.isUnexplained);
    return all.filter(({ element }) => heirs.has(element.id) || (this.only === null && this.isOn(element.kind)));
  });

  row(former: string): Row | null {
    return this.mapping?.rows.find((row) => row.former.id === former) ?? null;
  }

  toggle(former: string): void {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(former)) chosen.add(former);
    this.chosen = chosen;
  }

  get formers(): Former[] {
    return [...this.chosen].flatMap((id) => this.former?.byId.get(id) ?? []);
  }

  /** Why one may say nothing of former elements; `null` when one may. */
  get forbidden(): string | null {
    return this.screen.store.forbiddenUnder("disposition", null);
  }

  ask(act: Act, formers: Former[], into: string[] = []): void {
    if (formers.length > 0 && this.forbidden === null) this.asked = { is: "become", act, formers, into };
  }

  enter(deed: Deed): void {
    const { predecessor } = this;
    if (!predecessor) return;
    this.screen.store.together((hand) => become(hand, deed, predecessor));
    this.chosen = new Set();
    this.asked = null;
  }

  /** Why one may not change a disposition. */
  forbiddenTo(became: Became): string | null {
    return this.screen.forbidden(became.disposition.id);
  }
}
