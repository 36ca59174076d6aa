// A connection that is cut, silent, refused or left: one socket at a time, and whatever an old one says is not heard.

import { encode } from "cborg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Api } from "../api/client";
import { ApiProblem } from "../api/problem";
import { Connection } from "./socket";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;

  constructor(
    readonly url: URL,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }

  opens(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  says(message: object): void {
    this.onmessage?.({ data: encode(message).slice().buffer });
  }

  ends(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  send(bytes: unknown): void {
    this.sent.push(bytes);
  }

  close(): void {
    this.readyState = 2;
  }
}

const told: string[] = [];
const listener = {
  opened: () => void told.push("opened"),
  closed: () => void told.push("closed"),
  said: ({ type }: { type: string }) => void told.push(type),
  denied: (problem: ApiProblem) => void told.push(`denied ${problem.status}`),
};
let window: EventTarget;
let answer: () => Promise<unknown>;
const api = { POST: () => answer() } as unknown as Api;
const ticket = () => Promise.resolve({ data: { ticket: "a b" } });
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  [FakeSocket.all, told.length, window, answer] = [[], 0, new EventTarget(), ticket];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { href: "https://plenary.example/#/plans" });
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function connected(): Promise<[Connection, FakeSocket]> {
  const connection = new Connection(api, listener);
  await passes(0);
  const socket = FakeSocket.all.at(-1)!;
  socket.opens();
  return [connection, socket];
}

test("a ticket opens a socket of the server that the page came from; after a cut there is another, later each time", async () => {
  const [connection, first] = await connected();
  expect([String(first.url), first.protocol]).toEqual(["wss://plenary.example/live?ticket=a%20b", "plenary.live.v1+cbor"]);
  first.says({ type: "pong", nonce: 0 });
  first.ends();
  await passes(500);
  FakeSocket.all[1]!.ends();
  await passes(499);
  expect(FakeSocket.all).toHaveLength(2);
  await passes(501);
  expect(FakeSocket.all).toHaveLength(3);
  expect(told).toEqual(["opened", "pong", "closed", "closed"]);
  connection.end();
  await passes(60_000);
  expect(FakeSocket.all).toHaveLength(3);
});

test("whoever begins anew, or goes off line, hears no more of the old socket", async () => {
  const [connection, first] = await connected();
  connection.again();
  first.says({ type: "pong", nonce: 0 });
  first.ends();
  await passes(500);
  FakeSocket.all[1]!.opens();
  window.dispatchEvent(new Event("offline"));
  expect(told).toEqual(["opened", "closed", "opened", "closed"]);
  connection.end();
});

test("back on line while a try is under way there is one socket all the same", async () => {
  let give: ((value: unknown) => void) | undefined;
  answer = () => new Promise((resolve) => (give = resolve));
  const connection = new Connection(api, listener);
  const early = give!;
  window.dispatchEvent(new Event("online"));
  await passes(0);
  early({ data: { ticket: "early" } });
  give!({ data: { ticket: "late" } });
  await passes(0);
  expect(FakeSocket.all.map(({ url }) => url.searchParams.get("ticket"))).toEqual(["late"]);
  connection.end();
});

test("a silent socket is asked for a sign of life, then given up", async () => {
  const [connection, socket] = await connected();
  await passes(20_000);
  expect(socket.sent).toHaveLength(1);
  await passes(20_000);
  expect(told).toEqual(["opened", "closed"]);
  connection.end();
});

test("a token that is no good is said, and not tried again; a server that cannot be reached is", async () => {
  answer = () => Promise.reject(new ApiProblem({ code: "unauthenticated", status: 401, title: "", detail: "ended" }));
  new Connection(api, listener);
  await passes(60_000);
  expect([told, FakeSocket.all]).toEqual([["denied 401"], []]);
  answer = () => Promise.reject(new Error("unreachable"));
  const connection = new Connection(api, listener);
  await passes(100);
  answer = ticket;
  await passes(1_000);
  expect(FakeSocket.all).toHaveLength(1);
  connection.end();
});
