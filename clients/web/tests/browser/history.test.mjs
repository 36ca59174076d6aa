// The screen History: replay, filters, authors, comparison, restoring, files; by mouse and by keyboard.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, Server, browse, check, everyLook, open, picture, signIn } from "./harness.mjs";
import { set, version, write } from "./writing.mjs";

const HERE = `#/plans/${DRAFT}/history`;
const CLIMATE = "tgt-fq6t4kv7";
const COVERAGE = "tgt-4g5twf34";

let server, browser;
before(async () => {
  browser = await browse();
  server = await Server.start();
  await write(server, "br", CLIMATE, "Significantly improve the contribution of ICTs to climate action", "plain words");
  await write(server, "tsb", CLIMATE, "Standards for measuring the footprint of networks.", undefined, "description");
  await write(server, "bdt", COVERAGE, "Universal and affordable broadband coverage", "asked by the regional forum");
  await set(server, "br", CLIMATE, "due_year", 2029);
  await version(server, "Rev.1");
  await set(server, "br", CLIMATE, "due_year", 2030, "the horizon of the 2030 Agenda");
  await write(server, "gs", CLIMATE, "Significantly improve the contribution of ICTs to climate action and resilience");
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

/** Opens the screen in a window of its own. */
async function look(name, query = "", plan = DRAFT) {
  const page = await open(browser);
  await signIn(page, server, name, `#/plans/${plan}/history${query}`);
  await page.getByRole("slider", { name: "Time line" }).waitFor();
  return page;
}

/** Where one stands, as those hear it who do not see the line. */
const stands = (page) => page.getByRole("slider", { name: "Time line" }).getAttribute("aria-valuetext");

const standsAt = (page, how, what) => page.locator(`[role=slider][aria-valuetext${how}${JSON.stringify(what)}]`).waitFor();

/** The changed row of the plan at the moment. */
const changed = (page) => page.locator("#face [data-changed]");

async function done(page) {
  check(page);
  await page.context().close();
}

/** The number of the newest entry that a filter leaves. */
async function seqOf(query) {
  const found = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?order=desc&limit=1&${query}`);
  return found[0].seq;
}

test("an auditor replays: every entry in plain words, and the plan as it was with what changed in its place", async () => {
  const page = await look("auditor");
  const row = changed(page);
  await row.getByText("and resilience").waitFor();
  assert.match(await stands(page), /GS desk \(GS\)/);

  await page.getByRole("button", { name: "One entry back" }).click();
  await page.getByRole("heading", { name: new RegExp(`after entry ${await seqOf("field=due_year")},`) }).or(page.getByText("This entry changed nothing in the plan itself.")).first().waitFor();
  await page.getByRole("slider").press("Home");
  await page.getByRole("heading", { name: /^The plan after entry 1,/ }).waitFor();
  await page.getByRole("slider").press("End");
  await row.getByText("and resilience").waitFor();

  // It plays from the beginning to the end, and stops there.
  await page.getByLabel("Speed").selectOption({ label: "10 a second" });
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  await row.getByText("and resilience").waitFor();
  await page.getByText("As a table").click();
  await page.getByRole("table").getByRole("columnheader", { name: "TSB" }).waitFor();
  await page.getByText("As a table").click();
  await everyLook(page, "history");
  await done(page);
});

test("the keyboard alone steps, plays, and goes to an entry", async () => {
  const page = await look("auditor");
  // Names come with the plan; until then ids stand in their place.
  await standsAt(page, "*=", "of target 2.7");
  const last = await stands(page);
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((before) => document.querySelector("[role=slider]").getAttribute("aria-valuetext") !== before, last);
  await page.keyboard.press("ArrowRight");
  await standsAt(page, "=", last);
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Play" }).waitFor();
  const tab = page.getByRole("tab", { name: "The plan then" });
  await tab.focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: "Who wrote what", selected: true }).waitFor();
  await page.keyboard.press("ArrowLeft");
  // The address follows, so that the same can be shown to somebody else.
  await page.getByRole("slider").press("Home");
  await page.waitForFunction(() => /[?&]at=1(?!\d)/.test(location.hash));
  await page.reload();
  await page.getByRole("heading", { name: /^The plan after entry 1,/ }).waitFor();
  await done(page);
});

test("filters by person, Bureau, element, words; the address holds them", async () => {
  const page = await look("auditor");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("checkbox", { name: "TSB" }).check();
  await page.getByText("2 entries that match").waitFor();
  const list = page.getByRole("region", { name: "Entries" }).getByRole("listitem");
  await list.first().getByText("footprint of networks").waitFor();
  assert.ok(!(await page.getByRole("region", { name: "Entries" }).textContent()).includes("BR desk"));

  await page.getByRole("button", { name: "Take away: Bureau: TSB" }).click();
  await page.getByRole("combobox", { name: "Element" }).fill("2.7");
  await page.getByRole("listbox", { name: "Element" }).getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Take away: Element: target 2.7" }).waitFor();
  await page.getByLabel("Words changed").fill("resilience");
  await page.keyboard.press("Enter");
  await page.getByText("1 entry that matches").waitFor();
  await page.waitForFunction(() => location.hash.includes("text=resilience"));
  await everyLook(page, "history-filters");

  const other = await look("gs", `?${new URL(page.url()).hash.split("?")[1]}`);
  await other.getByRole("button", { name: "Take away: Words changed: resilience" }).waitFor();
  await other.locator("[role=slider][aria-valuemax=\"1\"]").waitFor();
  await done(other);
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.waitForFunction(() => !location.hash.includes("text="));
  await page.getByLabel("Words changed").fill("no such words anywhere");
  await page.keyboard.press("Enter");
  await page.getByText("No entry matches.").waitFor();
  await done(page);
});

test("who wrote which words is seen, with letters beside the colours", async () => {
  const page = await look("auditor", `?face=authors&about=${CLIMATE}`);
  await page.getByRole("heading", { name: "Authors" }).waitFor();
  const run = page.getByRole("link", { name: /of ICTs/ });
  assert.match(await run.getAttribute("title"), /BR desk, entry \d+.*plain words/);
  await page.getByLabel("Show deleted words too").check();
  await page.locator("#face del").first().waitFor();
  await everyLook(page, "history-authors");
  await run.click();
  await page.waitForFunction(() => /[?&]at=\d+/.test(location.hash));
  await page.getByText(/As of entry \d+/).waitFor();
  await done(page);
});

test("two points are compared, by entry, date or version", async () => {
  const page = await look("auditor", "?face=compare&from=3");
  await page.getByText(/^\d+ differences$/).waitFor();
  await page.locator("#face ins").getByText("and affordable").waitFor();
  await everyLook(page, "history-compare");
  await page.getByRole("button", { name: "Since Rev.1" }).click();
  await page.getByText("2 differences").waitFor();
  await page.waitForFunction(() => location.hash.includes("from=version"));
  await page.getByRole("combobox", { name: "Earlier point", exact: true }).selectOption("date");
  await page.getByText(/^Nothing differs\.$|differences$/).first().waitFor();
  // Named versions stand on the line, with who signed them.
  await page.getByText("Versions (1)").click();
  await page.getByText("approved by Planning group (BR)").waitFor();
  await page.getByRole("button", { name: "Go to version Rev.1" }).click();
  await page.waitForFunction(() => /[?&]at=\d+/.test(location.hash));
  await done(page);
});

test("two named versions stand side by side, with marks and clean, what differs or all of it", async () => {
  await version(server, "Rev.2");
  const page = await look("auditor", "?face=compare");
  await page.getByRole("button", { name: "Rev.1 with Rev.2" }).click();
  await page.getByRole("button", { name: "Side by side, marked" }).click();
  const table = page.locator("#face table");
  const row = table.getByRole("row", { name: /2029/ });
  await row.locator(".before del").getByText("2029").waitFor();
  await row.locator(".after ins").getByText("2030").waitFor();
  assert.match(await row.locator(".after").innerText(), /climate action\s*added:\s*and resilience/);
  assert.doesNotMatch(await row.locator(".before").innerText(), /resilience/);
  const differing = await table.locator("tbody tr").count();
  await everyLook(page, "history-sides");
  await page.getByRole("button", { name: "Side by side, clean" }).click();
  await page.waitForFunction(() => location.hash.includes("layout=clean"));
  assert.equal(await table.locator("ins, del").count(), 0);
  await page.getByRole("checkbox", { name: "The whole plan" }).check();
  assert.ok((await table.locator("tbody tr").count()) > differing + 100);
  await picture(page, "history-sides-clean-whole");
  await done(page);
});

test("the time line leaves out what was idle, unless one asks for the clock", async () => {
  const page = await look("auditor");
  const spread = page.getByRole("combobox", { name: "Spread by" });
  assert.equal(await spread.inputValue(), "active");
  await spread.selectOption("time");
  await page.waitForFunction(() => location.hash.includes("scale=time"));
  await done(page);
});

test("a field is put back, after a preview and with a reason, as a new entry", async () => {
  const seq = await seqOf("field=due_year&to_seq=12");
  const page = await look("br", `?at=${seq - 1}`);
  await page.locator(`[data-element="${CLIMATE}"]`).getByRole("button", { name: "Details of target 2.7" }).click();
  await page.getByRole("button", { name: "Put title back…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("What would change").waitFor();
  await dialog.getByText("and resilience").waitFor();
  await everyLook(page, "history-restore");
  await dialog.getByRole("button", { name: "Put it back" }).click();
  await dialog.getByText("Say why").waitFor();
  await dialog.getByLabel("Why").fill("the agreed wording");
  await dialog.getByRole("button", { name: "Put it back" }).click();
  await dialog.getByText(/^Done: entry \d+\./).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  const [event] = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?order=desc&limit=1`);
  assert.equal(event.because, "the agreed wording");
  assert.deepEqual(event.restores.scope, { field: "title", lang: "en", element: CLIMATE });
  await page.getByRole("slider").press("End");
  await page.getByText(/^put title \(en\) of target 2\.7 back to entry \d+$/).first().waitFor();
  await done(page);
});

