// What a check of evidence asks for and what it finds: verified, failed with both sides of what contradicts,
// or not checked at all. The three are never taken for one another.

import type { Bytes } from "./bytes";
import type { HeldEntry } from "./chain";
import type { Checkpoint } from "./checkpoint";
import type { Fault } from "./fault";
import type { Keeper } from "./keep";
import type { VerifierKey } from "./key";

/**
 * What the server is asked for, each answer exactly as it came. Every method may throw `Unreachable`, and
 * `Refused` where the server itself says that something is wrong with the plan.
 */
export interface EvidenceSource {
  key(): Promise<Bytes>;
  checkpoint(): Promise<Bytes>;
  growth(from: number): Promise<Bytes>;
  proof(seq: number): Promise<Bytes>;
  entries(after: number, limit: number): Promise<Bytes>;
}

/** Why something could not be asked, or is no answer. */
export type Why = "offline" | "refused" | "unreadable" | "no_crypto" | "too_fast" | "keeping";

/** Thrown where nothing can be said about the evidence. */
export class Unreachable extends Error {
  constructor(
    readonly why: Why,
    readonly detail = "",
  ) {
    super(why);
    this.name = "Unreachable";
  }
}

/** Which entries are looked at. */
export type Scope =
  | { readonly kind: "latest"; readonly count: number }
  | { readonly kind: "some"; readonly entries: readonly ShownEntry[] }
  | { readonly kind: "all" };

/** An entry that is on the screen, with the leaf that the server told of it. */
export interface ShownEntry {
  readonly seq: number;
  readonly leaf: string;
}

export type Step = "key" | "signature" | "growth" | "entries";
export const STEPS: readonly Step[] = ["key", "signature", "growth", "entries"];

/** What a failure leans on, for whoever it is shown to. */
export interface FailureRecord {
  readonly plan: string;
  readonly found_at: string;
  readonly fault: Fault;
  readonly key_kept?: string;
  readonly key_now?: string;
  readonly checkpoint_kept?: string;
  readonly kept_at?: string;
  readonly checkpoint_now?: string;
  readonly consistency?: string;
  readonly envelope?: string;
}

export interface Verified {
  readonly verdict: "verified";
  readonly at: string;
  readonly key: VerifierKey;
  readonly fingerprint: string;
  readonly checkpoint: Checkpoint;
  /** The signed note of the checkpoint. */
  readonly note: string;
  /** What this browser had verified before; absent at the first time. */
  readonly since?: { readonly size: number; readonly at: string };
  readonly scope: Scope["kind"];
  /** The entries that were looked at; of a whole log the last of them. */
  readonly entries: readonly HeldEntry[];
  readonly looked: number;
  /** Entries whose payload was erased. */
  readonly absent: readonly number[];
}

export type Outcome =
  | Verified
  | { readonly verdict: "failed"; readonly at: string; readonly step: Step; readonly fault: Fault; readonly record: FailureRecord }
  | { readonly verdict: "unreachable"; readonly at: string; readonly step: Step; readonly why: Why; readonly detail: string };

export interface Check {
  readonly plan: string;
  readonly scope: Scope;
  readonly source: EvidenceSource;
  readonly keeper: Keeper;
  readonly now: () => Date;
  /** Told when a step is reached, and on the walk over a whole log how far it has come. */
  readonly progress?: (step: Step, done: number, of: number) => void;
}
