// Where an element may go and what may be made where, by the table of kinds: pure, so that the page can say it
// before anybody tries.  Siblings of other kinds have an order of their own.

import type { ElementKind, Kinds } from "../../plan/kinds";
import type { Element, Plan } from "../../plan/view";

/** A place: under an element or at the top of the plan, after a sibling or first. */
export interface Place {
  parent: string | null;
  after: Element | null;
}

/** Deeper than this the server takes nothing. */
const DEPTH_MAX = 16;

/** Whether elements of a kind may stand under another one; `null` is the top. */
export function mayStand(kinds: Kinds, kind: string, parent: string | null): boolean {
  return kinds.under(parent).some((one) => one.name === kind);
}

/** Elements of the same kind under the same parent, in order, that are not removed. */
export function siblingsOf(plan: Plan, kind: string, parent: string | null): Element[] {
  return plan.elements.filter((one) => one.parent === parent && one.kind === kind && !one.removed);
}

/** One place up: before the sibling above, or last under the parent before this one. */
export function up(plan: Plan, kinds: Kinds, element: Element): Place | null {
  const siblings = siblingsOf(plan, element.kind, element.parent);
  const at = siblings.findIndex((one) => one.id === element.id);
  if (at > 0) return { parent: element.parent, after: siblings[at - 2] ?? null };
  const parent = neighbour(plan, kinds, element, -1);
  return parent && { parent: parent.id, after: siblingsOf(plan, element.kind, parent.id).at(-1) ?? null };
}

/** One place down: after the sibling below, or first under the parent after this one. */
export function down(plan: Plan, kinds: Kinds, element: Element): Place | null {
  const siblings = siblingsOf(plan, element.kind, element.parent);
  const at = siblings.findIndex((one) => one.id === element.id);
  const below = siblings[at + 1];
  if (below) return { parent: element.parent, after: below };
  const parent = neighbour(plan, kinds, element, 1);
  return parent && { parent: parent.id, after: null };
}

/** The parent before or after the present one, of the same kind. */
function neighbour(plan: Plan, kinds: Kinds, element: Element, way: 1 | -1): Element | null {
  const parent = element.parent === null ? undefined : plan.byId.get(element.parent);
  if (!parent || !mayStand(kinds, element.kind, parent.kind)) return null;
  const alike = plan.elements.filter((one) => one.kind === parent.kind && !one.removed);
  return alike[alike.findIndex((one) => one.id === parent.id) + way] ?? null;
}

/** One step in: under the nearest element before it, at its own depth, that takes it. */
export function indent(plan: Plan, kinds: Kinds, element: Element): Place | null {
  const at = plan.elements.indexOf(element);
  for (const one of plan.elements.slice(0, at).reverse()) {
    if (one.depth < element.depth) return null;
    const isBeside = one.depth === element.depth && one.parent === element.parent && !one.removed;
    if (isBeside && mayStand(kinds, element.kind, one.kind)) {
      return { parent: one.id, after: siblingsOf(plan, element.kind, one.id).at(-1) ?? null };
    }
  }
  return null;
}

/** One step out: beside its parent, where what is above takes it. */
export function outdent(plan: Plan, kinds: Kinds, element: Element): Place | null {
  const parent = element.parent === null ? undefined : plan.byId.get(element.parent);
  if (!parent) return null;
  const above = parent.parent === null ? null : (plan.byId.get(parent.parent) ?? null);
  if (!mayStand(kinds, element.kind, above?.kind ?? null)) return null;
  const after = parent.kind === element.kind ? parent : siblingsOf(plan, element.kind, above?.id ?? null).at(-1);
  return { parent: above?.id ?? null, after: after ?? null };
}

/** All elements that an element may stand under, itself and what is below it left out; `null` is the top. */
export function parentsFor(plan: Plan, kinds: Kinds, element: Element): (Element | null)[] {
  const below = new Set([element.id]);
  for (const one of plan.elements) if (one.parent !== null && below.has(one.parent)) below.add(one.id);
  const found = plan.elements.filter(
    (one) => !one.removed && !below.has(one.id) && one.depth + 1 < DEPTH_MAX && mayStand(kinds, element.kind, one.kind),
  );
  return mayStand(kinds, element.kind, null) ? [null, ...found] : found;
}

/** Something that can be made, and where it would go. */
export interface Making extends Place {
  kind: ElementKind;
  /** Whether it would stand under the element that one is at, rather than beside it. */
  isChild: boolean;
}

/** What can be made from an element (`null`: from nowhere): under it, beside it, or at the top of the plan. */
export function makings(plan: Plan, kinds: Kinds, at: Element | null): Making[] {
  const found: Making[] = [];
  const add = (kind: ElementKind, parent: string | null, after: Element | null, isChild: boolean) => {
    if (kind.name === "comment" || found.some((one) => one.kind.name === kind.name)) return;
    found.push({ kind, parent, after, isChild });
  };
  const last = (kind: ElementKind, parent: string | null) => siblingsOf(plan, kind.name, parent).at(-1) ?? null;
  if (at && !at.removed && at.depth + 1 < DEPTH_MAX) {
    const under = kinds.under(at.kind);
    const own = under.filter((kind) => kind.parents.includes(at.kind));
    for (const kind of own) add(kind, at.id, last(kind, at.id), true);
    const parent = at.parent === null ? null : (plan.byId.get(at.parent) ?? null);
    const kind = kinds.element(at.kind);
    if (kind && mayStand(kinds, at.kind, parent?.kind ?? null)) add(kind, parent?.id ?? null, at, false);
    for (const other of under) add(other, at.id, last(other, at.id), true);
  }
  for (const kind of kinds.under(null)) if (kind.name !== "plan") add(kind, null, last(kind, null), false);
  return found;
}
