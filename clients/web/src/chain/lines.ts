// The lines of a picture: from right to left sides of boxes in soft bends, around what stands between; from enablers
// upward.  Chips of one block share a line, a row has its own.

import type { Chain } from "./graph";
import type { Block, Box, Column, Detail, Line } from "./layout";

/** The lines of a picture. */
export function linesOf(
  chain: Chain,
  boxes: ReadonlyMap<string, Box>,
  blockOf: ReadonlyMap<string, Block>,
  columns: readonly Column[],
  routes: ReadonlyMap<string, number[]>,
  detail: Detail,
): Line[] {
  const lines = new Map<string, Line>();
  for (const edge of chain.edges) {
    if (edge.kind === "supports") {
      lines.set(edge.id, { id: edge.id, path: upward(boxes.get(edge.from)!, boxes.get(edge.to)!), edges: [edge] });
      continue;
    }
    const [one, other] = [blockOf.get(edge.from), blockOf.get(edge.to)];
    if (!one || !other) continue;
    const isForward = one.column <= other.column;
    const [from, to] = isForward ? [one, other] : [other, one];
    const [start, end] = isForward ? [edge.from, edge.to] : [edge.to, edge.from];
    const [a, b] = detail === "codes" ? [around(from, boxes), around(to, boxes)] : [boxes.get(start)!, boxes.get(end)!];
    const key = detail === "codes" ? `${from.key} ${to.key} ${edge.kind} ${edge.strength}` : edge.id;
    const known = lines.get(key);
    if (known) known.edges.push(edge);
    else lines.set(key, { id: key, path: across(a, b, from, to, columns, routes), edges: [edge] });
  }
  return [...lines.values()];
}

function around(block: Block, boxes: ReadonlyMap<string, Box>): Box {
  const first = boxes.get(block.nodes[0]!.id)!;
  return { x: first.x, y: first.y, width: block.width, height: block.height };
}

function across(a: Box, b: Box, from: Block, to: Block, columns: readonly Column[], routes: ReadonlyMap<string, number[]>): string {
  let [x, y] = [a.x + a.width, a.y + a.height / 2];
  let path = `M${round(x)} ${round(y)}`;
  const bend = (toX: number, toY: number) => {
    const half = (toX - x) / 2;
    path += `C${round(x + half)} ${round(y)} ${round(toX - half)} ${round(toY)} ${round(toX)} ${round(toY)}`;
    [x, y] = [toX, toY];
  };
  (routes.get(`${from.key} ${to.key}`) ?? []).forEach((height, at) => {
    const column = columns[from.column + at + 1]!;
    bend(column.x - 8, height);
    path += `L${round(column.x + column.width + 8)} ${round(height)}`;
    x = column.x + column.width + 8;
  });
  bend(b.x, b.y + b.height / 2);
  return path;
}

function upward(a: Box, b: Box): string {
  const [x, y, toX, toY] = [a.x + a.width / 2, a.y, b.x + b.width / 2, b.y + b.height];
  const half = Math.max(24, (y - toY) / 2);
  return `M${round(x)} ${round(y)}C${round(x)} ${round(y - half)} ${round(toX)} ${round(toY + half)} ${round(toX)} ${round(toY)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
