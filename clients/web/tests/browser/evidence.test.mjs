// The screen Evidence: verified in the browser, and red when the past is another one.

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { DRAFT, Server, browse, check, everyLook, open, picture, signIn, until } from "./harness.mjs";
import { write as writeText } from "./writing.mjs";

const HERE = `#/plans/${DRAFT}/evidence`;
const GOAL = "gol-h88n5tsh";

let server, browser;
before(async () => {
  browser = await browse();
});
beforeEach(async () => {
  await server?.remove();
  server = await Server.start();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

/** Somebody changes the title of the first goal. */
const write = (name, text, because) => writeText(server, name, GOAL, text, because);

/** Waits for a verdict that was given after this was asked for. */
async function verdict(page, expected) {
  await page.locator(`[data-verdict="${expected}"]`).waitFor();
}

/** Checks again, and waits until that is done. */
async function again(page, name = "Check again") {
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Check again" }).and(page.locator(":enabled")).waitFor();
}

/** The checkpoint's size that this browser keeps of a plan. */
function kept(page) {
  return page.evaluate(
    (plan) =>
      new Promise((resolve, reject) => {
        const asked = indexedDB.open("plenary-evidence");
        asked.onerror = () => reject(asked.error);
        asked.onsuccess = () => {
          const got = asked.result.transaction("kept").objectStore("kept").get(plan);
          got.onsuccess = () => {
            asked.result.close();
            resolve(got.result?.size);
          };
        };
      }),
    DRAFT,
  );
}

test("a plan is verified in the browser, and the next time it must go on from there", async () => {
  await write("br", "Universal Connectivity for everybody", "plain words");
  const page = await open(browser);
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "verified");
  await page.getByText("This browser saw the key for the first time").waitFor();
  await page.getByText("This browser verified nothing of this log before").waitFor();
  await page.getByText("Why: plain words").waitFor();
  const first = await kept(page);
  assert.ok(first >= 5);

  await write("tsb", "Universal Connectivity for all");
  await again(page);
  await page.getByText(/a proof leads from that root to this one/).waitFor();
  assert.ok((await kept(page)) > first);

  await again(page, "Check every entry");
  await page.getByText(/entries are as logged, in order, none missing/).waitFor();
  await everyLook(page, "evidence");

  // The key is the same whether it is read here or by the command line client's way.
  const key = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/evidence/key`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the checkpoint" }).click()]);
  const note = readFileSync(await download.path(), "utf8");
  assert.ok(note.startsWith(key.split("+")[0]));
  check(page);
  await page.context().close();
});

test("entries about one element are proved one by one", async () => {
  await write("br", "Universal Connectivity for everybody", "plain words");
  const page = await open(browser);
  await signIn(page, server, "gs", `${HERE}/${GOAL}`);
  await verdict(page, "verified");
  await page.getByRole("heading", { name: "Entries about goal 1" }).waitFor();
  await page.getByText("that there are no other entries about this").waitFor();
  await page.getByRole("link", { name: "Show the last entries instead" }).click();
  await page.getByRole("heading", { name: "Entries that were checked" }).waitFor();
  check(page);
  await page.context().close();
});

test("a server set back to an older copy turns the panel red", async () => {
  await write("br", "Universal Connectivity for everybody");
  await server.end();
  const copy = join(server.folder, "copy");
  cpSync(server.data, copy, { recursive: true });
  await server.start();
  await write("tsb", "Universal Connectivity for all");
  const page = await open(browser);
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "verified");
  const size = await kept(page);

  await server.end();
  rmSync(server.data, { recursive: true });
  cpSync(copy, server.data, { recursive: true });
  await server.start();
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "failed");
  await page.getByRole("alert").getByText(/entries are gone/).waitFor();
  await page.getByRole("heading", { name: "Only grown Fails" }).waitFor();
  await everyLook(page, "evidence-rolled-back");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the record" }).click()]);
  const record = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(record.fault.what, "rolled_back");
  assert.match(record.checkpoint_kept, new RegExp(`\\n${size}\\n`));
  assert.equal(await kept(page), size, "what was verified stays kept");

  // Another past that grows longer is no better.
  await write("bdt", "Connectivity");
  await write("bdt", "Connectivity and more");
  await write("gs", "Another past");
  await again(page);
  await page.getByRole("alert").getByText(/are not the beginning of the log/).waitFor();
  await picture(page, "evidence-rewritten");
  assert.equal(await kept(page), size);
  check(page);
  await page.context().close();
});

test("bytes turned in the server's files are told in red, also where the entries that come still hold", async () => {
  await write("br", "A title that is easy to find in the files", "to be altered");
  const page = await open(browser);
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "verified");
  // The server notices at its next look; entries come from its other copy.
  assert.ok(turn(join(server.data, "journal"), "easy to find in the files") > 0, "the words are in the files");
  await server.api("auditor", "POST", "/api/v1/self-check");
  await until("it is found", async () => (await server.api("auditor", "GET", "/api/v1/self-check")).state === "failed");
  await page.reload();
  await verdict(page, "verified");
  await page.getByRole("alert").getByText(/The server itself has found something/).waitFor();
  await page.getByText(/is damaged at byte/).waitFor();
  await everyLook(page, "evidence-damaged");
  await page.context().close();
});

test("entries that come otherwise than they were logged turn the panel red", async () => {
  await write("br", "A title that is easy to find", "to be altered");
  const page = await open(browser);
  // Somebody between, or the server, alters one word of one entry.
  let isLying = true;
  await page.route("**/evidence/entries**", async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    const at = body.indexOf("easy to find");
    assert.ok(at > 0);
    if (isLying) body[at] ^= 1;
    await route.fulfill({ response: answer, body });
  });
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "failed");
  await page.getByRole("alert").getByText(/^What entry \d+ says is not what was logged\.$/).waitFor();
  await picture(page, "evidence-altered");
  isLying = false;
  await again(page);
  await verdict(page, "verified");
  await page.context().close();
});

test("another key is refused until somebody has compared it", async () => {
  const page = await open(browser);
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "verified");
  await server.end();
  // The operator gives the server a new key.
  for (const name of readdirSync(join(server.data, "keys"))) if (/evidence/.test(name)) rmSync(join(server.data, "keys", name));
  await server.start();
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "failed");
  await page.getByRole("alert").getByText("The server signs with another key than before.").waitFor();
  const anew = page.getByRole("button", { name: "Begin anew with this log" });
  assert.ok(await anew.isDisabled());
  await page.getByLabel("I compared the fingerprint").check();
  await picture(page, "evidence-other-key");
  await anew.click();
  await verdict(page, "verified");
  check(page);
  await page.context().close();
});

test("a bundle is downloaded, and is an entry in the reader's name", async () => {
  const page = await open(browser);
  await signIn(page, server, "br", `${HERE}/${GOAL}`);
  await verdict(page, "verified");
  await page.getByLabel("Why (it stands in the bundle)").fill("asked by the audit office");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the bundle" }).click()]);
  const zip = readFileSync(await download.path());
  assert.equal(zip.subarray(0, 2).toString(), "PK");
  await page.getByText(/was made\. It is entry \d+\./).waitFor();
  const events = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}/events?type=exported`);
  assert.equal(events.at(-1).because, "asked by the audit office");
  assert.equal(events.at(-1).subject, "demo-br");
  check(page);
  await page.context().close();
});

test("a server that cannot be reached says nothing for or against", async () => {
  const page = await open(browser);
  await signIn(page, server, "auditor", HERE);
  await verdict(page, "verified");
  await page.context().setOffline(true);
  await again(page);
  await verdict(page, "unreachable");
  await picture(page, "evidence-unreachable");
  await page.context().setOffline(false);
  await again(page);
  await verdict(page, "verified");
  await page.context().close();
});

/** Turns a bit wherever a text stands in files of a folder; gives how often it did. */
function turn(folder, text) {
  let count = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) count += turn(path, text);
    else if (existsSync(path)) {
      const bytes = readFileSync(path);
      let at = bytes.indexOf(text);
      if (at < 0) continue;
      for (; at >= 0; at = bytes.indexOf(text, at + 1)) {
        bytes[at + 3] ^= 1;
        count += 1;
      }
      writeFileSync(path, bytes);
    }
  }
  return count;
}
