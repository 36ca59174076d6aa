// Several texts of the vision or of the mission while it is drafted: each has a name, and one is chosen in the end.

import type { Hand } from "../../plan/hand";
import type { Element, Plan } from "../../plan/view";

export const KINDS = ["vision", "mission"] as const;
export type OptionKind = (typeof KINDS)[number];

/** The texts that stand side by side. */
export function optionsOf(plan: Plan, kind: OptionKind): Element[] {
  return plan.elements.filter((one) => one.kind === kind && !one.removed);
}

export function nameOfOption(element: Element, at: number): string {
  const { option } = element.fields;
  return typeof option === "string" && option !== "" ? option : letter(at);
}

/** Puts another text beside those that are there; those without a name get theirs with it. */
export function addOption(hand: Hand, kind: OptionKind, options: readonly Element[], statement: string): string {
  options.forEach((one, at) => {
    if (typeof one.fields.option !== "string" || one.fields.option === "") hand.set(one.id, "option", letter(at));
  });
  const taken = new Set(options.map((one, at) => nameOfOption(one, at)));
  let at = options.length;
  while (taken.has(letter(at))) at += 1;
  return hand.add(kind, null, { texts: { statement }, fields: options.length > 0 ? { option: letter(at) } : {} });
}

/** One text stands from now on; the others are removed, and can be brought back. */
export function choose(hand: Hand, options: readonly Element[], chosen: Element): void {
  for (const one of options) if (one.id !== chosen.id) hand.remove(one.id);
  if (chosen.fields.option !== undefined) hand.set(chosen.id, "option", null);
}

/** A, B, …, Z, A2, B2, …. */
function letter(at: number): string {
  const round = Math.floor(at / 26);
  return `${String.fromCharCode(65 + (at % 26))}${round === 0 ? "" : round + 1}`;
}
