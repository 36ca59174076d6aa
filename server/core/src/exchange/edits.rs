//! Edits as CSV (RFC 4180, UTF-8 with a byte order mark), one a line, safe to open in a spreadsheet.
//!
//! Every cell is quoted, and one that begins with what a spreadsheet takes for a formula, or with an
//! apostrophe, gets an apostrophe before it: taking one leading apostrophe away gives the text back.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;
use plenary_protocol::record::EditRow;
use plenary_protocol::wire::event::What;

use super::formula::{BYTE_ORDER_MARK, safe};
use super::scope::{Names, Scope, Taken};
use crate::history::ActType;

/// The columns.
pub const COLUMNS: [&str; 27] = [
    "entry",
    "at",
    "claimed_at",
    "behind",
    "subject",
    "name",
    "bureau",
    "role",
    "type",
    "op",
    "element",
    "kind",
    "code",
    "title",
    "field",
    "lang",
    "from",
    "to",
    "position",
    "deleted",
    "inserted",
    "concurrent",
    "because",
    "answers",
    "client_id",
    "session",
    "leaf",
];

/// Writes such a file.
#[derive(Debug)]
pub struct Writer {
    names: Names,
}

impl Writer {
    /// Begins a file.
    pub fn begin(scope: &Scope, out: &mut Vec<u8>) -> Writer {
        out.extend(BYTE_ORDER_MARK);
        put(out, COLUMNS.map(str::to_owned));
        Writer { names: scope.names.clone() }
    }

    /// Takes in the next entry: one line for each edit that matches, one for an act without edits.
    pub fn take(&self, taken: &Taken<'_>, out: &mut Vec<u8>) {
        if taken.event.edits().is_empty() {
            let (from, to) = act_values(&taken.event.what);
            put(out, self.line(taken, None, from, to));
            return;
        }
        for row in taken.edits() {
            put(out, self.line(taken, Some(row), value(row.from.as_ref()), value(row.to.as_ref())));
        }
    }

    fn line(&self, taken: &Taken<'_>, row: Option<&EditRow>, from: String, to: String) -> [String; 27] {
        let event = taken.event;
        let text = |of: fn(&EditRow) -> Option<String>| row.and_then(of).unwrap_or_default();
        let named = row.and_then(|row| self.names.get(&row.element));
        let plain = |text: Option<&String>| text.cloned().unwrap_or_default();
        [
            event.seq.to_string(),
            event.at.clone(),
            plain(event.claimed_at.as_ref()),
            event.behind.map(|behind| behind.to_string()).unwrap_or_default(),
            event.subject.to_string(),
            event.name.clone(),
            event.bureau.to_string(),
            event.role.to_string(),
            ActType::of(&event.what).to_string(),
            text(|row| Some(row.op.as_str().to_owned())),
            text(|row| Some(row.element.to_string())),
            text(|row| Some(row.kind.clone())),
            plain(named.and_then(|named| named.code.as_ref())),
            plain(named.map(|named| &named.label)),
            text(|row| Some(row.field.clone())),
            text(|row| row.lang.clone()),
            from,
            to,
            text(|row| row.at.map(|at| at.to_string())),
            text(|row| row.deleted.clone()),
            text(|row| row.inserted.clone()),
            text(|row| row.concurrent.then(|| "yes".to_owned())),
            plain(event.because.as_ref()),
            event.answers.iter().map(ElementId::to_string).collect::<Vec<_>>().join(" "),
            event.client_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            plain(event.session.as_ref()),
            event.leaf.to_string(),
        ]
    }
}

fn put(out: &mut Vec<u8>, cells: [String; 27]) {
    let mut writer =
        WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(out);
    // Writing to memory does not fail.
    _ = writer.write_record(cells.map(|cell| safe(&cell)));
    _ = writer.flush();
}

fn value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => value.to_string(),
    }
}

/// The old and the new value of an act without edits.
pub(super) fn act_values(what: &What) -> (String, String) {
    match what {
        What::Change { .. } => Default::default(),
        What::PlanCreated { title, .. } => (String::new(), title.clone()),
        What::ActorBound { actor, .. } => (String::new(), actor.clone()),
        What::StageAdvanced { from, to, .. } => (from.to_string(), to.to_string()),
        What::AccessChanged { from, to } => (from.to_string(), to.to_string()),
        What::Refused { code, reason, count: Some(count), .. } => {
            (String::new(), format!("{count} more, the last {code}: {reason}"))
        }
        What::Refused { code, reason, .. } => (String::new(), format!("{code}: {reason}")),
        What::VersionNamed { version, covers, .. } => {
            (String::new(), format!("{version} (entry {})", covers.seq))
        }
        What::VersionSigned { version, meaning, .. } => (String::new(), format!("{version} as {meaning}")),
        What::Exported(exported) => (String::new(), exported.to_string()),
        What::RuleSet { rule, from, to } => (format!("{rule} {from}"), format!("{rule} {to}")),
        What::Quarantined { seqs, reason, .. } => {
            (String::new(), format!("{} entries: {reason}", seqs.len()))
        }
        What::SetAside { by, .. } => (String::new(), format!("set aside in entry {by}")),
    }
}
