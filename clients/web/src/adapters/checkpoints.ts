// Verified checkpoints in IndexedDB: one a plan, those of logs that were put aside, and nothing else.
// Replacing is one transaction, so that of two tabs the one that saw the longer log wins.

import { type Keeper, type Kept, goesOn } from "../evidence/keep";

const DATABASE = "plenary-evidence";
const KEPT = "kept";
const ASIDE = "aside";

/** The checkpoints that this browser verified. */
export function checkpoints(): Keeper {
  return {
    last: (plan) => within("readonly", (kept) => answer<Kept | undefined>(kept.get(plan))),
    keep: (now) =>
      within("readwrite", async (kept) => {
        const before = await answer<Kept | undefined>(kept.get(now.plan));
        if (goesOn(before, now)) await answer(kept.put(now));
      }),
    putAside: (plan) =>
      within("readwrite", async (kept, aside) => {
        const before = await answer<Kept | undefined>(kept.get(plan));
        if (before) await answer(aside.add(before));
        await answer(kept.delete(plan));
      }),
  };
}

async function within<T>(
  mode: IDBTransactionMode,
  work: (kept: IDBObjectStore, aside: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction([KEPT, ASIDE], mode, { durability: "strict" });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = transaction.onerror = () => {
        reject(transaction.error ?? new Error("the browser's storage gave up"));
      };
    });
    const [result] = await Promise.all([work(transaction.objectStore(KEPT), transaction.objectStore(ASIDE)), done]);
    return result;
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(KEPT, { keyPath: "plan" });
    request.result.createObjectStore(ASIDE, { autoIncrement: true });
  };
  return answer(request);
}

function answer<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result as T);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the browser's storage does not answer"));
    };
  });
}
