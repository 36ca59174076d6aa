// What of the past is looked at, as it stands in the address: whoever gets the address sees the same.
// Names are those of the API; what an address has besides them is dropped.

import type { Entry } from "./types";

/** Which entries: all that is given must hold, of a list one. */
export interface Filters {
  readonly subject: readonly string[];
  readonly bureau: readonly string[];
  readonly element: readonly string[];
  readonly subtree: string;
  readonly field: readonly string[];
  readonly kind: readonly string[];
  readonly type: readonly string[];
  readonly op: readonly string[];
  /** What is answered: a request, a view or a round. */
  readonly answers: string;
  readonly text: string;
  readonly since: string;
  readonly until: string;
}

/** What the screen shows of the entry it stands at. */
export type Face = "plan" | "authors" | "compare" | "entries";
const FACES: readonly Face[] = ["plan", "authors", "compare", "entries"];

/** How the time line is spread: by the clock without the times in which nothing happened, by the clock, or each entry
    as wide as another. */
export const SCALES = ["active", "time", "entries"] as const;
export type Scale = (typeof SCALES)[number];

/** How two points are compared: what differs in a list, or side by side with or without marks. */
export const LAYOUTS = ["list", "tracked", "clean"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** All that an address of this screen says. */
export interface Look {
  readonly filters: Filters;
  /** The entry it stands at; the last when absent. */
  readonly at?: number;
  readonly face: Face;
  readonly scale: Scale;
  /** The element whose authors are shown. */
  readonly about: string;
  /** The two points that are compared, as people write them. */
  readonly from: string;
  readonly to: string;
  readonly layout: Layout;
}

const LISTS = ["subject", "bureau", "element", "field", "kind", "type", "op"] as const;
const TEXTS = ["answers", "subtree", "text", "since", "until"] as const;

export const NO_FILTERS: Filters = {
  subject: [],
  bureau: [],
  element: [],
  subtree: "",
  field: [],
  kind: [],
  type: [],
  op: [],
  answers: "",
  text: "",
  since: "",
  until: "",
};

/** How many of the filters say something. */
export function filterCount(filters: Filters): number {
  return LISTS.filter((name) => filters[name].length > 0).length + TEXTS.filter((name) => filters[name] !== "").length;
}

/** The filters as parameters of the API; what is empty is left out. */
export function filterQuery(filters: Filters): Record<string, string> {
  const lists = LISTS.map((name) => [name, filters[name].join(",")] as const);
  const texts = TEXTS.map((name) => [name, filters[name].trim()] as const);
  return Object.fromEntries([...lists, ...texts].filter(([, value]) => value !== ""));
}

/** What entries answer: guidance requests, feedback items, consultations. */
export function answeredIn(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => entry.answers ?? []));
}

export function readLook(query: URLSearchParams): Look {
  const list = (name: string) => (query.get(name) ?? "").split(",").map((part) => part.trim()).filter(Boolean);
  const text = (name: string) => query.get(name) ?? "";
  const at = /^[1-9][0-9]{0,14}$/.test(text("at")) ? Number(text("at")) : undefined;
  const filters: { -readonly [Name in keyof Filters]: Filters[Name] } = { ...NO_FILTERS };
  for (const name of LISTS) filters[name] = list(name);
  for (const name of TEXTS) filters[name] = text(name);
  return {
    filters,
    ...(at === undefined ? {} : { at }),
    face: FACES.find((face) => face === text("face")) ?? "plan",
    scale: SCALES.find((scale) => scale === text("scale")) ?? "active",
    about: text("about"),
    from: text("from"),
    to: text("to"),
    layout: LAYOUTS.find((layout) => layout === text("layout")) ?? "list",
  };
}

/** The address of a look: only what differs from the plain screen is in it. */
export function writeLook(look: Look): URLSearchParams {
  const query = new URLSearchParams(filterQuery(look.filters));
  if (look.at !== undefined) query.set("at", String(look.at));
  if (look.face !== "plan") query.set("face", look.face);
  if (look.scale !== "active") query.set("scale", look.scale);
  if (look.layout !== "list") query.set("layout", look.layout);
  for (const name of ["about", "from", "to"] as const) if (look[name]) query.set(name, look[name]);
  return query;
}
