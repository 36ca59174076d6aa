//! Pages: how many a page may hold, and the way to the next one as a header (RFC 8288).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, LINK};
use plenary_limits::EVENTS_PER_PAGE_MAX;
use serde::{Deserialize, Deserializer};

/// Reads how many a page is to hold; what no page holds is refused rather than guessed.
pub fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    limit_to::<EVENTS_PER_PAGE_MAX, D>(deserializer)
}

/// As [`limit`], where a page holds `MAX`.
pub fn limit_to<'de, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<usize>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match text.parse() {
        Ok(limit) if (1..=MAX).contains(&limit) => Ok(Some(limit)),
        _ => {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(32).collect();
            let wanted = format!("limit is {shown}, and a page has 1 to {MAX}; ask for the next page");
            Err(serde::de::Error::custom(wanted))
        }
    }
}

/// The header that names the next page: the address asked for with some parameters set anew.
pub fn next(
    request: &HttpRequest,
    set: (&str, &str),
) -> Option<(actix_web::http::header::HeaderName, HeaderValue)> {
    let (name, value) = set;
    let kept = request.query_string().split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        !key.is_empty() && key != name
    });
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("{name}={value}")]).collect();
    let link = format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&"));
    Some((LINK, HeaderValue::from_str(&link).ok()?))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_next_page_asks_the_same_from_another_place() {
        let link = |uri: &str| {
            let request = TestRequest::with_uri(uri).to_http_request();
            next(&request, ("after", "7")).unwrap().1.to_str().unwrap().to_owned()
        };
        assert_eq!(link("/p/events"), "</p/events?after=7>; rel=\"next\"");
        assert_eq!(link("/p/events?after=2&limit=5"), "</p/events?limit=5&after=7>; rel=\"next\"");
        assert_eq!(link("/p/events?field=a%20b&"), "</p/events?field=a%20b&after=7>; rel=\"next\"");
    }
}
