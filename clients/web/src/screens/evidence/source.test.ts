import { describe, expect, it, vi } from "vitest";

import type { Api } from "../../api/client";
import { ApiProblem, Unreachable as NoServer } from "../../api/problem";
import { Refused } from "../../evidence/fault";
import { Unreachable } from "../../evidence/outcome";
import { sourceOf } from "./source";

const problem = (code: string, status: number) =>
  new ApiProblem({ code, status, title: code, detail: `said ${code}`, retry_after_s: 0.001 });

/** An API that gives these answers one after the other. */
function api(...answers: (Error | ArrayBuffer)[]): Api {
  const GET = () => {
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ data: answer });
  };
  return { GET } as unknown as Api;
}

describe("the server as a source of evidence", () => {
  it("gives bytes exactly as they came", async () => {
    const source = sourceOf(api(Uint8Array.of(0, 255, 10).buffer), "sp", vi.fn());
    expect([...(await source.key())]).toEqual([0, 255, 10]);
  });

  it("is asked again while it is busy, but not for ever", async () => {
    const busy = problem("busy", 503);
    const once = sourceOf(api(busy, busy, Uint8Array.of(1).buffer), "sp", vi.fn());
    expect([...(await once.checkpoint())]).toEqual([1]);
    const always = sourceOf(api(busy, busy, busy, busy, busy), "sp", vi.fn());
    await expect(always.proof(3)).rejects.toMatchObject({ why: "refused", detail: "said busy" });
  });

  it("tells no answer from a plan that the server itself has closed", async () => {
    await expect(sourceOf(api(new NoServer()), "sp", vi.fn()).growth(3)).rejects.toEqual(new Unreachable("offline"));
    const closed = sourceOf(api(problem("unavailable", 503)), "sp", vi.fn());
    await expect(closed.entries(0, 1)).rejects.toSatisfy((error: Refused) => error.fault.what === "plan_closed");
  });

  it("says when the sign-in has ended", async () => {
    const ended = vi.fn();
    await expect(sourceOf(api(problem("unauthenticated", 401)), "sp", ended).key()).rejects.toThrow(Unreachable);
    expect(ended).toHaveBeenCalledOnce();
  });
});
