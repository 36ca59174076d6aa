// What became of former elements, as the desk counts it; and what is made by hand, as one change.

import { beforeAll, expect, test } from "vitest";

import type { KindsAnswer, PlanView } from "../../api/schema";
import { Kinds } from "../../plan/kinds";
import { Replica } from "../../plan/replica";
import { FakeServer, NO_REASON, dice, startAutomergeForTests } from "../../plan/testing";
import { become, parentsFor, takeBack } from "./acts";
import { formerPlan } from "./former";
import { flowOf } from "./flow";
import { mappingOf } from "./mapping";

beforeAll(startAutomergeForTests);

const kind = (name: string, parents: string[], texts: string[], fields: object[] = []) => ({
  name, prefix: name.slice(0, 3), about: "", parents, ownership: "shared", code: { form: "none", affix: "" },
  texts: texts.map((text) => ({ name: text, required: false })),
  fields: fields.map((field) => ({ holds: "", about: "", vocabulary: [], kinds: [], ...field })),
});
const KINDS = new Kinds({
  elements: [
    kind("goal", ["-"], ["title"]),
    kind("target", ["goal"], ["title", "statement", "without_predecessor"], [{ name: "due_year", type: "year" }, { name: "source", type: "text" }]),
    kind("disposition", ["-"], ["rationale"], [{ name: "former", type: "reference" }, { name: "type", type: "one_of" }]),
    kind("quote", ["*"], ["as_printed"], [{ name: "of", type: "quotation" }]),
  ],
  links: [{ name: "becomes", from: ["disposition"], to: ["*"], about: "", fields: [] }],
} as unknown as KindsAnswer);

const FORMER = formerPlan({
  id: "before", title: "Before", seq: 3, plan: { language: "en" }, links: [],
  elements: [
    { id: "gol-a", kind: "goal", code: "1", order: "1", text: { en: { title: "Growth" } } },
    { id: "tgt-a", kind: "target", code: "1.1", parent: "gol-a", order: "1", due_year: 2023, source: "X", text: { en: { statement: "By 2023, 65% of households" }, fr: { statement: "65 % des ménages" } } },
    { id: "tgt-b", kind: "target", code: "1.2", parent: "gol-a", order: "2", text: { en: { statement: "By 2023, 70% of individuals" } } },
    { id: "tgt-c", kind: "target", code: "1.3", parent: "gol-a", order: "3", removed: true, text: {} },
    { id: "cmt-a", kind: "comment", order: "4", text: { en: { statement: "a remark" } } },
  ],
} as unknown as PlanView);
const [goal, one, other] = FORMER.elements as [(typeof FORMER.elements)[0], (typeof FORMER.elements)[0], (typeof FORMER.elements)[0]];

function replica(): Replica {
  const roll = dice(7);
  const outside = { entropy: (bytes: number) => Uint8Array.from({ length: bytes }, () => roll(256)), now_s: () => 0 };
  return new Replica(KINDS, outside, new FakeServer().document());
}

const rowOf = (plan: Replica, id: string) => mappingOf(plan.view(), FORMER).rows.find((row) => row.former.id === id)!;

test("without a disposition everything of the framework is still to be said, and nothing else", () => {
  const mapping = mappingOf(replica().view(), FORMER);
  expect(mapping.rows.map((row) => [row.former.id, row.faults])).toEqual([["gol-a", ["undisposed"]], ["tgt-a", ["undisposed"]], ["tgt-b", ["undisposed"]]]);
  expect(mapping.coverage).toEqual([{ kind: "goal", count: 1, disposed: 0 }, { kind: "target", count: 2, disposed: 0 }]);
  expect(mapping.arrivals.every((arrival) => arrival.isUnexplained)).toBe(true);
});

test("a split is one change: two elements with what they can take over, one disposition, two ways", () => {
  const plan = replica();
  const drafts = [{ kind: "target", parent: "goa-1", says: "Urban" }, { kind: "target", parent: "goa-1", says: "Rural" }];
  const pending = plan.together((hand) => become(hand, { formers: [one], type: "split", into: [], drafts, reason: "Two matters" }, "before"), NO_REASON);
  expect(pending!.intent.do).toBe("all");
  const { became, faults } = rowOf(plan, "tgt-a");
  expect(faults).toEqual([]);
  expect(became).toMatchObject([{ type: "split", reason: "Two matters" }]);
  const heirs = became[0]!.heirs.map(({ element }) => element);
  expect(heirs.map((heir) => heir.text)).toEqual([
    { en: { title: "", statement: "Urban", without_predecessor: "" }, fr: { statement: "65 % des ménages" } },
    { en: { title: "", statement: "Rural", without_predecessor: "" }, fr: { statement: "65 % des ménages" } },
  ]);
  expect(heirs[0]!.fields).toEqual({ due_year: 2023 });
  expect(heirs[0]!.order < heirs[1]!.order).toBe(true);
});

