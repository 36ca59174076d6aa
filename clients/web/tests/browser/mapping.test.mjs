// The desk Former → new, as somebody works through it who consolidates the draft of 2024-2027.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { act } from "./writing.mjs";

const address = (plan) => `#/plans/${plan}/mapping`;

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const count = (page, words) => page.getByRole("list", { name: "Coverage at a glance" }).getByRole("listitem").filter({ hasText: words });
const counted = (page, words, number) => until(`${number} ${words}`, async () => new RegExp(`^!?\\s*${number}\\s`).test(await count(page, words).innerText()));
const former = (page) => page.getByRole("listbox", { name: "Former plan" });
const saved = (page) => page.getByText("Saved", { exact: true }).waitFor();
const plan = () => server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
const entries = async (after) => (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?after=${after}&type=change&limit=1000`));

async function desk(name, on = DRAFT, look) {
  const page = await open(browser, look);
  await signIn(page, server, name, address(on));
  await page.getByRole("heading", { name: "Former → new", level: 1 }).waitFor();
  return page;
}

test("what became of the former goals and targets is counted and pictured, and other words are shown", async () => {
  const page = await desk("gs");
  await counted(page, "have a disposition", "29 of 29");
  await counted(page, "without a disposition", "0");
  await counted(page, "without a reason", "0");
  await counted(page, "do not name", "6");
  await counted(page, "in other words", "3");
  assert.equal(await former(page).getByRole("option").count(), 29);
  assert.equal(await page.locator("svg path.lit").count(), 0);
  await everyLook(page, "mapping-picture");

  // By keyboard: to 1.1 of the former plan, over to where it lives on, and back.
  await former(page).focus();
  await page.keyboard.press("ArrowDown");
  await until("its way lights up", async () => (await page.locator(".flow svg path.lit").count()) === 1);
  await page.keyboard.press("ArrowRight");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /1\.3\s*Broadband access to every household/);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "listbox");

  // Only what is quoted in other words; one of them with its year.
  await count(page, "in other words").getByRole("button").click();
  await until("three are shown", async () => (await former(page).getByRole("option").count()) === 3);
  await former(page).focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const detail = page.getByRole("dialog", { name: "Former target 3.4" });
  await detail.locator("del", { hasText: "2015" }).waitFor();
  await detail.locator("ins", { hasText: "2010" }).waitFor();
  await everyLook(page, "mapping-detail");
  await page.keyboard.press("Escape");
  await detail.waitFor({ state: "detached" });
  check(page);
});

test("two objectives are merged, one is split, one carried and one dropped: one entry each, by keyboard", async () => {
  const page = await desk("gs");
  await page.getByRole("button", { name: "Objectives 0/18" }).click();
  for (const kind of ["Goals 5/5", "Targets 24/24"]) await page.getByRole("button", { name: kind }).click();
  await until("objectives are shown", async () => (await former(page).getByRole("option").count()) === 18);
  const { seq } = await plan();

  // Merge the first two into the first priority.
  await former(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.getByText("2 elements are chosen").waitFor();
  await page.keyboard.press("m");
  const form = page.getByRole("dialog", { name: "What becomes of it" });
  await form.getByRole("button", { name: "Leave this one out" }).click();
  await form.getByRole("button", { name: "An element of this plan…" }).click();
  await page.getByRole("combobox", { name: "Lives on in" }).fill("priority 1");
  await page.keyboard.press("Enter");
  await form.getByRole("textbox", { name: "Why" }).fill("One theme of both Sectors");
  await everyLook(page, "mapping-merge");
  await form.getByRole("textbox", { name: "Why" }).press("Control+Enter");
  await page.getByRole("button", { name: "Objectives 2/18" }).waitFor();
  await saved(page);
  let made = await entries(seq);
  assert.equal(made.length, 1, "a merger is one entry");
  assert.equal(made[0].edits.filter((row) => row.op === "add" && row.kind === "disposition").length, 2);
  assert.equal(made[0].edits.filter((row) => row.op === "add" && row.kind === "becomes").length, 2);

  // Split the third into two new ones.
  await former(page).focus();
  for (const key of ["Home", "ArrowDown", "ArrowDown", "s"]) await page.keyboard.press(key);
  const says = form.getByRole("textbox", { name: "What it says" });
  assert.equal(await says.count(), 2);
  for (const [at, words] of ["For governments", "For industry"].entries()) {
    await form.getByRole("combobox", { name: "Kind" }).nth(at).selectOption("priority");
    await says.nth(at).fill(words);
  }
  await form.getByRole("button", { name: "Enter it" }).click();
  await page.getByRole("button", { name: "Objectives 3/18" }).waitFor();
  await saved(page);
  made = await entries(made[0].seq);
  assert.equal(made.length, 1, "a split is one entry");
  const { elements } = await plan();
  for (const words of ["For governments", "For industry"]) assert.ok(elements.some((one) => one.kind === "priority" && one.text.en.title === words));

  // Drop the fourth: not without a reason.
  await former(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("d");
  await form.getByText("What is dropped needs a reason.").waitFor();
  assert.ok(await form.getByRole("button", { name: "Enter it" }).isDisabled());
  await form.getByRole("textbox", { name: "Why" }).fill("It is done");
  await form.getByRole("textbox", { name: "Why" }).press("Control+Enter");
  await page.getByRole("button", { name: "Objectives 4/18" }).waitFor();

  // Carry the fifth by dragging its card onto an element of this plan.
  const card = former(page).getByRole("option").nth(4);
  const arrival = page.locator("[data-arrival]").first();
  await arrival.evaluate((element) => element.scrollIntoView({ block: "center" }));
  await card.dragTo(arrival);
  await form.getByText("Lives on in").waitFor();
  assert.equal(await form.getByRole("combobox", { name: "What became of it" }).inputValue(), "carried_into");
  await form.getByRole("button", { name: "Enter it" }).click();
  await page.getByRole("button", { name: "Objectives 5/18" }).waitFor();

  // What was entered can be taken back, with all that came with it.
  await card.dblclick();
  const detail = page.getByRole("dialog", { name: /^Former objective/ });
  await detail.getByRole("button", { name: "Take this back" }).click();
  await detail.getByText("Nothing is said of it yet.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Objectives 4/18" }).waitFor();
  await saved(page);

  // The same as a table.
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.getByRole("row", { name: /One theme of both Sectors/ }).first().waitFor();
  await everyLook(page, "mapping-table");
  check(page);
});

test("an element is named where a former one is open; two dispositions may lead to one, and are not entered by hand", async () => {
  const page = await desk("gs");
  const { seq } = await plan();
  await former(page).focus();
  await page.keyboard.press("Home");
  const ways = () => page.locator(".flow svg path.lit").count();
  const before = await ways();
  await page.keyboard.press("Enter");
  const detail = page.getByRole("dialog", { name: "Former goal 1" });
  await detail.getByRole("button", { name: "Name an element" }).click();
  await page.getByRole("combobox", { name: "Name an element" }).fill("priority 2");
  await page.keyboard.press("Enter");
  await until("it is linked", async () => (await entries(seq)).length > 0);
  const [made, ...more] = await entries(seq);
  assert.deepEqual([more.length, made.edits.map(({ op, kind }) => [op, kind])], [0, [["add", "becomes"]]]);
  const link = (await plan()).links.find((one) => one.id === made.edits[0].element);
  const { elements } = await plan();
  const [disposition, heir] = [link.from, link.to].map((id) => elements.find((one) => one.id === id));
  assert.deepEqual([heir.kind, heir.code], ["priority", "2"]);
  await detail.getByRole("link", { name: heir.text.en.title }).waitFor();
  await page.keyboard.press("Escape");

  // Somebody else says the same with a disposition of their own: both ways are there for everybody.
  await act(server, "chair", { do: "add", kind: "disposition", id: "dsp-22222222", fields: { former: disposition.former, type: "carried_into" } });
  await act(server, "chair", { do: "link", kind: "becomes", from: "dsp-22222222", to: heir.id });
  await former(page).focus();
  await page.keyboard.press("Home");
  await until("both are pictured", async () => (await ways()) === before + 2);
  await page.keyboard.press("c");
  const form = page.getByRole("dialog", { name: "What becomes of it" });
  await form.getByRole("button", { name: "Leave this one out" }).click();
  await form.getByRole("button", { name: "An element of this plan…" }).click();
  await page.getByRole("combobox", { name: "Lives on in" }).fill("priority 2");
  await page.keyboard.press("Enter");
  await form.getByText(`${heir.text.en.title} already: leave that out here.`).waitFor();
  assert.ok(await form.getByRole("button", { name: "Enter it" }).isDisabled());
  check(page);
});

test("who only reads sees it all and may change nothing; a plan without a predecessor says what to do", async () => {
  const reader = await desk("auditor", DRAFT, { viewport: NARROW });
  await reader.getByText("The role auditor reads and does not write.").waitFor();
  await reader.getByText("net telecommunication/ICT-enabled greenhouse gas abatement").waitFor();
  assert.equal(await reader.getByRole("checkbox").count(), 0);
  await reader.getByRole("button", { name: "Open Target 3.4" }).click();
  assert.equal(await reader.getByRole("dialog").getByRole("button", { name: "Take this back" }).count(), 0);
  await accessible(reader, "the mapping of who reads");
  await picture(reader, "mapping-reader");
  check(reader);

  const adopted = await desk("gs", ADOPTED);
  await adopted.getByText("This plan names no plan before it.").waitFor();
  await accessible(adopted, "a plan without a predecessor");
  await picture(adopted, "mapping-none");
  check(adopted);
});
