import { expect, test } from "vitest";

import { linkTo, routeOf } from "./routes";

test("an address is read as it was written", () => {
  const query = new URLSearchParams({ bureau: "BR", text: "e-waste & more" });
  const route = routeOf(linkTo("a-plan", "history", "2.7", query));
  expect(route).toEqual({ at: "plan", plan: "a-plan", section: "history", element: "2.7", query });
  expect(routeOf("#/plans/a-plan")).toMatchObject({ at: "plan", section: "write", element: null });
});

test("the list of plans is the beginning, and what is no address is nowhere", () => {
  for (const hash of ["", "#", "#/"]) expect(routeOf(hash)).toEqual({ at: "plans" });
  for (const hash of ["#/x", "#/plans", "#/plans/a/other", "#/plans/a/write/b/c"]) {
    expect(routeOf(hash)).toEqual({ at: "nowhere" });
  }
  expect(routeOf("#/plans/%E0%A4%A/write")).toMatchObject({ at: "plan", plan: "%E0%A4%A" });
});
