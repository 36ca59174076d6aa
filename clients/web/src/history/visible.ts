// Characters that are not seen, or that turn or steer what is read: shown by their numbers wherever
// somebody judges what was written. What scripts and pictures need is left as it is: joiners between letters
// that are not Latin, the selector after a symbol, marks on a letter. As in `protocol/src/visible.rs`; both
// are held against its table.

const NEVER_SEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const CONTROL = /\p{Cc}/u;
const JOINER = /[\u200c\u200d]/u;
const MARK = /[\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/u;
const SYMBOL = /[#*0-9\u00a9\u00ae\u203c-\u3299\u{1f000}-\u{1faff}]/u;
const numberOf = (char: string) => char.codePointAt(0) ?? 0;

function isNeverSeen(char: string): boolean {
  return NEVER_SEEN.test(char) || (numberOf(char) & 0xfffe) === 0xfffe;
}

const joins = (char: string) => char !== "" && numberOf(char) > 0x2ff && !isNeverSeen(char) && !JOINER.test(char);

function isHidden(before: string, char: string, after: string, afterThat: string): boolean {
  if (char === "\n" || char === "\t") return false;
  if (JOINER.test(char)) return !(joins(before) && joins(after));
  if (char === "\ufe0f") return !(SYMBOL.test(before) && !isNeverSeen(before));
  // What looks like a number of ours and was written so.
  if (char === "\u27e8") return after === "U" && afterThat === "+";
  if (MARK.test(char)) return before === "" || /[\s\u0085]/u.test(before) || CONTROL.test(before) || isNeverSeen(before);
  return CONTROL.test(char) || isNeverSeen(char);
}

export function visible(text: string): string {
  const chars = [...text];
  return chars
    .map((char, at) =>
      isHidden(chars[at - 1] ?? "", char, chars[at + 1] ?? "", chars[at + 2] ?? "")
        ? `\u27e8U+${numberOf(char).toString(16).toUpperCase().padStart(4, "0")}\u27e9`
        : char,
    )
    .join("");
}
