// What the screen of the results chain shows: the framework, or a Bureau's part of it; how much of each element; and
// which element one points at.  What is chosen stands in the address.

import type { Bureau } from "../../api/schema";
import { type Chain, type Gap, chainOf } from "../../chain/graph";
import { type Detail, type Picture, pictureOf } from "../../chain/layout";
import { type Ways, partOf, waysOf } from "../../chain/ways";
import { BUREAUX } from "../../history/types";
import type { Findings } from "../../plan/findings.svelte";
import type { PlanStore } from "../../plan/store.svelte";
import { router } from "../../routing/router.svelte";
import { linkTo } from "../../routing/routes";

export type Face = "picture" | "one";

/** Frameworks of so many elements are shown with titles; larger ones by codes. */
const TITLED_MAX = 60;
const [SCALE_MIN, SCALE_MAX] = [0.35, 1.8];
const NO_WAYS: Ways = { nodes: new Set(), edges: new Set() };

export class ChainView {
  /** The element that somebody points at, and the one that they hold. */
  over: string | null = $state(null);
  held: string | null = $state(null);
  /** How large the picture is shown: as it fits where nobody chose; and how large that is. */
  scale: number | null = $state(null);
  size = $state(1);
  /** Where the keys begin. */
  active: string | null = $state(null);

  readonly whole: Chain = $derived.by(() => chainOf(this.store.plan!, this.store.kinds));
  readonly bureau: Bureau | null = $derived.by(() => BUREAUX.find((one) => one === this.query().get("bureau")) ?? null);
  readonly face: Face = $derived.by(() => (this.query().get("view") === "one" ? "one" : "picture"));
  readonly chain: Chain = $derived.by(() => (this.bureau ? partOf(this.whole, this.bureau) : this.whole));
  readonly detail: Detail = $derived.by(() => {
    const asked = this.query().get("show");
    if (asked === "codes" || asked === "titles") return asked;
    return this.whole.nodes.size <= TITLED_MAX ? "titles" : "codes";
  });
  readonly picture: Picture = $derived.by(() => this.#drawn(this.chain, this.detail));
  readonly shown: string | null = $derived.by(() => {
    const id = this.over ?? this.held;
    return id !== null && this.chain.nodes.has(id) ? id : null;
  });
  readonly ways: Ways = $derived.by(() => (this.shown === null ? NO_WAYS : waysOf(this.chain, [this.shown])));
  readonly gaps: { id: string; gap: Gap }[] = $derived.by(() =>
    [...this.chain.nodes.values()].flatMap(({ id, gaps }) => gaps.map((gap) => ({ id, gap }))),
  );
  #kept: { shape: string; picture: Picture } | null = null;

  constructor(
    readonly store: PlanStore,
    readonly findings: Findings,
    readonly query: () => URLSearchParams,
  ) {}

  zoom(by: number): void {
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.size * by));
  }

  /** Chooses; the address follows. */
  choose(part: { bureau?: Bureau | null; view?: Face; show?: Detail }): void {
    const query = new URLSearchParams(this.query());
    for (const [name, value] of Object.entries(part)) {
      if (value === null || value === "picture") query.delete(name);
      else query.set(name, value);
    }
    router.replace(linkTo(this.store.id, "chain", null, query));
  }

  /** Words alone move nothing: a picture is drawn again when elements or links are others. */
  #drawn(chain: Chain, detail: Detail): Picture {
    const nodes = [...chain.nodes.values()].map(({ id, element }) => `${id}<${element.parent}`);
    const edges = chain.edges.map(({ id, from, to, strength }) => `${id}:${from}>${to}${strength ?? ""}`);
    const shape = [detail, ...nodes, ...edges].join(" ");
    if (this.#kept?.shape !== shape) this.#kept = { shape, picture: pictureOf(chain, detail) };
    return this.#kept.picture;
  }
}
