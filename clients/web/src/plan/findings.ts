// What the server's rules find in a plan.  A server without rules answers that there is no such thing (404): then
// nothing was found and nothing is asked again.

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";

/** How much it weighs: an error, a warning, something to know. */
export const SEVERITIES = ["E", "W", "I"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  code: string;
  severity: Severity;
  elements: string[];
  says: string;
}

type Asked = { params: { path: { plan: string } } };
interface Unlisted {
  GET(path: string, init: Asked): Promise<{ data?: unknown }>;
}

/** Asks for the findings of a plan as it stands; `null` where the server has no rules. */
export async function askFindings(api: Api, plan: string): Promise<Finding[] | null> {
  try {
    // The operation is not in the description of every server.
    const { data } = await (api as unknown as Unlisted).GET("/api/v1/plans/{plan}/findings", { params: { path: { plan } } });
    return Array.isArray(data) ? data.flatMap(read) : [];
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

function read(given: unknown): Finding[] {
  const { code, severity, elements, says } = (given ?? {}) as Record<string, unknown>;
  if (typeof code !== "string" || typeof says !== "string" || !Array.isArray(elements)) return [];
  const weight = SEVERITIES.find((one) => one === String(severity).charAt(0).toUpperCase()) ?? "I";
  return [{ code, severity: weight, elements: elements.filter((id) => typeof id === "string"), says }];
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
