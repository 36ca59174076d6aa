// Who may write what, as `server/core/src/policy.rs` decides it: told before somebody tries. The server decides.

import type { Bureau, Me, Stage } from "../api/schema";
import { t } from "../strings";
import type { Kinds } from "./kinds";
import type { Element, Plan } from "./view";

/** Stages in which a plan takes no edits. */
const CLOSED: Stage[] = ["adopted", "withdrawn"];

/** Why somebody may not write an element (or `plan`); `null` when they may. */
export function forbidden(me: Me, stage: Stage, plan: Plan, kinds: Kinds, id: string, creator: string | null): string | null {
  const element = plan.byId.get(id);
  const kind = id === "plan" ? "plan" : (element?.kind ?? "");
  return forbiddenKind(me, stage, kinds, kind, element ? ownerOf(plan, kinds, element) : null, creator);
}

/** The same of a kind, for what is still to be made. */
export function forbiddenKind(
  me: Me,
  stage: Stage,
  kinds: Kinds,
  kind: string,
  owner: string | null,
  creator: string | null,
): string | null {
  if (CLOSED.includes(stage)) return t.rights.closed(t.stages[stage]);
  const ownership = kinds.element(kind)?.ownership;
  switch (me.role) {
    case "chair":
    case "admin":
      return null;
    case "drafter":
      if (kind === "plan") return t.rights.planFields;
      return ownership === "bureau" && owner !== null && owner !== me.bureau ? t.rights.otherBureau(owner) : null;
    case "contributor":
      return ownership === "open" && (creator === null || creator === me.subject) ? null : t.rights.contributor;
    case "auditor":
    case "reader":
      return t.rights.readsOnly(t.roles[me.role]);
  }
}

/** The Bureau that an element belongs to: its own, or that of the nearest above it, as far as kinds belong to Bureaux. */
export function ownerOf(plan: Plan, kinds: Kinds, element: Element): Bureau | null {
  const seen = new Set<string>();
  for (let at: Element | undefined = element; at && !seen.has(at.id); ) {
    if (at.owner) return at.owner as Bureau;
    seen.add(at.id);
    const above: Element | undefined = at.parent === null ? undefined : plan.byId.get(at.parent);
    at = above && kinds.element(above.kind)?.ownership === "bureau" ? above : undefined;
  }
  return null;
}
