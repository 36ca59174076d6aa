// Two sides of one text: what the plan has and what the field on screen shows.  While letters are being
// composed (an input method, a phone's keyboard), changes of both sides wait, each in its own coordinates;
// then they are carried over each other.  Positions are UTF-16 units.

import { ChangeSet, type Text } from "@codemirror/state";

import type { Splice } from "../../../plan/splices";

/** What is to be done on either side. */
export interface Due {
  /** For the plan, in order. */
  splices: Splice[];
  /** For the field. */
  changes: ChangeSet | null;
}

export class TextSync {
  /** Typed here, from the text that both sides had. */
  #local: ChangeSet | null = null;
  /** Changed by others, from the same text. */
  #remote: ChangeSet | null = null;
  #isComposing = false;

  /** Something was typed. */
  typed(changes: ChangeSet): Due {
    this.#local = this.#local ? this.#local.compose(changes) : changes;
    return this.#due();
  }

  /** Others changed the text of the plan, which had `length` before. */
  changed(splices: readonly Splice[], length: number): Due {
    const changes = changesOf(splices, length);
    this.#remote = this.#remote ? this.#remote.compose(changes) : changes;
    return this.#due();
  }

  /** Composing begins or ends. */
  composing(is: boolean): Due {
    this.#isComposing = is;
    return this.#due();
  }

  /** Whether both sides read the same. */
  get isEven(): boolean {
    return !this.#local && !this.#remote;
  }

  #due(): Due {
    if (this.#isComposing) return { splices: [], changes: null };
    const [local, remote] = [this.#local, this.#remote];
    this.#local = this.#remote = null;
    return {
      splices: local ? splicesOf(remote ? local.map(remote) : local) : [],
      changes: remote && local ? remote.map(local, true) : remote,
    };
  }
}

/** Splices, each in the text that those before it left, as one set of changes. */
export function changesOf(splices: readonly Splice[], length: number): ChangeSet {
  let all = ChangeSet.empty(length);
  for (const { at, removed, inserted } of splices) {
    const now = all.newLength;
    const from = Math.min(at, now);
    const to = Math.min(from + removed, now);
    all = all.compose(ChangeSet.of({ from, to, insert: inserted }, now, "\n"));
  }
  return all;
}

/** A set of changes as splices, each in the text that those before it left. */
export function splicesOf(changes: ChangeSet): Splice[] {
  const splices: Splice[] = [];
  changes.iterChanges((fromA, toA, fromB, _toB, inserted) => {
    splices.push({ at: fromB, removed: toA - fromA, inserted: inserted.sliceString(0, inserted.length, "\n") });
  });
  return splices;
}

/** Code points before a position of UTF-16 units. */
export function toCodePoints(text: Text, position: number): number {
  let count = 0;
  for (const _ of text.sliceString(0, position, "\n")) count += 1;
  return count;
}

/** The position in UTF-16 units after so many code points; the end where there are fewer. */
export function fromCodePoints(text: Text, count: number): number {
  let position = 0;
  let left = count;
  for (const letter of text.sliceString(0, text.length, "\n")) {
    if (left === 0) return position;
    position += letter.length;
    left -= 1;
  }
  return position;
}
