// What was not taken, in words: where it was meant for, and what was written.

import type { Intent } from "../../collab/collab";
import type { Plan, Value } from "../../plan/view";
import { t } from "../../strings";
import { lineOf, shown, titleOf } from "../write/names";

/** Where a change was meant for. */
export function placeOf(plan: Plan, intent: Intent): string {
  const element = plan.byId.get(intent.element);
  const name = element ? lineOf(plan, element) : intent.element === "plan" ? t.writing.plan : intent.element;
  const what = t.writing.refusedWhat;
  switch (intent.do) {
    case "text":
    case "field":
      return what.field(titleOf(intent.field), name);
    case "add":
      return what.add(titleOf(intent.kind));
    case "link": {
      const to = plan.byId.get(intent.to);
      return what.link(name, to ? lineOf(plan, to) : intent.to);
    }
    case "all":
      return [...new Set(intent.deeds.map((deed) => placeOf(plan, deed)))].join(" · ");
    default:
      return what[intent.do](name);
  }
}

/** What was written, to be kept; `null` where nothing was. */
export function keptOf(plan: Plan, intent: Intent): string | null {
  switch (intent.do) {
    case "text":
      return intent.after;
    case "field":
      return shown(plan, intent.value as Value) || t.writing.unset;
    case "add":
      return [intent.title, ...Object.values(intent.texts), ...Object.entries(intent.fields).map(([name, value]) => fieldWords(plan, name, value as Value))].filter(Boolean).join("\n") || null;
    case "all":
      return intent.deeds.map((deed) => keptOf(plan, deed)).filter(Boolean).join("\n") || null;
    default:
      return null;
  }
}

function fieldWords(plan: Plan, name: string, value: Value): string {
  return value === null ? "" : t.writing.refusedWhat.value(titleOf(name), shown(plan, value));
}
