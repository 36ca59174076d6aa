// What edits made otherwise in a plan, told so that it can be turned back: each turn knows how it stood before and
// after.  What was added or is removed knows as what it stood, so that what others wrote in it since is seen.

import type { Intent } from "../collab/intent";
import type { Plan, Value } from "./view";

/** A place among siblings: under what, and its key in their order. */
export interface At {
  parent: string | null;
  order: string;
}

/** One thing that an edit made otherwise. */
export type Turn =
  | { is: "field"; element: string; field: string; before: Value; after: Value }
  | { is: "text"; element: string; lang: string; field: string; before: string; after: string }
  | { is: "there"; id: string; before: boolean; after: boolean; as: string }
  | { is: "place"; element: string; before: At; after: At };

/** What a change made otherwise; what it filled what it made with goes with that. */
export function turnsOf(intent: Intent, before: Plan, after: Plan): Turn[] {
  const deeds = intent.do === "all" ? intent.deeds : [intent];
  const made = new Set(deeds.flatMap((deed) => (deed.do === "add" ? [deed.element] : deed.do === "link" ? [deed.id] : [])));
  const turns = new Map<string, Turn>();
  const field = (element: string, name: string) =>
    turns.set(`field ${element} ${name}`, { is: "field", element, field: name, before: valueOf(before, element, name), after: valueOf(after, element, name) });
  for (const deed of deeds) {
    const { element } = deed;
    if (deed.do === "add") turns.set(element, thereTurn(element, true, before, after));
    if (deed.do === "link") turns.set(deed.id, thereTurn(deed.id, true, before, after));
    if (made.has(element)) continue;
    switch (deed.do) {
      case "remove":
      case "restore":
        turns.set(element, thereTurn(element, deed.do === "restore", before, after));
        break;
      case "move":
        turns.set(`place ${element}`, { is: "place", element, before: placeOf(before, element), after: placeOf(after, element) });
        break;
      case "field":
        field(element, deed.field);
        break;
      case "text": {
        const key = `text ${element} ${deed.lang} ${deed.field}`;
        const first = turns.get(key);
        const stood = first?.is === "text" ? first.before : deed.before;
        turns.set(key, { is: "text", element, lang: deed.lang, field: deed.field, before: stood, after: deed.after });
        for (const name of Object.keys(deed.fields ?? {})) field(element, name);
      }
    }
  }
  return [...turns.values()];
}

/** Something that came to be there, or is there no longer; the plans are those before and after it. */
function thereTurn(id: string, isThere: boolean, before: Plan, after: Plan): Turn {
  return { is: "there", id, before: !isThere, after: isThere, as: standing(isThere ? after : before, id) };
}

/** A field of an element, a link, or the plan itself. */
export function valueOf(plan: Plan, id: string, field: string): Value {
  if (id === "plan") return plan.fields[field] ?? null;
  const element = plan.byId.get(id);
  if (element && field === "code") return element.ownCode;
  if (element && field === "owner") return element.owner;
  const holder = element ?? plan.links.find((link) => link.id === id);
  return holder?.fields[field] ?? null;
}

export function isThere(plan: Plan, id: string): boolean {
  const holder = plan.byId.get(id) ?? plan.links.find((link) => link.id === id);
  return holder !== undefined && !holder.removed;
}

/** Where an element stands. */
export function placeOf(plan: Plan, id: string): At {
  const { parent, order } = plan.byId.get(id) ?? { parent: null, order: "" };
  return { parent, order };
}

/** As what an element or link stands: all that is written in it, what stands under it, links and names it. */
export function standing(plan: Plan, id: string): string {
  const link = plan.links.find((one) => one.id === id);
  if (link) return JSON.stringify([link.note, sorted(link.fields), Object.keys(link.concurrent).sort()]);
  const element = plan.byId.get(id);
  if (!element) return "";
  const { parent, order, owner, ownCode, text, fields, concurrent } = element;
  const texts = Object.entries(text).flatMap(([lang, names]) => Object.entries(names).flatMap(([name, words]) => (words ? [[lang, name, words]] : [])));
  const around = plan.elements.filter((one) => !one.removed && one.id !== id && (one.parent === id || Object.values(one.fields).flat().includes(id)));
  const links = plan.links.filter((one) => !one.removed && (one.from === id || one.to === id));
  const ids = [...around, ...links].map((one) => one.id).sort();
  return JSON.stringify([parent, order, owner, ownCode, texts.map((one) => JSON.stringify(one)).sort(), sorted(fields), Object.keys(concurrent).sort(), ids]);
}

function sorted(fields: Record<string, Value>): [string, Value][] {
  return Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
}
