// Where somebody was in a plan when they last left it, in this browser: the last entry that was there, and when.

export interface Seen {
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
}

const keyOf = (plan: string, subject: string) => `plenary.seen/${subject}/${plan}`;

/** Where they were; `null` where they never were here, or this browser keeps nothing. */
export function readSeen(plan: string, subject: string): Seen | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(plan, subject)) ?? "null") as Partial<Seen> | null;
    return typeof kept?.seq === "number" && typeof kept.at === "number" ? { seq: kept.seq, at: kept.at } : null;
  } catch {
    return null;
  }
}

/** Notes where they are; a browser that keeps nothing is left alone. */
export function noteSeen(plan: string, subject: string, seen: Seen): void {
  try {
    localStorage.setItem(keyOf(plan, subject), JSON.stringify(seen));
  } catch {
    // What cannot be kept is not told the next time.
  }
}
