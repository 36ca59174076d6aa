// Where a place in a text on this screen lies for others, and the other way round.
//
// Others know a text as it stood at an entry (`base`), in code points; here it is ahead by what is not yet an
// entry.  The text at the last entry and the changes since are kept, so that either can be told from the other.

import { ChangeSet, Text } from "@codemirror/state";

import { fromCodePoints, toCodePoints } from "./sync";

/** A place in a text as others know it. */
export interface Anchored {
  base: number;
  at: number;
}

/** Entries that are remembered: a place at an older one is read as of the oldest. */
const ENTRIES_MAX = 200;

export class Anchor {
  /** The text at the last entry. */
  #text: Text;
  /** Changes made here that are no entries yet, each from the text after the one before. */
  #own: ChangeSet[] = [];
  #entries: { seq: number; before: Text; changes: ChangeSet }[] = [];

  constructor(text: string) {
    this.#text = textOf(text);
  }

  /** Something was changed here. */
  made(changes: ChangeSet): void {
    this.#own.push(changes);
  }

  /** An entry of somebody else changed the text, as it stands here. */
  came(seq: number, changes: ChangeSet): void {
    let back = changes;
    for (const own of this.#own.toReversed()) back = back.map(own.invertedDesc);
    this.#enter(seq, back);
    let others = back;
    this.#own = this.#own.map((own) => {
      const now = own.map(others);
      others = others.map(own, true);
      return now;
    });
  }

  /** The oldest change made here became an entry: they do in the order in which they were made. */
  became(seq: number): void {
    const changes = this.#own.shift();
    if (changes) this.#enter(seq, changes);
  }

  /** A place on this screen as others know it, when the last entry is `seq`. */
  tell(position: number, seq: number): Anchored {
    let at = position;
    for (const changes of this.#own.toReversed()) at = changes.invertedDesc.mapPos(Math.min(at, changes.newLength));
    return { base: seq, at: toCodePoints(this.#text, at) };
  }

  /** A place that others told, on this screen; `null` while its entry has not come, which is after `seq`. */
  read({ base, at }: Anchored, seq: number): number | null {
    if (base > seq) return null;
    const since = this.#entries.findIndex((entry) => entry.seq > base);
    const later = since < 0 ? [] : this.#entries.slice(since);
    let position = fromCodePoints(later[0]?.before ?? this.#text, at);
    for (const { changes } of later) position = changes.mapPos(position, 1);
    for (const changes of this.#own) position = changes.mapPos(position, 1);
    return position;
  }

  #enter(seq: number, changes: ChangeSet): void {
    this.#entries.push({ seq, before: this.#text, changes });
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift();
    this.#text = changes.apply(this.#text);
  }
}

function textOf(text: string): Text {
  return Text.of(text.split("\n"));
}
