// The check of a plan's evidence, in this browser: key, signature, growth since the last time, entries,
// in this order. Each step leans only on those before it and on what was kept; whatever does not fit is
// a failure, what could not be asked is another thing, and only what is verified is kept.

import { type Bytes, equal, fromUtf8, hex, utf8 } from "./bytes";
import { Chain, type ExactEntry, type HeldEntry, readEntries } from "./chain";
import { type Checkpoint, logName, openCheckpoint } from "./checkpoint";
import { Refused, refuse } from "./fault";
import { Frontier } from "./hash";
import type { Kept } from "./keep";
import { type VerifierKey, canVerify, fingerprint, parseKey } from "./key";
import {
  type Check,
  type FailureRecord,
  type Outcome,
  type Scope,
  type ShownEntry,
  type Step,
  Unreachable,
  type Verified,
} from "./outcome";
import { parseEntryProof, parseGrowthProof, verifyEntryProof, verifyGrowthProof } from "./proof-text";

const ENTRIES_PER_PAGE = 1_000;
/** Of a whole log so many entries are given back, to be shown. */
const SHOWN_MAX = 10;
/** A log that grows while it is asked about is asked again so many times. */
const TRIES_MAX = 6;

/** Checks a plan, and keeps what was verified. */
export async function check(what: Check): Promise<Outcome> {
  const look = new Look(what);
  const at = () => what.now().toISOString();
  try {
    return await look.verify();
  } catch (error) {
    if (error instanceof Refused) {
      const record = { plan: what.plan, found_at: at(), fault: error.fault, ...look.sides };
      return { verdict: "failed", at: at(), step: look.step, fault: error.fault, record };
    }
    if (error instanceof Unreachable) {
      return { verdict: "unreachable", at: at(), step: look.step, why: error.why, detail: error.detail };
    }
    throw error;
  }
}

type Sides = Partial<Omit<FailureRecord, "plan" | "found_at" | "fault">>;

class Look {
  step: Step = "key";
  /** Both sides of a contradiction, as far as they are known. */
  sides: Sides = {};
  readonly #what: Check;

  constructor(what: Check) {
    this.#what = what;
  }

  async verify(): Promise<Verified> {
    const { plan, scope, source, keeper, now } = this.#what;
    if (!(await canVerify())) throw new Unreachable("no_crypto");
    this.#reach("key");
    const kept = await keeper.last(plan).catch(() => {
      throw new Unreachable("keeping");
    });
    const key = await this.#key(kept);
    this.#reach("signature");
    let checkpoint = await this.#open(await source.checkpoint(), key);
    this.#reach("growth");
    const before = kept ? await this.#keptCheckpoint(kept, key) : undefined;
    if (before) checkpoint = await this.#grown(before, checkpoint, key, kept?.size ?? 0);
    this.#reach("entries");
    const walked = await this.#entries(scope, checkpoint, before, key);
    const at = now().toISOString();
    const note = this.sides.checkpoint_now ?? "";
    await keeper.keep({ plan, key: key.text, note, size: walked.checkpoint.size, verifiedAt: at }).catch(() => {
      throw new Unreachable("keeping");
    });
    return {
      verdict: "verified",
      at,
      key,
      fingerprint: await fingerprint(key),
      note,
      scope: scope.kind,
      ...walked,
      ...(kept ? { since: { size: kept.size, at: kept.verifiedAt } } : {}),
    };
  }

