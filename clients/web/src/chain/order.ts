// The order of each layer of a framework: as Dagre finds it with few crossings, but kinds whose order people know
// keep it, and what stands between them follows.

import type { EdgeLabel, Graph, GraphLabel, NodeLabel } from "@dagrejs/dagre";

type Layers = Graph<GraphLabel, NodeLabel, EdgeLabel>;

const SWEEPS = 4;

/** Orders layers; `known` gives the place of a node that keeps it. */
export function keepKnown(graph: Layers, order: (graph: Layers) => void, known: ReadonlyMap<string, number>): void {
  order(graph);
  const layers: string[][] = [];
  for (const node of graph.nodes()) {
    const rank = graph.node(node)?.rank;
    if (typeof rank === "number") (layers[rank] ??= []).push(node);
  }
  const placeOf = (node: string) => graph.node(node)!.order as number;
  const put = (layer: string[]) => layer.forEach((node, at) => (graph.node(node)!.order = at));
  for (const layer of layers) {
    if (!layer) continue;
    layer.sort((one, other) => (known.get(one) ?? placeOf(one)) - (known.get(other) ?? placeOf(other)));
    put(layer);
  }
  const free = layers.flatMap((layer, rank) => (layer?.some((node) => !known.has(node)) ? [rank] : []));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isBack = sweep % 2 === 0;
    for (const rank of isBack ? free.toReversed() : free) {
      const layer = layers[rank]!;
      const ends = (node: string) => [...((isBack ? graph.successors(node) : graph.predecessors(node)) ?? [])];
      const middle = new Map(
        layer.map((node) => {
          const far = ends(node).map(placeOf);
          return [node, far.length > 0 ? far.reduce((sum, place) => sum + place, 0) / far.length : null];
        }),
      );
      // What leads nowhere that way stays beside what it stood beside.
      let last = 0;
      const keys = new Map(layer.map((node) => [node, (last = middle.get(node) ?? last)]));
      layer.sort((one, other) => orderOf(one, other, known) ?? keys.get(one)! - keys.get(other)!);
      put(layer);
    }
  }
}

/** Of two nodes that keep their places, which is first. */
function orderOf(one: string, other: string, known: ReadonlyMap<string, number>): number | null {
  const [a, b] = [known.get(one), known.get(other)];
  return a === undefined || b === undefined ? null : a - b;
}
