// Two texts compared word by word: the stretches that both have, that went, and that came. Joining what
// is equal and deleted gives the earlier text again, equal and inserted the later one.

import type { Segment } from "./types";

/** Beyond so many pairs of words the middle of two texts is told as one that went and one that came. */
const PAIRS_MAX = 1_000_000;

/** Words with their letters and digits, and everything else sign by sign. */
const WORDS = /[\p{L}\p{M}\p{N}]+|\s+|[^\p{L}\p{M}\p{N}\s]/gu;

export function compareWords(from: string, to: string): Segment[] {
  const [before, after] = [wordsOf(from), wordsOf(to)];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const out = new Stretches();
  out.put("equal", before.slice(0, start).join(""));
  middle(before.slice(start, before.length - end), after.slice(start, after.length - end), out);
  out.put("equal", before.slice(before.length - end).join(""));
  return out.all;
}

function wordsOf(text: string): string[] {
  return text.match(WORDS) ?? [];
}

/** The longest common run of words, by the table of its lengths. */
function middle(before: readonly string[], after: readonly string[], out: Stretches): void {
  if (before.length * after.length > PAIRS_MAX) {
    out.put("deleted", before.join(""));
    out.put("inserted", after.join(""));
    return;
  }
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const length = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1));
    }
  }
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      out.put("equal", before[row] ?? "");
      [row, column] = [row + 1, column + 1];
    } else if (row < before.length && (column === after.length || length(row + 1, column) >= length(row, column + 1))) {
      out.put("deleted", before[row] ?? "");
      row += 1;
    } else {
      out.put("inserted", after[column] ?? "");
      column += 1;
    }
  }
}

/** Stretches that are put one by one and kept as few; what went stands before what came in its place. */
class Stretches {
  #told: Segment[] = [];
  #deleted = "";
  #inserted = "";

  put(op: Segment["op"], text: string): void {
    if (text === "") return;
    if (op === "deleted") this.#deleted += text;
    else if (op === "inserted") this.#inserted += text;
    else {
      this.#flush();
      const last = this.#told.at(-1);
      if (last?.op === "equal") last.text += text;
      else this.#told.push({ op, text });
    }
  }

  get all(): Segment[] {
    this.#flush();
    return this.#told;
  }

  #flush(): void {
    if (this.#deleted) this.#told.push({ op: "deleted", text: this.#deleted });
    if (this.#inserted) this.#told.push({ op: "inserted", text: this.#inserted });
    [this.#deleted, this.#inserted] = ["", ""];
  }
}

/** A stretch of a text that may be left out where all is equal. */
export type Shown = Segment | { readonly op: "left_out"; readonly text: string };

/** The same with long equal stretches left out, so that changes in a long text are seen at once. */
export function abridge(segments: readonly Segment[], around: number): Shown[] {
  return segments.flatMap((segment, at): Shown[] => {
    const points = Array.from(segment.text);
    const sides = (at > 0 ? 1 : 0) + (at < segments.length - 1 ? 1 : 0);
    if (segment.op !== "equal" || points.length <= sides * around + around) return [segment];
    const keep = (from: number, to?: number): Segment[] => {
      const text = points.slice(from, to).join("");
      return text === "" ? [] : [{ op: "equal", text }];
    };
    const [head, tail] = [at > 0 ? around : 0, at < segments.length - 1 ? around : 0];
    // A text in which nothing changed keeps its beginning.
    if (sides === 0) return [...keep(0, around), { op: "left_out", text: points.slice(around).join("") }];
    const gone = points.slice(head, points.length - tail).join("");
    return [...keep(0, head), { op: "left_out", text: gone }, ...(tail > 0 ? keep(points.length - tail) : [])];
  });
}
