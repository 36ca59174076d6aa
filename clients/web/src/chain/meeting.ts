// "One ITU": which Sectors meet in each outcome, and how that is known.

import type { Element, Plan } from "../plan/view";
import { sectorsOf } from "./graph";

export const SECTORS = ["ITU-R", "ITU-T", "ITU-D"] as const;
export type Sector = (typeof SECTORS)[number];

/** How Sectors of an outcome are known: it names them, who owns it, what it stands under; or not at all. */
export type Source = "own" | "owner" | "above" | "none";

export interface Meeting {
  outcome: Element;
  /** What it stands under. */
  above: Element | null;
  sectors: Sector[];
  source: Source;
}

const OF_BUREAU: Record<string, Sector> = { BR: "ITU-R", TSB: "ITU-T", BDT: "ITU-D" };
const ALL = "inter-sectoral";

/** Every outcome with its Sectors, in reading order. */
export function meetingsOf(plan: Plan): Meeting[] {
  return plan.elements
    .filter(({ kind, removed }) => kind === "outcome" && !removed)
    .map((outcome) => {
      const above = (outcome.parent === null ? undefined : plan.byId.get(outcome.parent)) ?? null;
      return { outcome, above, ...knownOf(outcome, above) };
    });
}

function knownOf(outcome: Element, above: Element | null): { sectors: Sector[]; source: Source } {
  const sources: [Source, Sector[]][] = [
    ["own", named(outcome)],
    ["owner", owned(outcome)],
    ["above", above ? named(above) : []],
    ["above", above ? owned(above) : []],
  ];
  const [source, sectors] = sources.find(([, found]) => found.length > 0) ?? (["none", []] as [Source, Sector[]]);
  return { source, sectors };
}

function named(element: Element): Sector[] {
  const names = sectorsOf(element);
  return names.includes(ALL) ? [...SECTORS] : SECTORS.filter((sector) => names.includes(sector));
}

function owned({ owner }: Element): Sector[] {
  const sector = OF_BUREAU[owner ?? ""];
  return sector ? [sector] : [];
}

/** How many outcomes each company of Sectors has, the largest company first. */
export function companiesOf(meetings: readonly Meeting[]): { sectors: Sector[]; count: number }[] {
  const counts = new Map<string, { sectors: Sector[]; count: number }>();
  for (const { sectors } of meetings) {
    const key = sectors.join(" ");
    counts.set(key, { sectors, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const place = ({ sectors }: { sectors: Sector[] }) => SECTORS.indexOf(sectors[0] ?? "ITU-R");
  return [...counts.values()].sort((one, other) => other.sectors.length - one.sectors.length || place(one) - place(other));
}
