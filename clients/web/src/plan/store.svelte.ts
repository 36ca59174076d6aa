// A plan that is open in this tab, as screens see it: what stands, how it stands with the server, who is here, and
// what people do.  What follows from all that happens is the desk's.

import { Slot, nowhere } from "../adapters/replicas";
import { Connection } from "../adapters/socket";
import type { Api } from "../api/client";
import type { Bureau, Me, Stage } from "../api/schema";
import { type Pending, type Refused, begin } from "../collab/collab";
import type { Intent } from "../collab/intent";
import type { Entry } from "../history/types";
import { session } from "../session/session.svelte";
import type { Person, ServerMessage, Whereabouts } from "../wire/messages";
import { startAutomerge } from "./automerge";
import { Desk, type Kept } from "./desk";
import type { Hand } from "./hand";
import { Kinds } from "./kinds";
import { Listeners, type TextListener } from "./listeners";
import { tellOf } from "./opening";
import { Presence } from "./presence";
import type { Content, Outside, Reasons, Replica, Splice, TextChanges } from "./replica";
import { forbidden, forbiddenKind, ownerOf } from "./rights";
import { type Turn, turnsOf, valueOf } from "./turns";
import { type Outcome, type Step, Undo } from "./undo";
import type { Element, Plan, Value } from "./view";

export type { Content, Splice };

/** How it stands with the server, for people. */
export type Status = "connecting" | "live" | "offline" | "gone";

/** Entries that are kept to be shown beside the plan. */
const EVENTS_KEPT_MAX = 500;
/** After the last change, so long until the document is kept. */
const KEEP_AFTER_MS = 2_000;
/** How often it is looked whether a closed tab left something. */
const TAKE_OVER_EVERY_MS = 5_000;
/** A tab that nobody sees reads the plan this often at most. */
const UNSEEN_SHOW_MS = 500;

const outside: Outside = {
  entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  now_s: () => Math.floor(Date.now() / 1000),
};

export class PlanStore {
  /** What stands; none before the document has come. */
  plan: Plan | null = $state.raw(null);
  stage: Stage = $state("secretariat_draft");
  title = $state("");
  status: Status = $state("connecting");
  /** Why the plan cannot be had, when `status` is `gone`. */
  reason = $state("");
  /** How many changes are not on the server's disk yet. */
  waiting = $state(0);
  /** How many of those this browser has written down: they outlive the tab. */
  held = $state(0);
  /** Whether this browser keeps what waits at all. */
  isKeeping = $state(true);
  /** Whether something was saved since the tab was opened. */
  hasSaved = $state(false);
  /** What was not taken, until somebody has looked at it. */
  refused: Refused[] = $state.raw([]);
  /** Who else is here, and where. */
  people: Person[] = $state.raw([]);
  /** Entries since the tab was opened, oldest first. */
  events: Entry[] = $state.raw([]);
  /** The last entry. */
  seq = $state(0);
  /** Why the next changes are made, and what they answer. */
  reasons: Reasons = $state({ because: "", answers: [] });

  /** One's own edit that would be undone, and the one that would be made again. */
  undoes: Step | null = $state.raw(null);
  redoes: Step | null = $state.raw(null);

