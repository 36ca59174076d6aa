// What the server says when it does not do what was asked (RFC 9457), and what to tell the user of it.

import { t } from "../strings";

/** A refusal as the server describes it. */
export interface Problem {
  code: string;
  status: number;
  title: string;
  detail: string;
  problems?: { pointer: string; says: string }[];
  retry_after_s?: number;
  [more: string]: unknown;
}

/** An answer that is not the one asked for. */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiProblem";
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The server cannot be reached. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super(t.errors.unreachable, { cause });
    this.name = "Unreachable";
  }
}

/** Reads the problem out of an answer that is not a success. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const retry = Number(answer.headers.get("retry-after"));
  const said: Partial<Problem> = await answer.json().catch(() => ({}));
  const problem: Problem = {
    ...said,
    code: typeof said.code === "string" ? said.code : "unknown",
    status: answer.status,
    title: typeof said.title === "string" ? said.title : answer.statusText,
    detail: typeof said.detail === "string" ? said.detail : t.errors.unreadable,
  };
  if (retry > 0) problem.retry_after_s = retry;
  return new ApiProblem(problem);
}

/** What to tell the user of anything that went wrong. */
export function words(error: unknown): string {
  if (error instanceof ApiProblem || error instanceof Unreachable) return error.message;
  return error instanceof Error ? error.message : String(error);
}
