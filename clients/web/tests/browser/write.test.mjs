// The screen Write: several Bureaux in one plan, in real browsers against a real server.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { ADOPTED, DRAFT, NARROW, Server, accessible, browse, check, everyLook, newTab, open, picture, signIn, until } from "./harness.mjs";
import { set } from "./writing.mjs";

const GOAL = "gol-h88n5tsh";
const TARGET = "tgt-j2jpqvmj";
const address = (element) => `#/plans/${DRAFT}/write${element ? `/${element}` : ""}`;

let server, browser;
const pages = [];
before(async () => {
  browser = await browse();
});
beforeEach(async () => {
  server = await Server.start();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  await server.remove();
});
after(async () => {
  await browser?.close();
});

/** Somebody at an element, with the plan open. */
async function writer(name, element, look) {
  const page = await open(browser, look);
  pages.push(page);
  await signIn(page, server, name, address(element));
  await page.getByText(/^(Up to date|Saved)$/).waitFor();
  return page;
}

/** Another tab of the browser that has a page. */
async function tab(page, name, element) {
  const another = await newTab(page.context());
  await signIn(another, server, name, address(element));
  return another;
}

const text = (page, name) => page.getByRole("textbox", { name, exact: true });
/** Where words are typed to find something. */
const asked = (page) => page.getByRole("dialog").getByRole("combobox");
const saved = (page) => page.getByText("Saved", { exact: true }).waitFor();
const element = (id) => server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/elements/${id}`).then((answer) => answer.element);

/** The words of the title, without what is only shown. */
const words = (page) => text(page, "Title").innerText();

/** Puts the caret before some words of a text, as a hand would. */
async function caretBefore(page, name, words) {
  await text(page, name).evaluate((node, words) => {
    const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let at = walk.nextNode(); at; at = walk.nextNode()) {
      const place = at.data.indexOf(words);
      if (place < 0) continue;
      node.focus();
      getSelection().collapse(at, place);
      return;
    }
    throw new Error(`there is no “${words}” in ${node.textContent}`);
  }, words);
}

test("two Bureaux write in one sentence at the same time, and both survive", async () => {
  const [br, tsb] = [await writer("br", TARGET), await writer("tsb", TARGET)];
  await caretBefore(br, "Title", "Broadband");
  await caretBefore(tsb, "Title", "for all");
  await Promise.all([
    br.keyboard.type("Meaningful and safe ", { delay: 25 }),
    tsb.keyboard.type("everywhere, ", { delay: 40 }),
  ]);
  const whole = "Meaningful and safe Broadband services to be affordable everywhere, for all";
  for (const page of [br, tsb]) {
    await text(page, "Title").getByText(whole).waitFor();
    await saved(page);
  }
  assert.equal((await element(TARGET)).text.en.title, whole);

  // Each sees where the other is: before `for all`, wherever that is by now.
  const flag = br.locator(".others-caret.tsb");
  await flag.waitFor({ state: "attached" });
  assert.equal(await flag.getAttribute("data-who"), "TSB · TSB desk");
  const before = () => flag.evaluate((caret) => {
    const range = document.createRange();
    range.setStart(caret.closest(".cm-content"), 0);
    range.setEndBefore(caret);
    return range.toString();
  });
  await until("the other's caret stands where they write", async () => (await before()).endsWith("everywhere, "));
  await br.getByRole("button", { name: /^TSB desk, Telecommunication Standardization Bureau: target 1.2/ }).waitFor();
  await picture(br, "write-two-in-one-sentence");

  // Undo takes back what was written here and leaves the other's words.
  await br.keyboard.press("Control+z");
  await until("undone", async () => !(await element(TARGET)).text.en.title.startsWith("Meaningful and safe"));
  assert.match((await element(TARGET)).text.en.title, /affordable everywhere, for all$/);
  check(br);
  check(tsb);
});

test("letters that are still being composed are left alone, and meet what others wrote meanwhile", async () => {
  const [br, tsb] = [await writer("br", TARGET), await writer("tsb", TARGET)];
  await caretBefore(br, "Title", "for all");
  const keyboard = await br.context().newCDPSession(br);
  const compose = (text) => keyboard.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  for (const text of ["k", "か", "かn", "かな"]) await compose(text);
  await caretBefore(tsb, "Title", "Broadband");
  await tsb.keyboard.type("All ");
  await saved(tsb);
  assert.equal((await element(TARGET)).text.en.title, "All Broadband services to be affordable for all", "what is composed has not left");
  await compose("仮名");
  await keyboard.send("Input.insertText", { text: "仮名 " });
  const whole = "All Broadband services to be affordable 仮名 for all";
  await saved(br);
  for (const page of [br, tsb]) {
    await until("both read the same", async () => (await words(page)) === whole);
  }
  assert.equal((await element(TARGET)).text.en.title, whole);
  check(br);
  check(tsb);
});

test("two values in one number are shown with who and when, and one click settles it", async () => {
  const [br, tsb] = [await writer("br", GOAL), await writer("tsb", GOAL)];
  const total = (page) => page.getByRole("textbox", { name: "Financial plan total" });
  await br.context().setOffline(true);
  await br.getByText("You are offline. Go on writing").waitFor();
  await total(br).fill("110 000");
  await total(br).press("Enter");
  await br.getByText(/1 change waits in this browser/).waitFor();
  await total(tsb).fill("120000");
  await total(tsb).press("Enter");
  await saved(tsb);
  await br.context().setOffline(false);
  for (const page of [br, tsb]) {
    const settle = page.getByRole("group", { name: "Several values of Financial plan total" });
    await settle.getByText("BR desk").waitFor();
    await settle.getByText("TSB desk").waitFor();
    await settle.getByRole("button", { name: "Keep 110,000" }).waitFor();
  }
  await picture(br, "write-two-values");
  await accessible(br, "two values");
  await tsb.getByRole("button", { name: "Keep 110,000" }).click();
  for (const page of [br, tsb]) {
    await page.getByRole("group", { name: /Several values/ }).waitFor({ state: "detached" });
    assert.equal(await total(page).inputValue(), "110000");
  }
  await saved(tsb);
  const now = await element(GOAL);
  assert.equal(now.financial_plan_total, 110000);
  assert.equal(now.concurrent, undefined);
  const history = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?element=${GOAL}&field=financial_plan_total`);
  assert.deepEqual(history.map(({ subject }) => subject), ["demo-tsb", "demo-br", "demo-tsb"]);
  check(br);
  check(tsb);
});

