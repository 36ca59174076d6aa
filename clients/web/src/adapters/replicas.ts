// What a tab keeps of a plan, in IndexedDB: the document as of an entry, changes that are not yet on the server,
// and what has to be known to show them while no server answers.  A tab has a slot of its own, held by a lock; what
// a closed tab left is taken over by another that is open, or by the next.
//
// Writes are made in the order in which they were asked for.  Once one fails the document is kept no more: it could
// hold changes that nobody would send.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { KindsAnswer, Stage } from "../api/schema";
import type { Pending } from "../collab/collab";
import type { Keeper, Kept } from "../plan/desk";

/** What the server said of a plan when it was last asked. */
export interface About {
  title: string;
  stage: Stage;
  kinds: KindsAnswer;
}

interface Schema extends DBSchema {
  replicas: { key: [string, string, number]; value: Kept };
  pending: { key: [string, string, number, string]; value: { pending: Pending; order: number } };
  about: { key: [string, string]; value: About };
}

const DATABASE = "plenary-plans";
const STORES = ["replicas", "pending", "about"] as const;
/** Tabs of one person in one plan that keep what they have; one more works and keeps nothing. */
const SLOTS_MAX = 16;

/** The place of one tab. */
export class Slot implements Keeper {
  #order = 0;
  #last: Promise<unknown> = Promise.resolve();
  #hasFailed = false;

  private constructor(
    readonly database: IDBPDatabase<Schema>,
    readonly plan: string,
    readonly subject: string,
    readonly slot: number,
    readonly locks: LockManager,
    readonly release: () => void,
  ) {}

  /** Takes the first slot that no other tab holds. */
  static async take(plan: string, subject: string, locks: LockManager = navigator.locks): Promise<Slot | null> {
    const database = await openDB<Schema>(DATABASE, 2, {
      upgrade(made) {
        for (const store of STORES) if (!made.objectStoreNames.contains(store)) made.createObjectStore(store);
      },
    });
    for (let slot = 0; slot < SLOTS_MAX; slot += 1) {
      const release = await hold(locks, lockOf(plan, subject, slot));
      if (!release) continue;
      const taken = new Slot(database, plan, subject, slot, locks, release);
      taken.#order = ((await taken.#of(slot)).at(-1)?.order ?? -1) + 1;
      await taken.takeOver();
      return taken;
    }
    database.close();
    return null;
  }

  /** The document, if one was kept. */
  async kept(): Promise<Kept | undefined> {
    return this.database.get("replicas", [this.plan, this.subject, this.slot]);
  }

  /** Changes not yet on the server. */
  async waiting(): Promise<Pending[]> {
    return (await this.#of(this.slot)).map(({ pending }) => pending);
  }

  /** What the server said of the plan. */
  async about(): Promise<About | undefined> {
    return this.database.get("about", [this.plan, this.subject]);
  }

  /** Keeps what the server says of the plan. */
  note(about: About): void {
    this.#then(() => this.database.put("about", about, [this.plan, this.subject]));
  }

  /** Keeps the document. */
  keep(kept: Kept): void {
    this.#then(async () => {
      if (!this.#hasFailed) await this.database.put("replicas", kept, [this.plan, this.subject, this.slot]);
    });
  }

  add(pending: Pending): void {
    const order = this.#order++;
    this.#then(() => this.database.put("pending", { pending, order }, this.#key(pending)));
  }

  drop(pending: readonly Pending[]): void {
    this.#then(() => this.#write([], pending));
  }

  replace(kept: Kept | null, out: readonly Pending[], made: readonly Pending[]): void {
    this.#then(() => this.#write(made, out, kept));
  }

  /** Waits until all that was asked for is written; tells whether it is. */
  async settled(): Promise<boolean> {
    await this.#last;
    return !this.#hasFailed;
  }

  /** Lets the slot go, when all is written. */
  async close(): Promise<void> {
    await this.#last;
    this.release();
    this.database.close();
  }

  #then(write: () => Promise<unknown>): void {
    this.#last = this.#last.then(write).catch(() => {
      this.#hasFailed = true;
    });
  }

  /** One transaction; a `kept` of `null` takes the document away. */
  async #write(made: readonly Pending[], out: readonly Pending[], kept?: Kept | null): Promise<void> {
    const transaction = this.database.transaction(["replicas", "pending"], "readwrite");
    const [replicas, pending] = [transaction.objectStore("replicas"), transaction.objectStore("pending")];
    const here: [string, string, number] = [this.plan, this.subject, this.slot];
    for (const one of out) void pending.delete(this.#key(one));
    for (const one of made) void pending.put({ pending: one, order: this.#order++ }, this.#key(one));
    if (kept && !this.#hasFailed) void replicas.put(kept, here);
    else if (kept !== undefined) void replicas.delete(here);
    await transaction.done;
  }

  /**
   * Makes what closed tabs left this slot's, and gives it; each tab's in one transaction, so that nothing is there
   * twice or not at all.
   */
  async takeOver(): Promise<Pending[]> {
    const taken: Pending[] = [];
    for (let slot = 0; slot < SLOTS_MAX; slot += 1) {
      if (slot === this.slot || (await this.#of(slot)).length === 0) continue;
      const release = await hold(this.locks, lockOf(this.plan, this.subject, slot));
      if (!release) continue;
      const left = await this.#of(slot);
      const transaction = this.database.transaction(["replicas", "pending"], "readwrite");
      const pending = transaction.objectStore("pending");
      for (const one of left) {
        void pending.put({ ...one, order: this.#order++ }, this.#key(one.pending));
        void pending.delete([this.plan, this.subject, slot, one.pending.id]);
      }
      void transaction.objectStore("replicas").delete([this.plan, this.subject, slot]);
      await transaction.done;
      release();
      taken.push(...left.map(({ pending }) => pending));
    }
    return taken;
  }

  async #of(slot: number): Promise<{ pending: Pending; order: number }[]> {
    const range = IDBKeyRange.bound([this.plan, this.subject, slot], [this.plan, this.subject, slot, []]);
    const found = await this.database.getAll("pending", range);
    return found.sort((one, other) => one.order - other.order);
  }

  #key({ id }: Pending): [string, string, number, string] {
    return [this.plan, this.subject, this.slot, id];
  }
}

/** Keeps nothing: where storage is not to be had, and for those who only read. */
export const nowhere: Keeper = { add: () => undefined, drop: () => undefined, replace: () => undefined };

function lockOf(plan: string, subject: string, slot: number): string {
  return `plenary/${plan}/${subject}/${slot}`;
}

/** Holds a lock until the function given back is called; `null` where another tab has it. */
async function hold(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => {
        resolve(release);
      });
    });
  });
}
