// Others' carets and selections in a text on screen: marks that move with the text until others say more.
// Their looks come from style sheets alone: the page's policy allows no style attributes.

import { type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

import type { Bureau } from "../../../api/schema";

/** Where somebody else is, UTF-16 units of the text on screen. */
export interface Caret {
  session: string;
  name: string;
  bureau: Bureau;
  anchor: number;
  head: number;
}

/** Says where all others are. */
export const setCarets = StateEffect.define<readonly Caret[]>();

/** The marks. */
export const carets = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setCarets)) return marksOf(effect.value, transaction.newDoc.length);
    }
    return before.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(others: readonly Caret[], length: number): DecorationSet {
  const marks: Range<Decoration>[] = [];
  for (const other of others) {
    const [anchor, head] = [Math.min(other.anchor, length), Math.min(other.head, length)];
    const colour = other.bureau.toLowerCase();
    if (anchor !== head) {
      const [from, to] = anchor < head ? [anchor, head] : [head, anchor];
      marks.push(Decoration.mark({ class: `others-selection ${colour}` }).range(from, to));
    }
    marks.push(Decoration.widget({ widget: new CaretWidget(other), side: 1 }).range(head));
  }
  return Decoration.set(marks, true);
}

class CaretWidget extends WidgetType {
  constructor(readonly caret: Caret) {
    super();
  }

  override eq(other: CaretWidget): boolean {
    const [one, two] = [this.caret, other.caret];
    return one.session === two.session && one.head === two.head;
  }

  override toDOM(): HTMLElement {
    const mark = document.createElement("span");
    mark.className = `others-caret ${this.caret.bureau.toLowerCase()}`;
    mark.dataset.session = this.caret.session;
    mark.setAttribute("aria-hidden", "true");
    // Shown by the style sheet, so that it is no part of the text.
    mark.dataset.who = `${this.caret.bureau} · ${this.caret.name}`;
    return mark;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
