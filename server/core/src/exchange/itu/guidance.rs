//! Of the draft: the membership's guidance and how it was addressed, consultations, coordination.

use plenary_protocol::ElementId;
use serde::Deserialize;

use super::adopted::{Codes, find};
use super::build::Builder;
use super::source::{At, Source};

/// A response whose status the data gives in words starting so is promised, not done.
const PROMISED: &str = "promised";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Principle {
    number: u32,
    title: String,
    request_lead_in: Option<String>,
    response_lead_in: Option<String>,
    requests: Vec<Request>,
    responses: Vec<Response>,
    #[serde(default)]
    see_also: Vec<String>,
    see_also_as_printed: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    id: String,
    text: String,
    form: String,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    id: String,
    text: String,
    answers: Vec<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Process {
    forum: String,
    guidance_source_document: String,
    membership_consultations: Vec<Consultation>,
    internal_coordination: Vec<Coordination>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consultation {
    id: String,
    title: String,
    by: Option<String>,
    date: Option<String>,
    until: Option<String>,
    respondents: Option<String>,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    feedback: Vec<String>,
    #[serde(default)]
    bodies_named: Vec<String>,
    result_document: Option<String>,
    participation: Option<String>,
    note: Option<String>,
    statement: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coordination {
    id: String,
    title: String,
    established_by: Option<String>,
    chair: Option<String>,
    purpose: Option<String>,
    #[serde(default)]
    with_: Vec<String>,
    statement: String,
}

/// How much guidance there is.
pub(super) struct Counts {
    pub(super) principles: usize,
    pub(super) requests: usize,
    pub(super) responses: usize,
}

/// Makes the guidance and the process it was gathered in.
pub(super) fn convert(source: &mut Source, b: &mut Builder) -> Counts {
    process(source, b);
    let printed = source.list::<Principle>("guidance");
    let mut requests = Codes::new();
    let mut principles = Vec::new();
    for At { item: principle, .. } in &printed {
        let id = b
            .add("guidance_principle", &principle.number.to_string(), None)
            .printed(&principle.number.to_string())
            .text("title", principle.title.as_str())
            .text("request_lead_in", principle.request_lead_in.as_deref())
            .text("response_lead_in", principle.response_lead_in.as_deref())
            .text("see_also_as_printed", principle.see_also_as_printed.as_deref())
            .id();
        for request in &principle.requests {
            let added = b
                .add("guidance_request", &request.id, Some(&id))
                .printed(&request.id)
                .text("statement", request.text.as_str())
                .field("form", &request.form)
                .field("marker", request.marker.as_ref());
            requests.insert(request.id.clone(), added.id());
        }
        principles.push(id);
    }
    for (At { pointer, item: principle }, id) in printed.iter().zip(&principles) {
        responses(source, principle, pointer, id, &requests, b);
        for (at, code) in principle.see_also.iter().enumerate() {
            if let Some(request) = find(source, &requests, code, &format!("{pointer}/see_also/{at}")) {
                b.link("refers_to", id, &request);
            }
        }
    }
    Counts {
        principles: printed.len(),
        requests: requests.len(),
        responses: printed.iter().map(|principle| principle.item.responses.len()).sum(),
    }
}

fn responses(
    source: &mut Source,
    principle: &Principle,
    pointer: &str,
    parent: &ElementId,
    requests: &Codes,
    b: &mut Builder,
) {
    for (index, response) in principle.responses.iter().enumerate() {
        let status = response.status.as_ref();
        if status.is_some_and(|status| !status.starts_with(PROMISED)) {
            source.problem(format!("{pointer}/responses/{index}/status"), "is not a promise; add what it is");
        }
        let added = b
            .add("guidance_response", &response.id, Some(parent))
            .printed(&response.id)
            .text("statement", response.text.as_str())
            .field("status", status.map(|_| PROMISED))
            .field("note", status);
        let id = if status.is_some() { added.inferred(["status"]) } else { added }.id();
        for (at, code) in response.answers.iter().enumerate() {
            let place = format!("{pointer}/responses/{index}/answers/{at}");
            if let Some(request) = find(source, requests, code, &place) {
                b.link("answers", &id, &request).note =
                    "our reading: the document prints both in one row".to_owned();
            }
        }
    }
}

fn process(source: &mut Source, b: &mut Builder) {
    let Some(process) = source.one::<Process>("process") else { return };
    b.plan_field("forum", &process.forum);
    b.plan_field("guidance_document", &process.guidance_source_document);
    for held in &process.membership_consultations {
        b.add("consultation", &held.id, None)
            .printed(&held.id)
            .text("title", held.title.as_str())
            .text("statement", held.statement.as_str())
            .field("organizer", held.by.as_ref())
            .field("date", held.date.as_ref())
            .field("until", held.until.as_ref())
            .field("respondents", held.respondents.as_ref())
            .field("subjects", held.subjects.as_slice())
            .field("modes", held.feedback.as_slice())
            .field("bodies", held.bodies_named.as_slice())
            .field("result_document", held.result_document.as_ref())
            .field("participation", held.participation.as_ref())
            .field("note", held.note.as_ref())
            .inferred_unless_in(&held.statement, &["organizer", "until", "respondents", "participation"]);
    }
    for line in &process.internal_coordination {
        b.add("coordination", &line.id, None)
            .printed(&line.id)
            .text("title", line.title.as_str())
            .text("statement", line.statement.as_str())
            .text("purpose", line.purpose.as_deref())
            .field("established_by", line.established_by.as_ref())
            .field("chair", line.chair.as_ref())
            .field("parties", line.with_.as_slice())
            .inferred_unless_in(&line.statement, &["established_by", "chair"]);
    }
}
