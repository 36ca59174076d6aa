// Two states of a plan beside each other, element by element in the order of the later one: what each held before
// and after, and how the words of one became those of the other.

import { fieldsOf, textsOf } from "./outline";
import type { ElementView, LinkView, PlanView, Segment, Value } from "./types";
import { compareWords } from "./words";

/** A text or a field on both sides. */
export type Part =
  | { readonly is: "text"; readonly field: string; readonly lang: string; readonly segments: readonly Segment[]; readonly isChanged: boolean }
  | { readonly is: "value"; readonly field: string; readonly before?: Value; readonly after?: Value; readonly isChanged: boolean };

export interface Side {
  readonly id: string;
  readonly kind: string;
  readonly codeBefore: string;
  readonly codeAfter: string;
  readonly depth: number;
  /** What became of it as a whole. */
  readonly fate: "kept" | "added" | "removed";
  readonly isChanged: boolean;
  readonly parts: readonly Part[];
  /** Links that came and went. */
  readonly links: readonly { readonly link: LinkView; readonly isNew: boolean }[];
}

/** Both states side by side; the earlier one may be before the plan began. */
export function sidesOf(before: PlanView | null, after: PlanView): Side[] {
  const [was, is] = [there(before), there(after)];
  const depths = new Map<string, number>();
  const links = linksOf(before, after);
  const sides: Side[] = [...planSide(before, after)];
  for (const id of merged([...was.keys()], [...is.keys()])) {
    const [one, other] = [was.get(id), is.get(id)];
    const own = (other ?? one)!;
    const depth = own.parent ? (depths.get(own.parent) ?? 0) + 1 : 0;
    depths.set(id, depth);
    const fate = !one ? "added" : !other ? "removed" : "kept";
    const parts = partsOf(one, other);
    const touched = links.get(id) ?? [];
    const isMoved = Boolean(one && other && ((one.parent ?? "") !== (other.parent ?? "") || (one.code ?? "") !== (other.code ?? "")));
    const isChanged = fate !== "kept" || isMoved || touched.length > 0 || parts.some((part) => part.isChanged);
    sides.push({ id, kind: own.kind, codeBefore: one?.code ?? "", codeAfter: other?.code ?? "", depth, fate, isChanged, parts, links: touched });
  }
  return sides;
}

function there(view: PlanView | null): Map<string, ElementView> {
  return new Map((view?.elements ?? []).filter((one) => !one.removed).map((one) => [one.id, one]));
}

/** The order of the later state; what only the earlier one has stands after what it stood after. */
function merged(before: readonly string[], after: readonly string[]): string[] {
  const known = new Set(after);
  const following = new Map<string, string[]>();
  let last = "";
  for (const id of before) {
    if (known.has(id)) last = id;
    else following.set(last, [...(following.get(last) ?? []), id]);
  }
  return [...(following.get("") ?? []), ...after.flatMap((id) => [id, ...(following.get(id) ?? [])])];
}

function planSide(before: PlanView | null, after: PlanView): Side[] {
  const names = [...new Set([...Object.keys(before?.plan ?? {}), ...Object.keys(after.plan)])];
  const parts = names.map((field) => valuePart(field, before?.plan[field], after.plan[field]));
  const isChanged = parts.some((part) => part.isChanged);
  return [{ id: "plan", kind: "plan", codeBefore: "", codeAfter: "", depth: 0, fate: before ? "kept" : "added", isChanged, parts, links: [] }];
}

function partsOf(before: ElementView | undefined, after: ElementView | undefined): Part[] {
  const texts = new Map<string, { field: string; lang: string; before: string; after: string }>();
  for (const [side, view] of [["before", before], ["after", after]] as const) {
    for (const { field, lang, text } of view ? textsOf(view) : []) {
      const key = `${field}/${lang}`;
      texts.set(key, { before: "", after: "", ...texts.get(key), field, lang, [side]: text });
    }
  }
  const fields = new Map<string, { before?: Value; after?: Value }>();
  for (const [field, value] of before ? fieldsOf(before) : []) fields.set(field, { before: value as Value });
  for (const [field, value] of after ? fieldsOf(after) : []) fields.set(field, { ...fields.get(field), after: value as Value });
  return [
    ...[...texts.values()].map(({ field, lang, before: from, after: to }): Part => ({ is: "text", field, lang, segments: compareWords(from, to), isChanged: from !== to })),
    ...[...fields].map(([field, { before: from, after: to }]) => valuePart(field, from, to)),
  ];
}

function valuePart(field: string, before: Value | undefined, after: Value | undefined): Part {
  const isChanged = JSON.stringify(before ?? null) !== JSON.stringify(after ?? null);
  return { is: "value", field, isChanged, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function linksOf(before: PlanView | null, after: PlanView): Map<string, { link: LinkView; isNew: boolean }[]> {
  const [was, is] = [before?.links ?? [], after.links].map((links) => new Map(links.filter((one) => !one.removed).map((one) => [one.id, one])));
  const found = new Map<string, { link: LinkView; isNew: boolean }[]>();
  const put = (link: LinkView, isNew: boolean) => found.set(link.from, [...(found.get(link.from) ?? []), { link, isNew }]);
  for (const link of is!.values()) if (!was!.has(link.id)) put(link, true);
  for (const link of was!.values()) if (!is!.has(link.id)) put(link, false);
  return found;
}

/** One side of compared words. */
export function sideOf(segments: readonly Segment[], side: "before" | "after"): Segment[] {
  return segments.filter(({ op }) => op === "equal" || op === (side === "before" ? "deleted" : "inserted"));
}
