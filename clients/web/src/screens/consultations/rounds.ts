// Rounds of views and what became of each view: an item is closed when it has a disposition and says why.

import type { Element, Plan } from "../../plan/view";

export interface View {
  element: Element;
  statement: string;
  author: string;
  body: string;
  target: Element | null;
  disposition: string;
  reason: string;
  isClosed: boolean;
}

export interface Round {
  element: Element;
  views: View[];
}

export function roundsOf(plan: Plan): Round[] {
  return plan.elements
    .filter((one) => one.kind === "consultation" && !one.removed)
    .map((element) => ({
      element,
      views: plan.elements.filter((one) => one.kind === "feedback_item" && one.parent === element.id && !one.removed).map((one) => viewOf(plan, one)),
    }));
}

export function viewOf(plan: Plan, element: Element): View {
  const say = (name: string) => [element.text[plan.language], ...Object.values(element.text)].map((own) => own?.[name]).find(Boolean) ?? "";
  const field = (name: string) => (typeof element.fields[name] === "string" ? String(element.fields[name]) : "");
  const [disposition, reason] = [field("disposition"), say("reason")];
  return {
    element,
    statement: say("statement"),
    author: field("author"),
    body: field("body"),
    target: plan.byId.get(field("target")) ?? null,
    disposition,
    reason,
    isClosed: disposition !== "" && reason.trim() !== "",
  };
}

/** How many views there are, are closed, and have each disposition. */
export function countsOf(views: readonly View[]): { all: number; closed: number; of: Record<string, number> } {
  const of: Record<string, number> = {};
  for (const { disposition } of views) if (disposition) of[disposition] = (of[disposition] ?? 0) + 1;
  return { all: views.length, closed: views.filter((view) => view.isClosed).length, of };
}

/** The next open view of its round after one, from the beginning again at the end; `null` where none is open. */
export function nextOpen(round: Round, after: string): View | null {
  const at = round.views.findIndex((view) => view.element.id === after);
  const ordered = [...round.views.slice(at + 1), ...round.views.slice(0, Math.max(at, 0))];
  return ordered.find((view) => !view.isClosed) ?? null;
}
