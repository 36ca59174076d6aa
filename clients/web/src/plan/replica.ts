// The document of a plan in this tab: every edit is one change, made at once and handed over to be sent.
//
// It knows nothing of sockets; entropy and time come in.  Positions in texts are UTF-16 units here, as browsers
// and the document library count them.

import * as Automerge from "@automerge/automerge/slim";
import type { Doc, Patch, Prop } from "@automerge/automerge/slim";

import type { Intent, Pending } from "../collab/collab";
import type { Kinds } from "./kinds";
import { between } from "./order";
import { type Element, type Plan, type PlanDoc, type Value, labelOf, read } from "./view";

/** What comes from outside. */
export interface Outside {
  /** Random bytes. */
  entropy(bytes: number): Uint8Array<ArrayBuffer>;
  /** Seconds since 1970. */
  now_s(): number;
}

/** Why an edit is made, and what it answers. */
export interface Reasons {
  because: string;
  answers: string[];
}

/** A part of a text that changed, UTF-16 units. */
export interface Splice {
  at: number;
  removed: number;
  inserted: string;
}

/** Texts that changed, by path: what a field on screen has to follow. */
export type TextChanges = Map<string, Splice[]>;

/** The path of a text as a key. */
export function textKey(element: string, lang: string, field: string): string {
  return `${element}/${lang}/${field}`;
}

const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";
const ID_LENGTH = 8;

export class Replica {
  #doc: Doc<PlanDoc>;

  constructor(
    readonly kinds: Kinds,
    readonly outside: Outside,
    document: Uint8Array,
    readonly actor: string,
  ) {
    this.#doc = Automerge.load<PlanDoc>(document, { actor });
  }

  /** The document, whole. */
  save(): Uint8Array {
    return Automerge.save(this.#doc);
  }

  /** What stands. */
  view(): Plan {
    return read(this.#doc, this.kinds);
  }

  /** Takes in changes of others, or one's own again; tells which texts changed. */
  apply(changes: Uint8Array[]): TextChanges {
    const texts: TextChanges = new Map();
    const patchCallback = (patches: Patch[]) => collect(patches, texts);
    [this.#doc] = Automerge.applyChanges(this.#doc, changes, { patchCallback });
    return texts;
  }

  /** A text as it stands. */
  text(element: string, lang: string, field: string): string {
    const value = lookup(this.#doc, ["elements", element, "text", lang, field]);
    return typeof value === "string" ? value : "";
  }

  /** Changes a text where somebody types. */
  splice(element: string, lang: string, field: string, splices: Splice[], reasons: Reasons): Pending | null {
    const before = this.text(element, lang, field);
    const path: Prop[] = ["elements", element, "text", lang, field];
    const pending = this.#change(reasons, (doc) => {
      if (lookup(doc, path) === undefined) this.#makeText(doc, element, lang, field);
      for (const { at, removed, inserted } of splices) Automerge.splice(doc, path, at, removed, inserted);
      return { do: "text", element, field, lang, before, after: "" };
    });
    if (pending?.intent.do === "text") pending.intent.after = this.text(element, lang, field);
    return pending;
  }

  /** Gives a field a value; `null` takes it away. */
  setField(element: string, field: string, value: Value, reasons: Reasons): Pending | null {
    return this.#change(reasons, (doc) => {
      put(holderOf(doc, element), field, value);
      return { do: "field", element, field, value };
    });
  }

