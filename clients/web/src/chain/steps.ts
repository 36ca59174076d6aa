// Where the arrow keys lead in the picture of a framework: along links to the left and right, within a column up
// and down; below the last of a column come the enablers, which lie in rows.

import { type Chain, ENABLER, type Edge } from "./graph";
import type { Box, Picture } from "./layout";

/** Where a key leads from an element; `null` where it leads nowhere, `undefined` where it is no such key. */
export function step(chain: Chain, { boxes }: Picture, from: string, key: string): string | null | undefined {
  const node = chain.nodes.get(from);
  if (!node) return null;
  const column = sorted([...chain.nodes.values()].filter(({ kind }) => kind === node.kind).map(({ id }) => id), boxes);
  const at = column.indexOf(from);
  const isBeneath = node.kind === ENABLER;
  switch (key) {
    case "ArrowRight":
      return isBeneath ? (column[at + 1] ?? null) : nearest(from, ends(chain.out.get(from), "to"), boxes);
    case "ArrowLeft":
      return isBeneath ? (column[at - 1] ?? null) : nearest(from, ends(chain.into.get(from), "from"), boxes);
    case "ArrowDown":
      return isBeneath ? null : (column[at + 1] ?? beneath(chain, from, boxes));
    case "ArrowUp":
      return isBeneath ? nearest(from, above(chain, from), boxes) : (column[at - 1] ?? null);
    case "Home":
      return column[0] ?? null;
    case "End":
      return column.at(-1) ?? null;
    default:
      return undefined;
  }
}

/** Links along the columns; what stands beneath is reached from below. */
function ends(edges: readonly Edge[] = [], end: "from" | "to"): string[] {
  return edges.filter(({ kind }) => kind !== "supports").map((edge) => edge[end]);
}

function above(chain: Chain, from: string): string[] {
  const supported = (chain.out.get(from) ?? []).map(({ to }) => to).filter((id) => chain.nodes.get(id)?.kind !== ENABLER);
  const all = [...chain.nodes.values()].filter(({ kind }) => kind !== ENABLER).map(({ id }) => id);
  return supported.length > 0 ? supported : all;
}

function beneath(chain: Chain, from: string, boxes: ReadonlyMap<string, Box>): string | null {
  const own = (chain.into.get(from) ?? []).filter(({ kind }) => kind === "supports").map((edge) => edge.from);
  const all = [...chain.nodes.values()].filter(({ kind }) => kind === ENABLER).map(({ id }) => id);
  return nearest(from, own.length > 0 ? own : all, boxes);
}

function nearest(from: string, ids: readonly string[], boxes: ReadonlyMap<string, Box>): string | null {
  const middle = (id: string) => {
    const { x, y, width, height } = boxes.get(id)!;
    return { x: x + width / 2, y: y + height / 2 };
  };
  const start = middle(from);
  const far = (id: string) => Math.abs(middle(id).y - start.y) * 4 + Math.abs(middle(id).x - start.x);
  return ids.toSorted((one, other) => far(one) - far(other))[0] ?? null;
}

function sorted(ids: string[], boxes: ReadonlyMap<string, Box>): string[] {
  return ids.sort((one, other) => boxes.get(one)!.y - boxes.get(other)!.y || boxes.get(one)!.x - boxes.get(other)!.x);
}
