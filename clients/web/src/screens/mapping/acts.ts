// Saying by hand what becomes of former elements: the new elements, the dispositions and their links are put together
// here and become one entry, as the server's command `carry` makes them.

import type { Hand } from "../../plan/hand";
import type { Kinds } from "../../plan/kinds";
import type { Element, Plan, Value } from "../../plan/view";
import type { Former } from "./former";
import type { Became, Row } from "./mapping";

/** An element that is to be made for what lives on. */
export interface Draft {
  kind: string;
  parent: string | null;
  /** What it says, in the first of its texts. */
  says: string;
}

/** What is to become of former elements. */
export interface Deed {
  formers: readonly Former[];
  type: string;
  /** Elements of this plan in which they live on. */
  into: readonly string[];
  drafts: readonly Draft[];
  reason: string;
}

/** Fields that say where an element is taken from: they stay with it. */
const OF_THE_SOURCE = ["code", "source", "provenance", "inferred", "note"];

/** Makes what lives on, and a disposition of each former element that leads to all of it. */
export function become(hand: Hand, { formers, type, into, drafts, reason }: Deed, predecessor: string): void {
  const [first] = formers;
  if (!first) return;
  const heirs = [...into, ...drafts.map((draft) => carryOver(hand, draft, first))];
  for (const former of formers) {
    const fields = { former: { plan: predecessor, element: former.id }, type };
    const disposition = hand.add("disposition", null, { texts: { rationale: reason }, fields });
    for (const heir of heirs) hand.link("becomes", disposition, heir);
  }
}

/** A new element with what it can take over of a former one. */
function carryOver(hand: Hand, draft: Draft, former: Former): string {
  const { language } = hand.plan;
  const spec = hand.kinds.element(draft.kind);
  const names = (spec?.texts ?? []).map((text) => text.name);
  const main = mainText(hand.kinds, draft.kind, former);
  const own = former.texts[language] ?? {};
  const texts = { ...Object.fromEntries(names.map((name) => [name, own[name] ?? ""])), ...(main ? { [main]: draft.says } : {}) };
  const made = hand.add(draft.kind, draft.parent, { texts, fields: fieldsFor(hand.kinds, draft.kind, former) });
  for (const [lang, others] of Object.entries(former.texts)) {
    if (lang === language) continue;
    for (const name of names) if (others[name]) hand.write(made, lang, name, others[name]);
  }
  return made;
}

/** The text that says what an element is: the one in which the former says it, where the kind has it. */
export function mainText(kinds: Kinds, kind: string, former: Former): string | null {
  const names = (kinds.element(kind)?.texts ?? []).map((text) => text.name);
  const said = Object.values(former.texts).flatMap((texts) => Object.entries(texts).filter(([, text]) => text === former.says));
  return said.map(([name]) => name).find((name) => names.includes(name)) ?? names[0] ?? null;
}

/** Fields that the kind has too and that name nothing of the former plan. */
function fieldsFor(kinds: Kinds, kind: string, former: Former): Record<string, Value> {
  const known = new Map((kinds.element(kind)?.fields ?? []).map((field) => [field.name, field]));
  const kept = Object.entries(former.fields).filter(([name, value]) => {
    const field = known.get(name);
    if (!field || OF_THE_SOURCE.includes(name) || field.type === "element") return false;
    const isOfWords = field.vocabulary.length === 0 || [value].flat().every((word) => field.vocabulary.includes(String(word)));
    return isOfWords;
  });
  return Object.fromEntries(kept);
}

/** Takes a disposition back, with its links and what stands under it. */
export function takeBack(hand: Hand, { disposition, heirs }: Became): void {
  for (const { link } of heirs) hand.remove(link.id);
  for (const one of hand.plan.elements) if (one.parent === disposition.id && !one.removed) hand.remove(one.id);
  hand.remove(disposition.id);
}

/** Where an element of a kind may stand, the likeliest first: there where what the former stood under lives on. */
export function parentsFor(plan: Plan, kinds: Kinds, kind: string, former: Former, rows: readonly Row[]): (Element | null)[] {
  const allowed = kinds.element(kind)?.parents ?? [];
  const above = rows.find((row) => row.former.id === former.parent)?.became.flatMap((one) => one.heirs) ?? [];
  const heirs = new Set(above.map(({ element }) => element.id));
  const fits = plan.elements.filter((one) => !one.removed && allowed.includes(one.kind));
  const likely = [...fits.filter((one) => heirs.has(one.id)), ...fits.filter((one) => !heirs.has(one.id))];
  return allowed.includes("-") ? [null, ...likely] : likely;
}

/** Kinds that a former element may become: those of the framework that this plan has a place for. */
export function kindsFor(plan: Plan, kinds: Kinds, framework: readonly string[]): string[] {
  return framework.filter((name) => {
    const parents = kinds.element(name)?.parents ?? [];
    return parents.includes("-") || plan.elements.some((one) => !one.removed && parents.includes(one.kind));
  });
}
