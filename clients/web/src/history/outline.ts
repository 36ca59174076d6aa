// The plan at one moment as a list to read: elements in reading order with their depth, each with the
// links that start from it, and with what one entry did to it.

import type { Mark, Marks } from "./marks";
import type { ElementView, LinkView, PlanView } from "./types";

export interface Row {
  readonly element: ElementView;
  readonly depth: number;
  readonly links: readonly LinkView[];
  readonly mark: Mark | undefined;
  /** What was done to links that start from it. */
  readonly linkMarks: Marks;
}

/** Fields of an element that are told by its place and name, or that are not content. */
const STRUCTURE = new Set(["id", "kind", "code", "parent", "order", "text", "removed", "concurrent"]);

/** The rows of a view; what is removed is left out, except where this entry removed it. */
export function rowsOf(view: PlanView, marks: Marks): Row[] {
  const depths = new Map<string, number>();
  const links = new Map<string, LinkView[]>();
  for (const link of view.links) {
    if (link.removed && !marks.get(link.id)?.isGone) continue;
    links.set(link.from, [...(links.get(link.from) ?? []), link]);
  }
  const rows: Row[] = [];
  for (const element of view.elements) {
    const depth = element.parent ? (depths.get(element.parent) ?? -1) + 1 : 0;
    depths.set(element.id, depth);
    const mark = marks.get(element.id);
    if (element.removed && !mark?.isGone) continue;
    const own = links.get(element.id) ?? [];
    const linkMarks = new Map(own.flatMap((link) => {
      const linkMark = marks.get(link.id);
      return linkMark ? [[link.id, linkMark] as const] : [];
    }));
    rows.push({ element, depth, links: own, mark, linkMarks });
  }
  return rows;
}

export function isChanged(row: Row): boolean {
  return row.mark !== undefined || row.linkMarks.size > 0;
}

/** The texts of an element, one language after the other. */
export function textsOf(element: ElementView): { field: string; lang: string; text: string }[] {
  const texts = (element.text ?? {}) as Record<string, Record<string, string>>;
  return Object.entries(texts).flatMap(([lang, fields]) =>
    Object.entries(fields).map(([field, text]) => ({ field, lang, text })),
  );
}

/** The typed fields of an element. */
export function fieldsOf(element: ElementView): [string, unknown][] {
  return Object.entries(element).filter(([name, value]) => !STRUCTURE.has(name) && value !== null);
}

/** Whether words find an element: in its code, its id, or its title. */
export function finds(words: string, element: ElementView, label: string): boolean {
  const sought = words.trim().toLowerCase();
  if (sought === "") return true;
  return [element.code ?? "", element.id, label].some((text) => text.toLowerCase().includes(sought));
}

/** Fields that say where an element comes from rather than what it is. */
const ABOUT_ITSELF = new Set(["source", "provenance", "inferred", "note", "owner", "own_code"]);

/** What an element without texts is known by: the values that it has. */
export function valuesOf(element: ElementView): unknown[] {
  return fieldsOf(element).flatMap(([name, value]) => (ABOUT_ITSELF.has(name) ? [] : [value]));
}

/** The text that an element is called by: its title, or the next best. */
export function titleOf(element: ElementView, language: string): { field: string; lang: string; text: string } | undefined {
  const texts = textsOf(element);
  const own = texts.filter((text) => text.lang === language);
  const named = (name: string) => own.find((text) => text.field === name);
  return named("title") ?? named("statement") ?? own[0] ?? texts[0];
}