  /** Makes an element with all its texts in the plan's language; gives its id. */
  add(kind: string, parent: string | null, after: Element | null, title: string, reasons: Reasons): [string, Pending | null] {
    const spec = this.kinds.element(kind);
    const id = this.#id(spec?.prefix ?? kind);
    const view = this.view();
    const order = orderAfter(view, parent, kind, after);
    const pending = this.#change(reasons, (doc) => {
      const texts = Object.fromEntries((spec?.texts ?? []).map((text) => [text.name, text.name === "title" ? title : ""]));
      const made: Record<string, unknown> = {
        kind: scalar(kind),
        parent: scalar(parent ?? ""),
        order: scalar(order),
        removed: false,
        text: { [view.language]: texts },
      };
      records(doc, "elements")[id] = made;
      return { do: "add", element: id, kind, title };
    });
    return [id, pending];
  }

  /** Puts an element under another one, after a sibling or first. */
  move(element: string, parent: string | null, after: Element | null, reasons: Reasons): Pending | null {
    const view = this.view();
    const kind = view.byId.get(element)?.kind ?? "";
    const order = orderAfter(view, parent, kind, after, element);
    return this.#change(reasons, (doc) => {
      const holder = holderOf(doc, element);
      if (view.byId.get(element)?.parent !== parent) holder.parent = scalar(parent ?? "");
      holder.order = scalar(order);
      return { do: "move", element };
    });
  }

  /** Removes an element or link, or brings it back. */
  setRemoved(id: string, removed: boolean, reasons: Reasons): Pending | null {
    return this.#change(reasons, (doc) => {
      holderOf(doc, id).removed = removed;
      return { do: removed ? "remove" : "restore", element: id };
    });
  }

  /** Links two elements. */
  link(kind: string, from: string, to: string, reasons: Reasons): Pending | null {
    const id = this.#id("lnk");
    return this.#change(reasons, (doc) => {
      records(doc, "links")[id] = { kind: scalar(kind), from: scalar(from), to: scalar(to), removed: false };
      return { do: "link", element: from };
    });
  }

  /** Puts changes of another replica of the same person in, and tells whether they have all they hang on. */
  adopt(pending: readonly Pending[]): TextChanges {
    return this.apply(pending.map((one) => one.bytes));
  }

  #makeText(doc: PlanDoc, element: string, lang: string, field: string): void {
    const holder = holderOf(doc, element);
    if (holder.text === undefined) holder.text = {};
    const texts = holder.text as Record<string, Record<string, unknown>>;
    if (texts[lang] === undefined) texts[lang] = { [field]: "" };
    else texts[lang][field] = "";
  }

  #change(reasons: Reasons, edit: (doc: PlanDoc) => Intent): Pending | null {
    let intent: Intent | undefined;
    const before = this.#doc;
    const options = { time: this.outside.now_s() };
    const after = Automerge.change(this.#doc, options, (doc) => {
      intent = edit(doc);
    });
    this.#doc = after;
    const bytes = Automerge.getLastLocalChange(after);
    const [hash, ...others] = Automerge.getHeads(after);
    if (after === before || !bytes || !intent || hash === undefined || others.length > 0) return null;
    const id = `page-${this.#random(16)}`;
    const because = reasons.because.trim();
    return { id, hash, bytes, intent, answers: reasons.answers, ...(because ? { because } : {}) };
  }

  #id(prefix: string): string {
    return `${prefix}-${this.#random(ID_LENGTH)}`;
  }

  #random(length: number): string {
    let text = "";
    while (text.length < length) {
      for (const byte of this.outside.entropy(length)) {
        // What is left of the range would make the first letters likelier.
        if (byte < 248 && text.length < length) text += ID_LETTERS[byte % ID_LETTERS.length];
      }
    }
    return text;
  }
}

function orderAfter(view: Plan, parent: string | null, kind: string, after: Element | null, without?: string): string {
  const siblings = view.elements.filter((one) => one.parent === parent && one.kind === kind && one.id !== without);
  const at = after === null ? -1 : siblings.findIndex((one) => one.id === after.id);
  return between(siblings[at]?.order ?? "", siblings[at + 1]?.order ?? "");
}

function collect(patches: Patch[], texts: TextChanges): void {
  for (const patch of patches) {
    const [root, element, part, lang, field, at] = patch.path;
    if (root !== "elements" || part !== "text" || typeof field !== "string") continue;
    const key = textKey(String(element), String(lang), field);
    const splices = texts.get(key) ?? [];
    texts.set(key, splices);
    if (patch.action === "splice") splices.push({ at: Number(at), removed: 0, inserted: patch.value });
    else if (patch.action === "del" && at !== undefined) {
      splices.push({ at: Number(at), removed: patch.length ?? 1, inserted: "" });
    }
  }
}

function lookup(doc: unknown, path: Prop[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<Prop, unknown> | undefined)?.[key], doc);
}

function records(doc: PlanDoc, name: "elements" | "links"): Record<string, unknown> {
  return (doc as Record<string, Record<string, unknown>>)[name]!;
}

/** The map that holds the fields of an element, a link, or the plan. */
function holderOf(doc: PlanDoc, id: string): Record<string, unknown> {
  if (id === "plan") return (doc as Record<string, Record<string, unknown>>).plan!;
  const holder = records(doc, "elements")[id] ?? records(doc, "links")[id];
  if (!holder) throw new Error(`${id} is not in the plan`);
  return holder as Record<string, unknown>;
}

function scalar(text: string): Automerge.ImmutableString {
  return new Automerge.ImmutableString(text);
}

function put(holder: Record<string, unknown>, field: string, value: Value): void {
  if (value === null) {
    delete holder[field];
  } else if (Array.isArray(value)) {
    const kept = holder[field];
    if (kept === undefined || typeof kept !== "object") {
      holder[field] = Object.fromEntries(value.map((member) => [member, true]));
      return;
    }
    const members = kept as Record<string, unknown>;
    for (const member of Object.keys(members)) if (!value.includes(member)) delete members[member];
    for (const member of value) if (members[member] !== true) members[member] = true;
  } else if (typeof value === "object") {
    const { plan, element } = value;
    holder[field] = scalar("field" in value ? `${plan}/${element}/${value.field}@${value.seq}` : `${plan}/${element}`);
  } else if (typeof value === "string") {
    holder[field] = scalar(value);
  } else {
    holder[field] = value;
  }
}

export { labelOf };
