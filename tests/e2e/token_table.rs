//! Tokens near a good one: each is tried as a call and as an upgrade of both sockets, and gets the
//! answer of its row.  Rows are made with the real keys, so that nothing but what a row names is wrong.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use plenary_limits::{EXTERNAL_LIFETIME_S_MAX, LEEWAY_S_MAX, LOCAL_LIFETIME_S_MAX, TOKEN_BYTES_MAX};
use plenary_tests::{Launch, PATIENCE, TestServer};
use plenaryd::clock;
use plenaryd::identity::{IssuerKey, KEY_FILE, LOCAL_ISSUER_NAME};
use serde_json::{Value as Json, json};

const EXTERNAL: &str = "https://login.example.org";
/// Where a token is tried: a read, a write, and the handshakes of both sockets.
const CALLS: [(&str, &str); 4] =
    [("GET", "/api/v1/me"), ("POST", "/api/v1/tickets"), ("GET", "/live"), ("GET", "/sync")];
const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A server with an issuer of its own and another one, and the keys of both.
struct Bench {
    server: TestServer,
    local: EncodingKey,
    local_id: String,
    external: EncodingKey,
    now_s: i64,
}

/// What is sent: header lines, and a query.
struct Sent {
    headers: String,
    query: String,
}

impl Bench {
    fn new() -> Bench {
        let external = es256_key(9);
        let jwk = jwk_of(&external, Algorithm::ES256, "es-1");
        let server = TestServer::demo_with(|launch: Launch, folder: &Path| {
            let (keys, file) = (folder.join("jwks.json"), folder.join("plenary.toml"));
            std::fs::write(&keys, json!({ "keys": [jwk] }).to_string()).unwrap();
            let text = format!(
                "[limits]\naddress_refusals_per_minute = 100000\n[[issuers]]\nname = '{EXTERNAL}'\n\
                 audience = 'urn:plans'\nalgorithm = 'ES256'\nkeys = '{}'\n",
                keys.display()
            );
            std::fs::write(&file, text).unwrap();
            launch.arg("--config").arg(file)
        });
        let local = EncodingKey::from_ed_pem(&std::fs::read(server.data().join(KEY_FILE)).unwrap()).unwrap();
        let local_id = IssuerKey::open(&server.data()).unwrap().key_id().to_owned();
        Bench { server, local, local_id, external, now_s: clock::now().as_second() }
    }

    fn header(&self) -> Json {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.local_id })
    }

    fn claims(&self) -> Json {
        json!({
            "iss": LOCAL_ISSUER_NAME, "aud": "plenary", "sub": "ana", "jti": "t-1", "iat": self.now_s,
            "nbf": self.now_s, "exp": self.now_s + 600, "name": "Ana Silva", "bureau": "BR", "role": "drafter",
        })
    }

    /// The good token with its header changed, signed as it then stands.
    fn header_with(&self, name: &str, value: Json) -> String {
        self.signed(&with(self.header(), name, value).to_string(), &self.claims().to_string())
    }

    /// The good token with its claims changed, signed as they then stand.
    fn claims_with(&self, name: &str, value: Json) -> String {
        self.signed(&self.header().to_string(), &with(self.claims(), name, value).to_string())
    }

    fn without(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        sign(header, claims, &self.local, Algorithm::EdDSA)
    }

    fn good(&self) -> String {
        self.signed(&self.header().to_string(), &self.claims().to_string())
    }

    fn external_claims(&self) -> Json {
        with(with(self.claims(), "iss", json!(EXTERNAL)), "aud", json!("urn:plans"))
    }

    /// A token of the other issuer with these claims, signed by a key.
    fn external(&self, claims: &Json, key: &EncodingKey) -> String {
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "es-1" });
        sign(&header.to_string(), &claims.to_string(), key, Algorithm::ES256)
    }

    /// Status and body of one call on a connection of its own.
    fn ask(&self, method: &str, path: &str, sent: &Sent) -> (u16, String) {
        let base = self.server.base();
        let host = base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let rest = match (method, path) {
            ("POST", _) => {
                "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
            }
            (_, "/live" | "/sync") => "\r\n",
            _ => "Connection: close\r\n\r\n",
        };
        let upgrade = if rest == "\r\n" { HANDSHAKE } else { "" };
        let Sent { headers, query } = sent;
        let text = format!("{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\n{upgrade}{headers}{rest}");
        // Where the server refuses before it has read all, the rest cannot be written.
        _ = stream.write_all(text.as_bytes());
        answer(&mut stream)
    }
}

