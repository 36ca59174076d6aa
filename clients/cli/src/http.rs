//! Requests to the HTTP API, and what its answers mean.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::time::Duration;

use plenary_limits::{LOG_PLANS_MAX, PLANS_PER_PAGE_MAX};
use plenary_protocol::wire::api::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{LINK, RETRY_AFTER};
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::WithBody;
use ureq::{Agent, Body, BodyReader, RequestBuilder, Timeout};

use crate::failure::Failure;
use crate::retry::{Attempt, Waits};
use crate::term::Term;

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be silent when something is read; what is slow there begins to answer sooner.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a whole request may take; an import of a large plan is the longest.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Largest answer that is read: a plan of full size, with room to spare.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// The media type of most that is sent.
pub const JSON: &str = "application/json";

/// What this client calls itself; it stands in the entries of its edits.
pub const USER_AGENT: &str = concat!("plenary-cli/", env!("CARGO_PKG_VERSION"));

/// The API of one server, under one token.
#[derive(Debug, Clone)]
pub struct Http {
    agent: Agent,
    base: String,
    token: String,
    /// Where it is said that the server is waited for; without it nothing is asked again.
    patience: Option<Term>,
}

/// The most pages that a list is followed for: all plans of the largest server.
const PAGES_MAX: usize = LOG_PLANS_MAX / PLANS_PER_PAGE_MAX + 1;

