// Everything that can be wrong with evidence, by name. The words for people stand in the catalogue;
// here is what contradicts what, so that a test can tell one refusal from another.

/** What is wrong with the form of a text or of bytes. */
export type Flaw =
  | "too_large"
  | "not_utf8"
  | "control_character"
  | "no_empty_line"
  | "last_line_open"
  | "too_many_lines"
  | "signature_line"
  | "key_form"
  | "key_name"
  | "key_kind"
  | "key_id"
  | "key_weak"
  | "no_origin"
  | "no_size"
  | "no_root"
  | "empty_line"
  | "header"
  | "no_index"
  | "no_hash"
  | "cbor"
  | "field_missing"
  | "field_kind";

export type Fault =
  | { what: "key_unreadable"; flaw: Flaw }
  | { what: "note_unreadable"; flaw: Flaw }
  | { what: "signature_wrong"; name: string }
  | { what: "not_signed"; name: string }
  | { what: "checkpoint_unreadable"; flaw: Flaw }
  | { what: "other_origin"; expected: string; found: string }
  | { what: "proof_unreadable"; flaw: Flaw }
  | { what: "not_in_tree"; index: number; size: number }
  | { what: "not_earlier"; from: number; to: number }
  | { what: "other_start"; expected: number; found: number }
  | { what: "proof_length"; found: number }
  | { what: "wrong_root" }
  | { what: "wrong_earlier_root" }
  | { what: "entry_unreadable"; seq: number; flaw: Flaw }
  | { what: "entry_version"; seq: number; found: number }
  | { what: "entry_order"; seq: number; found: number }
  | { what: "entry_other_plan"; seq: number; found: string }
  | { what: "entry_previous"; seq: number }
  | { what: "entry_payload"; seq: number }
  | { what: "entry_told_otherwise"; seq: number }
  | { what: "entries_missing"; after: number; size: number }
  | { what: "other_tree"; size: number }
  | { what: "other_key"; kept: string; now: string }
  | { what: "other_log"; kept: string; now: string }
  | { what: "log_of_another_plan"; found: string }
  | { what: "rolled_back"; kept: number; now: number }
  | { what: "rewritten"; kept: number }
  | { what: "two_roots"; size: number }
  | { what: "plan_closed"; says: string };

/** Thrown by every verifier: what it was given is not evidence. */
export class Refused extends Error {
  constructor(readonly fault: Fault) {
    super(fault.what);
    this.name = "Refused";
  }
}

export function refuse(fault: Fault): never {
  throw new Refused(fault);
}
