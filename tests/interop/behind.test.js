// Replicas that fall behind: one that was away for long, and one that does not read what it is told.

import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, afterEach, before, test } from "node:test"
import { isDeepStrictEqual } from "node:util"
import { next as A } from "@automerge/automerge"
import { Editor } from "./editor.js"
import { Line } from "./line.js"
import { elements, put, quiet, same, title, write } from "./plan.js"
import { DRAFT, Server, until } from "./world.js"

/** Changes that a client makes before it waits for their receipt. */
const BURST = 500
/** How long a queue of a thousand changes and ten thousand others' may take: a machine may be busy. */
const LONG_MS = 180_000
/** What somebody adds who had the text open all the time. */
const WORDS = ", read before all of it"
const DAY_S = 86_400

let server, line
before(async () => {
  server = await Server.start()
  line = await Line.to(server.listen)
})
afterEach(() => {
  line.mend()
  server.leave()
})
after(async () => {
  line?.end()
  await server?.end()
})

async function received(client, handle, patience) {
  const { peerMetadata } = await client.joined()
  await until("the receipt", () =>
    isDeepStrictEqual(handle.getSyncInfo(peerMetadata.storageId)?.lastHeads, handle.heads()), patience)
}

/** Makes so many changes all over the plan, a good part of them in one sentence. */
function scribble(handle, targets, from, count, letter, options) {
  for (let n = from; n < from + count; n++) {
    const id = n % 4 === 0 ? targets[0] : targets[n % targets.length]
    if (n % 10 === 9) put(handle, id, "due_year", 2000 + (n % 100), options)
    else write(handle, id, n % 11, 0, letter, options)
  }
}

/** The chunks of a change or a document that stand behind each other in bytes. */
function* chunks(bytes) {
  for (let at = 0; at < bytes.length; ) {
    // Four bytes of magic, four of checksum, the type, and the length in groups of seven bits.
    let [end, length, weight] = [at + 9, 0, 1]
    do {
      length += (bytes[end] & 0x7f) * weight
      weight *= 128
    } while (bytes[end++] & 0x80)
    yield bytes.subarray(at, end + length)
    at = end + length
  }
}

/** What sync messages brought and asked for, by hash, in the order in which they went over the wire. */
function wire(messages) {
  const [changes, asked] = [[], []]
  for (const { data } of messages.filter(message => message.type === "sync" || message.type === "request")) {
    const message = A.decodeSyncMessage(data)
    asked.push(...message.need)
    for (const chunk of message.changes.flatMap(bytes => [...chunks(bytes)])) {
      // A chunk of type 0 is a document with all its changes, one of type 1 or 2 a change.
      const all = chunk[8] === 0 ? A.getAllChanges(A.load(chunk)) : [chunk]
      changes.push(...all.map(change => A.decodeChange(change).hash))
    }
  }
  return { changes, asked }
}

const once = hashes => new Set(hashes).size === hashes.length

