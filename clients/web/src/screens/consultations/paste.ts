// Feedback that was pasted: which column holds what, and the items that would be made of it.  Nothing is made before
// somebody has seen them.

import type { Hand } from "../../plan/hand";
import type { Element, Plan, Value } from "../../plan/view";
import { isSheet, rowsOf } from "./sheet";

/** What a column may hold. */
export const PARTS = ["statement", "author", "body", "target", "disposition", "reason"] as const;
export type Part = (typeof PARTS)[number];

/** A pasted text, read. */
export interface Pasted {
  rows: string[][];
  /** What each column holds; `null` where it is left out. */
  columns: (Part | null)[];
}

/** An item to be made. */
export interface Item {
  statement: string;
  author: string;
  body: string;
  /** The element it is about, and what was pasted for it where there is none of that name. */
  target: Element | null;
  unknownTarget: string;
  disposition: string | null;
  unknownDisposition: string;
  reason: string;
}

export const DISPOSITIONS = ["accepted", "partly", "noted", "rejected"];

/** Words by which the head of a column is known. */
const HEADS: Record<Part, RegExp> = {
  statement: /^(statement|view|views|comment|comments|feedback|text|remark|proposal|input)$/i,
  author: /^(author|from|name|member|member state|contributor|organi[sz]ation|respondent|country)$/i,
  body: /^(body|on behalf of|group|forum|region)$/i,
  target: /^(element|target|about|code|reference|section|item)$/i,
  disposition: /^(disposition|outcome|decision|status)$/i,
  reason: /^(reason|response|rationale|why|explanation)$/i,
};

export function read(plan: Plan, text: string): Pasted {
  const rows = rowsOf(text);
  if (!isSheet(text)) return { rows, columns: ["statement"] };
  const width = Math.max(...rows.map((row) => row.length), 0);
  const heads = (rows[0] ?? []).map((cell) => PARTS.find((part) => HEADS[part].test(cell)) ?? null);
  if (heads.includes("statement") && heads.filter((head) => head !== null).length >= 2) {
    return { rows: rows.slice(1), columns: Array.from({ length: width }, (_, at) => (heads.indexOf(heads[at] ?? null) === at ? (heads[at] ?? null) : null)) };
  }
  return { rows, columns: guessed(plan, rows, width) };
}

/** Without heads: the longest column is what was said, one of codes the element, what else comes first the author. */
function guessed(plan: Plan, rows: readonly string[][], width: number): (Part | null)[] {
  const cells = (at: number) => rows.map((row) => row[at] ?? "").filter(Boolean);
  const length = (at: number) => cells(at).reduce((sum, cell) => sum + cell.length, 0);
  const most = (at: number, holds: (cell: string) => boolean) => cells(at).filter(holds).length * 2 > cells(at).length;
  const all = Array.from({ length: width }, (_, at) => at);
  const said = all.reduce((best, at) => (length(at) > length(best) ? at : best), 0);
  const columns = all.map((at): Part | null => {
    if (at === said) return "statement";
    if (most(at, (cell) => DISPOSITIONS.includes(cell.toLowerCase()))) return "disposition";
    return most(at, (cell) => elementNamed(plan, cell) !== null) ? "target" : null;
  });
  const author = columns.indexOf(null);
  return columns.map((part, at) => (at === author && length(at) > 0 ? "author" : columns.indexOf(part) === at ? part : null));
}

/** The items that a pasted text would become; rows in which nothing is said are left out. */
export function itemsOf(plan: Plan, { rows, columns }: Pasted, author: string, mayDispose: boolean): Item[] {
  return rows.flatMap((row) => {
    const cell = (part: Part) => (columns.includes(part) ? (row[columns.indexOf(part)] ?? "") : "");
    const statement = cell("statement");
    if (statement === "") return [];
    const named = cell("target") || codeBefore(statement);
    const target = elementNamed(plan, named);
    const word = mayDispose ? cell("disposition") : "";
    const disposition = DISPOSITIONS.find((one) => one === word.toLowerCase()) ?? null;
    return {
      statement,
      author: cell("author") || author,
      body: cell("body"),
      target,
      unknownTarget: target === null && cell("target") !== "" ? named : "",
      disposition,
      unknownDisposition: disposition === null ? word : "",
      reason: mayDispose ? cell("reason") : "",
    };
  });
}

/** The code with which somebody begins, as in `2.7: too vague`. */
function codeBefore(statement: string): string {
  return /^((?:[a-z]+ )?[A-Z]?\.?\d+(?:\.[A-Za-z]?\d+)*)\s*[:–—]\s/.exec(statement)?.[1] ?? "";
}

/** The element that a cell names by its code, by kind and code, or by its id. */
export function elementNamed(plan: Plan, name: string): Element | null {
  const asked = name.trim().toLowerCase().replace(/[.:]$/, "");
  if (asked === "") return null;
  const here = plan.elements.filter((one) => !one.removed && one.kind !== "feedback_item");
  const byKind = here.find((one) => one.code !== null && `${one.kind.replaceAll("_", " ")} ${one.code}`.toLowerCase() === asked);
  return byKind ?? here.find((one) => one.code?.toLowerCase() === asked) ?? here.find((one) => one.id === asked) ?? null;
}

/** One change holds so many operations: a letter is one, and an item takes some more. */
const OPERATIONS_MAX = 19_000;
const OPERATIONS_OF_AN_ITEM = 24;

/** Whether all items fit into one entry. */
export function isOneEntry(items: readonly Item[]): boolean {
  const letters = items.reduce((sum, item) => sum + item.statement.length + item.reason.length + OPERATIONS_OF_AN_ITEM, 0);
  return letters <= OPERATIONS_MAX;
}

/** Makes the items under a consultation. */
export function enter(hand: Hand, consultation: string, items: readonly Item[]): void {
  for (const { statement, author, body, target, disposition, reason } of items) {
    const given: [string, Value][] = [["author", author || null], ["body", body || null], ["target", target?.id ?? null], ["disposition", disposition]];
    const fields = Object.fromEntries(given.filter(([, value]) => value !== null));
    hand.add("feedback_item", consultation, { texts: { statement, reason }, fields });
  }
}
