// Finding words in all texts of a plan: letters without case and marks, in reading order, each place with where it
// lies in its text as it is written (UTF-16 units).

import type { Plan } from "../../plan/view";

export interface Found {
  element: string;
  lang: string;
  field: string;
  at: number;
  length: number;
}

/** Comments are found too; what is removed is not. More than these are not gone through by anybody. */
export const FOUND_IN_TEXTS_MAX = 5_000;

/** A text as it is compared, and where each of its units came from. */
interface Folded {
  text: string;
  from: number[];
}

export function findInTexts(plan: Plan, asked: string): Found[] {
  const words = fold(asked.trim()).text;
  const found: Found[] = [];
  if (words === "") return found;
  for (const { id, text, removed } of plan.elements) {
    if (removed) continue;
    // The plan's own language is read first.
    const langs = Object.keys(text).sort((one, other) => Number(other === plan.language) - Number(one === plan.language));
    for (const lang of langs) {
      for (const [field, written] of Object.entries(text[lang]!)) {
        for (const { at, length } of placesIn(written, words)) {
          found.push({ element: id, lang, field, at, length });
          if (found.length >= FOUND_IN_TEXTS_MAX) return found;
        }
      }
    }
  }
  return found;
}

/** Where folded words stand in a text. */
export function placesIn(written: string, words: string): { at: number; length: number }[] {
  if (words === "") return [];
  const { text, from } = fold(written);
  const places: { at: number; length: number }[] = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
    const [start, end] = [from[at]!, from[at + words.length] ?? written.length];
    places.push({ at: start, length: end - start });
  }
  return places;
}

/** Letters without case and marks: `é` is `e`. */
export function fold(written: string): Folded {
  let text = "";
  const from: number[] = [];
  let at = 0;
  for (const letter of written) {
    const plain = letter.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
    for (let unit = 0; unit < plain.length; unit += 1) from.push(at);
    text += plain;
    at += letter.length;
  }
  return { text, from };
}

/** The next or the one before, by its place; the first follows the last. */
export function stepIn(count: number, index: number, by: 1 | -1): { index: number; isWrapped: boolean } {
  if (count === 0) return { index: -1, isWrapped: false };
  const next = index < 0 ? (by > 0 ? 0 : count - 1) : (index + by + count) % count;
  return { index: next, isWrapped: index >= 0 && (by > 0 ? next <= index : next >= index) };
}

/** The first place at or after an element: from there one goes on when words are typed. */
export function nearestTo(plan: Plan, found: readonly Found[], element: string): number {
  if (found.length === 0) return -1;
  const places = new Map(plan.elements.map(({ id }, at) => [id, at]));
  const here = places.get(element) ?? 0;
  const at = found.findIndex((one) => (places.get(one.element) ?? 0) >= here);
  return Math.max(at, 0);
}