test("what may not be put back explains itself, and who only reads is not asked", async () => {
  const page = await look("br", "?at=3", ADOPTED);
  const goal = page.locator("#face li[data-element]").first();
  await goal.getByRole("button", { name: /^Details of/ }).click();
  await goal.getByRole("button", { name: "Put back to this moment…" }).click();
  await page.getByRole("dialog").getByText(/^This cannot be done: /).waitFor();
  await picture(page, "history-restore-refused");
  await done(page);
  const reader = await look("auditor", "?at=4");
  assert.equal(await reader.getByRole("button", { name: /back…/ }).count(), 0);
  await done(reader);
});

test("entries that match leave as a file, and that is an entry too", async () => {
  const page = await look("auditor", "?bureau=TSB");
  await page.getByRole("button", { name: "Export…" }).click();
  await page.getByRole("dialog").getByLabel("Why").fill("for the Council");
  await picture(page, "history-export");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  const csv = readFileSync(await download.path(), "utf8");
  assert.match(csv, /footprint of networks/);
  assert.ok(!csv.includes("BR desk"));
  await page.getByText(/was made\. It is entry \d+\./).waitFor();
  const [event] = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?type=exported&order=desc&limit=1`);
  assert.deepEqual([event.because, event.format, event.filter.bureau], ["for the Council", "csv", ["TSB"]]);
  await done(page);
});

test("a large plan is there at once", async () => {
  const page = await open(browser);
  await signIn(page, server, "auditor");
  await page.getByRole("heading", { name: "Plans" }).waitFor();
  const start = Date.now();
  await page.evaluate((plan) => (location.hash = `#/plans/${plan}/history`), ADOPTED);
  await page.locator("#face [data-element]").first().waitFor();
  const took = Date.now() - start;
  console.log(`history of ${ADOPTED}: ${took} ms`);
  assert.ok(took < 5_000, `${took} ms`);
  await done(page);
});

