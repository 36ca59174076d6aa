//! `log` and `who`: who changed what, when, from what to what, and why.

use clap::Args;
use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::PlanView;
use plenary_protocol::point::Edge;
use plenary_protocol::wire::api::{EventCount, Revision, RevisionPage};
use plenary_protocol::wire::event::EventView;

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::render::event::{raw_line, revision, who_line};
use crate::render::time::{point, time};
use crate::render::wrap::wrap;

/// Show who changed what, newest first.
///
/// Keystrokes of one person in one text are told as one revision; --raw tells the entries themselves.
/// All filters given must hold; of one filter several values may be given, separated by commas.  --answers shows what answers a request, feedback item or consultation.
#[derive(Debug, Args)]
#[command(after_help = examples::LOG)]
pub struct Log {
    /// The plan.
    plan: String,
    /// How many at most.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// All of them.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// The entries themselves, each on one line.
    #[arg(long)]
    raw: bool,
    /// Only how many entries and edits fit.
    #[arg(long, conflicts_with_all = ["limit", "all", "raw"])]
    count: bool,
    /// Which of them.
    #[command(flatten)]
    filters: Filters,
}

/// Which entries are meant; all that are given must hold.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// Of this element or link (id or code), or `plan`.
    #[arg(long)]
    element: Option<String>,
    /// Of this element and what stands under it.
    #[arg(long, value_name = "ELEMENT")]
    subtree: Option<String>,
    /// Of this text or field.
    #[arg(long)]
    field: Option<String>,
    /// Of elements or links of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Edits whose old or new value holds this, whatever its case.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// By this person, as their token names them.
    #[arg(long)]
    subject: Option<String>,
    /// By people of this Bureau: BR, TSB, BDT, GS.
    #[arg(long)]
    bureau: Option<String>,
    /// What was done: add, set, text, move, remove, restore, or another act.
    #[arg(long)]
    op: Option<String>,
    /// From this day or time on.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to the end of this day, or this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// From this entry on.
    #[arg(long, value_name = "ENTRY", value_parser = clap::value_parser!(u64).range(1..))]
    from_seq: Option<u64>,
    /// Up to this entry.
    #[arg(long, value_name = "ENTRY", value_parser = clap::value_parser!(u64).range(1..))]
    to_seq: Option<u64>,
    /// Read codes as they were at this entry, date, time or version:NAME [default: now].
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,
}

impl Filters {
    /// The parameters of the query.
    pub fn query(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let edge = |typed: &Option<String>, edge| typed.as_deref().map(|typed| time(typed, edge)).transpose();
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        for bureau in self.bureau.iter().flat_map(|list| list.split(',')) {
            crate::values::owner(bureau.trim())?;
        }
        let all = [
            ("element", self.element.clone()),
            ("subtree", self.subtree.clone()),
            ("field", self.field.clone()),
            ("kind", self.kind.clone()),
            ("text", self.text.clone()),
            ("subject", self.subject.clone()),
            ("bureau", self.bureau.clone()),
            ("op", self.op.clone()),
            ("since", edge(&self.since, Edge::Start)?),
            ("until", edge(&self.until, Edge::End)?),
            ("from_seq", number(self.from_seq)),
            ("to_seq", number(self.to_seq)),
            ("at", self.at.as_deref().map(point).transpose()?),
        ];
        Ok(all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect())
    }
}

impl Log {
    /// Shows the log.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let mut query = self.filters.query()?;
        let view = context.open(&self.plan, true)?;
        query.extend(context.asked_answers(&view)?);
        if self.count {
            let count = context.count(&view.id, &query)?;
            if context.term.is_json() {
                return context.term.json(&count);
            }
            return context.term.line(&count_words(&count));
        }
        let want = if self.all { None } else { Some(self.limit as usize) };
        let plan = view.id.as_str();
        let names = Names::of(&view);
        let (paint, width) = (context.term.paint(), context.term.width());
        let lines: Vec<String> = if self.raw {
            let events = newest(want, |cursor, limit| context.entries(plan, &query, cursor, limit))?;
            if context.term.is_json() {
                return context.term.json(&events);
            }
            events.iter().map(|event| wrap("", "       ", &raw_line(event, &names, paint), width)).collect()
        } else {
            let revisions = newest(want, |cursor, limit| context.revisions(plan, &query, cursor, limit))?;
            if context.term.is_json() {
                return context.term.json(&revisions);
            }
            revisions.iter().map(|one| revision(one, &names, paint, width)).collect()
        };
        context.term.progress_done();
        if lines.is_empty() {
            context.term.note("Nothing in the log fits.");
            return Ok(());
        }
        context.term.line(&lines.join(if self.raw { "\n" } else { "\n\n" }))?;
        if self.filters.text.is_some() {
            context.term.note(&format!("In all {}.", count_words(&context.count(&view.id, &query)?)));
        }
        Ok(())
    }
}

fn count_words(count: &EventCount) -> String {
    let many =
        |number: u64, one: &str, more: &str| format!("{number} {}", if number == 1 { one } else { more });
    format!(
        "{}, {}, up to entry {}",
        many(count.entries, "entry", "entries"),
        many(count.rows, "edit", "edits"),
        count.seq
    )
}

