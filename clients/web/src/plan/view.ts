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
  text: Record<string, Record<string, string>>;
  fields: Record<string, Value>;
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
    text: textsOf(map(raw.text)),
    fields: fieldsOf(raw, ELEMENT_KEYS, kinds, kind),
    concurrent: concurrentOf(raw),
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

function textsOf(raw: Raw): Record<string, Record<string, string>> {
  const texts: Record<string, Record<string, string>> = {};
  for (const [lang, names] of Object.entries(raw)) {
    texts[lang] = Object.fromEntries(Object.entries(map(names)).map(([name, value]) => [name, text(value)]));
  }
  return texts;
}

function fieldsOf(raw: Raw, without: Set<string>, kinds: Kinds, kind: string): Record<string, Value> {
  const types = new Map(kinds.element(kind)?.fields.map((field) => [field.name, field.type]));
  const fields: Record<string, Value> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (without.has(name) || value === null) continue;
    const read = valueOf(value, types.get(name));
    if (!Array.isArray(read) || read.length > 0) fields[name] = read;
  }
  return fields;
}

/** Fields that hold several values at once, the one in force first. */
function concurrentOf(raw: Raw): Record<string, Concurrent[]> {
  const found: Record<string, Concurrent[]> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== null && typeof value === "object" && !isScalar(value)) continue;
    const conflicts = Automerge.getConflicts(raw as Doc<Raw>, name);
    if (!conflicts || Object.keys(conflicts).length < 2) continue;
    const winner = valueOf(value, undefined);
    const all = Object.entries(conflicts).map(([op, one]) => ({
      value: valueOf(one, undefined),
      actor: op.slice(op.indexOf("@") + 1),
    }));
    all.sort((one, other) => Number(same(other.value, winner)) - Number(same(one.value, winner)));
    if (all.some((one) => !same(one.value, winner))) found[name] = all;
  }
  return found;
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
  return Object.entries(value as Raw)
    .filter(([, is]) => is === true)
    .map(([member]) => member)
    .sort();
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
