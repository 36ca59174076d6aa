// Coming back to a plan, finding words in all of it, and taking one's own edits back.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { act, set, write } from "./writing.mjs";

const GOAL = "gol-h88n5tsh";
const TARGET = "tgt-j2jpqvmj";
const CLIMATE = "tgt-fq6t4kv7";

let server, browser;
const pages = [];
before(async () => {
  browser = await browse();
});
beforeEach(async () => {
  server = await Server.start();
});
afterEach(async () => {
  for (const page of pages.splice(0)) {
    check(page);
    await page.context().close();
  }
  await server.remove();
});
after(async () => {
  await browser?.close();
});

async function writer(name, element = "", { plan = DRAFT, ...options } = {}) {
  const page = await open(browser, options);
  pages.push(page);
  await signIn(page, server, name, `#/plans/${plan}/write/${element}`);
  await page.getByText(/^(Up to date|Saved)$/).waitFor();
  return page;
}

const element = (id) => server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/elements/${id}`).then((answer) => answer.element);
const heading = (page, words) => page.getByRole("heading", { level: 1, name: words }).waitFor({ state: "attached" });

test("who comes back sees what others changed, by Bureau, and one key goes through it", async () => {
  const page = await writer("br");
  const bar = page.getByRole("region", { name: "Since you were last here" });
  /** Waits until it is answered what came since, where that is asked. */
  const answered = () => page.waitForResponse((response) => response.url().includes("/events?after=") && response.ok()).then((response) => response.finished());
  const asked = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/events?after=")).length);
  assert.deepEqual([asked, await bar.count()], [0, 0], "on the first visit nothing is asked, so nothing is told");
  await page.goto("about:blank");
  await write(server, "tsb", CLIMATE, "Significantly improve the contribution of ICTs to climate action", "plain words");
  await set(server, "bdt", TARGET, "due_year", 2029);
  await act(server, "bdt", { do: "move", element: TARGET, place: { parent: GOAL } });
  await write(server, "br", TARGET, "Affordable broadband for all");
  await signIn(page, server, "br", `#/plans/${DRAFT}/write`);

  await bar.getByText("3 changes by others").waitFor();
  assert.match(await bar.innerText(), /TSB\s*1\s*BDT\s*2/);
  await everyLook(page, "since");
  await page.keyboard.press("F8");
  await page.waitForURL(new RegExp(`/write/${TARGET}$`));
  await bar.getByText("1 of 2").waitFor();
  await bar.getByText("BDT desk").first().waitFor();
  await bar.getByText("moved target").waitFor();
  await page.keyboard.press("F8");
  await page.waitForURL(new RegExp(`/write/${CLIMATE}$`));
  await bar.locator("ins").first().waitFor();
  await bar.getByText("plain words").waitFor({ state: "detached" });
  await everyLook(page, "since-stop");
  await page.keyboard.press("Shift+F8");
  await page.waitForURL(new RegExp(`/write/${TARGET}$`));
  await bar.getByRole("button", { name: "Close" }).click();
  assert.equal(await bar.count(), 0);

  // What was told once is not told again.
  await Promise.all([answered(), page.reload()]);
  await page.getByText(/^(Up to date|Saved)$/).waitFor();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  assert.equal(await bar.count(), 0);

  // Without an answer nothing is passed over: it is told once there is one.
  await page.goto("about:blank");
  await set(server, "bdt", TARGET, "due_year", 2030);
  await page.route("**/events?after=*", (route) => route.abort());
  const failed = page.waitForEvent("requestfailed", (request) => request.url().includes("/events?after="));
  await signIn(page, server, "br", `#/plans/${DRAFT}/write`);
  await failed;
  await page.getByText(/^(Up to date|Saved)$/).waitFor();
  await page.unroute("**/events?after=*");
  await page.reload();
  await bar.getByText("1 change by others").waitFor();
});

