// The way back, step by step as README has it: honest edits made before, beside and after a refused change
// come into the plan under their author's name, the refused one does not, and nothing loops.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, afterEach, before, test } from "node:test"
import { isDeepStrictEqual } from "node:util"
import { next as A } from "@automerge/automerge"
import { decodeHeads } from "@automerge/automerge-repo"
import { elements, put, quiet, title, write } from "./plan.js"
import { wayBack } from "./wayback.js"
import { DRAFT, Server, until } from "./world.js"
import { Writer } from "./writer.js"

/** Frames of one replica, both ways, that a story of this length may take. */
const FRAMES_MAX = 40
const WRITTEN_S = 1_700_000_000

let server
before(async () => {
  server = await Server.start()
})
afterEach(() => server.leave())
after(() => server.end())

/** A storage that outlives its Repo, as a folder or a database does; each call takes a while, as theirs do. */
class Shelf {
  kept = new Map()

  #in(prefix) {
    return [...this.kept.values()].filter(({ key }) => prefix.every((part, at) => key[at] === part))
  }

  async load(key) {
    await quiet(2)
    return this.kept.get(key.join("/"))?.data
  }

  async save(key, data) {
    await quiet(2)
    this.kept.set(key.join("/"), { key, data })
  }

  async remove(key) {
    await quiet(2)
    this.kept.delete(key.join("/"))
  }

  async loadRange(prefix) {
    await quiet(2)
    return this.#in(prefix)
  }

  async removeRange(prefix) {
    await quiet(2)
    for (const { key } of this.#in(prefix)) this.kept.delete(key.join("/"))
  }

  has(documentId) {
    return this.#in([documentId]).length > 0
  }
}

/** A client, whether the server has all that its replica has, and how much they have said. */
async function open(storage, name = "br") {
  const client = await server.client(name, { storage })
  const { peerMetadata } = await client.joined()
  const received = handle =>
    isDeepStrictEqual(handle.getSyncInfo(peerMetadata.storageId)?.lastHeads, handle.heads())
  return { client, received, frames: () => client.sent.length + client.got.length }
}

const refusals = () => server.api("br", `/plans/${DRAFT}/refusals?order=desc&limit=1000`)
/** Refusals after an entry, by code. */
const refusedAfter = async seq => (await refusals()).filter(entry => entry.seq > seq).map(entry => entry.code)
const served = async id => (await server.plan()).elements.find(element => element.id === id)

test("README shows what runs here", () => {
  const source = readFileSync(new URL("wayback.js", import.meta.url), "utf8")
  const recipe = source.match(/^export (async function wayBack[^]*?^})/m)[1]
  assert.ok(readFileSync(new URL("../../README.md", import.meta.url), "utf8").includes(recipe), recipe)
})

test("honest edits around a refused change come back, and nobody else's words go", async () => {
  const { url, plan, shared, targets, ofTSB } = await elements(server)
  const [shelf, another] = [new Shelf(), new Shelf()]
  const first = await open(shelf)
  const [handle, tsb] = [await first.client.repo.find(url), await (await server.client("tsb")).repo.find(url)]
  const [sharedBefore, ofTSBBefore, otherBefore] = [shared, ofTSB, targets[1]].map(id => title(handle, id))

  write(handle, shared, 0, 0, "before; ")
  write(handle, ofTSB, 0, 0, "BR writes ")
  write(handle, ofTSB, 10, 0, "what is TSB's: ")
  write(handle, targets[1], 0, 0, "after; ", { time: WRITTEN_S, message: "as agreed" })
  await until("the refusal", async () => (await refusedAfter(plan.seq)).includes("other_bureau"))
  // Not knowing, or not caring, it goes on for a while, and hears others.
  const scalar = text => new A.ImmutableString(text)
  const indicator = {
    kind: scalar("indicator"),
    parent: scalar(shared),
    order: scalar("zz"),
    provenance: scalar("as_printed"),
    text: { en: { title: "A new one" } },
  }
  handle.change(doc => {
    doc.elements["ind-2222aaaa"] = indicator
  })
  write(tsb, shared, 0, 0, "TSB, heard; ")
  await until("TSB's words", () => title(handle, shared).startsWith("TSB, heard; "))
  write(handle, shared, 5, 0, "BR in the middle")
  write(handle, "ind-2222aaaa", 9, 0, " of BR")
  put(handle, targets[1], "due_year", 2033)
  handle.change(doc => {
    delete doc.elements[targets[1]].source
  })
  assert.equal(title(handle, shared), `TSB, BR in the middleheard; before; ${sharedBefore}`)
  await quiet(500)
  assert.ok(first.frames() < FRAMES_MAX, `${first.frames()} frames before`)
  const { seq } = await server.plan()
  // And others go on where it cannot hear them.
  first.client.drop()
  write(tsb, shared, 0, 0, "TSB, not heard; ")
  await until("TSB's words", async () => (await server.plan()).seq > seq)

  const { client: next, received, frames } = await open(another)
  const back = await wayBack({ repo: first.client.repo, handle, open: () => next.repo, refusals })
  await until("the receipt", () => received(back.handle))

  assert.equal((await served(shared)).text.en.title,
    `TSB, not heard; TSB, BR in the middleheard; before; ${sharedBefore}`)
  const other = await served(targets[1])
  assert.equal(other.text.en.title, `after; ${otherBefore}`)
  assert.deepEqual([other.due_year, other.source], [2033, undefined])
  assert.equal((await served("ind-2222aaaa")).text.en.title, "A new one of BR")
  assert.equal((await served(ofTSB)).text.en.title, ofTSBBefore, "what was refused stays out")
  assert.deepEqual(back.left.map(patch => patch.value), ["BR writes ", "what is TSB's: "], "and is given back")
  const events = await server.events(plan.seq)
  const mine = events.filter(event => event.type === "change" && event.subject === "demo-br")
  assert.equal(mine.length, 7, "each honest edit is one entry of its author")
  assert.ok(mine.some(event => Date.parse(event.claimed_at) === WRITTEN_S * 1_000), "with the time it was written")
  assert.deepEqual(await refusedAfter(seq), [], "nothing else was refused")
  const took = frames()
  assert.ok(took < FRAMES_MAX, `${took} frames`)
  await quiet(1000)
  assert.ok(frames() - took <= 1, "no loop")

  // The first storage is clean: the next start with it writes.
  await until("the refused change off the disk", () => !shelf.has(handle.documentId))
  const again = await open(shelf)
  const later = await again.client.repo.find(url)
  write(later, shared, 0, 0, "at the next start; ")
  await until("the receipt", () => again.received(later))
  assert.ok((await served(shared)).text.en.title.startsWith("at the next start; TSB, not heard; "))
})

