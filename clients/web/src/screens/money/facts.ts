// What does not add up, in words.

import type { Fact } from "../../money/matrix";
import { showNumber, t } from "../../strings";
import type { Sheet, Spot } from "./sheet.svelte";

/** A number of any size with at most one digit after the point. */
export function shown(value: number): string {
  return showNumber(Math.round(value * 10) / 10);
}

export function factWords(fact: Fact): string {
  const words = t.money.fact;
  switch (fact.is) {
    case "sum": {
      const say = fact.sum > fact.planned ? words.more : words.less;
      return say(showNumber(Math.abs(fact.sum - fact.planned)), showNumber(fact.sum), showNumber(fact.planned));
    }
    case "percents":
      return words.percents(shown(fact.sum));
    case "share":
      return words.share(shown(fact.percent), shown(fact.share));
    default:
      return words[fact.is];
  }
}

/** What stands at a place, as it is written there. */
export function written({ value, measure }: Spot): string {
  if (value === null) return "";
  return measure === "percent" ? t.money.percent(shown(value)) : showNumber(value);
}

/** What stands small beside it. */
export function besideIt({ beside, measure }: Spot): string {
  if (beside === null) return "";
  return measure === "percent" ? showNumber(beside) : t.money.percent(shown(beside));
}

/** What rules find there, and what does not add up in no rule's words. */
export function notesOf(sheet: Sheet, spot: Spot): string[] {
  return [...sheet.untold(spot).map(factWords), ...sheet.found(spot).map(({ code, says }) => `${code}: ${says}`)];
}