test("offline one goes on writing, and it merges when one is back, even in another visit", async () => {
  const [br, tsb] = [await writer("br", TARGET), await writer("tsb", TARGET)];
  await br.context().setOffline(true);
  await br.getByText("You are offline. Go on writing").waitFor();
  await caretBefore(br, "Title", "for all");
  await br.keyboard.type("at last ");
  await br.getByText(/8 changes wait in this browser/).waitFor();
  assert.equal(await br.getByText("Saved", { exact: true }).count(), 0, "nothing is called saved that is not");
  await picture(br, "write-offline");
  await caretBefore(tsb, "Title", "Broadband");
  await tsb.keyboard.type("All ");
  await saved(tsb);
  await br.context().setOffline(false);
  const whole = "All Broadband services to be affordable at last for all";
  for (const page of [br, tsb]) await text(page, "Title").getByText(whole).waitFor();
  await saved(br);
  assert.equal((await element(TARGET)).text.en.title, whole);

  // What was written offline outlives the visit.
  await br.context().setOffline(true);
  await br.getByText("You are offline. Go on writing").waitFor();
  await caretBefore(br, "Title", "for all");
  await br.keyboard.type("really ");
  await br.getByText(/7 changes wait in this browser/).waitFor();
  await br.close();
  await br.context().setOffline(false);
  assert.equal((await element(TARGET)).text.en.title, whole);
  const later = await tab(br, "br", TARGET);
  for (const page of [later, tsb]) await text(page, "Title").getByText(whole.replace("for all", "really for all")).waitFor();
  await until("it is saved", async () => (await element(TARGET)).text.en.title === whole.replace("for all", "really for all"));
  check(later);
  check(tsb);
});

