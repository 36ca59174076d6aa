//! A report for people: who changed what, by Bureau and period, with reasons; counts; then the entries.
//!
//! One HTML page that needs nothing else: no script, no address, styles within, made for screen and
//! paper.  Everything that people wrote is escaped, and what hides in it is shown.  Codes and titles are
//! those as of the last entry of the range.

pub(super) mod html;
mod summary;

use std::fmt::Write as _;

use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::text::words::segments;
use plenary_protocol::wire::event::{EventView, What};
use plenary_protocol::wire::past::Segment;
use plenary_protocol::{Bureau, ElementId};

pub use summary::Summary;

use super::edits::act_values;
use super::scope::{Names, Scope, Taken};
use crate::history::BATCH_ROWS;
use html::text;
use summary::{Deeds, Reasons, Sum, Work, act_words};

/// Characters of a title that are told beside a code.
const TITLE_CHARS_MAX: usize = 120;
/// Characters of one value that are told; of longer ones it is told how much is left out.
const VALUE_CHARS_MAX: usize = 1_500;

const STYLE: &str = include_str!("report/style.css");

/// Writes a report.
#[derive(Debug)]
pub struct Writer {
    names: Names,
    day: String,
}

impl Writer {
    /// Begins a report: all that comes before the entries.
    pub fn begin(scope: &Scope, summary: Summary, out: &mut Vec<u8>) -> Writer {
        let summary = summary.by_period();
        let mut page = String::new();
        head(&mut page, scope, &summary);
        let writer = Writer { names: scope.names.clone(), day: String::new() };
        writer.counts(&mut page, &summary);
        writer.by_bureau(&mut page, &summary);
        page.push_str("<h2>The entries</h2>\n<table class=\"entries\"><thead><tr><th>Entry<th>Who<th>What<th>Why</thead>\n");
        if summary.sum.entries == 0 {
            page.push_str("<tbody><tr><td colspan=\"4\">No entry fits.\n");
        }
        out.extend(page.as_bytes());
        writer
    }

    /// Takes in the next entry.
    pub fn take(&mut self, taken: &Taken<'_>, out: &mut Vec<u8>) {
        let event = taken.event;
        let (day, time) = event.at.split_once('T').unwrap_or((&event.at, ""));
        let mut page = String::new();
        if self.day != day {
            day.clone_into(&mut self.day);
            _ = writeln!(page, "<tbody><tr class=\"day\"><th colspan=\"4\" scope=\"rowgroup\">{}", text(day));
        }
        let time = time.get(..8).unwrap_or(time);
        _ = write!(page, "<tr><td class=\"entry\">{}<br><small>{}</small>", event.seq, text(time));
        _ = write!(
            page,
            "<td>{}<br><small>{} {}, {}</small>",
            text(&event.name),
            event.bureau,
            event.role,
            text(event.subject.as_str())
        );
        if let Some(claimed) = &event.claimed_at {
            _ = write!(page, "<br><small>the author says {}</small>", text(&moment(claimed)));
        }
        page.push_str("<td>");
        self.what(&mut page, taken);
        page.push_str("<td>");
        why(&mut page, event);
        page.push('\n');
        out.extend(page.as_bytes());
    }

    /// Ends the report.
    pub fn end(&self, out: &mut Vec<u8>) {
        out.extend(b"</table>\n</main>\n</html>\n");
    }

    fn what(&self, page: &mut String, taken: &Taken<'_>) {
        let event = taken.event;
        if event.edits().is_empty() {
            let (from, to) = act_values(&event.what);
            _ = write!(page, "<b>{}</b> ", act_words(&event.what));
            if !matches!(event.what, What::ActorBound { .. }) {
                arrow(page, &from, &to);
            }
            return;
        }
        if taken.rows.len() > BATCH_ROWS {
            _ = write!(
                page,
                "<b>{} edits at once</b>; each stands in the CSV of this range",
                taken.rows.len()
            );
            return;
        }
        page.push_str("<ul>");
        let mut before = None;
        for row in taken.edits() {
            page.push_str("<li>");
            // Its title is told once in a row.
            self.edit(page, row, before.replace(&row.element) == Some(&row.element));
        }
        page.push_str("</ul>");
    }

