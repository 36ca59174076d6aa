// Findings as Checks shows them: those that are asked for, by severity and then by rule.

import type { Bureau } from "../../api/schema";
import { type Finding, SEVERITIES, type Severity, keyOf } from "../../plan/findings";
import type { Kinds } from "../../plan/kinds";
import { ownerOf } from "../../plan/rights";
import type { Plan } from "../../plan/view";

/** What is asked for; `null` is all. */
export interface Asked {
  severity: Severity | null;
  bureau: Bureau | null;
  rule: string | null;
  /** Findings that were there at the point since which new ones are asked for, by key. */
  known: ReadonlySet<string> | null;
}

export interface RuleGroup {
  code: string;
  findings: Finding[];
}
export interface SeverityGroup {
  severity: Severity;
  count: number;
  rules: RuleGroup[];
}

/** The Bureaux that a finding concerns: those of the elements that it is about. */
export function bureauxOf(plan: Plan, kinds: Kinds, { elements }: Finding): Bureau[] {
  const owners = elements.flatMap((id) => {
    const element = plan.byId.get(id);
    const owner = element ? ownerOf(plan, kinds, element) : null;
    return owner ? [owner] : [];
  });
  return [...new Set(owners)];
}

export function asked(findings: readonly Finding[], { severity, bureau, rule, known }: Asked, ownersOf: (finding: Finding) => Bureau[]): Finding[] {
  return findings.filter(
    (one) =>
      (severity === null || one.severity === severity) &&
      (rule === null || one.code === rule) &&
      (known === null || !known.has(keyOf(one))) &&
      (bureau === null || ownersOf(one).includes(bureau)),
  );
}

/** The heaviest first, rules by their codes. */
export function groupsOf(findings: readonly Finding[]): SeverityGroup[] {
  return SEVERITIES.flatMap((severity) => {
    const own = findings.filter((one) => one.severity === severity);
    if (own.length === 0) return [];
    const codes = [...new Set(own.map(({ code }) => code))].sort();
    return [{ severity, count: own.length, rules: codes.map((code) => ({ code, findings: own.filter((one) => one.code === code) })) }];
  });
}