test("words are found in all texts, counted, marked, gone through and around; Escape leaves one at them", async () => {
  const page = await writer("br", GOAL);
  await page.keyboard.press("Control+f");
  const find = page.getByRole("search", { name: "Find in all texts" });
  const asked = find.getByRole("textbox");
  await asked.fill("broadband");
  await find.getByText(/^1 of \d+$/).waitFor();
  const [, count] = /of (\d+)/.exec(await find.getByText(/^1 of \d+$/).innerText());
  await until("it stands at the first", async () => page.evaluate(() => CSS.highlights.get("found-now")?.size === 1));
  assert.equal((await page.evaluate(() => String([...CSS.highlights.get("found-now")][0]))).toLowerCase(), "broadband");
  await everyLook(page, "find");
  const first = page.url();
  await asked.press("Shift+Enter");
  await find.getByText(`${count} of ${count}`).waitFor();
  await find.getByText("From the end").waitFor();
  await asked.press("Enter");
  await find.getByText(`1 of ${count}`).waitFor();
  await find.getByText("From the beginning").waitFor();
  await until("back at the first", () => page.url() === first);
  await asked.fill("zzzz");
  await find.getByText("Nothing found").waitFor();
  await asked.fill("affordable");
  await find.getByText(/^\d+ of \d+$/).waitFor();
  await until("it is marked", async () => page.evaluate(() => CSS.highlights.get("found-now")?.size === 1));
  await asked.press("Escape");
  assert.equal(await find.count(), 0);
  assert.equal((await page.evaluate(() => getSelection().toString())).toLowerCase(), "affordable");
  // A slash begins it where nobody writes.
  await page.getByRole("tree").focus();
  await page.keyboard.press("/");
  assert.equal(await asked.inputValue(), "affordable");
});

test("the adopted plan is searched too, where one may only read", async () => {
  const page = await writer("auditor", "", { plan: ADOPTED });
  await page.keyboard.press("/");
  const find = page.getByRole("search");
  await find.getByRole("textbox").fill("spectrum");
  await find.getByText(/^1 of \d+$/).waitFor();
  await until("it is marked", async () => page.evaluate(() => CSS.highlights.get("found-now")?.size === 1));
  await accessible(page, "found words that are read");
});

test("one's own edits are taken back and made again: fields, additions, removals, moves, links and words", async () => {
  const page = await writer("chair", TARGET);
  const year = page.getByRole("textbox", { name: "Due year" });
  const said = (words) => page.getByRole("status").getByText(words).waitFor();
  const outline = page.getByRole("tree");
  const before = (await element(TARGET)).due_year;

  await year.fill("2031");
  await year.press("Enter");
  await until("it is set", async () => (await element(TARGET)).due_year === 2031);
  await outline.focus();
  await page.keyboard.press("Control+z");
  await said("Undone: due year of target 1.2");
  await until("it is back", async () => (await element(TARGET)).due_year === before);
  await page.keyboard.press("Control+Shift+z");
  await said("Made again: due year of target 1.2");
  await until("it is set again", async () => (await element(TARGET)).due_year === 2031);

  // Removing, and moving.
  await page.keyboard.press("Delete");
  await until("it is removed", async () => (await element(TARGET)).removed === true);
  await page.keyboard.press("Control+z");
  await said("Undone: removing target");
  await until("it is there", async () => !(await element(TARGET)).removed);
  const place = (await element(TARGET)).code;
  await outline.focus();
  await page.keyboard.press("Alt+ArrowDown");
  await until("it is moved", async () => (await element(TARGET)).code !== place);
  await page.keyboard.press("Control+z");
  await until("it is where it was", async () => (await element(TARGET)).code === place);

  // Words, after the text was left; what somebody else wrote meanwhile stays.
  const title = page.getByRole("textbox", { name: "Title", exact: true });
  await title.click();
  await page.keyboard.press("End");
  await page.keyboard.type(" soon", { delay: 20 });
  await until("it is written", async () => /soon$/.test((await element(TARGET)).text.en.title));
  await write(server, "tsb", TARGET, `All ${(await element(TARGET)).text.en.title}`);
  await until("it is seen", async () => /^All /.test(await title.innerText()));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+z");
  await until("one's own words went", async () => /^All .*[^n]$/.test((await element(TARGET)).text.en.title));
  assert.match((await element(TARGET)).text.en.title, /^All /);

  // What others changed since is left as they made it.
  await year.fill("2032");
  await year.press("Enter");
  await until("it is set", async () => (await element(TARGET)).due_year === 2032);
  await set(server, "tsb", TARGET, "due_year", 2033);
  await until("it is seen", async () => (await year.inputValue()) === "2033");
  await page.getByRole("button", { name: "Undo: due year of target 1.2" }).click();
  await said("others have changed it since");
  assert.equal((await element(TARGET)).due_year, 2033);
  await accessible(page, "after an undo");
});

