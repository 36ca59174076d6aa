//! What differs between two points of a plan.

use plenary_protocol::plan::{Kind, Value};
use plenary_protocol::wire::past::{Change, Difference, Named, Segment};

use super::element::Layout;
use super::past::{of_lang, title};
use super::wrap::wrap;
use crate::names::Names;
use crate::term::Paint;

/// Characters of unchanged text kept on each side of a change.
const CONTEXT_CHARS: usize = 60;

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
    let mut lines =
        vec![wrap("", "  ", &title(&first.about, first.code_before.as_deref(), names, paint), layout.width)];
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

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn shown(all: serde_json::Value) -> String {
        let all: Vec<Difference> = serde_json::from_value(all).unwrap();
        differences(&all, &Names::of(&fixture::plan()), Layout { paint: Paint(false), width: None })
    }

    #[test]
    fn one_element_is_one_paragraph_and_new_numbers_come_last() {
        let target = serde_json::json!({"element": "tgt-a", "kind": "target", "code": "1.1"});
        let with = |more: serde_json::Value| {
            let mut one = target.clone();
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        let goal = serde_json::json!({"element": "gol-a", "kind": "goal", "code": "1"});
        let text = shown(serde_json::json!([
            {"element": "tgt-b", "kind": "target", "code": "1.2", "code_before": "1.1", "change": "renumbered"},
            with(serde_json::json!({"change": "moved", "to": goal, "code_before": "2"})),
            with(serde_json::json!({"change": "set", "field": "due_year", "from": 2026, "code_before": "2"})),
            with(serde_json::json!({"change": "text", "field": "statement", "lang": "en", "code_before": "2",
                "segments": [{"op": "equal", "text": "By "}, {"op": "deleted", "text": "2026"},
                    {"op": "inserted", "text": "2027"}]})),
        ]));
        assert_eq!(
            text,
            "target 1.1 (was 2)\n  moved from the top of the plan to goal 1\n  due_year: 2026 → –\n  \
             statement [en]: By [-2026-]{+2027+}\n\nrenumbered: target 1.1 → 1.2"
        );
    }

    #[test]
    fn what_is_new_is_told_without_marks() {
        let text = shown(serde_json::json!([
            {"element": "pri-a", "kind": "priority", "code": "1", "change": "added"},
            {"element": "pri-a", "kind": "priority", "code": "1", "change": "text", "field": "title", "lang": "en",
                "segments": [{"op": "inserted", "text": "Spectrum use"}]},
            {"element": "lnk-1", "kind": "contributes_to", "change": "removed"},
        ]));
        assert_eq!(
            text,
            "priority 1\n  added at the top of the plan\n  title [en]: Spectrum use\n\n\
             priority 1 contributes_to goal 1\n  removed"
        );
    }

    #[test]
    fn far_from_a_change_a_text_is_cut() {
        let long = "word ".repeat(60);
        let parts = [Segment::Equal(long.clone()), Segment::Inserted("new".into()), Segment::Equal(long)];
        let text = segments(&parts, Paint(false));
        assert!(text.starts_with('…') && text.ends_with('…') && text.contains("word {+new+}word"), "{text}");
        assert!(text.chars().count() < 140, "{text}");
    }
}
