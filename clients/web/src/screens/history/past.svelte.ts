// What of the past is loaded: the entries that match, page by page, the versions, today's names, and the
// plan at the moments one stood at. A newer question ends the one before.

import { type Api, content } from "../../api/client";
import { type Filters, filterQuery } from "../../history/filters";
import { Names } from "../../history/names";
import type { Entry, PlanView, Version } from "../../history/types";
import { nameWords } from "./sentences";
import { told } from "./trouble";

const PER_PAGE = 1_000;
/** Entries that are held at a time; more are not scrubbed through by anybody. */
export const ENTRIES_MAX = 20_000;
const VIEWS_KEPT = 40;

export class Past {
  /** In the order of their numbers. */
  entries: readonly Entry[] = $state.raw([]);
  versions: readonly Version[] = $state.raw([]);
  names: Names = $state.raw(new Names(nameWords));
  today: PlanView | undefined = $state.raw();
  isLoading = $state(true);
  /** Whether there are more entries than are held. */
  isCut = $state(false);
  trouble = $state("");
  readonly #api: Api;
  readonly #plan: string;
  readonly #views = new Map<number, Promise<PlanView>>();
  #asked: AbortController | undefined;

  constructor(api: Api, plan: string) {
    this.#api = api;
    this.#plan = plan;
  }

  /** Loads the entries that match, from the first; gives whether they are all there. */
  async load(filters: Filters): Promise<boolean> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    [this.isLoading, this.isCut, this.trouble] = [true, false, ""];
    try {
      const entries = await this.#pages(filters, "0", asked.signal);
      if (asked.signal.aborted) return false;
      this.entries = entries;
      this.isLoading = false;
      return true;
    } catch (error) {
      if (asked.signal.aborted) return false;
      [this.trouble, this.entries, this.isLoading] = [told(error), [], false];
      return false;
    }
  }

  /** Looks for entries after the last one that is held; gives how many came. */
  async newer(filters: Filters): Promise<number> {
    const last = this.entries.at(-1)?.seq ?? 0;
    const more = await this.#pages(filters, String(last), new AbortController().signal);
    if (more.length > 0) {
      this.entries = [...this.entries, ...more];
      await this.surroundings();
    }
    return more.length;
  }

  /** Versions and today's names: what is shown beside the entries. */
  async surroundings(): Promise<void> {
    const path = { plan: this.#plan };
    const [view, page] = await Promise.all([
      content(this.#api.GET("/api/v1/plans/{plan}", { params: { path, query: { removed: true } } })),
      content(this.#api.GET("/api/v1/plans/{plan}/versions", { params: { path, query: {} } })),
    ]);
    this.today = view;
    this.names = new Names(nameWords, view);
    this.versions = page.versions;
  }

  /** The plan as it was after an entry, with what is removed in it. */
  view(seq: number): Promise<PlanView> {
    const known = this.#views.get(seq);
    if (known) return known;
    const params = { path: { plan: this.#plan }, query: { at: String(seq), removed: true } };
    const view = content(this.#api.GET("/api/v1/plans/{plan}", { params }));
    this.#views.set(seq, view);
    view.catch(() => this.#views.delete(seq));
    const [oldest] = this.#views.keys();
    if (this.#views.size > VIEWS_KEPT && oldest !== undefined) this.#views.delete(oldest);
    return view;
  }

  async #pages(filters: Filters, after: string, signal: AbortSignal): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let from: string | undefined = after; from !== undefined; ) {
      const query = { ...filterQuery(filters), after: from, limit: PER_PAGE };
      const { data, response }: { data?: unknown; response: Response } = await this.#api.GET("/api/v1/plans/{plan}/events", {
        params: { path: { plan: this.#plan }, query },
        signal,
      });
      entries.push(...(data as Entry[]));
      from = nextAfter(response.headers);
      if (entries.length >= ENTRIES_MAX && from !== undefined) {
        this.isCut = true;
        break;
      }
    }
    return entries;
  }
}

/** Where the next page begins, as the answer says. */
function nextAfter(headers: Headers): string | undefined {
  const [, address] = /<([^>]*)>; *rel="next"/.exec(headers.get("link") ?? "") ?? [];
  return address === undefined ? undefined : (new URL(address, location.origin).searchParams.get("after") ?? undefined);
}
