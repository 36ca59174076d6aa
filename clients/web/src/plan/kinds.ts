// The table of kinds, as the server gives it, ready to be asked.

import type { ElementKind, FieldOfKind, KindOfLink, KindsAnswer } from "../api/schema";

export type { ElementKind, FieldOfKind, KindOfLink };

/** What a kind may stand under at the top of the plan. */
export const TOP = "-";

export class Kinds {
  readonly #elements: Map<string, ElementKind>;
  readonly #ranks: Map<string, number>;
  readonly #links: Map<string, KindOfLink>;

  constructor(readonly table: KindsAnswer) {
    this.#elements = new Map(table.elements.map((kind) => [kind.name, kind]));
    this.#ranks = new Map(table.elements.map((kind, index) => [kind.name, index]));
    this.#links = new Map(table.links.map((kind) => [kind.name, kind]));
  }

  /** A kind of element. */
  element(name: string): ElementKind | undefined {
    return this.#elements.get(name);
  }

  /** A kind of link. */
  link(name: string): KindOfLink | undefined {
    return this.#links.get(name);
  }

  /** Where a kind stands among its siblings: as in the table. */
  rank(name: string): number {
    return this.#ranks.get(name) ?? this.#ranks.size;
  }

  /** Kinds that may stand under one; `null` is the top of the plan. */
  under(parent: string | null): ElementKind[] {
    return this.table.elements.filter((kind) =>
      parent === null
        ? kind.parents.includes(TOP)
        : kind.parents.includes(parent) || (kind.parents.includes("*") && kind.name !== "plan"),
    );
  }
}
