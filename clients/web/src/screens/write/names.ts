// What elements, kinds and fields are called on the screen.

import type { Element, Plan, Value } from "../../plan/view";
import { showNumber, t } from "../../strings";
import { former } from "./former.svelte";

/** Texts that name an element, the first that is there. */
const NAMING = ["title", "statement", "as_printed", "rationale", "former"];
/** Fields that name an element without such a text. */
const FIELDS = ["dimension", "reference", "role", "type", "amount", "of", "criterion"];

/** A name of the table of kinds as people read it: `due_year` is `Due year`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What an element says of itself: its title, the start of a text, or a field; empty where it says nothing yet. */
export function nameOf(plan: Plan, element: Element): string {
  const texts = [element.text[plan.language], ...Object.values(element.text)];
  for (const own of texts) {
    const text = NAMING.map((name) => own?.[name]).find(Boolean);
    if (text) return text.split("\n", 1)[0]!;
  }
  if (element.kind === "disposition") return dispositionOf(plan, element);
  const field = FIELDS.find((name) => element.fields[name] !== undefined);
  const value = field === undefined ? null : element.fields[field]!;
  if (element.kind === "reading" && typeof element.fields.value === "number") {
    return [shown(plan, value), showNumber(element.fields.value), element.fields.year ?? ""].join(" ").trim();
  }
  return shown(plan, value);
}

/** What became of which former element, by the words that are quoted of it or its name. */
function dispositionOf(plan: Plan, element: Element): string {
  const quote = plan.elements.find((one) => one.parent === element.id && one.kind === "quote" && !one.removed);
  const quoted = Object.values(quote?.text ?? {}).map((texts) => texts.as_printed).find(Boolean);
  const what = quoted ?? shown(plan, element.fields.former);
  return [shown(plan, element.fields.type), what].filter(Boolean).join(": ");
}

/** An element in a line: code or kind, and its name. */
export function lineOf(plan: Plan, element: Element): string {
  const name = nameOf(plan, element) || t.writing.untitled;
  return element.code ? `${element.code} ${name}` : `${titleOf(element.kind)}: ${name}`;
}

/** An element by kind and code, for sentences: `target 2.7`. */
export function shortOf(plan: Plan, element: Element): string {
  const kind = element.kind.replaceAll("_", " ");
  return element.code ? `${kind} ${element.code}` : `${kind} “${nameOf(plan, element) || t.writing.untitled}”`;
}

/** A value in words. */
export function shown(plan: Plan, value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? t.writing.yes : t.writing.no;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map((member) => member.replaceAll("_", " ")).join(", ");
  if (typeof value === "object") {
    const where = former.name(value.plan, value.element) ?? `${value.plan} · ${value.element}`;
    return "field" in value ? `${where} · ${value.field.replaceAll("_", " ")}` : where;
  }
  const element = plan.byId.get(value);
  return element ? lineOf(plan, element) : value.replaceAll("_", " ");
}
