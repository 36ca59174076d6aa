import { describe, expect, it } from "vitest";

import { type Bytes, fromHex, hex } from "./bytes";
import { Frontier, leafHash } from "./hash";
import { verifyConsistency, verifyInclusion } from "./proof";
import { alterations, consistencyProof, inclusionProof, leaves, rootOf } from "./testing";

/** Leaves and roots of the certificate-transparency test tree (RFC 6962 §2.1; transparency-dev/merkle). */
const CT_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const CT_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const SIZE = 33;

const holds = (check: Promise<void>) => check.then(() => true, () => false);
const flip = (hash: Bytes) => Uint8Array.from(hash, (byte, at) => (at === 31 ? byte ^ 1 : byte));

describe("a tree", () => {
  it("has the roots of the known tree, leaf by leaf", async () => {
    const tree = new Frontier();
    expect(hex(await tree.root())).toBe(CT_ROOTS[0]);
    for (const [at, leaf] of CT_LEAVES.entries()) {
      await tree.push(await leafHash(fromHex(leaf) ?? new Uint8Array()));
      expect(hex(await tree.root())).toBe(CT_ROOTS[at + 1]);
    }
    expect(tree.size).toBe(8);
  });
});

describe("a proof of inclusion", () => {
  it("shows every entry of every tree, and nothing once it is altered", async () => {
    const all = await leaves(SIZE);
    for (let size = 1; size <= SIZE; size += 1) {
      const root = await rootOf(all.slice(0, size));
      for (const index of new Set([0, 1, Math.floor(size / 2), size - 2, size - 1])) {
        const leaf = all[index];
        if (!leaf || index >= size) continue;
        const proof = await inclusionProof(index, all.slice(0, size));
        const name = `${String(index)} of ${String(size)}`;
        expect(await holds(verifyInclusion(index, size, leaf, root, proof)), name).toBe(true);
        for (const altered of alterations(proof)) {
          expect(await holds(verifyInclusion(index, size, leaf, root, altered)), name).toBe(false);
        }
        expect(await holds(verifyInclusion(index + 1, size, leaf, root, proof)), name).toBe(false);
        expect(await holds(verifyInclusion(index, 2 * size, leaf, root, proof)), name).toBe(false);
        expect(await holds(verifyInclusion(index, size, flip(leaf), root, proof)), name).toBe(false);
        expect(await holds(verifyInclusion(index, size, leaf, flip(root), proof)), name).toBe(false);
      }
    }
  });

  it("refuses an index outside the tree", async () => {
    const zero = new Uint8Array(32);
    await expect(verifyInclusion(3, 3, zero, zero, [])).rejects.toMatchObject({ fault: { what: "not_in_tree" } });
    await expect(verifyInclusion(2 ** 40, 3, zero, zero, [])).rejects.toThrow();
  });
});

describe("a proof of consistency", () => {
  it("shows every growth, and nothing once it is altered", async () => {
    const all = await leaves(SIZE);
    for (let to = 1; to <= SIZE; to += 1) {
      const toRoot = await rootOf(all.slice(0, to));
      for (let from = 1; from <= to; from += from < 9 ? 1 : 5) {
        const fromRoot = await rootOf(all.slice(0, from));
        const proof = await consistencyProof(from, all.slice(0, to));
        const name = `${String(from)} to ${String(to)}`;
        expect(await holds(verifyConsistency(from, to, fromRoot, toRoot, proof)), name).toBe(true);
        for (const altered of alterations(proof)) {
          expect(await holds(verifyConsistency(from, to, fromRoot, toRoot, altered)), name).toBe(false);
        }
        expect(await holds(verifyConsistency(from, to, flip(fromRoot), toRoot, proof)), name).toBe(false);
        expect(await holds(verifyConsistency(from, to, fromRoot, flip(toRoot), proof)), name).toBe(false);
      }
    }
  });

  it("refuses a tree that became smaller, and tells the empty one", async () => {
    const all = await leaves(5);
    const [three, five, none] = [await rootOf(all.slice(0, 3)), await rootOf(all), await rootOf([])];
    await expect(verifyConsistency(5, 3, five, three, [])).rejects.toMatchObject({ fault: { what: "not_earlier" } });
    expect(await holds(verifyConsistency(0, 5, none, five, []))).toBe(true);
    expect(await holds(verifyConsistency(0, 5, three, five, []))).toBe(false);
    expect(await holds(verifyConsistency(0, 5, none, five, [three]))).toBe(false);
  });
});
