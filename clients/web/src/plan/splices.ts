// Splices of one text: what makes one text another, and the same edit in a text that others changed meanwhile.
// Positions are UTF-16 units; no letter of two units is ever cut.

/** A part of a text that changed. */
export interface Splice {
  at: number;
  removed: number;
  inserted: string;
}

/** What makes one text another: what is alike at both ends stays; `null` when they are the same. */
export function difference(before: string, after: string): Splice | null {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start -= 1;
  if (end > 0 && isLow(before.charCodeAt(before.length - end))) end -= 1;
  return { at: start, removed: before.length - start - end, inserted: after.slice(start, after.length - end) };
}

/** The edit that was made from `before`, in what stands now; `null` where both touch the same place. */
export function carried(splice: Splice, before: string, now: string): Splice | null {
  const others = difference(before, now);
  if (!others || splice.at + splice.removed <= others.at) return splice;
  if (splice.at < others.at + others.removed) return null;
  return { ...splice, at: splice.at + others.inserted.length - others.removed };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
