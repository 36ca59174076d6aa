//! Why a command failed, in words for a person and in JSON for a program, and its exit code.

use plenary_protocol::wire::api::FileProblem;
use plenary_protocol::wire::codes::{Refusal, RefusalCode};
use serde_json::json;

use crate::credentials::is_this_machine;
use crate::exit;
use crate::render::time::moment;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line or a file does not say what to do.
    Usage(String),
    /// There is no such plan, element, field or entry.
    NotFound(String),
    /// Not logged in.
    Unauthenticated(String),
    /// The server cannot be reached; nothing was done.
    Unreachable {
        /// The address tried.
        url: String,
        /// What the network says.
        reason: String,
    },
    /// The server refused it.
    Refused(Box<Refusal>),
    /// A plan file has problems.
    PlanFile {
        /// The file.
        path: String,
        /// Each problem with its place.
        problems: Vec<FileProblem>,
    },
    /// It may or may not have been done.
    UnknownOutcome {
        /// The edit's name.
        edit_id: String,
        /// How to look whether it was done.
        look: String,
        /// What happened to the connection.
        reason: String,
    },
    /// The server failed or is not understood.
    Server(String),
    /// Something on this machine failed.
    Local(String),
    /// Whoever read our output has gone; not an error.
    ClosedPipe,
    /// It failed with this exit code, and the answer on stdout says why.
    Told(u8),
}

impl Failure {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => exit::USAGE,
            Failure::NotFound(_) => exit::NOT_FOUND,
            Failure::Unauthenticated(_) => exit::DENIED,
            Failure::Unreachable { .. } => exit::UNREACHABLE,
            Failure::Refused(refusal) => of_refusal(refusal.code),
            Failure::PlanFile { .. } => exit::REFUSED,
            Failure::UnknownOutcome { .. } => exit::UNKNOWN_OUTCOME,
            Failure::Server(_) => exit::SERVER,
            Failure::Local(_) => exit::LOCAL,
            Failure::ClosedPipe => exit::OK,
            Failure::Told(code) => *code,
        }
    }

    /// What, where, and the way out.
    pub fn message(&self) -> String {
        match self {
            Failure::Usage(text)
            | Failure::NotFound(text)
            | Failure::Unauthenticated(text)
            | Failure::Server(text)
            | Failure::Local(text) => text.clone(),
            Failure::Unreachable { url, reason } => {
                format!("cannot reach the server at {url}: {reason}\n{}", way_out(url, reason))
            }
            Failure::Refused(refusal) => refusal_text(refusal),
            Failure::PlanFile { path, problems } => {
                let mut text = format!("{path} was not imported; problems: {}", problems.len());
                for problem in problems {
                    let place =
                        if problem.pointer.is_empty() { "(the whole file)" } else { &problem.pointer };
                    text.push_str(&format!("\n  {place}: {}", problem.says));
                }
                text
            }
            Failure::UnknownOutcome { edit_id, look, reason } => format!(
                "it is not known whether this was done: {reason}\n\
                 Look with `{look}` for {edit_id}, or run the same command again with\n\
                 --edit-id {edit_id}: under that name the server does it only once."
            ),
            Failure::ClosedPipe | Failure::Told(_) => String::new(),
        }
    }

    /// The same as one JSON value.
    pub fn json(&self) -> serde_json::Value {
        let mut error = json!({"exit": self.exit_code(), "reason": self.message()});
        match self {
            Failure::Refused(refusal) => {
                error["code"] = json!(refusal.code);
                error["reason"] = json!(refusal.reason);
                if let Some(command) = refusal.command {
                    error["command"] = json!(command);
                }
                if !refusal.now.is_empty() {
                    error["now"] = json!(refusal.now);
                }
            }
            Failure::PlanFile { path, problems } => {
                error["reason"] = json!(format!("{path} was not imported"));
                error["problems"] = json!(problems);
            }
            Failure::UnknownOutcome { edit_id, .. } => error["edit_id"] = json!(edit_id),
            _ => {}
        }
        json!({ "error": error })
    }
}