test("what a tab wrote offline and was closed with goes out through another that is open", async () => {
  const left = await writer("br", TARGET);
  const other = await tab(left, "br", TARGET);
  await other.getByText("Up to date").waitFor();
  await other.context().setOffline(true);
  await other.getByText("You are offline. Go on writing").waitFor();
  await caretBefore(other, "Title", "for all");
  await other.keyboard.type("one day ");
  await other.getByText(/8 changes wait in this browser/).waitFor();
  await other.close();
  await left.context().setOffline(false);
  const whole = "Broadband services to be affordable one day for all";
  await text(left, "Title").getByText(whole).waitFor();
  await until("it is saved", async () => (await element(TARGET)).text.en.title === whole);
  check(left);
});

test("a refused edit explains itself, is not lost, and takes nothing else with it", async () => {
  const offering = (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`)).elements.find((one) => one.kind === "offering" && !one.owner);
  const tsb = await writer("tsb", offering.id);
  await tsb.context().setOffline(true);
  await tsb.getByText("You are offline. Go on writing").waitFor();
  await text(tsb, "Description").click();
  await tsb.keyboard.type("What TSB wrote on the train");
  await tsb.keyboard.press("Control+k");
  await asked(tsb).fill("1.2");
  await tsb.keyboard.press("Enter");
  await text(tsb, "Title").getByText("Broadband services").waitFor();
  await tsb.keyboard.type(" and more");
  // Meanwhile the chair gives the offering to another Bureau.
  await set(server, "chair", offering.id, "owner", "BR", "BR leads it");
  await tsb.context().setOffline(false);
  const alert = tsb.getByRole("alert");
  await alert.getByRole("heading", { name: /not taken/ }).waitFor();
  await alert.getByText("What TSB wrote on the train").waitFor();
  await alert.getByText(/belongs to BR/).first().waitFor();
  await saved(tsb);
  await accessible(tsb, "refused");
  await picture(tsb, "write-refused");
  assert.match((await element(TARGET)).text.en.title, /and more/, "what was about something else is kept");
  assert.equal((await element(offering.id)).text.en.description, undefined);
  await tsb.goto(`${server.url}/${address(offering.id)}`);
  await tsb.getByText("Read only for you").waitFor();
  assert.equal(await text(tsb, "Title").count(), 0, "what may not be written is visibly so");
  await tsb.getByText("This belongs to BR").waitFor();
  // The chair gives it back, and what was written is made again.
  await set(server, "chair", offering.id, "owner", null, "BR does not lead it");
  await text(tsb, "Title").waitFor();
  await alert.getByRole("button", { name: "Try again" }).first().click();
  await alert.waitFor({ state: "detached" });
  await saved(tsb);
  assert.equal((await element(offering.id)).text.en.description, "What TSB wrote on the train");
  check(tsb);
});

test("the main story needs no mouse", async () => {
  const page = await writer("br");
  const keys = page.keyboard;
  // Jump by code, write, on to the next text.
  await keys.press("Control+k");
  await keys.type("2.7");
  await page.getByRole("option", { name: /2\.7/ }).first().waitFor();
  await keys.press("Enter");
  await page.getByRole("heading", { name: /Significantly improve/ }).waitFor({ state: "attached" });
  await page.locator(".cm-content:focus").waitFor();
  await keys.press("Control+End");
  await keys.type(", for all");
  await keys.press("Enter");
  await keys.type("Fewer emissions.");
  // Back to the outline, add an indicator under it, name it.
  await keys.press("Escape");
  await page.locator("[role=tree]:focus").waitFor();
  await keys.press("+");
  await page.getByRole("option", { name: /Indicator under target 2\.7/ }).waitFor();
  await keys.press("Enter");
  await page.getByRole("heading", { name: "Untitled" }).waitFor({ state: "attached" });
  await page.locator(".cm-content:focus").waitFor();
  await keys.type("Emissions of the sector");
  await keys.press("Escape");
  await page.locator("[role=tree]:focus").waitFor();
  // Up to the target, and move that among its siblings.
  await keys.press("ArrowLeft");
  await keys.press("Alt+ArrowUp");
  await until("moved", async () => (await element("2.6")).text.en.title.startsWith("Significantly improve"));
  // Link it from the palette.
  await keys.press("Enter");
  await page.locator(".cm-content:focus").waitFor();
  await keys.press("Control+k");
  await keys.type("add a link");
  await keys.press("Enter");
  await keys.type("1.1");
  await page.getByRole("option", { name: /1\.1 Universal broadband/ }).waitFor();
  await keys.press("Enter");
  await page.getByRole("link", { name: "1.1 Universal broadband coverage" }).waitFor();
  await saved(page);
  const plan = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  const target = plan.elements.find((one) => one.code === "2.6");
  assert.match(target.text.en.title, /, for all$/);
  assert.equal(target.text.en.statement, "Fewer emissions.");
  const made = plan.elements.filter((one) => one.parent === target.id && one.text?.en?.title === "Emissions of the sector");
  assert.equal(made.length, 1);
  assert.ok(plan.links.some((link) => link.kind === "refers_to" && link.from === target.id));
  check(page);
});

test("what is removed stands apart and can be brought back", async () => {
  const page = await writer("br", TARGET);
  await page.getByRole("tree").focus();
  await page.keyboard.press("Delete");
  await page.getByText("This is removed. It keeps its history").waitFor();
  await saved(page);
  assert.equal((await element(TARGET)).removed, true);
  await page.keyboard.type("removed");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("treeitem", { name: "Removed 1", expanded: true }).waitFor();
  await accessible(page, "something removed");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Bring back" }).waitFor();
  await accessible(page, "a menu");
  await page.keyboard.press("Enter");
  await page.getByText("This is removed").waitFor({ state: "detached" });
  await until("it is back", async () => !(await element(TARGET)).removed);
  // Up by the menu, under another goal by the finder.
  await page.getByRole("button", { name: "More" }).click();
  await picture(page, "write-menu");
  await page.getByRole("menuitem", { name: "Move to…" }).click();
  await asked(page).fill("sustainable");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "2 Sustainable Digital Transformation" }).waitFor();
  await until("it has moved", async () => (await element(TARGET)).parent !== GOAL);
  check(page);
});

test("a reason and what is answered go with the next changes", async () => {
  const page = await writer("bdt", TARGET);
  await page.getByLabel("Why", { exact: true }).fill("asked for by the working group");
  await page.getByRole("button", { name: "Answers…" }).click();
  await asked(page).fill("request 3.c");
  await page.keyboard.press("Enter");
  await page.getByText("guidance request 3.c").waitFor();
  await page.getByRole("textbox", { name: "Due year" }).fill("2027");
  await page.getByRole("textbox", { name: "Due year" }).press("Enter");
  await saved(page);
  const [last] = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?element=${TARGET}&order=desc&limit=1`);
  assert.equal(last.because, "asked for by the working group");
  assert.equal(last.answers.length, 1);
  const history = page.getByRole("complementary", { name: "Comments and history" });
  await history.getByText("asked for by the working group").waitFor();
  await history.getByText("guidance request 3.c").waitFor();
  check(page);
});

