// Stock automerge-repo clients in a real browser: they open a plan by its address, write, hear others,
// go away with their documents in the browser's storage, and come back.

import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { Browser, Site, Tab } from "./browser/browser.js"
import { Line } from "./line.js"
import { elements, put, title, write } from "./plan.js"
import { DRAFT, Server, until } from "./world.js"

let site, browser, server, line
before(async () => {
  site = await Site.open()
  server = await Server.start({ origins: [site.origin] })
  line = await Line.to(server.listen)
  browser = await Browser.start()
})
afterEach(async () => {
  line.mend()
  server.leave()
  await browser.leave()
})
after(async () => {
  await browser?.end()
  line?.end()
  await server?.end()
  site?.end()
})

/** A tab of somebody that has the draft open; its peer id is its own, also after a reload. */
async function desk(name, peer, person) {
  const { document } = await server.plan()
  const tab = await Tab.open(person ?? (await browser.person()), site)
  await tab.start(server.url(await server.ticket(name), line.address), peer)
  await tab.call("find", document)
  return tab
}

const served = async id => (await server.plan()).elements.find(e => e.id === id)
const titled = (tab, id, words) => () => tab.call("title", id).then(text => text.includes(words))

test("a page opens a plan by its address, writes a text and a scalar, and sees what others do", async () => {
  const { url, shared } = await elements(server)
  const tab = await desk("br", "peer-page")
  const other = await (await server.client("tsb")).repo.find(url)
  await tab.call("write", shared, 0, 0, "[page] ")
  await tab.call("put", shared, "due_year", 2031)
  await until("the page's words at another's", () => title(other, shared).startsWith("[page] "))
  await until("the page's year at another's", () => other.doc().elements[shared].due_year === 2031)
  write(other, shared, 0, 0, "[node] ")
  put(other, shared, "due_year", 2032)
  await until("another's words on the page", titled(tab, shared, "[node] [page] "))
  await until("another's year on the page", async () => (await tab.call("field", shared, "due_year")) === 2032)
  await server.cli("bdt", "set", DRAFT, shared, "title", `${title(other, shared)} [client]`)
  await until("the thin client's words on the page", titled(tab, shared, " [client]"))
  const [text, year] = await server.changesBy("demo-br")
  assert.deepEqual([text.edits[0].field, year.edits[0].field], ["title", "due_year"])
  assert.deepEqual(tab.failures, [])
})

test("the page shows a receipt, and what it covers is there after a kill", async () => {
  const { shared } = await elements(server)
  const tab = await desk("gs", "peer-receipt")
  await tab.received()
  await tab.call("write", shared, 0, 0, "received ")
  assert.equal(await tab.call("isReceived"), false, "not before it is sent")
  await tab.received()
  await server.down("SIGKILL")
  await server.up()
  assert.ok((await served(shared)).text.en.title.startsWith("received "))
})

test("a page that is offline, is written on, loaded anew, written on again, comes back with all of it", async () => {
  const { url, shared } = await elements(server)
  const tab = await desk("br", "peer-train")
  const other = await (await server.client("tsb")).repo.find(url)
  await tab.call("write", shared, 0, 0, "before; ")
  await tab.received()
  line.cut()
  await tab.call("write", shared, 0, 0, "offline; ")
  await tab.call("keep")
  write(other, shared, 0, 0, "meanwhile; ")
  await tab.reload()
  await tab.call("find", url)
  assert.ok(await titled(tab, shared, "offline; before; ")(), "the browser kept it")
  await tab.call("write", shared, 0, 0, "loaded anew; ")
  await tab.call("keep")
  assert.ok(!(await served(shared)).text.en.title.includes("offline"), "it was offline")
  line.mend()
  await tab.received()
  await until("the same heads", async () =>
    JSON.stringify(await tab.call("heads")) === JSON.stringify(other.heads()))
  const text = await tab.call("title", shared)
  for (const words of ["before; ", "offline; ", "meanwhile; ", "loaded anew; "]) {
    assert.equal(text.split(words).length, 2, `${words} once in: ${text}`)
  }
  assert.equal((await served(shared)).text.en.title, text)
  assert.deepEqual(tab.failures, [])
})

test("the server is killed while a page writes; the page goes on by itself when it is back", async () => {
  const { shared } = await elements(server)
  const tab = await desk("bdt", "peer-patient")
  await tab.call("write", shared, 0, 0, "before the kill; ")
  await server.down("SIGKILL")
  await tab.call("write", shared, 0, 0, "while it was away; ")
  await server.up()
  await tab.received()
  assert.ok((await served(shared)).text.en.title.startsWith("while it was away; before the kill; "))
})

test("two tabs of one person with one storage write offline and both come back", async () => {
  const { url, shared } = await elements(server)
  const person = await browser.person()
  const [one, two] = [await desk("br", "peer-tab-1", person), await desk("br", "peer-tab-2", person)]
  await one.received()
  await two.received()
  line.cut()
  await one.call("write", shared, 0, 0, "first tab; ")
  await one.call("keep")
  await two.call("write", shared, 0, 0, "second tab; ")
  await two.call("keep")
  await two.reload()
  await two.call("find", url)
  assert.ok(await titled(two, shared, "first tab; ")(), "what one tab keeps the other finds")
  assert.ok(await titled(two, shared, "second tab; ")())
  await two.call("write", shared, 0, 0, "again; ")
  line.mend()
  await until("the same heads", async () => {
    const [heads, others] = [await one.call("heads"), await two.call("heads")]
    return JSON.stringify(heads) === JSON.stringify(others)
  })
  await one.received()
  await two.received()
  const text = await one.call("title", shared)
  for (const words of ["first tab; ", "second tab; ", "again; "]) {
    assert.equal(text.split(words).length, 2, `${words} once in: ${text}`)
  }
  assert.equal((await served(shared)).text.en.title, text)
  assert.deepEqual((await server.events()).filter(event => event.type === "refused"), [])
})

test("a page of a foreign origin does not get in, whatever its ticket", async () => {
  const foreign = await Site.open()
  try {
    const [ticket, person] = [await server.ticket("br"), await browser.person()]
    const [there, here] = [await Tab.open(person, foreign), await Tab.open(person, site)]
    assert.equal(await there.call("knock", server.url(ticket)), "error")
    assert.equal(await here.call("knock", server.url(ticket)), "open", "the ticket was good")
  } finally {
    foreign.end()
  }
})
