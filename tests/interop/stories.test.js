// Stories told end to end: stock clients and the command line client in one sentence, and a client that
// is there before, while and after the server is killed.

import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { isDeepStrictEqual } from "node:util"
import { Editor } from "./editor.js"
import { elements, same, title, write } from "./plan.js"
import { DRAFT, Server, until } from "./world.js"

let server
before(async () => {
  server = await Server.start()
})
afterEach(() => server.leave())
after(() => server.end())

test("two stock clients and an editor on the command line write one sentence; all words stay", async () => {
  const { url, shared } = await elements(server)
  const [br, tsb] = [await server.client("br"), await server.client("tsb")]
  const [one, two] = [await br.repo.find(url), await tsb.repo.find(url)]
  const start = title(one, shared)
  const editor = new Editor(server)
  // The person at the command line reads the sentence, and types while the others write.
  const edit = server.cli("bdt", "edit", DRAFT, "2.7", "title", "--because", "as the field office asked")
  await editor.opened()
  write(one, shared, 0, 0, "For everybody: ")
  const cut = start.indexOf(" ") + 1
  write(two, shared, cut, 0, "by standards ")
  await until("both edits in both replicas", same([one, two]))
  editor.type(", measured every year")
  await edit
  const whole = `For everybody: ${start.slice(0, cut)}by standards ${start.slice(cut)}, measured every year`
  await until("all words in both replicas", () => [one, two].every(handle => title(handle, shared) === whole))
  assert.equal(await server.cli("auditor", "get", DRAFT, "2.7", "title"), `${whole}\n`)

  const blame = JSON.parse(await server.cli("auditor", "blame", DRAFT, "2.7", "title", "--json"))
  const entries = new Map(blame.entries.map(entry => [entry.seq, entry]))
  const runs = blame.fields[0].runs.map(run => [run.text, entries.get(run.seq)?.subject])
  assert.equal(runs.map(([text]) => text).join(""), whole)
  for (const [words, subject] of [
    ["For everybody: ", "demo-br"],
    ["by standards ", "demo-tsb"],
    [", measured every year", "demo-bdt"],
  ]) {
    assert.ok(runs.some(run => isDeepStrictEqual(run, [words, subject])), `${words}: ${JSON.stringify(runs)}`)
  }
  const why = await server.cli("auditor", "who", DRAFT, "2.7", "title")
  assert.match(why, /BDT .*measured every year.*because as the field office asked/)
})

test("a client writes before, while and after the server is killed; every word comes in once", async () => {
  const { url, shared } = await elements(server)
  const [client, other] = [await server.client("br"), await server.client("tsb")]
  const [handle, there] = [await client.repo.find(url), await other.repo.find(url)]
  const { peerMetadata } = await client.joined()
  const received = () =>
    isDeepStrictEqual(handle.getSyncInfo(peerMetadata.storageId)?.lastHeads, handle.heads())
  const from = (await server.plan()).seq
  write(handle, shared, 0, 0, "received before; ")
  await until("the receipt", received)
  // On its way, or not yet: it is not said which when the power goes.
  write(handle, shared, 0, 0, "on its way; ")
  await server.down("SIGKILL")
  assert.equal(received(), false)
  write(handle, shared, 0, 0, "during; ")
  write(there, shared, title(there, shared).length, 0, " (of TSB, during)")
  await server.up()
  await client.joined(2)
  write(handle, shared, 0, 0, "after; ")
  await until("the receipt", received)
  await until("the same heads", same([handle, there]))
  const text = title(there, shared)
  assert.ok(text.startsWith("after; during; on its way; received before; "), text)
  assert.ok(text.endsWith(" (of TSB, during)"), text)
  assert.equal(await server.cli("auditor", "get", DRAFT, shared, "title"), `${text}\n`)
  const events = await server.events(from)
  const rows = events.filter(event => event.type === "change").map(event => event.subject)
  assert.deepEqual(rows.sort(), ["demo-br", "demo-br", "demo-br", "demo-br", "demo-tsb"], "each is one entry")
})