test("what is wrong is said before it is sent", async () => {
  const page = await writer("br", GOAL);
  const total = page.getByRole("textbox", { name: "Financial plan total" });
  await total.fill("1,500");
  await total.press("Enter");
  await page.getByRole("alert").getByText("“1,500” can be read in two ways. Write 1500 or 1.500.").waitFor();
  await accessible(page, "a wrong number");
  await total.fill("1500");
  await total.press("Enter");
  await saved(page);
  assert.equal((await element(GOAL)).financial_plan_total, 1500);
  check(page);
});

test("comments are resolved with a reason; contributors write those and nothing else", async () => {
  const [guest, br] = [await writer("contributor", TARGET), await writer("br", TARGET)];
  await guest.getByText("Read only for you").waitFor();
  assert.equal(await text(guest, "Title").count(), 0);
  await guest.getByLabel("Your comment").fill("Affordable for whom?");
  await guest.getByRole("button", { name: "Comment", exact: true }).click();
  const remark = br.getByRole("article", { name: /^Comment by/ });
  await remark.getByText("Affordable for whom?").waitFor();
  await remark.getByRole("button", { name: "Resolve" }).click();
  await remark.getByLabel("Why it is settled").fill("Says so in the indicator");
  await remark.getByRole("button", { name: "Resolve" }).click();
  await br.getByRole("button", { name: "Show 1 settled" }).click();
  await remark.getByText("Resolved: Says so in the indicator").waitFor();
  await saved(br);
  const events = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?kind=comment`);
  assert.equal(events.length, 2, "a remark is one entry, its settling another");
  await guest.getByRole("button", { name: "Show 1 settled" }).waitFor();
  // Their own remark they may open again.
  await guest.getByRole("button", { name: "Show 1 settled" }).click();
  await guest.getByRole("button", { name: "Open again" }).waitFor();
  await accessible(br, "comments");
  check(guest);
  check(br);
});

test("links are chips with their strength", async () => {
  const plan = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  const priority = plan.elements.find((one) => one.kind === "priority");
  const page = await writer("gs", priority.id);
  await page.getByRole("button", { name: "Add a link" }).click();
  await asked(page).fill("contributes");
  await page.keyboard.press("Enter");
  await asked(page).fill("1.3");
  await page.keyboard.press("Enter");
  await page.getByLabel(/^Strength of the link to 1\.3/).selectOption("primary");
  await saved(page);
  const links = async () => (await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`)).links.filter((link) => link.from === priority.id && link.strength === "primary");
  assert.equal((await links()).length, 1);
  await page.getByRole("button", { name: /^Remove the link: 1\.3/ }).click();
  await until("the link is gone", async () => (await links()).length === 0);
  check(page);
});

