// Words of undo and redo.

export const undo = {
  undo: "Undo",
  redo: "Redo",
  keys: { undo: "Ctrl Z", redo: "Ctrl Shift Z" },
  /** A button with what it is about. */
  about: (word: string, what: string) => `${word}: ${what}`,
  nothing: { undo: "Nothing to undo", redo: "Nothing to redo" },
  field: (field: string, what: string) => `${field} of ${what}`,
  adding: (what: string) => `adding ${what}`,
  removing: (what: string) => `removing ${what}`,
  moving: (what: string) => `moving ${what}`,
  linking: (from: string, to: string) => `linking ${from} to ${to}`,
  unlinking: (from: string, to: string) => `taking away the link from ${from} to ${to}`,
  withMore: (what: string, others: string) => `${what}, and what went with it (${others} more)`,
  done: { undo: (what: string) => `Undone: ${what}`, redo: (what: string) => `Made again: ${what}` },
  overtaken: (what: string) => `${what}: others have changed it since, so it stays as it is.`,
};
