// Who wants to hear of texts and entries, and what they are told.

import type { Entry } from "../history/types";
import { type Splice, type TextChanges, textKey } from "./replica";

/** Hears what became of a text, other than by who writes in it here, and with which entry. */
export type TextListener = (splices: Splice[], seq: number) => void;
type EntryListener = (entry: Entry) => void;

export class Listeners {
  readonly #texts = new Map<string, Set<TextListener>>();
  readonly #entries = new Set<EntryListener>();

  onText(element: string, lang: string, field: string, listener: TextListener): () => void {
    const key = textKey(element, lang, field);
    const listeners = this.#texts.get(key) ?? new Set();
    this.#texts.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#texts.get(key) === listeners) this.#texts.delete(key);
    };
  }

  onEntry(listener: EntryListener): () => void {
    this.#entries.add(listener);
    return () => {
      this.#entries.delete(listener);
    };
  }

  followed(texts: TextChanges, seq: number): void {
    for (const [key, splices] of texts) {
      for (const listener of this.#texts.get(key) ?? []) listener(splices, seq);
    }
  }

  /** Any text may be another one, so that nothing known of it before holds: told as one splice of all of it. */
  renewed(textOf: (element: string, lang: string, field: string) => string, seq: number): void {
    for (const [key, listeners] of [...this.#texts]) {
      const [element = "", lang = "", field = ""] = key.split("/");
      const whole = { at: 0, removed: Number.MAX_SAFE_INTEGER, inserted: textOf(element, lang, field) };
      for (const listener of listeners) listener([whole], seq);
    }
  }

  told(entry: Entry): void {
    for (const listener of this.#entries) listener(entry);
  }
}
