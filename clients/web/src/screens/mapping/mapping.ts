// What became of every element of the plan before: which disposition it has, where it lives on, why, and what is
// missing.  Read from this plan and the former one; nothing is kept beside them.

import type { Element, Link, Plan, Value } from "../../plan/view";
import { FRAMEWORK, type Former, type FormerPlan } from "./former";
import { isFaithful } from "./quotes";

/** What may be wrong with what is said of a former element. */
export const FAULTS = ["undisposed", "no_reason", "names_nothing", "misquoted"] as const;
export type Fault = (typeof FAULTS)[number];

/** A quotation of the former text with other words. */
export interface Quote {
  element: Element;
  printed: string;
  /** The former text; empty where it is not there. */
  former: string;
  isFaithful: boolean;
}

/** One disposition. */
export interface Became {
  disposition: Element;
  type: string;
  /** The elements in which it lives on, and the links that say so. */
  heirs: { element: Element; link: Link }[];
  reason: string;
  quotes: Quote[];
}

/** A former element and what became of it. */
export interface Row {
  former: Former;
  became: Became[];
  faults: Fault[];
}

/** An element of this plan and where it comes from. */
export interface Arrival {
  element: Element;
  from: Former[];
  /** Why it has no predecessor, where it says so. */
  reason: string;
  isUnexplained: boolean;
}

/** How much of a kind is accounted for. */
export interface Coverage {
  kind: string;
  count: number;
  disposed: number;
}

export interface Mapping {
  rows: Row[];
  arrivals: Arrival[];
  coverage: Coverage[];
}

/** Kinds of which a new element has a predecessor or says why it has none. */
const EXPLAINED = ["goal", "target"];

export function mappingOf(plan: Plan, former: FormerPlan): Mapping {
  const became = dispositionsOf(plan, former);
  const rows = former.elements
    .filter(({ kind }) => FRAMEWORK.includes(kind))
    .map((one) => ({ former: one, became: became.get(one.id) ?? [], faults: faultsOf(became.get(one.id) ?? []) }));
  return { rows, arrivals: arrivalsOf(plan, rows), coverage: coverageOf(rows) };
}

function dispositionsOf(plan: Plan, former: FormerPlan): Map<string, Became[]> {
  const found = new Map<string, Became[]>();
  for (const disposition of plan.elements) {
    if (disposition.kind !== "disposition" || disposition.removed) continue;
    const of = disposition.fields.former;
    if (!isReference(of) || of.plan !== former.id) continue;
    const links = plan.links.filter((link) => link.kind === "becomes" && link.from === disposition.id && !link.removed);
    const heirs = links.flatMap((link) => {
      const element = plan.byId.get(link.to);
      return element && !element.removed ? [{ element, link }] : [];
    });
    const type = typeof disposition.fields.type === "string" ? disposition.fields.type : "";
    const one = { disposition, type, heirs, reason: textOf(plan, disposition, "rationale"), quotes: quotesOf(plan, disposition, former) };
    found.set(of.element, [...(found.get(of.element) ?? []), one]);
  }
  return found;
}

/** Quotations under a disposition, held against the former plan as it is now, so that they follow every letter that is
    written here.  The server's mapping holds each against the entry that it names: where the former plan changed since,
    the two differ. */
function quotesOf(plan: Plan, disposition: Element, former: FormerPlan): Quote[] {
  const quotes = plan.elements.filter((one) => one.kind === "quote" && one.parent === disposition.id && !one.removed);
  return quotes.flatMap((element) => {
    const of = element.fields.of;
    const printed = textOf(plan, element, "as_printed");
    if (!isReference(of) || !("field" in of) || printed === "") return [];
    const said = saidIn(former, of.element, String(of.field));
    return [{ element, printed, former: said, isFaithful: isFaithful(printed, said) }];
  });
}

/** What a field of a former element says: a text, in the plan's language or else in any, or a typed field. */
function saidIn({ byId, language }: FormerPlan, id: string, field: string): string {
  const { texts = {}, fields = {} } = byId.get(id) ?? {};
  const text = [texts[language], ...Object.values(texts)].map((own) => own?.[field]).find(Boolean);
  const value = fields[field];
  return text ?? (typeof value === "string" || typeof value === "number" ? String(value) : "");
}

function faultsOf(became: readonly Became[]): Fault[] {
  if (became.length === 0) return ["undisposed"];
  const has: Record<Exclude<Fault, "undisposed">, (one: Became) => boolean> = {
    no_reason: (one) => one.type === "dropped" && one.reason.trim() === "",
    names_nothing: (one) => one.type !== "dropped" && one.heirs.length === 0,
    misquoted: (one) => one.quotes.some((quote) => !quote.isFaithful),
  };
  return FAULTS.filter((fault) => fault !== "undisposed" && became.some(has[fault]));
}

/** Where elements of this plan come from: those in which something lives on, and those that would need to say why not. */
function arrivalsOf(plan: Plan, rows: readonly Row[]): Arrival[] {
  const from = new Map<string, Former[]>();
  for (const { former, became } of rows) {
    for (const { element } of became.flatMap((one) => one.heirs)) {
      const all = from.get(element.id) ?? [];
      if (!all.includes(former)) from.set(element.id, [...all, former]);
    }
  }
  const shown = plan.elements.filter((one) => !one.removed && (from.has(one.id) || FRAMEWORK.includes(one.kind)));
  return shown.map((element) => {
    const reason = textOf(plan, element, "without_predecessor");
    const comes = from.get(element.id) ?? [];
    return { element, from: comes, reason, isUnexplained: EXPLAINED.includes(element.kind) && comes.length === 0 && reason === "" };
  });
}

function coverageOf(rows: readonly Row[]): Coverage[] {
  return FRAMEWORK.flatMap((kind) => {
    const all = rows.filter((row) => row.former.kind === kind);
    return all.length === 0 ? [] : [{ kind, count: all.length, disposed: all.filter((row) => row.became.length > 0).length }];
  });
}

function textOf(plan: Plan, element: Element, name: string): string {
  const texts = [element.text[plan.language], ...Object.values(element.text)];
  return texts.map((own) => own?.[name]).find(Boolean) ?? "";
}

function isReference(value: Value | undefined): value is { plan: string; element: string } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
