// Money: the sheet of both real plans, read and written by keyboard, with what does not add up in its cells.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { act } from "./writing.mjs";

const CELL = (page, row, column) => page.locator(`[data-place="${row}/${column}"]`);

let server, browser;
before(async () => {
  browser = await browse();
  server = await Server.start();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

async function look(name, plan, options = {}) {
  const page = await open(browser, options);
  await signIn(page, server, name, `#/plans/${plan}/money`);
  await page.getByRole("grid", { name: "Money by goal" }).waitFor();
  return page;
}

async function done(page) {
  check(page);
  await page.context().close();
}

const allocations = async () =>
  (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`)).elements.filter((one) => one.kind === "allocation" && !one.removed);
const entries = async () => (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`)).seq;

test("the adopted plan adds up in front of one's eyes, amounts and shares, and is read only", async () => {
  const page = await look("auditor", ADOPTED);
  const grid = page.getByRole("grid");
  assert.equal(await grid.getByRole("row").count(), 1 + 18 + 2);
  await page.getByText("It adds up: every row to its planned cost").waitFor();
  assert.match(await CELL(page, 0, 0).innerText(), /39,649\s*25 %/);
  assert.match(await CELL(page, 18, 5).innerText(), /^660,251/);
  assert.match(await CELL(page, 19, 6).innerText(), /660,251\s*Ceiling/);
  await CELL(page, 0, 0).focus();
  await page.keyboard.press("Enter");
  assert.equal(await grid.getByRole("textbox").count(), 0);
  await page.getByText("takes no edits").first().waitFor();
  await page.getByRole("button", { name: "Percent" }).click();
  assert.match(await CELL(page, 0, 0).innerText(), /^25 %/);
  await everyLook(page, "money-adopted");
  await done(page);
});

test("what rules of the finances find is marked in its cell, and nothing else", async () => {
  const page = await look("auditor", ADOPTED);
  const cell = page.locator("[data-place].found");
  await cell.getByText(/FIN-07: Objective I\.5 gives 3,896 kCHF/).waitFor({ state: "attached" });
  assert.equal(await cell.count(), 1);
  await accessible(page, "a finding in a cell");
  await done(page);
});

test("a sheet by keyboard: digits write, Enter goes down, Tab on, Escape leaves it; each edit is one entry", async () => {
  const page = await look("chair", DRAFT);
  const watcher = await look("br", DRAFT);
  await CELL(page, 0, 0).focus();
  // Why: it goes with the edits until it is taken away.
  await page.getByRole("textbox", { name: "Why" }).fill("as the financial plan says");
  await CELL(page, 0, 0).focus();
  await page.keyboard.type("60000");
  await page.keyboard.press("Enter");
  await until("it is saved", async () => (await allocations()).length === 1);
  const before = await entries();
  const [last] = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?order=desc&limit=1`);
  assert.equal(last.because, "as the financial plan says");
  await CELL(page, 1, 0).getByText("empty").waitFor({ state: "attached" });
  await page.keyboard.type("1 250.5");
  await page.keyboard.press("Tab");
  await page.keyboard.type("7");
  await page.keyboard.press("Escape");
  await until("one more entry", async () => (await entries()) === before + 1);
  assert.deepEqual((await allocations()).map(({ amount, fields }) => amount ?? fields?.amount).toSorted(), [1250.5, 60000]);
  assert.match(await CELL(page, 3, 0).innerText(), /61,250\.5/);

  // Others see it as it comes.
  await until("the other sees it", async () => /60,000/.test(await CELL(watcher, 0, 0).innerText()));

  // The planned cost of the row, and what does not add up.
  await page.keyboard.press("Control+ArrowUp");
  await page.keyboard.press("End");
  await page.keyboard.type("100000");
  await page.keyboard.press("Enter");
  await page.getByText(/^\d+ things? do(es)? not add up or go together$/).waitFor();
  await CELL(page, 0, 2).hover();
  // In words of the sheet until the server has looked, then once, in those of the rule.
  await page.getByText(/(40,000 less than planned: 60,000 of 100,000|FIN-04: The amounts of priority 1)/i).first().waitFor();
  await page.getByText(/FIN-04: .* add up to 60,000 kCHF, its planned cost is 100,000 kCHF/).first().waitFor();
  assert.doesNotMatch(await CELL(page, 0, 2).innerText(), /less than planned/);
  await everyLook(page, "money-draft");

  // A share beside the amount of the same cell.
  await page.getByRole("button", { name: "Percent" }).click();
  await CELL(page, 0, 0).dblclick();
  await page.keyboard.type("55 %");
  await page.keyboard.press("Enter");
  await until("the share is in it", async () => /55 %\s*60,000/.test(await CELL(page, 0, 0).innerText()));
  await CELL(page, 0, 0).focus();
  await page.getByText("55 % is written, the amount is 60 %").first().waitFor();
  await page.keyboard.press("Delete");
  await until("the share is gone", async () => !/55/.test(await CELL(page, 0, 0).innerText()));
  await page.getByRole("button", { name: "Amounts" }).click();
  await CELL(page, 1, 0).focus();
  await page.keyboard.press("Delete");
  await until("what has nothing left is taken away", async () => (await allocations()).length === 1);
  await done(page);
  await done(watcher);
});

test("what is no number is said and stays to be mended", async () => {
  const page = await look("chair", DRAFT);
  await CELL(page, 2, 1).focus();
  await page.keyboard.type("12x");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("“12x” is no number").waitFor();
  await accessible(page, "a wrong cell");
  await picture(page, "money-wrong");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.match(await CELL(page, 2, 1).innerText(), /^empty/);
  await done(page);
});

test("whoever looks elsewhere has written it; what is no number is kept, and nothing else is begun before it is mended", async () => {
  const page = await look("chair", DRAFT);
  const field = page.getByRole("grid").getByRole("textbox");
  const amounts = async () => (await allocations()).map(({ amount }) => amount);
  await CELL(page, 2, 0).focus();
  await page.keyboard.type("771");
  await page.getByRole("heading", { level: 1, name: "Money" }).click();
  await until("it is entered", async () => (await amounts()).includes(771));
  assert.equal(await field.count(), 0);
  // Keys live on.
  await CELL(page, 2, 1).click();
  await page.keyboard.type("772");
  await CELL(page, 1, 1).click();
  await until("this one too", async () => (await amounts()).includes(772));
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("data-place")), "0/1");

  await CELL(page, 1, 1).click();
  await page.keyboard.type("12x");
  await CELL(page, 2, 0).click();
  await page.getByRole("alert").getByText("“12x” is no number").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("data-place")), "2/0", "the focus stays where it was put");
  await CELL(page, 2, 0).dblclick();
  assert.equal(await field.inputValue(), "12x");
  assert.ok(await field.evaluate((input) => input === document.activeElement), "it is mended first");
  await page.getByRole("button", { name: "Percent" }).click();
  assert.equal(await page.getByRole("button", { name: "Amounts" }).getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Escape");
  assert.equal(await field.count(), 0);
  assert.ok(!(await amounts()).includes(12));
  await done(page);
});

test("what is written goes to its element, whatever rows come or go meanwhile", async () => {
  const page = await look("chair", DRAFT);
  const { elements } = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  const [first, second] = elements.filter((one) => one.kind === "priority" && !one.removed);
  const field = page.getByRole("grid").getByRole("textbox");
  await CELL(page, 1, 1).focus();
  await page.keyboard.type("881");
  await act(server, "gs", { do: "add", kind: "priority", id: "pri-22222222", place: { before: first.id }, text: { title: "Before all others" } });
  await page.getByRole("row", { name: /Before all others/ }).waitFor();
  assert.equal(await field.inputValue(), "881");
  await page.keyboard.press("Enter");
  await until("it is entered", async () => (await allocations()).some(({ amount }) => amount === 881));
  assert.equal((await allocations()).find(({ amount }) => amount === 881).parent, second.id);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("data-place")), "3/1");

  await CELL(page, 0, 0).focus();
  await page.keyboard.type("882");
  await act(server, "gs", { do: "remove", element: "pri-22222222" });
  await page.getByRole("alert").getByText(/Before all others.* is not entered/).waitFor();
  assert.equal(await field.count(), 0);
  assert.ok(!(await allocations()).some(({ amount }) => amount === 882));
  await done(page);
});

test("what somebody else enters in the same cell meanwhile is told before it is written over", async () => {
  const [page, other] = [await look("chair", DRAFT), await look("gs", DRAFT)];
  const of = (at) => CELL(at, 2, 0);
  for (const [at, typed] of [[page, "301"], [other, "302"]]) {
    await of(at).focus();
    await at.keyboard.type(typed);
  }
  await page.keyboard.press("Enter");
  await until("it is entered", async () => (await allocations()).some(({ amount }) => amount === 301));
  await until("the other has it", async () => /301/.test(await CELL(other, 3, 0).innerText()));
  await other.keyboard.press("Enter");
  const alert = other.getByRole("alert");
  await alert.getByText("Somebody else has entered 301 here meanwhile.").waitFor();
  await accessible(other, "a cell that two write");
  assert.ok((await allocations()).some(({ amount }) => amount === 301));
  await other.keyboard.press("Escape");
  await until("theirs stands", async () => /301/.test(await of(other).innerText()));

  // Who knows of it writes over it.
  await other.keyboard.type("302");
  await other.keyboard.press("Enter");
  await until("mine is entered", async () => (await allocations()).some(({ amount }) => amount === 302));
  await done(page);
  await done(other);
});

test("on a narrow screen the first column stays, and a cell is written with a tap", async () => {
  const page = await look("chair", DRAFT, { viewport: NARROW });
  await CELL(page, 2, 0).dblclick();
  await page.getByRole("grid").getByRole("textbox").fill("900");
  await picture(page, "money-narrow-writing");
  await page.keyboard.press("Enter");
  await until("it is in it", async () => /900/.test(await CELL(page, 2, 0).innerText()));
  await done(page);
});
