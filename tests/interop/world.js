// A server of its own for each suite, people with tickets, and stock clients; all of it ends with the
// suite.  Nothing here reaches into the client library: only its public calls are used.

import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import http from "node:http"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"

export const DRAFT = "itu-sp-2024-2027-draft"
/** How long anything may take before a test gives up on it. */
export const PATIENCE_MS = 30_000
/** Stock clients come back after 5 s unless told otherwise; tests do not wait that long. */
const RETRY_MS = 400

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..")

/** The server, or the command line client beside it. */
function binary(name) {
  const dir = process.env.CARGO_TARGET_DIR ?? path.join(root, "target")
  const server = process.env.PLENARYD ?? path.join(dir, "debug", "plenaryd")
  const file = path.join(path.dirname(server), name)
  if (!existsSync(file)) throw new Error(`${file} is not there: cargo build -p ${name}`)
  return file
}

/** Waits until `probe` gives something true, or fails with what was waited for. */
export async function until(what, probe, patience = PATIENCE_MS) {
  const end = Date.now() + patience
  for (;;) {
    const found = await probe()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** One request on a connection of its own: one that is kept may end just when it is used again. */
function ask(address, { body, ...options }) {
  return new Promise((resolve, reject) => {
    const request = http.request(address, { agent: false, ...options }, async answer => {
      try {
        resolve({ status: answer.statusCode, body: Buffer.concat(await answer.toArray()).toString() })
      } catch (error) {
        reject(error)
      }
    })
    request.on("error", reject)
    request.end(body)
  })
}

export class Server {
  /** A server with the demonstration plans; `origins` are those of pages that may connect. */
  static async start({ origins = [] } = {}) {
    const server = new Server()
    server.origins = origins
    server.dir = mkdtempSync(path.join(tmpdir(), "plenary-interop-"))
    server.listen = "127.0.0.1:0"
    server.clients = []
    await server.up()
    return server
  }

  async up() {
    const origins = this.origins.flatMap(origin => ["--origin", origin])
    const args = ["--demo", "--listen", this.listen, "--data", this.dir, ...origins]
    this.process = spawn(binary("plenaryd"), args, { stdio: ["ignore", "pipe", "pipe"] })
    this.log = ""
    this.process.stderr.on("data", data => (this.log += data))
    let out = ""
    this.process.stdout.on("data", data => (out += data))
    const ready = await until("the server", () => out.match(/ready http:\/\/(\S+)/))
    // The same address after a restart: the clients' is in their hands.
    this.listen = ready[1]
  }

  async down(signal = "SIGTERM") {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, "exit")
    this.process.kill(signal)
    await ended
  }

  async end() {
    this.leave()
    await this.down()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Ends all clients. */
  leave() {
    for (const client of this.clients.splice(0)) client.end()
  }

  token(name) {
    return readFileSync(path.join(this.dir, "demo", `${name}.token`), "utf8")
  }

  async api(name, address, init = {}) {
    const headers = { authorization: `Bearer ${this.token(name)}`, "content-type": "application/json" }
    const answer = await ask(`http://${this.listen}/api/v1${address}`, { headers, ...init })
    if (answer.status !== 200) throw new Error(`${address}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body)
  }

  async ticket(name, body = {}) {
    return (await this.api(name, "/tickets", { method: "POST", body: JSON.stringify(body) })).ticket
  }

  async plan(plan = DRAFT) {
    return this.api("auditor", `/plans/${plan}`)
  }

  /** All entries after one, oldest first. */
  async events(after = 0, plan = DRAFT) {
    const all = []
    for (;;) {
      const last = all.at(-1)?.seq ?? after
      const page = await this.api("auditor", `/plans/${plan}/events?after=${last}&limit=1000`)
      if (page.length === 0) return all
      all.push(...page)
    }
  }

  /** Entries of changes by somebody, oldest first. */
  async changesBy(subject, after = 0) {
    const events = await this.events(after)
    return events.filter(event => event.type === "change" && event.subject === subject)
  }

  /** The address of a socket; `at` where a line stands between. */
  url(ticket, at = this.listen) {
    return `ws://${at}/sync?ticket=${ticket}`
  }

  /** Runs the command line client as somebody; a failure is its exit code and what it wrote. */
  cli(name, ...args) {
    const env = {
      ...process.env,
      HOME: this.dir,
      PLENARY_URL: `http://${this.listen}`,
      PLENARY_TOKEN: this.token(name).trim(),
      EDITOR: path.join(this.dir, "editor"),
      VISUAL: "",
    }
    return new Promise((resolve, reject) => {
      // Nothing can be asked of anybody: it has no standard input.
      const child = execFile(binary("plenary"), args, { env, maxBuffer: 64 << 20 }, (error, out, err) => {
        if (error) reject(new Error(`plenary ${args.join(" ")}: ${error.code ?? error.signal}: ${err}`))
        else resolve(out)
      })
      child.stdin.end()
    })
  }

  /** A stock client of somebody. */
  async client(name, options = {}) {
    const ticket = options.ticket ?? (await this.ticket(name, options.plan ? { plan: options.plan } : {}))
    const client = new Client(this.url(ticket, options.line?.address), options)
    this.clients.push(client)
    return client
  }
}

export class Client {
  constructor(url, { peerId, retry = RETRY_MS, storage } = {}) {
    this.adapter = new WebSocketClientAdapter(url, retry)
    // Under Node the adapter throws whatever a socket dies of, except a refused connection, and takes
    // its listeners off one that still connects; a server that is killed in the middle of a handshake
    // is no failure of a test.
    this.errors = []
    const note = event => this.errors.push(event.message)
    this.adapter.onError = note
    const connect = this.adapter.connect.bind(this.adapter)
    this.adapter.connect = (...args) => {
      this.adapter.socket?.on("error", note)
      connect(...args)
    }
    this.sent = []
    this.got = []
    this.peers = []
    const send = this.adapter.send.bind(this.adapter)
    this.adapter.send = message => {
      this.sent.push(message)
      send(message)
    }
    this.adapter.on("message", message => this.got.push(message))
    this.adapter.on("peer-candidate", peer => this.peers.push(peer))
    this.repo = new Repo({ network: [this.adapter], peerId, storage })
  }

  async joined(times = 1) {
    await until("the server's peer", () => this.peers.length >= times)
    return this.peers.at(-1)
  }

  /** The connection drops, as on a train; the client comes back by itself. */
  drop() {
    this.adapter.socket.close()
  }

  /** Whether its line has ended. */
  isClosed() {
    return this.adapter.socket?.readyState === 3
  }

  end() {
    this.adapter.retryInterval = 0
    this.adapter.socket?.terminate()
  }
}
