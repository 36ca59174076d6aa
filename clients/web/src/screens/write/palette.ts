// Finding: elements by display code or words, commands by words; the best first.

import type { IconName } from "../../design/Icon.svelte";
import type { Element, Plan } from "../../plan/view";
import { nameOf, titleOf } from "./names";

/** Something that can be found. */
export interface Item<T> {
  /** Where a list says who is who. */
  key: string;
  code: string;
  label: string;
  /** What it is, in a word or two. */
  kind: string;
  icon?: IconName;
  /** Why it cannot be taken. */
  forbidden?: string | null;
  value: T;
}

/** Most that a list shows. */
export const FOUND_MAX = 60;

/** The elements of a plan to be found by code and words. */
export function itemsOf(plan: Plan, elements: readonly Element[] = plan.elements): Item<Element>[] {
  return elements
    .filter((element) => !element.removed && element.kind !== "comment")
    .map((element) => ({
      key: element.id,
      code: element.code ?? "",
      label: nameOf(plan, element),
      kind: titleOf(element.kind),
      value: element,
    }));
}

/** What fits a question, the best first; everything, in order, where nothing is asked. */
export function search<T>(items: readonly Item<T>[], asked: string): Item<T>[] {
  const query = plain(asked).trim();
  if (query === "") return items.slice(0, FOUND_MAX);
  const words = query.split(/\s+/);
  const ranked: { item: Item<T>; rank: number; at: number }[] = [];
  items.forEach((item, at) => {
    const rank = rankOf(item, query, words);
    if (rank !== null) ranked.push({ item, rank, at });
  });
  ranked.sort((one, other) => one.rank - other.rank || one.at - other.at);
  return ranked.slice(0, FOUND_MAX).map(({ item }) => item);
}

/** How well an item fits, 0 best; `null` where it does not. */
function rankOf(item: Item<unknown>, query: string, words: readonly string[]): number | null {
  const [code, label, kind] = [plain(item.code), plain(item.label), plain(item.kind)];
  if (code !== "" && (code === query || `${kind} ${code}` === query)) return 0;
  if (label.startsWith(query)) return 1;
  if (code !== "" && code.startsWith(query)) return 2;
  const all = `${code} ${kind} ${label}`;
  if (words.every((word) => startsWord(all, word))) return 3;
  return words.every((word) => all.includes(word)) ? 4 : null;
}

function startsWord(text: string, start: string): boolean {
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!)) return true;
  }
  return false;
}

/** Letters without case and marks, so that `é` is found by `e`. */
export function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
