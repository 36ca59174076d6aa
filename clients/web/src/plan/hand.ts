// Several deeds that are to be one change: they are put together here and done at once.  What one of them makes the
// next ones may name, and what is added one after the other stands so.

import type { Deed } from "../collab/intent";
import type { Kinds } from "./kinds";
import { between } from "./order";
import { type Outside, idFrom } from "./outside";
import type { Content } from "./replica";
import { carried, difference } from "./splices";
import type { Plan, Value } from "./view";

type TextOf = (element: string, lang: string, field: string) => string;

export class Hand {
  readonly deeds: Deed[] = [];
  /** The last place taken under a parent, by parent and kind. */
  readonly #places = new Map<string, string>();

  constructor(
    readonly kinds: Kinds,
    readonly outside: Outside,
    readonly plan: Plan,
    readonly textOf: TextOf,
  ) {}

  /** Adds an element after its siblings, with all its texts in the plan's language; gives its id. */
  add(kind: string, parent: string | null, { texts = {}, fields = {} }: Content = {}): string {
    const spec = this.kinds.element(kind);
    const element = idFrom(this.outside, spec?.prefix ?? kind);
    const all = Object.fromEntries((spec?.texts ?? []).map(({ name }) => [name, texts[name] ?? ""]));
    const order = this.#place(kind, parent);
    this.deeds.push({ do: "add", element, kind, title: all.title ?? "", parent, order, texts: all, fields });
    return element;
  }

  link(kind: string, from: string, to: string): void {
    this.deeds.push({ do: "link", element: from, id: idFrom(this.outside, "lnk"), kind, to });
  }

  /** Gives a field a value; `null` takes it away. */
  set(element: string, field: string, value: Value): void {
    this.deeds.push({ do: "field", element, field, value });
  }

  /** Makes a text read as given. */
  write(element: string, lang: string, field: string, after: string): void {
    const before = this.textOf(element, lang, field);
    if (before !== after) this.deeds.push({ do: "text", element, field, lang, before, after });
  }

  /** Removes an element or link. */
  remove(element: string): void {
    this.deeds.push({ do: "remove", element });
  }

  #place(kind: string, parent: string | null): string {
    const key = JSON.stringify([parent, kind]);
    const siblings = this.plan.elements.filter((one) => one.parent === parent && one.kind === kind);
    const order = between(this.#places.get(key) ?? siblings.at(-1)?.order ?? "", "");
    this.#places.set(key, order);
    return order;
  }
}

/** The same deeds on what stands now; `null` where one of them can no longer be done. */
export function onceMore(deeds: readonly Deed[], isThere: (id: string | null) => boolean, textOf: TextOf): Deed[] | null {
  const made = new Set<string | null>();
  const again: Deed[] = [];
  for (const deed of deeds) {
    const needed = deed.do === "add" ? [deed.parent] : deed.do === "link" ? [deed.element, deed.to] : [deed.element];
    if (!needed.every((id) => made.has(id) || isThere(id))) return null;
    if (deed.do === "add") made.add(deed.element);
    if (deed.do !== "text") {
      again.push(deed);
      continue;
    }
    const before = textOf(deed.element, deed.lang, deed.field);
    const edit = difference(deed.before, deed.after);
    const splice = edit && carried(edit, deed.before, before);
    if (!splice) return null;
    const after = before.slice(0, splice.at) + splice.inserted + before.slice(splice.at + splice.removed);
    again.push({ ...deed, before, after });
  }
  return again;
}
