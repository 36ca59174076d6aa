// What went wrong, in words; a token that is taken no longer ends the sign-in.

import { ApiProblem, words } from "../../api/problem";
import { session } from "../../session/session.svelte";

export function told(error: unknown): string {
  if (error instanceof ApiProblem && error.status === 401) session.end();
  return words(error);
}
