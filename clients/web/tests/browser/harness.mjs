// One door for all browser tests: a real server of its own, a real browser, people who sign in.
//
// The server is $PLENARYD, or the workspace's debug build; pictures go to $SCREENSHOTS.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const PLENARYD = process.env.PLENARYD ?? join(here, "../../../../target/debug/plenaryd");
const SHOTS = process.env.SCREENSHOTS ?? join(here, "shots");
const AXE = readFileSync(join(here, "../../node_modules/axe-core/axe.min.js"), "utf8");

export const DRAFT = "itu-sp-2024-2027-draft";
export const ADOPTED = "itu-sp-2020-2023";
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };
/** The longest that anything is waited for, ms; tests on a busy machine are slow, not wrong. */
export const PATIENCE_MS = 30_000;

/** A server with the demonstration's plans. */
export class Server {
  #child;
  #folder = mkdtempSync(join(tmpdir(), "plenary-page-"));
  #port = "0";

  /** Where its data lies. */
  get data() {
    return join(this.#folder, "data");
  }

  /** A folder for a test's own files. */
  get folder() {
    return this.#folder;
  }

  static async start(...more) {
    const server = new Server();
    await server.start(...more);
    return server;
  }

  /** Starts it, again at the address it had before. */
  async start(...more) {
    const flags = ["--demo", "--listen", `127.0.0.1:${this.#port}`, "--data", this.data, ...more];
    this.#child = spawn(PLENARYD, flags, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    await new Promise((resolve, reject) => {
      const hear = (chunk) => {
        said += chunk;
        const found = /PLENARY_URL=http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found) {
          this.#port = found[1];
          resolve();
        }
      };
      this.#child.stdout.on("data", hear);
      this.#child.stderr.on("data", hear);
      this.#child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said.slice(-2000)}`)));
    });
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A fresh token of somebody of the demonstration: `br`, `tsb`, `auditor`… */
  async token(name) {
    const people = await (await fetch(`${this.url}/api/v1/demo/people`)).json();
    return people.find((person) => person.subject === `demo-${name}`).token;
  }

  /** Asks the API in somebody's name. */
  async api(name, method, path, body) {
    const headers = { authorization: `Bearer ${await this.token(name)}`, "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }

  /** Ends it: `SIGTERM` drains, `SIGKILL` is a power cut. */
  async end(signal = "SIGTERM") {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await over;
  }

  async remove() {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Waits until something holds; what is asked may take its time. */
export async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A browser with a fresh profile. */
export async function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A window of its own, in which nothing may go wrong unseen: errors and broken policies fail `check`. */
export async function open(browser, { viewport = WIDE, colorScheme = "light" } = {}) {
  return newTab(await browser.newContext({ viewport, colorScheme, locale: "en-GB", reducedMotion: "reduce" }));
}

/** Another tab in a window, in which nothing may go wrong unseen either. */
export async function newTab(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) page.faults.push(message.text());
  });
  return page;
}

/** Signs somebody of the demonstration in and goes to an address of the page. */
export async function signIn(page, server, name, hash = "#/") {
  await page.goto(server.url);
  await page.evaluate((token) => sessionStorage.setItem("plenary.token", token), await server.token(name));
  await page.goto(`${server.url}/${hash}`);
  await page.reload();
}

/** Nothing that axe knows may be wrong with what is on screen. */
export async function accessible(page, what) {
  // The policy of the page forbids scripts of others; this one comes through the debugger.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(told, [], what);
}

/** A picture of the screen, for people to look at. */
export async function picture(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Both colours and both widths: looked at by axe, and pictured. */
export async function everyLook(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [width, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
      await page.setViewportSize(viewport);
      await accessible(page, `${name}, ${colorScheme}, ${width}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${name} is ${overflow} px wider than a ${width} screen`);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(WIDE);
}

/** Nothing went wrong unseen. */
export function check(page) {
  assert.deepEqual(page.faults, []);
}
