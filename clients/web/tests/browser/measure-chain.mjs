// How long the results chain of the adopted plan takes, from the list of plans to its picture answering a pointer.

import { ADOPTED, open, signIn } from "./harness.mjs";

const RUNS = 5;

/** From going to the picture to its first ways lit, ms, with how many elements it shows. */
function opened(address) {
  return new Promise((resolve) => {
    const begun = performance.now();
    location.hash = address;
    let count = 0;
    const look = () => {
      const nodes = document.querySelectorAll("[data-node]");
      const lit = document.querySelector(".node.lit");
      if (lit) return resolve({ ms: performance.now() - begun, count });
      if (nodes.length > 0) {
        count = nodes.length;
        document.querySelector(".node.objective")?.focus();
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

/** Prints what it takes in a fresh window, and again while the plan is open. */
export async function chainFigures(server, browser) {
  const address = `#/plans/${ADOPTED}/chain`;
  const [fresh, again] = [[], []];
  let elements = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const page = await open(browser);
    await signIn(page, server, "br", "#/");
    await page.getByRole("heading", { name: "Plans" }).waitFor();
    const first = await page.evaluate(opened, address);
    elements = first.count;
    fresh.push(first.ms);
    await page.evaluate((hash) => (location.hash = hash), "#/");
    await page.getByRole("heading", { name: "Plans" }).waitFor();
    again.push((await page.evaluate(opened, address)).ms);
    await page.context().close();
  }
  const told = (times) => `${times.map((ms) => ms.toFixed(0)).join(", ")} ms`;
  console.log(`results chain of ${elements} elements, from the list of plans to its first ways lit: ${told(fresh)}; with the plan open: ${told(again)}`);
}