/// What to do about a server that cannot be reached.
pub fn way_out(url: &str, reason: &str) -> &'static str {
    if reason.contains("certificate") {
        "Its certificate is not known here; SSL_CERT_FILE can name the file of an authority to trust."
    } else if reason == "no answer in time" {
        "Something takes connections there and says nothing: is it a Plenary server?  It may be overloaded or stopped \
         half-way; its operator's log says so."
    } else if is_this_machine(url) {
        "Start one with `plenaryd --demo`, or name another with --url or PLENARY_URL."
    } else {
        "Check the address (--url or PLENARY_URL) and the network, or ask the server's operator."
    }
}

fn of_refusal(code: RefusalCode) -> u8 {
    use RefusalCode as Code;
    match code {
        Code::NoSuchPlan
        | Code::NoSuchElement
        | Code::NoSuchVersion
        | Code::NoSuchRule
        | Code::UnknownField
        | Code::BaseAhead => exit::NOT_FOUND,
        Code::Unauthenticated | Code::RoleForbids | Code::OtherBureau => exit::DENIED,
        Code::Stale | Code::OtherHistory => exit::CONFLICT,
        Code::Busy | Code::RateLimited | Code::ReadOnly | Code::Unavailable => exit::SERVER,
        // Of a server that speaks otherwise than this client.
        Code::Malformed | Code::NoSuchRoute | Code::WrongMethod => exit::SERVER,
        // What remains is a rule of the plan.
        _ => exit::REFUSED,
    }
}

fn refusal_text(refusal: &Refusal) -> String {
    let mut text = String::from("refused");
    if let Some(command) = refusal.command {
        text.push_str(&format!(" at command {} of the list (counted from 1)", command + 1));
    }
    text.push_str(&format!(": {} [{}]", refusal.reason, refusal.code.as_str()));
    for now in &refusal.now {
        text.push_str(&format!(
            "\n  now: {} by {} ({}), entry {}, {}",
            now.value,
            now.name,
            now.bureau,
            now.seq,
            moment(&now.at)
        ));
    }
    match refusal.code {
        RefusalCode::Stale => {
            text.push_str("\nNothing was done. Look at the value that stands, then set it again.")
        }
        RefusalCode::Busy | RefusalCode::RateLimited => {
            text.push_str("\nNothing was done. Try again in a moment.")
        }
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_table() {
        let refused = |code| Failure::Refused(Box::new(Refusal::new(code, "why"))).exit_code();
        assert_eq!(refused(RefusalCode::Stale), 6);
        assert_eq!(refused(RefusalCode::NoSuchPlan), 3);
        assert_eq!(refused(RefusalCode::OtherBureau), 4);
        assert_eq!(refused(RefusalCode::StageForbids), 1);
        assert_eq!(refused(RefusalCode::WrongType), 1);
        assert_eq!(refused(RefusalCode::ReadOnly), 8);
        assert_eq!(Failure::Usage(String::new()).exit_code(), 2);
        assert_eq!(Failure::Local(String::new()).exit_code(), 9);
        let lost =
            Failure::UnknownOutcome { edit_id: "cli-1".into(), look: "log".into(), reason: "gone".into() };
        assert_eq!(lost.exit_code(), 7);
        assert_eq!(lost.json()["error"]["edit_id"], "cli-1");
    }

    #[test]
    fn an_unreachable_server_is_named_with_the_way_out() {
        let failure =
            |url: &str| Failure::Unreachable { url: url.into(), reason: "connection refused".into() };
        assert_eq!(failure("http://h:1").exit_code(), 5);
        let local = failure("http://127.0.0.1:7400").message();
        assert!(local.contains("http://127.0.0.1:7400") && local.contains("plenaryd --demo"), "{local}");
        assert!(!failure("https://plans.example.org").message().contains("--demo"));
        let silent = way_out("http://127.0.0.1:7400", "no answer in time");
        assert!(silent.contains("says nothing") && !silent.contains("--demo"), "{silent}");
    }

    #[test]
    fn a_refusal_counts_commands_from_one_and_keeps_the_code() {
        let failure =
            Failure::Refused(Box::new(Refusal::new(RefusalCode::WrongType, "a year").at_command(2)));
        assert_eq!(
            failure.message(),
            "refused at command 3 of the list (counted from 1): a year [wrong_type]"
        );
        assert_eq!(failure.json()["error"]["command"], 2);
    }
}
