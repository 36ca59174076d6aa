//! The past compared: differences, who wrote what, time lines, appearances.

use plenary_protocol::Seq;
use plenary_protocol::plan::{Kind, Value};
use plenary_protocol::wire::past::{
    Appearance, BlameAnswer, Change, Difference, FieldBlame, Named, Origin, Segment, TimelineStep,
};

use super::element::Layout;
use super::event::{claimed, person, reasons};
use super::time::moment;
use super::wrap::{one_line, wrap};
use crate::diff;
use crate::names::Names;
use crate::term::Paint;

/// Characters of unchanged text kept on each side of a change.
const CONTEXT_CHARS: usize = 60;

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

/// Differences as paragraphs, one for each element or link in a row.
pub fn differences(all: &[Difference], names: &Names, layout: Layout) -> String {
    let groups = all.chunk_by(|a, b| a.about.element == b.about.element);
    let mut out = Vec::new();
    let mut light = Vec::new();
    for group in groups {
        if let [Difference { about, code_before, what: Change::Renumbered }] = group {
            let code = |code: &Option<String>| code.clone().unwrap_or_else(|| "–".into());
            light.push(format!("{} {} → {}", about.kind, code(code_before), code(&about.code)));
            continue;
        }
        out.push(group_of_one(group, names, layout));
    }
    if !light.is_empty() {
        out.push(wrap("renumbered: ", "  ", &light.join(", "), layout.width));
    }
    out.join("\n\n")
}

fn group_of_one(group: &[Difference], names: &Names, layout: Layout) -> String {
    let Some(first) = group.first() else { return String::new() };
    let paint = layout.paint;
    let mut lines = vec![title(&first.about, first.code_before.as_deref(), names, paint)];
    let is_new = group.iter().any(|one| matches!(one.what, Change::Added { .. }));
    for one in group {
        lines.push(wrap("  ", "    ", &change(&one.what, &one.about, is_new, names, paint), layout.width));
    }
    lines.join("\n")
}

fn change(change: &Change, about: &Named, is_new: bool, names: &Names, paint: Paint) -> String {
    let place = |named: &Option<Named>| {
        named.as_ref().map_or("the top of the plan".to_owned(), |named| short(named, names))
    };
    match change {
        Change::Added { from, to: Some(to) } => {
            paint.green(&format!("linked: {} {} {}", place(from), about.kind, short(to, names)))
        }
        Change::Added { from: None, .. } if Kind::named(&about.kind).is_some() => {
            paint.green("added at the top of the plan")
        }
        Change::Added { from, .. } => paint.green(&format!("added under {}", place(from))),
        Change::Removed => paint.red("removed"),
        Change::Restored => paint.green("restored"),
        Change::Moved { from, to } => {
            let is_same =
                from.as_ref().map(|named| &named.element) == to.as_ref().map(|named| &named.element);
            match is_same {
                true => format!("moved to another place under {}", place(to)),
                false => format!("moved from {} to {}", place(from), place(to)),
            }
        }
        Change::Renumbered => "renumbered".to_owned(),
        Change::Set { field, from, to } => {
            let value =
                |value: &Option<Value>| value.as_ref().map_or("–".into(), |value| names.value(value));
            match (from, is_new) {
                (None, true) => format!("{field}: {}", value(to)),
                _ => format!("{field}: {} → {}", value(from), value(to)),
            }
        }
        Change::Text { field, lang, segments } => {
            let text = match (segments.as_slice(), is_new) {
                ([Segment::Inserted(text)], true) => text.clone(),
                (segments, _) => self::segments(segments, paint),
            };
            format!("{field}{}: {text}", of_lang(lang.as_deref()))
        }
    }
}

fn short(named: &Named, names: &Names) -> String {
    match &named.code {
        Some(code) => format!("{} {code}", named.kind),
        None => names.words(&named.element, &named.kind),
    }
}

fn of_lang(lang: Option<&str>) -> String {
    lang.map(|lang| format!(" [{lang}]")).unwrap_or_default()
}

/// Both texts with what went and what came, long unchanged stretches cut to what is near a change.
pub fn segments(segments: &[Segment], paint: Paint) -> String {
    let last = segments.len().saturating_sub(1);
    let show = |(index, segment): (usize, &Segment)| match (segment, paint.0) {
        (Segment::Equal(text), _) => {
            let head = if index == 0 { 0 } else { CONTEXT_CHARS };
            let tail = if index == last { 0 } else { CONTEXT_CHARS };
            let chars: Vec<char> = text.chars().collect();
            if chars.len() <= head + tail + 3 {
                return text.clone();
            }
            let (head, tail) = (&chars[..head], &chars[chars.len() - tail..]);
            format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        (Segment::Deleted(text), true) => paint.red(text),
        (Segment::Inserted(text), true) => paint.green(text),
        (Segment::Deleted(text), false) => format!("[-{text}-]"),
        (Segment::Inserted(text), false) => format!("{{+{text}+}}"),
    };
    segments.iter().enumerate().map(show).collect()
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

/// Who wrote what of an element: values with their entries, texts run by run, then the entries.
pub fn blame(answer: &BlameAnswer, names: &Names, layout: Layout) -> String {
    let paint = layout.paint;
    let by = |seq: Option<Seq>| by(answer, seq);
    let mut lines = vec![title(&answer.about, None, names, paint)];
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
    let line = |run: &plenary_protocol::wire::past::Run| {
        let (text, gone) = match (run.deleted, layout.paint.0) {
            (None, _) => (run.text.clone(), String::new()),
            (deleted, true) => (layout.paint.red(&run.text), format!(", deleted {}", by(answer, deleted))),
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
        format!("{}: {field}", title(&found.about, None, names, paint)),
        told(if found.times > 1 { "first appeared" } else { "appeared" }, &found.first),
    ];
    lines.extend(found.last_gone.as_ref().map(|gone| told("last went", gone)));
    if found.stands {
        lines.push("  stands there".into());
    }
    lines.join("\n")
}
