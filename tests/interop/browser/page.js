// What runs in the browser: a page with a stock client that keeps its documents there.  The tests call
// `desk`; nothing here reaches into the client library.

import { next as A } from "@automerge/automerge"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"
import { IndexedDBStorageAdapter } from "@automerge/automerge-repo-storage-indexeddb"

/** Stock clients come back after 5 s unless told otherwise; tests do not wait that long. */
const RETRY_MS = 400

class Desk {
  /** Starts the client.  Address and peer id are kept for the tab: its ticket is good for that peer. */
  start({ socket, peer } = {}) {
    if (socket) sessionStorage.setItem("line", JSON.stringify({ socket, peer }))
    const line = JSON.parse(sessionStorage.getItem("line"))
    this.adapter = new WebSocketClientAdapter(line.socket, RETRY_MS)
    this.peers = []
    this.adapter.on("peer-candidate", peer => this.peers.push(peer))
    this.repo = new Repo({
      network: [this.adapter],
      storage: new IndexedDBStorageAdapter("plenary"),
      peerId: line.peer,
    })
  }

  async find(url) {
    this.handle = await this.repo.find(url)
  }

  title(id) {
    return this.handle.doc().elements[id].text.en.title
  }

  field(id, field) {
    const value = this.handle.doc().elements[id][field]
    return A.isImmutableString(value) ? value.toString() : value
  }

  write(id, at, removed, text) {
    this.handle.change(doc => A.splice(doc, ["elements", id, "text", "en", "title"], at, removed, text))
  }

  put(id, field, value) {
    this.handle.change(doc => {
      doc.elements[id][field] = typeof value === "string" ? new A.ImmutableString(value) : value
    })
  }

  heads() {
    return this.handle.heads()
  }

  /** Whether what is here is in the storage of the server, as far as the stock client knows. */
  isReceived() {
    const storage = this.peers.at(-1)?.peerMetadata.storageId
    const heads = this.handle.getSyncInfo(storage)?.lastHeads
    return JSON.stringify(heads) === JSON.stringify(this.handle.heads())
  }

  /** Waits until everything is in this browser's storage. */
  async keep() {
    await this.repo.flush()
  }

  /** How a plain socket to an address ends up: `open` or `error`. */
  knock(address) {
    return new Promise(resolve => {
      const socket = new WebSocket(address)
      socket.onopen = () => resolve("open")
      socket.onerror = () => resolve("error")
    })
  }
}

globalThis.desk = new Desk()
