// A small plan and a small table of kinds for tests, in the form in which the page has them.

import type { ElementKind, KindsAnswer } from "../../api/schema";
import { arrange } from "../../plan/codes";
import { Kinds } from "../../plan/kinds";
import type { Element, Plan } from "../../plan/view";

function kind(name: string, parents: string[], ownership: ElementKind["ownership"] = "shared"): ElementKind {
  return { name, prefix: name.slice(0, 3), about: "", parents, ownership, texts: [{ name: "title", required: true }], fields: [] };
}

export const KINDS = new Kinds({
  elements: [
    kind("plan", []),
    kind("goal", ["-"]),
    kind("target", ["goal"]),
    kind("indicator", ["target", "outcome"], "bureau"),
    kind("priority", ["-"]),
    kind("outcome", ["priority"], "bureau"),
    kind("risk", ["-"]),
    kind("quote", ["*", "-"]),
    kind("comment", ["*", "-"], "open"),
  ],
  links: [],
} as KindsAnswer);

/** An element; `place` is its parent and order, `goal-1/2` or `/2`. */
export function element(id: string, place: string, title = id, more: Partial<Element> = {}): Element {
  const [parent = "", order = ""] = place.split("/");
  return {
    id,
    kind: id.split("-")[0]!,
    parent: parent || null,
    order,
    owner: null,
    removed: false,
    ownCode: null,
    code: null,
    depth: 0,
    text: { en: { title } },
    fields: {},
    concurrent: {},
    ...more,
  };
}

export function planOf(...elements: Element[]): Plan {
  const ordered = arrange(elements, KINDS);
  return { language: "en", fields: {}, concurrent: {}, elements: ordered, byId: new Map(ordered.map((one) => [one.id, one])), links: [] };
}
