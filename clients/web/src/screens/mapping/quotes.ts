// Whether what a source prints of a former text is what that text says: case, punctuation, spaces and a leading
// "By <year>," do not count.

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

/** A text as it is compared: its words in lower case, one space between them. */
export function folded(text: string): string {
  const words = text.normalize("NFKC").toLowerCase().match(WORDS) ?? [];
  const isDated = words[0] === "by" && /^\d{4}$/.test(words[1] ?? "");
  return words.slice(isDated ? 2 : 0).join(" ");
}

/** Both texts as far as they count: without the year in front, and where only the case differs, as the former has it. */
export function counting(former: string, printed: string): [former: string, printed: string] {
  const spelling = new Map((former.match(WORDS) ?? []).map((word) => [word.toLowerCase(), word]));
  const undated = (text: string) => text.replace(/^by \d{4},\s*/i, "");
  return [undated(former), undated(printed).replaceAll(WORDS, (word) => spelling.get(word.toLowerCase()) ?? word)];
}

/** Whether a quotation is part of what is quoted. */
export function isFaithful(printed: string, former: string): boolean {
  return ` ${folded(former)} `.includes(` ${folded(printed)} `);
}
