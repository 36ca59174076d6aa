//! One element, link or the plan itself with all it says.

use std::collections::BTreeMap;

use plenary_protocol::plan::view::ConcurrentValue;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};

use super::time::moment;
use super::wrap::wrap;
use crate::names::Names;
use crate::term::Paint;

/// Columns of the names of fields.
const NAME_COLUMNS: usize = 14;

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
    let mut lines = vec![head];
    let mut row = |name: &str, text: &str| lines.push(field(name, text, layout));
    if let Some(today) = today {
        row("today", today);
    }
    if let Some(parent) = &element.parent {
        row("under", &names.words(parent, ""));
    }
    if let Some(owner) = element.owner {
        row("owner", owner.as_str());
    }
    for (lang, texts) in &element.text {
        for (name, text) in texts {
            let name = if lang == view.language() { name.clone() } else { format!("{name} [{lang}]") };
            row(&name, text);
        }
    }
    for (name, value) in &element.fields {
        row(name, &names.value(value));
    }
    lines.extend(to_settle(&element.concurrent, layout));
    let below = view.elements.iter().filter(|other| other.parent.as_ref() == Some(&element.id));
    for (index, child) in below.enumerate() {
        let name = if index == 0 { "has" } else { "" };
        let label = child.label(view.language());
        lines.push(field(name, &format!("{} {label}", names.words(&child.id, "")), layout));
    }
    let of_it = view.links.iter().filter(|link| link.from == element.id || link.to == element.id);
    lines.extend(of_it.map(|link| field("link", &link_words(link, &names, layout.paint), layout)));
    lines.join("\n")
}

/// A link: from, to, fields.
pub fn link(view: &PlanView, link: &LinkView, layout: Layout) -> String {
    let names = Names::of(view);
    let mut lines = vec![link_words(link, &names, layout.paint)];
    if !link.note.is_empty() {
        lines.push(field("note", &link.note, layout));
    }
    lines.extend(to_settle(&link.concurrent, layout));
    lines.join("\n")
}

/// The plan's own fields.
pub fn plan(view: &PlanView, layout: Layout) -> String {
    let mut lines = vec![super::outline::heading(view, layout.paint, layout.width)];
    lines.extend(view.plan.iter().map(|(name, value)| field(name, &value.to_string(), layout)));
    lines.extend(to_settle(&view.concurrent, layout));
    lines.join("\n")
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

fn to_settle(concurrent: &BTreeMap<String, Vec<ConcurrentValue>>, layout: Layout) -> Vec<String> {
    let mut lines = Vec::new();
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
            lines.push(field(&layout.paint.yellow("to settle"), &text, layout));
        }
    }
    lines
}

fn field(name: &str, text: &str, layout: Layout) -> String {
    let columns = super::wrap::columns(name);
    let gap = " ".repeat(NAME_COLUMNS.saturating_sub(columns).max(2));
    let hang = " ".repeat(NAME_COLUMNS + 2);
    wrap(&format!("  {name}{gap}"), &hang, text, layout.width)
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
