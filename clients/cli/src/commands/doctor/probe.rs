//! The checks in their order: asks the server and hands what it sees to `findings`.

use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use plenary_protocol::wire::api::{Me, PlanSummary, ServerAbout, Ticket, TicketBody};
use plenary_protocol::wire::live::SUBPROTOCOL_JSON;
use serde_json::Value as Json;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, http::header::DATE};

use super::Settings;
use super::findings::{self, Finding};
use crate::exit;
use crate::failure::{Failure, way_out};
use crate::http::{Http, USER_AGENT, words};
use crate::live::Live;

/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of an answer that is looked at.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// How many round trips are measured.
const ROUND_TRIPS: usize = 5;

/// Takes a finding; fails when it cannot be told.
type Tell<'a> = &'a mut dyn FnMut(Finding) -> Result<(), Failure>;

/// An answer as it came.
struct Answer {
    status: u16,
    date: Option<Timestamp>,
    body: String,
    took: SignedDuration,
    /// Half way between question and answer, by the clock of this machine.
    here: Timestamp,
}

/// Asks, without a token.
struct Asker {
    agent: Agent,
    base: String,
}

impl Asker {
    fn new(base: &str) -> Asker {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(ANSWER_TIMEOUT))
            .user_agent(USER_AGENT)
            .tls_config(tls)
            .build();
        Asker { agent: config.into(), base: base.to_owned() }
    }

    fn get(&self, path: &str) -> Result<Answer, String> {
        let (begin, before) = (Instant::now(), Timestamp::now());
        let asked = self.agent.get(format!("{}{path}", self.base)).call();
        let mut answer = asked.map_err(|error| words(&error))?;
        let took = SignedDuration::try_from(begin.elapsed()).unwrap_or(SignedDuration::MAX);
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let here = before.checked_add(took / 2).unwrap_or(before);
        Ok(Answer { status, date, body: body.unwrap_or_default(), took, here })
    }
}

/// Makes all checks that can be made.
pub fn look(settings: &Settings, tell: Tell<'_>) -> Result<(), Failure> {
    let url = &settings.url;
    let asker = Asker::new(url);
    let healthy = match asker.get("/healthz") {
        Ok(answer) => answer,
        Err(reason) => {
            let way_out = way_out(url, &reason);
            let found = format!("no answer from {}: {reason}", resolved(url));
            return tell(Finding::failed("server", exit::UNREACHABLE, found).way_out(way_out));
        }
    };
    if !findings::is_healthy(healthy.status, &healthy.body) {
        let found =
            format!("{} answers {} at /healthz, not as a Plenary server does", resolved(url), healthy.status);
        return tell(
            Finding::failed("server", exit::SERVER, found)
                .way_out("something else is there; check host, port and path of the address"),
        );
    }
    tell(Finding::ok("server", format!("answers at {}", resolved(url))))?;
    if let Ok(ready) = asker.get("/readyz") {
        tell(findings::readiness(ready.status, &ready.body))?;
    }
    let times = (0..ROUND_TRIPS).filter_map(|_| Some(asker.get("/healthz").ok()?.took)).collect();
    findings::round_trip(times).map_or(Ok(()), &mut *tell)?;
    tell(findings::clocks(healthy.date, healthy.here))?;
    let about = asker.get("/api/v1/server").ok().filter(|answer| answer.status == 200);
    let about: Option<ServerAbout> = about.and_then(|answer| serde_json::from_str(&answer.body).ok());
    match &about {
        Some(about) => {
            tell(findings::versions(&about.version))?;
            tell(findings::protocols(about))?;
        }
        None => tell(
            Finding::warning("version", "the server does not say what it is and speaks")
                .way_out("it is older than this client, or a proxy keeps /api/v1/server"),
        )?,
    }
    let Some(token) = &settings.token else {
        return tell(
            Finding::failed("token", exit::DENIED, "none")
                .way_out(format!("store one with `plenary login --url {url}`, or set PLENARY_TOKEN")),
        );
    };
    // By the server's clock, which decides.
    let now = healthy.date.unwrap_or(healthy.here);
    under_token(&Http::new(url, token), token, now, tell)
}

/// What only those see whom the server knows.
fn under_token(http: &Http, token: &str, now: Timestamp, tell: Tell<'_>) -> Result<(), Failure> {
    match http.get::<Me>(&["me"], &[]) {
        Ok(me) => tell(findings::accepted(&me, now))?,
        Err(failure @ Failure::Unauthenticated(_)) => {
            let message = failure.message();
            let first = message.lines().next().unwrap_or_default();
            let reason = first.split_once("accept the token: ").map_or(first, |(_, reason)| reason);
            return tell(findings::refused(reason, claims(token).as_ref(), now));
        }
        Err(failure) => return tell(findings::no_answer("token", &failure)),
    }
    let socket = http
        .post(&["tickets"], &[], &TicketBody::default())
        .and_then(|ticket: Ticket| Live::connect(http.base(), &ticket.ticket));
    match socket {
        Ok(live) => {
            live.close();
            tell(Finding::ok(
                "live",
                format!("a socket at /live opens and is welcomed ({SUBPROTOCOL_JSON})"),
            ))?;
        }
        Err(failure) => tell(findings::no_socket(&failure))?,
    }
    match http.get_all::<PlanSummary>(&["plans"], &[]) {
        Ok(plans) => tell(findings::plans(&plans.iter().map(|plan| plan.id.to_string()).collect::<Vec<_>>())),
        Err(failure) => tell(findings::no_answer("plans", &failure)),
    }
}

/// The host and port of an address, with what the host's name stands for.
fn resolved(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split('/').next().unwrap_or(rest);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if scheme == "https" { 443 } else { 80 };
    let full = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    match full.to_socket_addrs().ok().and_then(|mut found| found.next()) {
        Some(address) if address.to_string() != full => format!("{full} ({address})"),
        _ => full,
    }
}

/// What a token says of itself, unproved.
pub(super) fn claims(token: &str) -> Option<Json> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
