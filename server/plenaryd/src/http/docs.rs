//! The description of the API as a page to read: made of the same table, without scripts, without
//! anything from elsewhere.

mod html;
mod schema;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::openapi::{ABOUT, DOCUMENT};
use super::operations::{self, Group, Operation};
use super::snapshot::Tag;
use super::{meanings, problem};
use html::{code, escaped, prose};

/// The style of the page.
const STYLE: &str = include_str!("docs/style.css");

static PAGE: LazyLock<Bytes> = LazyLock::new(|| page_of(&DOCUMENT, &operations::all()).into());
static FRONT: LazyLock<Bytes> = LazyLock::new(|| front_page().into());
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// Gives the page.
pub async fn page(request: HttpRequest) -> HttpResponse {
    Tag::of_bytes(&PAGE).on(&request, || {
        HttpResponse::Ok()
            .insert_header(ContentType::html())
            .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
            .body(PAGE.clone())
    })
}

/// Gives the page of the server's own address.
pub async fn front(request: HttpRequest) -> HttpResponse {
    Tag::of_bytes(&FRONT).on(&request, || {
        HttpResponse::Ok()
            .insert_header(ContentType::html())
            .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
            .body(FRONT.clone())
    })
}

fn front_page() -> String {
    let version = escaped(env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Plenary</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Plenary</h1>\n\
         <p>A server on which several Bureaux write strategic plans at the same time. Version {version}.</p>\n\
         <p>The page for writing is not in this program: it was built without Node.js. Install Node.js 20 or \
         newer, build again, and it is here. The command line client needs nothing more: \
         <code>plenary login --url</code> with this address, then <code>plenary --help</code>.</p>\n\
         <ul>\n<li><a href=\"/api/v1/docs\">The API, to read</a></li>\n\
         <li><a href=\"/api/v1/openapi.json\">The API, for programs</a> (OpenAPI 3.1)</li>\n</ul>\n\
         </main>\n</body>\n</html>\n"
    )
}

fn page_of(document: &Value, operations: &[Operation]) -> String {
    let version = escaped(env!("CARGO_PKG_VERSION"));
    let about: String = ABOUT.iter().map(|text| format!("<p>{}</p>\n", prose(text))).collect();
    let groups: String = Group::ALL.into_iter().map(|group| group_of(group, document, operations)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Plenary: the API</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the text</a>\n\
         <header>\n<h1>Plenary: the API</h1>\n\
         <p>Version {version}. For programs: <a href=\"openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\n\
         </header>\n{}\
         <main id=\"main\" tabindex=\"-1\">\n<section aria-labelledby=\"about\">\n\
         <h2 id=\"about\">How it works</h2>\n{about}</section>\n{groups}{}{}</main>\n</body>\n</html>\n",
        contents(operations),
        errors(),
        schemas(document),
    )
}

fn contents(operations: &[Operation]) -> String {
    let one = |operation: &Operation| {
        format!("<li><a href=\"#{}\">{}</a></li>\n", operation.id, prose(operation.summary))
    };
    let group = |group: Group| {
        let lines: String = operations.iter().filter(|one| one.group == group).map(one).collect();
        format!("<li><a href=\"#{}\">{}</a>\n<ul>\n{lines}</ul></li>\n", anchor(group), group.title())
    };
    let groups: String = Group::ALL.into_iter().map(group).collect();
    format!(
        "<nav aria-label=\"Contents\">\n<details open>\n<summary>Contents</summary>\n<ul>\n\
         <li><a href=\"#about\">How it works</a></li>\n{groups}\
         <li><a href=\"#errors\">Errors</a></li>\n<li><a href=\"#schemas\">Schemas</a></li>\n\
         </ul>\n</details>\n</nav>\n"
    )
}

fn anchor(group: Group) -> String {
    group.title().to_lowercase().replace(' ', "-")
}

fn group_of(group: Group, document: &Value, operations: &[Operation]) -> String {
    let parts: String =
        operations.iter().filter(|one| one.group == group).map(|one| operation_of(one, document)).collect();
    format!(
        "<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n<p>{2}</p>\n{parts}</section>\n",
        anchor(group),
        group.title(),
        prose(group.about()),
    )
}

fn operation_of(operation: &Operation, document: &Value) -> String {
    let method = operation.method.as_str();
    let described = &document["paths"][operation.path][method.to_lowercase()];
    let about = match operation.about {
        "" => String::new(),
        text => format!("<p>{}</p>\n", prose(text)),
    };
    format!(
        "<article aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{summary}</h3>\n\
         <p class=\"address\"><b class=\"{class}\">{method}</b> {path}</p>\n{about}\
         <p><b>Who:</b> {who}</p>\n{parameters}{body}{answers}{refusals}{example}</article>\n",
        id = operation.id,
        summary = prose(operation.summary),
        class = method.to_lowercase(),
        path = address(operation.path),
        who = escaped(&operation.who.says()),
        parameters = parameters(&described["parameters"]),
        body = body(&described["requestBody"]),
        answers = answers(operation, described),
        refusals = refusals(operation),
        example = example(operation, described),
    )
}

/// An address that may be broken before each of its parts.
fn address(path: &str) -> String {
    format!("<code>{}</code>", escaped(path).replace('/', "<wbr>/"))
}

