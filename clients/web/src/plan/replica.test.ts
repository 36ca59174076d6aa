// Replicas side by side: what several made at the same time is read as the server reads it, and nothing of it is lost.

import { beforeAll, expect, test } from "vitest";

import type { Pending } from "../collab/collab";
import { Replica } from "./replica";
import { FakeServer, KINDS, NO_REASON, dice, startAutomergeForTests } from "./testing";

beforeAll(startAutomergeForTests);

function replicas(): [Replica, Replica] {
  const server = new FakeServer();
  const outside = (roll: (below: number) => number) => ({
    entropy: (bytes: number) => Uint8Array.from({ length: bytes }, () => roll(256)),
    now_s: () => 0,
  });
  const [one, other] = [1, 2].map((seed) => new Replica(KINDS, outside(dice(seed)), server.document()));
  return [one!, other!];
}

function swap(one: Replica, other: Replica, mine: (Pending | null)[], theirs: (Pending | null)[]): void {
  const bytes = (of: (Pending | null)[]) => of.flatMap((pending) => (pending ? [pending.bytes] : []));
  one.apply(bytes(theirs));
  other.apply(bytes(mine));
}

const insert = (inserted: string) => [{ at: 0, removed: 0, inserted }];

test("one text made twice: both read the same, the other stands beside it, and writing goes on in what is seen", () => {
  const [one, other] = replicas();
  const mine = [one.splice("tar-1", "fr", "title", insert("Un"), NO_REASON)];
  const theirs = [other.splice("tar-1", "fr", "title", insert("Deux"), NO_REASON)];
  swap(one, other, mine, theirs);
  const [seen, beside] = one.view().byId.get("tar-1")!.concurrent["text.fr.title"]!.map(({ value }) => value);
  expect([seen, beside].sort()).toEqual(["Deux", "Un"]);
  expect([one, other].map((replica) => replica.text("tar-1", "fr", "title"))).toEqual([seen, seen]);
  expect(other.view()).toEqual(one.view());
});

test("two texts of one new language made at the same time are both read, and both can be written on", () => {
  const [one, other] = replicas();
  const mine = [one.splice("tar-1", "fr", "title", insert("Titre"), NO_REASON)];
  const theirs = [other.splice("tar-1", "fr", "statement", insert("Texte"), NO_REASON)];
  swap(one, other, mine, theirs);
  for (const replica of [one, other]) {
    expect(replica.view().byId.get("tar-1")!.text.fr).toEqual({ title: "Titre", statement: "Texte" });
    expect([replica.text("tar-1", "fr", "title"), replica.text("tar-1", "fr", "statement")]).toEqual(["Titre", "Texte"]);
  }
  for (const field of ["title", "statement"]) one.splice("tar-1", "fr", field, [{ at: 5, removed: 0, inserted: "!" }], NO_REASON);
  expect(one.view().byId.get("tar-1")!.text.fr).toEqual({ title: "Titre!", statement: "Texte!" });
});

test("sets made at the same time are one set; three values of a number are three, whoever comes last", () => {
  const [one, other] = replicas();
  swap(one, other, [one.setField("plan", "related", ["a"], NO_REASON)], [other.setField("plan", "related", ["b"], NO_REASON)]);
  expect([one, other].map((replica) => replica.view().fields.related)).toEqual([["a", "b"], ["a", "b"]]);
  swap(one, other, [one.setField("plan", "related", ["b", "c"], NO_REASON)], []);
  expect([one, other].map((replica) => replica.view().fields.related)).toEqual([["b", "c"], ["b", "c"]]);
  swap(one, other, [one.setField("tar-1", "due_year", 2029, NO_REASON)], [other.setField("tar-1", "due_year", 2030, NO_REASON)]);
  const values = (replica: Replica) => replica.view().byId.get("tar-1")!.concurrent.due_year!.map(({ value }) => value);
  expect(values(one)).toEqual(values(other));
  expect([...values(one)].sort()).toEqual([2029, 2030]);
  const settled = [one.setField("tar-1", "due_year", 2030, NO_REASON)];
  swap(one, other, settled, []);
  for (const replica of [one, other]) {
    expect(replica.view().byId.get("tar-1")).toMatchObject({ fields: { due_year: 2030 }, concurrent: {} });
  }
});

test("what did not change is the same object afterwards; codes follow what moves", () => {
  const [one] = replicas();
  const before = one.view();
  expect(before.elements.map(({ code }) => code)).toEqual(["1", "1.1", "1.2"]);
  one.splice("tar-1", "en", "title", insert("x"), NO_REASON);
  const typed = one.view();
  expect(typed.byId.get("tar-2")).toBe(before.byId.get("tar-2"));
  expect(typed.byId.get("tar-1")).not.toBe(before.byId.get("tar-1"));
  one.move("tar-2", "goa-1", null, NO_REASON);
  const moved = one.view();
  expect(moved.elements.map(({ id, code }) => `${id} ${code}`)).toEqual(["goa-1 1", "tar-2 1.1", "tar-1 1.2"]);
  expect(moved.byId.get("goa-1")).toBe(before.byId.get("goa-1"));
  expect(one.view()).toBe(moved);
});