test("a merger leads each former element to the one, and is taken back whole", () => {
  const plan = replica();
  plan.together((hand) => become(hand, { formers: [one, other], type: "merged", into: ["tar-1"], drafts: [], reason: "" }, "before"), NO_REASON);
  for (const id of ["tgt-a", "tgt-b"]) expect(rowOf(plan, id).became.map(({ type, heirs }) => [type, heirs.map((heir) => heir.element.id)])).toEqual([["merged", ["tar-1"]]]);
  const { arrivals } = mappingOf(plan.view(), FORMER);
  expect(arrivals.find(({ element }) => element.id === "tar-1")!.from.map(({ id }) => id)).toEqual(["tgt-a", "tgt-b"]);
  plan.together((hand) => takeBack(hand, rowOf(plan, "tgt-a").became[0]!), NO_REASON);
  expect(rowOf(plan, "tgt-a").faults).toEqual(["undisposed"]);
  expect(rowOf(plan, "tgt-b").faults).toEqual([]);
});

test("what is dropped needs a reason, what moves a place, and other words are seen", () => {
  const plan = replica();
  plan.together((hand) => {
    become(hand, { formers: [one], type: "dropped", into: [], drafts: [], reason: " " }, "before");
    become(hand, { formers: [other], type: "moved_to_outcome", into: [], drafts: [], reason: "" }, "before");
  }, NO_REASON);
  expect(rowOf(plan, "tgt-a").faults).toEqual(["no_reason"]);
  expect(rowOf(plan, "tgt-b").faults).toEqual(["names_nothing"]);
  const { disposition } = rowOf(plan, "tgt-b").became[0]!;
  const of = { plan: "before", element: "tgt-b", field: "statement", seq: 3 };
  plan.together((hand) => void hand.add("quote", disposition.id, { texts: { as_printed: "71% of individuals" }, fields: { of } }), NO_REASON);
  expect(rowOf(plan, "tgt-b").faults).toEqual(["names_nothing", "misquoted"]);
  // Typed fields are quoted too, and texts that are there in another language only.
  for (const [field, words, isFaithful] of [["due_year", "2023", true], ["due_year", "2024", false], ["note", "à dire", true]] as const) {
    const former = { ...FORMER, byId: new Map([["tgt-b", { ...other, fields: { due_year: 2023 }, texts: { ...other.texts, fr: { note: "à dire" } } }]]) };
    const typed = { plan: "before", element: "tgt-b", field, seq: 3 };
    plan.together((hand) => void hand.add("quote", disposition.id, { texts: { as_printed: words }, fields: { of: typed } }), NO_REASON);
    expect(mappingOf(plan.view(), former).rows.find((row) => row.former.id === "tgt-b")!.became[0]!.quotes.at(-1)).toMatchObject({ printed: words, isFaithful });
  }
});

test("a new element goes first where what stood above it lives on", () => {
  const plan = replica();
  const [second] = plan.add("goal", null, null, "Second", NO_REASON);
  plan.together((hand) => become(hand, { formers: [goal], type: "merged", into: [second], drafts: [], reason: "" }, "before"), NO_REASON);
  const { rows } = mappingOf(plan.view(), FORMER);
  expect(parentsFor(plan.view(), KINDS, "target", one, rows).map((parent) => parent!.id)).toEqual([second, "goa-1"]);
});

test("what was not taken is made again with all its parts, or not at all", () => {
  const [plan, later] = [replica(), replica()];
  const pending = plan.together((hand) => become(hand, { formers: [one], type: "carried_into", into: [], drafts: [{ kind: "target", parent: "goa-1", says: "Again" }], reason: "" }, "before"), NO_REASON)!;
  expect(later.again(pending)).not.toBeNull();
  expect(rowOf(later, "tgt-a").became[0]!.heirs[0]!.element.text.en!.statement).toBe("Again");
  const lost = { ...pending, intent: { ...pending.intent, deeds: [{ do: "link", element: "tar-1", id: "lnk-1", kind: "becomes", to: "nowhere" }] } } as typeof pending;
  expect(replica().again(lost)).toBeNull();
});

test("both columns keep their order, the shorter one is spread along the longer, and ways join what belongs together", () => {
  const flow = flowOf(["a", "b", "c", "d"], ["x", "y"], [{ link: "1", from: "a", to: "y" }, { link: "2", from: "b", to: "nowhere" }]);
  expect([...flow.left.values()]).toEqual([0, 56, 112, 168]);
  expect([...flow.right.values()]).toEqual([28, 140]);
  expect(flow.ways.map(({ from, to, path }) => [from, to, path])).toEqual([["a", "y", "M0 25C60 25 60 165 120 165"]]);
});
