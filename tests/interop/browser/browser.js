// A real browser, the page's own small server, and tabs; all of it ends with the suite.

import { existsSync } from "node:fs"
import { once } from "node:events"
import http from "node:http"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { chromium } from "playwright-core"
import { PATIENCE_MS, until } from "../world.js"

const here = path.dirname(fileURLToPath(import.meta.url))
const PAGE = `<!doctype html><meta charset="utf-8"><title>Desk</title>
<link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`
/** Tests may run as root and without a screen; nothing but the test is to use the network. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
]

function executable() {
  const file = process.env.CHROMIUM ?? "/usr/bin/chromium"
  if (!existsSync(file)) throw new Error(`${file} is not there: apt-get install chromium, or name it by CHROMIUM`)
  return file
}

/** The page with its client, as one script. */
async function bundle() {
  const built = await build({
    entryPoints: [path.join(here, "page.js")],
    bundle: true,
    format: "esm",
    platform: "browser",
    // Of Automerge's entries the one with its WebAssembly inside: no file beside the script.
    conditions: ["webpack"],
    write: false,
    logLevel: "error",
  })
  return built.outputFiles[0].contents
}

/** A web server for the page, on an origin of its own. */
export class Site {
  static async open() {
    Site.script ??= await bundle()
    const site = new Site()
    site.server = http.createServer((request, answer) => {
      const isScript = request.url === "/page.js"
      answer.setHeader("content-type", isScript ? "text/javascript" : "text/html")
      answer.end(isScript ? Site.script : PAGE)
    })
    site.server.listen(0, "127.0.0.1")
    await once(site.server, "listening")
    site.origin = `http://127.0.0.1:${site.server.address().port}`
    return site
  }

  end() {
    this.server.close()
    this.server.closeAllConnections()
  }
}

export class Browser {
  static async start() {
    const browser = new Browser()
    // A profile of its own, made and removed with it.
    browser.process = await chromium.launch({ executablePath: executable(), args: ARGUMENTS })
    return browser
  }

  /** Somebody's browser, with a storage of its own that all its tabs share. */
  async person() {
    const context = await this.process.newContext()
    context.setDefaultTimeout(PATIENCE_MS)
    return context
  }

  /** Closes all tabs and forgets what they stored. */
  async leave() {
    await Promise.all(this.process.contexts().map(context => context.close()))
  }

  async end() {
    await this.process.close()
  }
}

/** A tab with the page; the calls are those of `desk`. */
export class Tab {
  static async open(person, site) {
    const tab = new Tab()
    tab.page = await person.newPage()
    tab.failures = []
    tab.page.on("pageerror", error => tab.failures.push(error.message))
    await tab.page.goto(site.origin)
    await tab.ready()
    return tab
  }

  ready() {
    return this.page.waitForFunction(() => globalThis.desk)
  }

  call(name, ...args) {
    return this.page.evaluate(([name, args]) => globalThis.desk[name](...args), [name, args])
  }

  async start(socket, peer) {
    await this.call("start", { socket, peer })
  }

  /** Loads the page anew; the client starts as the tab knows it. */
  async reload() {
    await this.page.reload()
    await this.ready()
    await this.call("start")
  }

  async received() {
    await until("the receipt", () => this.call("isReceived"))
  }
}