test("a replica comes back after 1,000 edits of its own and 10,000 of others", async () => {
  const { url, targets } = await elements(server)
  const clients = await Promise.all([server.client("tsb", { line }), server.client("gs"), server.client("bdt")])
  const handles = await Promise.all(clients.map(client => client.repo.find(url)))
  const [[away, gs, bdt], [mine, ofGS, ofBDT]] = [clients, handles]
  await Promise.all(clients.map((client, index) => received(client, handles[index])))
  const left = (await server.plan()).seq
  line.cut()
  await until("the end of the line", () => away.isClosed())
  const [sent, got] = [away.sent.length, away.got.length]
  const editor = new Editor(server)
  const edit = server.cli("chair", "edit", DRAFT, targets[0], "title")
  await editor.opened()

  const written_s = Math.floor(Date.now() / 1000) - 3 * DAY_S
  scribble(mine, targets, 0, 1_000, "o", { time: written_s })
  for (let n = 0; n < 5_000; n += BURST) {
    scribble(ofGS, targets, n, BURST, "g")
    scribble(ofBDT, targets, n, BURST, "b")
    await Promise.all([received(gs, ofGS, LONG_MS), received(bdt, ofBDT, LONG_MS)])
  }
  assert.equal((await server.changesBy("demo-tsb", left)).length, 0, "it was away")
  line.mend()
  await received(away, mine, LONG_MS)
  editor.type(WORDS)
  await edit
  await until("the words of the editor", () => handles.every(handle => title(handle, targets[0]).endsWith(WORDS)))
  await until("the same heads", same(handles), LONG_MS)

  // Everybody has the same, and all of it.
  const plan = await server.plan()
  for (const id of targets) {
    const served = plan.elements.find(e => e.id === id).text.en.title
    assert.deepEqual(handles.map(handle => title(handle, id)), [served, served, served])
  }
  const events = await server.events(left)
  const changes = events.filter(event => event.type === "change")
  const by = name => changes.filter(event => event.subject === name).length
  assert.deepEqual(["demo-tsb", "demo-gs", "demo-bdt", "demo-chair"].map(by), [1_000, 5_000, 5_000, 1])
  assert.ok(events.every(event => ["change", "actor_bound"].includes(event.type)), "nothing was refused")

  // Nothing is told or asked twice, to whom was away; who was there is asked for nothing twice either.
  await quiet(500)
  const [up, down] = [wire(away.sent.slice(sent)), wire(away.got.slice(got))]
  assert.equal(up.changes.length, 1_000, "its own changes go up, and only those")
  for (const way of [up, down, wire(gs.sent), wire(bdt.sent)]) {
    assert.ok(once(way.changes), "a change goes over the wire once")
    assert.ok(once(way.asked), "a change is asked for once")
  }
  const frames = away.sent.length - sent + away.got.length - got
  assert.ok(frames < 40, `${frames} frames`)

  // History says that they came late, and how much their author had not read.
  const late = changes.filter(event => event.subject === "demo-tsb")
  const claimed = new Date(written_s * 1_000).toISOString().replace(".000", "")
  for (const event of late) {
    assert.equal(event.claimed_at, claimed)
    assert.ok(event.at > claimed)
    assert.deepEqual([event.base, event.behind], [left, event.seq - left - 1])
  }
  assert.ok(late[0].behind >= 10_000)
  const moment = `${claimed.slice(0, 10)} ${claimed.slice(11, 19)} UTC`
  const last = `(late: written ${moment}, ${late.at(-1).behind} entries behind)`
  for (const form of [[], ["--raw"]]) {
    const told = await server.cli("auditor", "log", DRAFT, "--subject", "demo-tsb", "-n", "1", ...form)
    assert.ok(told.includes(last), `${last} in: ${told}`)
  }
  const there = await server.cli("auditor", "log", DRAFT, "--subject", "demo-gs", "-n", "1")
  assert.ok(!there.includes("late"), there)
})

test("a replica that does not read until its outbox overflows comes back into step", async () => {
  const { url, plan, shared } = await elements(server)
  const [slow, other] = [await server.client("tsb"), await server.client("chair")]
  const [reader, there] = [await slow.repo.find(url), await other.repo.find(url)]
  await received(slow, reader)
  const indicators = plan.elements.filter(e => e.kind === "indicator").map(e => e.id).slice(0, 30)
  /** One message of some 6 MB, which is one frame to everybody. */
  const load = async () => {
    for (let n = 0; n < 80; n++) {
      there.change(doc => {
        for (const id of indicators) {
          for (const field of ["population", "data_source", "custodian"]) {
            doc.elements[id][field] = new A.ImmutableString(randomBytes(1_500).toString("base64"))
          }
        }
      })
    }
    await received(other, there)
  }
  // It does not read, but is alive.
  slow.adapter.socket.pause()
  const alive = setInterval(() => slow.adapter.socket.pong(), 1_000)
  // The first fills the line, the small ones what lies before the outbox, and the others that.
  await load()
  let { seq } = await server.plan()
  for (let n = 0; n < 40; n++) {
    const command = { do: "set_field", element: shared, field: "due_year", value: 2030 + n, base: seq }
    const body = JSON.stringify({ id: `small-${n}`, commands: [command] })
    seq = (await server.api("bdt", `/plans/${DRAFT}/edits`, { method: "POST", body })).seq
  }
  await load()
  await load()
  await until("the overflow", () => server.log.includes("a connection does not keep up"))
  write(there, shared, 0, 0, "last; ")
  write(reader, shared, 0, 0, "written blindly; ")
  await received(other, there)
  assert.ok(!title(reader, shared).includes("last; "), "it has not read")
  clearInterval(alive)
  slow.adapter.socket.resume()
  await until("the same heads", same([reader, there]))
  await received(slow, reader)
  assert.ok(server.log.includes("a peer fell behind; it is told anew"))
  assert.equal(slow.peers.length, 1, "on the same connection")
  const served = (await server.plan()).elements
  assert.equal(served.find(e => e.id === shared).text.en.title, title(reader, shared))
  for (const words of ["last; ", "written blindly; "]) assert.ok(title(reader, shared).includes(words))
  for (const id of indicators) {
    const { custodian } = reader.doc().elements[id]
    assert.equal(custodian.toString(), served.find(e => e.id === id).custodian)
  }
  // It is in step again: it is told what comes, and heard.
  write(there, shared, 0, 0, "afterwards; ")
  await until("what came afterwards", () => title(reader, shared).includes("afterwards; "))
  write(reader, shared, 0, 0, "heard; ")
  await until("its own afterwards", () => title(there, shared).includes("heard; "))
})
