// What this browser verified last of each plan: the other side of every consistency proof. It is
// replaced only by what goes on from it; another log puts it aside, and a failure leaves it as it is.

/** A checkpoint that was verified, exactly as the server signed it. */
export interface Kept {
  readonly plan: string;
  /** The verifier key. */
  readonly key: string;
  /** The signed note. */
  readonly note: string;
  readonly size: number;
  /** When it was verified, RFC 3339. */
  readonly verifiedAt: string;
}

/** Where checkpoints are kept: IndexedDB in the page, a map in tests. */
export interface Keeper {
  last(plan: string): Promise<Kept | undefined>;
  /** Keeps `now` in the place of what it goes on from; a longer log that another tab kept stays. */
  keep(now: Kept): Promise<void>;
  /** Puts what is kept aside, because somebody decided that another log begins. */
  putAside(plan: string): Promise<void>;
}

/** Whether `now` may stand in the place of `before`. */
export function goesOn(before: Kept | undefined, now: Kept): boolean {
  return before === undefined || (before.key === now.key && before.size <= now.size);
}
