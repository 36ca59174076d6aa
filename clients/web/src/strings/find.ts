// Words of finding in all texts.

export const find = {
  label: "Find in all texts",
  keys: "Ctrl F",
  hint: "Words in any text, in any language",
  count: (number: string, of: string) => `${number} of ${of}`,
  none: "Nothing found",
  next: "Next",
  back: "Before",
  close: "Close",
  wrapped: { on: "From the beginning", back: "From the end" },
  at: (what: string, field: string) => `${what}, ${field}`,
};
