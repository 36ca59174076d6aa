// The types are those of the kept description of the API.

import { readFileSync } from "node:fs";

import openapiTS, { astToString } from "openapi-typescript";
import { expect, test } from "vitest";

test("the types are made from the description that is kept; `npm run api` makes them again", async () => {
  const description = JSON.parse(readFileSync("../../server/plenaryd/openapi.json", "utf8"));
  const options = { alphabetize: true, rootTypes: true, rootTypesNoSchemaPrefix: true };
  const made = astToString(await openapiTS(description, options));
  const kept = readFileSync("src/api/schema.d.ts", "utf8");
  expect(kept.endsWith(made)).toBe(true);
});
