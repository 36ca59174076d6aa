//! Errors of the API: RFC 9457 problem details with a stable code, one meaning per status.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use plenary_limits::RETRY_AFTER_S;
use plenary_protocol::wire::api::{FileProblem, Problem};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::RequestId;
use super::meanings;
use crate::limits::Exceeded;

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as the API tells it.
#[derive(Debug)]
pub struct ApiError {
    refusal: Refusal,
    problems: Vec<FileProblem>,
    retry_after_s: u32,
}

impl ApiError {
    /// The request is not of the API.
    pub fn malformed(reason: String) -> Self {
        Refusal::new(RefusalCode::Malformed, reason).into()
    }

    /// The body or the query of a request could not be read; too large is told from wrong.
    pub fn unread(status: StatusCode, error: &dyn fmt::Display) -> Self {
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE => RefusalCode::TooLarge,
            _ => RefusalCode::Malformed,
        };
        Refusal::new(code, format!("the body is not what this call takes: {error}")).into()
    }

    /// A plan file has problems.
    pub fn bad_file(problems: Vec<FileProblem>) -> Self {
        let reason = format!("the plan file has {} problems; nothing was imported", problems.len());
        ApiError { problems, ..Refusal::new(RefusalCode::BadPlanFile, reason).into() }
    }
}

impl ApiError {
    /// A table that comes back has problems.
    pub fn bad_table(problems: Vec<FileProblem>) -> Self {
        let first = problems.first().map(|one| format!("{}: {}", one.pointer, one.says));
        let count = problems.len();
        let reason = format!(
            "the table has {count} problems, nothing was changed; the first, by line and column: {}",
            first.unwrap_or_default()
        );
        ApiError { problems, ..Refusal::new(RefusalCode::BadTable, reason).into() }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        ApiError { refusal, problems: Vec::new(), retry_after_s: RETRY_AFTER_S }
    }
}

impl From<Exceeded> for ApiError {
    fn from(exceeded: Exceeded) -> Self {
        ApiError { retry_after_s: exceeded.retry_after_s, ..Refusal::from(exceeded).into() }
    }
}

impl From<actix_web::Error> for ApiError {
    fn from(error: actix_web::Error) -> Self {
        ApiError::unread(error.as_response_error().status_code(), &error)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.refusal.reason)
    }
}

/// The status of a refusal.
pub fn status(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::Malformed => StatusCode::BAD_REQUEST,
        RefusalCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalCode::RoleForbids | RefusalCode::OtherBureau | RefusalCode::ForeignActor => {
            StatusCode::FORBIDDEN
        }
        RefusalCode::NoSuchRoute
        | RefusalCode::NoSuchPlan
        | RefusalCode::NoSuchElement
        | RefusalCode::NoSuchRule
        | RefusalCode::NoSuchVersion => StatusCode::NOT_FOUND,
        RefusalCode::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        RefusalCode::StageForbids
        | RefusalCode::FindingsOpen
        | RefusalCode::BaseAhead
        | RefusalCode::IdReused
        | RefusalCode::OtherHistory
        | RefusalCode::Stale
        | RefusalCode::NothingToDo
        | RefusalCode::NotSubscribed
        | RefusalCode::PlanExists => StatusCode::CONFLICT,
        RefusalCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalCode::UnknownField
        | RefusalCode::WrongType
        | RefusalCode::WrongPlace
        | RefusalCode::BadId
        | RefusalCode::OutOfRange
        | RefusalCode::BadPlanFile
        | RefusalCode::BadTable
        | RefusalCode::BadChange
        | RefusalCode::MissingDependency
        | RefusalCode::BadHeader
        | RefusalCode::BadMeaning
        | RefusalCode::FailedTrial
        | RefusalCode::DependsOnRefused => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        RefusalCode::Busy | RefusalCode::ReadOnly | RefusalCode::Unavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status(self.refusal.code)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let Refusal { code, reason, command, now } = self.refusal.clone();
        let problem = Problem {
            kind: kind(code),
            title: meanings::title(code).to_owned(),
            status: status.as_u16(),
            code,
            detail: reason,
            instance: None,
            command,
            now,
            problems: self.problems.clone(),
        };
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, PROBLEM_JSON));
        match status {
            StatusCode::UNAUTHORIZED => _ = response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                _ = response.insert_header((RETRY_AFTER, self.retry_after_s));
            }
            _ => {}
        }
        let mut response = response.finish();
        // Told by `tell`, which knows which request it was.
        response.extensions_mut().insert(problem);
        response
    }
}

/// Where a code is explained, as a reference that any client of this server can follow.
pub fn kind(code: RefusalCode) -> String {
    format!("/api/v1/docs#{}", anchor(code))
}

/// The place of a code on the page of the API.
pub fn anchor(code: RefusalCode) -> String {
    format!("error-{}", code.as_str())
}

/// Writes the problem that an answer holds into its body, and gives its code.
pub fn tell<B: MessageBody + 'static>(
    mut answer: ServiceResponse<B>,
    id: &RequestId,
) -> (ServiceResponse<BoxBody>, Option<RefusalCode>) {
    let problem = answer.response_mut().extensions_mut().remove::<Problem>();
    let Some(mut problem) = problem else { return (answer.map_into_boxed_body(), None) };
    problem.instance = Some(format!("urn:plenary:request:{}", id.as_str()));
    let body = serde_json::to_string(&problem).unwrap_or_default();
    (answer.map_body(|_, _| BoxBody::new(body)), Some(problem.code))
}

/// The answer where there is something, for other methods: those in `allow`.
pub fn wrong_method(request: &HttpRequest, allow: &str) -> HttpResponse {
    let (method, path) = (request.method(), request.path());
    let reason = format!("{path} does not take {method}, only {allow}");
    let mut answer = ApiError::from(Refusal::new(RefusalCode::WrongMethod, reason)).error_response();
    if let Ok(allow) = HeaderValue::from_str(allow) {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

/// The answer where there is nothing.
pub async fn no_such_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (method, path) = (request.method(), request.path());
    Err(Refusal::new(RefusalCode::NoSuchRoute, format!("there is no {method} {path}")).into())
}
