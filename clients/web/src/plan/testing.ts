// A server for tests that answers when the test says so: a log of changes, a document, and lines to desks on which
// messages wait in both directions.  It takes every change that hangs together and that `refuses` lets pass.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import * as Automerge from "@automerge/automerge/slim";
import type { Doc } from "@automerge/automerge/slim";
import { decode, encode } from "cborg";

import type { ElementKind, KindsAnswer, RefusalCode } from "../api/schema";
import { type Pending, type Refused, begin } from "../collab/collab";
import { type ClientMessage, read, unhex, write } from "../wire/messages";
import { Desk, type Keeper, type Kept } from "./desk";
import { scalar } from "./document";
import { Kinds } from "./kinds";
import { Reading } from "./reading";
import { type TextChanges, textKey } from "./texts";
import type { Plan, PlanDoc } from "./view";

export const PLAN = "a-plan";

export async function startAutomergeForTests(): Promise<void> {
  const wasm = createRequire(import.meta.url).resolve("@automerge/automerge/automerge.wasm");
  await Automerge.initializeWasm(new Uint8Array(readFileSync(wasm)));
}

function kind(name: string, parents: string[], texts: string[], fields: string[], form: string, affix: string): ElementKind {
  const text = (of: string) => ({ name: of, required: false });
  const field = (of: string) => ({ name: of, type: "year", holds: "", about: "", vocabulary: [], kinds: [] });
  const [ownership, code] = ["shared", { form, affix }];
  return { name, prefix: name.slice(0, 3), about: "", parents, ownership, code, texts: texts.map(text), fields: fields.map(field) } as unknown as ElementKind;
}

export const KINDS = new Kinds({
  elements: [
    kind("plan", [], [], ["related"], "none", ""),
    kind("goal", ["-"], ["title"], [], "ordinal", ""),
    kind("target", ["goal"], ["title", "statement"], ["due_year"], "child_number", "."),
  ],
  links: [],
} as unknown as KindsAnswer);

/** The same numbers every time. */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Entry {
  leaf: Uint8Array;
  change: Uint8Array;
  id: string;
  hash: string;
}

export class FakeServer {
  log: Entry[] = [];
  doc: Doc<PlanDoc>;
  /** Why a change is not taken, if it is not. */
  refuses: (pending: { hash: string; id: string }) => RefusalCode | null = () => null;
  readonly lines = new Set<FakeLine>();
  readonly #first: Uint8Array;
  #epoch = 1;