/// Name and value of each parameter of a query.
pub type Query<'a> = &'a [(&'a str, String)];

impl Http {
    /// The API of the server at `base` under `token`.
    pub fn new(base: &str, token: &str) -> Http {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .user_agent(USER_AGENT)
            .tls_config(tls)
            .build();
        Http { agent: config.into(), base: base.to_owned(), token: token.to_owned(), patience: None }
    }

    /// The same, which asks again what may be asked again when the server says later, and says so.
    #[must_use]
    pub fn patient(self, term: &Term) -> Http {
        Http { patience: Some(term.clone()), ..self }
    }

    /// The server's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads.
    pub fn get<T: DeserializeOwned>(&self, path: &[&str], query: Query<'_>) -> Result<T, Failure> {
        self.understand(&self.get_text(path, query)?)
    }

    /// Reads the answer as it is.
    pub fn get_text(&self, path: &[&str], query: Query<'_>) -> Result<String, Failure> {
        self.get_page(path, query).map(|(text, _)| text)
    }

    /// Reads the answer as it is, where it need not be text.
    pub fn get_bytes(&self, path: &[&str], query: Query<'_>) -> Result<Vec<u8>, Failure> {
        self.bytes(self.get_once(path, query).map_err(|error| self.unreachable(&error))?)
    }

    /// Reads a list that comes in pages, to its end.
    pub fn get_all<T: DeserializeOwned>(&self, path: &[&str], query: Query<'_>) -> Result<Vec<T>, Failure> {
        let mut query: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let asked: Vec<(&str, String)> =
                query.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let (text, next) = self.get_page(path, &asked)?;
            all.extend(self.understand::<Vec<T>>(&text)?);
            match next {
                Some(next) => query = next,
                None => return Ok(all),
            }
        }
        Err(Failure::Server(format!("the list of {} does not end", self.base)))
    }

    /// A page, and the query of the next one.
    fn get_page(&self, path: &[&str], query: Query<'_>) -> Result<(String, Option<Parameters>), Failure> {
        self.patiently(|| match self.get_once(path, query) {
            Err(error) => Attempt::NotSent(self.unreachable(&error)),
            Ok(answer) => {
                let (after, next) = (later(&answer), next_page(&answer));
                match (self.text(answer), after) {
                    (Ok(text), _) => Attempt::Done((text, next)),
                    (Err(failure), Some(after)) => Attempt::Later(failure, Some(after)),
                    (Err(failure), None) => Attempt::Answered(failure),
                }
            }
        })
    }

    /// Asks until the answer is not "later", a bounded number of times.
    fn patiently<T>(&self, mut ask: impl FnMut() -> Attempt<T>) -> Result<T, Failure> {
        let mut waits = Waits::default();
        loop {
            let (failure, after) = match ask() {
                Attempt::Done(value) => return Ok(value),
                Attempt::Answered(failure) | Attempt::NotSent(failure) => return Err(failure),
                Attempt::Lost(reason) => {
                    return Err(Failure::Unreachable { url: self.base.clone(), reason });
                }
                Attempt::Later(failure, after) => (failure, after),
            };
            let Some(term) = &self.patience else { return Err(failure) };
            let Some(length) = waits.next(Some(&failure), after) else { return Err(failure) };
            let message = failure.message();
            let reason = message.lines().next().unwrap_or_default();
            term.note(&format!(
                "the server says later ({reason}); asking again in {} ms",
                length.as_millis()
            ));
            std::thread::sleep(length);
        }
    }

    fn get_once(&self, path: &[&str], query: Query<'_>) -> Result<Response<Body>, ureq::Error> {
        let mut request = self
            .agent
            .get(self.address(path))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json");
        for (name, value) in query {
            request = request.query(*name, value);
        }
        request.config().timeout_recv_response(Some(SILENCE_TIMEOUT)).build().call()
    }

    /// Reads an answer that comes line by line, for as long as it takes.
    pub fn lines(&self, path: &[&str], query: Query<'_>) -> Result<Lines, Failure> {
        let mut request =
            self.agent.get(self.address(path)).header("authorization", format!("Bearer {}", self.token));
        for (name, value) in query {
            request = request.query(*name, value);
        }
        let request = request.config().timeout_global(None).build();
        let answer = request.call().map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            return Err(self.text(answer).err().unwrap_or(Failure::ClosedPipe));
        }
        Ok(Lines { body: BufReader::new(answer.into_body().into_reader()) })
    }

    /// Asks for a file, however long it takes to come.
    pub fn download<B: Serialize>(&self, path: &[&str], body: &B) -> Result<Download, Failure> {
        let bytes = serde_json::to_vec(body).map_err(|error| Failure::Local(error.to_string()))?;
        let request = self
            .agent
            .post(self.address(path))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let request = request.config().timeout_global(None).build();
        let answer = request.send(&bytes[..]).map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            return Err(self.text(answer).err().unwrap_or(Failure::ClosedPipe));
        }
        let header = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (entry, digest) = (header("plenary-entry").unwrap_or_default(), header("repr-digest"));
        let left_out = header("plenary-left-out");
        let body = answer.into_body().into_reader();
        Ok(Download { base: self.base.clone(), body, entry, digest, left_out })
    }

    /// Asks for something that may be asked again.
    pub fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
        body: &B,
    ) -> Result<T, Failure> {
        self.patiently(|| self.post_once(path, query, body))
    }

    /// Asks for something that is done once, and says how far it came.
    pub fn post_once<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
        body: &B,
    ) -> Attempt<T> {
        let bytes = match serde_json::to_vec(body) {
            Ok(bytes) => bytes,
            Err(error) => return Attempt::NotSent(Failure::Local(error.to_string())),
        };
        self.send(path, query, JSON, &bytes)
    }

    /// As `post_once`, for what takes the place of something.
    pub fn put_once<B: Serialize, T: DeserializeOwned>(&self, path: &[&str], body: &B) -> Attempt<T> {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.send_by(self.agent.put(self.address(path)), &[], JSON, &bytes),
            Err(error) => Attempt::NotSent(Failure::Local(error.to_string())),
        }
    }

    /// As `post_once`, with bytes of a media type that are sent as they are.
    pub fn send<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Query<'_>,
        media_type: &str,
        bytes: &[u8],
    ) -> Attempt<T> {
        self.send_by(self.agent.post(self.address(path)), query, media_type, bytes)
    }

    fn send_by<T: DeserializeOwned>(
        &self,
        request: RequestBuilder<WithBody>,
        query: Query<'_>,
        media_type: &str,
        bytes: &[u8],
    ) -> Attempt<T> {
        let mut request = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json")
            .header("content-type", media_type);
        for (name, value) in query {
            request = request.query(*name, value);
        }
        match request.send(bytes) {
            Err(error) if has_not_left(&error) => Attempt::NotSent(self.unreachable(&error)),
            Err(error) => Attempt::Lost(words(&error)),
            Ok(answer) => {
                let after = later(&answer);
                match self.text(answer).and_then(|text| self.understand(&text)) {
                    Ok(value) => Attempt::Done(value),
                    Err(Failure::Unreachable { reason, .. }) => Attempt::Lost(reason),
                    Err(failure) if after.is_some() => Attempt::Later(failure, after),
                    Err(failure) => Attempt::Answered(failure),
                }
            }
        }
    }

    fn address(&self, path: &[&str]) -> String {
        let mut address = format!("{}/api/v1", self.base);
        for part in path {
            address.push('/');
            address.push_str(&segment(part));
        }
        address
    }

    fn text(&self, mut answer: Response<Body>) -> Result<String, Failure> {
        let status = answer.status();
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .map_err(|error| self.unreachable(&error))?;
        if status.is_success() { Ok(text) } else { Err(self.failure(status, &text)) }
    }

    fn bytes(&self, mut answer: Response<Body>) -> Result<Vec<u8>, Failure> {
        let status = answer.status();
        let read = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let bytes = read.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(self.failure(status, &String::from_utf8_lossy(&bytes)))
    }

    /// What an answer says.
    pub fn understand<T: DeserializeOwned>(&self, text: &str) -> Result<T, Failure> {
        serde_json::from_str(text).map_err(|error| {
            Failure::Server(format!(
                "the answer of {} is not understood: {error}\nIs it a Plenary server, and of version {}?",
                self.base,
                env!("CARGO_PKG_VERSION")
            ))
        })
    }

    fn failure(&self, status: StatusCode, text: &str) -> Failure {
        let problem: Option<Problem> = serde_json::from_str(text).ok();
        let detail = || {
            let json: serde_json::Value = serde_json::from_str(text).ok()?;
            ["detail", "title"].iter().find_map(|key| json[*key].as_str().map(str::to_owned))
        };
        match (status, problem) {
            (StatusCode::UNAUTHORIZED, _) => Failure::Unauthenticated(format!(
                "{} does not accept the token: {}\nGet a new one and store it with `plenary login`, or set PLENARY_TOKEN.",
                self.base,
                detail().unwrap_or_else(|| "it is missing, wrong or has ended".into())
            )),
            (_, Some(problem)) if !problem.problems.is_empty() => {
                Failure::PlanFile { path: "the file".into(), problems: problem.problems }
            }
            (_, Some(problem)) => Failure::Refused(Box::new(problem.into_refusal())),
            (StatusCode::FORBIDDEN, None) => {
                Failure::Unauthenticated(detail().unwrap_or_else(|| "this is not yours to do".into()))
            }
            (StatusCode::NOT_FOUND, None) => Failure::NotFound(
                detail()
                    .unwrap_or_else(|| format!("{} knows no such thing; is it a Plenary server?", self.base)),
            ),
            (status, None) if status.is_client_error() => {
                Failure::Usage(detail().unwrap_or_else(|| format!("the server answers {status}")))
            }
            (status, None) => Failure::Server(format!(
                "the server at {} answers {status}: {}",
                self.base,
                detail().unwrap_or_else(|| "no reason given".into())
            )),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        Failure::Unreachable { url: self.base.clone(), reason: words(error) }
    }
}