fn parameters(parameters: &Value) -> String {
    let rows: String = parameters
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| {
            let mut kind = parameter["in"].as_str().unwrap_or_default().to_owned();
            if parameter["required"] == true {
                kind.push_str(", needed");
            }
            format!(
                "<tr><th scope=\"row\">{} <span>{}, {}</span></th><td>{}{}</td></tr>\n",
                code(parameter["name"].as_str().unwrap_or_default()),
                escaped(&kind),
                schema::kind(&parameter["schema"]),
                prose(parameter["description"].as_str().unwrap_or_default()),
                match &parameter["example"] {
                    Value::Null => String::new(),
                    Value::String(text) => format!(" Example: {}", code(text)),
                    other => format!(" Example: {}", code(&other.to_string())),
                },
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    table("Parameters", "Name", &rows)
}

fn table(title: &str, first: &str, rows: &str) -> String {
    format!(
        "<table>\n<caption>{title}</caption>\n<thead><tr><th scope=\"col\">{first}</th>\
         <th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn body(body: &Value) -> String {
    let Some(content) = body.get("content").and_then(Value::as_object) else { return String::new() };
    let needed = if body["required"] == true { "" } else { " (may be left out)" };
    let kinds: Vec<String> = content.values().map(|media| schema::kind(&media["schema"])).collect();
    format!("<p><b>Body{needed}:</b> JSON, {}.</p>\n", kinds.join(" or "))
}

fn answers(operation: &Operation, described: &Value) -> String {
    let success = &operation.success;
    let shown = &described["responses"][success.status.as_str()];
    let content = shown["content"].as_object().into_iter().flatten();
    let kinds: Vec<String> = content
        .map(|(media, value)| format!("{}, {}", code(media), schema::kind(&value["schema"])))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" {}.", kinds.join("; ")) };
    let tag = if operation.has_tag { " Carries an <code>ETag</code>; 304 when it still holds." } else { "" };
    let pages = if operation.has_pages { " Comes in pages." } else { "" };
    format!("<p><b>Answer:</b> {} {}{kinds}{tag}{pages}</p>\n", success.status.as_u16(), prose(success.about),)
}

fn refusals(operation: &Operation) -> String {
    let link = |code| {
        let name = plenary_protocol::wire::RefusalCode::as_str(code);
        let status = problem::status(code).as_u16();
        format!("<li><a href=\"#{}\">{status} {}</a></li>\n", problem::anchor(code), escaped(&name))
    };
    let mut codes = operation.codes();
    codes.sort_by_key(|code| problem::status(*code));
    let links: String = codes.into_iter().map(link).collect();
    if links.is_empty() {
        return links;
    }
    format!("<p><b>Errors:</b></p>\n<ul class=\"codes\">\n{links}</ul>\n")
}

/// Calls that work when pasted, against the demonstration.
fn example(operation: &Operation, described: &Value) -> String {
    if operation.success.body.is_none() {
        return String::new();
    }
    let mut address = operation.path.to_owned();
    let mut query: Vec<String> = Vec::new();
    for parameter in described["parameters"].as_array().into_iter().flatten() {
        let (name, example) = (parameter["name"].as_str().unwrap_or_default(), &parameter["example"]);
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => address = address.replace(&format!("{{{name}}}"), &text),
            Some("query") if !example.is_null() => query.push(format!("{name}={}", text.replace(' ', "%20"))),
            _ => {}
        }
    }
    if !query.is_empty() {
        address = format!("{address}?{}", query.join("&"));
    }
    let token = match operation.who.roles().is_empty() {
        true => "",
        false => " \\\n  -H \"Authorization: Bearer $PLENARY_TOKEN\"",
    };
    let call = |body: &str| format!("curl \"$PLENARY_URL{address}\"{token}{body}");
    let calls: Vec<String> = match &operation.body {
        None => vec![call("")],
        Some(body) => body
            .examples
            .iter()
            .map(|(_, value)| {
                let json = serde_json::to_string_pretty(value).unwrap_or_default();
                call(&format!(" \\\n  --json '{json}'"))
            })
            .collect(),
    };
    let blocks: String = calls
        .iter()
        .map(|call| format!("<pre tabindex=\"0\" aria-label=\"Call\"><code>{}</code></pre>\n", escaped(call)))
        .collect();
    let title = if calls.len() == 1 { "Example" } else { "Examples" };
    format!("<details><summary>{title}</summary>\n{blocks}</details>\n")
}

fn errors() -> String {
    let row = |meaning: &meanings::Meaning| {
        format!(
            "<tr id=\"{}\"><th scope=\"row\">{} <span>{}</span></th><td>{}</td></tr>\n",
            problem::anchor(meaning.code),
            code(&meaning.code.as_str()),
            problem::status(meaning.code).as_u16(),
            prose(&meaning.says),
        )
    };
    let rows: String = meanings::all().iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"errors\">\n<h2 id=\"errors\">Errors</h2>\n<p>Every error is a \
         <a href=\"#schema-Problem\">Problem</a>; its <code>code</code> is one of these. Codes are stable.</p>\n\
         {}</section>\n",
        table("Codes of errors", "Code and status", &rows)
    )
}

fn schemas(document: &Value) -> String {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    let one = |(name, shape): (&String, &Value)| {
        let name = escaped(name);
        format!(
            "<details><summary><h3>{name}</h3></summary>\n<div id=\"schema-{name}\">\n{}</div></details>\n",
            schema::whole(shape)
        )
    };
    let parts: String = all.map(one).collect();
    format!(
        "<section aria-labelledby=\"schemas\">\n<h2 id=\"schemas\">Schemas</h2>\n\
         <p>What is sent and given, by name.</p>\n{parts}</section>\n"
    )
}
