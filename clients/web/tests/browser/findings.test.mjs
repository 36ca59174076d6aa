// Checks: what rules find, where it shows, what is set for a plan, and moving its stage despite findings.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { set } from "./writing.mjs";

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const found = (plan = DRAFT) => server.api("auditor", "GET", `/api/v1/plans/${plan}/findings`);

async function checks(name, on = DRAFT) {
  const page = await open(browser);
  await signIn(page, server, name, `#/plans/${on}/findings`);
  await page.getByRole("heading", { name: "Checks", level: 1 }).waitFor();
  await page.getByRole("list", { name: "Findings at a glance" }).waitFor();
  return page;
}

const header = (page, errors, warnings) => page.getByRole("link", { name: `Open findings: E ${errors} W ${warnings}` }).waitFor();

test("findings of the draft stand by severity and rule, and lead to the place in Write, where badges show them", async () => {
  const page = await checks("br");
  const all = await found();
  const [errors, warnings] = ["E", "W"].map((severity) => all.filter((one) => one.severity === severity).length);
  await header(page, errors, warnings);
  await page.getByRole("heading", { name: `Errors ${errors}` }).waitFor();
  await page.getByText("Indicator 2.7.i2 has no unit.").waitFor();
  await page.getByText("Since an entry by Demonstration data (GS),").first().waitFor();
  await everyLook(page, "checks");

  await page.getByRole("combobox", { name: "Bureau" }).selectOption("BDT");
  await page.getByText("Nothing of this kind is found.").or(page.getByText(/findings? shown$/)).first().waitFor();
  assert.equal(await page.getByText("No money is allocated to priority 1.").count(), 0, "it is no element of BDT");
  await page.getByRole("button", { name: "Show all again" }).click();
  await page.getByRole("combobox", { name: "Rule" }).selectOption("MAP-03");
  await page.getByText(/^6 findings shown$/).waitFor();
  const former = page.getByRole("link", { name: /^Former plan: 1\.4 / });
  assert.match(await former.getAttribute("href"), new RegExp(`^#/plans/${ADOPTED}/write/tgt-`));

  await page.getByRole("combobox", { name: "Rule" }).selectOption("SMT-02");
  await page.getByRole("link", { name: /^2\.7\.i2 / }).click();
  await page.getByRole("heading", { level: 1, name: /abatement/ }).waitFor();
  const told = page.locator("details.found");
  await told.locator("summary").click();
  await told.getByText("Indicator 2.7.i2 has no unit.").waitFor();
  await page.getByRole("treeitem", { name: /2\.7\.i2/ }).locator(".badge.E").waitFor();
  await everyLook(page, "checks-write");
  check(page);
});

test("an edit resolves a finding while others look; what is new since a point is told with who introduced it", async () => {
  const page = await checks("tsb");
  const all = await found();
  const { elements } = all.find((one) => one.code === "SMT-02" && one.says.includes("2.7.i2"));
  const [errors, warnings] = ["E", "W"].map((severity) => all.filter((one) => one.severity === severity).length);
  await header(page, errors, warnings);
  await set(server, "chair", elements[0], "unit", "megatonne", "as reported");
  await header(page, errors - 1, warnings);
  await page.getByText("Indicator 2.7.i2 has no unit.").waitFor({ state: "detached" });

  const { seq } = (await server.api("auditor", "GET", "/api/v1/plans")).find((plan) => plan.id === DRAFT);
  await page.goto(`${server.url}/#/plans/${DRAFT}/findings?since=${seq}`);
  await page.getByText("Nothing of this kind is found.").waitFor();
  await set(server, "chair", elements[0], "unit", null, "withdrawn again");
  await page.getByText(/^1 finding shown$/).waitFor();
  await page.getByText("Indicator 2.7.i2 has no unit.").waitFor();
  await page.getByText("Since an entry by Planning group (BR)").waitFor();
  await picture(page, "checks-new");
  check(page);
});