/// A file that comes piece by piece.
pub struct Download {
    base: String,
    body: BodyReader<'static>,
    entry: String,
    digest: Option<String>,
    left_out: Option<String>,
}

impl Download {
    /// The entry that says it was exported.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The digest that the server tells, as its header does.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What of the plan the format cannot say.
    pub fn left_out(&self) -> Option<&str> {
        self.left_out.as_deref()
    }

    /// The next piece; none at the end.
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut piece = vec![0; PIECE_BYTES];
        let cut = |error: &std::io::Error| format!("the file was cut: {}", io_words(error));
        let count = self
            .body
            .read(&mut piece)
            .map_err(|error| Failure::Unreachable { url: self.base.clone(), reason: cut(&error) })?;
        piece.truncate(count);
        Ok((count > 0).then_some(piece))
    }
}

/// An answer that comes line by line.
pub struct Lines {
    body: BufReader<BodyReader<'static>>,
}

impl Lines {
    /// The next line; none at the end, and why when it was cut.
    pub fn next_line(&mut self) -> Result<Option<String>, String> {
        let mut line = String::new();
        match self.body.read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with('\n') => Ok(Some(line)),
            Ok(_) => Err("the stream was cut".into()),
            Err(error) => Err(io_words(&error)),
        }
    }
}

/// When an answer says to come back; none where it is final.
pub fn later<T>(answer: &Response<T>) -> Option<Duration> {
    let is_later = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let seconds = answer.headers().get(RETRY_AFTER).filter(|_| is_later)?.to_str().ok()?;
    // A date may stand there too; ours are seconds.
    seconds.parse().ok().map(Duration::from_secs)
}

/// Name and value of each parameter, as owned texts.
type Parameters = Vec<(String, String)>;

/// The query of the page that an answer names as the next one.  Its path is that of the page asked for, and
/// a proxy before the server may have shown another one to it: only the query counts.
fn next_page<T>(answer: &Response<T>) -> Option<Parameters> {
    let links = answer.headers().get(LINK)?.to_str().ok()?;
    let is_next = |link: &&str| link.split(';').skip(1).any(|part| part.trim() == "rel=\"next\"");
    let link = links.split(", ").find(is_next)?;
    let address = link.split(';').next()?.trim().strip_prefix('<')?.strip_suffix('>')?;
    let (_, query) = address.split_once('?')?;
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name)?, decoded(value)?))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// A part of a query without its percent signs.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn has_not_left(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => true,
        ureq::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
        ),
        _ => false,
    }
}

