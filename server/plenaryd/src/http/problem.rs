//! Errors of the API: RFC 9457 problem details with a stable code, one meaning per status.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use plenary_protocol::wire::api::{FileProblem, Problem};
use plenary_protocol::wire::{Refusal, RefusalCode};

/// Seconds after which a busy server is worth asking again.
const RETRY_AFTER_S: &str = "1";

/// An error as the API tells it.
#[derive(Debug)]
pub struct ApiError {
    refusal: Refusal,
    problems: Vec<FileProblem>,
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
        ApiError { refusal: Refusal::new(RefusalCode::BadPlanFile, reason), problems }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        ApiError { refusal, problems: Vec::new() }
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
fn status(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::Malformed => StatusCode::BAD_REQUEST,
        RefusalCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalCode::RoleForbids | RefusalCode::OtherBureau | RefusalCode::ForeignActor => {
            StatusCode::FORBIDDEN
        }
        RefusalCode::NoSuchRoute | RefusalCode::NoSuchPlan | RefusalCode::NoSuchElement => {
            StatusCode::NOT_FOUND
        }
        RefusalCode::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        RefusalCode::StageForbids
        | RefusalCode::BaseAhead
        | RefusalCode::IdReused
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
        | RefusalCode::BadChange
        | RefusalCode::MissingDependency
        | RefusalCode::BadHeader
        | RefusalCode::BadMeaning
        | RefusalCode::FailedTrial
        | RefusalCode::DependsOnRefused => StatusCode::UNPROCESSABLE_ENTITY,
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
        let problem = Problem {
            kind: format!("about:blank#{}", self.refusal.code.as_str()),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            refusal: self.refusal.clone(),
            problems: self.problems.clone(),
        };
        let mut response = HttpResponse::build(status);
        response.insert_header(ContentType("application/problem+json".parse().unwrap_or(mime_json())));
        match status {
            StatusCode::UNAUTHORIZED => _ = response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => _ = response.insert_header((RETRY_AFTER, RETRY_AFTER_S)),
            _ => {}
        }
        let mut response = match serde_json::to_string(&problem) {
            Ok(body) => response.body(body),
            Err(_) => response.finish(),
        };
        response.extensions_mut().insert(self.refusal.code);
        response
    }
}

fn mime_json() -> actix_web::mime::Mime {
    actix_web::mime::APPLICATION_JSON
}

/// The answer where there is something, for other methods: those in `allow`.
pub fn wrong_method(request: &HttpRequest, allow: &'static str) -> HttpResponse {
    let (method, path) = (request.method(), request.path());
    let reason = format!("{path} does not take {method}, only {allow}");
    let mut answer = ApiError::from(Refusal::new(RefusalCode::WrongMethod, reason)).error_response();
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    answer
}

/// The answer where there is nothing.
pub async fn no_such_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (method, path) = (request.method(), request.path());
    Err(Refusal::new(RefusalCode::NoSuchRoute, format!("there is no {method} {path}")).into())
}
