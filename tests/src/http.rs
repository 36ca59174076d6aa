//! A client of the HTTP API: one person's token, answers with their status.

use plenary_protocol::plan::{Command, PlanView};
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::api::{EditDone, Problem, RevisionPage};
use plenary_protocol::{Bureau, Role, Seq};
use serde_json::{Value as Json, json};
use ureq::Agent;

use crate::{PATIENCE, fresh_id};

/// Somebody whom a token can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// As the log names them.
    pub subject: &'static str,
    /// As people see them.
    pub name: &'static str,
    /// The Bureau they act for.
    pub bureau: Bureau,
    /// What they may do.
    pub role: Role,
}

/// An answer: status, text, and the text as JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: ureq::http::HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as text; empty when it is none.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub json: Json,
}

/// A client with a token.
#[derive(Debug, Clone)]
pub struct Http {
    agent: Agent,
    base: String,
    token: Option<String>,
}

impl Answer {
    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The refusal's stable code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer that must be 2xx.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn ok(self) -> Json {
        assert!((200..300).contains(&self.status), "status {}: {}", self.status, self.text);
        self.json
    }

    /// The problem of an answer that must be a refusal.
    ///
    /// # Panics
    /// When it is not one.
    #[track_caller]
    pub fn problem(self) -> Problem {
        assert!(self.status >= 400, "status {}: {}", self.status, self.text);
        serde_json::from_value(self.json).expect("a refusal is a problem document")
    }
}

impl Http {
    /// A client of the server at `base`.
    pub fn new(base: &str, token: Option<String>) -> Http {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Http { agent: config.into(), base: base.to_owned(), token }
    }

    /// The same person at another address.
    #[must_use]
    pub fn at(&self, base: &str) -> Http {
        Http::new(base, self.token.clone())
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Reads, with one more header.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        self.ask("GET", path, None, &[(name, value)]).expect("the server answers")
    }

    /// Asks; what fails on the way (nobody there, connection lost) is an error.
    ///
    /// # Errors
    /// What the client library says.
    pub fn try_ask(&self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Answer, ureq::Error> {
        self.ask(method, path, body, &[])
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.unwrap_or_default().to_vec())?;
        let mut answer = self.agent.run(request)?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec()?;
        let text = String::from_utf8(bytes.clone()).unwrap_or_default();
        let json = serde_json::from_str(&text).unwrap_or(Json::Null);
        Ok(Answer { status, headers, bytes, text, json })
    }

    /// Reads.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.try_ask("GET", path, None).expect("the server answers")
    }

    /// Posts JSON.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.post_bytes(path, body.to_string().as_bytes())
    }

    /// Posts bytes as they are.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        self.try_ask("POST", path, Some(body)).expect("the server answers")
    }

    /// The whole plan now, with what is removed.
    ///
    /// # Panics
    /// When it does not read.
    #[track_caller]
    pub fn plan(&self, plan: &str) -> PlanView {
        let json = self.get(&format!("/api/v1/plans/{plan}?removed=true")).ok();
        serde_json::from_value(json).expect("a plan is a plan")
    }

    /// The plan's last entry.
    #[track_caller]
    pub fn head(&self, plan: &str) -> Seq {
        self.plan(plan).seq
    }

    /// The id of the element with a display code.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn id_of(&self, plan: &str, code: &str) -> String {
        let found = self.get(&format!("/api/v1/plans/{plan}/elements/{code}")).ok();
        found["element"]["id"].as_str().expect("an element has an id").to_owned()
    }

    /// Entries by a query such as `after=3&limit=10`.
    ///
    /// # Panics
    /// When they do not read.
    #[track_caller]
    pub fn events(&self, plan: &str, query: &str) -> Vec<EventView> {
        let json = self.get(&format!("/api/v1/plans/{plan}/events?{query}")).ok();
        serde_json::from_value(json).expect("events are events")
    }

    /// Every entry of a plan.
    #[track_caller]
    pub fn all_events(&self, plan: &str) -> Vec<EventView> {
        let mut all: Vec<EventView> = Vec::new();
        loop {
            let after = all.last().map_or(0, |event| event.seq.0);
            let page = self.events(plan, &format!("after={after}&limit=1000"));
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// Revisions by a query.
    ///
    /// # Panics
    /// When they do not read.
    #[track_caller]
    pub fn history(&self, plan: &str, query: &str) -> RevisionPage {
        let json = self.get(&format!("/api/v1/plans/{plan}/history?{query}")).ok();
        serde_json::from_value(json).expect("a page of revisions is one")
    }

    /// Edits under a fresh name.
    #[track_caller]
    pub fn edit(&self, plan: &str, commands: &[Command]) -> Answer {
        let id = fresh_id("http");
        self.post(&format!("/api/v1/plans/{plan}/edits"), &json!({ "id": id, "commands": commands }))
    }

    /// Edits what must be admissible.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn edited(&self, plan: &str, commands: &[Command]) -> EditDone {
        serde_json::from_value(self.edit(plan, commands).ok()).expect("what an edit gave is one")
    }

    /// Moves a plan to another stage despite what the rules find.
    pub fn stage_despite(&self, plan: &str, stage: &str, because: &str) -> Answer {
        let id = fresh_id("stage");
        let body = json!({ "id": id, "stage": stage, "because": because, "despite_findings": true });
        self.post(&format!("/api/v1/plans/{plan}/stage"), &body)
    }

    /// Moves a plan to another stage.
    pub fn stage(&self, plan: &str, stage: &str, because: Option<&str>) -> Answer {
        let body = json!({ "id": fresh_id("stage"), "stage": stage, "because": because });
        self.post(&format!("/api/v1/plans/{plan}/stage"), &body)
    }
}
