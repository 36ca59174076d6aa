//! One element, link or the plan itself with all it says.

use std::collections::BTreeMap;

use plenary_protocol::plan::view::ConcurrentValue;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};

use super::time::moment;
use super::wrap::{columns, wrap};
use crate::names::{Names, label};
use crate::term::Paint;

/// Columns of the names of fields, at least and at most.
const NAME_COLUMNS: (usize, usize) = (14, 24);

/// How answers are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Colours.
    pub paint: Paint,
    /// Columns to wrap to.
    pub width: Option<usize>,
}

/// An element: place, texts, fields, what stands under it, links.
pub fn element(view: &PlanView, element: &ElementView, today: Option<&str>, layout: Layout) -> String {
    let names = Names::of(view);
    let mut head = layout.paint.bold(&match &element.code {
        Some(code) => format!("{} {code}", element.kind),
        None => element.kind.to_string(),
    });
    head.push_str(&format!("  {}", layout.paint.dim(element.id.as_str())));
    if element.removed {
        head.push_str(&format!("  {}", layout.paint.red("removed")));
    }
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, text: String| rows.push((name.to_owned(), text));
    if let Some(today) = today {
        row("today", today.to_owned());
    }
    if let Some(parent) = &element.parent {
        row("under", names.words(parent, ""));
    }
    if let Some(owner) = element.owner {
        row("owner", owner.to_string());
    }
    for (lang, texts) in &element.text {
        for (name, text) in texts {
            let name = if lang == view.language() { name.clone() } else { format!("{name} [{lang}]") };
            row(&name, text.clone());
        }
    }
    for (name, value) in &element.fields {
        row(name, names.value(value));
    }
    rows.extend(to_settle(&element.concurrent, layout));
    let below = view.elements.iter().filter(|other| other.parent.as_ref() == Some(&element.id));
    for (index, child) in below.enumerate() {
        let name = if index == 0 { "has" } else { "" };
        let gone = if child.removed { " (removed)" } else { "" };
        let text = format!("{} {}{gone}", names.words(&child.id, ""), label(child, view.language()));
        rows.push((name.to_owned(), text));
    }
    let of_it = view.links.iter().filter(|link| link.from == element.id || link.to == element.id);
    rows.extend(of_it.map(|link| ("link".to_owned(), link_words(link, &names, layout.paint))));
    format!("{head}\n{}", table(&rows, layout))
}

/// A link: from, to, fields.
pub fn link(view: &PlanView, link: &LinkView, layout: Layout) -> String {
    let names = Names::of(view);
    let mut rows = Vec::new();
    if !link.note.is_empty() {
        rows.push(("note".to_owned(), link.note.clone()));
    }
    rows.extend(to_settle(&link.concurrent, layout));
    format!("{}\n{}", link_words(link, &names, layout.paint), table(&rows, layout))
}

/// The plan's own fields.
pub fn plan(view: &PlanView, layout: Layout) -> String {
    let mut rows: Vec<(String, String)> =
        view.plan.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    rows.extend(to_settle(&view.concurrent, layout));
    let head = super::outline::heading(view, layout.paint, layout.width);
    format!("{head}\n\n{}", table(&rows, layout))
}

/// The values of a field among which somebody has to choose, counted from 1.
pub fn values(values: &[ConcurrentValue], names: &Names, layout: Layout) -> String {
    let line = |(index, value): (usize, &ConcurrentValue)| {
        let head = format!("  {}  ", index + 1);
        let told = format!(
            "{}  {}",
            layout.paint.bold(&names.value(&value.value)),
            layout.paint.dim(&format!(
                "{} ({}), entry {}, {}",
                value.name,
                value.bureau,
                value.seq,
                moment(&value.at)
            ))
        );
        wrap(&head, "     ", &told, layout.width)
    };
    values.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn link_words(link: &LinkView, names: &Names, paint: Paint) -> String {
    let mut text = format!("{} {} {}", names.words(&link.from, ""), link.kind, names.words(&link.to, ""));
    let given: Vec<String> = link
        .fields
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Null))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !given.is_empty() {
        text.push_str(&format!(" ({})", given.join(", ")));
    }
    text.push_str(&format!("  {}", paint.dim(link.id.as_str())));
    if link.removed {
        text.push_str(&format!("  {}", paint.red("removed")));
    }
    text
}

fn to_settle(concurrent: &BTreeMap<String, Vec<ConcurrentValue>>, layout: Layout) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (name, values) in concurrent {
        for value in values {
            let text = format!(
                "{name}: {} by {} ({}), entry {}, {}",
                value.value,
                value.name,
                value.bureau,
                value.seq,
                moment(&value.at)
            );
            rows.push((layout.paint.yellow("to settle"), text));
        }
    }
    rows
}

/// Names and what they say, one beside the other.
fn table(rows: &[(String, String)], layout: Layout) -> String {
    let longest = rows.iter().map(|(name, _)| columns(name) + 2).max().unwrap_or_default();
    let room = longest.clamp(NAME_COLUMNS.0, NAME_COLUMNS.1);
    let hang = " ".repeat(room + 2);
    let line = |(name, text): &(String, String)| {
        let gap = " ".repeat(room.saturating_sub(columns(name)).max(2));
        wrap(&format!("  {name}{gap}"), &hang, text, layout.width)
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    const LAYOUT: Layout = Layout { paint: Paint(false), width: None };

    #[test]
    fn an_element_says_everything() {
        let view = fixture::plan();
        let text = element(&view, &view.elements[1], Some("target 1.4"), LAYOUT);
        assert_eq!(
            text,
            "target 1.1  tgt-a\n  \
               today         target 1.4\n  \
               under         goal 1\n  \
               owner         BDT\n  \
               statement     By 2027, 75 % of households have access to the Internet at home\n  \
               due_year      2027\n  \
               to settle     due_year: 2027 by Ana (BDT), entry 11, 2026-11-24 06:50:00 UTC\n  \
               to settle     due_year: 2026 by Ben (TSB), entry 12, 2026-11-24 06:53:08 UTC"
        );
    }

    #[test]
    fn children_and_links_are_named() {
        let view = fixture::plan();
        let text = element(&view, &view.elements[0], None, LAYOUT);
        assert!(text.contains("title [fr]    Connectivité universelle"), "{text}");
        assert!(text.contains("has           target 1.1 By 2027"), "{text}");
        assert!(text.contains("priority 1 contributes_to goal 1 (strength primary)  lnk-1"), "{text}");
    }

    #[test]
    fn values_to_settle_are_counted_from_one() {
        let view = fixture::plan();
        let text = values(&view.elements[1].concurrent["due_year"], &Names::default(), LAYOUT);
        assert!(text.starts_with("  1  2027  Ana (BDT), entry 11"), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("  2  2026  Ben (TSB)"), "{text}");
    }
}
