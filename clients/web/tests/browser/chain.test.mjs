// The results chain: the framework of both real plans as a picture, by mouse and by keyboard, live, with its gaps.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { act, write } from "./writing.mjs";

const GOAL = "gol-h88n5tsh";

let server, browser;
before(async () => {
  browser = await browse();
  server = await Server.start();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

async function look(name, plan, query = "", options = {}) {
  const page = await open(browser, options);
  await signIn(page, server, name, `#/plans/${plan}/chain${query}`);
  await page.getByRole("heading", { name: "Results chain" }).waitFor();
  return page;
}

async function done(page) {
  check(page);
  await page.context().close();
}

const node = (page, name) => page.getByRole("link", { name: new RegExp(`^${name}:`) });
const lit = (page, kind) => page.locator(`.node.lit.${kind} .code`).allInnerTexts();
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");

test("the whole of the adopted plan is a picture: what one points at lights its ways, and the rest recedes", async () => {
  const page = await look("tsb", ADOPTED);
  await node(page, "Objective T.2").waitFor();
  assert.equal(await page.locator("[data-node]").count(), 70 + 64 + 18 + 5 + 24 + 24 + 31);
  await page.getByText("No gaps: everything leads to a goal").waitFor();
  await picture(page, "chain-adopted-whole");

  await node(page, "Objective T.2").hover();
  assert.deepEqual((await lit(page, "goal")).toSorted(), ["1", "2", "4"]);
  assert.deepEqual(await lit(page, "objective"), ["T.2"]);
  assert.ok((await lit(page, "output")).every((code) => code.startsWith("T.2-")));
  // Enablers that help it along, beneath.
  assert.ok((await lit(page, "enabler")).length > 0);
  await page.getByText(/leads to 3 elements/).waitFor();
  await picture(page, "chain-adopted-ways");

  // A click holds it when the pointer goes on; a second one lets go.
  await node(page, "Objective T.2").click();
  await page.getByRole("heading", { name: "Results chain" }).hover();
  assert.deepEqual(await lit(page, "objective"), ["T.2"]);
  await node(page, "Objective T.2").click();
  await page.getByRole("heading", { name: "Results chain" }).hover();
  await until("nothing is lit", async () => (await lit(page, "objective")).length === 0);
  await everyLook(page, "chain-adopted");
  await done(page);
});

test("by keyboard alone: along links, within a column, down to the enablers, and into the editor", async () => {
  const page = await look("tsb", ADOPTED);
  await node(page, "Output R.1-1").focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^Output R\.1-2:/);
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /^Objective R\.1: Spectrum\/orbit regulation and management, BR; rests on \d+ elements/);
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /^Goal \d/);
  assert.ok((await lit(page, "target")).length > 0);
  await accessible(page, "a way that is lit");
  await page.keyboard.press("End");
  assert.match(await focused(page), /^Goal 5: Partnership/);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^Enabler/);
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(page), /^Objective/);
  await page.keyboard.press("Escape");
  await until("nothing is lit", async () => (await page.locator(".node.lit").count()) === 0);
  const name = (await focused(page)).replace(/^Objective (\S+): .*/, "$1");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/write\/obj-/);
  await page.locator("[data-element] strong.code").getByText(name).waitFor();
  await done(page);
});

test("a Bureau sees its part, and the address keeps it; the table tells the same", async () => {
  const page = await look("br", ADOPTED);
  await node(page, "Objective T.1").waitFor();
  await page.getByRole("group", { name: "Bureau" }).getByRole("button", { name: "BR" }).click();
  await node(page, "Objective T.1").waitFor({ state: "detached" });
  await page.waitForURL(/bureau=BR/);
  assert.equal(await page.locator(".node.objective").count(), 3);
  await page.reload();
  await node(page, "Objective R.3").waitFor();
  assert.equal(await page.locator(".node.objective").count(), 3);
  await page.getByText("As a table").click();
  const table = page.getByRole("table", { name: /^Elements of the results chain/ });
  await table.locator("tbody tr").first().waitFor();
  assert.equal(await table.locator("tbody tr").count(), await page.locator("[data-node]").count());
  const row = table.getByRole("row", { name: /R\.1 Spectrum/ });
  assert.match(await row.innerText(), /BR.*Output R\.1-1.*Goal 1/s);
  await everyLook(page, "chain-bureau");
  await done(page);
});

