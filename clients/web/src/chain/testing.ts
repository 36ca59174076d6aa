// The two real plans of the demonstration, read from their files into the shape in which the page has a plan.

import { readFileSync } from "node:fs";

import type { ElementKind, KindsAnswer } from "../api/schema";
import { arrange } from "../plan/codes";
import { Kinds } from "../plan/kinds";
import type { Element, Link, Plan, Texts, Value } from "../plan/view";

const FOLDER = new URL("../../../../server/core/plans/", import.meta.url);
const OWN = new Set(["id", "kind", "parent", "order", "owner", "removed", "code", "text"]);
const LINK = new Set(["id", "kind", "from", "to", "removed", "note"]);

type Raw = Record<string, unknown> & { id: string; kind: string };

/** Kinds that belong to a Bureau, as the table says. */
const BY_BUREAU = ["indicator", "objective", "outcome", "output", "offering", "enabler", "allocation"];
const ORDER = ["plan", "goal", "target", "indicator", "objective", "priority", "outcome", "output", "offering", "enabler", "allocation"];

function kind(name: string): ElementKind {
  const ownership = BY_BUREAU.includes(name) ? "bureau" : "shared";
  return { name, prefix: name.slice(0, 3), about: "", parents: ["-"], ownership, texts: [], fields: [] };
}

export const KINDS = new Kinds({ elements: ORDER.map(kind), links: [] } as unknown as KindsAnswer);

/** An element by hand. */
export function element(id: string, parent: string | null = null, fields: Record<string, Value> = {}, more: Partial<Element> = {}): Element {
  const own = { order: id, owner: null, removed: false, ownCode: null, code: null, depth: 0 };
  return { id, kind: id.split("-")[0]!, parent, ...own, text: { en: { title: `The ${id}` } }, fields, concurrent: {}, ...more };
}

export function link(kind: string, from: string, to: string, fields: Record<string, Value> = {}): Link {
  return { id: `${from}>${to}`, kind, from, to, removed: false, note: "", fields, concurrent: {} };
}

export function planOf(elements: Element[], links: Link[] = [], fields: Record<string, Value> = {}): Plan {
  const ordered = arrange(elements, KINDS);
  return { language: "en", fields, concurrent: {}, elements: ordered, byId: new Map(ordered.map((one) => [one.id, one])), links };
}

/** `itu-sp-2020-2023` or `itu-sp-2024-2027-draft`. */
export function realPlan(name: string): Plan {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as {
    plan: Record<string, Value>;
    elements: Raw[];
    links: Raw[];
  };
  const rest = (raw: Raw, own: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(raw).filter(([key]) => !own.has(key))) as Record<string, Value>;
  const elements = file.elements.map((raw) =>
    element(raw.id, (raw.parent as string | undefined) ?? null, rest(raw, OWN), {
      kind: raw.kind,
      order: raw.order as string,
      owner: (raw.owner as string | undefined) ?? null,
      ownCode: (raw.code as string | undefined) ?? null,
      text: (raw.text as Texts | undefined) ?? {},
    }),
  );
  const links = file.links.map((raw) => ({ ...link(raw.kind, raw.from as string, raw.to as string, rest(raw, LINK)), id: raw.id }));
  return planOf(elements, links, file.plan);
}
