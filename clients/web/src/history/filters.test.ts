import { describe, expect, it } from "vitest";

import { NO_FILTERS, answeredIn, filterCount, filterQuery, readLook, writeLook } from "./filters";
import type { Entry } from "./types";

const read = (address: string) => readLook(new URLSearchParams(address));

const entry = (seq: number, ...answers: string[]) => ({ seq, type: "change", ...(answers.length > 0 ? { answers } : {}) }) as unknown as Entry;

describe("the address of a look into the past", () => {
  it("says nothing where nothing is chosen", () => {
    expect(read("")).toEqual({ filters: NO_FILTERS, face: "plan", scale: "active", about: "", from: "", to: "", layout: "list" });
    expect(writeLook(read("")).toString()).toBe("");
    expect(filterCount(NO_FILTERS)).toBe(0);
  });

  it("is the same again once it was read", () => {
    const address =
      "bureau=BR%2CTSB&element=tgt-a&text=e-waste&since=2026-11-01&at=12&face=compare&scale=entries&about=2.7&from=3&to=version%3ARev.1";
    const look = read(address);
    expect(look).toMatchObject({ at: 12, face: "compare", scale: "entries", from: "3", to: "version:Rev.1" });
    expect(look.filters).toMatchObject({ bureau: ["BR", "TSB"], text: "e-waste" });
    expect(read(writeLook(look).toString())).toEqual(look);
    expect(filterCount(look.filters)).toBe(4);
  });

  it("asks the API what it says", () => {
    expect(filterQuery(read("bureau=BR,,%20TSB&text=%20a%20&kind=").filters)).toEqual({ bureau: "BR,TSB", text: "a" });
  });

  it("asks for what answers a request, and keeps it in the address", () => {
    const look = read("answers=greq-3c&bureau=BR");
    expect(filterQuery(look.filters)).toEqual({ bureau: "BR", answers: "greq-3c" });
    expect(filterCount(look.filters)).toBe(2);
    expect(read(writeLook(look).toString())).toEqual(look);
  });

  it("knows what entries answer, each once", () => {
    expect([...answeredIn([entry(4), entry(5, "greq-a", "fbk-b"), entry(6, "greq-a")])]).toEqual(["greq-a", "fbk-b"]);
    expect(answeredIn([entry(4)]).size).toBe(0);
  });

  it("drops what it does not know", () => {
    expect(read("at=0&face=sideways&scale=log&other=1")).toEqual(read(""));
    expect(read("at=-3").at).toBeUndefined();
    expect(read("at=99999999999999999").at).toBeUndefined();
  });
});
