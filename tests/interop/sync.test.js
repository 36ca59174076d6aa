// Stock automerge-repo clients against the real server: they open a plan by its address, write, hear
// each other, go away and come back.

import assert from "node:assert/strict"
import http from "node:http"
import { after, afterEach, before, test } from "node:test"
import { isDeepStrictEqual } from "node:util"
import { elements, quiet, same, title, write } from "./plan.js"
import { Server, until } from "./world.js"

let server
before(async () => {
  server = await Server.start()
})
afterEach(() => server.leave())
after(() => server.end())

test("two people write the same sentence and have the same plan, each under their own name", async () => {
  const { url, shared } = await elements(server)
  const [br, tsb] = [await server.client("br"), await server.client("tsb")]
  const [one, two] = [await br.repo.find(url), await tsb.repo.find(url)]
  const before = title(one, shared)
  write(one, shared, 0, 0, "[BR] ")
  write(two, shared, before.length, 0, " [TSB]")
  await until("both edits in both replicas", () =>
    [one, two].every(handle => title(handle, shared) === `[BR] ${before} [TSB]`))
  await until("the same heads", same([one, two]))
  assert.equal((await server.plan()).elements.find(e => e.id === shared).text.en.title, `[BR] ${before} [TSB]`)
  for (const name of ["demo-br", "demo-tsb"]) {
    const [change] = await server.changesBy(name)
    assert.equal(change.edits[0].element, shared)
    assert.equal(change.edits[0].field, "title")
  }
})

test("keystrokes of five replicas at once end in one text", async () => {
  const { url, shared } = await elements(server)
  const names = ["br", "tsb", "bdt", "gs", "chair"]
  const clients = await Promise.all(names.map(name => server.client(name)))
  const handles = await Promise.all(clients.map(client => client.repo.find(url)))
  for (let round = 0; round < 20; round++) {
    handles.forEach((handle, index) => write(handle, shared, round % 7, 0, String.fromCharCode(97 + index)))
    await quiet(5)
  }
  await until("the same heads", same(handles))
  const text = title(handles[0], shared)
  assert.equal([...text].filter(letter => "abcde".includes(letter)).length >= 100, true, text)
  const served = (await server.plan()).elements.find(e => e.id === shared).text.en.title
  assert.equal(served, text)
})

test("heads of the server's storage are a receipt: what they cover is in the log after a kill", async () => {
  const { url, shared } = await elements(server)
  const client = await server.client("gs")
  const handle = await client.repo.find(url)
  const { peerMetadata } = await client.joined()
  const receipt = () => handle.getSyncInfo(peerMetadata.storageId)?.lastHeads
  const covered = () => isDeepStrictEqual(receipt(), handle.heads())
  await until("the receipt of the beginning", covered)
  const mark = `receipt ${handle.heads()[0].slice(0, 8)} `
  write(handle, shared, 0, 0, mark)
  assert.equal(covered(), false, "nothing is acknowledged before it is sent")
  await until("the receipt", covered)
  await server.down("SIGKILL")
  await server.up()
  const kept = (await server.plan()).elements.find(e => e.id === shared).text.en.title
  assert.ok(kept.startsWith(mark), kept)
})

test("a client over a restart of the server comes back with the same address and goes on", async () => {
  const { url, shared } = await elements(server)
  const client = await server.client("bdt")
  const handle = await client.repo.find(url)
  const first = await client.joined()
  await server.down()
  write(handle, shared, 0, 0, "written while the server was away: ")
  await server.up()
  const again = await client.joined(2)
  assert.deepEqual(again, first, "the same server to its peers")
  await until("the offline edit", async () =>
    (await server.plan()).elements.find(e => e.id === shared).text.en.title.startsWith("written while"))
  assert.deepEqual(await server.changesBy("demo-bdt").then(list => list.at(-1).subject), "demo-bdt")
})

test("a replica that was offline for 1,000 edits comes back while others wrote 300", async () => {
  const { url, shared } = await elements(server)
  const [away, there] = [await server.client("tsb", { retry: 600_000 }), await server.client("gs")]
  const [one, two] = [await away.repo.find(url), await there.repo.find(url)]
  away.drop()
  await until("the end of the line", () => away.isClosed())
  for (let n = 0; n < 1000; n++) write(one, shared, 0, 0, "o")
  for (let n = 0; n < 300; n++) {
    write(two, shared, 0, 0, "h")
    if (n % 10 === 0) await quiet(5)
  }
  away.adapter.connect(away.repo.peerId, away.adapter.peerMetadata)
  await until("the same heads", same([one, two]))
  await until("all entries", async () => (await server.plan()).seq > 1300)
  const frames = away.sent.length
  await quiet(500)
  assert.ok(away.sent.length - frames <= 1, "and is quiet then")
})

test("an auditor's replica follows, writes nothing, and does not loop", async () => {
  const { url, shared } = await elements(server)
  const [auditor, br] = [await server.client("auditor"), await server.client("br")]
  const [reader, writer] = [await auditor.repo.find(url), await br.repo.find(url)]
  const head = (await server.plan()).seq
  write(reader, shared, 0, 0, "not mine to write ")
  await quiet(300)
  const frames = auditor.sent.length + auditor.got.length
  await quiet(1000)
  assert.ok(auditor.sent.length + auditor.got.length - frames <= 1, "no loop")
  assert.equal((await server.plan()).seq, head, "nothing came into the log")
  write(writer, shared, 0, 0, "heard ")
  await until("the writer's edit", () => title(reader, shared).includes("heard "))
  assert.ok(!title(writer, shared).includes("not mine"))
})

