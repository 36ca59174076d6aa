// Ways through the framework: all that an element rests on and all that it leads to, and what of the framework a
// Bureau has a part in.

import type { Bureau } from "../api/schema";
import { type Chain, type Edge, goesByParent, joined, supportsAll } from "./graph";

/** Kinds from which one looks back at whole priorities. */
const AIMED_AT = new Set(["goal", "target", "indicator"]);

/** Elements and edges. */
export interface Ways {
  nodes: Set<string>;
  edges: Set<string>;
}

/** Everything before and after some elements, themselves among it. */
export function waysOf(chain: Chain, ids: Iterable<string>): Ways {
  const ways: Ways = { nodes: new Set(), edges: new Set() };
  for (const id of ids) {
    if (!chain.nodes.has(id)) continue;
    walk(chain, id, "forward", ways);
    walk(chain, id, "back", ways);
  }
  return ways;
}

function walk(chain: Chain, start: string, way: "forward" | "back", ways: Ways): void {
  const seen = new Set<string>();
  const ahead = [start];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    ways.nodes.add(id);
    for (const edge of edgesFrom(chain, id, way)) {
      const far = edge.from === id ? edge.to : edge.from;
      ways.edges.add(edge.id);
      ahead.push(far);
    }
    for (const beside of besides(chain, id, way, start)) {
      ways.nodes.add(beside.id);
      for (const edge of beside.edges) {
        ways.edges.add(edge.id);
        ahead.push(edge.to === beside.id ? edge.from : edge.to);
      }
    }
  }
}

function edgesFrom(chain: Chain, id: string, way: "forward" | "back"): Edge[] {
  return (way === "forward" ? chain.out.get(id) : chain.into.get(id)) ?? [];
}

/** What belongs to the way though no edge leads there. */
function besides(chain: Chain, id: string, way: "forward" | "back", start: string): { id: string; edges: Edge[] }[] {
  const node = chain.nodes.get(id)!;
  if (way === "forward") {
    if (id === start && supportsAll(node)) return aims(chain).map((aim) => ({ id: aim, edges: chain.out.get(aim) ?? [] }));
    const { parent } = node.element;
    if (!goesByParent(chain, node) || parent === null) return [];
    return [{ id: parent, edges: (chain.out.get(parent) ?? []).filter((edge) => edge.kind === "contributes_to") }];
  }
  // Outcomes that name no goal of their own come with their priority.
  if (node.kind !== "priority" || !AIMED_AT.has(chain.nodes.get(start)!.kind)) return [];
  return (chain.out.get(id) ?? [])
    .filter((edge) => edge.kind === "part" && goesByParent(chain, chain.nodes.get(edge.to)!))
    .map((edge) => ({ id: edge.to, edges: [] }));
}

function aims(chain: Chain): string[] {
  return [...chain.nodes.values()].filter(({ kind }) => kind === "objective" || kind === "priority").map(({ id }) => id);
}

/** What a Bureau has a part in: its own, and all that is before and after it. */
export function partOf(chain: Chain, bureau: Bureau): Chain {
  const own = [...chain.nodes.values()].filter(({ bureaux }) => bureaux.includes(bureau));
  // An enabler that is there for all brings nothing more in.
  const { nodes: kept } = waysOf(chain, own.filter((node) => !supportsAll(node)).map(({ id }) => id));
  for (const { id } of own) kept.add(id);
  const isKept = (id: string) => kept.has(id);
  const nodes = new Map([...chain.nodes].filter(([id]) => isKept(id)));
  const edges = chain.edges.filter(({ from, to }) => isKept(from) && isKept(to));
  return joined(chain.columns, nodes, edges);
}
