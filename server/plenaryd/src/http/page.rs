//! The page of the server's own address: the files that the build made, and the policy a browser holds
//! them to.
//!
//! Names of files below `/assets` carry the hash of their content, so they are kept for ever; the page
//! itself has a nonce of its own in every answer and is never kept.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    HeaderValue, VARY,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{ApiError, docs, problem};
use crate::clock;

/// The files of the page; none where it could not be built.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/page"]
struct Files;

/// The file that a browser begins with.
const INDEX: &str = "index.html";
/// What stands in it where the nonce goes.
const NONCE: &str = "__CSP_NONCE__";
/// For files whose name changes with their content: a year, and never asked for again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The encodings in which files are kept beside their plain form, the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// Gives the page, or says how to get it where it was not built.
pub async fn front(request: HttpRequest) -> HttpResponse {
    let Some(index) = Files::get(INDEX) else { return docs::front(request).await };
    let nonce = URL_SAFE_NO_PAD.encode(clock::entropy::<16>());
    let text = String::from_utf8_lossy(&index.data).replace(NONCE, &nonce);
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy(&nonce, host)))
        .body(text)
}

/// Gives a file of the page, in the best encoding that the browser takes.
pub async fn file(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let name = format!("assets/{path}");
    let plain = match Files::get(&name) {
        Some(plain) if !ENCODINGS.iter().any(|(_, ending)| name.ends_with(&format!(".{ending}"))) => plain,
        _ => return problem::no_such_route(request).await,
    };
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, plain.metadata.mimetype()))
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .insert_header((VARY, ACCEPT_ENCODING.as_str()));
    for (encoding, ending) in ENCODINGS {
        if takes(request.headers().get(ACCEPT_ENCODING), encoding)
            && let Some(packed) = Files::get(&format!("{name}.{ending}"))
        {
            return Ok(answer.insert_header((CONTENT_ENCODING, encoding)).body(bytes(packed)));
        }
    }
    Ok(answer.body(bytes(plain)))
}

fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
        std::borrow::Cow::Owned(data) => Bytes::from(data),
    }
}

/// Whether a browser takes an encoding: it is named, and not with a weight of nothing.
fn takes(accepted: Option<&HeaderValue>, encoding: &str) -> bool {
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next() == Some(encoding)
            && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// What the page may do: its own files, its own server, WebAssembly; nothing of anybody else.
fn policy(nonce: &str, host: Option<&str>) -> String {
    // Not every browser takes the own origin to cover sockets.
    let is_plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    let sockets = host.filter(is_plain).map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; worker-src 'self'; connect-src 'self'{sockets}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; \
         trusted-types svelte-trusted-html"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_where_it_is_named_and_not_refused() {
        let header = |text: &'static str| HeaderValue::from_static(text);
        assert!(takes(Some(&header("gzip, deflate, br")), "br"));
        assert!(takes(Some(&header("gzip;q=0.5")), "gzip"));
        assert!(!takes(Some(&header("gzip, br;q=0")), "br"));
        assert!(!takes(Some(&header("brotli")), "br") && !takes(None, "br"));
    }

    #[test]
    fn a_host_is_named_only_where_it_cannot_be_more_than_one() {
        assert!(policy("n", Some("plans.example.org:7400")).contains(" wss://plans.example.org:7400; "));
        assert!(policy("n", Some("[::1]:7400")).contains(" ws://[::1]:7400 "));
        for host in ["x; script-src *", "a b", ""] {
            assert!(policy("n", Some(host)).contains("connect-src 'self'; "), "{host:?}");
        }
    }
}
