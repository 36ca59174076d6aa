// A plan that is open in this tab: the replica, the core, the socket and what is kept, held together; and what
// of it screens show.  Everything that happens goes through `#happens`.

import { Connection } from "../adapters/socket";
import { Slot } from "../adapters/replicas";
import { type Api, content } from "../api/client";
import type { Me, Stage } from "../api/schema";
import { type Effect, type Happening, type Pending, type Refused, type State, begin, step } from "../collab/collab";
import type { Entry } from "../history/types";
import type { Person, ServerMessage, Whereabouts } from "../wire/messages";
import { startAutomerge } from "./automerge";
import { Kinds } from "./kinds";
import { type Outside, type Reasons, Replica, type Splice, type TextChanges, textKey } from "./replica";
import { forbidden, forbiddenKind, ownerOf } from "./rights";
import type { Element, Plan, Value } from "./view";

/** How it stands with the server, for people. */
export type Status = "connecting" | "live" | "offline" | "gone";

/** Entries that are kept to be shown beside the plan. */
const EVENTS_KEPT_MAX = 500;
/** After the last change, so long until the document is kept. */
const KEEP_AFTER_MS = 2_000;

const outside: Outside = {
  entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  now_s: () => Math.floor(Date.now() / 1000),
};

type TextListener = (splices: Splice[]) => void;

export class PlanStore {
  /** What stands; none before the document has come. */
  plan: Plan | null = $state.raw(null);
  stage: Stage | null = $state(null);
  title = $state("");
  status: Status = $state("connecting");
  /** Why the plan cannot be had, when `status` is `gone`. */
  reason = $state("");
  /** How many changes are not on the server's disk yet. */
  waiting = $state(0);
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

  readonly kinds: Kinds;
  readonly me: Me;
  #replica: Replica | null = null;
  #state: State;
  #connection: Connection | null = null;
  #slot: Slot | null;
  #session = "";
  #texts = new Map<string, Set<TextListener>>();
  #frame = 0;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #seen = new Map<string, Person>();

  private constructor(
    readonly id: string,
    readonly api: Api,
    me: Me,
    kinds: Kinds,
    slot: Slot | null,
    state: State,
  ) {
    [this.me, this.kinds, this.#slot, this.#state] = [me, kinds, slot, state];
    this.#note();
  }

  /** Opens a plan: what this browser kept of it at once, then what came since. */
  static async open(id: string, api: Api, me: Me): Promise<PlanStore> {
    const path = { params: { path: { plan: id }, query: {} } };
    const [table, view, slot] = await Promise.all([
      content(api.GET("/api/v1/kinds")),
      content(api.GET("/api/v1/plans/{plan}", path)),
      Slot.take(id, me.subject).catch(() => null),
      startAutomerge(),
    ]);
    const [kept, waiting] = [await slot?.kept(), (await slot?.waiting()) ?? []];
    const state = begin(id, kept?.seq ?? 0, kept?.leaf ?? null, waiting);
    const store = new PlanStore(id, api, me, new Kinds(table), slot, state);
    [store.title, store.stage] = [view.title, view.stage];
    if (kept) {
      store.#replica = store.#replicaOf(kept.document);
      store.#replica.adopt(waiting);
      store.#show();
    }
    store.#connect();
    return store;
  }

  /** Lets go of the plan; what is not saved is kept for the next time. */
  async close(): Promise<void> {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#keeping);
    this.#connection?.end();
    await this.#keep();
    this.#slot?.close();
  }

  // What people do.

  splice(element: string, lang: string, field: string, splices: Splice[]): void {
    this.#made(this.#replica?.splice(element, lang, field, splices, this.#why()));
  }

  setField(element: string, field: string, value: Value): void {
    this.#made(this.#replica?.setField(element, field, value, this.#why()));
  }

  /** Gives the id of what was made. */
  add(kind: string, parent: string | null, after: Element | null, title: string): string | null {
    const [id, pending] = this.#replica?.add(kind, parent, after, title, this.#why()) ?? [null, null];
    this.#made(pending);
    return pending ? id : null;
  }

  move(element: string, parent: string | null, after: Element | null): void {
    this.#made(this.#replica?.move(element, parent, after, this.#why()));
  }

  setRemoved(id: string, removed: boolean): void {
    this.#made(this.#replica?.setRemoved(id, removed, this.#why()));
  }

  link(kind: string, from: string, to: string): void {
    this.#made(this.#replica?.link(kind, from, to, this.#why()));
  }

  /** Does again what was refused, on what stands now; a text is put in where it is empty, else nothing. */
  dismiss(refused: Refused): void {
    this.refused = this.refused.filter((one) => one !== refused);
  }

  /** Says where one is. */
  whereabouts(state: Whereabouts | undefined): void {
    if (this.#state.phase.is !== "live") return;
    this.#connection?.send({ type: "presence", plan: this.id, ...(state ? { state } : {}) });
  }

  // What screens ask.

  text(element: string, lang: string, field: string): string {
    return this.#replica?.text(element, lang, field) ?? "";
  }

  /** Hears of changes of a text that were not made through this store's `splice`. */
  onText(element: string, lang: string, field: string, listener: TextListener): () => void {
    const key = textKey(element, lang, field);
    const listeners = this.#texts.get(key) ?? new Set();
    this.#texts.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** Why one may not write an element; `null` when one may. */
  forbidden(id: string): string | null {
    if (!this.plan || !this.stage) return "";
    return forbidden(this.me, this.stage, this.plan, this.kinds, id, null);
  }

  /** Why one may not make such an element there. */
  forbiddenUnder(kind: string, parent: Element | null): string | null {
    if (!this.plan || !this.stage) return "";
    const owner = parent && this.kinds.element(parent.kind)?.ownership === "bureau" ? ownerOf(this.plan, parent) : null;
    return forbiddenKind(this.me, this.stage, this.kinds, kind, owner, null);
  }

  /** Each document has an actor of its own: another one may have gone on where this does not know. */
  #replicaOf(document: Uint8Array): Replica {
    return new Replica(this.kinds, outside, document, hexOf(outside.entropy(16)));
  }

  #why(): Reasons {
    return { because: this.reasons.because, answers: [...this.reasons.answers] };
  }

  #made(pending: Pending | null | undefined): void {
    if (!pending) return;
    void this.#slot?.add(pending);
    this.#happens({ is: "made", pending });
    this.#touch();
  }