/// The newest first: `want` of them, or all, page by page.  `page` gives a part of the log that begins at
/// a cursor, and the cursor of the next part.
pub(super) fn newest<T>(
    want: Option<usize>,
    mut page: impl FnMut(Option<String>, usize) -> Result<(Vec<T>, Option<String>), Failure>,
) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let left = want.map_or(EVENTS_PER_PAGE_MAX, |want| want - all.len());
        let (list, next) = page(cursor, left.min(EVENTS_PER_PAGE_MAX))?;
        let is_empty = list.is_empty();
        all.extend(list);
        cursor = next;
        if cursor.is_none() || is_empty || want.is_some_and(|want| all.len() >= want) {
            return Ok(all);
        }
    }
}

/// A query for the newest first.
fn newest_query(filters: &[(&'static str, String)], limit: usize) -> Vec<(&'static str, String)> {
    let mut query = filters.to_vec();
    query.extend([("order", "desc".to_owned()), ("limit", limit.to_string())]);
    query
}

impl Context<'_> {
    /// What `--answers` asks of the past.
    pub fn asked_answers(&self, view: &PlanView) -> Result<Option<(&'static str, String)>, Failure> {
        match self.answers(view)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(("answers", one.to_string()))),
            _ => Err(Failure::Usage("the past can be asked for the answers to one request at a time".into())),
        }
    }

    fn count(&self, plan: &PlanId, filters: &[(&'static str, String)]) -> Result<EventCount, Failure> {
        self.term.progress("counting");
        let count = self.http.get(&["plans", plan.as_str(), "events", "count"], filters);
        self.term.progress_done();
        count
    }

    fn revisions(
        &self,
        plan: &str,
        filters: &[(&'static str, String)],
        cursor: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Revision>, Option<String>), Failure> {
        let mut query = newest_query(filters, limit);
        if let Some(cursor) = cursor {
            self.term.progress(&format!("reading the log before entry {cursor}"));
            query.push(("after", cursor));
        }
        let page: RevisionPage = self.http.get(&["plans", plan, "history"], &query)?;
        Ok((page.revisions, page.next_after))
    }

    /// Entries have no cursor of their own: the next part ends before the oldest of this one.
    pub(super) fn entries(
        &self,
        plan: &str,
        filters: &[(&'static str, String)],
        cursor: Option<String>,
        limit: usize,
    ) -> Result<(Vec<EventView>, Option<String>), Failure> {
        let mut query = newest_query(filters, limit);
        if let Some(cursor) = cursor {
            self.term.progress(&format!("reading the log up to entry {cursor}"));
            query.retain(|(name, _)| *name != "to_seq");
            query.push(("to_seq", cursor));
        }
        let events: Vec<EventView> = self.http.get(&["plans", plan, "events"], &query)?;
        let oldest = events.last().filter(|event| events.len() >= limit && event.seq.0 > 1);
        let next = oldest.map(|event| (event.seq.0 - 1).to_string());
        Ok((events, next))
    }
}

/// Say in one line who last changed an element or field.
#[derive(Debug, Args)]
#[command(after_help = examples::WHO)]
pub struct Who {
    /// The plan.
    plan: String,
    /// The element or link, or `plan`.
    element: String,
    /// The text or field [default: any].
    field: Option<String>,
}

impl Who {
    /// Says it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, true)?;
        let target = names::target(&view, &self.element)?;
        if let Some(field) = &self.field {
            crate::values::slot(target, field)?;
        }
        let mut query = vec![
            ("element", target.id().to_string()),
            ("order", "desc".to_owned()),
            ("limit", "1".to_owned()),
        ];
        if let Some(field) = &self.field {
            query.push(("field", field.clone()));
        }
        let page: RevisionPage = context.http.get(&["plans", view.id.as_str(), "history"], &query)?;
        let Some(last) = page.revisions.first() else {
            let what = self.field.as_ref().map(|field| format!("{field} of ")).unwrap_or_default();
            return Err(Failure::NotFound(format!(
                "nobody has changed {what}{} since it was made",
                target.words()
            )));
        };
        if context.term.is_json() {
            return context.term.json(last);
        }
        context.term.line(&who_line(last, &Names::of(&view), context.term.paint()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_a_query() {
        let filters = Filters {
            element: Some("2.7".into()),
            bureau: Some("BR".into()),
            since: Some("2026-11-01".into()),
            from_seq: Some(5),
            ..Filters::default()
        };
        let query = filters.query().unwrap();
        let expected =
            [("element", "2.7"), ("bureau", "BR"), ("since", "2026-11-01T00:00:00Z"), ("from_seq", "5")];
        assert_eq!(query.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(), expected);
        assert!(Filters { bureau: Some("ITU".into()), ..Filters::default() }.query().is_err());
        assert!(Filters { until: Some("soon".into()), ..Filters::default() }.query().is_err());
    }

    #[test]
    fn pages_are_read_until_there_are_enough() {
        let few = newest(Some(2), |cursor, limit| {
            assert_eq!((cursor, limit), (None, 2));
            Ok((vec![9, 8], Some("8".into())))
        });
        assert_eq!(few.unwrap(), [9, 8]);
        let pages = |cursor: Option<String>, _| match cursor.as_deref() {
            None => Ok((vec![3, 2], Some("2.7".into()))),
            Some("2.7") => Ok((vec![1], None)),
            other => panic!("{other:?}"),
        };
        assert_eq!(newest(None, pages).unwrap(), [3, 2, 1]);
    }
}
