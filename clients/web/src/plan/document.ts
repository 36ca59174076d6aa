// Writing into the document of a plan: `protocol/src/plan/layout.rs` says where things lie and of what type they
// are.  Texts are texts, every other word is a scalar.

import * as Automerge from "@automerge/automerge/slim";
import type { Prop } from "@automerge/automerge/slim";

import type { Deed } from "../collab/intent";
import type { PlanDoc, Value } from "./view";

export function lookup(doc: unknown, path: readonly Prop[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<Prop, unknown> | undefined)?.[key], doc);
}

export function records(doc: PlanDoc, name: "elements" | "links"): Record<string, unknown> {
  return (doc as Record<string, Record<string, unknown>>)[name]!;
}

/** The map that holds the fields of an element, a link, or the plan. */
export function holderOf(doc: PlanDoc, id: string): Record<string, unknown> {
  if (id === "plan") return (doc as Record<string, Record<string, unknown>>).plan!;
  const holder = records(doc, "elements")[id] ?? records(doc, "links")[id];
  if (!holder) throw new Error(`${id} is not in the plan`);
  return holder as Record<string, unknown>;
}

/** A word that is no text: it is replaced whole. */
export function scalar(text: string): Automerge.ImmutableString {
  return new Automerge.ImmutableString(text);
}

/** Makes an empty text where none is. */
export function makeText(doc: PlanDoc, element: string, lang: string, field: string): void {
  const holder = holderOf(doc, element);
  if (holder.text === undefined) holder.text = {};
  const texts = holder.text as Record<string, Record<string, unknown>>;
  if (texts[lang] === undefined) texts[lang] = { [field]: "" };
  else texts[lang][field] = "";
}

/** Gives a field a value; `null` takes it away.  Of a set only the members that differ are touched. */
export function put(holder: Record<string, unknown>, field: string, value: Value): void {
  if (value === null) {
    delete holder[field];
  } else if (Array.isArray(value)) {
    const kept = holder[field];
    if (kept === undefined || kept === null || typeof kept !== "object" || isSeveral(holder, field)) {
      holder[field] = Object.fromEntries(value.map((member) => [member, true]));
      return;
    }
    const members = kept as Record<string, unknown>;
    for (const member of Object.keys(members)) if (!value.includes(member)) delete members[member];
    for (const member of value) if (members[member] !== true) members[member] = true;
  } else if (typeof value === "object") {
    const { plan, element } = value;
    holder[field] = scalar("field" in value ? `${plan}/${element}/${value.field}@${value.seq}` : `${plan}/${element}`);
  } else if (typeof value === "string") {
    holder[field] = scalar(value);
  } else {
    holder[field] = value;
  }
}

/** Whether sets were made there at the same time: one that is made anew stands for all of them. */
function isSeveral(holder: Record<string, unknown>, field: string): boolean {
  return Object.keys(Automerge.getConflicts(holder, field) ?? {}).length > 1;
}

/** Makes, moves, removes, restores, links or gives a value as was meant. */
export function make(doc: PlanDoc, language: string, intent: Deed): void {
  switch (intent.do) {
    case "add": {
      const { element, kind, parent, order, texts, fields } = intent;
      const made: Record<string, unknown> = {
        kind: scalar(kind),
        parent: scalar(parent ?? ""),
        order: scalar(order),
        removed: false,
        text: { [language]: texts },
      };
      for (const [field, value] of Object.entries(fields)) if (value !== null) put(made, field, value as Value);
      records(doc, "elements")[element] = made;
      break;
    }
    case "move": {
      const holder = holderOf(doc, intent.element);
      const parent = intent.parent ?? "";
      if (String(holder.parent) !== parent) holder.parent = scalar(parent);
      holder.order = scalar(intent.order);
      break;
    }
    case "remove":
    case "restore":
      holderOf(doc, intent.element).removed = intent.do === "remove";
      break;
    case "link": {
      const { element, id, kind, to } = intent;
      records(doc, "links")[id] = { kind: scalar(kind), from: scalar(element), to: scalar(to), removed: false };
      break;
    }
    case "field":
      put(holderOf(doc, intent.element), intent.field, intent.value as Value);
      break;
    case "text":
      throw new Error("a text is edited where it stands, not made");
  }
}