test("the chair sets a rule off for the plan with a reason, and everybody sees who and why", async () => {
  const page = await checks("chair");
  await page.getByRole("button", { name: "Principles and rules" }).click();
  await page.getByRole("table", { name: /^6 Targets/ }).waitFor();
  await everyLook(page, "checks-rules");
  const count = (await found()).filter(({ code }) => code === "GUI-03").length;
  await page.getByRole("link", { name: `${count} findings of GUI-03` }).first().waitFor();
  await page.getByRole("button", { name: "Set rule GUI-03" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "It weighs" }).selectOption("off");
  await dialog.getByRole("button", { name: "Enter it" }).click();
  await dialog.getByText("Say why.").waitFor();
  await dialog.getByRole("textbox", { name: "Why" }).fill("answered in the information document");
  await everyLook(page, "checks-set");
  await dialog.getByRole("button", { name: "Enter it" }).click();
  await page.getByText("answered in the information document").first().waitFor();
  await until("no more findings of it", async () => (await page.getByRole("link", { name: /findings of GUI-03/ }).count()) === 0);

  const reader = await checks("br");
  await reader.getByRole("button", { name: "Principles and rules" }).click();
  await reader.getByText("answered in the information document").first().waitFor();
  assert.equal(await reader.getByRole("button", { name: "Set rule GUI-03" }).count(), 0);
  check(page);
  check(reader);
});

test("findings hold the plan up before adoption; the chair goes on despite them, with a reason", async () => {
  for (const stage of ["consultation", "cwg_sfp", "council", "plenipotentiary"]) {
    await server.api("chair", "POST", `/api/v1/plans/${DRAFT}/stage`, { id: `to-${stage}`, stage, despite_findings: true, because: "to get there" });
  }
  const page = await checks("chair");
  await page.getByRole("button", { name: "Files and stage" }).click();
  await page.getByRole("menuitem", { name: "Move to another stage…" }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByRole("combobox").inputValue(), "adopted");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await dialog.getByText(/hold the plan up on its way to “Adopted”/).waitFor();
  await dialog.getByText("The plan has no mission").waitFor();
  await everyLook(page, "checks-held");
  await dialog.getByRole("checkbox", { name: "Go on despite these findings" }).check();
  await dialog.getByRole("textbox", { name: "Why" }).fill("the Conference decided so");
  // Neither Escape nor a press beside it throws away what was typed.
  await page.mouse.click(5, 5);
  await dialog.getByText("What you typed here is not entered yet.").waitFor();
  await everyLook(page, "dialog-unsaved");
  for (const left of [0, 1]) {
    await page.keyboard.press("Escape");
    await until("asked or not", async () => (await dialog.getByRole("button", { name: "Throw it away" }).count()) === left);
  }
  await dialog.getByRole("button", { name: "Go on with it" }).click();
  assert.equal(await dialog.getByRole("textbox", { name: "Why" }).inputValue(), "the Conference decided so");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await dialog.getByText("The plan is at the stage “Adopted” now.").waitFor();
  check(page);
});

test("where findings cannot be asked it is said, and there is a way on", async () => {
  const own = await Server.start();
  for (const stage of ["consultation", "cwg_sfp", "council", "plenipotentiary"]) {
    await own.api("chair", "POST", `/api/v1/plans/${DRAFT}/stage`, { id: `to-${stage}`, stage, despite_findings: true, because: "to get there" });
  }
  const page = await open(browser);
  const busy = { status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "busy", detail: "The rules are busy" }) };
  await page.route(/\/findings(\?|$)/, (route) => route.fulfill(busy));
  await signIn(page, own, "chair", `#/plans/${DRAFT}/findings`);
  const alert = page.getByRole("alert");
  await alert.getByText("The rules are busy").waitFor();
  await accessible(page, "findings not asked");
  // The stage is held up by what cannot be listed: one may go on despite it.
  await page.getByRole("button", { name: "Files and stage" }).click();
  await page.getByRole("menuitem", { name: "Move to another stage…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await dialog.getByRole("checkbox", { name: "Go on despite these findings" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.unroute(/\/findings(\?|$)/);
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByText("The plan has no mission").first().waitFor();

  // Before it is known what was there, nothing is new.
  await page.route(/\/findings\?at=/, (route) => route.fulfill(busy));
  await page.goto(`${own.url}/#/plans/${DRAFT}/findings?since=1`);
  await page.getByText("The rules are busy").waitFor();
  assert.equal(await page.getByText("The plan has no mission").count(), 0);
  await page.getByRole("button", { name: "Show all again" }).click();
  await page.getByText("The plan has no mission").first().waitFor();
  assert.equal(await page.getByText("The rules are busy").count(), 0);
  check(page);
  await page.context().close();
  await own.remove();
});

test("the adopted plan is checked as well, and a desk is offered no stage to move", async () => {
  const page = await checks("bdt", ADOPTED);
  await page.getByText("Indicator 5.1.i1 has no unit.").waitFor();
  await page.getByRole("button", { name: "Files and stage" }).click();
  assert.equal(await page.getByRole("menuitem", { name: "Move to another stage…" }).count(), 0);
  await page.keyboard.press("Escape");
  await everyLook(page, "checks-adopted");
  check(page);
});
