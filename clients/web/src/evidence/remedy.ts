// Which way out fits a failure: what people are told to do depends on what contradicts what.

import type { Fault } from "./fault";

/** The kinds of failures that are answered differently. */
export type Remedy = "other_log" | "rolled_back" | "rewritten" | "altered";

export function remedyOf(fault: Fault): Remedy {
  switch (fault.what) {
    case "other_key":
    case "other_log":
      return "other_log";
    case "rolled_back":
      return "rolled_back";
    case "rewritten":
    case "two_roots":
      return "rewritten";
    default:
      return "altered";
  }
}
