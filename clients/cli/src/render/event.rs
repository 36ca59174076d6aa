//! Entries and revisions: one line for `watch` and `who`, a paragraph for `log`.

use plenary_protocol::access::Access;
use plenary_protocol::ids::{ElementId, Subject};
use plenary_protocol::principal::{Bureau, Role};
use plenary_protocol::record::{EditRow, Restores, RowOp, Setting};
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::{EventView, What, is_before};

use super::phrase::Deed;
use super::time::{clock, moment};
use super::wrap::{cut, one_line, wrap};
use crate::names::Names;
use crate::term::Paint;

/// Deeds of one entry that are told in a line; of more, the number is.
const DEEDS_TOLD_MAX: usize = 3;
/// Most characters of the title of a new element in a line.
const TITLE_CHARS_MAX: usize = 100;

/// An entry on one line, for people who watch.
pub fn live_line(event: &EventView, names: &Names, paint: Paint) -> String {
    let late = claimed(event.claimed_at.as_deref(), &event.at, event.behind);
    let head = format!("{} {}{late}", paint.dim(&format!("{:>5}", event.seq.0)), clock(&event.at));
    let who = paint.bold(&format!("{} ({})", event.name, event.bureau));
    format!(
        "{head} {who} {}{}",
        deeds(event, names, paint),
        reasons(event.because.as_deref(), &event.answers, names)
    )
}

/// An entry on one line with its whole time, for the raw log.
pub fn raw_line(event: &EventView, names: &Names, paint: Paint) -> String {
    let late = claimed(event.claimed_at.as_deref(), &event.at, event.behind);
    let head = format!("{} {}{late}", paint.dim(&format!("{:>5}", event.seq.0)), moment(&event.at));
    let who = paint.bold(&person(&event.name, event.bureau, event.role, &event.subject));
    let named =
        event.client_id.as_ref().map(|id| format!(" {}", paint.dim(&format!("[{id}]")))).unwrap_or_default();
    format!(
        "{head} {who} {}{}{named}",
        deeds(event, names, paint),
        reasons(event.because.as_deref(), &event.answers, names)
    )
}

/// A revision as a paragraph: who and when, what, from what to what, why.
pub fn revision(revision: &Revision, names: &Names, paint: Paint, width: Option<usize>) -> String {
    let entries = if revision.first == revision.last {
        format!("entry {}", revision.last)
    } else {
        format!("entries {}–{}", revision.first, revision.last)
    };
    let edits = if revision.edits > 1 { format!(" · {} edits", revision.edits) } else { String::new() };
    let claimed = claimed(revision.claimed_at.as_deref(), &revision.at, revision.behind);
    let (act, detail) = Deed::of_revision(revision, names).whole(names, paint);
    let head = format!(
        "{} {}",
        paint.bold(&person(&revision.name, revision.bureau, revision.role, &revision.subject)),
        paint.dim(&format!("{}{claimed} · {entries}{edits}", moment(&revision.at)))
    );
    let mut lines = vec![wrap("", "  ", &head, width), wrap("  ", "  ", &act, width)];
    if !detail.is_empty() {
        lines.push(wrap("    ", "    ", &detail, width));
    }
    if let Some(restores) = &revision.restores {
        lines.push(wrap("    ", "    ", &restored(restores, names), width));
    }
    if let Some(because) = &revision.because {
        // Its further lines must not pass for lines of the log.
        lines.push(wrap("    because ", "          | ", because, width));
    }
    if !revision.answers.is_empty() {
        lines.push(wrap("    answers ", "    ", &answers_words(&revision.answers, names), width));
    }
    lines.join("\n")
}

/// Who last changed something, on one line.
pub fn who_line(revision: &Revision, names: &Names, paint: Paint) -> String {
    let what = Deed::of_revision(revision, names).line(names, paint);
    let entry = format!("entry {}", revision.last);
    let back = revision.restores.as_ref().map(|restores| format!(" ({})", restored(restores, names)));
    format!(
        "{} {what}{}, {} {}{}",
        paint.bold(&person(&revision.name, revision.bureau, revision.role, &revision.subject)),
        back.unwrap_or_default(),
        format_args!(
            "{}{}",
            moment(&revision.at),
            claimed(revision.claimed_at.as_deref(), &revision.at, revision.behind)
        ),
        paint.dim(&format!("({entry})")),
        reasons(revision.because.as_deref(), &revision.answers, names)
    )
}

pub(super) fn person(name: &str, bureau: Bureau, role: Role, subject: &Subject) -> String {
    format!("{name} ({bureau} {role}, {subject})")
}