    fn edit(&self, page: &mut String, row: &EditRow, is_known: bool) {
        let of = match is_known {
            true => self.called(&row.element, &row.kind),
            false => self.named(&row.element, &row.kind),
        };
        let lang = row.lang.as_ref().map(|lang| format!(" [{}]", text(lang))).unwrap_or_default();
        match row.op {
            RowOp::Add | RowOp::Remove | RowOp::Restore => {
                let deed = match row.op {
                    RowOp::Add => "added",
                    RowOp::Remove => "removed",
                    _ => "restored",
                };
                _ = write!(page, "{deed} {of}");
            }
            RowOp::Move => {
                _ = write!(page, "moved {of} ");
                arrow(page, &self.place(row.from.as_ref()), &self.place(row.to.as_ref()));
            }
            RowOp::Set | RowOp::Text => {
                _ = write!(page, "<b>{}</b>{lang} of {of}<br>", text(&row.field));
                change(page, row);
            }
        }
        if row.concurrent {
            page.push_str(" <em>(several values at once)</em>");
        }
    }

    /// What an element is called: kind, code or id, title.
    fn named(&self, element: &ElementId, kind: &str) -> String {
        let label = self.names.get(element).map_or("", |named| named.label.as_str());
        let title = html::cut(label, TITLE_CHARS_MAX).0.replace(['\n', '\r'], " ");
        let title = if title.is_empty() { String::new() } else { format!(" <cite>{}</cite>", text(&title)) };
        format!("{}{title}", self.called(element, kind))
    }

    /// What an element is called in short: kind, code or id.
    fn called(&self, element: &ElementId, kind: &str) -> String {
        let code = self.names.get(element).and_then(|named| named.code.as_deref());
        let code = code.unwrap_or(element.as_str());
        let code = if element.is_plan() { String::new() } else { format!(" {}", text(code)) };
        format!("{}{code}", text(&kind.replace('_', " ")))
    }

    /// The place that a move names, in plain letters.
    fn place(&self, value: Option<&Value>) -> String {
        let Some(Value::Text(parent)) = value else { return "the top of the plan".to_owned() };
        let named = parent.parse().ok().and_then(|id: ElementId| self.names.get(&id));
        named.map_or_else(
            || parent.clone(),
            |named| format!("{} {}", named.kind.replace('_', " "), named.code.as_deref().unwrap_or(parent)),
        )
    }

    fn counts(&self, page: &mut String, summary: &Summary) {
        page.push_str("<h2>How much</h2>\n<table class=\"counts\"><caption>Edits by Bureau and period, entries in brackets</caption><thead><tr><th>Period");
        for bureau in Bureau::ALL {
            _ = write!(page, "<th class=\"n\">{bureau}");
        }
        page.push_str("<th class=\"n\">All</thead><tbody>\n");
        for period in summary.periods() {
            _ = write!(page, "<tr><th scope=\"row\">{}", text(period));
            let of = |bureau: &Bureau| {
                summary.work.get(bureau).and_then(|work| work.get(period)).map(|work| work.sum)
            };
            sums(page, of);
        }
        page.push_str("<tr class=\"all\"><th scope=\"row\">All");
        sums(page, |bureau| {
            let work = summary.work.get(bureau)?;
            Some(work.values().fold(Sum::default(), |all, work| Sum {
                entries: all.entries + work.sum.entries,
                edits: all.edits + work.sum.edits,
            }))
        });
        page.push_str("</table>\n<table class=\"counts\"><caption>People</caption><thead><tr><th>Who<th>Bureau<th>Role<th class=\"n\">Entries<th class=\"n\">Edits</thead><tbody>\n");
        for (person, sum) in &summary.people {
            _ = writeln!(
                page,
                "<tr><th scope=\"row\">{} <small>{}</small><td>{}<td>{}<td class=\"n\">{}<td class=\"n\">{}",
                text(&person.name),
                text(&person.subject),
                person.bureau,
                text(&person.role),
                sum.entries,
                sum.edits
            );
        }
        page.push_str("</table>\n");
        if summary.elements.is_empty() {
            return;
        }
        page.push_str("<table class=\"counts\"><caption>Elements and links, by their place in the plan</caption><thead><tr><th>What");
        for bureau in Bureau::ALL {
            _ = write!(page, "<th class=\"n\">{bureau}");
        }
        page.push_str("<th class=\"n\">All</thead><tbody>\n");
        let mut elements: Vec<_> = summary.elements.iter().collect();
        elements.sort_by_key(|(element, _)| (self.names.place(element), (*element).clone()));
        for (element, (kind, by)) in elements {
            _ = write!(page, "<tr><th scope=\"row\">{}", self.named(element, kind));
            for bureau in Bureau::ALL {
                match by.get(&bureau) {
                    Some(edits) => _ = write!(page, "<td class=\"n\">{edits}"),
                    None => page.push_str("<td class=\"n\">"),
                }
            }
            _ = writeln!(page, "<td class=\"n\">{}", by.values().sum::<u64>());
        }
        page.push_str("</table>\n");
    }

