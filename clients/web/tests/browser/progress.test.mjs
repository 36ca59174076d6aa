// The desk Progress, as somebody works through it who fills in what the draft's indicators lack.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const plan = () => server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
const saved = (page) => page.getByText("Saved", { exact: true }).waitFor();
const counted = (page, words, number) =>
  until(`${number} ${words}`, async () => new RegExp(`^!?\\s*${number}\\s`).test(await page.getByRole("list", { name: "Indicators at a glance" }).getByRole("listitem").filter({ hasText: words }).innerText()));

async function desk(name, on = DRAFT, look) {
  const page = await open(browser, look);
  await signIn(page, server, name, `#/plans/${on}/progress`);
  await page.getByRole("heading", { name: "Progress", level: 1 }).waitFor();
  return page;
}

test("the draft's indicators have no readings: each says what is missing and where to enter it; three readings make a plot", async () => {
  const page = await desk("gs");
  await counted(page, "have baseline, target, year and a reading", "0 of 12");
  for (const words of ["have no baseline", "have no target value", "have no reading yet"]) await counted(page, words, "12");
  const indicator = page.getByRole("article", { name: /^1\.1\.i1 / });
  await indicator.getByText("No baseline: it is not said from which value it starts.").waitFor();
  await indicator.getByText("No year of its own: only the plan looks to 2030.").waitFor();
  assert.equal(await page.locator("figure").count(), 0);
  await everyLook(page, "progress-empty");

  // What is wrong is said, and nothing is entered of it.
  const { seq } = await plan();
  await indicator.getByRole("button", { name: "Enter the baseline" }).click();
  await page.keyboard.type("ninety");
  await page.keyboard.press("Enter");
  await indicator.getByText("“ninety” is no number.").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("88.5");
  await page.keyboard.press("Tab");
  await page.keyboard.type("2020");
  await page.keyboard.press("Enter");
  await indicator.getByText("No baseline").waitFor({ state: "detached" });
  for (const [button, value, year] of [["Enter the target value", "98", null], ["Enter a reading", "93", "2024"]]) {
    await indicator.getByRole("button", { name: button }).click();
    await page.keyboard.type(value);
    await page.keyboard.press("Tab");
    if (year) await page.keyboard.type(year);
    await page.keyboard.press("Enter");
    await indicator.getByRole("button", { name: button }).waitFor({ state: "detached" });
  }
  await indicator.getByText("On the way: 93 percent in 2024 against 98 percent by 2030, 47 % of the way from the baseline.").waitFor();
  await counted(page, "have baseline, target, year and a reading", "1 of 12");
  await saved(page);
  const made = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?after=${seq}&type=change`);
  assert.equal(made.length, 3, "each reading is one entry");
  assert.equal(await indicator.getByRole("img", { name: /^Plot of 1\.1\.i1/ }).count(), 1);

  // A reading is mended in the table; the plot and the words follow.
  await indicator.getByRole("textbox", { name: "Value of Reading 2024" }).fill("98.2");
  await indicator.getByRole("textbox", { name: "Value of Reading 2024" }).press("Enter");
  await indicator.getByText("Reached: 98.2 percent in 2024 against 98 percent by 2030.").waitFor();
  await counted(page, "have reached their target", "1");
  await everyLook(page, "progress");
  await indicator.getByRole("button", { name: "Remove Reading 2024" }).click();
  await indicator.getByText("No reading yet").waitFor();
  await page.getByRole("button", { name: /have no target value/ }).click();
  await until("eleven are left", async () => (await page.getByRole("article").count()) === 11);
  check(page);
});

test("the adopted plan has targets and no baselines; it is closed, so nothing is entered", async () => {
  const page = await desk("gs", ADOPTED);
  await page.getByText("The plan is at the stage “Adopted” and takes no edits.").waitFor();
  await counted(page, "have no baseline", "21");
  await counted(page, "have no target value", "0");
  await page.getByText("No baseline value: it is compared with 2015, but the value of that year is not given.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a reading" }).count(), 0);
  assert.equal(await page.getByRole("article").getByRole("textbox").count(), 0);
  await page.getByRole("table", { name: /^Readings of 2\.7\.i1/ }).getByText("96 percent").waitFor();
  await everyLook(page, "progress-adopted");
  check(page);
});

test("a value that somebody else has entered since is told before it is written over", async () => {
  const indicator = (await plan()).elements.find((one) => one.kind === "indicator" && one.code === "2.1.i1");
  const id = "rdg-22222222";
  const added = (year, more) => ({ do: "add", kind: "reading", place: { parent: indicator.id }, fields: { role: "actual", value: 10, year }, ...more });
  const edit = (name, ...commands) => server.api("chair", "POST", `/api/v1/plans/${DRAFT}/edits`, { id: `${name}-${process.pid}`, commands });
  await edit("reading", added(2024, { id }));
  const page = await desk("gs");
  const card = page.getByRole("article", { name: /^2\.1\.i1 / });
  const value = card.getByRole("textbox", { name: "Value of Reading 2024" });
  const stands = async () => (await plan()).elements.find((one) => one.id === id).value;
  await value.fill("12");
  await edit("theirs", { do: "set_field", element: id, field: "value", value: 11, base: (await plan()).seq }, added(2025));
  await card.getByRole("textbox", { name: "Value of Reading 2025" }).waitFor();
  await value.press("Enter");
  await page.getByRole("alert").getByText("Somebody else has entered 11 meanwhile.").waitFor();
  await accessible(page, "a value that two write");
  await picture(page, "progress-meanwhile");
  await page.getByRole("button", { name: "Back to 11" }).click();
  assert.deepEqual([await value.inputValue(), await stands()], ["11", 11]);

  // Who knows of it writes over it.
  await value.fill("12");
  await value.press("Enter");
  await until("it is entered", async () => (await stands()) === 12);
  check(page);
});

test("a Bureau's readings are written by that Bureau; others see them on a narrow screen too", async () => {
  const { elements } = await plan();
  const indicator = elements.find((one) => one.kind === "indicator" && one.code === "1.2.i1");
  await server.api("bdt", "POST", `/api/v1/plans/${DRAFT}/edits`, {
    id: `owner-${process.pid}`,
    commands: [{ do: "set_field", element: indicator.id, field: "owner", value: "BDT", base: (await plan()).seq }],
  });
  const page = await desk("br", DRAFT, { viewport: NARROW });
  const card = page.getByRole("article", { name: /^1\.2\.i1 / });
  await card.getByText("BDT").waitFor();
  await card.getByText("No target value").waitFor();
  assert.equal(await card.getByRole("button", { name: "Add a reading" }).count(), 0);
  await accessible(page, "progress of another Bureau");
  await picture(page, "progress-narrow");
  check(page);
});
