// The replica of the page against a real server: what it reads is what the API tells, and what it writes passes
// the gate.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import * as Automerge from "@automerge/automerge/slim";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { KindsAnswer, PlanView } from "../../src/api/schema";
import type { Pending } from "../../src/collab/collab";
import { Kinds } from "../../src/plan/kinds";
import { Replica } from "../../src/plan/replica";
import type { Plan } from "../../src/plan/view";
import { type ClientMessage, SUBPROTOCOL, type ServerMessage, read, write } from "../../src/wire/messages";
// @ts-expect-error the harness is plain JavaScript, shared with the browser tests
import { ADOPTED, DRAFT, Server } from "../browser/harness.mjs";

let server: InstanceType<typeof Server>;
let kinds: Kinds;

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve("@automerge/automerge/automerge.wasm");
  await Automerge.initializeWasm(new Uint8Array(readFileSync(wasm)));
  server = await Server.start();
  kinds = new Kinds((await server.api("br", "GET", "/api/v1/kinds")) as KindsAnswer);
}, 60_000);
afterAll(() => server?.remove());

/** A connection that is subscribed as a replica. */
class Peer {
  readonly said: ServerMessage[] = [];
  #wake: (() => void) | undefined;
  private constructor(
    readonly socket: WebSocket,
    readonly plan: string,
  ) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.said.push(read(new Uint8Array(event.data)));
      this.#wake?.();
    };
  }

  static async join(name: string, plan: string): Promise<[Peer, Replica]> {
    const { ticket } = await server.api(name, "POST", "/api/v1/tickets", {});
    const url = `${server.url.replace("http", "ws")}/live?ticket=${ticket}`;
    const peer = new Peer(new WebSocket(url, SUBPROTOCOL), plan);
    await peer.next((message) => message.type === "welcome");
    peer.send({ type: "subscribe", plan, raw: true });
    const snapshot = await peer.next((message) => message.type === "snapshot");
    await peer.next((message) => message.type === "subscribed");
    if (snapshot.type !== "snapshot" || !snapshot.document) throw new Error("no document");
    const entropy = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
    const outside = { entropy, now_s: () => Math.floor(Date.now() / 1000) };
    return [peer, new Replica(kinds, outside, snapshot.document)];
  }

  send(message: ClientMessage): void {
    this.socket.send(write(message) as Uint8Array<ArrayBuffer>);
  }

  async next(is: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    for (;;) {
      const at = this.said.findIndex(is);
      if (at >= 0) return this.said.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Hands a change over, and gives what became of it. */
  async offer(pending: Pending | null, because?: string): Promise<ServerMessage> {
    if (!pending) throw new Error("nothing was changed");
    const { id, bytes } = pending;
    this.send({ type: "changes", id, plan: this.plan, changes: [bytes], ...(because ? { because } : {}) });
    return this.next((message) => (message.type === "ack" || message.type === "refused") && message.id === id);
  }
}

function asTold(plan: Plan): unknown[] {
  return plan.elements.map(({ id, kind, code, ownCode, parent, order, owner, removed, text, fields }) => ({
    id,
    kind,
    order,
    ...fields,
    ...(code !== null && { code }),
    ...(ownCode !== null && { own_code: ownCode }),
    ...(parent !== null && { parent }),
    ...(owner !== null && { owner }),
    ...(removed && { removed }),
    text: withoutEmpty(text),
  }));
}

function withoutEmpty(texts: Record<string, Record<string, string>>): Record<string, Record<string, string>> {
  const full = Object.entries(texts).map(([lang, names]) => {
    return [lang, Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ""))] as const;
  });
  return Object.fromEntries(full.filter(([, names]) => Object.keys(names).length > 0));
}

async function told(plan: string): Promise<PlanView> {
  return (await server.api("auditor", "GET", `/api/v1/plans/${plan}?removed=true`)) as PlanView;
}

test("what the replica reads is what the API tells, element for element, in order, with codes", async () => {
  for (const plan of [DRAFT, ADOPTED]) {
    const [, replica] = await Peer.join("auditor", plan);
    const view = await told(plan);
    const elements = view.elements.map((element) => ({ ...element, text: element.text ?? {} }));
    expect(asTold(replica.view())).toEqual(elements);
    const links = replica.view().links.map((link) => link.id);
    expect(links.sort()).toEqual(view.links.map((link) => link.id).sort());
  }
});

