import { expect, test } from "vitest";

import { chainOf } from "./graph";
import { pictureOf } from "./layout";
import { companiesOf, meetingsOf } from "./meeting";
import { step } from "./steps";
import { KINDS, element, planOf, realPlan } from "./testing";

test("arrow keys go along links and within a column, and down to the enablers and back", () => {
  const plan = realPlan("itu-sp-2020-2023");
  const chain = chainOf(plan, KINDS);
  const picture = pictureOf(chain, "codes");
  const at = (id: string | null | undefined) => (id ? `${chain.nodes.get(id)!.kind} ${chain.nodes.get(id)!.element.code}` : id);
  const id = (name: string) => [...chain.nodes.keys()].find((one) => at(one) === name)!;
  const go = (from: string, ...keys: string[]) => at(keys.reduce<string | null | undefined>((now, key) => now && step(chain, picture, now, key), id(from)));
  expect(go("goal 1", "ArrowDown")).toBe("goal 2");
  expect(go("output R.1-1", "ArrowRight")).toBe("objective R.1");
  expect(go("objective R.1", "ArrowLeft", "ArrowRight")).toBe("objective R.1");
  expect(go("objective R.1", "ArrowRight")).toMatch(/^goal/);
  expect(go("indicator 1.1.i1", "ArrowRight")).toBeNull();
  expect(go("goal 1", "End")).toBe("goal 5");
  expect(go("goal 1", "End", "ArrowDown")).toMatch(/^enabler/);
  expect(go("enabler 1", "ArrowRight")).toBe("enabler 2");
  expect(go("enabler 1", "ArrowUp")).toMatch(/^objective R/);
  expect(go("goal 1", "x")).toBeUndefined();
});

test("Sectors meet in the outcomes of what all do together; what names none is told", () => {
  const meetings = meetingsOf(realPlan("itu-sp-2020-2023"));
  expect(meetings).toHaveLength(64);
  const companies = companiesOf(meetings);
  expect(companies[0]!.sectors).toEqual(["ITU-R", "ITU-T", "ITU-D"]);
  expect(companies.reduce((sum, { count }) => sum + count, 0)).toBe(64);
  const draft = meetingsOf(realPlan("itu-sp-2024-2027-draft"));
  expect(draft.map(({ source }) => source)).toEqual(["owner", "owner", "none", "none"]);
});

test("what an outcome names itself counts before who owns it", () => {
  const plan = planOf([element("outcome-1", null, { sectors: ["ITU-D", "ITU-T"] }, { owner: "BR" })]);
  expect(meetingsOf(plan)[0]).toMatchObject({ sectors: ["ITU-T", "ITU-D"], source: "own" });
});