test("what the log did not name is refused on the way back, and the same way leads on", async () => {
  const { url, plan, shared } = await elements(server)
  const ofBR = plan.elements.filter(e => e.owner === "BR" && e.text?.en?.title)
  const first = await open(new Shelf(), "tsb")
  const handle = await first.client.repo.find(url)
  write(handle, ofBR[0].id, 0, 0, "refused; ")
  write(handle, shared, 0, 0, "between; ")
  write(handle, ofBR[1].id, 0, 0, "refused as well; ")
  write(handle, shared, 0, 0, "after both; ")
  await until("the refusal", async () => (await refusedAfter(plan.seq)).includes("other_bureau"))

  const second = await open(new Shelf(), "tsb")
  const ways = [await wayBack({ repo: first.client.repo, handle, open: () => second.client.repo, refusals })]
  const count = async () => (await refusedAfter(plan.seq)).filter(code => code === "other_bureau").length
  await until("the other refusal", async () => (await count()) === 2)
  assert.equal(second.received(ways[0].handle), false, "no receipt")
  const third = await open(new Shelf(), "tsb")
  ways.push(await wayBack({ ...ways[0], open: () => third.client.repo, refusals }))
  await until("the receipt", () => third.received(ways[1].handle))

  assert.equal((await served(shared)).text.en.title,
    `after both; between; ${plan.elements.find(e => e.id === shared).text.en.title}`)
  assert.deepEqual(ways.map(way => way.left.map(patch => patch.value)), [["refused; "], ["refused as well; "]])
  for (const { id, text } of ofBR) {
    assert.equal((await served(id)).text.en.title, text.en.title)
  }
  assert.equal((await server.changesBy("demo-tsb", plan.seq)).length, 2, "each came in once")
  for (const { frames } of [first, second, third]) assert.ok(frames() < FRAMES_MAX, `${frames()} frames`)
})

test("all that the library lets a replica write comes back as it stood in it", async () => {
  const { url, plan, targets, ofTSB } = await elements(server)
  const first = await open(new Shelf())
  const [handle, tsb] = [await first.client.repo.find(url), await (await server.client("tsb")).repo.find(url)]
  const four = targets.slice(0, 4)
  const [writer, other] = [handle, tsb].map((of, index) => new Writer(of, four, 40 + index))
  for (let round = 0; round < 10; round++) {
    if (round === 2 || round === 5) write(handle, ofTSB, 0, 0, "refused; ")
    for (let n = 0; n < 10; n++) for (const of of [writer, other]) of.write()
    await quiet(20)
  }
  await until("the refusal", async () => (await refusedAfter(plan.seq)).includes("other_bureau"))
  await until("all that TSB wrote", () => A.hasHeads(handle.doc(), decodeHeads(tsb.heads())))
  /** All of the four, with every mark. */
  const state = doc =>
    four.map(id => {
      const fields = Object.keys(doc.elements[id].text.en)
      return [doc.elements[id], fields.map(field => A.marks(doc, ["elements", id, "text", "en", field]))]
    })
  const stood = state(handle.doc())

  const { client: next, received } = await open(new Shelf())
  const back = await wayBack({ repo: first.client.repo, handle, open: () => next.repo, refusals })
  await until("the receipt", () => received(back.handle))
  const doc = back.handle.doc()
  assert.deepEqual(state(doc), stood)
  assert.deepEqual(A.getHeads(A.load(A.save(doc))), A.getHeads(doc), "it can be saved and loaded")
  assert.deepEqual(back.left.map(patch => patch.value), ["refused; ", "refused; "])
})