fn deeds(event: &EventView, names: &Names, paint: Paint) -> String {
    match &event.what {
        What::PlanCreated { title, stage, .. } => format!("created the plan “{}” ({stage})", one_line(title)),
        What::ActorBound { thin: true, .. } => "wrote here for the first time".into(),
        What::ActorBound { thin: false, .. } => "opened a copy of the plan to write in".into(),
        What::StageAdvanced { from, to, despite } => {
            let moved = format!("moved the plan from {from} to {}", paint.bold(to.as_str()));
            let open: Vec<String> = despite.iter().map(|(rule, count)| format!("{rule} ({count})")).collect();
            if open.is_empty() { moved } else { format!("{moved} despite {}", open.join(", ")) }
        }
        What::RuleSet { rule, to: Setting::Default, .. } => {
            format!("set the rule {rule} to what it says itself")
        }
        What::RuleSet { rule, to, .. } => format!("set the rule {rule} to {}", paint.bold(to.as_str())),
        What::AccessChanged { to: Access::Everybody, .. } => "opened the plan to everybody".into(),
        What::AccessChanged { to, .. } => {
            format!("narrowed who may read the plan to {}", one_line(&to.to_string()))
        }
        What::Refused { code, reason, count: Some(count), .. } => {
            let what = format!("was refused {count} more changes, the last:");
            format!("{} {} [{code}]", paint.red(&what), one_line(reason))
        }
        What::Refused { code, reason, .. } => {
            format!("{} {} [{code}]", paint.red("was refused a change:"), one_line(reason))
        }
        What::Exported(exported) => format!("exported {}", one_line(&exported.to_string())),
        What::VersionNamed { version, covers, note } => {
            let note = note.as_deref().map(|note| format!(": {}", one_line(note))).unwrap_or_default();
            format!("named entry {} “{}”{note}", covers.seq, paint.bold(version.as_str()))
        }
        What::VersionSigned { version, covers, meaning } => {
            let meaning = paint.bold(meaning.as_str());
            format!("signed version {version} (entry {}) as {meaning}", covers.seq)
        }
        What::Quarantined { seqs, reason, .. } => {
            let what = match seqs.as_slice() {
                [one] => format!("set entry {one} aside:"),
                [first, .., last] => format!("set {} entries aside, {first} to {last}:", seqs.len()),
                [] => "set nothing aside:".to_owned(),
            };
            format!("{} {}", paint.red(&what), one_line(reason))
        }
        What::SetAside { by, .. } => {
            format!("{} (entry {by} says why)", paint.red("made a change that was set aside"))
        }
        What::Change { edits, .. } if edits.is_empty() => "changed nothing that shows".into(),
        What::Change { edits, restores } => {
            // What follows the addition of an element fills it; the addition says enough.
            let made: Vec<&ElementId> =
                edits.iter().filter(|row| is_addition(row)).map(|row| &row.element).collect();
            let told: Vec<_> =
                edits.iter().filter(|row| is_addition(row) || !made.contains(&&row.element)).collect();
            let words: Vec<String> = told
                .iter()
                .take(DEEDS_TOLD_MAX)
                .map(|row| {
                    let title = if is_addition(row) { title_of(row, edits) } else { String::new() };
                    format!("{}{title}", Deed::of_row(row, names).line(names, paint))
                })
                .collect();
            let words = match told.len().saturating_sub(DEEDS_TOLD_MAX) {
                0 => words.join("; "),
                more => format!("{}; and {more} more", words.join("; ")),
            };
            match restores {
                Some(restores) => format!("{}: {words}", restored(restores, names)),
                None => words,
            }
        }
    }
}

/// What was put back, and to which entry.
fn restored(restores: &Restores, names: &Names) -> String {
    let Restores { seq, scope } = restores;
    let lang = scope.lang.as_ref().map(|lang| format!(" [{lang}]")).unwrap_or_default();
    let what = match (&scope.element, &scope.field) {
        (None, _) => "the whole plan".to_owned(),
        (Some(element), None) => names.words(element, ""),
        (Some(element), Some(field)) => format!("{field}{lang} of {}", names.words(element, "")),
    };
    format!("restored {what} to entry {seq}")
}

fn is_addition(row: &EditRow) -> bool {
    row.op == RowOp::Add
}

/// What a new element is called, from the texts that came with it.
fn title_of(addition: &EditRow, edits: &[EditRow]) -> String {
    let texts = || edits.iter().filter(|row| row.op == RowOp::Text && row.element == addition.element);
    let named = |name: &str| texts().find(|row| row.field == name);
    let row = named("title").or_else(|| named("statement")).or_else(|| texts().next());
    let text = row.and_then(|row| row.inserted.as_deref()).unwrap_or_default();
    if text.is_empty() { String::new() } else { format!(": {}", cut(&one_line(text), TITLE_CHARS_MAX)) }
}

/// When the author says it was done, where that is another time; of what came late how far behind.
pub(super) fn claimed(claimed_at: Option<&str>, at: &str, behind: Option<u64>) -> String {
    let Some(written) = claimed_at else { return String::new() };
    if !is_before(claimed_at, at) {
        return format!(" (the author says at {})", moment(written));
    }
    let behind = behind.map(|count| format!(", {count} entries behind")).unwrap_or_default();
    format!(" (late: written {}{behind})", moment(written))
}

pub(super) fn reasons(because: Option<&str>, answers: &[ElementId], names: &Names) -> String {
    let mut text = because.map(|because| format!(", because {}", one_line(because))).unwrap_or_default();
    if !answers.is_empty() {
        text.push_str(&format!(", in answer to {}", answers_words(answers, names)));
    }
    text
}

