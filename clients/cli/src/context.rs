//! What the options mean here: which server, which token, under what name edits go.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use plenary_limits::LIVE_MESSAGE_BYTES_MAX;
use plenary_protocol::ids::{ClientId, ElementId, PlanId, Seq};
use plenary_protocol::plan::command::{Edit, check_reason};
use plenary_protocol::plan::{Command, Kind, PlanView};
use plenary_protocol::wire::api::{EditDone, PlanSummary, Ticket, TicketBody};
use plenary_protocol::wire::codes::RefusalCode;
use plenary_protocol::wire::live::ClientMessage;

use crate::args::Global;
use crate::credentials::{self, Stored, URL_DEFAULT};
use crate::failure::Failure;
use crate::http::Http;
use crate::live::{self, Live};
use crate::names;
use crate::render::element::Layout;
use crate::term::Term;
use crate::values::Lookup;

/// Name of the variable that holds a token.
pub const TOKEN_VARIABLE: &str = "PLENARY_TOKEN";

/// One run of a command.
pub struct Context<'t> {
    /// The terminal.
    pub term: &'t Term,
    /// The API.
    pub http: Http,
    /// Why edits are made.
    pub because: Option<String>,
    /// What they answer, as typed.
    pub answers: Vec<String>,
    /// Under what name the edit goes.
    pub edit_id: ClientId,
}

