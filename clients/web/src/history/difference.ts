// Differences between two points of a plan, gathered by element, in the shape in which deeds are shown.

import type { Difference as Change } from "./deeds";
import { isGiven } from "./deeds";
import type { Difference } from "./types";

/** What differs in one element or link. */
export interface Changed {
  readonly element: string;
  readonly kind: string;
  readonly code: string;
  readonly label: string;
  /** Its code at the earlier point, where that is another. */
  readonly codeBefore: string;
  /** What happened to it as a whole. */
  readonly fate?: "added" | "removed" | "restored" | "moved" | "renumbered";
  /** Where it went, as the two places' names. */
  readonly places?: { readonly from: string; readonly to: string };
  readonly changes: readonly { readonly field: string; readonly lang?: string; readonly change: Change }[];
}

/** Differences by element, in the order in which the elements come first. */
export function byElement(differences: readonly Difference[], nameOf: (id: string, kind: string, code: string) => string): Changed[] {
  const all = new Map<string, Changed>();
  for (const one of differences) {
    const before = all.get(one.element) ?? {
      element: one.element,
      kind: one.kind,
      code: one.code ?? "",
      label: one.label ?? "",
      codeBefore: one.code_before ?? "",
      changes: [],
    };
    all.set(one.element, { ...before, ...toldOf(one, before, nameOf) });
  }
  return [...all.values()];
}

function toldOf(one: Difference, before: Changed, nameOf: (id: string, kind: string, code: string) => string): Partial<Changed> {
  const put = (field: string, change: Change, lang?: string | null): Partial<Changed> => ({
    changes: [...before.changes, { field, change, ...(lang ? { lang } : {}) }],
  });
  switch (one.change) {
    case "set":
      return put(one.field, {
        form: "values",
        ...(isGiven(one.from) ? { from: one.from ?? null } : {}),
        ...(isGiven(one.to) ? { to: one.to ?? null } : {}),
      });
    case "text":
      return put(one.field, { form: "words", segments: one.segments, isPart: false }, one.lang);
    case "added":
    case "moved": {
      const name = (place: typeof one.from) => (place ? nameOf(place.element, place.kind, place.code ?? "") : "");
      return { fate: one.change, places: { from: name(one.from), to: name(one.to) } };
    }
    case "removed":
    case "restored":
      return { fate: one.change };
    case "renumbered":
      return before.fate ? {} : { fate: one.change };
  }
}
