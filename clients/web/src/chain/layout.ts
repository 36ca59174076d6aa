// Where everything of a framework stands in its picture: columns by the way forward, what has one parent together,
// enablers beneath.  Dagre orders the columns and finds the heights; goals and what is aimed at keep their order.

import { Graph, layout } from "@dagrejs/dagre";

import { type Chain, ENABLER, type Edge, type Node } from "./graph";
import { linesOf } from "./lines";
import { keepKnown } from "./order";

/** How much of an element its place shows. */
export type Detail = "codes" | "titles";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Column {
  kind: string;
  x: number;
  width: number;
}

/** A drawn line, for all the edges that run along it. */
export interface Line {
  id: string;
  path: string;
  edges: Edge[];
}

export interface Picture {
  width: number;
  height: number;
  /** The line above the enablers; `null` where there are none. */
  beneath: number | null;
  columns: Column[];
  boxes: Map<string, Box>;
  lines: Line[];
}

/** Elements that stand together, as one box for the layout. */
export interface Block {
  key: string;
  column: number;
  nodes: Node[];
  width: number;
  height: number;
}

const GAP = 4;
const BETWEEN_COLUMNS = 84;
const MARGIN = 12;
/** Where columns begin, below their heads. */
const TOP = MARGIN + 30;
const SPREAD_MAX = 1.6;
const CHIP = { width: 60, height: 22 };
const CARD = { codes: { width: 212, height: 38 }, titles: { width: 216, height: 40 } };
const ROW = { width: 236, height: 26 };
const CHIPS_A_ROW = 3;
/** Kinds of which many stand under one: shown in blocks. */
const LEAVES = new Set(["output", "outcome", "target", "indicator"]);
/** Kinds whose order people know. */
const ORDERED = new Set(["goal", "objective", "priority", "target", "indicator"]);

export function pictureOf(chain: Chain, detail: Detail): Picture {
  const blocks = blocksOf(chain, detail);
  const blockOf = new Map(blocks.flatMap((block) => block.nodes.map(({ id }) => [id, block] as const)));
  const columns = columnsOf(chain, blocks);
  const { places, routes } = arranged(chain, blocks, blockOf);
  const boxes = new Map<string, Box>();
  for (const block of blocks) {
    const { width } = columns[block.column]!;
    const left = columns[block.column]!.x + (detail === "codes" ? (width - block.width) / 2 : 0);
    placeBlock(block, left, places.get(block.key)! - block.height / 2, detail, boxes);
  }
  const end = Math.max(0, ...[...boxes.values()].map((box) => box.y + box.height));
  const last = columns.at(-1);
  const width = Math.max(320, last ? last.x + last.width + MARGIN : 0);
  const enablers = [...chain.nodes.values()].filter(({ kind }) => kind === ENABLER);
  const beneath = enablers.length > 0 ? end + 44 : null;
  const height = beneath === null ? end + MARGIN : placeEnablers(enablers, beneath + 34, width, detail, boxes) + MARGIN;
  return { width, height, beneath, columns, boxes, lines: linesOf(chain, boxes, blockOf, columns, routes, detail) };
}

function blocksOf(chain: Chain, detail: Detail): Block[] {
  const groups = new Map<string, Node[]>();
  for (const node of chain.nodes.values()) {
    if (node.kind === ENABLER) continue;
    const key = LEAVES.has(node.kind) ? `${node.kind}/${holderOf(chain, node)}` : node.id;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups].map(([key, nodes]) => {
    const column = chain.columns.indexOf(nodes[0]!.kind);
    return { key, column, nodes, ...sizeOf(nodes, detail) };
  });
}

/** What an element stands in a block with: those under the same one; an indicator with those of the same goal. */
function holderOf(chain: Chain, { kind, element }: Node): string {
  const above = element.parent === null ? undefined : chain.nodes.get(element.parent);
  if (kind === "indicator" && above?.kind === "target") return above.element.parent ?? above.id;
  return element.parent ?? element.id;
}

function sizeOf(nodes: readonly Node[], detail: Detail): { width: number; height: number } {
  if (!LEAVES.has(nodes[0]!.kind)) return CARD[detail];
  const across = detail === "titles" ? 1 : Math.min(nodes.length, CHIPS_A_ROW);
  const each = detail === "titles" ? ROW : CHIP;
  const down = Math.ceil(nodes.length / across);
  return { width: across * (each.width + GAP) - GAP, height: down * (each.height + GAP) - GAP };
}

function placeBlock(block: Block, left: number, top: number, detail: Detail, boxes: Map<string, Box>): void {
  const isLeaf = LEAVES.has(block.nodes[0]!.kind);
  const each = !isLeaf ? CARD[detail] : detail === "titles" ? ROW : CHIP;
  const across = isLeaf && detail === "codes" ? CHIPS_A_ROW : 1;
  block.nodes.forEach(({ id }, at) => {
    const [x, y] = [left + (at % across) * (each.width + GAP), top + Math.floor(at / across) * (each.height + GAP)];
    boxes.set(id, { x, y, ...each });
  });
}

