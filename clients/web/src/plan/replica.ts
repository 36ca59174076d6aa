// The document of a plan in this tab: every edit is one change, made at once and handed over to be sent.
//
// It knows nothing of sockets; entropy and time come in.  Positions in texts are UTF-16 units here, as browsers
// and the document library count them.

import * as Automerge from "@automerge/automerge/slim";
import type { Doc, Patch, Prop } from "@automerge/automerge/slim";

import type { Deed, Intent, Pending } from "../collab/collab";
import { holderOf, lookup, make, makeText, put } from "./document";
import { Hand, onceMore } from "./hand";
import type { Kinds } from "./kinds";
import { type Outside, actorFrom, idFrom } from "./outside";
import { between } from "./order";
import { Reading } from "./reading";
import { type Splice, carried, difference } from "./splices";
import { type TextChanges, splicesIn, textsThatDiffer } from "./texts";
import type { Element, Plan, PlanDoc, Value } from "./view";

export type { Outside, Splice, TextChanges };
export { textKey } from "./texts";

/** Why an edit is made, and what it answers. */
export interface Reasons {
  because: string;
  answers: string[];
}

/** Texts in one language and fields, by name. */
export interface Content {
  texts?: Record<string, string>;
  fields?: Record<string, Value>;
}

/** Of more changes at once it is not asked what they touched: all is read again. */
const READ_CHANGES_MAX = 20;

export class Replica {
  #doc: Doc<PlanDoc>;
  /** Whether changes wait in the document for what they hang on. */
  #isWaiting = false;
  readonly #reading: Reading;

  /** Each document has an actor of its own: one that was used elsewhere may have gone on there. */
  constructor(
    readonly kinds: Kinds,
    readonly outside: Outside,
    document: Uint8Array,
  ) {
    this.#doc = Automerge.load<PlanDoc>(document, { actor: actorFrom(this.outside) });
    this.#reading = new Reading(kinds);
  }