  constructor() {
    const empty = { plan: {}, elements: {}, links: {} } as PlanDoc;
    this.doc = Automerge.change(Automerge.init<PlanDoc>({ actor: "aa".repeat(16) }), { time: 0 }, (doc) => {
      Object.assign(doc, empty);
      const elements = doc.elements as Record<string, unknown>;
      for (const [id, of, parent] of [["goa-1", "goal", ""], ["tar-1", "target", "goa-1"], ["tar-2", "target", "goa-1"]] as const) {
        const order = scalar(id.slice(-1));
        elements[id] = { kind: scalar(of), parent: scalar(parent), order, removed: false, text: { en: { title: `The ${of}.`, statement: "" } } };
      }
    });
    this.#first = Automerge.save(this.doc);
    this.log = [{ leaf: this.#leaf(1), change: new Uint8Array(), id: "", hash: "" }];
  }

  document(): Uint8Array {
    return Automerge.save(this.doc);
  }

  view(): Plan {
    return new Reading(KINDS).plan(this.doc);
  }

  /** Goes back to a backup: what came after an entry never was. */
  restore(seq: number): void {
    this.log = this.log.slice(0, seq);
    this.#epoch += 1;
    const kept = this.log.map((entry) => entry.change).filter((change) => change.length > 0);
    [this.doc] = Automerge.applyChanges(Automerge.load<PlanDoc>(this.#first), kept);
    for (const line of this.lines) line.cut();
  }

  hear(line: FakeLine, message: ClientMessage): void {
    if (message.type === "subscribe") this.#subscribe(line, message);
    else if (message.type === "changes") for (const change of message.changes) this.#take(line, message.id, change);
  }

  #subscribe(line: FakeLine, { after, leaf }: Extract<ClientMessage, { type: "subscribe" }>): void {
    if (after === undefined) {
      line.say({ type: "snapshot", plan: PLAN, seq: this.log.length, document: this.document() });
    } else if (after > this.log.length || (leaf && String(leaf) !== String(this.log[after - 1]?.leaf))) {
      line.say({ type: "refused", plan: PLAN, code: "other_history", reason: "It was restored." });
      return;
    } else {
      for (let seq = after + 1; seq <= this.log.length; seq += 1) line.say(this.#event(seq));
    }
    line.say({ type: "subscribed", plan: PLAN, head: this.log.length });
    line.isSubscribed = true;
  }

  #take(line: FakeLine, id: string, change: Uint8Array): void {
    const known = this.log.findIndex((entry) => entry.id === id);
    if (known >= 0) {
      line.say({ type: "ack", id, plan: PLAN, seq: known + 1, leaf: this.log[known]!.leaf, entries: [], duplicate: true });
      return;
    }
    const { hash, deps } = Automerge.decodeChange(change);
    const isWhole = deps.every((dep) => Automerge.hasHeads(this.doc, [dep]));
    const code = isWhole ? this.refuses({ hash, id }) : "missing_dependency";
    if (code) {
      line.say({ type: "refused", id, plan: PLAN, changes: [unhex(hash)], code, reason: `It is ${code}.` });
      return;
    }
    [this.doc] = Automerge.applyChanges(this.doc, [change]);
    const leaf = this.#leaf(this.log.length + 1);
    this.log.push({ leaf, change, id, hash });
    const seq = this.log.length;
    for (const one of this.lines) if (one.isSubscribed) one.say(this.#event(seq));
    line.say({ type: "ack", id, plan: PLAN, seq, leaf, entries: [] });
  }

  #event(seq: number): object {
    const { leaf, change, id } = this.log[seq - 1]!;
    const event = { type: "change", plan: PLAN, seq, leaf, client_id: id, edits: [] };
    return { type: "event", event, ...(change.length > 0 ? { change } : {}) };
  }

  #leaf(seq: number): Uint8Array {
    return Uint8Array.of(this.#epoch, seq >> 8, seq & 255);
  }
}

/** Between a desk and the server; it is cut until it is opened. */
export class FakeLine {
  readonly toServer: Uint8Array[] = [];
  readonly toDesk: Uint8Array[] = [];
  isOpen = false;
  isSubscribed = false;
  desk!: Desk;

  constructor(readonly server: FakeServer) {
    server.lines.add(this);
  }

  send(message: ClientMessage): void {
    if (this.isOpen) this.toServer.push(write(message));
  }

  again(): void {
    this.cut();
  }

  say(message: object): void {
    this.toDesk.push(encode(message));
  }

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.desk.happens({ is: "opened" });
  }

  cut(): void {
    if (!this.isOpen) return;
    this.isOpen = this.isSubscribed = false;
    this.toServer.length = this.toDesk.length = 0;
    this.desk.happens({ is: "closed" });
  }

  /** One message arrives; says whether there was one. */
  deliver(to: "server" | "desk"): boolean {
    const message = (to === "server" ? this.toServer : this.toDesk).shift();
    if (!message) return false;
    if (to === "server") this.server.hear(this, decode(message) as ClientMessage);
    else this.desk.happens({ is: "said", message: read(message) });
    return true;
  }

  /** Everything arrives, in both directions. */
  settle(): void {
    while (this.deliver("server") || this.deliver("desk"));
  }
}

/** What a tab keeps, in memory. */
export class FakeKeeper implements Keeper {
  kept: Kept | null = null;
  readonly pending = new Map<string, Pending>();

  add(pending: Pending): void {
    this.pending.set(pending.id, structuredClone(pending));
  }

  drop(pending: readonly Pending[]): void {
    for (const { id } of pending) this.pending.delete(id);
  }

  replace(kept: Kept | null, out: readonly Pending[], made: readonly Pending[]): void {
    this.kept = kept;
    this.drop(out);
    for (const pending of made) this.add(pending);
  }
}

/** A tab: a desk, what it keeps, its line, and what it was told. */
export class Tab {
  readonly line: FakeLine;
  readonly refused: Refused[] = [];
  readonly saved: string[] = [];
  readonly followed: [TextChanges, number][] = [];
  /** The title of `tar-1` as a field on screen has it: what is typed there, and what it hears of others. */
  field = "";
  desk!: Desk;

  constructor(
    readonly server: FakeServer,
    readonly roll: (below: number) => number,
    readonly keeper = new FakeKeeper(),
  ) {
    this.line = new FakeLine(server);
    this.reload();
  }

  /** The tab is loaded anew from what it kept. */
  reload(): void {
    this.line.cut();
    const { kept, pending } = this.keeper;
    const entropy = (bytes: number) => Uint8Array.from({ length: bytes }, () => this.roll(256));
    const watcher = {
      changed: () => undefined,
      followed: (texts: TextChanges, seq: number) => {
        this.followed.push([texts, seq]);
        for (const { at, removed, inserted } of texts.get(textKey("tar-1", "en", "title")) ?? []) this.#edit(at, removed, inserted);
      },
      renewed: () => void (this.field = this.title("tar-1")),
      told: () => undefined,
      saved: ({ id }: Pending) => void this.saved.push(id),
      refused: (refused: readonly Refused[]) => void this.refused.push(...refused),
      gaveUp: (reason: string) => {
        throw new Error(reason);
      },
    };
    const state = begin(PLAN, kept?.seq, kept?.leaf, [...pending.values()]);
    const outside = { entropy, now_s: () => 0 };
    this.desk = new Desk(KINDS, outside, this.keeper, this.line, watcher, state, kept?.document ?? null);
    this.line.desk = this.desk;
    this.field = this.title("tar-1");
  }

  #edit(at: number, removed: number, inserted: string): void {
    this.field = this.field.slice(0, at) + inserted + this.field.slice(at + removed);
  }

  keep(): void {
    this.keeper.kept = this.desk.kept() ?? this.keeper.kept;
  }

  online(): this {
    this.line.open();
    this.line.settle();
    return this;
  }

  title(id: string): string {
    return this.desk.text(id, "en", "title");
  }

  type(id: string, at: number, inserted: string, removed = 0): Pending | null {
    const pending = this.desk.edit((replica) => replica.splice(id, "en", "title", [{ at, removed, inserted }], NO_REASON));
    if (pending && id === "tar-1") this.#edit(at, removed, inserted);
    return pending;
  }
}

export const NO_REASON = { because: "", answers: [] };