function placeEnablers(enablers: readonly Node[], top: number, width: number, detail: Detail, boxes: Map<string, Box>): number {
  const each = detail === "titles" ? CARD.titles : CHIP;
  const across = Math.max(1, Math.floor((width - 2 * MARGIN + GAP) / (each.width + GAP)));
  enablers.forEach(({ id }, at) => {
    const [x, y] = [MARGIN + (at % across) * (each.width + GAP), top + Math.floor(at / across) * (each.height + GAP)];
    boxes.set(id, { x, y, ...each });
  });
  return top + Math.ceil(enablers.length / across) * (each.height + GAP) - GAP;
}

function columnsOf(chain: Chain, blocks: readonly Block[]): Column[] {
  let x = MARGIN;
  return chain.columns.map((kind, at) => {
    const width = Math.max(0, ...blocks.filter(({ column }) => column === at).map((block) => block.width));
    const column = { kind, x, width };
    x += width + BETWEEN_COLUMNS;
    return column;
  });
}

/** Asks for the heights of all blocks, and at which heights lines pass the columns between their ends. */
function arranged(chain: Chain, blocks: readonly Block[], blockOf: ReadonlyMap<string, Block>) {
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: "LR", ranker: "none", nodesep: 10, edgesep: 6, ranksep: BETWEEN_COLUMNS });
  graph.setDefaultEdgeLabel(() => ({}));
  // Half ranks are for labels of edges, of which there are none here.
  for (const { key, column, width, height } of blocks) graph.setNode(key, { width, height, rank: 2 * column });
  for (const edge of chain.edges) {
    const [one, other] = [blockOf.get(edge.from), blockOf.get(edge.to)];
    if (!one || !other || one.column === other.column) continue;
    const [from, to] = one.column < other.column ? [one, other] : [other, one];
    // Where both sides keep their order and nothing lies between, lines have no say.
    if (isOrdered(from) && isOrdered(to) && edge.kind !== "part" && to.column - from.column === 1) continue;
    const weight = (edge.kind === "part" ? 4 : 1) + ((graph.edge(from.key, to.key)?.weight as number | undefined) ?? 0);
    graph.setEdge(from.key, to.key, { weight, minlen: to.column - from.column });
  }
  const known = new Map(blocks.filter(isOrdered).map(({ key }, at) => [key, at]));
  layout(graph, { customOrder: (layers, order) => keepKnown(layers, order, known) });
  const places = new Map(blocks.map(({ key }) => [key, graph.node(key)!.y as number]));
  const down = spreadOf(chain, blocks, places, graph.edges());
  for (const { key, column } of blocks) places.set(key, down(column, places.get(key)!));
  const routes = new Map<string, number[]>();
  for (const { v, w } of graph.edges()) {
    const points = (graph.edge(v, w)?.points ?? []) as { x: number; y: number }[];
    const [from, to] = [blocks.find(({ key }) => key === v)!, blocks.find(({ key }) => key === w)!];
    if (to.column - from.column < 2) continue;
    // Inner points lie at every half rank: every second one is in a column.
    const inner = points.slice(1, -1).filter((_, at) => at % 2 === 1);
    routes.set(`${v} ${w}`, inner.slice(0, to.column - from.column - 1).map(({ y }) => down(from.column, y)));
  }
  return { places, routes };
}

function isOrdered({ nodes }: Block): boolean {
  return ORDERED.has(nodes[0]!.kind);
}

type Down = (column: number, y: number) => number;

/** Where heights go: columns that no edge of the layout joins to the others stand at their middle, spread out. */
function spreadOf(chain: Chain, blocks: readonly Block[], places: ReadonlyMap<string, number>, edges: readonly { v: string; w: string }[]): Down {
  const columnOf = new Map(blocks.map(({ key, column }) => [key, column]));
  const isJoined = (column: number) => edges.some(({ v, w }) => columnOf.get(v)! < column && columnOf.get(w)! >= column);
  const parts: number[][] = [];
  chain.columns.forEach((_, column) => {
    if (column > 0 && isJoined(column)) parts.at(-1)!.push(column);
    else parts.push([column]);
  });
  const sizes = parts.map((part) => {
    const own = blocks.filter(({ column }) => part.includes(column));
    const top = Math.min(...own.map(({ key, height }) => places.get(key)! - height / 2));
    return { top, height: Math.max(...own.map(({ key, height }) => places.get(key)! + height / 2)) - top };
  });
  const highest = Math.max(0, ...sizes.map(({ height }) => height));
  return (column, y) => {
    const { top, height } = sizes[parts.findIndex((part) => part.includes(column))]!;
    const spread = Math.min(SPREAD_MAX, highest / height);
    return TOP + highest / 2 + (y - top - height / 2) * spread;
  };
}
