// The messages of the page against the server's own description of them: what it says of JSON holds here with bytes
// written as JSON writes them.

import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import { decode, encode } from "cborg";
import { expect, test } from "vitest";

import { type ClientMessage, hex, read, unhex, write } from "./messages";

const description = JSON.parse(readFileSync(new URL("../../../../protocol/LIVE.schema.json", import.meta.url), "utf8"));
// Formats are told beside types and patterns that say the same.
const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(description, "live");
const isMessage = ajv.compile({ $ref: "live#/$defs/ClientMessage" });
const isAnswer = ajv.compile({ $ref: "live#/$defs/ServerMessage" });

const LEAF = "ab".repeat(32);

/** A message as JSON has it. */
function asJson(value: unknown, key = ""): unknown {
  if (value instanceof Uint8Array) return key === "leaf" ? hex(value) : Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((one) => asJson(one, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asJson(one, name)]));
}

const SAID: ClientMessage[] = [
  { type: "subscribe", plan: "a-plan", raw: true },
  { type: "subscribe", plan: "a-plan", after: 7, leaf: unhex(LEAF), raw: true },
  { type: "unsubscribe", plan: "a-plan" },
  { type: "changes", id: "page-22222222", plan: "a-plan", changes: [Uint8Array.of(1, 2, 3)] },
  { type: "changes", id: "page-2", plan: "a-plan", changes: [], because: "Plain words", answers: ["gui-22222222"] },
  { type: "presence", plan: "a-plan" },
  { type: "presence", plan: "a-plan", state: { element: "tgt-22222222", field: "title", lang: "en", selection: { base: 3, anchor: 0, head: 4 } } },
  { type: "ping", nonce: 0 },
];

test.each(SAID.map((message) => [message.type, message] as const))("%s is what the server takes", (_, message) => {
  const sent = decode(write(message));
  expect(sent).toEqual(message);
  isMessage(asJson(sent));
  expect(isMessage.errors ?? []).toEqual([]);
});

test("the description does tell what is no message", () => {
  expect(isMessage({ type: "subscribe", plan: "a-plan", leaf: "no digest" })).toBe(false);
  expect(isMessage({ type: "changes", plan: "a-plan", changes: [] })).toBe(false);
});

test("keys that are not given are not sent: the server takes no undefined", () => {
  const message = { type: "presence", plan: "a-plan", state: undefined } as unknown as ClientMessage;
  expect(decode(write(message))).toEqual({ type: "presence", plan: "a-plan" });
});

test("digests in an entry are read as the API tells them, changes and documents as bytes", () => {
  const event = {
    plan: "a-plan",
    seq: 8,
    at: "2026-11-26T03:00:00Z",
    subject: "demo-br",
    name: "BR desk",
    bureau: "BR",
    role: "drafter",
    type: "refused",
    code: "other_bureau",
    reason: "It belongs to TSB.",
    change: unhex("cd".repeat(32)),
    leaf: unhex(LEAF),
  };
  const told = { type: "event", event, change: Uint8Array.of(9) };
  isAnswer({ type: "event", event: { ...event, change: "cd".repeat(32), leaf: LEAF }, change: "CQ==" });
  expect(isAnswer.errors ?? []).toEqual([]);
  const message = read(encode(told));
  expect(message).toMatchObject({ event: { leaf: LEAF, change: "cd".repeat(32) }, change: Uint8Array.of(9) });
});

test("a key that stands twice is no message", () => {
  expect(() => read(Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02))).toThrow();
});
