// The place of an element among its siblings, as `protocol/src/plan/order.rs` has it: a fractional index over
// the digits 0-9A-Za-z.  Between any two different keys there is always another.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Orders keys and ids as the server does: by their bytes. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A key after `low` and before `high`; an empty `low` is the start, an empty `high` the end. */
export function between(low: string, high: string): string {
  const isLast = high === "" || low >= high;
  return isLast && isOrder(low) ? after(low) : inside(low, high);
}

function isOrder(key: string): boolean {
  return key !== "" && [...key].every((letter) => DIGITS.includes(letter)) && !key.endsWith("0");
}

/** The next key after all others: counted up by one; when that is full, with as many digits more. */
function after(low: string): string {
  let digits = [...low].map(digit);
  const place = digits.findLastIndex((one) => one + 1 < DIGITS.length);
  if (place >= 0) digits = digits.map((one, index) => (index < place ? one : index === place ? one + 1 : 0));
  else digits = [...digits, ...digits.map(() => 0)];
  if (digits.at(-1) === 0) digits[digits.length - 1] = 1;
  return digits.map((one) => DIGITS[one]).join("");
}

function inside(low: string, upper: string): string {
  const high = upper === "" || low < upper ? upper : "";
  let key = "";
  let bounded = high !== "";
  for (let place = 0; ; place += 1) {
    const from = place < low.length ? digit(low[place]!) : 0;
    const to = bounded ? (place < high.length ? digit(high[place]!) : 0) : DIGITS.length;
    if (from + 1 < to) {
      // At the open end go up by a small step, so that what follows finds room.
      const step = bounded ? Math.floor((to - from) / 2) : Math.max(1, Math.floor((to - from) / 8));
      return key + DIGITS[from + step];
    }
    key += DIGITS[from];
    if (bounded && from < to) bounded = false;
  }
}

function digit(letter: string): number {
  return Math.max(0, DIGITS.indexOf(letter));
}
