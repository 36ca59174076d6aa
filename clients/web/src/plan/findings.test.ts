import { expect, test } from "vitest";

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";
import { askFindings, byElement } from "./findings";

function answering(status: number, data: unknown): Api {
  const problem = new ApiProblem({ code: "unknown", status, title: "", detail: "" });
  return { GET: () => (status === 200 ? Promise.resolve({ data }) : Promise.reject(problem)) } as unknown as Api;
}

test("a server without rules finds nothing, and says so", async () => {
  await expect(askFindings(answering(404, null), "a-plan")).resolves.toBeNull();
  await expect(askFindings(answering(503, null), "a-plan")).rejects.toThrow();
});

test("findings come by element, errors first, and what is none is dropped", async () => {
  const told = [
    { code: "RES-02", severity: "W", elements: ["out-1", "gol-1"], says: "It leads nowhere." },
    { code: "FIN-04", severity: "error", elements: ["gol-1"], says: "It does not add up." },
    { code: 7 },
    null,
  ];
  const found = byElement((await askFindings(answering(200, told), "a-plan")) ?? []);
  expect(found.get("gol-1")?.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["FIN-04 E", "RES-02 W"]);
  expect(found.get("out-1")).toHaveLength(1);
});