/// What went wrong with a request, in words.
pub fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "no such host".into(),
        ureq::Error::Io(error) => io_words(error),
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => "no connection in time".into(),
        ureq::Error::Timeout(_) => "no answer in time".into(),
        error => error.to_string(),
    }
}

/// What went wrong with a connection, without numbers.
pub fn io_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".into(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "connection lost".into()
        }
        ErrorKind::UnexpectedEof => "connection closed early".into(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "no answer in time".into(),
        _ => error.to_string(),
    }
}

/// A part of a path, percent-encoded.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_encoded() {
        assert_eq!(segment("target:2.7"), "target:2.7");
        assert_eq!(segment("../a b"), "..%2Fa%20b");
    }

    #[test]
    fn answers_become_failures_with_their_exit_codes() {
        let http = Http::new("http://h", "t");
        let code = |status, text| http.failure(status, text).exit_code();
        let problem =
            r#"{"type":"/api/v1/docs#error-stale","title":"t","status":409,"code":"stale","detail":"r"}"#;
        assert_eq!(code(StatusCode::CONFLICT, problem), 6);
        assert_eq!(code(StatusCode::UNAUTHORIZED, ""), 4);
        assert_eq!(code(StatusCode::FORBIDDEN, "{}"), 4);
        assert_eq!(code(StatusCode::NOT_FOUND, "gone"), 3);
        assert_eq!(code(StatusCode::BAD_REQUEST, r#"{"detail":"limit is a number"}"#), 2);
        assert_eq!(code(StatusCode::BAD_GATEWAY, "<html>"), 8);
    }

    #[test]
    fn the_next_page_is_the_query_of_its_link() {
        let next = |link: &str| {
            let answer = Response::builder().header("link", link).body(()).unwrap();
            next_page(&answer)
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wanted = Some(vec![pair("limit", "2"), pair("after", "a b")]);
        assert_eq!(next("</api/v1/plans?limit=2&after=a%20b>; rel=\"next\""), wanted);
        assert_eq!(next("</x?y=1>; rel=\"prev\", </x?limit=2&after=a+b>; rel=\"next\""), wanted);
        for none in ["", "</x?y=1>; rel=\"prev\"", "</x>; rel=\"next\"", "</x?y=%zz>; rel=\"next\""] {
            assert_eq!(next(none), None, "{none}");
        }
    }

    #[test]
    fn only_what_says_when_is_for_later() {
        let of = |status: u16, after: &str| {
            later(&Response::builder().status(status).header("retry-after", after).body(()).unwrap())
        };
        assert_eq!(of(429, "5"), Some(Duration::from_secs(5)));
        assert_eq!(of(503, "0"), Some(Duration::ZERO));
        assert_eq!((of(503, "tomorrow"), of(404, "5"), of(200, "5")), (None, None, None));
    }

    #[test]
    fn a_closed_port_is_unreachable_and_nothing_has_left() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let http = Http::new(&format!("http://127.0.0.1:{port}"), "t");
        let attempt: Attempt<serde_json::Value> = http.post_once(&["plans"], &[], &serde_json::json!({}));
        assert!(matches!(attempt, Attempt::NotSent(Failure::Unreachable { .. })), "{attempt:?}");
    }

    #[test]
    fn a_list_is_read_to_its_last_page() {
        use std::io::{BufRead as _, BufReader, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let pages = std::thread::spawn(move || {
            let mut asked = Vec::new();
            let links = ["Link: </api/v1/plans?after=b>; rel=\"next\"\r\n", ""];
            for (link, body) in links.into_iter().zip(["[1,2]", "[3]"]) {
                let (stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                asked.push(lines.next().unwrap_or_default());
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let length = body.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\n{link}Content-Length: {length}\r\nConnection: close\r\n\r\n");
                (&stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
            asked
        });
        // A proxy may have taken a part of the path away: the client stays at its own address.
        let http = Http::new(&format!("{base}/plenary"), "t");
        assert_eq!(http.get_all::<u32>(&["plans"], &[]).unwrap(), [1, 2, 3]);
        let asked = pages.join().unwrap();
        assert!(
            asked[0].starts_with("GET /plenary/api/v1/plans ")
                && asked[1].starts_with("GET /plenary/api/v1/plans?after=b "),
            "{asked:?}"
        );
    }
}
