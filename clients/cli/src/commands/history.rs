//! `log` and `who`: who changed what, when, from what to what, and why.

use clap::Args;
use plenary_protocol::limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::wire::api::{Revision, RevisionPage};
use plenary_protocol::wire::event::EventView;

use crate::context::Context;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::render::event::{raw_line, revision, who_line};
use crate::render::time::{Edge, point, time};

/// Show who changed what, newest first.
///
/// Keystrokes of one person in one text are told as one revision; --raw tells the entries themselves.
/// Filters are combined.  --answers shows what answers a request, feedback item or consultation.
#[derive(Debug, Args)]
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
    /// By this person, as their token names them.
    #[arg(long)]
    subject: Option<String>,
    /// By people of this Bureau: BR, TSB, BDT or GS.
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
    #[arg(long, value_name = "ENTRY")]
    from_seq: Option<u64>,
    /// Up to this entry.
    #[arg(long, value_name = "ENTRY")]
    to_seq: Option<u64>,
    /// Read codes as they were at this entry, date or time [default: now].
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
}

impl Filters {
    /// The parameters of the query.
    fn query(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let edge = |typed: &Option<String>, edge| typed.as_deref().map(|typed| time(typed, edge)).transpose();
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let bureau = self.bureau.as_deref().map(crate::values::owner).transpose()?;
        let all = [
            ("element", self.element.clone()),
            ("subtree", self.subtree.clone()),
            ("field", self.field.clone()),
            ("kind", self.kind.clone()),
            ("subject", self.subject.clone()),
            ("bureau", bureau.map(|bureau| bureau.to_string())),
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
        for id in context.answers(&view)? {
            query.push(("answers", id.to_string()));
        }
        let want = if self.all { None } else { Some(self.limit as usize) };
        let plan = view.id.as_str();
        let names = Names::of(&view);
        let (paint, width) = (context.term.paint(), context.term.width());
        let lines: Vec<String> = if self.raw {
            let events = newest(want, |after, limit| raw_page(context, plan, &query, after, limit))?;
            if context.term.is_json() {
                return context.term.json(&events);
            }
            events.iter().map(|event| raw_line(event, &names, paint)).collect()
        } else {
            let revisions = newest(want, |after, limit| page(context, plan, &query, after, limit))?;
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
        context.term.line(&lines.join(if self.raw { "\n" } else { "\n\n" }))
    }
}

/// Some of the log, and after which entry there is more.
type Page<T> = (Vec<T>, Option<u64>);

/// The newest `want`, newest first; all, when `want` is absent or more than a page holds.
fn newest<T>(
    want: Option<usize>,
    mut page: impl FnMut(Option<u64>, usize) -> Result<Page<T>, Failure>,
) -> Result<Vec<T>, Failure> {
    if let Some(want) = want.filter(|want| *want <= EVENTS_PER_PAGE_MAX) {
        return page(None, want).map(|(list, _)| list);
    }
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let (list, next) = page(Some(after), EVENTS_PER_PAGE_MAX)?;
        all.extend(list);
        match next.filter(|next| *next > after) {
            Some(next) => after = next,
            None => break,
        }
    }
    all.reverse();
    all.truncate(want.unwrap_or(usize::MAX));
    Ok(all)
}

/// The newest first when `after` is absent, otherwise the oldest first.
fn page(
    context: &Context<'_>,
    plan: &str,
    filters: &[(&'static str, String)],
    after: Option<u64>,
    limit: usize,
) -> Result<Page<Revision>, Failure> {
    let query = paged(filters, after, limit);
    if let Some(after) = after {
        context.term.progress(&format!("reading the log after entry {after}"));
    }
    let page: RevisionPage = context.http.get(&["plans", plan, "history"], &query)?;
    Ok((page.revisions, page.next_after.map(|seq| seq.0)))
}

fn raw_page(
    context: &Context<'_>,
    plan: &str,
    filters: &[(&'static str, String)],
    after: Option<u64>,
    limit: usize,
) -> Result<Page<EventView>, Failure> {
    let query = paged(filters, after, limit);
    if let Some(after) = after {
        context.term.progress(&format!("reading the log after entry {after}"));
    }
    let events: Vec<EventView> = context.http.get(&["plans", plan, "events"], &query)?;
    let next = if events.len() < limit { None } else { events.last().map(|event| event.seq.0) };
    Ok((events, next))
}

fn paged(
    filters: &[(&'static str, String)],
    after: Option<u64>,
    limit: usize,
) -> Vec<(&'static str, String)> {
    let mut query = filters.to_vec();
    query.push(("limit", limit.to_string()));
    query.push(match after {
        Some(after) => ("after", after.to_string()),
        None => ("order", "desc".to_owned()),
    });
    query
}

/// Say in one line who last changed an element or field.
#[derive(Debug, Args)]
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
    fn a_few_are_asked_for_newest_first_and_many_page_by_page() {
        let few = newest(Some(2), |after, limit| {
            assert_eq!((after, limit), (None, 2));
            Ok((vec![9, 8], None))
        });
        assert_eq!(few.unwrap(), [9, 8]);
        let pages = |after: Option<u64>, _| match after {
            Some(0) => Ok((vec![1, 2], Some(2))),
            Some(2) => Ok((vec![3], None)),
            other => panic!("{other:?}"),
        };
        assert_eq!(newest(None, pages).unwrap(), [3, 2, 1]);
    }
}
