// The Automerge document of a plan, read as people see it: `protocol/src/plan/layout.rs` says where things lie.

import type { Doc } from "@automerge/automerge/slim";
import * as Automerge from "@automerge/automerge/slim";

import type { Kinds } from "./kinds";

/** A value of a field. */
export type Value = null | boolean | number | string | string[] | Reference | Quotation;
export interface Reference {
  plan: string;
  element: string;
}
export interface Quotation extends Reference {
  field: string;
  seq: number;
}

/** Texts by language and name. */
export type Texts = Record<string, Record<string, string>>;

/** One of several values that people gave a field at the same time. */
export interface Concurrent {
  value: Value;
  /** The actor whose change gave it. */
  actor: string;
}

export interface Element {
  id: string;
  kind: string;
  parent: string | null;
  order: string;
  owner: string | null;
  removed: boolean;
  ownCode: string | null;
  /** Its display code. */
  code: string | null;
  /** How deep it stands, 0 at the top of the plan. */
  depth: number;
  /** Texts by language and name. */
  text: Texts;
  fields: Record<string, Value>;
  /** Fields that hold several values at once, and texts of which there are several, as `text.LANG.NAME`. */
  concurrent: Record<string, Concurrent[]>;
}

export interface Link {
  id: string;
  kind: string;
  from: string;
  to: string;
  removed: boolean;
  note: string;
  fields: Record<string, Value>;
  concurrent: Record<string, Concurrent[]>;
}

/** The plan's own fields. */
export interface PlanFields {
  fields: Record<string, Value>;
  concurrent: Record<string, Concurrent[]>;
}

export interface Plan extends PlanFields {
  language: string;
  /** In reading order. */
  elements: Element[];
  byId: Map<string, Element>;
  links: Link[];
}

/** The document, as far as types know it. */
export type PlanDoc = Record<string, unknown>;

type Raw = Record<string, unknown>;

const ELEMENT_KEYS = new Set(["kind", "parent", "order", "owner", "removed", "text", "code"]);
const LINK_KEYS = new Set(["kind", "from", "to", "note", "removed"]);

/** Reads the plan's own fields. */
export function readPlan(doc: Doc<PlanDoc>, kinds: Kinds): PlanFields {
  const raw = map((doc as Raw).plan);
  return { fields: fieldsOf(raw, new Set(), kinds, "plan"), concurrent: concurrentOf(raw) };
}

/** Reads an element, without what its place among the others gives it; `null` when there is none of that id. */
export function readElement(doc: Doc<PlanDoc>, id: string, kinds: Kinds): Element | null {
  const raw = map(map((doc as Raw).elements)[id]);
  if (raw.kind === undefined) return null;
  const kind = text(raw.kind);
  const concurrent = concurrentOf(raw);
  return {
    id,
    kind,
    parent: text(raw.parent) || null,
    order: text(raw.order),
    owner: text(raw.owner) || null,
    removed: raw.removed === true,
    ownCode: text(raw.code) || null,
    code: null,
    depth: 0,
    text: textsOf(raw, concurrent),
    fields: fieldsOf(raw, ELEMENT_KEYS, kinds, kind),
    concurrent,
  };
}

/** Reads a link; `null` when there is none of that id. */
export function readLink(doc: Doc<PlanDoc>, id: string): Link | null {
  const raw = map(map((doc as Raw).links)[id]);
  if (raw.kind === undefined) return null;
  const fields: Record<string, Value> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!LINK_KEYS.has(name)) fields[name] = valueOf(value, undefined);
  }
  const [from, to, note] = [text(raw.from), text(raw.to), text(raw.note)];
  return { id, kind: text(raw.kind), from, to, removed: raw.removed === true, note, fields, concurrent: concurrentOf(raw) };
}

/** Texts by language; where several were made at the same time, the one that is found first stands. */
function textsOf(raw: Raw, concurrent: Record<string, Concurrent[]>): Texts {
  const found = new Map<string, Concurrent[]>();
  for (const texts of severalOf(raw, "text")) {
    for (const lang of Object.keys(map(texts.value))) {
      for (const names of severalOf(map(texts.value), lang, texts.actor)) {
        for (const name of Object.keys(map(names.value))) {
          const all = severalOf(map(names.value), name, names.actor);
          const key = JSON.stringify([lang, name]);
          found.set(key, [...(found.get(key) ?? []), ...all.map(({ value, actor }) => ({ value: text(value), actor }))]);
        }
      }
    }
  }
  const read: Texts = {};
  for (const [key, wordings] of found) {
    const [lang, name] = JSON.parse(key) as [string, string];
    const full = wordings.filter(({ value }) => value !== "");
    (read[lang] ??= {})[name] = String(full[0]?.value ?? "");
    if (full.length > 1) concurrent[`text.${lang}.${name}`] = full;
  }
  return read;
}

