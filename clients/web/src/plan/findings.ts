// What the server's rules find in a plan, and what has become of findings: who introduced one, who resolved it.
// A server without rules answers that there is no such thing (404): then nothing was found and nothing is asked again.

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";
import type { Finding, PastFinding, Severity } from "../api/schema";
import { t } from "../strings";

export type { Finding, PastFinding, Severity };

/** How much it weighs: an error, a warning, something to know. */
export const SEVERITIES = ["E", "W", "I"] as const satisfies readonly Severity[];

/** Asks for the findings of a plan at a point, now where none is given; `null` where the server has no rules. */
export async function askFindings(api: Api, plan: string, at?: string): Promise<Finding[] | null> {
  try {
    const { data } = await api.GET("/api/v1/plans/{plan}/findings", { params: { path: { plan }, query: at ? { at } : {} } });
    return data ?? [];
  } catch (error) {
    // Of a point it says that there is no such point.
    if (error instanceof ApiProblem && error.status === 404 && !at) return null;
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

/** Reads the lines of the history of findings; one that was not told to its end is an error. */
export function readPast(lines: string): PastFinding[] {
  const read = lines.split("\n").filter(Boolean).map(lineOf);
  const failed = read.find((line) => line?.line === "failed");
  if (failed?.line === "failed") throw new Error(failed.reason);
  if (read.at(-1)?.line !== "end") throw new Error(t.findings.pastCut);
  return read.flatMap((line) => (line?.line === "finding" ? [line] : []));
}

/** `null` where the line was cut. */
function lineOf(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}

/** What makes two findings the same one: the rule and what it is about; its words where it is about the whole plan. */
export function keyOf({ code, elements, former = [], says }: Pick<Finding, "code" | "elements" | "former" | "says">): string {
  return JSON.stringify([code, elements, former, elements.length + former.length === 0 ? says : ""]);
}

/** One in a line: what it weighs, of which rule, and what is the matter. */
export function findingLine({ severity, code, says }: Finding): string {
  return `${t.findings.severity[severity]} ${code}: ${says}`;
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
