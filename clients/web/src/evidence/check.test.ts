import { beforeEach, describe, expect, it } from "vitest";

import { type Bytes, equal, fromHex, hex, utf8 } from "./bytes";
import { readEntries } from "./chain";
import { check } from "./check";
import { type Check, type EvidenceSource, type Scope, Unreachable } from "./outcome";
import { type Keeper, type Kept, goesOn } from "./keep";
import { server } from "./testing";

/** A keeper in memory. */
class Memory implements Keeper {
  kept: Kept | undefined;
  aside: Kept[] = [];
  last = () => Promise.resolve(this.kept);
  keep(now: Kept) {
    if (goesOn(this.kept, now)) this.kept = now;
    return Promise.resolve();
  }
  putAside() {
    if (this.kept) this.aside.push(this.kept);
    this.kept = undefined;
    return Promise.resolve();
  }
}

/** A server that gives what a real one gave; tests give it other answers. */
function source(other: Partial<EvidenceSource> = {}): EvidenceSource {
  return {
    key: () => Promise.resolve(utf8(server.key)),
    checkpoint: () => Promise.resolve(server.lateNote),
    growth: () => Promise.resolve(utf8(server.growth)),
    proof: (seq) => Promise.resolve(utf8(server.proofs[seq - 1] ?? "")),
    entries: (after, limit) => Promise.resolve(exact(after, limit)),
    ...other,
  };
}

/** The bytes of some entries: items of a sequence stand one after the other. */
function exact(after: number, limit: number): Bytes {
  const starts = [0];
  for (let length = 1; length <= server.entries.length; length += 1) {
    try {
      if (readEntries(server.entries.slice(starts.at(-1), length), 1).length === 1) starts.push(length);
    } catch {
      // Not at the end of an item yet.
    }
  }
  return server.entries.slice(starts[after], starts[after + limit] ?? server.entries.length);
}

const early: Kept = {
  plan: server.plan,
  key: server.key.trim(),
  note: server.early,
  size: 3,
  verifiedAt: "2026-11-01T00:00:00.000Z",
};
const told = (seq: number) => ({ seq, leaf: server.told[seq - 1]?.leaf ?? "" });
let keeper: Memory;

const run = (other: Partial<EvidenceSource> = {}, scope: Scope = { kind: "latest", count: 5 }, more: Partial<Check> = {}) =>
  check({
    plan: server.plan,
    scope,
    source: source(other),
    keeper,
    now: () => new Date("2026-11-26T12:00:00Z"),
    ...more,
  });

beforeEach(() => {
  keeper = new Memory();
});

describe("a plan whose evidence holds", () => {
  it("is verified the first time, and its checkpoint is kept", async () => {
    const outcome = await run();
    expect(outcome).toMatchObject({ verdict: "verified", looked: 5, absent: [], checkpoint: { size: 12 } });
    expect(outcome).not.toHaveProperty("since");
    expect(keeper.kept).toMatchObject({ size: 12, note: server.late, verifiedAt: "2026-11-26T12:00:00.000Z" });
  });

  it("must go on from what was kept", async () => {
    keeper.kept = early;
    expect(await run()).toMatchObject({ verdict: "verified", since: { size: 3, at: early.verifiedAt } });
    expect(keeper.kept.size).toBe(12);
    expect(await run()).toMatchObject({ verdict: "verified", since: { size: 12 } });
  });

  it("is verified for single entries, as they are told on the screen", async () => {
    const outcome = await run({}, { kind: "some", entries: [told(2), told(5), told(12)] });
    expect(outcome).toMatchObject({ verdict: "verified", looked: 3, scope: "some" });
  });

  it("is verified as a whole, every entry", async () => {
    keeper.kept = early;
    const steps: string[] = [];
    const outcome = await run({}, { kind: "all" }, { progress: (step) => steps.push(step) });
    expect(outcome).toMatchObject({ verdict: "verified", looked: 12, scope: "all" });
    expect([...new Set(steps)]).toEqual(["key", "signature", "growth", "entries"]);
  });

  it("may grow while it is checked", async () => {
    let asked = 0;
    const checkpoint = () => Promise.resolve(server.earlyNote);
    const entries = (after: number, limit: number) => Promise.resolve(exact(after, limit));
    const proof = (seq: number) => {
      asked += 1;
      return Promise.resolve(utf8(server.proofs[seq - 1] ?? ""));
    };
    expect(await run({ checkpoint, entries, proof })).toMatchObject({ verdict: "verified", checkpoint: { size: 12 } });
    expect(asked).toBe(2);
    expect(keeper.kept).toMatchObject({ size: 12, note: server.late });
  });
});

