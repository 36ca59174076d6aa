// The view of a document that changes: only what patches touched is read again, and what did not change keeps its
// identity, so that one edit in a large plan costs little and screens see at once what is new.

import type { DecodedChange, Doc, Patch } from "@automerge/automerge/slim";

import { arrange } from "./codes";
import type { Kinds } from "./kinds";
import { type Element, type Link, type Plan, type PlanDoc, type PlanFields, idsIn, objectOf, readElement, readLink, readPlan } from "./view";

export class Reading {
  #own: PlanFields = { fields: {}, concurrent: {} };
  #ordered: Element[] = [];
  #links = new Map<string, Link>();
  #plan: Plan | null = null;
  readonly #objects = new Map<string, Patch["path"]>();
  #stale = { fields: true, elements: new Set<string>(), links: new Set<string>(), isAll: true };

  constructor(readonly kinds: Kinds) {}

  /** Changes went into the document: one more of several values at once is in no patch. */
  takeIn(changes: readonly DecodedChange[]): void {
    const paths = changes.flatMap(({ ops }) => ops.map(({ obj }) => ({ path: this.#objects.get(obj) ?? [] })));
    this.touch(paths.filter(({ path }) => path.length > 0));
  }

  /** Patches were made to the document. */
  touch(patches: readonly Pick<Patch, "path">[]): void {
    if (patches.length > 0) this.#plan = null;
    for (const { path } of patches) {
      const [root, id] = path;
      if (id === undefined) this.#stale.isAll = true;
      else if (root === "elements") this.#stale.elements.add(String(id));
      else if (root === "links") this.#stale.links.add(String(id));
      else this.#stale.fields = true;
    }
  }

  /** The document is another one altogether. */
  renew(): void {
    this.#plan = null;
    this.#stale.isAll = true;
  }

  /** What stands in the document, of which all patches were told. */
  plan(doc: Doc<PlanDoc>): Plan {
    if (this.#plan) return this.#plan;
    const { fields, elements, links: touched, isAll } = this.#stale;
    if (fields || isAll) this.#own = readPlan(doc, this.kinds);
    if (isAll) {
      this.#objects.clear();
      this.#know(doc, "plan", ["fields"]);
      this.#know(doc, "elements", idsIn(doc, "elements"));
      this.#know(doc, "links", idsIn(doc, "links"));
      this.#ordered = arrange(here(idsIn(doc, "elements"), (id) => readElement(doc, id, this.kinds)), this.kinds);
      this.#links = new Map(here(idsIn(doc, "links"), (id) => readLink(doc, id)).map((link) => [link.id, link]));
    } else {
      this.#know(doc, "elements", elements);
      this.#know(doc, "links", touched);
      if (elements.size > 0) this.#readElements(doc, elements);
      for (const id of touched) {
        const link = readLink(doc, id);
        if (link) this.#links.set(id, link);
        else this.#links.delete(id);
      }
    }
    this.#stale = { fields: false, elements: new Set(), links: new Set(), isAll: false };
    const { language } = this.#own.fields;
    const byId = new Map(this.#ordered.map((one) => [one.id, one]));
    const links = [...this.#links.values()];
    this.#plan = { ...this.#own, language: typeof language === "string" ? language : "en", elements: this.#ordered, byId, links };
    return this.#plan;
  }

  #know(doc: Doc<PlanDoc>, root: "elements" | "links" | "plan", ids: Iterable<string>): void {
    for (const id of ids) {
      const object = objectOf(doc, root, id);
      if (object) this.#objects.set(object, [root, id]);
    }
  }

  #readElements(doc: Doc<PlanDoc>, ids: Set<string>): void {
    const left = new Set(ids);
    let isMoved = false;
    const kept = this.#ordered.flatMap((before) => {
      if (!left.delete(before.id)) return [before];
      const now = readElement(doc, before.id, this.kinds);
      if (!now || !isInPlace(before, now)) isMoved = true;
      return now ? [{ ...now, code: before.code, depth: before.depth }] : [];
    });
    const made = here(left, (id) => readElement(doc, id, this.kinds));
    this.#ordered = isMoved || made.length > 0 ? arrange([...kept, ...made], this.kinds) : kept;
  }
}

/** Whether neither order nor codes can have changed with it. */
function isInPlace(one: Element, other: Element): boolean {
  return (
    one.kind === other.kind &&
    one.parent === other.parent &&
    one.order === other.order &&
    one.removed === other.removed &&
    one.ownCode === other.ownCode &&
    one.fields.sector === other.fields.sector
  );
}

function here<T>(ids: Iterable<string>, read: (id: string) => T | null): T[] {
  return [...ids].map(read).filter((one) => one !== null);
}
