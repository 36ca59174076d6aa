//! What each check finds: pure functions of what was seen.

use jiff::{SignedDuration, Timestamp};
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::api::{Me, ServerAbout};
use plenary_protocol::wire::live::SUBPROTOCOL_JSON;
use serde::Serialize;
use serde_json::Value as Json;

use crate::exit;
use crate::failure::Failure;
use crate::render::time::moment;

/// Difference of the clocks from which on it is told.
pub const CLOCK_DIFFERENCE_MAX: SignedDuration = SignedDuration::from_secs(2);
/// A round trip that is felt with every command.
const ROUND_TRIP_SLOW: SignedDuration = SignedDuration::from_millis(500);
/// A token that ends so soon is told.
const TOKEN_LEFT_MIN: SignedDuration = SignedDuration::from_mins(15);
/// Plans that are named; of more, the number is.
const PLANS_NAMED_MAX: usize = 5;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Well.
    Ok,
    /// To be looked at; commands work.
    Warning,
    /// Commands do not work.
    Failed,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub name: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
    /// The exit code, when it failed.
    #[serde(skip)]
    pub code: Option<u8>,
}

impl Finding {
    /// It is well.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Finding {
        Finding { name, state: State::Ok, found: found.into(), way_out: None, code: None }
    }

    /// It is to be looked at.
    pub fn warning(name: &'static str, found: impl Into<String>) -> Finding {
        Finding { state: State::Warning, ..Finding::ok(name, found) }
    }

    /// It is wrong, and what the program ends with if nothing was wrong before.
    pub fn failed(name: &'static str, code: u8, found: impl Into<String>) -> Finding {
        Finding { state: State::Failed, code: Some(code), ..Finding::ok(name, found) }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn way_out(mut self, way_out: impl Into<String>) -> Finding {
        self.way_out = Some(way_out.into());
        self
    }
}

/// Whether an answer of `/healthz` is that of a Plenary server.
pub fn is_healthy(status: u16, body: &str) -> bool {
    status == 200 && serde_json::from_str::<Json>(body).is_ok_and(|json| json["status"] == "ok")
}

/// Whether edits are taken, by the answer of `/readyz`.
pub fn readiness(status: u16, body: &str) -> Finding {
    let json: Json = serde_json::from_str(body).unwrap_or_default();
    let reason = json["detail"].as_str().unwrap_or("it does not say why");
    match status {
        200 if json["status"] == "degraded" => {
            Finding::warning("edits", "are taken, and something is damaged that the operator has to mend")
                .way_out("ask the server's operator")
        }
        200 => Finding::ok("edits", "are taken"),
        503 if reason == "stopping" => {
            Finding::failed("edits", exit::SERVER, "not taken: the server is stopping")
                .way_out("try again in a moment, or ask its operator")
        }
        503 => Finding::failed("edits", exit::SERVER, format!("not taken, reading works: {reason}"))
            .way_out("ask the server's operator"),
        status => Finding::failed("edits", exit::SERVER, format!("/readyz answers {status}"))
            .way_out("ask the server's operator"),
    }
}

/// Why no socket could be opened: a limit that was reached says nothing of the network.
pub fn no_socket(failure: &Failure) -> Finding {
    let found = format!("no socket at /live: {}", first_line(failure));
    let finding = Finding::failed("live", failure.exit_code(), found);
    match limit_way_out(failure) {
        Some(way_out) => finding.way_out(way_out),
        None => finding.way_out("does a proxy before the server pass WebSockets on?"),
    }
}

/// Why a question under the token has no answer.
pub fn no_answer(name: &'static str, failure: &Failure) -> Finding {
    match limit_way_out(failure) {
        Some(way_out) => Finding::failed(name, failure.exit_code(), first_line(failure)).way_out(way_out),
        None => Finding::failed(name, failure.exit_code(), failure.message()),
    }
}

fn first_line(failure: &Failure) -> String {
    failure.message().lines().next().unwrap_or_default().to_owned()
}

/// What to do about a limit; none where it is something else.
fn limit_way_out(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Refused(refusal) if refusal.code == RefusalCode::RateLimited => Some(
            "a limit of the server, named above, is reached and nothing is broken: wait as long as it says, \
             end what else is open under your name or at your address, or ask the operator to raise it",
        ),
        _ => None,
    }
}

/// How long a round trip takes, by several; their median.
pub fn round_trip(mut times: Vec<SignedDuration>) -> Option<Finding> {
    times.sort();
    let median = *times.get(times.len() / 2)?;
    let found = format!("{:.1} ms a round trip (median of {})", median.as_secs_f64() * 1_000.0, times.len());
    Some(match median > ROUND_TRIP_SLOW {
        true => Finding::warning("latency", found).way_out("commands work, slowly; look at the network"),
        false => Finding::ok("latency", found),
    })
}

