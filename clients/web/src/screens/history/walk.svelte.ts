// Where somebody stands in the past and what they look at: the one state of the screen History, and the
// address that follows it. What is chosen here is in the address; the address is never changed elsewhere.

import { untrack } from "svelte";

import type { Api } from "../../api/client";
import { Line } from "../../history/density";
import { type Face, type Filters, type Look, answeredIn, readLook, writeLook } from "../../history/filters";
import { type Player, type Speed, goTo, pauseMs, startAt, step, tick, toggle, withCount } from "../../history/player";
import { linkTo } from "../../routing/routes";
import { router } from "../../routing/router.svelte";
import { showNumber, t } from "../../strings";
import { Past } from "./past.svelte";
import { told } from "./trouble";

/** The address follows after a while: browsers take only so many changes of it. */
const ADDRESS_AFTER_MS = 300;

/** What an address says; one that names an element means the history of just that one. */
function lookOf(query: URLSearchParams, element: string | null): Look {
  const look = readLook(query);
  return element ? { ...look, filters: { ...look.filters, element: [element] } } : look;
}

export class Walk {
  readonly past: Past;
  look: Look = $state.raw(readLook(new URLSearchParams()));
  player: Player = $state.raw(startAt(-1, 0));
  /** Names of everybody whose entries were seen, by subject. */
  people: ReadonlyMap<string, string> = $state.raw(new Map());
  /** All that entries answer that were seen. */
  answered: ReadonlySet<string> = $state.raw(new Set());
  notice = $state("");
  /** The entry after which the plan is on screen; what plays waits for it. */
  shownSeq = $state(0);
  readonly entry = $derived.by(() => this.past.entries[this.player.index]);
  readonly line = $derived.by(() => new Line(this.past.entries, this.look.scale));
  readonly #plan: string;
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, plan: string, query: URLSearchParams, element: string | null) {
    this.past = new Past(api, plan);
    this.#plan = plan;
    this.look = lookOf(query, element);
  }

  begin = (): void => {
    void this.#load();
    this.past.surroundings().catch((error: unknown) => (this.past.trouble = told(error)));
  };

  end(): void {
    clearTimeout(this.#writing);
  }

  /** Follows an address that comes from elsewhere, by a link or the browser's way back. */
  follow(query: URLSearchParams, element: string | null): void {
    const wanted = lookOf(query, element);
    untrack(() => {
      if (writeLook(wanted).toString() === writeLook(this.look).toString()) return;
      const isOther = JSON.stringify(wanted.filters) !== JSON.stringify(this.look.filters);
      this.look = wanted;
      if (isOther) void this.#load();
      else this.#settle();
    });
  }

  /** Changes what is looked at; the address follows. */
  change = (part: Partial<Look>): void => {
    const { filters } = this.look;
    this.look = { ...this.look, ...part };
    if (this.look.filters !== filters) void this.#load();
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => router.replace(linkTo(this.#plan, "history", null, writeLook(this.look))), ADDRESS_AFTER_MS);
  };

  putFilters = (filters: Filters): void => this.change({ filters });

  /** Shows another face; two points to compare are at first this entry and the one before. */
  show = (face: Face): void => {
    const { from, to } = this.look;
    const isFirst = face === "compare" && !from && !to && this.entry;
    this.change({ face, ...(isFirst ? { from: String(isFirst.seq - 1), to: String(isFirst.seq) } : {}) });
  };

  go = (index: number): void => this.#move(goTo(this.player, index));
  goToSeq = (seq: number): void => this.go(this.past.entries.findLastIndex((one) => one.seq <= seq));
  step = (by: number): void => this.#move(step(this.player, by));
  toggle = (): void => this.#move(toggle(this.player));
  setSpeed = (speed: Speed): void => void (this.player = { ...this.player, speed });
  hrefOf = (seq: number): string => linkTo(this.#plan, "history", null, writeLook({ ...this.look, at: seq }));

  /** Goes on with what plays, once its entry has stood its time since `since_ms`; gives what takes that back. */
  playOn(isPlanShown: boolean, since_ms: number): (() => void) | undefined {
    if (!this.player.isPlaying) return undefined;
    const next = this.past.entries[this.player.index + 1];
    // Asked for ahead; what goes wrong is told when its turn comes.
    if (isPlanShown && next) this.past.view(next.seq).catch(() => undefined);
    if (isPlanShown && this.entry && this.shownSeq !== this.entry.seq) return undefined;
    const wait_ms = Math.max(0, since_ms + pauseMs(this.player) - performance.now());
    const timer = setTimeout(() => this.#move(tick(this.player)), wait_ms);
    return () => clearTimeout(timer);
  }

  /** Looks for entries that came meanwhile; who stands at the end stays there. */
  newer = async (): Promise<void> => {
    const wasAtEnd = this.player.index === this.player.count - 1;
    try {
      const count = await this.past.newer(this.look.filters);
      const { length } = this.past.entries;
      this.notice = count === 0 ? t.history.newerNone : t.history.newerFound(showNumber(count), count === 1);
      this.player = withCount(this.player, wasAtEnd ? length - 1 : this.player.index, length);
      this.#meet();
    } catch (error) {
      this.notice = told(error);
    }
  };

  /** Moves, and notes where: at the last entry the address names none, so that it stays the last. */
  #move(next: Player): void {
    this.player = next;
    const seq = this.past.entries[next.index]?.seq;
    if (next.isPlaying || seq === undefined) return;
    const { at: _at, ...rest } = this.look;
    this.look = rest;
    this.change(next.index === next.count - 1 ? {} : { at: seq });
  }

  async #load(): Promise<void> {
    if (await this.past.load(this.look.filters)) this.#settle();
  }

  /** Goes to the entry of the address, or the last. */
  #settle(): void {
    const { entries } = this.past;
    const { at } = this.look;
    const index = at === undefined ? entries.length - 1 : entries.findLastIndex((one) => one.seq <= at);
    this.player = withCount(this.player, Math.max(index, 0), entries.length);
    this.#meet();
  }

  /** Whom one has seen stays to be chosen, and what was answered, also when the filter leaves others. */
  #meet(): void {
    const { entries } = this.past;
    this.people = new Map([...this.people, ...entries.map((one) => [one.subject, one.name] as const)]);
    this.answered = new Set([...this.answered, ...answeredIn(entries)]);
  }
}
