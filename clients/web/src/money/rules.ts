// Where in the sheet a finding of the finances belongs, and which plain facts it says already: one fault is told once,
// in the words of its rule where there is one, and in those of the sheet until the server has looked.

import type { Finding } from "../plan/findings";
import type { Fact } from "./matrix";

/** What a place of the sheet is about. */
export type About =
  | { is: "cell"; row: string; goal: string; allocations: readonly string[] }
  | { is: "row_sum" | "row_planned"; row: string }
  | { is: "goal_sum"; goal: string }
  | { is: "total" | "nothing" };

/** Rules about a row and a goal together, about the sum of a row, and those that name a row besides. */
const PAIRED = ["FIN-02", "FIN-06"];
const SUMMED = ["FIN-03", "FIN-04"];
const ELSEWHERE = [...PAIRED, ...SUMMED, "FIN-07"];

/** The rules that say a fact. */
const SAID_BY: Record<Fact["is"], readonly string[]> = {
  sum: ["FIN-04", "FIN-05", "FIN-08"],
  percents: ["FIN-03"],
  share: ["FIN-07"],
  no_link: ["FIN-02"],
  no_money: ["FIN-02"],
  several: [],
  to_settle: [],
};

type Found = Pick<Finding, "code" | "elements">;

/** Whether a finding belongs to a place; each has one at most, and what is no finding of the finances has none. */
export function belongs({ code, elements }: Found, about: About): boolean {
  switch (about.is) {
    case "cell":
      if (code === "FIN-07") return about.allocations.some((id) => elements.includes(id));
      return PAIRED.includes(code) && elements.includes(about.row) && elements.includes(about.goal);
    case "row_sum":
      return SUMMED.includes(code) && elements.includes(about.row);
    case "row_planned":
      return code.startsWith("FIN-") && !ELSEWHERE.includes(code) && elements.includes(about.row);
    case "goal_sum":
      return code === "FIN-05" && elements.includes(about.goal);
    case "total":
      return code === "FIN-08";
    default:
      return false;
  }
}

/** Facts of a place that no finding there says. */
export function untold(facts: readonly Fact[], found: readonly Found[]): Fact[] {
  return facts.filter(({ is }) => !found.some(({ code }) => SAID_BY[is].includes(code)));
}