/// The difference of the clocks.  The server's time comes in whole seconds, so it counts as the middle of one.
pub fn clocks(server: Option<Timestamp>, here: Timestamp) -> Finding {
    let Some(server) = server else {
        return Finding::warning("clock", "the server does not tell its time")
            .way_out("does a proxy take the header `Date` away?");
    };
    let server = server.checked_add(SignedDuration::from_millis(500)).unwrap_or(server);
    let ahead = here.duration_since(server);
    if ahead.abs() <= CLOCK_DIFFERENCE_MAX {
        return Finding::ok("clock", "as the server's, within 2 s");
    }
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    let found = format!("this machine is {} {side} the server", length(ahead.abs()));
    Finding::warning("clock", found).way_out(
        "set the clock that is wrong (NTP): tokens made by one clock fail by the other, times in the log mislead",
    )
}

/// Whom the server takes the token for, and for how long.
pub fn accepted(me: &Me, now: Timestamp) -> Finding {
    let who = format!("{} ({}, {} {})", me.name, me.subject, me.bureau, me.role);
    let Ok(ends) = me.expires_at.parse::<Timestamp>() else {
        return Finding::warning("token", format!("accepted for {who}; its end is not understood"));
    };
    let left = ends.duration_since(now);
    let found = format!("accepted for {who}, for {} yet", length(left.max(SignedDuration::ZERO)));
    match left < TOKEN_LEFT_MIN {
        true => {
            Finding::warning("token", found).way_out("get a new one soon and store it with `plenary login`")
        }
        false => Finding::ok("token", found),
    }
}

/// A token that the server does not take; what it says of itself is not proved, but helps.
pub fn refused(reason: &str, claims: Option<&Json>, now: Timestamp) -> Finding {
    let issuer = claims.and_then(|claims| claims["iss"].as_str());
    let ended = claims
        .and_then(|claims| Timestamp::from_second(claims["exp"].as_i64()?).ok())
        .filter(|ends| *ends <= now)
        .map(|ends| {
            format!("; it ended {} ago, {}", length(now.duration_since(ends)), moment(&ends.to_string()))
        });
    let of = match (&ended, issuer) {
        (Some(ended), _) => ended.clone(),
        (None, Some(issuer)) => format!("; it is of the issuer {issuer:?}"),
        (None, None) => "; it does not read as a token".to_owned(),
    };
    let way_out = match (ended.is_some(), issuer) {
        (false, Some(_)) => "is it for another server? Store one for this with `plenary login`",
        _ => "get a new one and store it with `plenary login`, or set PLENARY_TOKEN",
    };
    Finding::failed("token", exit::DENIED, format!("not accepted: {reason}{of}")).way_out(way_out)
}

/// The versions of both sides.
pub fn versions(server: &str) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    match server == ours {
        true => Finding::ok("version", format!("server and client are {ours}")),
        false => Finding::warning("version", format!("the server is {server}, this client {ours}"))
            .way_out("use the client that came with the server if something is not understood"),
    }
}

/// Whether both sides speak alike.
pub fn protocols(about: &ServerAbout) -> Finding {
    let knows = |list: &[String], ours: &str| list.iter().any(|one| one == ours);
    if !knows(&about.live, SUBPROTOCOL_JSON) {
        let found =
            format!("the server speaks {} at /live, this client {SUBPROTOCOL_JSON}", about.live.join(", "));
        return Finding::failed("protocols", exit::SERVER, found)
            .way_out("use the client that came with the server");
    }
    if !knows(&about.plan_files, PLAN_SCHEMA) {
        let found = format!(
            "plan files: the server reads {}, this client {PLAN_SCHEMA}",
            about.plan_files.join(", ")
        );
        return Finding::warning("protocols", found).way_out("use the client that came with the server");
    }
    let sync = about.sync.join(", ");
    Finding::ok(
        "protocols",
        format!("{SUBPROTOCOL_JSON} at /live, version {sync} at /sync, files {PLAN_SCHEMA}"),
    )
}

/// The plans one may read.
pub fn plans(ids: &[String]) -> Finding {
    if ids.is_empty() {
        return Finding::warning("plans", "none that you may read")
            .way_out("`plenary import FILE` makes one, or ask the server's operator");
    }
    let named = ids.iter().take(PLANS_NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = match ids.len().saturating_sub(PLANS_NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Finding::ok("plans", format!("{} to read: {named}{more}", ids.len()))
}

/// A length of time in its two largest units.
pub fn length(time: SignedDuration) -> String {
    let s = time.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        3_600..86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}
