// Files: a plan goes out in every form, and a table comes back with what it would change told first.

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

async function ask(name, what, on = DRAFT) {
  const page = await open(browser);
  await signIn(page, server, name, `#/plans/${on}/write`);
  await page.getByRole("button", { name: "Files and stage" }).click();
  await page.getByRole("menuitem", { name: what }).click();
  return [page, page.getByRole("dialog")];
}

/** Downloads what is chosen; gives its name and bytes. */
async function download(page, dialog) {
  const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: "Download" }).click()]);
  await dialog.getByText("is downloaded; the export is entry").waitFor();
  return [file.suggestedFilename(), readFileSync(await file.path())];
}

const FORMS = [
  ["Word document of the plan", /\.docx$/, "PK"],
  ["Word document with revision marks between two points", /\.docx$/, "PK"],
  ["HTML document of the plan", /\.html$/, "<!"],
  ["Information document", /\.docx$/, "PK"],
  ["Table", /indicators.*\.xlsx$/, "PK"],
  ["StratML", /\.xml$/, "<?"],
  ["Plan file", /\.json$/, "{"],
  ["Plan as JSON Lines", /\.jsonl$/, "{"],
  ["All entries as JSON Lines", /\.jsonl$/, "{"],
  ["Evidence bundle", /\.zip$/, "PK"],
];

for (const plan of [DRAFT, ADOPTED]) {
  test(`${plan} goes out in every form, under the server's name`, async () => {
    const [page, dialog] = await ask("br", "Export…", plan);
    if (plan === DRAFT) await everyLook(page, "export");
    for (const [form, name, begin] of FORMS) {
      await dialog.getByRole("radio", { name: form, exact: true }).check();
      const [called, bytes] = await download(page, dialog);
      assert.match(called, name, form);
      assert.equal(bytes.subarray(0, begin.length).toString(), begin, form);
    }
    check(page);
  });
}

test("a table of indicators is changed and comes back: what would change is told, then it is merged", async () => {
  const [page, dialog] = await ask("chair", "Export…");
  await dialog.getByRole("radio", { name: "Table", exact: true }).check();
  await dialog.getByRole("combobox", { name: "As", exact: true }).selectOption("csv");
  const [, bytes] = await download(page, dialog);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  const changed = bytes.toString().replace('"percent of monthly GNI per capita"', '"% of monthly GNI"');
  assert.notEqual(changed, bytes.toString());
  const [good, bad] = ["good.csv", "bad.csv"].map((name) => join(server.folder, name));
  writeFileSync(good, changed);
  writeFileSync(bad, changed.replace('"decrease"', '"sideways"'));

  await page.getByRole("button", { name: "Files and stage" }).click();
  await page.getByRole("menuitem", { name: "Bring a table back…" }).click();
  const file = dialog.locator("input[type=file]");
  await file.setInputFiles(bad);
  await dialog.getByText(/^Nothing was taken: /).waitFor();
  await everyLook(page, "table-problems");
  await file.setInputFiles(good);
  await dialog.getByText("1 cell would change, held against entry").waitFor();
  await dialog.getByRole("cell", { name: "% of monthly GNI", exact: true }).waitFor();
  await everyLook(page, "table-preview");
  await dialog.getByRole("textbox").fill("shorter unit");
  await dialog.getByRole("button", { name: "Merge these changes" }).click();
  await dialog.getByText(/^Merged: entry /).waitFor();
  const plan = await server.api("auditor", "GET", `/api/v1/plans/${DRAFT}`);
  assert.equal(plan.elements.filter(({ unit }) => unit === "% of monthly GNI").length, 1);
  check(page);
});
