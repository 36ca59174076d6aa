import { describe, expect, it } from "vitest";

import { hex, utf8 } from "./bytes";
import { type Item, decode, decodeSequence } from "./cbor";
import { Chain, readEntries } from "./chain";
import { openCheckpoint } from "./checkpoint";
import { Frontier } from "./hash";
import { parseKey } from "./key";
import { parseEntryProof, parseGrowthProof, verifyEntryProof, verifyGrowthProof } from "./proof-text";
import { flips, server, truncations } from "./testing";
import { tell } from "./told";

const entries = readEntries(server.entries, 1);
const holds = (check: Promise<unknown>) => check.then(() => true, () => false);

async function walk(all = entries, plan = server.plan, from = 1) {
  const chain = new Chain(plan, from);
  const held = [];
  for (const entry of all) held.push(await chain.take(entry));
  return held;
}

describe("the entries of a server", () => {
  it("follow each other, make the tree that was signed, and each is proved", async () => {
    const key = await parseKey(server.key.trim());
    const late = await openCheckpoint(server.lateNote, key);
    const tree = new Frontier();
    for (const entry of await walk()) {
      await tree.push(entry.leaf);
      const proof = parseEntryProof(utf8(server.proofs[entry.seq - 1] ?? ""));
      expect(await verifyEntryProof(proof, entry.seq - 1, entry.leaf, key)).toMatchObject({ size: late.size });
    }
    expect(hex(await tree.root())).toBe(hex(late.root));
  });

  it("are told from their bytes as the server tells them", async () => {
    for (const [at, entry] of (await walk()).entries()) {
      const { act, at: moment, ...told } = tell(entry);
      const said: Record<string, unknown> = server.told[at] ?? {};
      expect(said).toMatchObject({ ...told, ...act });
      expect(new Date(moment).getTime()).toBe(new Date(String(said["at"])).getTime());
    }
  });

  it("are refused with any byte of an envelope or a payload turned", async () => {
    const [first, second] = entries;
    if (!first || !second?.body) throw new Error("the vectors have entries");
    const after = (await walk([first]))[0]?.leaf;
    const take = (entry: typeof second) => new Chain(server.plan, 2, after).take(entry);
    expect(await holds(take(second))).toBe(true);
    for (const payload of flips(second.body.payload)) {
      expect(await holds(take({ ...second, body: { ...second.body, payload } }))).toBe(false);
    }
    for (const salt of flips(second.body.salt)) {
      expect(await holds(take({ ...second, body: { ...second.body, salt } }))).toBe(false);
    }
    // Of the envelope itself the tree tells: no altered one keeps its leaf.
    const key = await parseKey(server.key.trim());
    const proof = parseEntryProof(utf8(server.proofs[1] ?? ""));
    for (const envelope of [...flips(second.envelope), ...truncations(second.envelope, 7)]) {
      const shown = take({ ...second, envelope }).then((held) => verifyEntryProof(proof, 1, held.leaf, key));
      expect(await holds(shown)).toBe(false);
    }
  });

  it("are refused out of order, with one missing, or of another plan", async () => {
    expect(await holds(walk(entries.toReversed()))).toBe(false);
    expect(await holds(walk(entries.toSpliced(4, 1)))).toBe(false);
    expect(await holds(walk(entries.toSpliced(4, 0, ...entries.slice(4, 5))))).toBe(false);
    expect(await holds(walk(entries, "another-plan"))).toBe(false);
    expect(await holds(walk(entries.slice(3), server.plan, 4))).toBe(true);
    expect(await holds(walk(entries.slice(3), server.plan, 3))).toBe(false);
  });

  it("hold without what they say, once that was erased", async () => {
    const [held] = await walk(entries.slice(0, 1).map(({ envelope }) => ({ envelope })));
    expect(held?.payload).toBeUndefined();
    expect(held && tell(held)).toMatchObject({ seq: 1, type: "plan_created", bureau: "BR" });
  });

  it("do not read with bytes missing", () => {
    for (const part of truncations(server.entries.slice(0, 300), 13)) {
      if (part.length > 0) expect(() => readEntries(part, 1)).toThrow();
    }
  });
});

describe("proofs of a server, as text", () => {
  it("show growth, and nothing with a byte turned or missing", async () => {
    const key = await parseKey(server.key.trim());
    const early = await openCheckpoint(server.earlyNote, key);
    const growth = utf8(server.growth);
    const verify = async (bytes: Uint8Array) => verifyGrowthProof(parseGrowthProof(bytes), early, key);
    expect(await verify(growth)).toMatchObject({ size: 12 });
    for (const altered of [...flips(growth), ...truncations(growth, 3)]) expect(await holds(verify(altered))).toBe(false);
    const another = { ...early, root: Uint8Array.from(early.root, (byte) => byte ^ 1) };
    expect(await holds(verifyGrowthProof(parseGrowthProof(growth), another, key))).toBe(false);
  });

  it("show an entry, and nothing with a byte turned or missing", async () => {
    const key = await parseKey(server.key.trim());
    const leaf = (await walk())[4]?.leaf ?? new Uint8Array();
    const text = utf8(server.proofs[4] ?? "");
    const verify = async (bytes: Uint8Array) => verifyEntryProof(parseEntryProof(bytes), 4, leaf, key);
    expect(await holds(verify(text))).toBe(true);
    for (const altered of [...flips(text), ...truncations(text, 3)]) expect(await holds(verify(altered))).toBe(false);
    await expect(verifyEntryProof(parseEntryProof(text), 3, leaf, key)).rejects.toThrow();
  });
});

describe("the CBOR of entries", () => {
  const read = (bytes: string) => decode(Uint8Array.from(bytes.match(/../g) ?? [], (digits) => parseInt(digits, 16)));

  it.each<[string, Item]>([
    ["00", 0],
    ["1864", 100],
    ["1a000f4240", 1_000_000],
    ["1b00060dd710212000", 1704067200000000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["20", -1],
    ["f90000", 0],
    ["f93e00", 1.5],
    ["f97bff", 65504],
    ["f90001", 2 ** -24],
    ["fa47c35000", 100000],
    ["fb3ff199999999999a", 1.1],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["6161", "a"],
    ["420102", Uint8Array.of(1, 2)],
    ["83010203", [1, 2, 3]],
    ["a1616101", new Map([["a", 1]])],
  ])("reads %s", (bytes, item) => {
    expect(read(bytes)).toEqual(item);
  });

  it.each(["", "18", "61", "62ff", "5f41ff", "9f01ff", "c101", "a10101", "a2616101616102", "8201", "9bffffffffffffffff", "0000", "f7", "fc", "81".repeat(64) + "00"])(
    "refuses %s",
    (bytes) => {
      expect(() => read(bytes)).toThrow();
    },
  );

  it("tells where an item of a sequence ends", () => {
    expect(decodeSequence(Uint8Array.of(1, 0x61, 0x61, 0x80))).toEqual([1, "a", []]);
    expect(decodeSequence(new Uint8Array())).toEqual([]);
  });
});
