//! `replay`: the past of a plan from one point to another, entry by entry as it comes.

use std::time::Duration;

use clap::Args;
use plenary_protocol::ids::{PlanId, Seq};
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::past::ReplayLine;

use super::history::Filters;
use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::http::Lines;
use crate::names::Names;
use crate::render::event::raw_line;
use crate::render::time::point;
use crate::render::wrap::wrap;

/// How often in a row a stream that was cut is gone on with, when nothing comes of it.
const TRIES_MAX: u32 = 5;
/// The wait before going on.
const PAUSE: Duration = Duration::from_millis(500);
/// Before the further lines of an entry that is wider than the terminal.
const HANG: &str = "       ";

/// Replay what happened, oldest first, as a stream.
///
/// Nothing is kept: a replay of any length can be piped and stopped.  One that was cut goes on from
/// the last entry that came; --from does the same by hand.
#[derive(Debug, Args)]
#[command(after_help = examples::REPLAY)]
pub struct Replay {
    /// The plan.
    plan: String,
    /// Begin after this entry, date or time [default: before the first entry].
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// End with this entry, date or time [default: now].
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// Which entries.
    #[command(flatten)]
    filters: Filters,
}

/// How a stream came to its end.
enum Ended {
    /// All was told.
    Whole,
    /// It was cut; why.
    Cut(String),
}

impl Replay {
    /// Replays.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let mut query = self.filters.query()?;
        if let Some(to) = &self.to {
            query.push(("to", point(to)?));
        }
        let view = context.open(&self.plan, true)?;
        query.extend(context.asked_answers(&view)?);
        context.term.end_with_the_reader();
        let mut told = Told { context, names: Names::of(&view), last: None };
        let mut from = self.from.as_deref().map(point).transpose()?;
        let mut tries = 0;
        loop {
            let before = told.last;
            let mut asked = query.clone();
            asked.extend(from.clone().map(|from| ("from", from)));
            match told.follow(&view.id, &asked)? {
                Ended::Whole => return Ok(()),
                Ended::Cut(reason) => {
                    tries = if told.last == before { tries + 1 } else { 1 };
                    if tries >= TRIES_MAX {
                        return Err(Failure::Unreachable { url: context.http.base().to_owned(), reason });
                    }
                    from = told.last.map(|last| last.to_string()).or(from);
                    context
                        .term
                        .note(&format!("{reason}; going on from entry {}", from.as_deref().unwrap_or("0")));
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }
}

/// What was told so far.
struct Told<'a> {
    context: &'a Context<'a>,
    names: Names,
    last: Option<Seq>,
}

impl Told<'_> {
    fn follow(&mut self, plan: &PlanId, query: &[(&'static str, String)]) -> Result<Ended, Failure> {
        let mut lines: Lines = self.context.http.lines(&["plans", plan.as_str(), "replay"], query)?;
        loop {
            let text = match lines.next_line() {
                Ok(Some(text)) => text,
                Ok(None) => return Ok(Ended::Cut("the stream ended early".into())),
                Err(reason) => return Ok(Ended::Cut(reason)),
            };
            let line: ReplayLine = self.context.http.understand(&text)?;
            let is_json = self.context.term.is_json();
            match &line {
                ReplayLine::Start { .. } if self.last.is_some() => continue,
                ReplayLine::Start { .. } if !is_json => continue,
                ReplayLine::Entry { event, .. } => {
                    if !is_json {
                        let told = raw_line(event, &self.names, self.context.term.paint());
                        self.context.term.line(&wrap("", HANG, &told, self.context.term.width()))?;
                    }
                    self.last = Some(event.seq);
                }
                ReplayLine::Failed { code, reason, .. } => {
                    let refusal = Refusal::new(*code, reason.clone());
                    return Err(Failure::Refused(Box::new(refusal)));
                }
                ReplayLine::Start { .. } | ReplayLine::End { .. } => {}
            }
            if is_json {
                self.context.term.json_line(&line)?;
            }
            if let ReplayLine::End { .. } = line {
                return Ok(Ended::Whole);
            }
        }
    }
}