  #reach(step: Step): void {
    this.step = step;
    this.#what.progress?.(step, 0, 0);
  }

  /** The key of the log: the one that was kept, or at the first time the one that is given. */
  async #key(kept: Kept | undefined): Promise<VerifierKey> {
    const { plan, source } = this.#what;
    if (kept) this.sides = { key_kept: kept.key, checkpoint_kept: kept.note, kept_at: kept.verifiedAt };
    const text = fromUtf8(await source.key())?.trimEnd() ?? "";
    const key = await parseKey(text).catch(unreadable);
    this.sides = { ...this.sides, key_now: key.text };
    const of = logName(key.name)?.plan;
    if (of !== plan) refuse({ what: "log_of_another_plan", found: of ?? key.name });
    if (!kept || kept.key === key.text) return key;
    const former = await parseKey(kept.key);
    if (equal(former.bytes, key.bytes)) refuse({ what: "other_log", kept: former.name, now: key.name });
    return refuse({ what: "other_key", kept: await fingerprint(former), now: await fingerprint(key) });
  }

  async #open(note: Bytes, key: VerifierKey): Promise<Checkpoint> {
    this.sides = { ...this.sides, checkpoint_now: fromUtf8(note) ?? hex(note) };
    return openCheckpoint(note, key);
  }

  /** What was kept is checked as if it came from outside: storage of a browser can be damaged. */
  async #keptCheckpoint(kept: Kept, key: VerifierKey): Promise<Checkpoint> {
    return openCheckpoint(utf8(kept.note), key).catch((error: unknown) => {
      if (error instanceof Refused) throw new Unreachable("keeping");
      throw error;
    });
  }

  /** A checkpoint of which it is proved that the log has only grown to it from `before`. */
  async #grown(before: Checkpoint, now: Checkpoint, key: VerifierKey, kept: number): Promise<Checkpoint> {
    if (now.size < before.size) refuse({ what: "rolled_back", kept: before.size, now: now.size });
    if (now.size === before.size) {
      return equal(now.root, before.root) ? now : refuse({ what: "rewritten", kept });
    }
    const text = await this.#what.source.growth(before.size);
    const proof = attempt(() => parseGrowthProof(text));
    const later = await this.#open(proof.checkpoint, key);
    this.sides = { ...this.sides, consistency: fromUtf8(text) ?? hex(text) };
    if (later.size === now.size && !equal(later.root, now.root)) refuse({ what: "two_roots", size: now.size });
    if (later.size < before.size) refuse({ what: "rolled_back", kept: before.size, now: later.size });
    await verifyGrowthProof(proof, before, key).catch((error: unknown) => {
      throw error instanceof Refused ? new Refused({ what: "rewritten", kept }) : error;
    });
    return later;
  }

  async #entries(
    scope: Scope,
    checkpoint: Checkpoint,
    before: Checkpoint | undefined,
    key: VerifierKey,
  ): Promise<Pick<Verified, "checkpoint" | "entries" | "looked" | "absent">> {
    if (checkpoint.size === 0) return { checkpoint, entries: [], looked: 0, absent: [] };
    switch (scope.kind) {
      case "all":
        return this.#whole(checkpoint, before);
      case "latest":
        return this.#latest(scope.count, checkpoint, key);
      case "some":
        return this.#some(scope.entries, checkpoint, key);
    }
  }

  /** The last entries: each names the one before, and the last one is proved to be in the tree. */
  async #latest(count: number, checkpoint: Checkpoint, key: VerifierKey) {
    const to = checkpoint.size;
    const from = Math.max(1, to - count + 1);
    const chain = new Chain(this.#what.plan, from);
    const entries: HeldEntry[] = [];
    for (const entry of await this.#page(from - 1, to - from + 1, to)) entries.push(await this.#take(chain, entry));
    const last = entries.at(-1);
    if (!last || last.seq < to) return refuse({ what: "entries_missing", after: chain.next - 1, size: to });
    const now = await this.#included(last, checkpoint, key);
    return { checkpoint: now, entries, looked: entries.length, absent: absent(entries) };
  }

  /** Entries from here and there: each is proved by itself; that there are no others is not. */
  async #some(shown: readonly ShownEntry[], checkpoint: Checkpoint, key: VerifierKey) {
    const entries: HeldEntry[] = [];
    let now = checkpoint;
    for (const [at, { seq, leaf }] of shown.entries()) {
      this.#what.progress?.("entries", at, shown.length);
      const [entry] = await this.#page(seq - 1, 1, seq);
      if (!entry) return refuse({ what: "entries_missing", after: seq - 1, size: now.size });
      const held = await this.#take(new Chain(this.#what.plan, seq), entry);
      if (hex(held.leaf) !== leaf) refuse({ what: "entry_told_otherwise", seq });
      now = await this.#included(held, now, key);
      entries.push(held);
    }
    return { checkpoint: now, entries, looked: entries.length, absent: absent(entries) };
  }

  /** Every entry from the first: the tree is built anew, and must be the one that was signed. */
  async #whole(checkpoint: Checkpoint, before: Checkpoint | undefined) {
    const size = checkpoint.size;
    const chain = new Chain(this.#what.plan, 1);
    const tree = new Frontier();
    const [last, gone]: [HeldEntry[], number[]] = [[], []];
    while (tree.size < size) {
      this.#what.progress?.("entries", tree.size, size);
      const page = await this.#page(tree.size, Math.min(ENTRIES_PER_PAGE, size - tree.size), size);
      if (page.length === 0) refuse({ what: "entries_missing", after: tree.size, size });
      for (const entry of page) {
        const held = await this.#take(chain, entry);
        await tree.push(held.leaf);
        last.push(held);
        if (last.length > SHOWN_MAX) last.shift();
        if (!held.payload) gone.push(held.seq);
        // The tree of the last time comes by.
        if (before && tree.size === before.size && !equal(await tree.root(), before.root)) {
          refuse({ what: "rewritten", kept: before.size });
        }
      }
    }
    if (!equal(await tree.root(), checkpoint.root)) refuse({ what: "other_tree", size });
    return { checkpoint, entries: last, looked: size, absent: gone };
  }

  async #page(after: number, limit: number, to: number): Promise<ExactEntry[]> {
    const bytes = await this.#what.source.entries(after, limit);
    return attempt(() => readEntries(bytes, after + 1)).slice(0, Math.max(0, to - after));
  }

  async #take(chain: Chain, entry: ExactEntry): Promise<HeldEntry> {
    try {
      return await chain.take(entry);
    } catch (error) {
      this.sides = { ...this.sides, envelope: hex(entry.envelope) };
      throw error;
    }
  }

  /** Proves an entry against the checkpoint, or a later one that goes on from it. */
  async #included(entry: HeldEntry, checkpoint: Checkpoint, key: VerifierKey): Promise<Checkpoint> {
    let now = checkpoint;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const text = await this.#what.source.proof(entry.seq);
      const proof = attempt(() => parseEntryProof(text));
      const before = this.sides.checkpoint_now;
      const shown = await this.#open(proof.checkpoint, key);
      if (shown.size === now.size) {
        if (!equal(shown.root, now.root)) refuse({ what: "two_roots", size: now.size });
        await verifyEntryProof(proof, entry.seq - 1, entry.leaf, key);
        return now;
      }
      if (shown.size < now.size) refuse({ what: "rolled_back", kept: now.size, now: shown.size });
      // Somebody wrote meanwhile: the checkpoint of now must go on from the one before.
      if (before !== undefined) this.sides = { ...this.sides, checkpoint_kept: before };
      now = await this.#grown(now, shown, key, now.size);
    }
    throw new Unreachable("too_fast");
  }
}

function absent(entries: readonly HeldEntry[]): number[] {
  return entries.filter((entry) => !entry.payload).map((entry) => entry.seq);
}

/** What does not read is no evidence and no failure of it: an answer of something else, perhaps. */
function unreadable(error: unknown): never {
  throw error instanceof Refused ? new Unreachable("unreadable", error.fault.what) : error;
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return unreadable(error);
  }
}