  readonly kinds: Kinds;
  readonly #undo = new Undo({
    view: () => this.#desk.view(),
    text: (element, lang, field) => this.text(element, lang, field),
    make: (deeds) => this.together((hand) => hand.deeds.push(...deeds)),
  });
  readonly #desk: Desk;
  readonly #connection: Connection;
  readonly #listeners = new Listeners();
  readonly #presence: Presence;
  #showing: (() => void) | null = null;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #takingOver: ReturnType<typeof setInterval> | undefined;
  #holding = 0;

  private constructor(
    readonly id: string,
    readonly api: Api,
    readonly me: Me,
    kinds: Kinds,
    readonly slot: Slot | null,
    kept: Kept | undefined,
    waiting: Pending[],
  ) {
    this.kinds = kinds;
    this.#connection = new Connection(api, {
      opened: () => this.#desk.happens({ is: "opened" }),
      closed: () => this.#closed(),
      said: (message) => this.#hear(message),
      denied: (problem) => this.#denied(problem.status, problem.message),
    });
    this.#presence = new Presence(id, (message) => this.#connection.send(message));
    const state = begin(id, kept?.seq ?? 0, kept?.leaf ?? null, waiting);
    const watcher = {
      changed: () => this.#touch(),
      followed: (texts: TextChanges, seq: number) => this.#listeners.followed(texts, seq),
      renewed: () => this.#renewed(),
      told: (entry: Entry) => this.#told(entry),
      saved: () => (this.hasSaved = true),
      refused: (refused: readonly Refused[]) => (this.refused = [...this.refused, ...refused]),
      gaveUp: (reason: string) => this.#gone(reason),
    };
    this.#desk = new Desk(kinds, outside, slot ?? nowhere, this.#connection, watcher, state, kept?.document ?? null);
    this.#show();
    [this.isKeeping, this.held] = [slot !== null, this.waiting];
    if (slot) this.#takingOver = setInterval(() => void this.#takeOver(slot), TAKE_OVER_EVERY_MS);
  }

  /** Opens a plan: what this browser kept of it at once, then what came since. */
  static async open(id: string, api: Api, me: Me): Promise<PlanStore> {
    const slot = await Slot.take(id, me.subject).catch(() => null);
    try {
      const [about] = await Promise.all([tellOf(id, api, slot), startAutomerge()]);
      const [kept, waiting] = [await slot?.kept(), (await slot?.waiting()) ?? []];
      const store = new PlanStore(id, api, me, new Kinds(about.kinds), slot, kept, waiting);
      [store.title, store.stage] = [store.title || about.title, about.stage];
      return store;
    } catch (error) {
      await slot?.close();
      throw error;
    }
  }

  /** Lets go of the plan; what is not saved is kept for the next time. */
  async close(): Promise<void> {
    this.#showing?.();
    clearInterval(this.#takingOver);
    this.#connection.end();
    this.#keep();
    await this.slot?.close();
  }

  // What people do: each gives the name under which the change will be an entry, `null` where nothing changed.  All of
  // it can be undone.

  splice(element: string, lang: string, field: string, splices: Splice[]): string | null {
    const before = this.text(element, lang, field);
    const id = this.#edit((replica) => replica.splice(element, lang, field, splices, this.#why()));
    if (id) this.#done({ is: "text", element, lang, field, before, after: this.text(element, lang, field) });
    return id;
  }

  setField(element: string, field: string, value: Value): string | null {
    return this.#recorded((replica) => replica.setField(element, field, value, this.#why()));
  }

  /** Makes texts read otherwise and gives fields values, in one change. */
  amend(element: string, lang: string, content: Content): string | null {
    const [texts, fields] = [Object.keys(content.texts ?? {}), Object.keys(content.fields ?? {})];
    const read = () => [...texts.map((name) => this.text(element, lang, name)), ...fields.map((name) => this.#valueOf(element, name))];
    const before = read();
    const id = this.#edit((replica) => replica.amend(element, lang, content, this.#why()));
    if (id === null) return null;
    this.#renewed();
    const after = read();
    const ofText = (field: string, at: number): Turn => ({ is: "text", element, lang, field, before: String(before[at]), after: String(after[at]) });
    const ofField = (field: string, at: number): Turn => ({ is: "field", element, field, before: before[at]!, after: after[at]! });
    this.#done(...texts.map(ofText), ...fields.map((field, at) => ofField(field, texts.length + at)));
    return id;
  }

  /** Gives the id of the element that was made. */
  add(kind: string, parent: string | null, after: Element | null, title: string, content?: Content): string | null {
    let made: string | null = null;
    const id = this.#recorded((replica) => {
      const [element, pending] = replica.add(kind, parent, after, title, this.#why(), content);
      made = element;
      return pending;
    });
    return id === null ? null : made;
  }

  move(element: string, parent: string | null, after: Element | null): string | null {
    return this.#recorded((replica) => replica.move(element, parent, after, this.#why()));
  }

  setRemoved(id: string, removed: boolean): string | null {
    return this.#recorded((replica) => replica.setRemoved(id, removed, this.#why()));
  }

  link(kind: string, from: string, to: string): string | null {
    return this.#recorded((replica) => replica.link(kind, from, to, this.#why()));
  }

  /** Takes back one's own last edit, as far as it stands. */
  undo(): Outcome {
    const outcome = this.#undo.undo();
    this.#noteUndo();
    return outcome;
  }

  redo(): Outcome {
    const outcome = this.#undo.redo();
    this.#noteUndo();
    return outcome;
  }

  /** Does several things in one change, which becomes one entry. */
  together(work: (hand: Hand) => void): string | null {
    const id = this.#recorded((replica) => replica.together(work, this.#why()));
    if (id !== null) this.#renewed();
    return id;
  }

  /** Makes again what was refused, on what stands now; says whether that can be done. */
  again(refused: Refused): boolean {
    const id = this.#recorded((replica) => replica.again(refused.pending));
    if (id === null) return false;
    this.#renewed();
    this.dismiss(refused);
    return true;
  }

  /** Keeps something that was refused no longer. */
  dismiss(refused: Refused): void {
    this.refused = this.refused.filter((one) => one !== refused);
  }

  /** Says where one is. */
  whereabouts(state: Whereabouts | undefined): void {
    this.#presence.say(state, this.status === "live");
  }

  // What screens ask.

  text(element: string, lang: string, field: string): string {
    return this.#desk.text(element, lang, field);
  }

  /** Hears of changes of a text that were not made through `splice`. */
  onText(element: string, lang: string, field: string, listener: TextListener): () => void {
    return this.#listeners.onText(element, lang, field, listener);
  }

  /** Hears of every entry, one's own among them, as it comes. */
  onEntry(listener: (entry: Entry) => void): () => void {
    return this.#listeners.onEntry(listener);
  }

  /** Why one may not write an element; `null` when one may. */
  forbidden(id: string): string | null {
    return this.plan ? forbidden(this.me, this.stage, this.plan, this.kinds, id, null) : "";
  }

  /** Why one may not make such an element there. */
  forbiddenUnder(kind: string, parent: Element | null): string | null {
    if (!this.plan) return "";
    const isOwned = parent !== null && this.kinds.element(parent.kind)?.ownership === "bureau";
    const owner: Bureau | null = isOwned ? ownerOf(this.plan, this.kinds, parent) : null;
    return forbiddenKind(this.me, this.stage, this.kinds, kind, owner, null);
  }

  #valueOf(element: string, field: string): Value {
    const plan = this.#desk.view();
    return plan ? valueOf(plan, element, field) : null;
  }

  /** Edits, and notes for undo what the change was made for. */
  #recorded(make: (replica: Replica) => Pending | null): string | null {
    const before = this.#desk.view();
    let intent: Intent | undefined;
    const id = this.#edit((replica) => {
      const pending = make(replica);
      intent = pending?.intent;
      return pending;
    });
    if (id !== null && intent) this.#done(...turnsOf(intent, before!, this.#desk.view()!));
    return id;
  }

  #done(...turns: Turn[]): void {
    this.#undo.record(turns, performance.now());
    this.#noteUndo();
  }

  #noteUndo(): void {
    [this.undoes, this.redoes] = [this.#undo.back, this.#undo.forth];
  }

  #why(): Reasons {
    return { because: this.reasons.because, answers: [...this.reasons.answers] };
  }

  #edit(make: (replica: Replica) => Pending | null): string | null {
    const made = this.#desk.edit(make);
    if (made) void this.#hold();
    return made?.id ?? null;
  }

  /** Tells of what waits that it is held here once it is written down. */
  async #hold(): Promise<void> {
    const turn = ++this.#holding;
    const isHeld = (await this.slot?.settled()) ?? false;
    if (!isHeld) this.isKeeping = false;
    else if (turn === this.#holding) this.held = this.waiting;
  }

  async #takeOver(slot: Slot): Promise<void> {
    const left = await slot.takeOver().catch(() => []);
    this.#desk.takeOver(left);
    if (left.length > 0) void this.#hold();
  }

  #hear(message: ServerMessage): void {
    this.#desk.happens({ is: "said", message });
    if (this.#presence.hear(message)) this.people = this.#presence.people;
    this.#note();
  }

  #closed(): void {
    this.#desk.happens({ is: "closed" });
    this.#presence.lose();
    this.people = [];
    this.#note();
  }

  #renewed(): void {
    this.#listeners.renewed((element, lang, field) => this.text(element, lang, field), this.#desk.state.seq);
  }

  #told(entry: Entry): void {
    this.events = [...this.events, entry].slice(-EVENTS_KEPT_MAX);
    if (entry.type === "stage_advanced") this.stage = entry.to;
    this.seq = entry.seq;
    this.#listeners.told(entry);
  }

  #denied(status: number, reason: string): void {
    this.#gone(reason);
    if (status === 401) session.end();
  }

  #gone(reason: string): void {
    [this.status, this.reason] = ["gone", reason];
    this.#connection.end();
  }

  #note(): void {
    const { pending, acked, seq, phase } = this.#desk.state;
    [this.waiting, this.seq] = [pending.length - acked.size, seq];
    this.held = Math.min(this.held, this.waiting);
    if (this.status === "gone") return;
    if (phase.is === "live") this.status = "live";
    else this.status = phase.is === "catching up" || this.plan === null ? "connecting" : "offline";
  }

  /** What stands is read once a frame, however much has happened. */
  #touch(): void {
    this.#note();
    if (!this.#showing) {
      const show = () => {
        this.#showing = null;
        this.#show();
      };
      if (document.hidden) {
        const timer = setTimeout(show, UNSEEN_SHOW_MS);
        this.#showing = () => clearTimeout(timer);
      } else {
        const frame = requestAnimationFrame(show);
        this.#showing = () => cancelAnimationFrame(frame);
      }
    }
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => this.#keep(), KEEP_AFTER_MS);
  }

  #show(): void {
    this.plan = this.#desk.view();
    const title = this.plan?.fields.title;
    if (typeof title === "string") this.title = title;
    this.#note();
  }

  #keep(): void {
    clearTimeout(this.#keeping);
    const kept = this.#desk.kept();
    if (kept) this.slot?.keep(kept);
  }
}
