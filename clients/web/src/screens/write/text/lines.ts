// What may stand in a text: line ends are `\n` alone, and a text of one line has none.

import { EditorState, type Extension, Transaction } from "@codemirror/state";

/** Keeps carriage returns out, and line ends too where a text is one line; others' changes are let through. */
export function lines(isOneLine: boolean): Extension {
  return EditorState.transactionFilter.of((transaction) => {
    if (!transaction.docChanged || transaction.annotation(Transaction.remote)) return transaction;
    let isClean = true;
    const changes: { from: number; to: number; insert: string }[] = [];
    let end = 0;
    let shift = 0;
    transaction.changes.iterChanges((from, to, _fromB, _toB, inserted) => {
      const given = inserted.sliceString(0, inserted.length, "\n");
      const insert = clean(given, isOneLine);
      isClean &&= insert === given;
      changes.push({ from, to, insert });
      shift += insert.length - (to - from);
      end = to + shift;
    });
    if (isClean) return transaction;
    const userEvent = transaction.annotation(Transaction.userEvent);
    return { changes, selection: { anchor: end }, scrollIntoView: true, ...(userEvent ? { userEvent } : {}) };
  });
}

/** A text without carriage returns; of one line also without line ends. */
export function clean(text: string, isOneLine: boolean): string {
  const plain = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  return isOneLine ? plain.replaceAll(/[ \t]*\n\s*/g, " ") : plain;
}
