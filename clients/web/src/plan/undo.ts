// Undo and redo of one's own edits: each edit is recorded with what takes it back, and taken back only while what it
// made still stands; what others did since is never undone.  Typing in one place within a short time is one step.

import type { Deed } from "../collab/intent";
import { between } from "./order";
import { carried, difference } from "./splices";
import { type At, type Turn, isThere, placeOf, standing, valueOf } from "./turns";
import type { Plan, Value } from "./view";

/** An edit, of one turn or several. */
export interface Step {
  turns: Turn[];
  at_ms: number;
}

/** What undoing needs of a plan. */
export interface Hand {
  view(): Plan | null;
  text(element: string, lang: string, field: string): string;
  /** Does all of it in one change. */
  make(deeds: readonly Deed[]): unknown;
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
      const deeds = step.turns.map((turn) => this.#deedOf(turn, way));
      if (!deeds.every((deed) => deed !== null)) return { is: "overtaken", step };
      this.hand.make(deeds);
      to.push({ ...step, turns: step.turns.map((turn) => this.#turned(turn, way)) });
      return { is: "done", step };
    } finally {
      this.#isTurning = false;
    }
  }

  /** What turns it; `null` where what it made no longer stands, or more than that stands in it. */
  #deedOf(turn: Turn, way: "before" | "after"): Deed | null {
    const plan = this.hand.view();
    const stands = way === "before" ? "after" : "before";
    if (!plan) return null;
    switch (turn.is) {
      case "field": {
        const { element, field } = turn;
        return same(valueOf(plan, element, field), turn[stands]) ? { do: "field", element, field, value: turn[way] } : null;
      }
      case "text": {
        const { element, lang, field } = turn;
        const after = this.#carried(turn, way);
        return after === null ? null : { do: "text", element, lang, field, before: this.hand.text(element, lang, field), after };
      }
      case "there": {
        const { id, as } = turn;
        if (isThere(plan, id) !== turn[stands]) return null;
        if (turn[way]) return { do: "restore", element: id };
        return standing(plan, id) === as ? { do: "remove", element: id } : null;
      }
      case "place": {
        const { element } = turn;
        const { parent, order } = turn[way];
        const isStanding = plan.byId.has(element) && sameAt(placeOf(plan, element), turn[stands]) && (parent === null || isThere(plan, parent));
        return isStanding ? { do: "move", element, parent, order: freeOrder(plan, element, { parent, order }) } : null;
      }
    }
  }

  /** It may not have come back to quite the place where it was. */
  #turned(turn: Turn, way: "before" | "after"): Turn {
    const plan = this.hand.view();
    return turn.is === "place" && plan ? { ...turn, [way]: placeOf(plan, turn.element) } : turn;
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

function sameAt(one: At, other: At): boolean {
  return one.parent === other.parent && one.order === other.order;
}

/** The key of a place, or one right before it where somebody else took that since. */
function freeOrder(plan: Plan, element: string, { parent, order }: At): string {
  const kind = plan.byId.get(element)?.kind;
  const siblings = plan.elements.filter((one) => one.parent === parent && one.kind === kind && one.id !== element);
  const taken = siblings.findIndex((one) => one.order === order);
  return taken < 0 ? order : between(siblings[taken - 1]?.order ?? "", order);
}
