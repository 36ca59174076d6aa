//! Logs made by hand and at random, and what is told of them.

mod codes;
mod filter;
mod group;
mod index;
mod model;
mod page;

use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::ids::Subject;
use plenary_protocol::plan::{Stage, Value};
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::{EventView, What, time_text};
use plenary_protocol::{Bureau, Digest, ElementId, Role, Seq};

use super::*;
use model::History;

/// Server time of a log's second zero, microseconds.
const START_US: i64 = 1_700_000_000_000_000;
const SECOND_US: i64 = 1_000_000;

fn id(text: &str) -> ElementId {
    text.parse().unwrap()
}

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn at_us(second: i64) -> i64 {
    START_US + second * SECOND_US
}

fn row(op: RowOp, element: &str, field: &str) -> EditRow {
    // The ids of these tests begin with their kind.
    let kind = element.split('-').next().unwrap().to_owned();
    EditRow {
        at: None,
        op,
        to: None,
        from: None,
        kind,
        lang: None,
        field: field.to_owned(),
        deleted: None,
        element: id(element),
        inserted: None,
        concurrent: false,
    }
}

fn add(element: &str, parent: &str) -> EditRow {
    let to = text(parent).filter(|_| !parent.is_empty());
    EditRow { to, ..row(RowOp::Add, element, "element") }
}

fn link(element: &str, from: &str, to: &str) -> EditRow {
    EditRow { from: text(from), to: text(to), ..row(RowOp::Add, element, "link") }
}

fn moved(element: &str, from: &str, to: &str) -> EditRow {
    EditRow { from: text(from), to: text(to), ..row(RowOp::Move, element, "place") }
}

fn set(element: &str, field: &str, from: i64, to: i64) -> EditRow {
    EditRow { from: Some(Value::Int(from)), to: Some(Value::Int(to)), ..row(RowOp::Set, element, field) }
}

/// A text that stands whole in its row.
fn wrote(element: &str, field: &str, from: &str, to: &str) -> EditRow {
    EditRow {
        at: Some(0),
        lang: Some("en".into()),
        from: text(from),
        to: text(to),
        deleted: Some(from.to_owned()),
        inserted: Some(to.to_owned()),
        ..row(RowOp::Text, element, field)
    }
}

/// A stretch of a text too long to stand in its row.
fn spliced(element: &str, at: u64, deleted: &str, inserted: &str) -> EditRow {
    EditRow {
        at: Some(at),
        lang: Some("en".into()),
        deleted: Some(deleted.to_owned()),
        inserted: Some(inserted.to_owned()),
        ..row(RowOp::Text, element, "statement")
    }
}

/// A log in the making: each entry is by Ana of BR at second 0 unless said otherwise.
#[derive(Debug, Default)]
struct Log(Vec<EventView>);

impl Log {
    fn act(mut self, what: What) -> Self {
        let seq = self.0.last().map_or(Seq::ZERO, |event| event.seq).next();
        self.0.push(EventView {
            plan: "plan-a".parse().unwrap(),
            seq,
            at: time_text(START_US),
            claimed_at: None,
            subject: subject("ana"),
            name: "Ana".into(),
            bureau: Bureau::BR,
            role: Role::Drafter,
            what,
            because: None,
            answers: Vec::new(),
            client_id: None,
            base: None,
            behind: None,
            session: None,
            leaf: Digest::ZERO,
        });
        self
    }

    fn change(self, edits: impl IntoIterator<Item = EditRow>) -> Self {
        self.act(What::Change { edits: edits.into_iter().collect(), restores: None })
    }

    fn stage(self, from: Stage, to: Stage) -> Self {
        self.act(What::StageAdvanced { from, to, despite: Default::default() })
    }

    /// Changes the last entry.
    fn with(mut self, change: impl FnOnce(&mut EventView)) -> Self {
        change(self.0.last_mut().unwrap());
        self
    }

    fn by(self, who: &str) -> Self {
        self.with(|event| event.subject = subject(who))
    }

    fn at(self, second: i64) -> Self {
        self.with(|event| event.at = time_text(at_us(second)))
    }

    fn because(self, why: &str) -> Self {
        self.with(|event| event.because = Some(why.to_owned()))
    }

    fn index(&self) -> Index {
        let mut index = Index::new();
        self.0.iter().for_each(|event| index.take(event));
        index
    }

    /// A page, and where the next one begins.
    fn page(&self, filter: &Filter, page: Page) -> History {
        let index = self.index();
        let read = &mut |seq: Seq| Ok::<_, std::convert::Infallible>(self.0[seq.0 as usize - 1].clone());
        let Ok(chosen) = index.page_opening(filter, page, read);
        let Ok(revisions) = chosen.tell(read);
        History { revisions, next: chosen.next }
    }

    fn told(&self, filter: &Filter) -> Vec<Revision> {
        let page = Page { after: None, limit: EVENTS_PER_PAGE_MAX, newest_first: false };
        let told = self.page(filter, page);
        assert_eq!(told.next, None);
        told.revisions
    }

    /// First and last entry, number of edits, what was done to what, from what to what.
    fn lines(&self, filter: &Filter) -> Vec<String> {
        self.told(filter).iter().map(line).collect()
    }
}

fn line(revision: &Revision) -> String {
    let shown = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
    let place = match (&revision.element, &revision.field) {
        (Some(element), Some(field)) => format!(" {element}.{field}"),
        _ => String::new(),
    };
    format!(
        "{}-{} x{} {}{place}: {} > {}",
        revision.first,
        revision.last,
        revision.edits,
        revision.op,
        shown(&revision.from),
        shown(&revision.to)
    )
}
