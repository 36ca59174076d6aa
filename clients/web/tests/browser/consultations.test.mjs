// The desks Guidance and Consultations, as somebody works through them who consolidates what the membership said.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { set, write } from "./writing.mjs";

const PLAN = `/api/v1/plans/${DRAFT}`;

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const plan = () => server.api("auditor", "GET", PLAN);
const entriesAfter = (seq) => server.api("auditor", "GET", `${PLAN}/events?after=${seq}&type=change&limit=1000`);
const saved = (page) => page.getByText("Saved", { exact: true }).waitFor();
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
/** A number at the top of the desk, with its words. */
const counted = (page, words, number) =>
  until(`${number} ${words}`, async () => new RegExp(`^!?\\s*${number}\\s`).test(await page.getByRole("listitem").filter({ hasText: words }).first().innerText()));

async function desk(name, section, on = DRAFT, look) {
  const page = await open(browser, look);
  await signIn(page, server, name, `#/plans/${on}/${section}`);
  await page.getByText(/^(Up to date|Saved)$/).waitFor();
  return page;
}

test("guidance: what is unanswered is found and answered, and an entry that answers it is what did it", async () => {
  const page = await desk("gs", "guidance");
  await counted(page, "requests have a response", "14 of 16");
  await counted(page, "requests are answered by nothing", "2");
  await everyLook(page, "guidance");

  await page.getByRole("button", { name: /requests are answered by nothing/ }).click();
  const request = page.getByRole("article", { name: "Request 3.c" });
  await until("two are shown", async () => (await page.getByRole("article").count()) === 2);
  const { seq } = await plan();
  await request.getByRole("button", { name: "Write a response" }).click();
  const words = "Allocations are shown by Sector and can be moved between them";
  await page.keyboard.type(words);
  await page.keyboard.press("Control+Enter");
  await counted(page, "requests have a response", "15 of 16");
  await page.getByRole("button", { name: /requests are answered by nothing/ }).click();
  await request.getByText(words).waitFor();
  await saved(page);
  const [entry, ...more] = await entriesAfter(seq);
  assert.deepEqual([more.length, entry.edits.filter((row) => row.op === "add").map((row) => row.kind).sort()], [0, ["answers", "guidance_response"]]);

  // The next change is entered as an answer to it; then that entry is named as what did it.
  await request.getByRole("button", { name: "Answer with edits" }).click();
  await page.getByRole("group", { name: "Why your next changes are made" }).getByText("guidance request 3.c").waitFor();
  const status = request.getByRole("combobox", { name: /^Status of response/ });
  await status.selectOption("promised");
  await request.getByText("1 entry answers it").click();
  await request.getByRole("link", { name: /^Entr(y|ies) \d.*, GS desk/ }).waitFor();
  await request.getByRole("combobox", { name: /^Entry that did/ }).selectOption({ index: 1 });
  await request.getByRole("link", { name: /^Done by entry \d+$/ }).waitFor();
  await until("it is done", async () => (await status.inputValue()) === "done");
  await request.getByRole("link", { name: /^Done by entry/ }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.match(page.url(), /history\?at=\d+/);
  check(page);
});

test("a contributor enters views of their own, and says nothing of what becomes of them", async () => {
  const page = await desk("contributor", "consultations");
  const round = page.getByRole("region", { name: /^C3 / });
  await round.getByRole("button", { name: "Enter your views" }).click();
  await page.getByRole("textbox", { name: "Feedback" }).fill("Regional offices are not seen");
  await page.getByRole("textbox", { name: "Feedback" }).press("Control+Enter");
  await round.getByRole("link", { name: /Regional offices are not seen/ }).click();
  await page.getByText("Drafters and chairs say what becomes of it.").waitFor();
  assert.equal(await page.getByRole("radio").count(), 0);
  await page.getByRole("textbox", { name: "View" }).fill("Regional offices are not seen in the outcomes");
  await saved(page);
  await accessible(page, "a view of one's own");
  const { elements } = await plan();
  const [view] = elements.filter((one) => one.kind === "feedback_item");
  assert.equal(view.text.en.statement, "Regional offices are not seen in the outcomes");
  check(page);
});

test("lines and a table from a sheet become views, seen before they are made, one entry each time", async () => {
  const page = await desk("gs", "consultations");
  const round = page.getByRole("region", { name: /^C1 / });
  await round.getByRole("button", { name: "Add feedback" }).click();
  const text = page.getByRole("textbox", { name: "Feedback" });
  await text.fill("- Say who pays\n- target 2.7: say from which year it is counted\n\n- Too many targets");
  await page.getByRole("region", { name: "3 views will be made" }).getByText("2.7 Significantly improve").waitFor();
  const { seq } = await plan();
  await page.getByRole("button", { name: "Make 3 views" }).click();
  await round.getByText("3 views · 0 closed").waitFor();
  await saved(page);
  const first = await entriesAfter(seq);
  assert.deepEqual([first.length, first[0].edits.filter((row) => row.op === "add").length], [1, 3]);

  await round.getByRole("button", { name: "Add feedback" }).click();
  await text.fill('Member\tElement\tComment\nCountry A\t1.2\t"Affordable for whom?\nSay so"\nCountry B\t9.9\tFine as it is');
  await page.getByText("There is no element “9.9”").waitFor();
  assert.equal(await page.getByRole("combobox", { name: /^Column 3/ }).inputValue(), "statement");
  await everyLook(page, "consultations-paste");
  await page.getByRole("button", { name: "Make 2 views" }).click();
  await round.getByText("5 views · 0 closed").waitFor();
  await saved(page);
  assert.equal((await entriesAfter(first[0].seq)).length, 1);
  await everyLook(page, "consultations");
  check(page);
});

test("a view is closed with its edit in half a minute, by keyboard alone", async () => {
  const page = await desk("gs", "consultations");
  const round = page.getByRole("region", { name: /^C1 / });
  const link = round.getByRole("link", { name: /target 2\.7: say from which year/ });
  await link.focus();
  const { seq } = await plan();
  const began = Date.now();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Close this view" }).waitFor();
  // The focus stands in the title of the element, at its end.
  await until("the title has the focus", async () => page.evaluate(() => document.activeElement?.getAttribute("data-field") === "title"));
  await page.keyboard.type(", counted from 2015");
  await page.keyboard.press("Escape");
  await until("the disposition has the focus", async () => page.evaluate(() => document.activeElement?.type === "radio"));
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.type("The baseline year is in the title now");
  const spent = Date.now() - began;
  await picture(page, "consultations-view-before");
  await page.keyboard.press("Control+Enter");
  assert.ok(spent < 30_000, `it took ${spent} ms`);

  // On to the next open one, in its place.
  await page.getByText("Too many targets").waitFor();
  assert.match(await focused(page), /Choose the element/);
  // What is done from here on answers that one, and no longer the one before.
  const answered = page.getByRole("group", { name: "Why your next changes are made" }).getByRole("button", { name: /feedback item/ });
  await until("the next view is what is answered", async () => /C1\.3/.test((await answered.getAttribute("aria-label")) ?? ""));
  assert.equal(await answered.count(), 1);
  await saved(page);
  const made = await entriesAfter(seq);
  const item = (await plan()).elements.find((one) => one.kind === "feedback_item" && one.text.en.statement.startsWith("target 2.7"));
  assert.equal(item.disposition, "accepted");
  assert.equal(item.text.en.reason, "The baseline year is in the title now");
  for (const entry of made) assert.deepEqual(entry.answers, [item.id], `entry ${entry.seq} answers the view`);
  const title = (await plan()).elements.find((one) => one.id === item.target).text.en.title;
  assert.match(title, /climate action, counted from 2015$/);
  assert.equal(made.filter((entry) => entry.edits.some((row) => row.field === "disposition")).length, 1);
  await everyLook(page, "consultations-view-open");

  // The view tells which entries answer it; nothing that is done after it is left still does.
  await page.goto(`${server.url}/#/plans/${DRAFT}/consultations/${item.id}`);
  await page.getByText(/entries answer it/).click();
  await page.getByRole("link", { name: /^Entr(y|ies) \d.*, GS desk/ }).first().waitFor();
  await everyLook(page, "consultations-view");
  await page.getByRole("link", { name: "All views" }).click();
  await counted(page, "views have a disposition and a reason", "1 of 6");
  assert.equal(await page.getByRole("group", { name: "Why your next changes are made" }).getByText("feedback item").count(), 0);
  check(page);
});

test("a view that is answered already is answered once; what somebody else enters meanwhile is not overwritten unseen", async () => {
  const page = await desk("gs", "consultations");
  const why = page.getByRole("group", { name: "Why your next changes are made" });
  await why.getByRole("button", { name: "Answers…", exact: true }).click();
  await page.getByRole("combobox").fill("Too many targets");
  await page.keyboard.press("Enter");
  const chip = why.getByRole("button", { name: /feedback item/i });
  await chip.waitFor();
  await page.getByRole("region", { name: /^C1 / }).getByRole("link", { name: /Too many targets/ }).click();
  await page.getByRole("button", { name: "Close this view" }).waitFor();
  assert.equal(await chip.count(), 1);

  // Nothing is written yet: what somebody else enters is simply there.
  const id = (await plan()).elements.find((one) => one.kind === "feedback_item" && one.text.en.statement === "Too many targets").id;
  await set(server, "chair", id, "disposition", "noted");
  await until("it is chosen", async () => page.getByRole("radio", { name: "Noted" }).isChecked());
  // Once something is, it is told first.
  const reason = page.getByRole("textbox", { name: "Reason" });
  await reason.fill("Six of them are enough");
  await set(server, "chair", id, "disposition", "rejected");
  await write(server, "chair", id, "Each has its owner", undefined, "reason");
  await page.getByRole("alert").getByText("There stands now: Rejected – Each has its owner").waitFor();
  await everyLook(page, "consultations-meanwhile");
  await reason.press("Control+Enter");
  await page.getByText("Somebody else changed it meanwhile: look first.").waitFor();
  const item = async () => (await plan()).elements.find((one) => one.id === id);
  assert.deepEqual([(await item()).disposition, (await item()).text.en.reason], ["rejected", "Each has its owner"]);
  await page.getByRole("button", { name: "Go on with mine" }).click();
  await reason.press("Control+Enter");
  await saved(page);
  await until("it is entered", async () => (await item()).disposition === "noted");
  assert.equal((await item()).text.en.reason, "Six of them are enough");

  // What was chosen by hand stays until it is taken away.
  await page.getByRole("link", { name: "All views" }).click();
  await page.getByRole("heading", { name: "Consultations", level: 1 }).waitFor();
  assert.equal(await chip.count(), 1);
  check(page);
});

test("texts of the vision stand side by side, and one is chosen", async () => {
  const page = await desk("chair", "consultations");
  const vision = page.getByRole("region", { name: "Vision", exact: true });
  const texts = ["A connected world for all", "A connected and secure world for everybody"];
  for (const words of texts) {
    await vision.getByRole("button", { name: "Add a text" }).click();
    await vision.getByRole("textbox", { name: "Another text of the vision" }).fill(words);
    await page.keyboard.press("Control+Enter");
    await vision.getByText(words).waitFor();
  }
  await vision.getByText("2 texts stand side by side").waitFor();
  await vision.getByText("Compared with text A").click();
  await vision.locator("ins", { hasText: "and secure" }).waitFor();
  await vision.scrollIntoViewIfNeeded();
  await everyLook(page, "options");
  const { seq } = await plan();
  await vision.getByRole("article", { name: "Vision, text B" }).getByRole("button", { name: "Choose this text" }).click();
  await page.getByRole("button", { name: "Choose it" }).click();
  await vision.getByText("One text stands.").waitFor();
  await saved(page);
  const made = await entriesAfter(seq);
  assert.equal(made.length, 1, "the choice is one entry");
  const [left, ...others] = (await plan()).elements.filter((one) => one.kind === "vision" && !one.removed);
  assert.deepEqual([left.text.en.statement, left.option ?? null, others.length], [texts[1], null, 0]);
  check(page);
});

test("the adopted plan has no guidance and no round, and is closed: both desks say so", async () => {
  const page = await desk("gs", "guidance", ADOPTED, { viewport: NARROW });
  await page.getByText("This plan holds no guidance of the membership.").waitFor();
  await page.getByRole("link", { name: "Consultations" }).click();
  await page.getByText("This plan holds no consultation.").waitFor();
  await page.getByText("An information society, empowered by the interconnected world").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a text" }).count(), 0);
  await accessible(page, "the consultations of an adopted plan");
  check(page);
});
