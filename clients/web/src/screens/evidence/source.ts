// Evidence as this server gives it over its API: exact bytes, asked again for a while when it is busy.

import type { Api } from "../../api/client";
import { ApiProblem, Unreachable as NoServer } from "../../api/problem";
import { type EvidenceSource, Unreachable } from "../../evidence/outcome";
import { refuse } from "../../evidence/fault";
import type { Bytes } from "../../evidence/bytes";

/** How often a busy server is asked, and how long is waited at most, seconds. */
const TRIES_MAX = 4;
const WAIT_S_MAX = 5;

export function sourceOf(api: Api, plan: string, ended: () => void): EvidenceSource {
  const path = { plan };
  const parseAs = "arrayBuffer" as const;
  const ask = (answer: () => Promise<{ data?: ArrayBuffer }>) => patiently(answer, ended);
  return {
    key: () => ask(() => api.GET("/api/v1/plans/{plan}/evidence/key", { params: { path }, parseAs })),
    checkpoint: () => ask(() => api.GET("/api/v1/plans/{plan}/evidence/checkpoint", { params: { path }, parseAs })),
    growth: (from) =>
      ask(() => api.GET("/api/v1/plans/{plan}/evidence/consistency", { params: { path, query: { from } }, parseAs })),
    proof: (seq) => ask(() => api.GET("/api/v1/plans/{plan}/evidence/proof", { params: { path, query: { seq } }, parseAs })),
    entries: (after, limit) =>
      ask(() => api.GET("/api/v1/plans/{plan}/evidence/entries", { params: { path, query: { after, limit } }, parseAs })),
  };
}

async function patiently(answer: () => Promise<{ data?: ArrayBuffer }>, ended: () => void): Promise<Bytes> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { data } = await answer();
      return new Uint8Array(data ?? new ArrayBuffer());
    } catch (error) {
      if (error instanceof NoServer) throw new Unreachable("offline");
      if (!(error instanceof ApiProblem)) throw error;
      const isBusy = error.code === "busy" || error.code === "rate_limited";
      if (!isBusy || tries === TRIES_MAX) refusal(error, ended);
      await pause(Math.min(error.problem.retry_after_s ?? 1, WAIT_S_MAX));
    }
  }
}

function refusal(problem: ApiProblem, ended: () => void): never {
  if (problem.status === 401) ended();
  // A plan of which the server's own look found something is closed to everybody.
  if (problem.code === "unavailable") refuse({ what: "plan_closed", says: problem.message });
  throw new Unreachable("refused", problem.message);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