  /** The document, whole. */
  save(): Uint8Array {
    return Automerge.save(this.#doc);
  }

  /** What stands. */
  view(): Plan {
    return this.#reading.plan(this.#doc);
  }

  /** Takes in changes of others, or one's own again; tells which texts changed. */
  apply(changes: readonly Uint8Array[]): TextChanges {
    const before = this.view();
    const made: Patch[] = [];
    const patchCallback = (patches: Patch[]) => made.push(...patches);
    [this.#doc] = Automerge.applyChanges(this.#doc, [...changes], { patchCallback });
    this.#reading.touch(made);
    if (changes.length > READ_CHANGES_MAX || this.#isWaiting) this.#reading.renew();
    else this.#reading.takeIn(changes.map((bytes) => Automerge.decodeChange(bytes)));
    this.#isWaiting = Automerge.getMissingDeps(this.#doc, []).length > 0;
    return splicesIn(made) ?? textsThatDiffer(before, this.view());
  }

  /** Makes the document anew without some changes and all that hang on them. */
  without(hashes: ReadonlySet<string>): void {
    const out = new Set(hashes);
    const kept = Automerge.getAllChanges(this.#doc).filter((bytes) => {
      const { hash, deps } = Automerge.decodeChange(bytes);
      if (out.has(hash) || deps.some((dep) => out.has(dep))) out.add(hash);
      return !out.has(hash);
    });
    [this.#doc] = Automerge.applyChanges(Automerge.init<PlanDoc>({ actor: actorFrom(this.outside) }), kept);
    this.#reading.renew();
  }

  /** A text as it stands. */
  text(element: string, lang: string, field: string): string {
    const value = lookup(this.#doc, pathOf(element, lang, field));
    return typeof value === "string" && value !== "" ? value : (this.view().byId.get(element)?.text[lang]?.[field] ?? "");
  }

  /** Changes a text where somebody types. */
  splice(element: string, lang: string, field: string, splices: readonly Splice[], reasons: Reasons): Pending | null {
    const before = this.text(element, lang, field);
    const pending = this.#change(reasons, (doc) => {
      this.#edit(doc, element, lang, field, before, splices);
      return { do: "text", element, field, lang, before, after: "" };
    });
    if (pending?.intent.do === "text") pending.intent.after = this.text(element, lang, field);
    return pending;
  }

  #edit(doc: PlanDoc, element: string, lang: string, field: string, before: string, splices: readonly Splice[]): void {
    const path = pathOf(element, lang, field);
    const found = lookup(doc, path);
    if (found === undefined) makeText(doc, element, lang, field);
    // What people see may be a text beside this one, made at the same time by somebody else.
    if (!found && before) Automerge.splice(doc, path, 0, 0, before);
    for (const { at, removed, inserted } of splices) Automerge.splice(doc, path, at, removed, inserted);
  }

  /** Gives a field a value; `null` takes it away. */
  setField(element: string, field: string, value: Value, reasons: Reasons): Pending | null {
    return this.#change(reasons, (doc) => {
      put(holderOf(doc, element), field, value);
      return { do: "field", element, field, value };
    });
  }

  /** Makes texts of an element read otherwise and gives fields their values, all in one change. */
  amend(element: string, lang: string, { texts = {}, fields = {} }: Content, reasons: Reasons): Pending | null {
    const edits = Object.entries(texts).flatMap(([field, after]) => {
      const before = this.text(element, lang, field);
      const splice = difference(before, after);
      return splice ? [{ field, before, after, splice }] : [];
    });
    return this.#change(reasons, (doc) => {
      for (const { field, before, splice } of edits) this.#edit(doc, element, lang, field, before, [splice]);
      for (const [field, value] of Object.entries(fields)) put(holderOf(doc, element), field, value);
      const [first] = edits;
      const [field, value] = Object.entries(fields)[0] ?? ["", null];
      if (!first) return { do: "field", element, field, value };
      return { do: "text", element, field: first.field, lang, before: first.before, after: first.after, fields };
    });
  }

  /** Makes an element with all its texts in the plan's language; gives its id. */
  add(
    kind: string,
    parent: string | null,
    after: Element | null,
    title: string,
    reasons: Reasons,
    { texts = {}, fields = {} }: Content = {},
  ): [string, Pending | null] {
    const spec = this.kinds.element(kind);
    const id = idFrom(this.outside, spec?.prefix ?? kind);
    const names = (spec?.texts ?? []).map((text) => text.name);
    const all = Object.fromEntries(names.map((name) => [name, texts[name] ?? (name === "title" ? title : "")]));
    const order = this.#orderAfter(parent, kind, after);
    return [id, this.#make(reasons, { do: "add", element: id, kind, title, parent, order, texts: all, fields })];
  }

  /** Puts an element under another one, after a sibling or first. */
  move(element: string, parent: string | null, after: Element | null, reasons: Reasons): Pending | null {
    const kind = this.view().byId.get(element)?.kind ?? "";
    return this.#make(reasons, { do: "move", element, parent, order: this.#orderAfter(parent, kind, after, element) });
  }

  /** Removes an element or link, or brings it back. */
  setRemoved(id: string, removed: boolean, reasons: Reasons): Pending | null {
    return this.#make(reasons, { do: removed ? "remove" : "restore", element: id });
  }

  /** Links two elements. */
  link(kind: string, from: string, to: string, reasons: Reasons): Pending | null {
    return this.#make(reasons, { do: "link", element: from, id: idFrom(this.outside, "lnk"), kind, to });
  }

  /** Does several things in one change. */
  together(work: (hand: Hand) => void, reasons: Reasons): Pending | null {
    const hand = new Hand(this.kinds, this.outside, this.view(), (element, lang, field) => this.text(element, lang, field));
    work(hand);
    const [first] = hand.deeds;
    return first ? this.#make(reasons, { do: "all", element: first.element, deeds: hand.deeds }) : null;
  }

  /** Whether a change is in the document. */
  has(hash: string): boolean {
    return Automerge.hasHeads(this.#doc, [hash]);
  }

  /** Puts changes of another replica of the same person in; those that lack what they hang on wait for it. */
  adopt(pending: readonly Pending[]): void {
    if (pending.length > 0) this.apply(pending.map((one) => one.bytes));
  }

  /** Makes again, on what stands now, what a change was made for; `null` where that can no longer be done. */
  again({ intent, because = "", answers }: Pending): Pending | null {
    const reasons = { because, answers };
    const { byId, links } = this.view();
    const isThere = (id: string | null) => id === null || id === "plan" || byId.has(id) || links.some((link) => link.id === id);
    if (intent.do === "all") {
      const deeds = onceMore(intent.deeds, isThere, (element, lang, field) => this.text(element, lang, field));
      return deeds && this.#make(reasons, { ...intent, deeds });
    }
    if (intent.do !== "add" && !isThere(intent.element)) return null;
    switch (intent.do) {
      case "text": {
        const { element, lang, field, before, after, fields } = intent;
        const edit = difference(before, after);
        const now = this.text(element, lang, field);
        const splice = edit && carried(edit, before, now);
        if (!splice) return null;
        const text = now.slice(0, splice.at) + splice.inserted + now.slice(splice.at + splice.removed);
        return this.amend(element, lang, { texts: { [field]: text }, fields: fields as Record<string, Value> }, reasons);
      }
      case "field":
        return this.setField(intent.element, intent.field, intent.value as Value, reasons);
      case "add":
      case "move":
        return isThere(intent.parent) ? this.#make(reasons, intent) : null;
      case "link":
        return isThere(intent.to) ? this.#make(reasons, intent) : null;
      default:
        return this.#make(reasons, intent);
    }
  }

  #make(reasons: Reasons, intent: Intent): Pending | null {
    const { language } = this.view();
    return this.#change(reasons, (doc) => {
      for (const deed of intent.do === "all" ? intent.deeds : [intent]) this.#do(doc, language, deed);
      return intent;
    });
  }

  #do(doc: PlanDoc, language: string, deed: Deed): void {
    if (deed.do !== "text") {
      make(doc, language, deed);
      return;
    }
    const splice = difference(deed.before, deed.after);
    if (splice) this.#edit(doc, deed.element, deed.lang, deed.field, deed.before, [splice]);
  }

  #change(reasons: Reasons, edit: (doc: PlanDoc) => Intent): Pending | null {
    let intent: Intent | undefined;
    const before = this.#doc;
    const patchCallback = (patches: Patch[]) => this.#reading.touch(patches);
    this.#doc = Automerge.change(before, { time: this.outside.now_s(), patchCallback }, (doc) => {
      intent = edit(doc);
    });
    const bytes = this.#doc === before ? undefined : Automerge.getLastLocalChange(this.#doc);
    if (!bytes || !intent) return null;
    const { hash, deps } = Automerge.decodeChange(bytes);
    const because = reasons.because.trim();
    const id = idFrom(this.outside, "page", 16);
    return { id, hash, deps, bytes, intent, answers: reasons.answers, ...(because ? { because } : {}) };
  }

  #orderAfter(parent: string | null, kind: string, after: Element | null, without?: string): string {
    const siblings = this.view().elements.filter(
      (one) => one.parent === parent && one.kind === kind && one.id !== without,
    );
    const at = after === null ? -1 : siblings.findIndex((one) => one.id === after.id);
    return between(siblings[at]?.order ?? "", siblings[at + 1]?.order ?? "");
  }
}

function pathOf(element: string, lang: string, field: string): Prop[] {
  return ["elements", element, "text", lang, field];
}