test("filters by what an entry answers: those that are answered can be chosen, and the address holds it", async () => {
  const { elements } = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  const request = elements.find((one) => one.kind === "guidance_request" && one.code === "3.c");
  const { seq } = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  await server.api("gs", "POST", `/api/v1/plans/${DRAFT}/edits`, {
    id: `answer-${process.pid}`,
    answers: [request.id],
    commands: [{ do: "set_text", element: COVERAGE, field: "description", lang: "en", text: "Shown by Sector", base: seq }],
  });
  const page = await look("auditor");
  await page.getByRole("button", { name: "Filters" }).click();
  const select = page.getByLabel("In answer to");
  await select.getByRole("option", { name: /^guidance request 3\.c/ }).waitFor({ state: "attached" });
  assert.equal(await select.getByRole("option").count(), 2, "any, and the one that is answered");
  await select.selectOption(request.id);
  await page.getByText("1 entry that matches").waitFor();
  await page.waitForFunction((id) => location.hash.includes(`answers=${id}`), request.id);
  await page.reload();
  await page.getByRole("button", { name: "Take away: In answer to: guidance request 3.c" }).click();
  await page.waitForFunction(() => !location.hash.includes("answers="));

  // A code will do in the address; what nothing answers finds nothing, and can be taken away.
  const other = await open(browser);
  await signIn(other, server, "auditor", `#/plans/${DRAFT}/history?answers=3.c`);
  await other.getByText("1 entry that matches").waitFor();
  await done(other);
  await done(page);
});
