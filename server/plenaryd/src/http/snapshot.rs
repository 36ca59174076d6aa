//! Answers that stay the same while their plan does: strong tags made of plan and sequence number.
//!
//! A client may keep them and ask whether they still hold; it is still asked who it is each time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, Header as _, HeaderValue, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;

/// For answers that are kept by the client alone and asked for again before each use.
pub const REVALIDATE: &str = "private, no-cache";

/// The tag of one answer: plan, the entry it is the state after, and what exactly was asked.
#[derive(Debug, Clone)]
pub struct Tag(EntityTag);

impl Tag {
    /// The tag of what `request` asks of a plan as of `seq`; `also` is what else the answer hangs on.
    pub fn new(request: &HttpRequest, plan: &PlanId, seq: Seq, also: &[&str]) -> Tag {
        let mut hasher = DefaultHasher::new();
        (env!("CARGO_PKG_VERSION"), request.path(), request.query_string(), also).hash(&mut hasher);
        Tag(EntityTag::new_strong(format!("{plan}.{seq}.{:016x}", hasher.finish())))
    }

    /// The tag of bytes that are the same in every answer of this program.
    pub fn of_bytes(bytes: &[u8]) -> Tag {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Tag(EntityTag::new_strong(format!("{:016x}", hasher.finish())))
    }

    /// Makes an answer with this tag, or says that the client has it already.
    pub fn on(self, request: &HttpRequest, answer: impl FnOnce() -> HttpResponse) -> HttpResponse {
        let known = self.is_known(request);
        let mut answer = if known { HttpResponse::NotModified().finish() } else { answer() };
        let headers = answer.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&self.0.to_string()) {
            headers.insert(ETAG, tag);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(REVALIDATE));
        }
        answer
    }

    fn is_known(&self, request: &HttpRequest) -> bool {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.0)),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    use super::*;

    fn tag(uri: &str, seq: u64) -> String {
        let request = TestRequest::with_uri(uri).to_http_request();
        Tag::new(&request, &"a-plan".parse().unwrap(), Seq(seq), &[]).0.to_string()
    }

    #[test]
    fn a_tag_tells_plan_entry_and_question_apart() {
        let first = tag("/api/v1/plans/a-plan", 3);
        assert!(first.starts_with("\"a-plan.3."), "{first}");
        assert_eq!(first, tag("/api/v1/plans/a-plan", 3));
        assert_ne!(first, tag("/api/v1/plans/a-plan", 4));
        assert_ne!(first, tag("/api/v1/plans/a-plan?removed=true", 3));
        assert_ne!(first, tag("/api/v1/plans/a-plan/export", 3));
    }

    #[test]
    fn who_has_it_already_is_told_so() {
        let status = |known: &str| {
            let request = TestRequest::get().insert_header((IF_NONE_MATCH, known)).to_http_request();
            Tag::of_bytes(b"x").on(&request, || HttpResponse::Ok().body("x")).status()
        };
        let own = Tag::of_bytes(b"x").0.to_string();
        assert_eq!(status(&own), StatusCode::NOT_MODIFIED);
        assert_eq!(status(&format!("\"other\", W/{own}")), StatusCode::NOT_MODIFIED);
        assert_eq!(status("*"), StatusCode::NOT_MODIFIED);
        assert_eq!((status("\"other\""), status("x")), (StatusCode::OK, StatusCode::OK));
    }
}
