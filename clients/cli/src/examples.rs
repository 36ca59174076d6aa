//! The examples of `--help`, one list a command.
//!
//! Each is a command that runs on the demonstration's plans as it stands, indented by two columns,
//! and below it what it does, indented by more.  A test walks the help of all commands and runs every
//! one of them, so a command without an example, or an example that does not work, is noticed.

/// Of `login`.
pub const LOGIN: &str = "\
Examples:
  plenary login --token-file plenary-data/demo/br.token
      Keep the token of a file.
  plenary login < plenary-data/demo/br.token
      From standard input; without `<` it is pasted.";

/// Of `plans`.
pub const PLANS: &str = "\
Examples:
  plenary plans
      Ids, titles, stages, and when each was last edited.
  plenary plans --json
      The same for programs.";

/// Of `kinds`.
pub const KINDS: &str = "\
Examples:
  plenary kinds
      All kinds of elements and links.
  plenary kinds target
      What a target has, and where it may stand.";

/// Of `show`.
pub const SHOW: &str = "\
Examples:
  plenary show itu-sp-2024-2027-draft
      The whole plan.
  plenary show itu-sp-2024-2027-draft --under 2 --depth 2
      Goal 2 and its targets.
  plenary show itu-sp-2024-2027-draft --kind indicator --at 3
      All indicators, as of entry 3.";

/// Of `get`.
pub const GET: &str = "\
Examples:
  plenary get itu-sp-2024-2027-draft 2.7
      Everything about target 2.7.
  plenary get itu-sp-2024-2027-draft 2.7 title
      One text, exactly as it stands.
  plenary get itu-sp-2024-2027-draft priority:1 --json
      For programs.";

/// Of `set`.
pub const SET: &str = "\
Examples:
  plenary set itu-sp-2024-2027-draft 2.7 due_year 2027
      A field.
  plenary set itu-sp-2024-2027-draft 2.7 title 'Climate action by ICTs' \\
      --because 'plain words'
      A text, with the reason; only the words that differ change.
  plenary set itu-sp-2024-2027-draft 2.7 due_year --unset
      Take the value away, or leave it so.";

/// Of `edit`.
pub const EDIT: &str = "\
Examples:
  plenary edit itu-sp-2024-2027-draft 2.7 title
      In $VISUAL or $EDITOR.
  plenary edit itu-sp-2024-2027-draft 2.7 title --lang fr
      The French text, which may not be there yet.";

/// Of `add`.
pub const ADD: &str = "\
Examples:
  plenary add itu-sp-2024-2027-draft target --under 2 --title 'A new target'
      After the other targets of goal 2.
  plenary add itu-sp-2024-2027-draft target --under 2 --after 2.3 \\
      --title 'A new target' --field due_year=2027
      After target 2.3, with a due year.";

/// Of `move`.
pub const MOVE: &str = "\
Examples:
  plenary move itu-sp-2024-2027-draft 2.7 --before 2.5
      Among its siblings; the codes follow.
  plenary move itu-sp-2024-2027-draft 2.7 --under 1
      To another goal.";

/// Of `remove`.
pub const REMOVE: &str = "\
Examples:
  plenary remove itu-sp-2024-2027-draft 2.7 --because 'see goal 1'
      A target; `plenary restore` brings it back.";

/// Of `restore`.
pub const RESTORE: &str = "\
Examples:
  plenary remove itu-sp-2024-2027-draft 2.7 && \\
      plenary restore itu-sp-2024-2027-draft tgt-fq6t4kv7
      By its id: what is removed has no code.
  plenary restore itu-sp-2024-2027-draft --to 3 --preview
      What would change if the whole plan went back to entry 3.
  plenary restore itu-sp-2024-2027-draft --to 3 --element 2.7 --field title \\
      --yes --because 'the old wording was agreed'
      One text; without --field the whole element.";

/// Of `link`.
pub const LINK: &str = "\
Examples:
  plenary link itu-sp-2024-2027-draft contributes_to priority:1 2.5
      Priority 1 contributes to target 2.5.
  plenary link itu-sp-2024-2027-draft contributes_to priority:1 2.5 \\
      --field strength=primary
      With a field of the link.";

/// Of `unlink`.
pub const UNLINK: &str = "\
Examples:
  plenary unlink itu-sp-2024-2027-draft lnk-29kfdk7v
      By the id that `get` prints.
  plenary link itu-sp-2024-2027-draft refers_to 2.5 2.1 && \\
      plenary unlink itu-sp-2024-2027-draft 2.5 2.1
      By its two ends.";

