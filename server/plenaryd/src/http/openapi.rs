//! The description of the API (OpenAPI 3.1), made from the table of operations.
//!
//! Schemas are those of the types that are read and written; examples are good against the
//! demonstration, and a test asks every one of them.

mod schemas;

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::api::Problem;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::meanings;
use super::operations::{self, Group, Operation, Success, Who};
use super::problem::{self, PROBLEM_JSON, status};
use super::snapshot::Tag;

/// The description, made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
static TEXT: LazyLock<Bytes> = LazyLock::new(|| DOCUMENT.to_string().into());

/// What holds for all operations, in paragraphs.
pub const ABOUT: [&str; 6] = [
    "Plans are written by several Bureaux at the same time; every change is an entry of a log, numbered \
     1, 2, 3, … in its plan. Whatever was acknowledged is on disk.",
    "Send your token as `Authorization: Bearer …`. What a token is good for hangs on its role; each \
     operation says which. A plan can be narrowed to some readers: to others it answers as if it were not \
     there.",
    "Every error is a problem document (RFC 9457) with a stable `code`; `type` leads to its meaning, \
     `detail` says what is wrong with this request and what to do. An address that does not exist is \
     answered 404 `no_such_route`, one that takes other methods 405 `wrong_method` with the header `Allow`.",
    "A point of the past is an entry (its number), a time (RFC 3339) or a date (its end, UTC). Every plan, \
     element, comparison and time line can be asked for as of such a point.",
    "Long lists come in pages. Where there is a next page, the header `Link` names it with `rel=\"next\"`.",
    "Answers that hang on a plan alone carry an `ETag` made of the plan and its last entry: send it back as \
     `If-None-Match`, and 304 says that nothing has changed. Every answer carries `x-request-id`, under \
     which the server's log knows the request; one that you send is kept.",
];

/// Gives the description.
pub async fn openapi(request: HttpRequest) -> HttpResponse {
    Tag::of_bytes(&TEXT)
        .on(&request, || HttpResponse::Ok().insert_header(ContentType::json()).body(TEXT.clone()))
}

/// Makes the description.
fn document() -> Value {
    let operations = operations::all();
    let mut generator = schemas::generator();
    let mut paths = Map::new();
    for path in operations::paths(&operations) {
        let mut item = Map::new();
        for operation in operations.iter().filter(|one| one.path == path) {
            let described = described(operation, &mut generator);
            item.insert(operation.method.as_str().to_lowercase(), described);
        }
        paths.insert(path.to_owned(), item.into());
    }
    let problem = generator.subschema_for::<Problem>();
    let tags = Group::ALL.map(|group| json!({ "name": group.title(), "description": group.about() }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Plenary",
            "summary": "Plans of an organisation, written together; every change kept.",
            "description": ABOUT.join("\n\n"),
            "license": { "name": "Apache 2.0", "identifier": env!("CARGO_PKG_LICENSE") },
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": "/", "description": "The server that gives this description." }],
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token that names a subject, a Bureau and a role.",
                },
            },
            "responses": {
                "WrongMethod": {
                    "description": "The address takes other methods; those that it takes.",
                    "headers": { "Allow": { "schema": { "type": "string" } } },
                    "content": { PROBLEM_JSON: { "schema": narrowed(&problem, &[RefusalCode::WrongMethod]) } },
                },
                "NoSuchRoute": {
                    "description": "There is no such address.",
                    "content": { PROBLEM_JSON: { "schema": narrowed(&problem, &[RefusalCode::NoSuchRoute]) } },
                },
            },
            "schemas": schemas::components(generator),
        },
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut out = Map::new();
    let about = [operation.about, &operation.who.says()].join("\n\n");
    out.insert("operationId".into(), operation.id.into());
    out.insert("tags".into(), json!([operation.group.title()]));
    out.insert("summary".into(), operation.summary.into());
    out.insert("description".into(), about.trim().into());
    match operation.who {
        Who::Anybody => _ = out.insert("security".into(), json!([])),
        Who::Ticket => _ = out.insert("security".into(), json!([{ "bearer": [] }, {}])),
        Who::Known | Who::May(_) => {}
    }
    let roles: Vec<String> = operation.who.roles().iter().map(ToString::to_string).collect();
    out.insert("x-roles".into(), json!(roles));
    let parameters = parameters(operation, generator);
    if !parameters.is_empty() {
        out.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = &operation.body {
        let examples: Map<String, Value> = body
            .examples
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!({ "value": value })))
            .collect();
        let schema = (body.shape)(generator);
        let mut content = json!({ "application/json": { "schema": schema, "examples": examples } });
        for (media_type, about) in &body.others {
            content[*media_type] = json!({ "schema": { "type": "string", "description": about } });
        }
        out.insert("requestBody".into(), json!({ "required": body.required, "content": content }));
    }
    out.insert("responses".into(), responses(operation, generator).into());
    out.into()
}

fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut out: Vec<Value> = operation
        .path_parameters()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "in": "path",
                "required": true,
                "description": parameter.about,
                "schema": (parameter.shape)(generator),
                "example": parameter.example,
            })
        })
        .collect();
    if let Some(query) = &operation.query {
        out.extend(schemas::parameters(query, generator));
    }
    if operation.has_tag {
        out.push(json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of an answer that you have: 304 when it still holds.",
            "schema": { "type": "string" },
        }));
    }
    out
}

/// The answers of an operation by their status.
fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let Success { status: success, about, body, or_body } = &operation.success;
    let mut answer = json!({ "description": about });
    for (media_type, shape) in body.iter().chain(or_body) {
        answer["content"][*media_type] = json!({ "schema": shape(generator) });
    }
    let headers = headers(operation);
    if !headers.is_empty() {
        answer["headers"] = headers.into();
    }
    let mut out = Map::from_iter([(success.as_str().to_owned(), answer)]);
    if operation.has_tag {
        out.insert("304".into(), json!({ "description": "What you have still holds." }));
    }
    let problem = generator.subschema_for::<Problem>();
    let codes = operation.codes();
    let mut statuses: Vec<StatusCode> = codes.iter().map(|code| status(*code)).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for told in statuses {
        let codes: Vec<RefusalCode> = codes.iter().copied().filter(|code| status(*code) == told).collect();
        let meaning = |code: &RefusalCode| format!("- `{}`: {}", code.as_str(), says(*code));
        let lines: Vec<String> = codes.iter().map(meaning).collect();
        let mut answer = json!({
            "description": lines.join("\n"),
            "content": { PROBLEM_JSON: { "schema": narrowed(&problem, &codes) } },
        });
        match told {
            StatusCode::UNAUTHORIZED => {
                answer["headers"] = json!({ "WWW-Authenticate": { "schema": { "const": "Bearer" } } });
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                answer["headers"] = json!({ "Retry-After": {
                    "description": "Seconds after which it is worth asking again.",
                    "schema": { "type": "string" },
                } });
            }
            _ => {}
        }
        out.insert(told.as_str().to_owned(), answer);
    }
    out
}

fn headers(operation: &Operation) -> Map<String, Value> {
    let mut out = Map::new();
    let mut header = |name: &str, about: &str| {
        out.insert(name.to_owned(), json!({ "description": about, "schema": { "type": "string" } }));
    };
    if operation.has_tag {
        header("ETag", "The tag of this answer, for `If-None-Match`.");
    }
    if operation.has_pages {
        header("Link", "The next page, `rel=\"next\"`, where there is one.");
    }
    if operation.success.status == StatusCode::CREATED {
        header("Location", "The address of what was made.");
    }
    out
}

/// What a code means.
fn says(code: RefusalCode) -> &'static str {
    let found = meanings::all().iter().find(|meaning| meaning.code == code);
    found.map(|meaning| meaning.says.as_str()).unwrap_or_default()
}

/// A problem with one of some codes.
fn narrowed(problem: &schemars::Schema, codes: &[RefusalCode]) -> Value {
    let names: Vec<String> = codes.iter().map(|code| code.as_str()).collect();
    let kinds: Vec<String> = codes.iter().map(|code| problem::kind(*code)).collect();
    json!({
        "allOf": [problem],
        "properties": { "code": { "enum": names }, "type": { "enum": kinds } },
    })
}
