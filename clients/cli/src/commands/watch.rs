//! `watch`: a plan's entries as they happen, one line each, over lost connections.

use std::time::Duration;

use clap::Args;
use plenary_protocol::ids::{Digest, PlanId, Seq};
use plenary_protocol::record::RowOp;
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::live::{ClientMessage, Person, ServerMessage};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::live::{Live, Received};
use crate::names::Names;
use crate::render::event::live_line;
use crate::render::presence::presence_line;
use crate::render::wrap::wrap;

/// The longest wait before connecting again.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Before the further lines of an entry that is wider than the terminal.
const HANG: &str = "      ";
/// The first wait before connecting again.
const PAUSE_MIN: Duration = Duration::from_millis(250);

/// Follow a plan live, one line an entry.
///
/// A lost connection is made again, and what was missed is shown.  Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(after_help = examples::WATCH)]
pub struct Watch {
    /// The plan.
    plan: String,
    /// Begin after this entry; 0 tells the whole history first [default: the newest].
    #[arg(long, value_name = "ENTRY")]
    after: Option<u64>,
    /// Also tell where people are in the plan, as they move.
    #[arg(long)]
    who: bool,
}

impl Watch {
    /// Follows the plan until stopped, or until the token ends.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        context.term.end_with_the_reader();
        let mut last = Last { seq: self.after.map_or(plan.seq, Seq), leaf: None };
        let mut told = Told {
            context,
            plan: plan.id.clone(),
            names: Names::default(),
            is_catching_up: true,
            tells_people: self.who,
        };
        told.learn_names()?;
        let mut pause = PAUSE_MIN;
        let mut was_connected = false;
        loop {
            match follow(context, &plan.id, &mut last, &mut told, was_connected) {
                Err(failure) if !was_connected || is_final(&failure) => return Err(failure),
                Err(failure) => {
                    let reason = failure.message();
                    let reason = reason.lines().next().unwrap_or_default();
                    context.term.note(&format!("{reason}; trying again in {} ms", pause.as_millis()));
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Ok(reason) => {
                    was_connected = true;
                    pause = PAUSE_MIN;
                    context.term.note(&format!(
                        "connection lost after entry {} ({reason}); connecting again",
                        last.seq
                    ));
                    std::thread::sleep(pause);
                }
            }
        }
    }
}

fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable { .. } | Failure::Server(_) => false,
        Failure::Refused(_) => failure.exit_code() != crate::exit::SERVER,
        _ => true,
    }
}

/// The last entry that was told; its hash, so that a server that was restored meanwhile does not go on with
/// another history.
struct Last {
    seq: Seq,
    leaf: Option<Digest>,
}

/// Follows over one connection; says why it ended.
fn follow(
    context: &Context<'_>,
    plan: &PlanId,
    last: &mut Last,
    told: &mut Told<'_>,
    is_again: bool,
) -> Result<String, Failure> {
    let mut live = context.connect()?;
    let subscribe =
        ClientMessage::Subscribe { plan: plan.clone(), after: Some(last.seq), leaf: last.leaf, raw: false };
    if let Err(reason) = live.send(&subscribe) {
        return Ok(reason);
    }
    told.is_catching_up = true;
    let mut is_asked = false;
    loop {
        match live.receive() {
            Received::Message(message) => {
                is_asked = false;
                match *message {
                    ServerMessage::Event { event, .. } if event.plan == *plan && event.seq > last.seq => {
                        told.tell(&event)?;
                        *last = Last { seq: event.seq, leaf: Some(event.leaf) };
                    }
                    ServerMessage::Subscribed { head, .. } => {
                        told.is_catching_up = false;
                        let again = if is_again { "again " } else { "" };
                        context
                            .term
                            .note(&format!("watching {plan} {again}from entry {head}; Ctrl-C ends it"));
                    }
                    message @ ServerMessage::Presence { .. } => told.tell_people(&message)?,
                    ServerMessage::Refused { refusal, .. } => {
                        return Err(Failure::Refused(Box::new(refusal)));
                    }
                    ServerMessage::Resync { reason } => return Ok(reason),
                    _ => {}
                }
            }
            Received::Quiet if is_asked => return Ok("the server is silent".into()),
            Received::Quiet => {
                is_asked = true;
                if let Err(reason) = ask_for_life(&mut live) {
                    return Ok(reason);
                }
            }
            Received::Gone(reason) => return Ok(reason),
            Received::Ended(failure) => return Err(failure),
        }
    }
}

fn ask_for_life(live: &mut Live) -> Result<(), String> {
    live.send(&ClientMessage::Ping { nonce: 1 })
}

/// Tells entries, with the names that elements have now.
struct Told<'a> {
    context: &'a Context<'a>,
    plan: PlanId,
    names: Names,
    is_catching_up: bool,
    tells_people: bool,
}

impl Told<'_> {
    fn learn_names(&mut self) -> Result<(), Failure> {
        if !self.context.term.is_json() {
            self.names = Names::of(&self.context.view(&self.plan, None, true)?);
        }
        Ok(())
    }

    fn tell(&mut self, event: &EventView) -> Result<(), Failure> {
        if self.context.term.is_json() {
            return self.context.term.json_line(event);
        }
        // What comes is told by its new name, what moves or goes by the one it had.  While catching up,
        // the names of now are known already.
        let has = |ops: &[RowOp]| event.edits().iter().any(|row| ops.contains(&row.op));
        let comes = !self.is_catching_up && has(&[RowOp::Add, RowOp::Restore]);
        if comes || event.edits().iter().any(|row| !self.names.knows(&row.element)) {
            self.relearn_names()?;
        }
        let line = live_line(event, &self.names, self.context.term.paint());
        self.context.term.line(&wrap("", HANG, &line, self.context.term.width()))?;
        let goes = !self.is_catching_up && has(&[RowOp::Move, RowOp::Remove]);
        if goes { self.relearn_names() } else { Ok(()) }
    }

    fn tell_people(&mut self, message: &ServerMessage) -> Result<(), Failure> {
        let ServerMessage::Presence { people, .. } = message else { return Ok(()) };
        if !self.tells_people {
            return Ok(());
        }
        if self.context.term.is_json() {
            return self.context.term.json_line(message);
        }
        let element = |person: &Person| person.state.as_ref().and_then(|state| state.element.clone());
        if people.iter().filter_map(element).any(|element| !self.names.knows(&element)) {
            self.relearn_names()?;
        }
        let paint = self.context.term.paint();
        people
            .iter()
            .try_for_each(|person| self.context.term.line(&presence_line(person, &self.names, paint)))
    }

    /// Without the new names a line still tells ids: no entry is held up for them.
    fn relearn_names(&mut self) -> Result<(), Failure> {
        match self.learn_names() {
            Err(failure @ Failure::Unauthenticated(_)) => Err(failure),
            _ => Ok(()),
        }
    }
}
