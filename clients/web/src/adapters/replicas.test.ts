// What tabs keep: one tab one slot, what a closed tab left goes to the next, and what is refused is gone from all of it.

import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import type { Pending } from "../collab/collab";
import { Slot } from "./replicas";

/** Locks of one browser. */
class Locks {
  readonly #held = new Set<string>();

  async request(name: string, _: object, callback: (lock: object | null) => unknown): Promise<void> {
    if (this.#held.has(name)) {
      callback(null);
      return;
    }
    this.#held.add(name);
    await callback({ name });
    this.#held.delete(name);
  }
}

const locks = new Locks() as unknown as LockManager;
const take = async (plan: string) => (await Slot.take(plan, "demo-br", locks))!;
const ids = async (slot: Slot) => (await slot.waiting()).map(({ id }) => id);

function made(id: string): Pending {
  const intent = { do: "field", element: "tgt-1", field: "due_year", value: 2027 } as const;
  return { id, hash: id, deps: [], bytes: Uint8Array.of(1), intent, answers: [] };
}

test("a tab that is loaded again finds its document and its changes, in order", async () => {
  const slot = await take("again");
  slot.keep({ seq: 3, leaf: "ab", document: Uint8Array.of(7) });
  for (const id of ["c", "a", "b"]) slot.add(made(id));
  slot.drop([made("a")]);
  await slot.close();
  const again = await take("again");
  expect(await again.kept()).toEqual({ seq: 3, leaf: "ab", document: Uint8Array.of(7) });
  again.add(made("d"));
  await again.close();
  expect(await ids(await take("again"))).toEqual(["c", "b", "d"]);
});

test("two tabs have a slot each; what a closed one left is the next one's, and nothing is there twice", async () => {
  const [one, other] = [await take("two"), await take("two")];
  expect([one.slot, other.slot]).toEqual([0, 1]);
  one.add(made("a"));
  other.add(made("b"));
  await one.close();
  const next = await take("two");
  expect([next.slot, await ids(next)]).toEqual([0, ["a"]]);
  await other.close();
  await next.close();
  const last = await take("two");
  expect(await ids(last)).toEqual(["a", "b"]);
  last.drop([made("a"), made("b")]);
  await last.close();
  const none = await take("two");
  expect(await ids(none)).toEqual([]);
});

test("what a closed tab left goes to one that is open, once; what is in an open one stays there", async () => {
  const [one, other, third] = [await take("left"), await take("left"), await take("left")];
  one.add(made("a"));
  one.add(made("b"));
  third.add(made("c"));
  await one.close();
  await third.settled();
  expect((await other.takeOver()).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(await other.takeOver()).toEqual([]);
  expect([await ids(other), await ids(third)]).toEqual([["a", "b"], ["c"]]);
});

test("it is told whether what was asked for is written down", async () => {
  const slot = await take("told");
  slot.add(made("a"));
  expect(await slot.settled()).toBe(true);
  slot.add({ ...made("b"), intent: () => undefined } as unknown as Pending);
  expect(await slot.settled()).toBe(false);
});

test("what is taken out goes together with the document that had it", async () => {
  const slot = await take("out");
  slot.keep({ seq: 3, leaf: "ab", document: Uint8Array.of(7) });
  for (const id of ["no", "later"]) slot.add(made(id));
  slot.replace({ seq: 4, leaf: "cd", document: Uint8Array.of(8) }, [made("no"), made("later")], [made("anew")]);
  await slot.close();
  const again = await take("out");
  expect([(await again.kept())?.seq, await ids(again)]).toEqual([4, ["anew"]]);
  again.replace(null, [], []);
  await again.close();
  const last = await take("out");
  expect([await last.kept(), await ids(last)]).toEqual([undefined, ["anew"]]);
});

test("once a change could not be kept, neither is a document that may hold it", async () => {
  const slot = await take("full");
  slot.keep({ seq: 3, leaf: "ab", document: Uint8Array.of(7) });
  const unkept = { ...made("a"), intent: () => undefined } as unknown as Pending;
  slot.add(unkept);
  slot.keep({ seq: 4, leaf: "cd", document: Uint8Array.of(8) });
  await slot.close();
  expect((await (await take("full")).kept())?.seq).toBe(3);
});
