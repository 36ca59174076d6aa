//! Exit codes: documented, stable, in one place; scripts depend on them.

/// Done, and on disk where it was an edit.
pub const OK: u8 = 0;
/// The server refused it by a rule of the plan: type, place, stage, size.
pub const REFUSED: u8 = 1;
/// The command line or a file given with it does not say what to do.
pub const USAGE: u8 = 2;
/// No such plan, element, link, field or entry.
pub const NOT_FOUND: u8 = 3;
/// Not logged in, or the role or Bureau may not do it.
pub const DENIED: u8 = 4;
/// The server cannot be reached; nothing was done.
pub const UNREACHABLE: u8 = 5;
/// Somebody else changed it since it was read; nothing was done.
pub const CONFLICT: u8 = 6;
/// The connection was lost before the acknowledgement: it may or may not have been done.
pub const UNKNOWN_OUTCOME: u8 = 7;
/// The server failed, is busy, or spoke something that this client does not understand.
pub const SERVER: u8 = 8;
/// Something on this machine failed: a file, the editor.
pub const LOCAL: u8 = 9;

/// The evidence fails: what is shown contradicts itself, what was signed, or what was verified before.
pub const EVIDENCE: u8 = 10;

/// `check`: a finding of severity E is open.
pub const FINDINGS: u8 = 11;
/// `check`: a finding of severity W is open, and none of E.
pub const WARNINGS: u8 = 12;

/// What `--help` says below the options.
pub const HELP: &str = "\
Examples:
  plenary login --token-file plenary-data/demo/br.token
      Once for each server: check a token and keep it.
  plenary show itu-sp-2024-2027-draft --under 2.7
      A target and what stands under it.
  plenary set itu-sp-2024-2027-draft 2.7 due_year 2027 --because 'as agreed'
      An edit, with its reason.
  plenary watch itu-sp-2024-2027-draft --after 0 | head -n 3
      The first entries, and then those that come.

Names:
Plans are named by id or a unique beginning of it; elements by id
(tgt-4k2m9qx7), by display code (2.7), or by kind:code where a code is
ambiguous (risk:2). `plan` is the plan itself.

JSON:
With --json every command prints one JSON value on stdout (`watch`: one value a
line), with the shapes of the HTTP API:
  plans          a list of {id, title, stage, seq, document, …}
  show, export   the plan: {schema, id, title, stage, seq, at, plan, elements, links}
  at             the plan, or as `get ELEMENT`
  get ELEMENT    {element, links, code_now?, seq}
  get … FIELD    {plan, element, code?, field, lang?, value, concurrent?, seq}
  edits          {seq, leaf, entries, made, duplicate} and, where one element is
                 meant, element and code; {unchanged: true} when it stood so
                 already; `edit` adds text and merged
  settle         without a value: {plan, element, field, values, seq}
  apply          as edits; with --dry-run the list of resolved commands
  access         {plan, access}; with --only or --open as edits
  access-log     a list of reads of auditors, newest first
  revoke         {jti or subject, issuer?, since, until, by, because?}
  revocations    a list of them
  log            a list of revisions, newest first; with --raw a list of entries;
                 with --count {plan, seq, entries, rows}
  who            one revision
  diff           {from, to, differences: [{element, kind, code?, code_before?,
                 code_now?, change, …}]}; with --predecessor {plan, predecessor,
                 former, without_disposition, …}
  blame          {element, code?, made, fields: [{field, lang?, value, seq,
                 runs, members}], entries}
  timeline       {element, field, steps: [{seq, first, from, to, name, …}]}
  find           {text, appearances: [{element, field, first, last_gone?,
                 stands, times}]}
  check          a list of {code, severity, elements, says, resolve, named, …};
                 with --history lines {line: start, progress, finding or end, …}
  rules          {principles, rules}; of a plan a list of {rule, to, set}
  watch          one entry a line
  replay         lines {line: start, entry or end, …}; an entry has event
  kinds          {elements: […], links: […]}; with a name the row of that kind
  import         {id, title, stage, seq, …} as in `plans`; with remarks, a list of
                 {line, column, says}, where something was repaired or left out
  mapping        {plan, former_plan?, guidance, quotes}
  import-table   as an edit; with --preview {plan, table, base, changes}
  verify         {verdict, plan, url, key, checkpoint: {origin, size, root},
                 since?, walked, payload_absent, …}; what fails {verdict, says,
                 way_out, record?}; of a bundle {verdict, plan, origin, size, key,
                 range?, since?, entries: [{seq, verdict, …}]}
  evidence       key: {key}; checkpoint: {origin, size, root, note}; proof:
                 {index, hashes, checkpoint}; export: {output, bytes}
  doctor         {url, exit, checks: [{name, state, found, way_out?}]}
Failures print nothing on stdout (`check`, `doctor`, `verify` apart) and one line on stderr:
{\"error\": {exit, code?, reason, …}}.

When the reader of stdout goes away, as in `… | head -n 1`, plenary ends at once,
without a message and with 0.

Exit codes:
  0  done; for an edit: acknowledged, on the server's disk
  1  refused by a rule of the plan (type, place, stage, size)
  2  the command line or a file does not say what to do
  3  no such plan, element, link, field or entry
  4  not logged in, or role or Bureau may not do it
  5  the server cannot be reached; nothing was done
  6  somebody else changed it since it was read; nothing was done
  7  the connection was lost before the acknowledgement: it may or may not have
     been done
  8  the server failed, is busy, or is not understood
  9  something on this machine failed (a file, the editor)
  10  the evidence FAILS: it contradicts itself, what was signed, or what was
     verified before (`verify`)
  11  a finding of severity E is open (`check`)
  12  a finding of severity W is open, and none of E (`check`)

Environment:
  PLENARY_URL    address of the server (default: that of the last login, or
                 http://127.0.0.1:7400)
  PLENARY_TOKEN  token to use instead of the stored login
  NO_COLOR       when set, no colours
  CLICOLOR_FORCE, FORCE_COLOR
                 when set and not 0, colours on a pipe too; NO_COLOR is stronger,
                 and --color is stronger than both
  TERM           dumb: no colours
  COLUMNS        how wide lines on a terminal may be, instead of its width
  VISUAL, EDITOR the editor of `plenary edit`
  XDG_STATE_HOME where `verify` keeps what it verified (default: ~/.local/state)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let all = [
            OK,
            REFUSED,
            USAGE,
            NOT_FOUND,
            DENIED,
            UNREACHABLE,
            CONFLICT,
            UNKNOWN_OUTCOME,
            SERVER,
            LOCAL,
            EVIDENCE,
            FINDINGS,
            WARNINGS,
        ];
        for (number, code) in (0u8..).zip(all) {
            assert_eq!(number, code);
            assert!(HELP.contains(&format!("\n  {code}  ")), "{code}");
        }
    }
}