test("who only reads sees the plan as it is written, and nothing to press", async () => {
  const [reader, br] = [await writer("auditor", TARGET), await writer("br", TARGET)];
  await reader.getByText("The role auditor reads and does not write.").waitFor();
  assert.equal(await reader.getByLabel("Why", { exact: true }).count(), 0);
  assert.equal(await reader.getByLabel("Your comment").count(), 0);
  await caretBefore(br, "Title", "for all");
  await br.keyboard.type("now ");
  await reader.getByRole("heading", { name: "Broadband services to be affordable now for all" }).waitFor();
  check(reader);
  check(br);
});

test("a large plan shows only the rows that are near", async () => {
  const page = await open(browser);
  pages.push(page);
  await signIn(page, server, "auditor", `#/plans/${ADOPTED}/write`);
  const tree = page.getByRole("tree");
  await tree.focus();
  await page.keyboard.type("money");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("treeitem", { name: "Money 83", expanded: true }).waitFor();
  await page.keyboard.press("End");
  const rows = await tree.getByRole("treeitem").count();
  assert.ok(rows > 20 && rows < 70, `${rows} rows`);
  // Letters find a row far away, and it is the one that is read out.
  await page.keyboard.press("Home");
  await page.keyboard.type("t.1");
  await until("found", async () => {
    const active = await tree.getAttribute("aria-activedescendant");
    return /^T\.1/.test(await page.locator(`[id="${active}"]`).innerText());
  });
  await page.keyboard.press(" ");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText(/takes no edits/).waitFor();
  await everyLook(page, "write-adopted");
  check(page);
});

test("every look of it is accessible, wide and narrow, light and dark", async () => {
  const page = await writer("br", TARGET);
  await everyLook(page, "write");
  await page.keyboard.press("Control+k");
  await asked(page).waitFor();
  await everyLook(page, "write-find");
  await page.keyboard.press("Escape");
  await page.setViewportSize(NARROW);
  await page.getByRole("button", { name: "Comments and history" }).click();
  await accessible(page, "the side as a drawer");
  await picture(page, "write-side-narrow");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Outline" }).click();
  await page.getByRole("treeitem", { name: /Universal broadband coverage/ }).waitFor();
  await accessible(page, "the outline as a drawer");
  await picture(page, "write-outline-narrow");
  await page.getByRole("treeitem", { name: /Universal broadband coverage/ }).click();
  await page.getByRole("heading", { name: "Universal broadband coverage" }).waitFor({ state: "attached" });
  await page.goto(`${server.url}/${address()}`);
  await everyLook(page, "write-plan");
  check(page);
});
