// Which texts changed, and how: what a field on screen has to follow.

import type { Patch } from "@automerge/automerge/slim";

import { type Splice, difference } from "./splices";
import type { Element, Plan } from "./view";

/** Texts that changed, by key; each splice in the text that those before it left. */
export type TextChanges = Map<string, Splice[]>;

/** The path of a text as a key. */
export function textKey(element: string, lang: string, field: string): string {
  return `${element}/${lang}/${field}`;
}

/** The splices in patches; `null` where a text is another one altogether, of which patches do not tell the old. */
export function splicesIn(patches: readonly Patch[]): TextChanges | null {
  const texts: TextChanges = new Map();
  for (const patch of patches) {
    const [root, element, part, lang, field, at] = patch.path;
    if (root !== "elements") continue;
    if (part === undefined || (part === "text" && at === undefined)) return null;
    if (part !== "text") continue;
    const key = textKey(String(element), String(lang), String(field));
    const splices = texts.get(key) ?? [];
    texts.set(key, splices);
    if (patch.action === "splice") splices.push({ at: Number(at), removed: 0, inserted: patch.value });
    else if (patch.action === "del") splices.push({ at: Number(at), removed: patch.length ?? 1, inserted: "" });
  }
  return texts;
}

/** The texts that read otherwise in one view than in another. */
export function textsThatDiffer(before: Plan, after: Plan): TextChanges {
  const texts: TextChanges = new Map();
  for (const id of new Set([...before.byId.keys(), ...after.byId.keys()])) {
    const [was, is] = [before.byId.get(id), after.byId.get(id)];
    if (was === is) continue;
    for (const key of new Set([...keysOf(was), ...keysOf(is)])) {
      const [, lang = "", field = ""] = key.split("/");
      const splice = difference(was?.text[lang]?.[field] ?? "", is?.text[lang]?.[field] ?? "");
      if (splice) texts.set(key, [splice]);
    }
  }
  return texts;
}

function keysOf(element: Element | undefined): string[] {
  if (!element) return [];
  return Object.entries(element.text).flatMap(([lang, texts]) =>
    Object.keys(texts).map((field) => textKey(element.id, lang, field)),
  );
}
