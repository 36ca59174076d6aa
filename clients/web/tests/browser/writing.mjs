// Edits that tests make in somebody's name over the API, so that there is a past to look at.

import { DRAFT } from "./harness.mjs";

const PLAN = `/api/v1/plans/${DRAFT}`;
let count = 0;

async function edit(server, name, command, because) {
  const { seq } = (await server.api("auditor", "GET", "/api/v1/plans")).find((plan) => plan.id === DRAFT);
  const body = { id: `test-${process.pid}-${(count += 1)}`, because, commands: [{ ...command, base: seq }] };
  return server.api(name, "POST", `${PLAN}/edits`, body);
}

/** Makes a text read as given. */
export function write(server, name, element, text, because, field = "title") {
  return edit(server, name, { do: "set_text", element, field, lang: "en", text }, because);
}

/** Gives a field a value. */
export function set(server, name, element, field, value, because) {
  return edit(server, name, { do: "set_field", element, field, value }, because);
}

/** Gives the last entry a name, and signs it. */
export async function version(server, name) {
  await server.api("gs", "POST", `${PLAN}/versions`, { id: `test-${process.pid}-${(count += 1)}`, name, note: "As sent" });
  const body = { id: `test-${process.pid}-${(count += 1)}`, meaning: "approved" };
  await server.api("chair", "POST", `${PLAN}/versions/${name}/signatures`, body);
}

/** Does something that reads nothing of the plan first: adds, links, moves, removes. */
export async function act(server, name, command, because) {
  const body = { id: `test-${process.pid}-${(count += 1)}`, because, commands: [command] };
  return server.api(name, "POST", `${PLAN}/edits`, body);
}
