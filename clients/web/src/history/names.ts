// What ids in entries are called: an element by kind and display code, a link by its two ends. Codes are
// those of one point of the plan; an id that is not known there keeps its own name.

import { valuesOf } from "./outline";
import { visible } from "./visible";
import type { ElementView, PlanView, Value } from "./types";

/** The words that names are made of. */
export interface NameWords {
  readonly thePlan: string;
  readonly kind: (kind: string) => string;
  readonly yes: string;
  readonly no: string;
  readonly nothing: string;
}

export class Names {
  readonly #words: NameWords;
  readonly #plan: string;
  readonly #known = new Map<string, string>();
  readonly #labels = new Map<string, string>();
  /** Elements that no text is known by. */
  readonly #wordless = new Map<string, ElementView>();

  constructor(words: NameWords, view?: PlanView) {
    this.#words = words;
    this.#plan = view?.id ?? "";
    const language = typeof view?.plan["language"] === "string" ? view.plan["language"] : "en";
    for (const element of view?.elements ?? []) {
      this.#known.set(element.id, `${words.kind(element.kind)} ${element.code ?? element.id}`);
      const label = labelOf(element, language);
      if (label !== "") this.#labels.set(element.id, visible(label));
      else this.#wordless.set(element.id, element);
    }
    for (const link of view?.links ?? []) {
      this.#known.set(link.id, `${this.of(link.from)} ${words.kind(link.kind)} ${this.of(link.to)}`);
    }
  }

  /** What an id is called in a sentence. */
  of(id: string, kind = ""): string {
    if (id === "plan") return this.#words.thePlan;
    return this.#known.get(id) ?? (kind === "" ? id : `${this.#words.kind(kind)} ${id}`);
  }

  /** Its title or another text of it, else the values that it has: `actual, 64.5, 2022`. */
  label(id: string): string {
    const wordless = this.#wordless.get(id);
    if (wordless) return valuesOf(wordless).map((value) => this.value(value as Value)).join(", ");
    return this.#labels.get(id) ?? "";
  }

  knows(id: string): boolean {
    return this.#known.has(id);
  }

  /** A value in words: an id of this plan by its name. */
  value(value: Value | undefined): string {
    if (value === undefined || value === null || value === "") return this.#words.nothing;
    if (typeof value === "boolean") return value ? this.#words.yes : this.#words.no;
    if (typeof value === "number") return String(value);
    if (typeof value === "string") return this.#known.get(value) ?? visible(value);
    if (Array.isArray(value)) {
      return value.length === 0 ? this.#words.nothing : value.map((member) => this.#known.get(member) ?? visible(member)).join(", ");
    }
    const name = value.plan === this.#plan ? this.of(value.element) : `${value.plan}/${value.element}`;
    return "field" in value ? `${name}, ${value.field}` : name;
  }
}

/** The title of an element, or the start of another text of it, in a language where it has one. */
export function labelOf(element: ElementView, language: string): string {
  const texts = element.text as Record<string, Record<string, string>> | undefined;
  const own = texts?.[language] ?? Object.values(texts ?? {})[0] ?? {};
  return own["title"] ?? own["statement"] ?? own["name"] ?? own["text"] ?? Object.values(own)[0] ?? "";
}
