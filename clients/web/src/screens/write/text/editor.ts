// One text in CodeMirror, joined to the plan: what is typed leaves at once as splices, what others type comes in
// without moving the caret, undo takes back only what was typed here, and others' carets stand where they are.

import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { EditorState, type Extension, Transaction } from "@codemirror/state";
import { EditorView, type ViewUpdate, keymap, placeholder } from "@codemirror/view";

import type { Bureau } from "../../../api/schema";
import { type Splice, difference } from "../../../plan/splices";
import { Anchor, type Anchored } from "./anchor";
import { type Caret, carets, setCarets } from "./carets";
import { lines } from "./lines";
import { type Due, TextSync, changesOf } from "./sync";

/** The text in the plan. */
export interface TextPort {
  text(): string;
  /** Writes, as one change. */
  write(splices: Splice[]): void;
  /** The last entry. */
  seq(): number;
}

/** Somebody else in this text, as they told it. */
export interface Other {
  session: string;
  name: string;
  bureau: Bureau;
  anchor: Anchored;
  head: Anchored;
}

export interface Options {
  parent: HTMLElement;
  port: TextPort;
  /** Attributes of what is written in: how it is called, its language. */
  attributes: Record<string, string>;
  isOneLine: boolean;
  hint: string;
  /** The caret has moved, or (`null`) gone. */
  moved(): void;
  /** A key leaves the field: `Enter` in a text of one line, `Escape` in any. */
  left(key: "Enter" | "Escape"): void;
}

/** So long after a composition ends its last letters may still come, ms. */
const AFTER_COMPOSITION_MS = 80;

export class TextEditor {
  readonly #view: EditorView;
  readonly #port: TextPort;
  #sync = new TextSync();
  #anchor: Anchor;
  /** Of the text in the plan. */
  #length: number;
  /** The last entry that others changed the text with. */
  #followed = 0;
  #others: readonly Other[] = [];
  #composed: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: Options) {
    this.#port = options.port;
    const text = this.#port.text();
    this.#anchor = new Anchor(text);
    this.#length = text.length;
    this.#view = new EditorView({
      parent: options.parent,
      state: EditorState.create({ doc: text, extensions: this.#extensions(options) }),
    });
  }

  /** Others changed the text of the plan, or it is another one. */
  follow(splices: Splice[], seq: number): void {
    if (splices.some(({ removed }) => removed === Number.MAX_SAFE_INTEGER)) {
      this.#takeAnew();
      return;
    }
    const changes = changesOf(splices, this.#length);
    this.#followed = seq;
    this.#anchor.came(seq, changes);
    const due = this.#sync.changed(splices, this.#length);
    this.#length = changes.newLength;
    this.#carry(due);
    this.#showCarets();
    this.options.moved();
  }

  /** An entry has come; where it changed this text and was not followed, it is what was written here. */
  entry(seq: number, isOfThis: boolean): void {
    if (isOfThis && seq !== this.#followed) this.#anchor.became(seq);
    if (this.#others.some((other) => other.head.base === seq)) this.#showCarets();
  }

  /** Where others are. */
  show(others: readonly Other[]): void {
    this.#others = others;
    this.#showCarets();
  }

  /** The caret or selection as others will read it; `null` where nobody is in the text, or it is being composed. */
  selection(): { base: number; anchor: number; head: number } | null {
    if (!this.#view.hasFocus || !this.#sync.isEven) return null;
    const { anchor, head } = this.#view.state.selection.main;
    const [from, to] = [this.#anchor.tell(anchor, this.#port.seq()), this.#anchor.tell(head, this.#port.seq())];
    return { base: from.base, anchor: from.at, head: to.at };
  }

  focus(): void {
    this.#view.focus();
    this.#view.dispatch({ selection: { anchor: this.#view.state.doc.length } });
  }

  destroy(): void {
    clearTimeout(this.#composed);
    this.#carry(this.#sync.composing(false));
    this.#view.destroy();
  }

  #extensions({ attributes, isOneLine, hint, left }: Options): Extension[] {
    const leave = (key: "Enter" | "Escape") => ({ key, run: () => (left(key), true) });
    const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
    return [
      // Only this ends a line: positions are then those of the plan.
      EditorState.lineSeparator.of("\n"),
      lines(isOneLine),
      EditorView.cspNonce.of(nonce),
      EditorView.lineWrapping,
      EditorView.perLineTextDirection.of(true),
      EditorView.contentAttributes.of({
        "aria-multiline": String(!isOneLine),
        dir: "auto",
        spellcheck: "true",
        autocorrect: "on",
        autocapitalize: "sentences",
        ...attributes,
      }),
      placeholder(hint),
      history(),
      keymap.of([...(isOneLine ? [leave("Enter")] : []), leave("Escape"), ...historyKeymap, ...standardKeymap]),
      carets,
      EditorView.updateListener.of((update) => this.#updated(update)),
      EditorView.domEventHandlers({
        compositionstart: () => {
          clearTimeout(this.#composed);
          this.#carry(this.#sync.composing(true));
        },
        compositionend: () => {
          this.#composed = setTimeout(() => this.#carry(this.#sync.composing(false)), AFTER_COMPOSITION_MS);
        },
      }),
    ];
  }

  #updated(update: ViewUpdate): void {
    for (const transaction of update.transactions) {
      if (!transaction.docChanged || transaction.annotation(Transaction.remote)) continue;
      this.#carry(this.#sync.typed(transaction.changes));
    }
    if (update.selectionSet || update.docChanged || update.focusChanged) this.options.moved();
  }

  #carry({ splices, changes }: Due): void {
    if (splices.length > 0) {
      const made = changesOf(splices, this.#length);
      this.#port.write(splices);
      this.#length = made.newLength;
      this.#anchor.made(made);
    }
    if (changes) {
      const annotations = [Transaction.remote.of(true), Transaction.addToHistory.of(false)];
      this.#view.dispatch({ changes, annotations });
    }
  }

  #takeAnew(): void {
    clearTimeout(this.#composed);
    const text = this.#port.text();
    const shown = this.#view.state.doc.sliceString(0, undefined, "\n");
    [this.#sync, this.#anchor, this.#length] = [new TextSync(), new Anchor(text), text.length];
    const changed = difference(shown, text);
    if (changed) this.#carry({ splices: [], changes: changesOf([changed], shown.length) });
    this.#showCarets();
  }

  #showCarets(): void {
    if (!this.#sync.isEven) return;
    const seq = this.#port.seq();
    const shown: Caret[] = [];
    for (const { anchor, head, ...who } of this.#others) {
      const [from, to] = [this.#anchor.read(anchor, seq), this.#anchor.read(head, seq)];
      if (from !== null && to !== null) shown.push({ ...who, anchor: from, head: to });
    }
    this.#view.dispatch({ effects: setCarets.of(shown) });
  }
}
