// What an edit that can be undone is called.

import type { Turn } from "../../plan/turns";
import type { Step } from "../../plan/undo";
import type { Plan } from "../../plan/view";
import { showNumber, t } from "../../strings";
import { shortOf } from "../write/names";

export function stepWords(plan: Plan, { turns }: Step): string {
  const [first] = turns;
  if (!first) return "";
  const about = (turn: Turn) => (turn.is === "there" ? turn.id : turn.element);
  const others = new Set(turns.map(about)).size - 1;
  return others > 0 ? t.undo.withMore(turnWords(plan, first), showNumber(others)) : turnWords(plan, first);
}

function turnWords(plan: Plan, turn: Turn): string {
  const u = t.undo;
  const nameOf = (id: string): string => {
    const element = plan.byId.get(id);
    return element ? shortOf(plan, element) : id === "plan" ? t.past.names.thePlan : linkWords(plan, id);
  };
  switch (turn.is) {
    case "field":
    case "text":
      return u.field(turn.field.replaceAll("_", " "), nameOf(turn.element));
    case "place":
      return u.moving(nameOf(turn.element));
    case "there": {
      const link = plan.links.find(({ id }) => id === turn.id);
      if (link) return (turn.after ? u.linking : u.unlinking)(nameOf(link.from), nameOf(link.to));
      return (turn.after ? u.adding : u.removing)(nameOf(turn.id));
    }
  }
}

function linkWords(plan: Plan, id: string): string {
  const link = plan.links.find((one) => one.id === id);
  const [from, to] = [plan.byId.get(link?.from ?? ""), plan.byId.get(link?.to ?? "")];
  return from && to ? t.past.arrow(shortOf(plan, from), shortOf(plan, to)) : id;
}

/** The element that an edit is about, to be shown when it is turned. */
export function aboutStep(plan: Plan, { turns: [turn] }: Step): string | null {
  if (!turn) return null;
  const id = turn.is === "there" ? turn.id : turn.element;
  return plan.byId.has(id) || id === "plan" ? id : (plan.links.find((link) => link.id === id)?.from ?? null);
}