test("every kind of edit of the page passes the gate, and the server then tells the same plan", async () => {
  const [peer, replica] = await Peer.join("chair", DRAFT);
  const why = { because: "", answers: [] };
  const target = replica.view().elements.find((element) => element.code === "2.7")!;
  const goal = replica.view().byId.get(target.parent!)!;
  const offered = async (pending: Pending | null) => expect(await peer.offer(pending)).toMatchObject({ type: "ack" });

  await offered(replica.splice(target.id, "en", "title", [{ at: 0, removed: 0, inserted: "Écologie 🌍 " }], why));
  await offered(replica.splice(target.id, "en", "title", [{ at: 9, removed: 2, inserted: "" }], why));
  await offered(replica.splice(target.id, "fr", "title", [{ at: 0, removed: 0, inserted: "Le climat" }], why));
  await offered(replica.setField(target.id, "due_year", 2029, why));
  await offered(replica.setField(target.id, "due_year", null, why));
  await offered(replica.setField("plan", "related", ["Resolution 71", "Decision 5"], why));
  await offered(replica.setField("plan", "related", ["Decision 5", "Resolution 200"], why));
  const [made, pending] = replica.add("target", goal.id, target, "A new target", why);
  await offered(pending);
  const [comment, remark] = replica.add("comment", made, null, "", why, { texts: { statement: "Which one?" }, fields: { author: "Chair" } });
  await offered(remark);
  await offered(replica.move(made, goal.id, null, why));
  await offered(replica.link("contributes_to", replica.view().elements.find((one) => one.kind === "priority")!.id, made, why));
  await offered(replica.setRemoved(comment, true, why));
  await offered(replica.setRemoved(comment, false, why));
  await offered(replica.amend(comment, "en", { texts: { reason: "That one." }, fields: { resolved: true } }, why));

  const view = await told(DRAFT);
  expect(asTold(replica.view())).toEqual(view.elements.map((element) => ({ ...element, text: element.text ?? {} })));
  const first = view.elements.filter((element) => element.parent === goal.id && element.kind === "target")[0];
  expect([first?.id, first?.text?.en?.title, first?.code]).toEqual([made, "A new target", "2.1"]);
});

test("two replicas in one sentence keep both words; others' splices are told as splices", async () => {
  const [[br, one], [tsb, other]] = [await Peer.join("br", DRAFT), await Peer.join("tsb", DRAFT)];
  const why = { because: "plain words", answers: [] };
  const { id } = one.view().elements.find((element) => element.code === "1.1")!;
  const before = one.text(id, "en", "title");
  const mine = one.splice(id, "en", "title", [{ at: 0, removed: 0, inserted: "Universally " }], why);
  const theirs = other.splice(id, "en", "title", [{ at: before.length, removed: 0, inserted: ", everywhere" }], why);
  expect(await br.offer(mine, "plain words")).toMatchObject({ type: "ack" });
  expect(await tsb.offer(theirs)).toMatchObject({ type: "ack" });
  const changeOf = async (peer: Peer, pending: Pending | null) => {
    const found = await peer.next((message) => message.type === "event" && message.change?.length === pending!.bytes.length);
    return found.type === "event" && found.change ? found.change : new Uint8Array();
  };
  const heard = one.apply([await changeOf(br, theirs)]);
  expect([...heard.values()]).toEqual([[{ at: "Universally ".length + before.length, removed: 0, inserted: ", everywhere" }]]);
  other.apply([await changeOf(tsb, mine)]);
  for (const replica of [one, other]) expect(replica.text(id, "en", "title")).toBe(`Universally ${before}, everywhere`);
});

test("what one may not write is refused with a reason", async () => {
  const [peer, replica] = await Peer.join("auditor", DRAFT);
  const target = replica.view().elements.find((element) => element.kind === "target")!;
  const pending = replica.setField(target.id, "due_year", 2031, { because: "", answers: [] });
  expect(await peer.offer(pending)).toMatchObject({ type: "refused", code: "role_forbids" });
});
