//! Who wrote what, time lines, appearances.

use plenary_protocol::plan::Value;
use plenary_protocol::wire::past::{Appearance, BlameAnswer, FieldBlame, Named, Origin, Run, TimelineStep};
use plenary_protocol::wire::versions::{Signature, Version};
use plenary_protocol::{Covers, Seq};

use super::element::Layout;
use super::event::{claimed, person, reasons};
use super::time::moment;
use super::wrap::{one_line, wrap};
use crate::diff;
use crate::names::Names;
use crate::term::Paint;

/// Digits of a hash that are shown: enough to tell versions apart, not to prove anything.
const HASH_CHARS: usize = 12;

/// What an element is called, with its code before and today where those are others, and its title.
pub fn title(about: &Named, code_before: Option<&str>, names: &Names, paint: Paint) -> String {
    let words = match &about.code {
        Some(code) => format!("{} {code}", about.kind),
        None => names.words(&about.element, &about.kind),
    };
    let was = code_before.map(|code| format!(" (was {code})")).unwrap_or_default();
    let now = about.code_now.as_ref().map(|code| format!(" (today: {code})")).unwrap_or_default();
    let label = one_line(&about.label);
    let label = if label.is_empty() { label } else { format!(" {}", paint.dim(&label)) };
    format!("{}{was}{now}{label}", paint.bold(&words))
}

pub(super) fn of_lang(lang: Option<&str>) -> String {
    lang.map(|lang| format!(" [{lang}]")).unwrap_or_default()
}

/// An entry in words: who, when, why.
pub fn origin(origin: &Origin, names: &Names, paint: Paint) -> String {
    format!(
        "{} {}{}{}",
        paint.bold(&person(&origin.name, origin.bureau, origin.role, &origin.subject)),
        moment(&origin.at),
        claimed(origin.claimed_at.as_deref(), &origin.at, origin.behind),
        reasons(origin.because.as_deref(), &origin.answers, names)
    )
}

/// A version as a paragraph: its name and point, what it is, who named and who signed it.
pub fn version(version: &Version, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let Covers { seq, leaf } = version.covers;
    let hash: String = leaf.to_string().chars().take(HASH_CHARS).collect();
    let note = version.note.as_deref().map(|note| format!(": {}", one_line(note))).unwrap_or_default();
    let head = format!("{} entry {seq} ({hash}…){note}", paint.bold(version.name.as_str()));
    let entry = |what: &str, entry: &Origin| {
        let text = format!("{what} by {}, entry {}", origin(entry, names, paint), entry.seq);
        wrap("  ", "    ", &text, layout.width)
    };
    let mut lines = vec![wrap("", "  ", &head, layout.width), entry("named", &version.named)];
    let signed = |one: &Signature| entry(&paint.bold(one.meaning.as_str()), &one.signed);
    lines.extend(version.signatures.iter().map(signed));
    lines.join("\n")
}

/// Who wrote what of an element: values with their entries, texts run by run, then the entries.
pub fn blame(answer: &BlameAnswer, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let by = |seq: Option<Seq>| by(answer, seq);
    let mut lines = vec![wrap("", "  ", &title(&answer.about, None, names, paint), layout.width)];
    if let Some(made) = answer.made {
        lines.push(format!("  made {}", by(Some(made))));
    }
    for field in &answer.fields {
        let name = format!("  {}{}", paint.bold(&field.field), of_lang(field.lang.as_deref()));
        if field.runs.is_empty() {
            let value = field.value.as_ref().map_or("–".into(), |value| names.value(value));
            lines.push(wrap(
                &format!("{name}: "),
                "    ",
                &format!("{value}  {}", by(field.seq)),
                layout.width,
            ));
            lines.extend(field.members.iter().map(|one| format!("    {}  {}", one.member, by(one.seq))));
        } else {
            lines.push(name);
            lines.extend(runs(field, answer, layout));
        }
    }
    lines.push(String::new());
    lines.extend(answer.entries.iter().map(|entry| {
        let head = format!("{} ", paint.dim(&format!("{:>6}", entry.seq.0)));
        wrap(&head, "       ", &origin(entry, names, paint), layout.width)
    }));
    lines.join("\n")
}

fn by(answer: &BlameAnswer, seq: Option<Seq>) -> String {
    let entry = |seq: Seq| answer.entries.iter().find(|entry| entry.seq == seq);
    match seq {
        Some(seq) => match entry(seq) {
            Some(entry) => format!("({} {}, {})", seq, entry.name, entry.bureau),
            None => format!("({seq})"),
        },
        None => "(nobody known)".into(),
    }
}

fn runs(field: &FieldBlame, answer: &BlameAnswer, layout: Layout) -> Vec<String> {
    let line = |run: &Run| {
        let (text, gone) = match (run.deleted, layout.paint.0) {
            (None, _) => (run.text.clone(), String::new()),
            (deleted, true) => (layout.paint.gone(&run.text), format!(", deleted {}", by(answer, deleted))),
            (deleted, false) => (format!("[-{}-]", run.text), format!(", deleted {}", by(answer, deleted))),
        };
        let who = layout.paint.dim(&format!("{}{gone}", by(answer, run.seq)));
        wrap("    ", "    ", &format!("{text}  {who}"), layout.width)
    };
    field.runs.iter().map(line).collect()
}

