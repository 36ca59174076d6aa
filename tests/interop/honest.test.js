// What the library lets a replica write, written by two at once and sent over `/sync`: none of it is refused.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { elements, quiet, same } from "./plan.js"
import { Server, until } from "./world.js"
import { Writer } from "./writer.js"

/** Changes of each replica. */
const CHANGES = 400
/** Changes between two waits for the network. */
const BURST = 20

let server
before(async () => {
  server = await Server.start()
})
after(() => server.end())

test("two replicas write all that the library lets them, and none of it is refused", async () => {
  const { url, targets, plan } = await elements(server)
  const names = ["br", "tsb"]
  const clients = await Promise.all(names.map(name => server.client(name)))
  const handles = await Promise.all(clients.map(client => client.repo.find(url)))
  const writers = handles.map((handle, index) => new Writer(handle, targets.slice(0, 4), 8 + index))
  let made = 0
  for (let round = 0; round < CHANGES / BURST; round++) {
    for (const writer of writers) for (let n = 0; n < BURST; n++) made += writer.write()
    await quiet(20)
  }
  const refused = async () => (await server.events(plan.seq)).filter(event => event.type === "refused")
  await until("the same heads, or a refusal", async () => same(handles)() || (await refused()).length > 0)
  assert.deepEqual(await refused(), [], "nothing is refused")
  const changes = async () => (await server.events(plan.seq)).filter(event => event.type === "change")
  await until("all changes in the log", async () => (await changes()).length >= made)
  assert.equal((await changes()).length, made)
  assert.ok(made >= 500, `${made} changes`)
  for (const kind of ["splice", "rewrite", "mark", "unmark", "undo", "value", "move", "empty", "at"]) {
    assert.ok(writers.some(writer => writer.counts[kind] > 0), `no ${kind} in ${JSON.stringify(writers.map(w => w.counts))}`)
  }
  const served = (await server.plan()).elements
  const doc = handles[0].doc()
  for (const { id, text } of served.filter(element => targets.includes(element.id))) {
    for (const [field, words] of Object.entries(text.en)) assert.equal(words, doc.elements[id].text.en[field], id)
  }
})
