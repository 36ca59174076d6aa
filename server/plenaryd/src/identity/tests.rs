//! What the identity of a request may rest on, and what it may not.

mod keyring;
mod keys;
mod remote;
mod revocations;
mod tickets;
mod tokens;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use plenary_limits::EXTERNAL_LIFETIME_S_MAX;
use plenary_protocol::{Bureau, Role};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// The time of the tests, seconds since 1970 UTC.
const NOW_S: i64 = 1_795_500_000;
const EXTERNAL: &str = "https://login.example.org";
const SEED: [u8; 32] = [7; 32];

/// A data directory with a local issuer and one external issuer with ES256.
struct Bench {
    dir: TempDir,
    identity: Identity,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let external = external(dir.path());
        let identity =
            Identity::open(dir.path(), Some(LOCAL_ISSUER_NAME), &[external], SEED, at(NOW_S)).unwrap();
        Self { dir, identity }
    }

    fn key(&self) -> IssuerKey {
        IssuerKey::open(self.dir.path()).unwrap()
    }

    fn issue(&self, request: &TokenRequest) -> Result<String, IssueError> {
        self.identity.issuer.as_ref().unwrap().issue(request, at(NOW_S), [1; 16])
    }

    /// A token of the local issuer's key with exactly this header and these claims.
    fn forge(&self, header: &Value, claims: &Value) -> String {
        sign(&header.to_string(), &claims.to_string(), &self.key().signing, Algorithm::EdDSA)
    }

    fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.key().key_id() })
    }

    fn detail(&self, token: &str) -> TokenDetail {
        self.identity.verifier.verify(token, at(NOW_S)).unwrap_err().detail
    }

    fn accepts(&self, token: &str) -> bool {
        self.identity.verifier.verify(token, at(NOW_S)).is_ok()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn request() -> TokenRequest {
    TokenRequest {
        subject: "ana".parse().unwrap(),
        name: "Ana Silva".to_owned(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        lifetime_s: 3_600,
    }
}

fn claims() -> Value {
    json!({
        "iss": LOCAL_ISSUER_NAME, "aud": AUDIENCE, "sub": "ana", "jti": "t-1",
        "iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + 3_600,
        "name": "Ana Silva", "bureau": "BR", "role": "drafter",
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
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

/// The public half as a member of a JWKS.
fn public_jwk(key: &EncodingKey, algorithm: Algorithm, key_id: &str) -> Value {
    let jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    with(with(jwk, "kid", json!(key_id)), "use", json!("sig"))
}

fn write_jwks(dir: &Path, keys: &[Value]) -> std::path::PathBuf {
    let path = dir.join("jwks.json");
    std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
    path
}

fn external(dir: &Path) -> TrustedIssuer {
    let path = write_jwks(dir, &[public_jwk(&es256_key(9), Algorithm::ES256, "es-1")]);
    TrustedIssuer {
        name: EXTERNAL.to_owned(),
        audience: "urn:plans".to_owned(),
        keys: KeySource::File(path.clone(), KeySet::read(&path, TokenAlgorithm::Es256).unwrap()),
        lifetime_max_s: EXTERNAL_LIFETIME_S_MAX,
    }
}
