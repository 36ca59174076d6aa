// The outline of a plan: its elements in groups, as a tree of which the open part is shown row by row.
//
// Comments and links to other frameworks stand with their element, not in the outline; what is removed stands in a
// group of its own.

import type { Element, Plan } from "../../plan/view";
import { nameOf } from "./names";
import { plain } from "./palette";

/** Groups of the outline in their order, with the kinds that stand at their top. */
const GROUPS = {
  goals: ["goal"],
  priorities: ["priority", "objective"],
  offerings: ["offering"],
  enablers: ["enabler"],
  direction: ["vision", "mission", "value"],
  former: ["disposition", "component_evolution", "quote"],
  guidance: ["guidance_principle", "consultation", "coordination"],
  money: ["financial_line"],
  risks: ["risk"],
  other: [],
  removed: [],
} as const satisfies Record<string, readonly string[]>;
export type Group = keyof typeof GROUPS;

/** Kinds that are not in the outline. */
const BESIDE = new Set(["comment", "external_link"]);
/** What is open before anybody opened or closed something. */
const OPEN_AT_FIRST: ReadonlySet<string> = new Set(["group/goals", "group/priorities", "goal", "priority"]);

interface BaseRow {
  /** `group/…` or the id of an element. */
  key: string;
  /** 0 for groups. */
  depth: number;
  /** Key of the row it stands under. */
  parent: string | null;
  /** Among its siblings, from 1, and how many they are. */
  position: number;
  size: number;
  /** `null` where nothing stands under it. */
  isOpen: boolean | null;
}
export type Row =
  | (BaseRow & { is: "plan" })
  | (BaseRow & { is: "group"; group: Group; count: number })
  | (BaseRow & { is: "element"; element: Element });

/** The row of the plan's own fields. */
export const PLAN = "plan";

/** The whole tree, open or not. */
export interface Tree {
  groups: { group: Group; roots: Element[] }[];
  children: Map<string, Element[]>;
}

/** Sorts the elements of a plan into groups and under one another. */
export function treeOf(plan: Plan): Tree {
  const children = new Map<string, Element[]>();
  const roots = new Map<Group, Element[]>(Object.keys(GROUPS).map((group) => [group as Group, []]));
  for (const element of plan.elements) {
    if (BESIDE.has(element.kind)) continue;
    const above = element.parent === null ? undefined : plan.byId.get(element.parent);
    if (element.removed) roots.get("removed")!.push(element);
    else if (above) push(children, above.id, element);
    else roots.get(groupOf(element.kind))!.push(element);
  }
  const groups = [...roots].filter(([, elements]) => elements.length > 0);
  return { groups: groups.map(([group, elements]) => ({ group, roots: elements })), children };
}

function push(lists: Map<string, Element[]>, key: string, element: Element): void {
  const list = lists.get(key);
  if (list) list.push(element);
  else lists.set(key, [element]);
}

function groupOf(kind: string): Group {
  const found = Object.entries(GROUPS).find(([, kinds]) => (kinds as readonly string[]).includes(kind));
  return (found?.[0] as Group | undefined) ?? "other";
}

/** Whether a row is open: as at first, unless somebody turned it. */
export function isOpen(key: string, kind: string | null, turned: ReadonlySet<string>): boolean {
  return OPEN_AT_FIRST.has(kind ?? key) !== turned.has(key);
}

/** The rows that are shown. */
export function rowsOf(tree: Tree, turned: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const visit = (elements: Element[], parent: string, depth: number): void => {
    elements.forEach((element, at) => {
      const below = tree.children.get(element.id) ?? [];
      const open = below.length === 0 ? null : isOpen(element.id, element.kind, turned);
      const place = { key: element.id, depth, parent, position: at + 1, size: elements.length, isOpen: open };
      rows.push({ is: "element", element, ...place });
      if (open) visit(below, element.id, depth + 1);
    });
  };
  const size = tree.groups.length + 1;
  rows.push({ is: "plan", key: PLAN, depth: 0, parent: null, position: 1, size, isOpen: null });
  tree.groups.forEach(({ group, roots }, at) => {
    const key = `group/${group}`;
    const open = isOpen(key, null, turned);
    const place = { key, depth: 0, parent: null, position: at + 2, size, isOpen: open };
    rows.push({ is: "group", group, count: roots.length, ...place });
    if (open) visit(roots, key, 1);
  });
  return rows;
}

/** Turns a row: what was open is closed, and the other way round. */
export function turn(turned: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(turned);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** Opens everything that an element stands under. */
export function reveal(plan: Plan, turned: ReadonlySet<string>, id: string): Set<string> {
  let next = new Set(turned);
  const element = shownFor(plan, id);
  if (!element) return next;
  let top = element;
  const seen = new Set<string>();
  while (!top.removed && top.parent !== null && !seen.has(top.id)) {
    seen.add(top.id);
    const above = plan.byId.get(top.parent);
    if (!above) break;
    if (!isOpen(above.id, above.kind, next)) next = turn(next, above.id);
    top = above;
  }
  const key = `group/${top.removed ? "removed" : groupOf(top.kind)}`;
  if (!isOpen(key, null, next)) next = turn(next, key);
  return next;
}

/** The element whose row stands for one: itself, or the nearest above it that is in the outline. */
export function shownFor(plan: Plan, id: string): Element | undefined {
  let at = plan.byId.get(id);
  while (at && BESIDE.has(at.kind)) at = at.parent === null ? undefined : plan.byId.get(at.parent);
  return at;
}

/** What a key does in the tree. */
export type Step = { do: "go"; to: number } | { do: "turn"; key: string };

/** What a key means at a row, after the pattern for trees; `null` for keys that mean nothing there. */
export function step(rows: readonly Row[], at: number, key: string): Step | null {
  const row = rows[at];
  if (!row) return rows.length > 0 ? { do: "go", to: 0 } : null;
  switch (key) {
    case "ArrowDown":
      return go(Math.min(at + 1, rows.length - 1), at);
    case "ArrowUp":
      return go(Math.max(at - 1, 0), at);
    case "Home":
      return go(0, at);
    case "End":
      return go(rows.length - 1, at);
    case "ArrowRight":
      if (row.isOpen === null) return null;
      return row.isOpen ? go(at + 1, at) : { do: "turn", key: row.key };
    case "ArrowLeft":
      if (row.isOpen) return { do: "turn", key: row.key };
      return row.parent === null ? null : go(rows.findIndex((one) => one.key === row.parent), at);
    default:
      return null;
  }
}

function go(to: number, from: number): Step | null {
  return to === from || to < 0 ? null : { do: "go", to };
}

/** The next row whose code or title begins with what was typed; the same one while more letters come. */
export function find(rows: readonly Row[], at: number, typed: string, plan: Plan, name: (group: Group) => string): number {
  const wanted = plain(typed);
  const first = typed.length > 1 ? at : at + 1;
  for (let turn = 0; turn < rows.length; turn += 1) {
    const to = (first + turn) % rows.length;
    const row = rows[to]!;
    if (row.is === "plan") continue;
    const names = row.is === "group" ? [name(row.group)] : [row.element.code ?? "", nameOf(plan, row.element)];
    if (names.some((one) => plain(one).startsWith(wanted))) return to;
  }
  return -1;
}

/** The rows of a window `height` px high, scrolled down by `top`, and some around it. */
export function windowOf(count: number, top: number, height: number, rowHeight: number): { from: number; to: number } {
  const AROUND = 8;
  const from = Math.max(0, Math.floor(top / rowHeight) - AROUND);
  return { from, to: Math.min(count, Math.ceil((top + height) / rowHeight) + AROUND) };
}