/// One value of a time line as a paragraph.
pub fn step(step: &TimelineStep, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let entries = match step.first == step.origin.seq {
        true => format!("entry {}", step.first),
        false => format!("entries {}–{} · {} edits", step.first, step.origin.seq, step.edits),
    };
    let head = format!("{} {}", paint.dim(&entries), origin(&step.origin, names, paint));
    let text = match (&step.from, &step.to) {
        (Some(Value::Text(from)), Some(Value::Text(to))) if from.contains(' ') || to.contains(' ') => {
            diff::excerpt(from, to, paint)
        }
        (Some(from), Some(to)) if from == to => format!("another place under {}", names.value(to)),
        (from, to) => {
            let value =
                |value: &Option<Value>| value.as_ref().map_or("–".into(), |value| names.value(value));
            format!("{} → {}", value(from), value(to))
        }
    };
    let text = if step.concurrent { format!("{text} (several values at once)") } else { text };
    format!("{}\n{}", wrap("", "  ", &head, layout.width), wrap("    ", "    ", &text, layout.width))
}

/// Where something appeared, and whether it went again, as a paragraph.
pub fn appearance(found: &Appearance, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let field = format!("{}{}", found.field, of_lang(found.lang.as_deref()));
    let told = |what: &str, entry: &Origin| {
        let text = format!("{what} in entry {}: {}", entry.seq, origin(entry, names, paint));
        wrap("  ", "    ", &text, layout.width)
    };
    let mut lines = vec![
        wrap("", "  ", &format!("{}: {field}", title(&found.about, None, names, paint)), layout.width),
        told(if found.times > 1 { "first appeared" } else { "appeared" }, &found.first),
    ];
    lines.extend(found.last_gone.as_ref().map(|gone| told("last went", gone)));
    if found.stands {
        lines.push("  stands there".into());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    const LAYOUT: Layout = Layout { paint: Paint(false), width: None };

    fn entry(seq: u64) -> serde_json::Value {
        serde_json::json!({"seq": seq, "at": "2026-11-24T06:53:08Z", "subject": "ben.t", "name": "Ben T",
            "bureau": "TSB", "role": "drafter", "because": "asked"})
    }

    fn with(mut one: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    }

    #[test]
    fn blame_names_the_writer_of_each_run() {
        let answer = serde_json::from_value(serde_json::json!({
            "plan": "demo", "seq": 12, "element": "tgt-a", "kind": "target", "code": "1.2", "code_now": "1.1",
            "fields": [
                {"field": "due_year", "value": 2027, "seq": 9},
                {"field": "statement", "lang": "en", "value": "By 2027", "seq": 9, "runs": [
                    {"text": "By "}, {"text": "2026", "seq": 9, "deleted": 9}, {"text": "2027", "seq": 9}]}
            ],
            "entries": [entry(9)]
        }));
        assert_eq!(
            blame(&answer.unwrap(), &Names::of(&fixture::plan()), LAYOUT),
            "target 1.2 (today: 1.1)\n  due_year: 2027  (9 Ben T, TSB)\n  statement [en]\n    \
             By   (nobody known)\n    [-2026-]  (9 Ben T, TSB), deleted (9 Ben T, TSB)\n    \
             2027  (9 Ben T, TSB)\n\n     9 Ben T (TSB drafter, ben.t) 2026-11-24 06:53:08 UTC, because asked"
        );
    }

    #[test]
    fn a_version_tells_its_point_and_its_signatures() {
        let signed = with(entry(11), serde_json::json!({"meaning": "approved"}));
        let named = serde_json::json!({"name": "Rev.1", "covers": {"seq": 7, "leaf": "ab".repeat(32)},
            "note": "as sent", "named": entry(9), "signatures": [signed]});
        assert_eq!(
            version(&serde_json::from_value(named).unwrap(), &Names::default(), LAYOUT),
            "Rev.1 entry 7 (abababababab…): as sent\n  \
             named by Ben T (TSB drafter, ben.t) 2026-11-24 06:53:08 UTC, because asked, entry 9\n  \
             approved by Ben T (TSB drafter, ben.t) 2026-11-24 06:53:08 UTC, because asked, entry 11"
        );
    }

    #[test]
    fn a_late_step_says_so() {
        let late = serde_json::json!({"first": 9, "edits": 1, "from": 2026, "to": 2027, "behind": 37,
            "claimed_at": "2026-11-23T10:00:00Z"});
        let told = step(&serde_json::from_value(with(entry(9), late)).unwrap(), &Names::default(), LAYOUT);
        assert_eq!(
            told,
            "entry 9 Ben T (TSB drafter, ben.t) 2026-11-24 06:53:08 UTC (late: written 2026-11-23 10:00:00 UTC, 37 \
             entries behind), because asked\n    2026 → 2027"
        );
    }

    #[test]
    fn appearances_tell_both_ends() {
        let found = serde_json::json!({"element": "tgt-a", "kind": "target", "code": "1.1", "field": "statement",
            "lang": "en", "first": entry(5), "last_gone": entry(9), "stands": false, "times": 2});
        let told = appearance(&serde_json::from_value(found).unwrap(), &Names::default(), LAYOUT);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "target 1.1: statement [en]");
        assert!(lines[1].starts_with("  first appeared in entry 5: Ben T (TSB drafter, ben.t) 2026-11-24"));
        assert!(lines[2].starts_with("  last went in entry 9: ") && lines.len() == 3, "{told}");
    }
}
