// Reading order and display codes, as `protocol/src/plan/codes.rs` makes them from the place of an element.
//
// A code is not an identity: it changes when something moves.  An element may carry a code of its own.  Elements
// whose code and depth stay are the same objects afterwards.

import { compare } from "./order";
import type { Kinds } from "./kinds";
import type { Element } from "./view";

interface Placed {
  element: Element;
  depth: number;
}

/** Elements in reading order, each with its code; those whose parent is gone come last, at the top level. */
export function arrange(elements: Element[], kinds: Kinds): Element[] {
  const children = new Map<string | null, Element[]>();
  const known = new Set(elements.map((element) => element.id));
  for (const element of elements) {
    const siblings = children.get(element.parent);
    if (siblings) siblings.push(element);
    else children.set(element.parent, [element]);
  }
  for (const siblings of children.values()) {
    siblings.sort(
      (one, other) =>
        kinds.rank(one.kind) - kinds.rank(other.kind) || compare(one.order, other.order) || compare(one.id, other.id),
    );
  }
  const seen = new Set<string>();
  const ordered: Placed[] = [];
  const visit = (roots: Element[], depth: number) => {
    const stack = roots.map((element) => ({ element, depth })).reverse();
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { element } = next;
      if (seen.has(element.id)) continue;
      seen.add(element.id);
      ordered.push(next);
      const below = children.get(element.id) ?? [];
      for (const child of below.toReversed()) stack.push({ element: child, depth: next.depth + 1 });
    }
  };
  visit(children.get(null) ?? [], 0);
  const rest = elements.filter(({ id }) => !seen.has(id)).sort((one, other) => compare(one.id, other.id));
  visit(rest.filter(({ parent }) => parent !== null && !known.has(parent)), 0);
  visit(rest, 0);
  return number(ordered, kinds);
}

function number(ordered: Placed[], kinds: Kinds): Element[] {
  const codes = new Map<string, string | null>();
  const counts = new Map<string, number>();
  return ordered.map(({ element, depth }) => {
    const code = element.removed ? element.ownCode : codeFor(element, kinds, codes, counts);
    codes.set(element.id, code);
    return element.code === code && element.depth === depth ? element : { ...element, code, depth };
  });
}

function codeFor(
  element: Element,
  kinds: Kinds,
  codes: Map<string, string | null>,
  counts: Map<string, number>,
): string | null {
  const form = kinds.element(element.kind)?.code;
  const sector = typeof element.fields.sector === "string" ? element.fields.sector : null;
  const group = form?.form === "sector_number" ? sector : null;
  const key = JSON.stringify([element.parent, element.kind, group]);
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  if (element.ownCode !== null || !form) return element.ownCode;
  const above = element.parent === null ? null : (codes.get(element.parent) ?? null);
  return codeOf(form.form, form.affix, count, above, sector);
}

function codeOf(form: string, affix: string, count: number, above: string | null, sector: string | null): string | null {
  switch (form) {
    case "ordinal":
      return `${affix}${count}`;
    case "child_number":
      return above === null ? null : `${above}${affix}${count}`;
    case "child_letter":
      return above === null ? null : `${above}${affix}${letters(count)}`;
    case "sector_number": {
      const letter = sector === null ? undefined : SECTORS[sector];
      return letter === undefined ? null : `${letter}.${count}`;
    }
    default:
      return null;
  }
}

const SECTORS: Record<string, string> = { "ITU-R": "R", "ITU-T": "T", "ITU-D": "D", "inter-sectoral": "I" };

/** a, b, …, z, aa, ab, … for 1, 2, …. */
function letters(count: number): string {
  let text = "";
  for (let left = count; left > 0; left = Math.floor((left - 1) / 26)) {
    text = String.fromCharCode(97 + ((left - 1) % 26)) + text;
  }
  return text;
}
