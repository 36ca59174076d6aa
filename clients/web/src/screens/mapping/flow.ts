// The picture of what became of what: former elements at the left, elements of this plan at the right, a way between
// each two that belong together.  Only numbers: where each stands and how each way runs.

/** A way from a former element to one of this plan, by id, and the link that says so: a pair may have several. */
export interface Way {
  link: string;
  from: string;
  to: string;
}

export interface Flow {
  height: number;
  /** The upper edge of each card, by id. */
  left: Map<string, number>;
  right: Map<string, number>;
  /** Each way as an SVG path in a box `GAP` wide. */
  ways: (Way & { path: string })[];
}

/** Height of a card with the space below it, and of the card alone. */
export const STEP = 56;
export const CARD = 50;
/** Between the columns. */
export const GAP = 120;

/** Places both columns in their own order, the shorter one spread along the longer. */
export function flowOf(left: readonly string[], right: readonly string[], ways: readonly Way[]): Flow {
  const height = Math.max(left.length, right.length) * STEP;
  const [lefts, rights] = [spread(left, height), spread(right, height)];
  const drawn = ways.flatMap((way) => {
    const [from, to] = [lefts.get(way.from), rights.get(way.to)];
    if (from === undefined || to === undefined) return [];
    const [start, end] = [from + CARD / 2, to + CARD / 2];
    return [{ ...way, path: `M0 ${start}C${GAP / 2} ${start} ${GAP / 2} ${end} ${GAP} ${end}` }];
  });
  return { height, left: lefts, right: rights, ways: drawn };
}

function spread(ids: readonly string[], height: number): Map<string, number> {
  const share = height / Math.max(ids.length, 1);
  return new Map(ids.map((id, at) => [id, Math.round(share * at + (share - STEP) / 2)]));
}