/// Reads an answer: to its end, or of an upgrade its first line.
fn answer(stream: &mut TcpStream) -> (u16, String) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4_096]);
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if head.starts_with("http/1.1 101") || length.is_some_and(|length| body.len() >= length) {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), text)
}

fn with(mut object: Json, name: &str, value: Json) -> Json {
    object[name] = value;
    object
}

/// JSON of an object with one more member, which may be there already.
fn twice(object: &Json, member: &str) -> String {
    format!("{},{member}}}", object.to_string().strip_suffix('}').unwrap())
}

fn sign(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A private key on P-256: PKCS#8 around a scalar.
fn es256_key(scalar: u8) -> EncodingKey {
    let mut der = vec![0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    der.extend([6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20]);
    der.extend([scalar; 32]);
    EncodingKey::from_ec_der(&der)
}

fn jwk_of(key: &EncodingKey, algorithm: Algorithm, id: &str) -> Json {
    let jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    with(with(jwk, "kid", json!(id)), "use", json!("sig"))
}

fn bearer(token: &str) -> Sent {
    Sent { headers: format!("Authorization: Bearer {token}\r\n"), query: String::new() }
}

/// Changed headers, all signed with the real key.
fn bad_headers(bench: &Bench) -> Vec<(&'static str, String)> {
    let foreign = EncodingKey::from_ed_der(&foreign_der());
    let own = jwk_of(&foreign, Algorithm::EdDSA, "mine");
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    for (what, name, value) in [
        ("alg none", "alg", json!("none")),
        ("alg None", "alg", json!("None")),
        ("alg empty", "alg", json!("")),
        ("alg in small letters", "alg", json!("eddsa")),
        ("alg of another key type", "alg", json!("ES256")),
        ("alg RS256", "alg", json!("RS256")),
        ("alg that is none", "alg", json!("XX")),
        ("alg as a list", "alg", json!(["EdDSA"])),
        ("alg null", "alg", json!(null)),
        ("kid of nobody", "kid", json!("nobody")),
        ("kid of the other issuer", "kid", json!("es-1")),
        ("kid as a path", "kid", json!("../../../../dev/null")),
        ("kid as SQL", "kid", json!("x' UNION SELECT 'secret")),
        ("kid as an address", "kid", json!("http://127.0.0.1:1/key")),
        ("kid with a NUL", "kid", json!(format!("{}\0", bench.local_id))),
        ("kid with a line's end", "kid", json!(format!("{}\r\nX: y", bench.local_id))),
        ("kid too long", "kid", json!("a".repeat(65))),
        ("kid as a number", "kid", json!(7)),
        ("kid empty", "kid", json!("")),
        ("a jku", "jku", json!("http://169.254.169.254/keys")),
        ("an x5u", "x5u", json!("http://127.0.0.1:1/cert")),
        ("an x5c", "x5c", json!(["AA"])),
        ("a jwk", "jwk", own.clone()),
        ("a crit", "crit", json!(["exp"])),
        ("an unencoded payload", "b64", json!(false)),
        ("the type of an ID token", "typ", json!("JWT")),
        ("the type of a proof", "typ", json!("dpop+jwt")),
        ("an empty type", "typ", json!("")),
    ] {
        rows.push((what, bench.header_with(name, value)));
    }
    let claims = bench.claims().to_string();
    let no_kid = json!({ "typ": "at+jwt", "alg": "EdDSA" }).to_string();
    rows.push(("no kid", bench.signed(&no_kid, &claims)));
    let no_typ = json!({ "alg": "EdDSA", "kid": bench.local_id }).to_string();
    rows.push(("no typ", bench.signed(&no_typ, &claims)));
    let with_own = with(bench.header(), "jwk", own).to_string();
    rows.push(("a jwk, and signed by it", sign(&with_own, &claims, &foreign, Algorithm::EdDSA)));
    rows.push(("alg twice", bench.signed(&twice(&bench.header(), r#""alg":"none""#), &claims)));
    rows
}

/// Another Ed25519 key: PKCS#8 around a seed.
fn foreign_der() -> Vec<u8> {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([8; 32]);
    der
}

/// Changed claims, all signed with the real key.
fn bad_claims(bench: &Bench) -> Vec<(&'static str, String)> {
    let now_s = bench.now_s;
    let far_s = LEEWAY_S_MAX + 600;
    let mut rows: Vec<(&'static str, String)> = vec![
        ("no iss", bench.without("iss")),
        ("no aud", bench.without("aud")),
        ("no sub", bench.without("sub")),
        ("no iat", bench.without("iat")),
        ("no exp", bench.without("exp")),
        ("no role", bench.without("role")),
    ];
    for (what, name, value) in [
        ("an issuer that is not known", "iss", json!("https://login.example.org/")),
        ("an issuer in a list", "iss", json!([LOCAL_ISSUER_NAME])),
        ("another audience", "aud", json!("plenary2")),
        ("an audience beside ours", "aud", json!(["plenary", "other"])),
        ("no audience in the list", "aud", json!([])),
        ("an audience that is a number", "aud", json!(1)),
        ("sub as a number", "sub", json!(7)),
        ("sub empty", "sub", json!("")),
        ("sub with a line's end", "sub", json!("ana\nadmin")),
        ("sub with a NUL", "sub", json!("ana\0")),
        ("a name that turns", "name", json!("ana\u{202e}nimda")),
        ("a role that is none", "role", json!("root")),
        ("roles in a list", "role", json!(["admin"])),
        ("a Bureau in small letters", "bureau", json!("br")),
        ("jti as a number", "jti", json!(7)),
        ("nbf in the future", "nbf", json!(now_s + far_s)),
        ("iat in the future", "iat", json!(now_s + 300)),
        ("exp before iat", "exp", json!(now_s - 1)),
        ("exp too far", "exp", json!(now_s + LOCAL_LIFETIME_S_MAX + 1)),
        ("exp as a text", "exp", json!((now_s + 600).to_string())),
        ("exp with a fraction", "exp", json!(now_s as f64 + 600.5)),
        ("exp over all numbers", "exp", json!(u64::MAX)),
        ("exp negative", "exp", json!(-1)),
        ("iat null", "iat", json!(null)),
    ] {
        rows.push((what, bench.claims_with(name, value)));
    }
    let old = with(bench.claims(), "iat", json!(now_s - far_s));
    let old = with(with(old, "nbf", json!(now_s - far_s)), "exp", json!(now_s - LEEWAY_S_MAX - 1));
    let header = bench.header().to_string();
    rows.push(("expired", bench.signed(&header, &old.to_string())));
    rows.push(("role twice", bench.signed(&header, &twice(&bench.claims(), r#""role":"admin""#))));
    let escaped = twice(&bench.claims(), r#""r\u006fle":"admin""#);
    rows.push(("role twice, once with an escape", bench.signed(&header, &escaped)));
    rows.push(("claims in a list", bench.signed(&header, &format!("[{}]", bench.claims()))));
    rows.push(("a token in a token", bench.signed(&header, &format!("\"{}\"", bench.good()))));
    rows
}

/// The good token with its signature or its spelling changed.
fn bad_forms(bench: &Bench) -> Vec<(&'static str, String)> {
    let good = bench.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let text = |object: Json| object.to_string();
    let hs256 = text(with(bench.header(), "alg", json!("HS256")));
    let public = jwk_of(&bench.local, Algorithm::EdDSA, &bench.local_id);
    let x = URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap();
    let by = |secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        sign(&hs256, &text(bench.claims()), &key, Algorithm::HS256)
    };
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let external = bench.external(&bench.external_claims(), &bench.external);
    let external_signed = external.rsplit_once('.').unwrap().0.to_owned();
    let foreign = EncodingKey::from_ed_der(&foreign_der());
    let external_long =
        with(bench.external_claims(), "exp", json!(bench.now_s + EXTERNAL_LIFETIME_S_MAX + 1));
    vec![
        ("nothing", String::new()),
        ("one word", "not-a-token".into()),
        ("two parts", signed.to_owned()),
        ("five parts, as if encrypted", format!("{header}..{payload}.{signature}.{signature}")),
        ("without its signature", format!("{signed}.")),
        (
            "alg none without a signature",
            format!(
                "{}.{payload}.",
                URL_SAFE_NO_PAD.encode(text(with(bench.header(), "alg", json!("none"))))
            ),
        ),
        ("HS256 by the public key", by(&x)),
        ("HS256 by the published key", by(text(public).as_bytes())),
        ("HS256 by nothing", by(b"")),
        ("by another key", sign(&text(bench.header()), &text(bench.claims()), &foreign, Algorithm::EdDSA)),
        (
            "with the claims of another",
            format!(
                "{header}.{}.{signature}",
                URL_SAFE_NO_PAD.encode(text(with(bench.claims(), "role", json!("admin"))))
            ),
        ),
        ("a cut signature", good[..good.len() - 4].to_owned()),
        ("a longer signature", format!("{good}AA")),
        ("a signature of zeros", format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
        ("a signature with one bit changed", format!("{signed}.{}", URL_SAFE_NO_PAD.encode(flipped(&raw)))),
        ("padding", format!("{good}==")),
        ("the other alphabet", format!("{header}.{}.{signature}", STANDARD.encode("{\"a\":\"??>>\u{fb}\"}"))),
        ("a space within", format!("{header}. {payload}.{signature}")),
        ("a letter that is not ASCII", format!("{header}.{payload}\u{e9}.{signature}")),
        ("too long", "a".repeat(TOKEN_BYTES_MAX + 1)),
        ("garbage as JSON", format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode("{"))),
        ("ES256 with zeros", format!("{external_signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
        (
            "ES256 with r of one and no s",
            format!("{external_signed}.{}", URL_SAFE_NO_PAD.encode([[1; 32], [0; 32]].concat())),
        ),
        ("ES256 beyond the order", format!("{external_signed}.{}", URL_SAFE_NO_PAD.encode([255; 64]))),
        ("ES256 by another key", bench.external(&bench.external_claims(), &es256_key(5))),
        (
            "the other issuer's for our audience",
            bench.external(&with(bench.external_claims(), "aud", json!("plenary")), &bench.external),
        ),
        ("the other issuer's in our name", bench.external(&bench.claims(), &bench.external)),
        ("the other issuer's for too long", bench.external(&external_long, &bench.external)),
    ]
}

fn flipped(signature: &[u8]) -> Vec<u8> {
    let mut bytes = signature.to_vec();
    bytes[10] ^= 1;
    bytes
}

/// A good token in places where none counts.
fn bad_places(bench: &Bench) -> Vec<(&'static str, Sent)> {
    let good = bench.good();
    let (bad, header) = (bench.claims_with("role", json!("root")), |text: String| Sent {
        headers: text,
        query: String::new(),
    });
    vec![
        ("no header", header(String::new())),
        ("without a scheme", header(format!("Authorization: {good}\r\n"))),
        ("basic", header(format!("Authorization: Basic {good}\r\n"))),
        ("no space after the scheme", header(format!("Authorization: Bearer{good}\r\n"))),
        ("scheme twice", header(format!("Authorization: Bearer Bearer {good}\r\n"))),
        ("two in one header", header(format!("Authorization: Bearer {good}, Bearer {good}\r\n"))),
        (
            "a bad header before a good one",
            header(format!("Authorization: Bearer {bad}\r\nAuthorization: Bearer {good}\r\n")),
        ),
        (
            "a good header before a bad one",
            header(format!("Authorization: Bearer {good}\r\nAuthorization: Bearer {bad}\r\n")),
        ),
        ("in a cookie", header(format!("Cookie: token={good}; Authorization=Bearer {good}\r\n"))),
        ("in the proxy's header", header(format!("Proxy-Authorization: Bearer {good}\r\n"))),
        ("in the query", Sent { headers: String::new(), query: format!("?token={good}") }),
        (
            "in the query by its standard name",
            Sent { headers: String::new(), query: format!("?access_token={good}") },
        ),
        ("as a ticket", Sent { headers: String::new(), query: format!("?ticket={good}") }),
    ]
}

fn good_ones(bench: &Bench) -> Vec<(&'static str, Sent)> {
    let (now_s, header) = (bench.now_s, bench.header().to_string());
    let lived = |from: i64, to: i64| {
        let claims = with(with(bench.claims(), "iat", json!(from)), "exp", json!(to));
        bench.signed(&header, &with(claims, "nbf", json!(from)).to_string())
    };
    let external = |claims: &Json| bench.external(claims, &bench.external);
    let scheme = |name: &str| Sent {
        headers: format!("Authorization: {name} {}\r\n", bench.good()),
        query: String::new(),
    };
    let mut rows: Vec<(&'static str, Sent)> = [
        ("plain", bench.good()),
        ("ES256 of the other issuer", external(&bench.external_claims())),
        (
            "ES256, living as long as may be",
            external(&with(bench.external_claims(), "exp", json!(now_s + EXTERNAL_LIFETIME_S_MAX))),
        ),
        (
            "ES256 with its audience in a list",
            external(&with(bench.external_claims(), "aud", json!(["urn:plans"]))),
        ),
        ("its audience in a list", bench.claims_with("aud", json!(["plenary"]))),
        ("the long type", bench.header_with("typ", json!("application/at+jwt"))),
        ("the type in capitals", bench.header_with("typ", json!("AT+JWT"))),
        ("a header that means nothing here", bench.header_with("x", json!({ "a": 1 }))),
        ("a content type", bench.header_with("cty", json!("JSON"))),
        ("a claim that means nothing here", bench.claims_with("scope", json!("openid profile"))),
        (
            "a deep claim that means nothing here",
            bench.claims_with("groups", json!([{ "a": [1.5, null, true] }])),
        ),
        ("no jti", bench.without("jti")),
        ("no nbf", bench.without("nbf")),
        ("living as long as may be", lived(now_s, now_s + LOCAL_LIFETIME_S_MAX)),
        ("almost at its end", lived(now_s - 3_600, now_s + 300)),
        ("from a clock that is ahead, within what is let pass", lived(now_s + LEEWAY_S_MAX, now_s + 600)),
        ("of a short life", lived(now_s, now_s + 300)),
        ("a name in another script", bench.claims_with("name", json!("آنا سيلفا"))),
        ("a subject that is an address", bench.claims_with("sub", json!("ana@example.org"))),
        ("a longest jti", bench.claims_with("jti", json!("j".repeat(128)))),
    ]
    .map(|(what, token)| (what, bearer(&token)))
    .into();
    rows.push(("the scheme in small letters", scheme("bearer")));
    rows.push(("the scheme in capitals", scheme("BEARER")));
    rows
}

#[test]
fn sixty_bad_tokens_are_refused_and_twenty_good_ones_count_as_calls_and_at_both_sockets() {
    let bench = Bench::new();
    let mut bad: Vec<(&'static str, Sent)> = Vec::new();
    for (what, token) in [bad_headers(&bench), bad_claims(&bench), bad_forms(&bench)].concat() {
        bad.push((what, bearer(&token)));
    }
    bad.extend(bad_places(&bench));
    let good = good_ones(&bench);
    assert!(bad.len() >= 60 && good.len() >= 20, "{} bad, {} good", bad.len(), good.len());
    let mut wrong = Vec::new();
    for (method, path) in CALLS {
        for (what, sent) in &good {
            let (status, text) = bench.ask(method, path, sent);
            let wanted = if matches!(path, "/live" | "/sync") { 101 } else { 200 };
            if status != wanted {
                wrong.push(format!("{method} {path}: {what} is good and gets {status}: {text}"));
            }
        }
        for (what, sent) in &bad {
            let (status, text) = bench.ask(method, path, sent);
            if status != 401 || !text.contains("\"unauthenticated\"") {
                wrong.push(format!("{method} {path}: {what} gets {status}: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let (said, last) = (bench.server.running().stderr(), bench.good());
    assert!(!said.contains(last.split('.').next().unwrap()), "no token is logged");
}
