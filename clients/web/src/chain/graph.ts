// The framework of a plan as a graph: what leads to what, from products to goals and their measures, and what is
// missing in it.  Ways run forward, towards goals; what is removed is not in it.

import type { Bureau } from "../api/schema";
import type { Kinds } from "../plan/kinds";
import { ownerOf } from "../plan/rights";
import type { Element, Plan } from "../plan/view";

/** Kinds by the way forward where objectives are aimed at (until 2023), and where priorities are (from 2024). */
const BY_OBJECTIVES = ["offering", "output", "outcome", "objective", "goal", "target", "indicator"];
const BY_PRIORITIES = ["offering", "output", "priority", "outcome", "goal", "target", "indicator"];
/** What stands beneath all others. */
export const ENABLER = "enabler";

/** What an edge says: a part of what it stands under, a link, or an enabler's help. */
export type EdgeKind = "part" | "contributes_to" | "delivers" | "supports";

export interface Node {
  id: string;
  kind: string;
  element: Element;
  bureaux: Bureau[];
  gaps: Gap[];
}

export interface Edge {
  id: string;
  kind: EdgeKind;
  from: string;
  to: string;
  strength: "primary" | "secondary" | null;
}

/** What is missing at an element. */
export const GAPS = [
  "no_goal",
  "by_parent",
  "nothing_contributes",
  "no_target",
  "no_indicator",
  "no_outcome",
  "no_offering",
  "delivers_nothing",
  "supports_nothing",
  "lost",
] as const;
export type Gap = (typeof GAPS)[number];

export interface Chain {
  /** Kinds that are there, by the way forward; without enablers. */
  columns: string[];
  nodes: Map<string, Node>;
  edges: Edge[];
  /** Edges by the node that they leave or enter. */
  out: Map<string, Edge[]>;
  into: Map<string, Edge[]>;
}

const SECTOR_BUREAU: Record<string, Bureau> = { "ITU-R": "BR", "ITU-T": "TSB", "ITU-D": "BDT" };
/** Kinds that aims belong to, and the goals' own side. */
const AIMS = new Set(["objective", "priority"]);
const MEASURES = new Set(["target", "indicator"]);

/** Reads the framework of a plan. */
export function chainOf(plan: Plan, kinds: Kinds): Chain {
  const isByPriorities = plan.elements.some(({ kind, removed }) => kind === "priority" && !removed);
  const order = isByPriorities ? [...BY_PRIORITIES, "objective"] : [...BY_OBJECTIVES, "priority"];
  const nodes = new Map<string, Node>();
  for (const element of plan.elements) {
    const { id, kind, removed } = element;
    if (removed || (!order.includes(kind) && kind !== ENABLER)) continue;
    nodes.set(id, { id, kind, element, bureaux: bureauxOf(plan, kinds, element), gaps: [] });
  }
  const chain = joined(order, nodes, [...partsOf(nodes, order), ...linksOf(plan, nodes)]);
  for (const node of nodes.values()) node.gaps = gapsOf(chain, node);
  return chain;
}

/** Elements and edges as a chain; of the kinds in their order only those that are there. */
export function joined(order: readonly string[], nodes: Map<string, Node>, edges: Edge[]): Chain {
  const there = new Set([...nodes.values()].map(({ kind }) => kind));
  const chain: Chain = { columns: order.filter((kind) => there.has(kind)), nodes, edges, out: new Map(), into: new Map() };
  for (const edge of edges) {
    chain.out.set(edge.from, [...(chain.out.get(edge.from) ?? []), edge]);
    chain.into.set(edge.to, [...(chain.into.get(edge.to) ?? []), edge]);
  }
  return chain;
}

/** The Bureaux that an element belongs to: its owner, and those of the Sectors that it names. */
function bureauxOf(plan: Plan, kinds: Kinds, element: Element): Bureau[] {
  const owner = ownerOf(plan, kinds, element);
  const sectors = sectorsOf(element).flatMap((sector) => SECTOR_BUREAU[sector] ?? []);
  return [...new Set([...(owner ? [owner] : []), ...sectors])];
}

