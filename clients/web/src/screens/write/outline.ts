// The outline of a plan: its elements in reading order, those at the top gathered by kind, some of them closed.

import type { Element, Plan } from "../../plan/view";

/** Kinds that stand beside an element rather than in the outline. */
const BESIDE = new Set(["comment", "quote", "external_link", "evaluation", "bracket", "proposal", "reading"]);
/** Groups that are open from the start. */
const OPEN_AT_FIRST = new Set(["goal", "priority", "objective"]);

/** A line of the outline. */
export interface Row {
  /** An element's id, `plan`, or `group:` and the kind. */
  id: string;
  element: Element | null;
  /** The kind whose elements a group gathers. */
  group: string | null;
  level: number;
  hasChildren: boolean;
  isOpen: boolean;
  /** The row above it in the tree. */
  parent: string | null;
}

/** Which lines are open: those somebody opened or closed, and what holds of all others. */
export type Openness = ReadonlyMap<string, boolean>;

export function groupId(kind: string): string {
  return `group:${kind}`;
}

/** All lines that are to be seen. */
export function rows(plan: Plan, openness: Openness): Row[] {
  const children = new Map<string | null, Element[]>();
  for (const element of plan.elements) {
    if (element.removed || BESIDE.has(element.kind)) continue;
    const parent = element.parent !== null && plan.byId.has(element.parent) ? element.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(element);
    else children.set(parent, [element]);
  }
  const found: Row[] = [
    { id: "plan", element: null, group: null, level: 1, hasChildren: false, isOpen: false, parent: null },
  ];
  const below = (element: Element, level: number, parent: string) => {
    const under = children.get(element.id) ?? [];
    const isOpen = under.length > 0 && (openness.get(element.id) ?? true);
    found.push({ id: element.id, element, group: null, level, hasChildren: under.length > 0, isOpen, parent });
    if (isOpen) for (const child of under) below(child, level + 1, element.id);
  };
  const groups = new Map<string, Element[]>();
  for (const element of children.get(null) ?? []) {
    const of = groups.get(element.kind);
    if (of) of.push(element);
    else groups.set(element.kind, [element]);
  }
  for (const [kind, elements] of groups) {
    const id = groupId(kind);
    const isOpen = openness.get(id) ?? OPEN_AT_FIRST.has(kind);
    found.push({ id, element: null, group: kind, level: 1, hasChildren: true, isOpen, parent: null });
    if (isOpen) for (const element of elements) below(element, 2, id);
  }
  return found;
}

/** What is to be opened so that an element can be seen. */
export function opened(plan: Plan, openness: Openness, id: string): Openness {
  const more = new Map(openness);
  const seen = new Set<string>();
  for (let at = plan.byId.get(id); at && !seen.has(at.id); at = at.parent === null ? undefined : plan.byId.get(at.parent)) {
    seen.add(at.id);
    if (at.parent !== null && plan.byId.has(at.parent)) more.set(at.parent, true);
    else more.set(groupId(at.kind), true);
  }
  return more;
}

/** What a key does in the tree: go to a row, open or close one, or nothing. */
export type Move = { to: string } | { open: string } | { close: string } | null;

/** The tree pattern of the ARIA practices. */
export function moveBy(key: string, all: Row[], at: string): Move {
  const index = Math.max(0, all.findIndex((row) => row.id === at));
  const row = all[index];
  if (!row) return null;
  const to = (target: Row | undefined): Move => (target ? { to: target.id } : null);
  switch (key) {
    case "ArrowDown":
      return to(all[index + 1]);
    case "ArrowUp":
      return to(all[index - 1]);
    case "Home":
      return to(all[0]);
    case "End":
      return to(all.at(-1));
    case "ArrowRight":
      if (!row.hasChildren) return null;
      return row.isOpen ? to(all[index + 1]) : { open: row.id };
    case "ArrowLeft":
      if (row.hasChildren && row.isOpen) return { close: row.id };
      return to(all.find((one) => one.id === row.parent));
    default:
      return null;
  }
}

/** Siblings of an element: same kind, same parent, not removed; in order. */
export function siblings(plan: Plan, element: Element): Element[] {
  return plan.elements.filter((one) => one.parent === element.parent && one.kind === element.kind && !one.removed);
}

/** Elements that a code or words find, best first. */
export function find(plan: Plan, label: (element: Element) => string, asked: string, most: number): Element[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const code = asked.trim().toLowerCase();
  const ranked: [number, Element][] = [];
  for (const element of plan.elements) {
    if (element.removed) continue;
    const own = (element.code ?? "").toLowerCase();
    const text = `${element.kind.replaceAll("_", " ")} ${own} ${label(element)}`.toLowerCase();
    if (own === code) ranked.push([0, element]);
    else if (own !== "" && own.startsWith(code)) ranked.push([1, element]);
    else if (words.every((word) => text.includes(word))) ranked.push([2, element]);
  }
  ranked.sort(([one], [other]) => one - other);
  return ranked.slice(0, most).map(([, element]) => element);
}