/// Of `carry`.
pub const CARRY: &str = "\
Examples:
  plenary carry itu-sp-2024-2027-draft itu-sp-2020-2023/3.1 --under 2
      A new target under goal 2, made of the former 3.1.
  plenary carry itu-sp-2024-2027-draft itu-sp-2020-2023/3.2 --into 2.7 \\
      --rationale 'one target says it'
      It lives on in one that is there.";

/// Of `merge`.
pub const MERGE: &str = "\
Examples:
  plenary merge itu-sp-2024-2027-draft 2.1 2.2 \\
      --field title='Use and affordability' --rationale 'one aim'
      Two targets become one, with the indicators and links of both.
  plenary merge itu-sp-2024-2027-draft itu-sp-2020-2023/1.1 \\
      itu-sp-2020-2023/1.2 --under 1
      Two former targets become one of this plan.";

/// Of `split`.
pub const SPLIT: &str = "\
Examples:
  plenary split itu-sp-2024-2027-draft 2.7 --into 'Less energy' \\
      --into 'Less waste' --keep 2=2.7.i1 --rationale 'two things'
      Two targets in its place; the second keeps the indicator.";

/// Of `mapping`.
pub const MAPPING: &str = "\
Examples:
  plenary mapping itu-sp-2024-2027-draft
      Former targets and goals, requests and responses, quotations.
  plenary mapping itu-sp-2024-2027-draft --at 3 --json
      As of entry 3, for a program.";

/// Of `settle`.
pub const SETTLE: &str = "\
Examples:
  plenary settle itu-sp-2024-2027-draft 2.7 due_year
      The values, if people gave several at the same time.";

/// Of `comment`.
pub const COMMENT: &str = "\
Examples:
  plenary comment itu-sp-2024-2027-draft 2.7 'Which baseline year?'
      Beside the target; its text stays as it is.";

/// Of `apply`.
pub const APPLY: &str = "\
Examples:
  echo '{\"do\": \"comment\", \"element\": \"2.7\", \"text\": \"Why?\"}' |
      plenary apply itu-sp-2024-2027-draft -
      One command, from standard input.
  echo '[{\"do\": \"remove\", \"element\": \"2.6\"}]' |
      plenary apply itu-sp-2024-2027-draft - --dry-run
      Only look what it would do.";

/// Of `watch`.
pub const WATCH: &str = "\
Examples:
  plenary watch itu-sp-2024-2027-draft --after 0 | head -n 3
      The first entries; ends when `head` has them.";

/// Of `log`.
pub const LOG: &str = "\
Examples:
  plenary log itu-sp-2024-2027-draft -n 5
      The last five revisions.
  plenary log itu-sp-2024-2027-draft --subtree 2 --bureau TSB
      What TSB did under goal 2.
  plenary log itu-sp-2024-2027-draft --text e-waste
      What put these words in or took them out, and how often.
  plenary log itu-sp-2024-2027-draft --bureau BR,GS --count
      How many entries and edits.
  plenary log itu-sp-2024-2027-draft --raw --all --json
      Every entry, for programs.";

/// Of `replay`.
pub const REPLAY: &str = "\
Examples:
  plenary replay itu-sp-2024-2027-draft --from 1 --to 3
      What happened after entry 1, up to entry 3.
  plenary replay itu-sp-2024-2027-draft --subtree 2 --json | head -n 5
      Goal 2, a JSON value a line: start, entries, end.";

/// Of `who`.
pub const WHO: &str = "\
Examples:
  plenary who itu-sp-2024-2027-draft 2.7 title
      Who changed the title last, and from what.
  plenary who itu-sp-2024-2027-draft plan
      Who changed the plan's own fields last.";

/// Of `at`.
pub const AT: &str = "\
Examples:
  plenary at itu-sp-2024-2027-draft 3
      The whole plan after its third entry.
  plenary at itu-sp-2024-2027-draft 3 2.7
      Target 2.7 after it.";

/// Of `diff`.
pub const DIFF: &str = "\
Examples:
  plenary diff itu-sp-2024-2027-draft 3
      What changed since entry 3.
  plenary diff itu-sp-2024-2027-draft 1 3 --subtree goal:2
      Between two points, under goal 2; dates and times do too.
  plenary diff itu-sp-2024-2027-draft --field due_year
      Due years, against the plan as it was made.
  plenary version name itu-sp-2024-2027-draft draft-2 &&
      plenary diff itu-sp-2024-2027-draft --version draft-2
      A version against the one before it.
  plenary diff itu-sp-2024-2027-draft --predecessor
      What became of each element of the former plan.";