test("in the sheet of money an amount is taken back, and from there on in Write", async () => {
  const page = await writer("chair", GOAL);
  await page.getByRole("link", { name: "Money" }).click();
  const cell = page.locator('[data-place="0/0"]');
  await cell.focus();
  await page.keyboard.type("500");
  await page.keyboard.press("Enter");
  await until("it is in it", async () => /500/.test(await cell.innerText()));
  await page.keyboard.press("Control+z");
  await until("it is gone", async () => !/500/.test(await cell.innerText()));
  await page.keyboard.press("Control+y");
  await until("it is back", async () => /500/.test(await cell.innerText()));
  await page.getByRole("link", { name: "Write" }).click();
  await page.getByRole("button", { name: /^Undo: adding allocation/ }).click();
  await page.getByRole("link", { name: "Money" }).click();
  await until("it is gone again", async () => !/500/.test(await cell.innerText()));
});

test("a desk finds the plan as Write left it: reasons and what can be undone, which leaves nobody elsewhere", async () => {
  const page = await writer("chair", TARGET);
  const before = (await element(TARGET)).due_year;
  await page.getByRole("textbox", { name: "Why" }).fill("as agreed");
  const year = page.getByRole("textbox", { name: "Due year" });
  await year.fill("2031");
  await year.press("Enter");
  await page.getByRole("link", { name: "Checks" }).click();
  await heading(page, "Checks");
  assert.equal(await page.getByRole("textbox", { name: "Why" }).inputValue(), "as agreed");
  await page.getByRole("button", { name: "Undo: due year of target 1.2" }).click();
  await page.getByRole("status").getByText("Undone: due year of target 1.2").waitFor();
  await until("it is back", async () => (await element(TARGET)).due_year === before);
  assert.match(page.url(), /\/findings/);
  await heading(page, "Checks");
});

