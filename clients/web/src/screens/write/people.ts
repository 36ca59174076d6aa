// Others who are here: each person once, where they were last.

import type { Person } from "../../wire/messages";

/** People by who they are; of several connections of one the one in a text counts, else the last. */
export function peopleOf(connections: readonly Person[]): Person[] {
  const found = new Map<string, Person>();
  for (const person of connections) {
    const before = found.get(person.subject);
    if (!before?.state?.selection) found.set(person.subject, person);
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** The first letters of first and last word of a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((word) => [...word][0]!.toUpperCase()).join("");
}
