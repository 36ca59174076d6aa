import { expect, test } from "vitest";

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";
import { type Finding, askFindings, byElement, countsOf, keyOf, readPast } from "./findings";

function answering(status: number, data: unknown): Api {
  const problem = new ApiProblem({ code: "unknown", status, title: "", detail: "" });
  return { GET: () => (status === 200 ? Promise.resolve({ data }) : Promise.reject(problem)) } as unknown as Api;
}

test("a server without rules finds nothing, and says so", async () => {
  await expect(askFindings(answering(404, null), "a-plan")).resolves.toBeNull();
  await expect(askFindings(answering(503, null), "a-plan")).rejects.toThrow();
  await expect(askFindings(answering(404, null), "a-plan", "no-such-version"), "of a point").rejects.toThrow();
});

const found: Finding[] = [
  { code: "RES-02", severity: "W", elements: ["out-1", "gol-1"], says: "It leads nowhere.", resolve: "" },
  { code: "FIN-04", severity: "E", elements: ["gol-1"], says: "It does not add up.", resolve: "" },
];

test("findings come by element, errors first, and are counted by severity", () => {
  const of = byElement(found);
  expect(of.get("gol-1")?.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["FIN-04 E", "RES-02 W"]);
  expect(of.get("out-1")).toHaveLength(1);
  expect(countsOf(found)).toEqual({ E: 1, W: 1, I: 0 });
});

test("a finding is the same though its words say another number, unless it is about the whole plan", () => {
  const [one] = found as [Finding];
  expect(keyOf({ ...one, says: "It leads on." })).toBe(keyOf(one));
  expect(keyOf({ ...one, elements: [], says: "No mission" })).not.toBe(keyOf({ ...one, elements: [], says: "No vision" }));
});

test("the history of findings is read line by line, and one that broke off is no history", () => {
  const line = { line: "finding", ...found[0], introduced: { seq: 3 } };
  const lines = [{ line: "start" }, { line: "progress" }, line, { line: "end" }].map((one) => JSON.stringify(one));
  expect(readPast(lines.join("\n") + "\n")).toMatchObject([{ code: "RES-02", introduced: { seq: 3 } }]);
  expect(() => readPast(JSON.stringify({ line: "failed", reason: "too old" }))).toThrow("too old");
  expect(() => readPast(lines.slice(0, 3).join("\n") + "\n")).toThrow("broke off");
  expect(() => readPast(lines.slice(0, 3).join("\n") + '\n{"line":"fin')).toThrow("broke off");
  expect(() => readPast("")).toThrow("broke off");
});