    fn by_bureau(&self, page: &mut String, summary: &Summary) {
        page.push_str("<h2>Who changed what</h2>\n");
        for (bureau, periods) in &summary.work {
            _ = writeln!(page, "<section><h3>{bureau}</h3>");
            page.push_str("<table class=\"deeds\"><thead><tr><th>What<th>Changed<th>By<th>Why</thead>\n");
            for (period, work) in periods {
                _ = writeln!(
                    page,
                    "<tbody><tr class=\"day\"><th colspan=\"4\" scope=\"rowgroup\">{} <small>{}</small>",
                    text(period),
                    sum_words(work.sum)
                );
                self.work(page, work);
            }
            page.push_str("</table></section>\n");
        }
    }

    fn work(&self, page: &mut String, work: &Work) {
        let mut elements: Vec<(&ElementId, &Deeds)> = work.elements.iter().collect();
        elements.sort_by_key(|(element, _)| (self.names.place(element), (*element).clone()));
        for (element, deeds) in elements {
            let fields: Vec<String> = deeds.fields.iter().map(|field| text(field)).collect();
            let people: Vec<String> = deeds.people.iter().map(|name| text(name)).collect();
            let times = if deeds.edits > 1 {
                format!(" <small>{} edits</small>", deeds.edits)
            } else {
                String::new()
            };
            _ = write!(
                page,
                "<tr><td>{}<td>{}{times}<td>{}<td>",
                self.named(element, &deeds.kind),
                fields.join(", "),
                people.join(", ")
            );
            reasons(page, &deeds.reasons);
            page.push('\n');
        }
        for ((act, name), (count, why)) in &work.acts {
            let times = if *count > 1 { format!(" <small>{count} times</small>") } else { String::new() };
            _ = write!(page, "<tr><td>the plan<td>{}{times}<td>{}<td>", text(act), text(name));
            reasons(page, why);
            page.push('\n');
        }
    }
}

fn head(page: &mut String, scope: &Scope, summary: &Summary) {
    let title = if scope.title.is_empty() { scope.plan.as_str() } else { &scope.title };
    page.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html::put(page, &format!("{title}: who changed what, entries {} to {}", scope.from, scope.to));
    _ = write!(page, "</title>\n<style>\n{STYLE}</style>\n<main>\n<header><h1>{}</h1>\n", text(title));
    page.push_str("<p class=\"lead\">Who changed what, when, from what to what, and why</p>\n<dl>\n");
    let mut line = |name: &str, value: String| _ = writeln!(page, "<div><dt>{name}<dd>{value}</div>");
    line("Plan", text(scope.plan.as_str()));
    line("Range", format!("entries {} to {}", scope.from, scope.to));
    if let Some((first, last)) = &summary.times {
        line("Taken in", format!("{} to {}", text(&moment(first)), text(&moment(last))));
    }
    if let Some(filter) = &scope.filter {
        line("Only", text(&filter.to_string()));
    }
    line("In all", sum_words(summary.sum));
    let by = format!("{} ({} {}, {})", scope.name, scope.bureau, scope.role, scope.subject);
    line("Made by", text(&by));
    line("Made at", text(&moment(&scope.at)));
    if let Some(because) = &scope.because {
        line("Made because", text(because));
    }
    _ = write!(
        page,
        "</dl>\n<p class=\"note\">Times are UTC, as the server took the entries in. Codes and titles are those after \
         entry {}; what is not in the plan then is told by its id. An entry of more than {BATCH_ROWS} edits counts, and \
         is told in one line. <i>U+202E</i> stands for a character that is not seen. This page is a view of the \
         entries, not their proof.</p></header>\n",
        scope.to
    );
}