/** All that stands under a key, what is found there first. */
function severalOf(raw: Raw, key: string, actor = ""): { value: unknown; actor: string }[] {
  const first = raw[key];
  // What is not in force is told without what stands beside it.
  const several = Automerge.getObjectId(raw as Doc<Raw>) ? Automerge.getConflicts(raw as Doc<Raw>, key) : undefined;
  if (!several || Object.keys(several).length < 2) return [{ value: first, actor }];
  const id = typeof first === "object" && first !== null ? Automerge.getObjectId(first as Doc<Raw>) : null;
  const all = Object.entries(several).map(([op, value]) => ({ op, value, actor: op.slice(op.indexOf("@") + 1) }));
  const winner = all.find(({ op, value }) => (id ? op === id : same(plain(value), plain(first))));
  return [{ value: first, actor: winner?.actor ?? actor }, ...all.filter((one) => one !== winner)];
}

function fieldsOf(raw: Raw, without: Set<string>, kinds: Kinds, kind: string): Record<string, Value> {
  const types = new Map(kinds.element(kind)?.fields.map((field) => [field.name, field.type]));
  const fields: Record<string, Value> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (without.has(name) || value === null) continue;
    const isSet = typeof value === "object" && !isScalar(value);
    const read = isSet ? membersOf(raw, name) : valueOf(value, types.get(name));
    if (!Array.isArray(read) || read.length > 0) fields[name] = read;
  }
  return fields;
}

/** Fields that hold several values at once, the one in force first. */
function concurrentOf(raw: Raw): Record<string, Concurrent[]> {
  const found: Record<string, Concurrent[]> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== null && typeof value === "object" && !isScalar(value)) continue;
    const all = severalOf(raw, name).map((one) => ({ value: plain(one.value), actor: one.actor }));
    if (all.some((one) => !same(one.value, all[0]!.value))) found[name] = all;
  }
  return found;
}

function plain(value: unknown): Value {
  return valueOf(value, undefined);
}

function same(one: Value, other: Value): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isScalar(value: object): boolean {
  return Automerge.isImmutableString(value) || value instanceof Date;
}

function valueOf(value: unknown, type: string | undefined): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" || Automerge.isImmutableString(value)) return scalar(text(value), type);
  return Object.keys(value).sort();
}

/** The members of a set: those of all that were made at the same time. */
function membersOf(raw: Raw, name: string): string[] {
  return [...new Set(severalOf(raw, name).flatMap(({ value }) => Object.keys(map(value))))].sort();
}

/** A reference is one text, `plan/element`; a quotation `plan/element/field@seq`. */
function scalar(value: string, type: string | undefined): Value {
  if (type === "reference") {
    const [plan, element] = value.split("/");
    return plan && element ? { plan, element } : value;
  }
  if (type === "quotation") {
    const found = /^([^/]+)\/([^/]+)\/([^@]+)@(\d+)$/.exec(value);
    if (found) return { plan: found[1]!, element: found[2]!, field: found[3]!, seq: Number(found[4]) };
  }
  return value;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  return Automerge.isImmutableString(value) ? value.toString() : "";
}

/** What the document calls an element, a link, or the plan's own fields: operations of changes name them so. */
export function objectOf(doc: Doc<PlanDoc>, root: "elements" | "links" | "plan", id: string): string | null {
  const holder = map((doc as Raw)[root]);
  const found = root === "plan" ? holder : holder[id];
  return found === undefined ? null : Automerge.getObjectId(found as Doc<Raw>);
}

/** Ids of what a map of the document holds. */
export function idsIn(doc: Doc<PlanDoc>, name: "elements" | "links"): string[] {
  return Object.keys(map((doc as Raw)[name]));
}

function map(value: unknown): Raw {
  return value !== null && typeof value === "object" ? (value as Raw) : {};
}

/** What people call an element: its title, or the start of its statement. */
export function labelOf(element: Element, language: string): string {
  const pick = (texts: Record<string, string> | undefined) =>
    ["title", "statement", "as_printed", "rationale", "former"].map((name) => texts?.[name]).find(Boolean);
  const own = pick(element.text[language]) ?? Object.values(element.text).map(pick).find(Boolean);
  if (own) return own;
  const field = ["dimension", "reference", "role", "amount", "of"].find((name) => element.fields[name] !== undefined);
  return field ? String(element.fields[field]) : "";
}