/// Of `blame`.
pub const BLAME: &str = "\
Examples:
  plenary blame itu-sp-2024-2027-draft 2.7
      Every field of target 2.7.
  plenary blame itu-sp-2024-2027-draft 2.7 title --deleted
      Each run of characters, deleted ones in their place.
  plenary blame itu-sp-2024-2027-draft 2.5 --at 3
      What was called 2.5 after entry 3, as it stood.";

/// Of `timeline`.
pub const TIMELINE: &str = "\
Examples:
  plenary timeline itu-sp-2024-2027-draft 2.7 title
      Every wording, word by word.
  plenary timeline itu-sp-2024-2027-draft 2.7 place
      Where it stood.";

/// Of `find`.
pub const FIND: &str = "\
Examples:
  plenary find itu-sp-2024-2027-draft e-waste
      Where the word appeared first, and where it went.
  plenary find itu-sp-2024-2027-draft connect --part
      Inside longer words too: connectivity, interconnection.";

/// Of `import`.
pub const IMPORT: &str = "\
Examples:
  plenary export itu-sp-2024-2027-draft |
      sed 's/\"id\": \"itu-sp-2024-2027-draft\"/\"id\": \"my-copy\"/' |
      plenary import -
      A copy of a plan under another id.
  plenary export itu-sp-2024-2027-draft --format stratml -o plan.xml &&
      plenary import plan.xml --as from-stratml
      StratML, Part 1 or 2; what was repaired or left out is listed.";

/// Of `export`.
pub const EXPORT: &str = "\
Examples:
  plenary export itu-sp-2024-2027-draft --output plan.json
      The plan, as a file that can be imported.
  plenary export itu-sp-2024-2027-draft --at 3 | head -n 4
      As of entry 3; to standard output.
  plenary export itu-sp-2024-2027-draft --format html -o report.html \\
      --since 2026-01-01 --because 'for the Council'
      A report of who changed what since then, to read and print.
  plenary export itu-sp-2024-2027-draft --format csv --bureau TSB -o tsb.csv
      What TSB changed, for a spreadsheet.
  plenary export itu-sp-2024-2027-draft --format jsonl -o entries.jsonl
      Every entry, without loss.
  plenary export itu-sp-2024-2027-draft --format lines -o plan.jsonl
      The plan, an element or link a line.
  plenary export itu-sp-2024-2027-draft -f docx --from 1 --at 3 -o plan.docx
      The plan for a word processor, what changed since entry 1 marked.
  plenary export itu-sp-2024-2027-draft -f html -c information -o page.html
      The information document, to read and print.
  plenary export itu-sp-2024-2027-draft -f xlsx -c indicators -o table.xlsx
      Indicators and their readings, for a spreadsheet; they can come back.";

/// Of `import-table`.
pub const IMPORT_TABLE: &str = "\
Examples:
  plenary export itu-sp-2024-2027-draft -f csv -c indicators |
      plenary import-table itu-sp-2024-2027-draft indicators - --preview
      What a changed table would change.
  printf 'entry,row,id,under,role,value\\n3,reading,,1.3.i1,actual,63\\n' |
      plenary import-table itu-sp-2024-2027-draft indicators - --yes \\
      --because 'figures of 2021'
      A reading that is new, under an indicator by its code.";

/// Of `stage`.
pub const STAGE: &str = "\
Examples:
  plenary stage itu-sp-2024-2027-draft consultation
      On to the next stage.
  plenary stage itu-sp-2024-2027-draft consultation --despite-findings \\
      --because 'the group wants to see it as it is'
      On, whatever the rules find.";

/// Of `check`.
pub const CHECK: &str = "\
Examples:
  plenary check itu-sp-2024-2027-draft || test $? -eq 11
      What the rules find, the heaviest first; 11 says that an E is open.
  plenary check itu-sp-2024-2027-draft --since 3
      Only what is new since entry 3.
  plenary check itu-sp-2024-2027-draft --history
      Who introduced and who resolved each finding.";

/// Of `rules`.
pub const RULES: &str = "\
Examples:
  plenary rules
      All rules by family, with the principles that they serve.
  plenary rules itu-sp-2024-2027-draft
      Those that are off or weigh otherwise for a plan.";

