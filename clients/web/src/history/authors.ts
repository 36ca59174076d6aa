// Who wrote which words: the authors of an element's texts, each with a mark of its own, and the runs of
// characters that are theirs.

import type { BlameAnswer, Bureau, Origin } from "./types";

export interface Author {
  readonly subject: string;
  readonly name: string;
  readonly bureau: Bureau;
  /** The Bureau's letters, with a number where several people of it wrote. */
  readonly mark: string;
  /** Characters that stand. */
  readonly characters: number;
}

export interface AuthoredRun {
  readonly text: string;
  readonly author?: Author;
  readonly origin?: Origin;
  /** Who deleted it; absent where it stands. */
  readonly deletedBy?: Origin;
}

export interface AuthoredText {
  readonly field: string;
  readonly lang: string;
  readonly runs: readonly AuthoredRun[];
}

/** Authors, most characters first, and texts with their runs. */
export function authorsOf(blame: BlameAnswer): { authors: Author[]; texts: AuthoredText[] } {
  const origins = new Map(blame.entries.map((origin) => [origin.seq, origin]));
  const counts = new Map<string, number>();
  for (const field of blame.fields) {
    for (const run of field.runs ?? []) {
      const origin = run.seq == null ? undefined : origins.get(run.seq);
      if (!origin) continue;
      const standing = run.deleted == null ? Array.from(run.text).length : 0;
      counts.set(origin.subject, (counts.get(origin.subject) ?? 0) + standing);
    }
  }
  const people = new Map<string, Origin>();
  for (const origin of blame.entries) if (counts.has(origin.subject)) people.set(origin.subject, origin);
  const authors = new Map(
    Array.from(people.values(), (origin) => {
      const colleagues = [...people.values()].filter((other) => other.bureau === origin.bureau);
      const number = colleagues.length > 1 ? String(colleagues.indexOf(origin) + 1) : "";
      const { subject, name, bureau } = origin;
      return [subject, { subject, name, bureau, mark: bureau + number, characters: counts.get(subject) ?? 0 }] as const;
    }),
  );
  const texts = blame.fields.flatMap((field) =>
    field.runs && field.runs.length > 0
      ? [{
          field: field.field,
          lang: field.lang ?? "",
          runs: field.runs.map((run): AuthoredRun => {
            const origin = run.seq == null ? undefined : origins.get(run.seq);
            const author = origin && authors.get(origin.subject);
            const deletedBy = run.deleted == null ? undefined : origins.get(run.deleted);
            return { text: run.text, ...(origin ? { origin } : {}), ...(author ? { author } : {}), ...(deletedBy ? { deletedBy } : {}) };
          }),
        }]
      : [],
  );
  return { authors: [...authors.values()].toSorted((one, other) => other.characters - one.characters), texts };
}