test("gaps are seen where they are and gone through; what a colleague links closes one before one's eyes", async () => {
  const page = await look("br", DRAFT);
  const outcome = node(page, "Outcome 1-a");
  await outcome.waitFor();
  assert.match(await outcome.getAttribute("aria-label"), /names no goal of its own; it leads where its priority does/);
  await page.getByText("4 gaps").click();
  await page.getByText(/prints only a part of its enablers, offerings, outcomes, priorities/).waitFor();
  await page.getByRole("button", { name: "Next gap" }).click();
  await until("its ways are lit", async () => (await lit(page, "goal")).includes("1"));
  await everyLook(page, "chain-draft");

  const id = await outcome.getAttribute("data-node");
  await act(server, "br", { do: "link", kind: "contributes_to", from: id, to: GOAL }, "as agreed");
  await page.getByText("3 gaps").waitFor();
  await until("the gap is closed", async () => !/names no goal/.test(await outcome.getAttribute("aria-label")));

  // What others add takes its place, and what they write is read.
  const before = await page.locator(".node.offering").count();
  await act(server, "tsb", { do: "add", kind: "offering", owner: "TSB", text: { title: "Conformity testing" } });
  const added = node(page, "Offering 7");
  await added.waitFor();
  assert.equal(await page.locator(".node.offering").count(), before + 1);
  assert.match(await added.getAttribute("aria-label"), /Conformity testing, TSB; delivers nothing/);
  await write(server, "tsb", await added.getAttribute("data-node"), "Conformity and interoperability testing");
  await page.getByRole("status").getByText("TSB desk changed 7 Conformity and interoperability testing").waitFor();
  await done(page);
});

test("findings show as marks, and are told with the element's name", async () => {
  const page = await look("br", DRAFT);
  await node(page, "Indicator 1.1.i1").waitFor();
  await page.locator(".node .found").first().waitFor();
  assert.match(await node(page, "Indicator 1.1.i1").getAttribute("aria-label"), /SMT-03: Indicator 1\.1\.i1 has no target value/);
  await accessible(page, "with findings");
  await picture(page, "chain-findings");
  await done(page);
});

test("One ITU: which Sectors meet in each outcome", async () => {
  const page = await look("gs", ADOPTED);
  await page.getByRole("button", { name: "One ITU" }).click();
  await page.waitForURL(/view=one/);
  await page.getByRole("button", { name: /ITU-R, ITU-T and ITU-D together\s+19 outcomes/ }).click();
  const table = page.getByRole("table");
  assert.equal(await table.getByRole("row").filter({ has: page.getByText("ITU-T contributes") }).count(), 19);
  assert.match(await table.getByRole("row", { name: /I\.2-a/ }).innerText(), /ITU-R contributes.*ITU-D contributes.*what it stands under/s);
  await page.getByRole("button", { name: "Show all" }).click();
  assert.equal(await table.locator("tbody a").count(), 64);
  await everyLook(page, "chain-one-itu");
  await done(page);
});

test("on a narrow screen a tap holds an element and tells of it", async () => {
  const page = await look("tsb", DRAFT, "", { viewport: NARROW });
  await node(page, "Priority 2").click();
  await page.getByRole("link", { name: "Open in Write" }).waitFor();
  assert.ok((await lit(page, "goal")).length > 0);
  await picture(page, "chain-narrow-held");
  await page.getByRole("button", { name: "Let go" }).click();
  // The mouse, which a finger is not, may now stand on another element.
  await page.mouse.move(0, 0);
  await page.locator(".node.lit").first().waitFor({ state: "detached" });
  await done(page);
});