/** Sectors that an element names itself. */
export function sectorsOf({ fields }: Element): string[] {
  const { sectors, sector } = fields;
  if (Array.isArray(sectors)) return sectors;
  return typeof sector === "string" ? [sector] : [];
}

function partsOf(nodes: ReadonlyMap<string, Node>, order: readonly string[]): Edge[] {
  const edges: Edge[] = [];
  for (const { id, kind, element } of nodes.values()) {
    const above = element.parent === null ? undefined : nodes.get(element.parent);
    if (!above) continue;
    const isForward = order.indexOf(kind) < order.indexOf(above.kind);
    const [from, to] = isForward ? [id, above.id] : [above.id, id];
    edges.push({ id: `part/${id}`, kind: "part", from, to, strength: null });
  }
  return edges;
}

function linksOf(plan: Plan, nodes: ReadonlyMap<string, Node>): Edge[] {
  const edges: Edge[] = [];
  for (const { id, kind, from, to, removed, fields } of plan.links) {
    if (removed || !nodes.has(from) || !nodes.has(to)) continue;
    if (kind !== "contributes_to" && kind !== "delivers" && kind !== "supports") continue;
    const strength = fields.strength === "primary" || fields.strength === "secondary" ? fields.strength : null;
    edges.push({ id, kind, from, to, strength });
  }
  return edges;
}

/** Whether an enabler is there for all of the framework. */
export function supportsAll({ kind, element }: Node): boolean {
  return kind === ENABLER && element.fields.supports_all === true;
}

/** An outcome that names no goal of its own: what its priority contributes to is what it leads to. */
export function goesByParent(chain: Chain, { id, kind, element }: Node): boolean {
  const above = element.parent === null ? undefined : chain.nodes.get(element.parent);
  return kind === "outcome" && above?.kind === "priority" && !leadsToGoal(chain, id);
}

/** Whether links lead from an element to a goal or what is measured of it. */
function leadsToGoal(chain: Chain, from: string): boolean {
  const seen = new Set<string>();
  const ahead = [from];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const edge of chain.out.get(id) ?? []) {
      const to = chain.nodes.get(edge.to)!;
      if (to.kind === "goal" || to.kind === "target") return true;
      if (to.kind !== "indicator") ahead.push(to.id);
    }
  }
  return false;
}

function gapsOf(chain: Chain, node: Node): Gap[] {
  const { id, kind, element } = node;
  const [out, into] = [chain.out.get(id) ?? [], chain.into.get(id) ?? []];
  const has = (edges: Edge[], end: "from" | "to", ...kinds: string[]) =>
    edges.some((edge) => kinds.includes(chain.nodes.get(edge[end])!.kind));
  const gaps: (Gap | false)[] = [element.parent !== null && !chain.nodes.has(element.parent) && "lost"];
  if (kind === "goal") {
    gaps.push(!into.some(({ kind: of }) => of === "contributes_to") && "nothing_contributes", !has(out, "to", "target") && "no_target");
  } else if (kind === "target") gaps.push(!has(out, "to", "indicator") && "no_indicator");
  else if (kind === ENABLER) gaps.push(!supportsAll(node) && out.length === 0 && "supports_nothing");
  else if (kind === "offering") gaps.push(out.length === 0 ? "delivers_nothing" : !leadsToGoal(chain, id) && "no_goal");
  else if (!MEASURES.has(kind)) {
    if (goesByParent(chain, node)) gaps.push(leadsToGoal(chain, element.parent!) ? "by_parent" : "no_goal");
    else gaps.push(!leadsToGoal(chain, id) && "no_goal");
    const hasOutcome = has(out, "to", "outcome") || has(into, "from", "outcome");
    gaps.push(AIMS.has(kind) && !hasOutcome && "no_outcome", kind === "priority" && !has(into, "from", "offering", "output") && "no_offering");
  }
  return gaps.filter((gap) => gap !== false);
}
