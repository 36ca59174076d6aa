// A text in CodeMirror: what is typed leaves as splices at once, what others type comes in without moving the
// caret, undo takes back only what was typed here, and others' carets stand where they are.

import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { Annotation, EditorState, type Extension, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType, keymap } from "@codemirror/view";

import type { Splice } from "../../plan/replica";
import type { Bureau } from "../../api/schema";

/** Somebody else's caret, UTF-16 units. */
export interface Caret {
  at: number;
  name: string;
  bureau: Bureau;
}

export interface Handlers {
  typed(splices: Splice[]): void;
  /** The caret or selection, UTF-16 units; `null` when the field is left. */
  moved(selection: { anchor: number; head: number } | null): void;
}

const remote = Annotation.define<true>();
const setCarets = StateEffect.define<Caret[]>();

class CaretWidget extends WidgetType {
  constructor(readonly caret: Caret) {
    super();
  }

  override eq(other: CaretWidget): boolean {
    return other.caret.name === this.caret.name && other.caret.bureau === this.caret.bureau;
  }

  toDOM(): HTMLElement {
    const mark = document.createElement("span");
    mark.className = `caret-of-other ${this.caret.bureau.toLowerCase()}`;
    mark.setAttribute("aria-hidden", "true");
    const label = document.createElement("span");
    label.textContent = `${this.caret.bureau} ${this.caret.name}`;
    mark.append(label);
    return mark;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

const carets = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    let set = before.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setCarets)) continue;
      const length = transaction.newDoc.length;
      const marks = effect.value.map((caret) =>
        Decoration.widget({ widget: new CaretWidget(caret), side: 1 }).range(Math.min(caret.at, length)),
      );
      set = Decoration.set(marks, true);
    }
    return set;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** One line: what would be more is put together. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.annotation(remote) || !transaction.newDoc.toString().includes("\n")) {
    return transaction;
  }
  const changes: { from: number; to: number; insert: string }[] = [];
  transaction.changes.iterChanges((from, to, _start, _end, inserted) => {
    changes.push({ from, to, insert: inserted.toString().replace(/\s*\n\s*/g, " ") });
  });
  return { changes, selection: undefined, scrollIntoView: true };
});

export interface Options {
  parent: HTMLElement;
  text: string;
  label: string;
  describedBy: string;
  isLong: boolean;
  isReadOnly: boolean;
  lang: string;
  handlers: Handlers;
}

export class TextEditor {
  readonly #view: EditorView;

  constructor({ parent, text, label, describedBy, isLong, isReadOnly, lang, handlers }: Options) {
    const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
    const extensions: Extension[] = [
      // Only this ends a line: a text may hold other signs that some take for one.
      EditorState.lineSeparator.of("\n"),
      EditorView.cspNonce.of(nonce),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": describedBy,
        "aria-multiline": String(isLong),
        "aria-readonly": String(isReadOnly),
        lang,
        dir: "auto",
        spellcheck: "true",
        autocapitalize: "sentences",
      }),
      EditorView.perLineTextDirection.of(true),
      EditorState.readOnly.of(isReadOnly),
      history(),
      keymap.of([...historyKeymap, ...standardKeymap]),
      carets,
      EditorView.updateListener.of((update) => {
        const splices: Splice[] = [];
        for (const transaction of update.transactions) {
          if (!transaction.docChanged || transaction.annotation(remote)) continue;
          transaction.changes.iterChanges((from, to, at, _end, inserted) => {
            splices.push({ at, removed: to - from, inserted: inserted.toString() });
          });
        }
        if (splices.length > 0) handlers.typed(splices);
        const { anchor, head } = update.state.selection.main;
        if (update.focusChanged && !update.view.hasFocus) handlers.moved(null);
        else if (update.view.hasFocus && (update.selectionSet || update.focusChanged || update.docChanged)) {
          handlers.moved({ anchor, head });
        }
      }),
    ];
    if (!isLong) extensions.push(oneLine);
    this.#view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
  }

  /** What others typed. */
  follow(splices: Splice[]): void {
    for (const { at, removed, inserted } of splices) {
      const { length } = this.#view.state.doc;
      const from = Math.min(at, length);
      this.#view.dispatch({
        changes: { from, to: Math.min(length, from + removed), insert: inserted },
        // Undo is for what was typed here.
        annotations: [remote.of(true), Transaction.addToHistory.of(false)],
      });
    }
  }

  /** Where others are. */
  show(others: Caret[]): void {
    this.#view.dispatch({ effects: setCarets.of(others) });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }
}
