// What the server's rules find in a plan, and what has become of findings: who introduced one, who resolved it.
// A server without rules answers that there is no such thing (404): then nothing was found and nothing is asked again.

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";
import type { Finding, PastFinding, Severity } from "../api/schema";

export type { Finding, PastFinding, Severity };

/** How much it weighs: an error, a warning, something to know. */
export const SEVERITIES = ["E", "W", "I"] as const satisfies readonly Severity[];

/** Asks for the findings of a plan at a point, now where none is given; `null` where the server has no rules. */
export async function askFindings(api: Api, plan: string, at?: string): Promise<Finding[] | null> {
  try {
    const { data } = await api.GET("/api/v1/plans/{plan}/findings", { params: { path: { plan }, query: at ? { at } : {} } });
    return data ?? [];
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

/** Asks for all findings that a plan ever had, the oldest first. */
export async function askPast(api: Api, plan: string, signal: AbortSignal): Promise<PastFinding[]> {
  const { data } = await api.GET("/api/v1/plans/{plan}/findings/history", { params: { path: { plan } }, parseAs: "text", signal });
  return readPast(data ?? "");
}

// The generator drops the name of a line that stands beside a reference.
type Line = ({ line: "finding" } & PastFinding) | { line: "failed"; reason: string } | { line: "start" | "progress" | "end" };

/** Reads the lines of the history of findings; one that could not be told to its end is an error. */
export function readPast(lines: string): PastFinding[] {
  return lines.split("\n").filter(Boolean).flatMap((text) => {
    const line = JSON.parse(text) as Line;
    if (line.line === "failed") throw new Error(line.reason);
    return line.line === "finding" ? [line] : [];
  });
}

/** What makes two findings the same one: the rule and what it is about; its words where it is about the whole plan. */
export function keyOf({ code, elements, former = [], says }: Pick<Finding, "code" | "elements" | "former" | "says">): string {
  return JSON.stringify([code, elements, former, elements.length + former.length === 0 ? says : ""]);
}

/** Findings by element, those that weigh most first. */
export function byElement(findings: readonly Finding[]): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  const sorted = findings.toSorted((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
  for (const finding of sorted) {
    for (const id of new Set(finding.elements)) found.set(id, [...(found.get(id) ?? []), finding]);
  }
  return found;
}

/** How many there are of each severity. */
export function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { E: 0, W: 0, I: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
