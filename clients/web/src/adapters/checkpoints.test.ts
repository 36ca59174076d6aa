import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, it } from "vitest";

import type { Kept } from "../evidence/keep";
import { checkpoints } from "./checkpoints";

const kept = (size: number, more: Partial<Kept> = {}): Kept => ({
  plan: "sp",
  key: "a-key",
  note: `a note of ${String(size)}`,
  size,
  verifiedAt: "2026-11-26T00:00:00Z",
  ...more,
});

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

it("keeps a checkpoint a plan, for the next look too", async () => {
  await checkpoints().keep(kept(3));
  await checkpoints().keep(kept(9, { plan: "another" }));
  expect(await checkpoints().last("sp")).toEqual(kept(3));
  expect(await checkpoints().last("none")).toBeUndefined();
});

it("is replaced only by what goes on from it, whichever tab comes last", async () => {
  const keeper = checkpoints();
  await Promise.all([keeper.keep(kept(7)), keeper.keep(kept(5))]);
  expect((await keeper.last("sp"))?.size).toBe(7);
  await keeper.keep(kept(8, { key: "another-key" }));
  expect((await keeper.last("sp"))?.size).toBe(7);
  await keeper.keep(kept(8));
  expect((await keeper.last("sp"))?.size).toBe(8);
});

it("is put aside, not lost, when another log begins", async () => {
  const keeper = checkpoints();
  await keeper.putAside("sp");
  await keeper.keep(kept(7));
  await keeper.putAside("sp");
  expect(await keeper.last("sp")).toBeUndefined();
  await keeper.keep(kept(2, { key: "another-key" }));
  expect((await keeper.last("sp"))?.key).toBe("another-key");
});

it("says so when the storage is closed", async () => {
  globalThis.indexedDB = { open: () => { throw new DOMException("no", "SecurityError"); } } as unknown as IDBFactory;
  await expect(checkpoints().last("sp")).rejects.toThrow();
});
