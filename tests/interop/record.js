// Records what a stock client and the server say to each other, byte for byte, as fixtures of the tests of
// the decoder:
//
//   node record.js > ../../protocol/src/wire/sync/tests/recorded.txt

import WebSocket from "isomorphic-ws"
import { elements, put } from "./plan.js"
import { Server, until } from "./world.js"

/** The first frame of each type and way is kept; the document itself is too long for a fixture. */
const BYTES_MAX = 2_000
const kept = new Map()
/** How a change begins. */
const CHUNK = Buffer.from("856f4a83", "hex")

function keep(way, bytes) {
  const type = /type.(join|peer|request|sync|ephemeral|doc-unavailable)/.exec(bytes.toString("latin1"))?.[1]
  const brings = bytes.includes(CHUNK) ? " with a change" : ""
  const name = `${way} ${type}${brings}`
  if (!kept.has(name) && bytes.length <= BYTES_MAX) kept.set(name, bytes)
}

const send = WebSocket.prototype.send
WebSocket.prototype.send = function (data, ...rest) {
  keep("client", Buffer.from(data))
  return send.call(this, data, ...rest)
}

const emit = WebSocket.prototype.emit
WebSocket.prototype.emit = function (event, data, ...rest) {
  if (event === "message") keep("server", Buffer.from(data))
  return emit.call(this, event, data, ...rest)
}

const server = await Server.start()
try {
  const { url, shared } = await elements(server)
  const client = await server.client("br", { peerId: "peer-recorded" })
  const handle = await client.repo.find(url)
  await client.repo.find("automerge:4NMNnkMhL8jXrdJ9jamS58PAVdXu").catch(() => {})
  put(handle, shared, "due_year", 2031)
  handle.broadcast({ cursor: 7 })
  const ofClient = ["join", "request", "sync", "sync with a change", "ephemeral"]
  const ofServer = ["peer", "sync with a change", "doc-unavailable"]
  const all = [...ofClient.map(type => `client ${type}`), ...ofServer.map(type => `server ${type}`)]
  await until("every type", () => all.every(name => kept.has(name)))
  for (const name of all) console.log(`${name}\n${kept.get(name).toString("hex").replace(/.{96}/g, "$&\n")}\n`)
} finally {
  await server.end()
}
process.exit(0)