fn answers_words(answers: &[ElementId], names: &Names) -> String {
    answers.iter().map(|id| names.words(id, "")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    const PLAIN: Paint = Paint(false);

    fn sample() -> Revision {
        serde_json::from_value(serde_json::json!({
            "first": 9, "last": 12, "edits": 4, "at": "2026-11-24T06:53:08Z", "subject": "ben.t", "name": "Ben T",
            "bureau": "TSB", "role": "drafter", "op": "text", "element": "tgt-a", "kind": "target", "code": "1.2",
            "code_now": "1.1", "field": "statement", "lang": "en", "from": "By 2026, 65 %", "to": "By 2027, 65 %",
            "because": "as the\nCouncil asked", "answers": ["pri-a"]
        }))
        .unwrap()
    }

    #[test]
    fn who_is_one_line() {
        let line = who_line(&sample(), &Names::of(&fixture::plan()), PLAIN);
        assert_eq!(
            line,
            "Ben T (TSB drafter, ben.t) changed statement of target 1.2 (today: 1.1) [en]: By [-2026-]{+2027+}, 65 %, \
             2026-11-24 06:53:08 UTC (entry 12), because as the Council asked, in answer to priority 1"
        );
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn a_revision_is_a_paragraph() {
        let text = revision(&sample(), &Names::of(&fixture::plan()), PLAIN, None);
        assert_eq!(
            text,
            "Ben T (TSB drafter, ben.t) 2026-11-24 06:53:08 UTC · entries 9–12 · 4 edits\n  \
               changed statement of target 1.2 (today: 1.1) [en]\n    \
                 By [-2026-]{+2027+}, 65 %\n    \
                 because as the\n          | Council asked\n    \
                 answers priority 1"
        );
    }

    fn entry(what: serde_json::Value) -> EventView {
        let mut event = serde_json::json!({
            "plan": "demo", "seq": 12, "at": "2026-11-24T06:53:08Z", "subject": "ben.t", "name": "Ben T",
            "bureau": "TSB", "role": "drafter", "leaf": "0".repeat(64)
        });
        event.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn an_entry_is_one_line() {
        let names = Names::of(&fixture::plan());
        let event = entry(serde_json::json!({"type": "change", "edits": [
            {"op": "set", "element": "tgt-a", "kind": "target", "field": "due_year", "from": 2026, "to": 2027}
        ]}));
        assert_eq!(
            live_line(&event, &names, PLAIN),
            "   12 06:53:08 Ben T (TSB) set due_year of target 1.1: 2026 → 2027"
        );
        let event = entry(serde_json::json!({"type": "stage_advanced", "from": "council", "to": "adopted"}));
        assert!(live_line(&event, &names, PLAIN).ends_with("moved the plan from council to adopted"));
        let only = serde_json::json!({"only": {"roles": ["chair"], "bureaux": ["TSB"]}});
        let event = entry(serde_json::json!({"type": "access_changed", "from": "everybody", "to": only}));
        let line = live_line(&event, &names, PLAIN);
        assert!(line.ends_with("narrowed who may read the plan to role:chair, bureau:TSB"), "{line}");
        let event = entry(serde_json::json!({"type": "access_changed", "from": only, "to": "everybody"}));
        assert!(live_line(&event, &names, PLAIN).ends_with("opened the plan to everybody"));
    }

    #[test]
    fn a_restoration_names_the_point() {
        let names = Names::of(&fixture::plan());
        let event = entry(serde_json::json!({"type": "change", "edits": [
            {"op": "set", "element": "tgt-a", "kind": "target", "field": "due_year", "from": 2027, "to": 2026}
        ], "restores": {"seq": 3, "scope": {"element": "tgt-a", "field": "due_year"}}}));
        assert!(live_line(&event, &names, PLAIN).ends_with(
            "restored due_year of target 1.1 to entry 3: set due_year of target 1.1: 2027 → 2026"
        ));
        let whole =
            Restores { seq: plenary_protocol::Seq(7), scope: plenary_protocol::record::Scope::default() };
        let told = Revision { restores: Some(whole), ..sample() };
        assert!(revision(&told, &names, PLAIN, None).contains("restored the whole plan to entry 7"));
        assert!(who_line(&told, &names, PLAIN).contains(" (restored the whole plan to entry 7), 2026-11-24"));
    }

    #[test]
    fn what_fills_a_new_element_is_not_told_again() {
        let event = entry(serde_json::json!({"type": "change", "edits": [
            {"op": "add", "element": "gol-n", "kind": "goal", "field": "element"},
            {"op": "text", "element": "gol-n", "kind": "goal", "field": "title", "inserted": "A new goal"},
            {"op": "set", "element": "gol-n", "kind": "goal", "field": "source", "to": "x"}
        ]}));
        assert!(live_line(&event, &Names::default(), PLAIN).ends_with("(TSB) added goal gol-n: A new goal"));
    }
}
