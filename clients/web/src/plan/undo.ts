// Undo and redo of one's own edits: each edit is recorded with what takes it back, and taken back only while what it
// made still stands; what others did since is never undone.  Typing in one place within a short time is one step.

import { carried, difference } from "./splices";
import type { Content } from "./replica";
import type { Element, Plan, Value } from "./view";

/** A place among siblings: under what, after which. */
export interface At {
  parent: string | null;
  after: string | null;
}

/** One thing that an edit made otherwise. */
export type Turn =
  | { is: "field"; element: string; field: string; before: Value; after: Value }
  | { is: "text"; element: string; lang: string; field: string; before: string; after: string }
  | { is: "there"; id: string; before: boolean; after: boolean }
  | { is: "place"; element: string; before: At; after: At };

/** An edit, of one turn or several of the same element. */
export interface Step {
  turns: Turn[];
  at_ms: number;
}

/** What undoing needs of a plan. */
export interface Hand {
  view(): Plan | null;
  text(element: string, lang: string, field: string): string;
  amend(element: string, lang: string, content: Content): unknown;
  setRemoved(id: string, removed: boolean): unknown;
  move(element: string, parent: string | null, after: Element | null): unknown;
}

/** What became of an undo: done, or no longer possible since others wrote there. */
export type Outcome = { is: "done" | "overtaken"; step: Step } | null;

const STEPS_MAX = 200;
/** Letters within this time of the last ones are one step with them, as in the text itself. */
const TYPING_MS = 500;

export class Undo {
  #back: Step[] = [];
  #forth: Step[] = [];
  #isTurning = false;

  constructor(readonly hand: Hand) {}

  /** What would be undone, and redone. */
  get back(): Step | null {
    return this.#back.at(-1) ?? null;
  }
  get forth(): Step | null {
    return this.#forth.at(-1) ?? null;
  }

  /** Notes an edit that was made. */
  record(turns: Turn[], at_ms: number): void {
    const real = turns.filter((turn) => JSON.stringify(turn.before) !== JSON.stringify(turn.after));
    if (this.#isTurning || real.length === 0) return;
    const [turn] = real;
    if (turn!.is === "text" && real.length === 1 && this.#typed(turn as Turn & { is: "text" }, at_ms)) return;
    this.#back = [...this.#back, { turns: real, at_ms }].slice(-STEPS_MAX);
    this.#forth = [];
  }

  undo(): Outcome {
    return this.#turn(this.#back, this.#forth, "before");
  }

  redo(): Outcome {
    return this.#turn(this.#forth, this.#back, "after");
  }

  /** Typing goes on with the last step, or is what takes it back or makes it again in the text itself. */
  #typed(turn: Turn & { is: "text" }, at_ms: number): boolean {
    const last = sameText(this.back, turn);
    const next = sameText(this.forth, turn);
    if (last && last.after === turn.before && last.before === turn.after) {
      this.#forth.push(this.#back.pop()!);
    } else if (next && next.before === turn.before && next.after === turn.after) {
      this.#back.push(this.#forth.pop()!);
    } else if (last && last.after === turn.before && at_ms - this.back!.at_ms < TYPING_MS) {
      this.#back[this.#back.length - 1] = { turns: [{ ...last, after: turn.after }], at_ms };
      this.#forth = [];
    } else return false;
    return true;
  }

  #turn(from: Step[], to: Step[], way: "before" | "after"): Outcome {
    const step = from.pop();
    if (!step) return null;
    this.#isTurning = true;
    try {
      const acts = step.turns.map((turn) => this.#actOf(turn, way));
      if (acts.some((act) => act === null)) return { is: "overtaken", step };
      if (!this.#together(step, way)) for (const act of acts) act!();
      to.push(step);
      return { is: "done", step };
    } finally {
      this.#isTurning = false;
    }
  }

  /** Texts and fields of one element are one change, as they were. */
  #together(step: Step, way: "before" | "after"): boolean {
    const [first] = step.turns;
    if (step.turns.length < 2 || !first || first.is === "there" || first.is === "place") return false;
    const content: { texts: Record<string, string>; fields: Record<string, Value> } = { texts: {}, fields: {} };
    let lang = "";
    for (const turn of step.turns) {
      if (turn.is === "field") content.fields[turn.field] = turn[way];
      else if (turn.is === "text") [lang, content.texts[turn.field]] = [turn.lang, this.#carried(turn, way)!];
    }
    this.hand.amend(first.element, lang, content);
    return true;
  }

  /** What turns it; `null` where what it made no longer stands. */
  #actOf(turn: Turn, way: "before" | "after"): (() => void) | null {
    const plan = this.hand.view();
    const stands = way === "before" ? "after" : "before";
    if (!plan) return null;
    switch (turn.is) {
      case "field":
        if (!same(valueOf(plan, turn.element, turn.field), turn[stands])) return null;
        return () => this.hand.amend(turn.element, "", { fields: { [turn.field]: turn[way] } });
      case "text": {
        const text = this.#carried(turn, way);
        return text === null ? null : () => this.hand.amend(turn.element, turn.lang, { texts: { [turn.field]: text } });
      }
      case "there":
        return isThere(plan, turn.id) === turn[stands] ? () => this.hand.setRemoved(turn.id, !turn[way]) : null;
      case "place": {
        const element = plan.byId.get(turn.element);
        const { parent, after } = turn[way];
        const sibling = after === null ? null : (plan.byId.get(after) ?? null);
        const isStanding = element && element.parent === turn[stands].parent && (parent === null || plan.byId.has(parent));
        return isStanding ? () => this.hand.move(turn.element, parent, sibling?.parent === parent ? sibling : null) : null;
      }
    }
  }

  /** The text with the step turned and everything that others wrote kept; `null` where both wrote at one place. */
  #carried(turn: Turn & { is: "text" }, way: "before" | "after"): string | null {
    const stood = turn[way === "before" ? "after" : "before"];
    const now = this.hand.text(turn.element, turn.lang, turn.field);
    const edit = difference(stood, turn[way]);
    const splice = edit && carried(edit, stood, now);
    return splice ? now.slice(0, splice.at) + splice.inserted + now.slice(splice.at + splice.removed) : null;
  }
}

function sameText(step: Step | null, turn: Turn & { is: "text" }): (Turn & { is: "text" }) | null {
  const [last, more] = step?.turns ?? [];
  if (last?.is !== "text" || more) return null;
  return last.element === turn.element && last.lang === turn.lang && last.field === turn.field ? last : null;
}

function same(one: Value, other: Value): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A field of an element, a link, or the plan itself. */
export function valueOf(plan: Plan, id: string, field: string): Value {
  if (id === "plan") return plan.fields[field] ?? null;
  const element = plan.byId.get(id);
  if (element && field === "code") return element.ownCode;
  if (element && field === "owner") return element.owner;
  const holder = element ?? plan.links.find((link) => link.id === id);
  return holder?.fields[field] ?? null;
}

export function isThere(plan: Plan, id: string): boolean {
  const holder = plan.byId.get(id) ?? plan.links.find((link) => link.id === id);
  return holder !== undefined && !holder.removed;
}

/** Where an element stands among its siblings. */
export function placeOf(plan: Plan, id: string): At {
  const element = plan.byId.get(id);
  if (!element) return { parent: null, after: null };
  const siblings = plan.elements.filter((one) => one.parent === element.parent && one.kind === element.kind);
  return { parent: element.parent, after: siblings[siblings.findIndex((one) => one.id === id) - 1]?.id ?? null };
}
