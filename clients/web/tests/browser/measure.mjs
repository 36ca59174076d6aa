// What people at the page feel, in figures: `npm run measure`.  It asserts nothing.

import { ADOPTED, DRAFT, Server, browse, open, signIn } from "./harness.mjs";
import { chainFigures } from "./measure-chain.mjs";

const WRITERS = 20;
const KEYS = 200;
const REMOTE_EDITS = 10_000;

const quantile = (times, share) => [...times].sort((one, other) => one - other)[Math.floor(times.length * share)] ?? NaN;
const figures = (name, times) =>
  console.log(`${name}: ${times.length} times, p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`);

/** A thin client that writes one letter after the other into an element of its own. */
class Writer {
  #waiting = new Map();
  constructor(socket, plan, element) {
    [this.socket, this.plan, this.element] = [socket, plan, element];
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      const done = this.#waiting.get(message.id);
      if (done && (message.type === "ack" || message.type === "refused")) {
        this.#waiting.delete(message.id);
        done(message);
      }
    };
  }

  static async join(server, name, plan, element) {
    const { ticket } = await server.api(name, "POST", "/api/v1/tickets", {});
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/live?ticket=${ticket}`, "plenary.live.v1+json");
    await new Promise((resolve) => (socket.onopen = resolve));
    return new Writer(socket, plan, element);
  }

  edit(number, base) {
    const id = `m-${this.element}-${number}`;
    const command = { do: "splice", element: this.element, field: "title", at: 0, delete: number % 2, insert: number % 2 ? "" : "x", base };
    const done = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ type: "edit", id, plan: this.plan, commands: [command] }));
    return done;
  }
}

const server = await Server.start();
const browser = await browse();
try {
  const page = await open(browser);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  let loaded = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (loaded += encodedDataLength));
  await page.addInitScript(() => {
    // From a message's arrival to the paint after it.
    globalThis.arrivals = [];
    const setter = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
    Object.defineProperty(WebSocket.prototype, "onmessage", {
      ...setter,
      set(handler) {
        setter.set.call(this, (event) => {
          const arrived = performance.now();
          handler.call(this, event);
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => globalThis.arrivals.push(performance.now() - arrived);
            port2.postMessage(0);
          });
        });
      },
    });
    globalThis.keys = [];
    addEventListener(
      "keydown",
      (event) => {
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => globalThis.keys.push(performance.now() - event.timeStamp);
          port2.postMessage(0);
        });
      },
      { capture: true },
    );
  });
  await signIn(page, server, "br", "#/");
  await page.getByRole("heading", { name: "Plans" }).waitFor();
  const begun = performance.now();
  await page.evaluate((plan) => (location.hash = `#/plans/${plan}/write`), ADOPTED);
  await page.getByRole("treeitem").nth(5).waitFor();
  const opened = performance.now() - begun;
  const elements = (await server.api("br", "GET", `/api/v1/plans/${ADOPTED}`)).elements.length;
  console.log(`open a plan of ${elements} elements, to its outline on screen: ${opened.toFixed(0)} ms`);
  console.log(`everything that was loaded until then, as it came over the wire: ${(loaded / 1024).toFixed(0)} KiB`);
  await chainFigures(server, browser);

  const view = await server.api("br", "GET", `/api/v1/plans/${DRAFT}`);
  const titled = view.elements.filter((element) => element.text?.en?.title && !element.owner).slice(0, WRITERS + 1);
  const [own, ...others] = titled;
  await page.evaluate((hash) => (location.hash = hash), `#/plans/${DRAFT}/write/${own.id}`);
  const field = page.locator(".cm-content").first();
  await field.click();
  const names = ["br", "tsb", "bdt", "gs"];
  const writers = await Promise.all(others.map((element, at) => Writer.join(server, names[at % names.length], DRAFT, element.id)));
  let isOver = false;
  let base = view.seq;
  let count = 0;
  const loads = writers.map(async (writer) => {
    for (let number = 0; !isOver; number += 1) {
      const answer = await writer.edit(number, base);
      if (answer.type === "ack") base = Math.max(base, answer.seq);
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  });
  await page.evaluate(() => (globalThis.keys.length = globalThis.arrivals.length = 0));
  for (let key = 0; key < KEYS; key += 1) await field.press(key % 2 ? "Backspace" : "e", { delay: 0 });
  figures(`keystroke to paint, ${WRITERS} others writing an edit a second each`, await page.evaluate(() => globalThis.keys));
  figures("a message's arrival to paint", await page.evaluate(() => globalThis.arrivals));
  isOver = true;
  await Promise.all(loads);

  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1024 / 1024;
  };
  await devtools.send("Performance.enable");
  const steps = [await heap()];
  let number = 1_000_000;
  for (let step = 0; step < 4; step += 1) {
    const until = count + REMOTE_EDITS / 4;
    const floods = writers.slice(0, 4).map(async (writer) => {
      while (count < until) {
        const answer = await writer.edit(number++, base);
        if (answer.type === "ack") base = Math.max(base, answer.seq);
        count += 1;
      }
    });
    await Promise.all(floods);
    // What came has been painted by then.
    await page.waitForTimeout(3_000);
    steps.push(await heap());
  }
  console.log(`heap over ${REMOTE_EDITS} remote edits, MiB: ${steps.map((step) => step.toFixed(1)).join(" → ")}`);
} finally {
  await browser.close();
  await server.remove();
}