impl<'t> Context<'t> {
    /// Finds server and token: the option or variable, then the stored login.
    ///
    /// # Errors
    /// `Unauthenticated` when there is no token for the server.
    pub fn new(global: &Global, term: &'t Term) -> Result<Context<'t>, Failure> {
        let given = std::env::var(TOKEN_VARIABLE).ok().map(|token| token.trim().to_owned());
        let given = given.filter(|token| !token.is_empty());
        let stored = match (&global.url, &given) {
            // Nothing that is stored is needed.
            (Some(_), Some(_)) => Stored::default(),
            _ => Stored::load(&credentials::path()?)?,
        };
        let url = address(global, &stored)?;
        let token = given.or_else(|| stored.tokens.get(&url).cloned());
        let Some(token) = token else {
            return Err(Failure::Unauthenticated(format!(
                "not logged in to {url}\nStore a token with `plenary login --url {url}`, or set {TOKEN_VARIABLE}."
            )));
        };
        let edit_id = match &global.edit_id {
            Some(id) => id.clone(),
            None => fresh_name()?,
        };
        let http = Http::new(&url, &token).patient(term);
        Ok(Context { term, http, because: global.because.clone(), answers: global.answers.clone(), edit_id })
    }

    /// The plans one may read.
    pub fn plans(&self) -> Result<Vec<PlanSummary>, Failure> {
        self.http.get_all(&["plans"], &[])
    }

    /// The plan that is meant.
    pub fn plan(&self, name: &str) -> Result<PlanSummary, Failure> {
        names::plan(&self.plans()?, name).cloned()
    }

    /// The plan as it stands, or stood at a point.
    pub fn view(&self, plan: &PlanId, at: Option<&str>, removed: bool) -> Result<PlanView, Failure> {
        let mut query = Vec::new();
        if let Some(at) = at {
            query.push(("at", at.to_owned()));
        }
        if removed {
            query.push(("removed", "true".to_owned()));
        }
        self.http.get(&["plans", plan.as_str()], &query)
    }

    /// The plan that is meant, as it stands.
    pub fn open(&self, name: &str, removed: bool) -> Result<PlanView, Failure> {
        self.view(&self.plan(name)?.id, None, removed)
    }

    /// Colours and width.
    pub fn layout(&self) -> Layout {
        Layout { paint: self.term.paint(), width: self.term.width() }
    }

    /// An id for something this edit makes; the same again when the edit is sent again.
    pub fn made_id(&self, kind: Kind, number: usize) -> ElementId {
        let mut hasher = DefaultHasher::new();
        (self.edit_id.as_str(), number).hash(&mut hasher);
        ElementId::of_bytes(kind.spec().prefix, hasher.finish().to_le_bytes())
    }

    /// The ids of what the edit answers.
    pub fn answers(&self, view: &PlanView) -> Result<Vec<ElementId>, Failure> {
        let kinds = ["guidance_request", "feedback_item", "consultation"];
        let find = |name: &String| names::element_of(view, name, &kinds).map(|element| element.id.clone());
        self.answers.iter().map(find).collect()
    }

    /// Does an edit by `/live`; `None` when one value was to be set that stands already.
    pub fn edit(&self, view: &PlanView, commands: Vec<Command>) -> Result<Option<EditDone>, Failure> {
        let answers = self.answers(view)?;
        let is_single = commands.len() == 1;
        let sets_one = matches!(
            commands.as_slice(),
            [Command::SetText { .. } | Command::SetField { .. } | Command::Move { .. }]
        );
        let edit = Edit {
            id: self.edit_id.clone(),
            plan: view.id.clone(),
            commands,
            because: self.because.clone(),
            answers,
        };
        edit.check().map_err(|error| Failure::Usage(error.to_string()))?;
        let Edit { id, plan, commands, because, answers } = edit;
        let message = ClientMessage::Edit { id: id.clone(), plan, commands, known: None, because, answers };
        let bytes = serde_json::to_vec(&message).map_or(0, |bytes| bytes.len());
        if bytes > LIVE_MESSAGE_BYTES_MAX {
            return Err(Failure::Usage(format!(
                "the edit has {bytes} bytes, the server takes {LIVE_MESSAGE_BYTES_MAX}; make several of it"
            )));
        }
        let done = live::edit(
            || self.connect(),
            &message,
            &id,
            |length, reason| self.pause(length, reason),
            |reason| self.lost(&view.id, reason),
        );
        match done {
            Ok(done) => Ok(Some(done)),
            Err(Failure::Refused(refusal)) if sets_one && refusal.code == RefusalCode::NothingToDo => {
                Ok(None)
            }
            Err(Failure::Refused(mut refusal)) if is_single => {
                // There is no list in which a number would help.
                refusal.command = None;
                Err(Failure::Refused(refusal))
            }
            Err(failure) => Err(failure),
        }
    }

    /// A connection to `/live`.
    pub fn connect(&self) -> Result<Live, Failure> {
        let ticket: Ticket = self.http.post(&["tickets"], &[], &TicketBody::default())?;
        Live::connect(self.http.base(), &ticket.ticket)
    }

    /// Waits before another attempt, and says so.
    pub fn pause(&self, length: Duration, reason: &str) {
        self.term.note(&format!(
            "no acknowledgement yet ({reason}); asking again under the same name in {} ms",
            length.as_millis()
        ));
        std::thread::sleep(length);
    }

    /// The failure of an edit of which nobody knows whether it was done.
    pub fn lost(&self, plan: &PlanId, reason: String) -> Failure {
        Failure::UnknownOutcome {
            edit_id: self.edit_id.to_string(),
            look: format!("plenary log {plan} --raw"),
            reason,
        }
    }

    /// Checks the sizes of `--because` and `--answers` where no edit does.
    pub fn check_reason(&self) -> Result<(), Failure> {
        check_reason(self.because.as_deref(), &[]).map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// The server's address: the option or variable, the last login, the usual one.
pub fn address(global: &Global, stored: &Stored) -> Result<String, Failure> {
    let url = global.url.as_deref().filter(|url| !url.is_empty()).or(stored.url.as_deref());
    credentials::normal_url(url.unwrap_or(URL_DEFAULT))
}

fn fresh_name() -> Result<ClientId, Failure> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Local(format!("no random numbers: {error}")))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cli-{hex}").parse().map_err(|error| Failure::Local(format!("{error}")))
}

/// Looks names up in a plan at hand, and in others, each fetched once.
pub struct Around<'a> {
    context: &'a Context<'a>,
    view: &'a PlanView,
    others: RefCell<HashMap<String, PlanView>>,
}

impl<'a> Around<'a> {
    /// The surroundings of a plan at hand.
    pub fn new(context: &'a Context<'a>, view: &'a PlanView) -> Around<'a> {
        Around { context, view, others: RefCell::default() }
    }
}

impl Lookup for Around<'_> {
    fn here(&self, name: &str, kinds: &[&str]) -> Result<ElementId, Failure> {
        names::element_of(self.view, name, kinds).map(|element| element.id.clone())
    }

    fn there(&self, plan: &str, name: &str) -> Result<(PlanId, ElementId, Seq), Failure> {
        let found = |view: &PlanView| {
            names::element(view, name).map(|element| (view.id.clone(), element.id.clone(), view.seq))
        };
        if plan == self.view.id.as_str() {
            return found(self.view);
        }
        if let Some(view) = self.others.borrow().get(plan) {
            return found(view);
        }
        let view = self.context.open(plan, true)?;
        let answer = found(&view);
        self.others.borrow_mut().insert(plan.to_owned(), view);
        answer
    }
}
