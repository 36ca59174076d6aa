// Marks found words where they stand on the screen, without touching what stands there: the browser paints ranges of
// text. A browser that cannot shows the element alone.

import { fold, placesIn } from "./find";

/** Where the texts of the element on the screen stand. */
const TEXTS = "[data-element] [data-field]";

/** The range of a part of a text; `null` where it is not on the screen. */
export function rangeIn(holder: Element, at: number, length: number): Range | null {
  const range = document.createRange();
  const [start, end] = [pointIn(holder, at), pointIn(holder, at + length)];
  if (!start || !end) return null;
  range.setStart(start.node, start.offset);
  range.setEnd(end.node, end.offset);
  return range;
}

/** The place of a unit of a text: an editor shows each line as a block of its own. */
function pointIn(holder: Element, at: number): { node: Node; offset: number } | null {
  const lines = holder.querySelectorAll(".cm-line");
  let left = at;
  for (const line of lines.length > 0 ? lines : [holder]) {
    const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    let last: Text | null = null;
    for (let node = walk.nextNode() as Text | null; node; node = walk.nextNode() as Text | null) {
      if (left <= node.data.length) return { node, offset: left };
      left -= node.data.length;
      last = node;
    }
    if (left === 0) return last ? { node: last, offset: last.data.length } : { node: line, offset: 0 };
    // Between two lines stands one unit.
    left -= 1;
    if (left < 0) return null;
  }
  return null;
}

/** The holder of a text on the screen. */
export function holderOf(field: string, lang: string): HTMLElement | null {
  const all = [...document.querySelectorAll<HTMLElement>(TEXTS)];
  return all.find((one) => one.dataset.field === field && (one.lang === lang || one.closest("[lang]")?.getAttribute("lang") === lang)) ?? null;
}

/** Paints every place of the words on the screen, and the one that one stands at. */
export function paint(asked: string, now: Range | null): void {
  if (!("highlights" in CSS)) return;
  const words = fold(asked.trim()).text;
  const ranges = [...document.querySelectorAll<HTMLElement>(TEXTS)].flatMap((holder) =>
    placesIn(textOf(holder), words).flatMap(({ at, length }) => rangeIn(holder, at, length) ?? []),
  );
  CSS.highlights.set("found", new Highlight(...ranges));
  CSS.highlights.set("found-now", new Highlight(...(now ? [now] : [])));
}

export function unpaint(): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete("found");
  CSS.highlights.delete("found-now");
}

function textOf(holder: Element): string {
  if (holder.querySelector(".cm-placeholder")) return "";
  const lines = [...holder.querySelectorAll(".cm-line")];
  return lines.length > 0 ? lines.map((line) => line.textContent).join("\n") : (holder.textContent ?? "");
}
