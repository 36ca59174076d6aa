//! The entries of a bundle in words: a table to read, and one for spreadsheets.
//!
//! What people wrote is text here and nothing else: markup is escaped, and no cell begins with what a
//! spreadsheet takes for a formula.

use std::fmt::Write as _;

use plenary_protocol::evidence::VerifierKey;
use plenary_protocol::evidence::bundle::Manifest;
use plenary_protocol::plan::Value;
use plenary_protocol::record::EditRow;
use plenary_protocol::visible::{Number, letters};
use plenary_protocol::wire::event::EventView;

use super::BundleError;
use crate::exchange::edits::act_values;
use crate::history::{ActType, op_name};

/// What a spreadsheet takes for the beginning of a formula, full-width forms included.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠'];
const COLUMNS: [&str; 16] = [
    "entry", "time", "subject", "name", "bureau", "role", "type", "op", "kind", "element", "field", "lang",
    "before", "after", "because", "leaf",
];

/// A row of the report: what one entry did in one place.
struct Line<'a> {
    event: &'a EventView,
    row: Option<&'a EditRow>,
}

fn lines(events: &[EventView]) -> impl Iterator<Item = Line<'_>> {
    events.iter().flat_map(|event| {
        let alone = event.edits().is_empty().then_some(Line { event, row: None });
        alone.into_iter().chain(event.edits().iter().map(move |row| Line { event, row: Some(row) }))
    })
}

/// What stood there before and after; of a long text what was deleted and inserted.
fn values(line: &Line<'_>) -> (String, String) {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    match (line.row, &line.event.what) {
        (Some(row), _) => (
            text(&row.from).or_else(|| row.deleted.clone()).unwrap_or_default(),
            text(&row.to).or_else(|| row.inserted.clone()).unwrap_or_default(),
        ),
        (None, what) => act_values(what),
    }
}

/// A line, column by column.
fn cells(line: &Line<'_>) -> [String; COLUMNS.len()] {
    let (before, after) = values(line);
    let event = line.event;
    let of_row = |get: fn(&EditRow) -> String| line.row.map(get).unwrap_or_default();
    [
        event.seq.to_string(),
        event.at.clone(),
        event.subject.to_string(),
        event.name.clone(),
        event.bureau.to_string(),
        event.role.to_string(),
        ActType::of(&event.what).to_string(),
        of_row(|row| op_name(row.op).to_owned()),
        of_row(|row| row.kind.clone()),
        of_row(|row| row.element.to_string()),
        of_row(|row| row.field.clone()),
        of_row(|row| row.lang.clone().unwrap_or_default()),
        before,
        after,
        event.because.clone().unwrap_or_default(),
        event.leaf.to_string(),
    ]
}

/// The entries as CSV (RFC 4180), a row for each thing that an entry did.
///
/// # Errors
/// `Report`.
pub fn csv(events: &[EventView]) -> Result<Vec<u8>, BundleError> {
    let failed = |reason: String| BundleError::Report { reason };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| failed(error.to_string()))?;
    for line in lines(events) {
        let cells = cells(&line).map(|cell| match cell.starts_with(FORMULA) {
            true => format!("'{cell}"),
            false => cell,
        });
        writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// The entries as a page that needs nothing else and reaches nowhere.
pub fn html(manifest: &Manifest, key: &VerifierKey, events: &[EventView]) -> String {
    let Manifest { plan, title, complete, elements, entries, made_at, made_by, because, .. } = manifest;
    let which = match complete {
        Some(ends) => format!("All entries from {} to {}", ends.from, ends.to),
        None => {
            let names =
                elements.iter().map(|chosen| chosen.code.as_deref().unwrap_or(chosen.element.as_str()));
            format!("{} entries about {}, a selection", entries.len(), names.collect::<Vec<_>>().join(", "))
        }
    };
    let why = because.as_ref().map(|because| format!(", because {because}")).unwrap_or_default();
    let who = format!("{} ({}, {})", made_by.name, made_by.bureau, made_by.subject);
    let mut page = String::from(HEAD);
    _ = writeln!(page, "<title>{0}</title>\n<h1>{0}</h1>", escaped(title));
    _ = writeln!(
        page,
        "<p>{}. Plan <code>{plan}</code>, made {made_at} for {}{}.</p>",
        escaped(&which),
        escaped(&who),
        escaped(&why)
    );
    _ = writeln!(page, "<p class=note>{NOTE} Key: <code>{}</code></p>", escaped(&key.to_string()));
    page.push_str("<table><thead><tr>");
    for column in ["Entry", "Time", "Who", "What", "Before", "After", "Because"] {
        _ = write!(page, "<th>{column}");
    }
    page.push_str("</thead>\n<tbody>\n");
    for line in lines(events) {
        let [
            entry,
            time,
            _,
            name,
            bureau,
            role,
            act,
            op,
            kind,
            element,
            field,
            lang,
            before,
            after,
            because,
            _,
        ] = cells(&line);
        let what = if op.is_empty() { act } else { format!("{op} {kind} {element} {field} {lang}") };
        page.push_str("<tr>");
        for cell in [entry, time, format!("{name} ({bureau} {role})"), what, before, after, because] {
            _ = write!(page, "<td>{}", escaped(cell.trim_end()));
        }
        page.push('\n');
    }
    page.push_str("</tbody></table>\n");
    page
}

/// What is meant as text, as text: no markup, and what turns the direction of reading or cannot be seen is
/// shown by its number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (char, is_hidden) in letters(text) {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char if is_hidden => _ = write!(out, "{}", Number(char)),
            char => out.push(char),
        }
    }
    out
}

const NOTE: &str = "This page is a view to be read, not evidence: anybody could have written it. The evidence is in the \
                    other files; <code>python3 verify.py</code> checks it, and README.txt says how and what it shows.";

const HEAD: &str = "<!doctype html>\n<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy content=\"\
default-src 'none'; style-src 'unsafe-inline'\">\n<style>\n\
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1a1a1a; }\n\
.note { border-left: 4px solid #b36b00; padding-left: .8rem; }\n\
code { overflow-wrap: anywhere; }\n\
table { border-collapse: collapse; width: 100%; }\n\
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ccc; }\n\
td { white-space: pre-wrap; overflow-wrap: anywhere; }\n\
td:first-child { font-variant-numeric: tabular-nums; }\n\
</style>\n";