  #connect(): void {
    this.#connection = new Connection(this.api, {
      opened: () => this.#happens({ is: "opened" }),
      closed: () => this.#happens({ is: "closed" }),
      said: (message) => this.#hear(message),
      denied: (problem) => this.#giveUp(problem.message),
    });
  }

  #hear(message: ServerMessage): void {
    if (message.type === "welcome") this.#session = message.session;
    if (message.type === "presence" && message.plan === this.id) this.#meet(message.people, message.whole === true);
    this.#happens({ is: "said", message });
  }

  #meet(people: Person[], whole: boolean): void {
    if (whole) this.#seen.clear();
    for (const person of people) {
      if (person.state && person.session !== this.#session) this.#seen.set(person.session, person);
      else this.#seen.delete(person.session);
    }
    this.people = [...this.#seen.values()];
  }

  #happens(happening: Happening): void {
    const [state, effects] = step(this.#state, happening);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    this.#note();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case "send":
        this.#connection?.send(effect.message);
        break;
      case "load":
        this.#replica = this.#replicaOf(effect.document);
        this.#replica.adopt(effect.pending);
        for (const [key, listeners] of this.#texts) for (const listener of listeners) listener(this.#whole(key));
        this.#show();
        this.#touch();
        break;
      case "apply":
        if (this.#replica) this.#follow(this.#replica.apply([effect.change]));
        this.#touch();
        break;
      case "tell":
        this.#told(effect.event);
        break;
      case "saved":
        this.hasSaved = true;
        void this.#slot?.drop(effect.pending.id);
        break;
      case "hand back":
        this.refused = [...this.refused, ...effect.refused];
        for (const { pending } of effect.refused) void this.#slot?.drop(pending.id);
        break;
      case "reconnect":
        this.#connection?.again();
        break;
      case "give up":
        this.#giveUp(effect.reason);
        break;
    }
  }

  #told(event: Entry): void {
    this.events = [...this.events, event].slice(-EVENTS_KEPT_MAX);
    if (event.type === "stage_advanced") this.stage = event.to;
  }

  #giveUp(reason: string): void {
    [this.status, this.reason] = ["gone", reason];
    this.#connection?.end();
  }

  /** A text that is another one altogether now: nothing of a field's own can be kept. */
  #whole(key: string): Splice[] {
    const [element = "", lang = "", field = ""] = key.split("/");
    return [{ at: 0, removed: Number.MAX_SAFE_INTEGER, inserted: this.text(element, lang, field) }];
  }

  #follow(changes: TextChanges): void {
    for (const [key, splices] of changes) for (const listener of this.#texts.get(key) ?? []) listener(splices);
  }

  #note(): void {
    this.waiting = this.#state.pending.length;
    this.seq = this.#state.seq;
    if (this.status === "gone") return;
    const { is } = this.#state.phase;
    this.status = is === "live" ? "live" : is === "catching up" || this.plan === null ? "connecting" : "offline";
  }

  /** What stands is read once a frame, however much has happened. */
  #touch(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#show();
      });
    }
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  #show(): void {
    if (!this.#replica) return;
    this.plan = this.#replica.view();
    const title = this.plan.fields.title;
    if (typeof title === "string") this.title = title;
  }

  async #keep(): Promise<void> {
    if (!this.#replica || !this.#slot || this.#state.seq === 0) return;
    const { seq, leaf } = this.#state;
    await this.#slot.keep({ seq, leaf, document: this.#replica.save() }).catch(() => undefined);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