describe("evidence fails", () => {
  const failed = (what: string, step: string) => ({ verdict: "failed", step, fault: { what } });

  it("when entries are gone: the log is shorter than it was", async () => {
    await run();
    const outcome = await run({ checkpoint: () => Promise.resolve(server.earlyNote) });
    expect(outcome).toMatchObject(failed("rolled_back", "growth"));
    expect(outcome).toMatchObject({
      record: { checkpoint_kept: server.late, checkpoint_now: server.early, key_kept: server.key.trim() },
    });
    expect(keeper.kept?.size, "what was verified stays").toBe(12);
  });

  it("when no proof leads from what was kept to what is signed now", async () => {
    keeper.kept = early;
    const lines = server.growth.split("\n");
    const growth = () => Promise.resolve(utf8([lines[0], ...lines.slice(2)].join("\n")));
    const outcome = await run({ growth });
    expect(outcome).toMatchObject({ ...failed("rewritten", "growth"), record: { checkpoint_kept: server.early } });
    expect(keeper.kept.size).toBe(3);
  });

  it("when the signature does not fit", async () => {
    const checkpoint = () => Promise.resolve(utf8(server.late.replace("\n12\n", "\n13\n")));
    expect(await run({ checkpoint })).toMatchObject(failed("signature_wrong", "signature"));
  });

  it("when the key or the log's name is another one", async () => {
    keeper.kept = { ...early, key: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" };
    expect(await run()).toMatchObject(failed("other_key", "key"));
    keeper.kept = undefined;
    expect(await run({}, { kind: "latest", count: 1 }, { plan: "another-plan" })).toMatchObject(
      failed("log_of_another_plan", "key"),
    );
  });

  it("when an entry was altered, is missing, or is another than the server tells", async () => {
    const altered = (at: number) => (after: number, limit: number) => {
      const bytes = exact(after, limit);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return Promise.resolve(bytes);
    };
    const at = exact(7, 1).length - 40;
    expect(await run({ entries: altered(at) })).toMatchObject({
      ...failed("entry_payload", "entries"),
      record: { envelope: expect.stringMatching(/^[0-9a-f]+$/) as string },
    });
    expect(await run({ entries: (after) => Promise.resolve(exact(after, 2)) })).toMatchObject(
      failed("entries_missing", "entries"),
    );
    const other = { seq: 5, leaf: "0".repeat(64) };
    expect(await run({}, { kind: "some", entries: [other] })).toMatchObject(failed("entry_told_otherwise", "entries"));
    expect(await run({ entries: (_after, limit) => Promise.resolve(exact(3, limit)) }, { kind: "all" })).toMatchObject(
      failed("entry_order", "entries"),
    );
    expect(keeper.kept).toBeUndefined();
  });

  it("when a proof is of another entry", async () => {
    const proof = () => Promise.resolve(utf8(server.proofs[3] ?? ""));
    expect(await run({ proof })).toMatchObject({ verdict: "failed", step: "entries" });
  });
});

describe("nothing is said", () => {
  it("when the server does not answer, or gives something else", async () => {
    const offline = () => Promise.reject(new Unreachable("offline"));
    expect(await run({ key: offline })).toMatchObject({ verdict: "unreachable", step: "key", why: "offline" });
    const page = () => Promise.resolve(utf8("<!doctype html>"));
    expect(await run({ key: page })).toMatchObject({ verdict: "unreachable", why: "unreadable" });
    expect(await run({ proof: page })).toMatchObject({ verdict: "unreachable", step: "entries", why: "unreadable" });
    expect(await run({ entries: page })).toMatchObject({ verdict: "unreachable", why: "unreadable" });
    expect(keeper.kept).toBeUndefined();
  });

  it("when what this browser kept does not read any more", async () => {
    keeper.kept = { ...early, note: "damaged" };
    expect(await run()).toMatchObject({ verdict: "unreachable", step: "growth", why: "keeping" });
  });
});

describe("what is kept", () => {
  it("is replaced only by what goes on from it", () => {
    expect(goesOn(undefined, early)).toBe(true);
    expect(goesOn(early, { ...early, size: 4 })).toBe(true);
    expect(goesOn(early, { ...early, size: 2 })).toBe(false);
    expect(goesOn(early, { ...early, size: 4, key: "another" })).toBe(false);
  });
});

describe("hexadecimal", () => {
  it("is read and written in one form", () => {
    expect(hex(Uint8Array.of(0, 255))).toBe("00ff");
    expect(equal(fromHex("00ff") ?? new Uint8Array(), Uint8Array.of(0, 255))).toBe(true);
    expect(fromHex("00FF")).toBeUndefined();
    expect(fromHex("0")).toBeUndefined();
  });
});