test("a refused change makes its replica read-only, without a loop, until it comes under a new peer id", async () => {
  const { url, shared, ofTSB } = await elements(server)
  const client = await server.client("br", { peerId: "peer-stubborn" })
  const errors = []
  await client.joined()
  client.adapter.socket.addEventListener("message", event => {
    const text = Buffer.from(event.data).toString("latin1")
    if (text.includes("error") && text.includes("other_bureau")) errors.push(text)
  })
  const [handle, other] = [await client.repo.find(url), await (await server.client("tsb")).repo.find(url)]
  const [before, start] = [title(other, ofTSB), (await server.plan()).seq]
  write(handle, ofTSB, 0, 0, "BR writes what is TSB's: ")
  await until("the refusal", () => errors.length > 0)
  const frames = client.sent.length + client.got.length
  await quiet(1000)
  assert.ok(client.sent.length + client.got.length - frames <= 2, "no loop")
  assert.equal(errors.length, 1)
  const events = await server.events(start)
  assert.deepEqual(events.map(event => [event.type, event.subject]), [["refused", "demo-br"]])
  write(other, shared, 0, 0, "still heard ")
  await until("others' edits", () => title(handle, shared).includes("still heard "))
  assert.equal(title(other, ofTSB), before, "nobody else saw it")
  const seq = (await server.plan()).seq
  client.drop()
  await client.joined(2)
  write(handle, shared, 0, 0, "after the refusal ")
  await quiet(500)
  assert.equal((await server.plan()).seq, seq, "it is still not taken")
  const fresh = await server.client("br")
  const again = await fresh.repo.find(url)
  write(again, shared, 0, 0, "taken ")
  await until("the new peer's edit", () => title(other, shared).startsWith("taken "))
})

test("a document that is not there, or not its ticket's, is unavailable; a new one is not taken in", async () => {
  const { url } = await elements(server)
  const client = await server.client("br", { plan: "itu-sp-2020-2023" })
  const unknown = "automerge:4NMNnkMhL8jXrdJ9jamS58PAVdXu"
  await assert.rejects(client.repo.find(unknown), /unavailable/i)
  await assert.rejects(client.repo.find(url), /unavailable/i)
  const mine = client.repo.create({ hello: "world" })
  await until("the answer", () =>
    client.got.some(message => message.type === "doc-unavailable" && message.documentId === mine.documentId))
  const frames = client.sent.length
  await quiet(500)
  assert.ok(client.sent.length - frames <= 1)
})

/** What a WebSocket handshake is answered. */
function knock(address, more = {}) {
  const headers = {
    ...more,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  }
  return new Promise((resolve, reject) => {
    const request = http.get(`http://${server.listen}${address}`, { headers }, answer => {
      answer.resume()
      resolve(answer.statusCode)
    })
    request.on("upgrade", (_answer, socket) => {
      socket.destroy()
      resolve(101)
    })
    request.on("error", reject)
  })
}

test("a bad ticket is refused before there is a socket", async () => {
  assert.equal(await knock("/sync"), 401)
  assert.equal(await knock("/sync?ticket="), 401)
  assert.equal(await knock("/sync?ticket=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 401)
  const ticket = await server.ticket("br")
  const elsewhere = { origin: "https://elsewhere.example" }
  assert.equal(await knock(`/sync?ticket=${ticket}`, elsewhere), 403, "a page of another origin")
  assert.equal(await knock(`/sync?ticket=${ticket}`), 101, "it waits for its peer")
})

test("a ticket is good for the peer that used it first, and for no other", async () => {
  const { url } = await elements(server)
  const ticket = await server.ticket("br")
  const first = await server.client("br", { ticket, peerId: "peer-first" })
  await first.joined()
  const thief = await server.client("br", { ticket, peerId: "peer-thief", retry: 0 })
  await until("the close", () => thief.isClosed())
  assert.equal(thief.peers.length, 0)
  await first.repo.find(url)
})

test("a peer id belongs to one person; a second socket of theirs takes the place of the first", async () => {
  const { url } = await elements(server)
  const first = await server.client("br", { peerId: "peer-tab", retry: 600_000 })
  await first.joined()
  const other = await server.client("tsb", { peerId: "peer-tab", retry: 0 })
  await until("the close", () => other.isClosed())
  assert.equal(other.peers.length, 0, "somebody else does not get it")
  assert.equal(first.adapter.socket.readyState, 1)
  const second = await server.client("br", { peerId: "peer-tab" })
  await second.joined()
  await until("the older socket's end", () => first.isClosed())
  await second.repo.find(url)
})

test("presence goes to the others of the plan, at a bounded rate, and is not kept", async () => {
  const { url } = await elements(server)
  const [one, two] = [await server.client("br"), await server.client("tsb")]
  const [speaker, listener] = [await one.repo.find(url), await two.repo.find(url)]
  const { seq } = await server.plan()
  const heard = []
  listener.on("ephemeral-message", ({ message, senderId }) => heard.push({ message, senderId }))
  speaker.broadcast({ cursor: 0 })
  await until("the first", () => heard.length === 1)
  assert.deepEqual(heard[0], { message: { cursor: 0 }, senderId: one.repo.peerId })
  // As many as a socket is read at once: more would come at its own rate, and be forwarded as time goes by.
  for (let n = 1; n <= 190; n++) speaker.broadcast({ cursor: n })
  await until("the last", () => heard.at(-1).message.cursor === 190)
  assert.ok(heard.length < 22, `${heard.length} of 190 were forwarded`)
  assert.equal((await server.plan()).seq, seq)
})
