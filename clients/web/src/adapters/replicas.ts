// What a tab keeps of a plan, in IndexedDB: the document as of an entry, and changes that are not yet on the
// server.  A tab has a slot of its own, held by a lock; what a closed tab left is taken over by the next.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { Pending } from "../collab/collab";

/** A document as of an entry; what it was written under is not taken up again, it may have gone on since. */
export interface Kept {
  seq: number;
  leaf: string | null;
  document: Uint8Array;
}

interface Schema extends DBSchema {
  replicas: { key: [string, string, number]; value: Kept };
  pending: { key: [string, string, number, string]; value: { pending: Pending; order: number } };
}

const DATABASE = "plenary-plans";
/** Tabs of one person in one plan that keep what they have; one more works and keeps nothing. */
const SLOTS_MAX = 16;

/** The place of one tab. */
export class Slot {
  #order = 0;

  private constructor(
    readonly database: IDBPDatabase<Schema>,
    readonly plan: string,
    readonly subject: string,
    readonly slot: number,
    readonly release: () => void,
  ) {}

  /** Takes the first slot that no other tab holds. */
  static async take(plan: string, subject: string): Promise<Slot | null> {
    const database = await openDB<Schema>(DATABASE, 1, {
      upgrade(made) {
        made.createObjectStore("replicas");
        made.createObjectStore("pending");
      },
    });
    for (let slot = 0; slot < SLOTS_MAX; slot += 1) {
      const release = await hold(lockOf(plan, subject, slot));
      if (release) return new Slot(database, plan, subject, slot, release);
    }
    database.close();
    return null;
  }

  /** The document, if one was kept. */
  async kept(): Promise<Kept | undefined> {
    return this.database.get("replicas", [this.plan, this.subject, this.slot]);
  }

  /** Changes not yet on the server: this slot's, then those that closed tabs left, which become this slot's. */
  async waiting(): Promise<Pending[]> {
    const all = await this.#of(this.slot);
    for (let slot = 0; slot < SLOTS_MAX; slot += 1) {
      if (slot === this.slot) continue;
      const left = await this.#of(slot);
      if (left.length === 0) continue;
      const release = await hold(lockOf(this.plan, this.subject, slot));
      if (!release) continue;
      for (const pending of left) await this.add(pending);
      for (const { id } of left) await this.database.delete("pending", [this.plan, this.subject, slot, id]);
      await this.database.delete("replicas", [this.plan, this.subject, slot]);
      all.push(...left);
      release();
    }
    return all;
  }

  async #of(slot: number): Promise<Pending[]> {
    const range = IDBKeyRange.bound([this.plan, this.subject, slot], [this.plan, this.subject, slot, []]);
    const found = await this.database.getAll("pending", range);
    found.sort((one, other) => one.order - other.order);
    this.#order = Math.max(this.#order, ...found.map((one) => one.order + 1));
    return found.map((one) => one.pending);
  }

  /** Keeps the document. */
  async keep(kept: Kept): Promise<void> {
    await this.database.put("replicas", kept, [this.plan, this.subject, this.slot]);
  }

  /** Keeps a change until it is on the server. */
  async add(pending: Pending): Promise<void> {
    const order = this.#order++;
    await this.database.put("pending", { pending, order }, [this.plan, this.subject, this.slot, pending.id]);
  }

  /** A change is on the server, or will never be. */
  async drop(id: string): Promise<void> {
    await this.database.delete("pending", [this.plan, this.subject, this.slot, id]);
  }

  /** Lets the slot go. */
  close(): void {
    this.release();
    this.database.close();
  }
}

function lockOf(plan: string, subject: string, slot: number): string {
  return `plenary/${plan}/${subject}/${slot}`;
}

/** Holds a lock until the function given back is called; `null` where another tab has it. */
async function hold(name: string): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
  });
}