/// Of `rule`.
pub const RULE: &str = "\
Examples:
  plenary rule itu-sp-2024-2027-draft GUI-03 off \\
      --because 'answers are kept in the minutes'
      Its findings are told no more.
  plenary rule itu-sp-2024-2027-draft MAP-03 E \\
      --because 'asked for by the group'
      They block adoption; `default` takes it back.";

/// Of `access`.
pub const ACCESS: &str = "\
Examples:
  plenary access itu-sp-2024-2027-draft
      Who may read it.
  plenary access itu-sp-2024-2027-draft --only bureau:TSB --only role:chair \\
      --because 'not ready for others'
      Those, auditors and admins; to others the plan is not there.
  plenary access itu-sp-2024-2027-draft --only role:chair &&
    plenary access itu-sp-2024-2027-draft --open
      Narrowed, and then open to everybody with a valid token again.";

/// Of `access-log`.
pub const ACCESS_LOG: &str = "\
Examples:
  plenary access-log
      What auditors read last.
  plenary access-log itu-sp-2024-2027-draft --subject demo-auditor -n 5
      What one of them read of one plan.";

/// Of `refusals`.
pub const REFUSALS: &str = "\
Examples:
  plenary refusals itu-sp-2024-2027-draft
      What was refused last, to whom and why.
  plenary refusals itu-sp-2024-2027-draft --subject demo-tsb -n 5
      What one of them sent that was not taken.";

/// Of `revoke`.
pub const REVOKE: &str = "\
Examples:
  plenary revoke --subject demo-tsb --because 'the laptop was stolen'
      All tokens of theirs issued so far; a new one counts again.
  plenary revoke --token-id 9b2c61d0
      One token, by its id (`jti`).";

/// Of `revocations`.
pub const REVOCATIONS: &str = "\
Examples:
  plenary revocations
      What is revoked, since when, and by whom.";

/// Of `completions`.
pub const COMPLETIONS: &str = "\
Examples:
  plenary completions bash > plenary.bash
      Then: source plenary.bash, from ~/.bashrc for example.
  plenary completions zsh > _plenary
      Into a folder of $fpath.
  plenary completions fish > plenary.fish
      Into ~/.config/fish/completions.";

/// Of `man`.
pub const MAN: &str = "\
Examples:
  plenary man > plenary.1
      The main page; then: man -l plenary.1
  plenary man man1
      All pages into a folder; then: man -l man1/plenary-show.1";

/// Of `versions`.
pub const VERSIONS: &str = "\
Examples:
  plenary versions itu-sp-2024-2027-draft
      Their names, points, notes and signatures.
  plenary versions itu-sp-2024-2027-draft --json
      The same for programs.";

/// Of `version`.
pub const VERSION: &str = "\
Examples:
  plenary version name itu-sp-2024-2027-draft as-received --at 3 \\
      --note 'input of the Secretariat'
      Entry 3 has a name from now on; without --at, the last entry.
  plenary version name itu-sp-2024-2027-draft second-reading &&
      plenary version sign itu-sp-2024-2027-draft second-reading reviewed
      Named, and signed as reviewed.";

/// Of `verify`.
pub const VERIFY: &str = "\
Examples:
  plenary verify itu-sp-2024-2027-draft
      What is new since the last time; at first everything.
  plenary verify itu-sp-2024-2027-draft --all
      Every entry anew.
  plenary verify itu-sp-2024-2027-draft --accept-epoch 1764115200
      Once, after a restore that lost entries, when the operator has told you
      what was lost: what was verified before is put aside.
  plenary evidence export itu-sp-2024-2027-draft -o all.zip && \\
      plenary verify --bundle all.zip
      A bundle, without the server.";

/// Of `evidence`.
pub const EVIDENCE: &str = "\
Examples:
  plenary evidence export itu-sp-2024-2027-draft -o all.zip
      Every entry with its proof, and verify.py, which needs only Python.
  plenary evidence export itu-sp-2024-2027-draft --element 2.7 -o 2.7.zip
      What happened to target 2.7.
  plenary evidence checkpoint itu-sp-2024-2027-draft > checkpoint
      To be kept, printed, or sent to somebody else.
  plenary evidence proof itu-sp-2024-2027-draft 3 -o 3.tlog-proof
      That entry 3 is in the log.";

/// Of `doctor`.
pub const DOCTOR: &str = "\
Examples:
  plenary doctor
      Look at everything.
  plenary doctor --json
      The same for programs.";
