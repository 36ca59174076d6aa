// Signing in, the list of plans, import.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ADOPTED, DRAFT, Server, browse, check, everyLook, open, signIn } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

test("one click signs somebody of the demonstration in, and a token anybody", async () => {
  const page = await open(browser);
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Choose who you are" }).waitFor();
  await everyLook(page, "sign-in");

  await page.getByRole("textbox", { name: "Token" }).fill("no token");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("The server does not take this token").waitFor();

  await page.getByRole("button", { name: "BR desk" }).click();
  await page.getByRole("heading", { name: "Plans" }).waitFor();
  await page.getByText("Secretariat draft").waitFor();
  await page.getByText("2020–2023", { exact: true }).waitFor();
  assert.equal(await page.getByRole("main").getByRole("link").count(), 2);
  await everyLook(page, "plans");

  // The tab stays signed in, another one is not.
  await page.reload();
  await page.getByRole("heading", { name: "Plans" }).waitFor();
  const other = await open(browser);
  await other.goto(server.url);
  await other.getByRole("textbox", { name: "Token" }).fill(await server.token("tsb"));
  await other.getByRole("textbox", { name: "Token" }).press("Enter");
  await other.getByText("TSB desk").waitFor();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { name: "Sign in with a token" }).waitFor();
  check(page);
  check(other);
});

test("a plan file is dropped, its problems are listed with their places, and mended it is imported", async () => {
  const page = await open(browser);
  await signIn(page, server, "chair");
  const file = JSON.parse(readFileSync(new URL("../../../../server/core/plans/itu-sp-2020-2023.json", import.meta.url)));
  file.id = "imported-plan";
  file.title = file.plan.title = "A plan from a file";
  delete file.predecessor;
  const good = join(server.folder, "good.json");
  writeFileSync(good, JSON.stringify(file));
  file.elements[3].kind = "wish";
  const bad = join(server.folder, "bad.json");
  writeFileSync(bad, JSON.stringify(file));

  const chooser = page.locator("input[type=file]");
  await chooser.setInputFiles(bad);
  await page.getByText("bad.json was not imported").waitFor();
  await page.getByRole("cell", { name: "/elements/3/kind" }).waitFor();
  await everyLook(page, "import-problems");
  await chooser.setInputFiles(good);
  await page.getByText("“A plan from a file” is imported.").waitFor();
  await page.getByRole("link", { name: /A plan from a file/ }).waitFor();
  check(page);
});

test("who may not import sees no place to, and an address that is none says so", async () => {
  const page = await open(browser);
  await signIn(page, server, "br");
  await page.getByRole("heading", { name: "Plans" }).waitFor();
  assert.equal(await page.getByText("Import a plan").count(), 0);
  await page.goto(`${server.url}/#/elsewhere`);
  await page.getByText("There is no such page here.").waitFor();
  await page.getByRole("link", { name: "All plans", exact: true }).click();
  for (const plan of [DRAFT, ADOPTED]) await page.locator(`a[href="#/plans/${plan}/write"]`).waitFor();
  check(page);
});

test("the policy lets no script of others run", async () => {
  const page = await open(browser);
  await page.goto(server.url);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.textContent = "globalThis.foreign = true";
      document.body.append(script);
    } catch {
      return "refused";
    }
    return globalThis.foreign ? "ran" : "blocked";
  });
  assert.notEqual(ran, "ran");
  const answer = await fetch(server.url);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-/);
  assert.notEqual(policy, (await fetch(server.url)).headers.get("content-security-policy"), "a nonce is used once");
  const script = /assets\/index-[^"]+\.js/.exec(await answer.text())[0];
  const packed = await fetch(`${server.url}/${script}`, { headers: { "accept-encoding": "br" } });
  assert.equal(packed.headers.get("content-encoding"), "br");
  assert.match(packed.headers.get("cache-control"), /immutable/);
  const foreign = await fetch(`${server.url}/assets/../index.html.x`);
  assert.equal(foreign.status, 404);
});

test("every part of a plan says which plan it is of, in the tab too", async () => {
  const page = await open(browser);
  await signIn(page, server, "auditor", `#/plans/${ADOPTED}/write`);
  const name = "ITU strategic plan for 2020-2023";
  for (const part of ["Write", "Chain", "Money", "Former → new", "Guidance", "Consultations", "Progress", "Checks", "History", "Evidence"]) {
    await page.getByRole("navigation").getByRole("link", { name: part, exact: true }).first().click();
    await page.getByRole("main").getByText(name, { exact: true }).first().waitFor();
    if (part !== "Write") await page.waitForFunction((title) => document.title.includes(title), name);
  }
  check(page);
});