test("what a desk makes in one change is undone in one, there", async () => {
  const page = await writer("chair", TARGET);
  await page.getByRole("link", { name: "Progress" }).click();
  const readings = async () => (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`)).elements.filter((one) => one.kind === "reading" && !one.removed).length;
  const before = await readings();
  await page.getByRole("button", { name: "Enter a reading" }).first().click();
  for (const typed of ["93", "Tab", "2024", "Enter"]) await (/\d/.test(typed) ? page.keyboard.type(typed) : page.keyboard.press(typed));
  await until("it is entered", async () => (await readings()) === before + 1);
  await page.getByRole("button", { name: /^Undo: adding/ }).click();
  await until("it is gone", async () => (await readings()) === before);
  await page.getByRole("button", { name: /^Redo: adding/ }).click();
  await until("it is back", async () => (await readings()) === before + 1);
  assert.match(page.url(), /\/progress/);
});

test("the sheet of money says that one is offline, and keeps an amount that was not taken in sight", async () => {
  const page = await writer("chair", GOAL);
  await page.getByRole("link", { name: "Money" }).click();
  const cell = page.locator('[data-place="0/0"]');
  await cell.waitFor();
  await page.context().setOffline(true);
  await page.getByText("You are offline. Go on writing").waitFor();
  await cell.focus();
  await page.keyboard.type("512");
  await page.keyboard.press("Enter");
  await page.getByText(/1 change waits in this browser/).waitFor();
  for (const stage of ["consultation", "cwg_sfp", "council", "plenipotentiary", "adopted"]) {
    await server.api("chair", "POST", `/api/v1/plans/${DRAFT}/stage`, { id: `to-${stage}`, stage, despite_findings: true, because: "to get there" });
  }
  await page.context().setOffline(false);
  const alert = page.getByRole("alert");
  await alert.getByRole("heading", { name: /not taken/ }).waitFor();
  await until("the cell is empty again", async () => !/512/.test(await cell.innerText()));
  await everyLook(page, "money-refused");
  await page.getByRole("link", { name: "Chain" }).click();
  await heading(page, "Results chain");
  await alert.getByRole("heading", { name: /not taken/ }).waitFor();
});

test("texts from right to left read so wherever they stand, in a plan that mixes both", async () => {
  const page = await writer("chair", TARGET, { viewport: NARROW });
  const arabic = "النطاق العريض للجميع بحلول 2030";
  await write(server, "chair", TARGET, arabic);
  const title = page.getByRole("textbox", { name: "Title", exact: true });
  await until("it is there", async () => (await title.innerText()) === arabic);
  const direction = (locator) => locator.evaluate((node) => getComputedStyle(node).direction);
  assert.equal(await direction(title), "rtl");
  await picture(page, "rtl-narrow");
  await page.setViewportSize({ width: 1280, height: 800 });
  const label = page.getByRole("treeitem").filter({ hasText: arabic }).locator(".label");
  assert.equal(await direction(label), "rtl");
  await picture(page, "rtl-wide");
  await page.getByRole("link", { name: "Chain" }).click();
  assert.equal(await direction(page.locator(".node .name").filter({ hasText: arabic })), "rtl");
  await picture(page, "rtl-chain");
  await page.goto(`${server.url}/#/plans/${DRAFT}/history?face=compare&from=1&layout=clean`);
  const words = page.locator("#face .part.title").filter({ hasText: arabic });
  await words.waitFor();
  assert.equal(await direction(words), "rtl");
});

test("on a narrow screen words are found through the palette", async () => {
  const page = await writer("br", GOAL, { viewport: NARROW });
  await page.getByRole("button", { name: /Find or do/ }).click();
  await page.getByRole("dialog").getByRole("combobox").fill("find in all");
  await page.keyboard.press("Enter");
  const find = page.getByRole("search");
  await find.getByRole("textbox").fill("internet");
  await find.getByText(/^\d+ of \d+$/).waitFor();
  await find.getByRole("button", { name: "Next" }).click();
  await find.getByText(/^2 of \d+$/).waitFor();
});

test("the keys of every desk: words are sought from any of them, and what can be done is asked at the chain and the sheet too", async () => {
  const page = await writer("chair", TARGET);
  for (const [link, title] of [["Guidance", "Guidance"], ["Chain", "Results chain"], ["Money", "Money"]]) {
    await page.getByRole("link", { name: link, exact: true }).click();
    await heading(page, title);
    await page.getByText(/^(Up to date|Saved)$/).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("Find in all texts");
    await page.keyboard.press("Enter");
    const words = page.getByRole("search", { name: "Find in all texts" }).getByRole("textbox");
    await words.fill("broadband");
    await page.getByText("1 of 11").waitFor();
    assert.match(page.url(), /\/write\/[^?]+$/, "the address asks for nothing any more");
    await words.press("Escape");
  }
  await page.getByRole("link", { name: "Progress" }).click();
  await heading(page, "Progress");
  await page.keyboard.press("Control+f");
  await page.getByRole("search", { name: "Find in all texts" }).getByRole("textbox").waitFor();
});

test("on a narrow screen everything above the plan is within reach", async () => {
  for (const [name, section] of [["tsb", "write"], ["chair", "guidance"], ["br", "money"]]) {
    const page = await writer(name, "", { viewport: NARROW });
    if (section !== "write") await page.goto(`${server.url}/#/plans/${DRAFT}/${section}`);
    await page.getByRole("link", { name: /^Open findings/ }).waitFor();
    await page.getByText("Draft Strategic Plan for the Union").first().waitFor();
    const outside = await page.locator(".status button, .status a").evaluateAll((all) =>
      all.filter((one) => one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0).map((one) => one.getAttribute("aria-label") ?? one.textContent),
    );
    assert.deepEqual(outside, [], section);
    await picture(page, `narrow-head-${section}`);
  }
});
