import { expect, test } from "vitest";

import { type Finding, keyOf } from "../../plan/findings";
import { type Asked, asked, groupsOf } from "./groups";

const one = (code: string, severity: Finding["severity"], ...elements: string[]): Finding => ({ code, severity, elements, says: `${code} ${elements}`, resolve: "" });
const found = [one("SMT-03", "E", "ind-2"), one("GUI-03", "I", "gdr-1"), one("SMT-02", "E", "ind-1"), one("SMT-03", "E", "ind-1")];
const all: Asked = { severity: null, bureau: null, rule: null, known: null };
const owners = ({ elements }: Finding) => (elements.includes("ind-1") ? (["BR"] as const).slice() : []);

test("findings stand by severity, the heaviest first, then by rule", () => {
  const told = groupsOf(found).map(({ severity, count, rules }) => [severity, count, rules.map(({ code, findings }) => `${code} ${findings.length}`)]);
  expect(told).toEqual([["E", 3, ["SMT-02 1", "SMT-03 2"]], ["I", 1, ["GUI-03 1"]]]);
});

test("they are asked for by severity, rule, Bureau, and as new since a point", () => {
  expect(asked(found, { ...all, severity: "I" }, owners)).toEqual([found[1]]);
  expect(asked(found, { ...all, rule: "SMT-03", bureau: "BR" }, owners)).toEqual([found[3]]);
  expect(asked(found, { ...all, known: new Set(found.slice(1).map(keyOf)) }, owners)).toEqual([found[0]]);
});
