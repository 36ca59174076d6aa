// The plan before this one, as far as it is carried over: its elements with their texts and fields, in reading order.

import type { ElementView, PlanView } from "../../api/schema";
import type { Texts, Value } from "../../plan/view";

/** Kinds of the framework: of each of their elements it is to be said what became of it. */
export const FRAMEWORK = [
  "vision",
  "mission",
  "value",
  "goal",
  "target",
  "indicator",
  "objective",
  "priority",
  "outcome",
  "output",
  "offering",
  "enabler",
  "risk",
];

/** An element of the plan before. */
export interface Former {
  id: string;
  kind: string;
  code: string;
  parent: string | null;
  /** What it says: its title, or its statement. */
  says: string;
  texts: Texts;
  fields: Record<string, Value>;
}

/** The plan before. */
export interface FormerPlan {
  id: string;
  title: string;
  language: string;
  elements: Former[];
  byId: Map<string, Former>;
}

/** What an element has besides its fields. */
const OWN = new Set(["id", "kind", "code", "own_code", "order", "owner", "parent", "removed", "text", "concurrent"]);
const SAYING = ["title", "statement", "definition", "description"];

export function formerPlan(view: PlanView): FormerPlan {
  const { language } = view.plan as Record<string, unknown>;
  const spoken = typeof language === "string" ? language : "en";
  const elements = view.elements.filter((one) => one.removed !== true).map((one) => formerOf(one, spoken));
  return { id: view.id, title: view.title, language: spoken, elements, byId: new Map(elements.map((one) => [one.id, one])) };
}

function formerOf(view: ElementView, language: string): Former {
  const texts = (view.text ?? {}) as Texts;
  const own = texts[language] ?? Object.values(texts)[0] ?? {};
  const fields = Object.entries(view as Record<string, unknown>).filter(([name]) => !OWN.has(name));
  return {
    id: view.id,
    kind: view.kind,
    code: view.code ?? "",
    parent: view.parent ?? null,
    says: SAYING.map((name) => own[name]).find(Boolean) ?? "",
    texts,
    fields: Object.fromEntries(fields) as Record<string, Value>,
  };
}