fn sum_words(sum: Sum) -> String {
    let edits = if sum.edits == 1 { "edit" } else { "edits" };
    let entries = if sum.entries == 1 { "entry" } else { "entries" };
    format!("{} {edits} in {} {entries}", sum.edits, sum.entries)
}

/// A time to the second, as people write it; another text as it is.
fn moment(at: &str) -> String {
    match (at.get(..19), at.get(10..11)) {
        (Some(second), Some("T")) => second.replacen('T', " ", 1),
        _ => at.to_owned(),
    }
}

fn sums(page: &mut String, of: impl Fn(&Bureau) -> Option<Sum>) {
    let mut all = Sum::default();
    for bureau in Bureau::ALL {
        match of(&bureau) {
            Some(sum) => {
                all = Sum { entries: all.entries + sum.entries, edits: all.edits + sum.edits };
                _ = write!(page, "<td class=\"n\">{} <small>({})</small>", sum.edits, sum.entries);
            }
            None => page.push_str("<td class=\"n\">"),
        }
    }
    _ = writeln!(page, "<td class=\"n\">{} <small>({})</small>", all.edits, all.entries);
}

fn reasons(page: &mut String, reasons: &Reasons) {
    let told: Vec<String> = reasons.all.iter().map(|reason| text(reason)).collect();
    page.push_str(&told.join("; "));
    if reasons.more {
        page.push_str("; and others");
    }
}

fn why(page: &mut String, event: &EventView) {
    if let Some(because) = &event.because {
        page.push_str(&text(because));
    }
    if !event.answers.is_empty() {
        let answers: Vec<String> = event.answers.iter().map(|id| text(id.as_str())).collect();
        _ = write!(page, "<br><small>in answer to {}</small>", answers.join(", "));
    }
}

/// From what to what.
fn change(page: &mut String, row: &EditRow) {
    match (&row.op, &row.from, &row.to, &row.deleted, &row.inserted) {
        (RowOp::Text, Some(Value::Text(from)), Some(Value::Text(to)), ..) => {
            for segment in segments(from, to) {
                marked(page, &segment);
            }
        }
        (RowOp::Text, _, _, deleted, inserted) => {
            page.push('…');
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            marked(page, &Segment::Deleted(part(deleted)));
            marked(page, &Segment::Inserted(part(inserted)));
            page.push('…');
        }
        (_, from, to, ..) => arrow(page, &plain(from.as_ref()), &plain(to.as_ref())),
    }
}

fn marked(page: &mut String, segment: &Segment) {
    let (tag, whole) = match segment {
        Segment::Equal(text) => ("span", text),
        Segment::Deleted(text) => ("del", text),
        Segment::Inserted(text) => ("ins", text),
    };
    if !whole.is_empty() {
        _ = write!(page, "<{tag}>{}</{tag}>", shortened(whole));
    }
}

fn arrow(page: &mut String, from: &str, to: &str) {
    if !from.is_empty() {
        _ = write!(page, "<del>{}</del> → ", shortened(from));
    }
    if to.is_empty() {
        page.push_str("<em>nothing</em>");
    } else {
        _ = write!(page, "<ins>{}</ins>", shortened(to));
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => value.to_string(),
    }
}

fn shortened(whole: &str) -> String {
    let (shown, more) = html::cut(whole, VALUE_CHARS_MAX);
    let more = if more > 0 { format!(" <em>… and {more} characters more</em>") } else { String::new() };
    format!("{}{more}", text(shown))
}
