//! Keys: the file of the local issuer, and the sets of others.

use std::os::unix::fs::PermissionsExt as _;

use plenary_limits::holds;

use super::*;

#[test]
fn a_key_survives_a_second_start_and_only_its_owner_reads_it() {
    let bench = Bench::new();
    let token = bench.issue(&request()).unwrap();
    let again = Identity::open(bench.dir.path(), Some(LOCAL_ISSUER_NAME), &[], [99; 32], at(NOW_S)).unwrap();
    assert!(again.verifier.verify(&token, at(NOW_S)).is_ok());

    let path = bench.dir.path().join(KEY_FILE);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let key = bench.key();
    assert!(is_key_id(key.key_id()) && key.key_id().len() == 16, "{}", key.key_id());
}

#[test]
fn a_key_that_others_may_read_is_refused_with_the_way_out() {
    let bench = Bench::new();
    let path = bench.dir.path().join(KEY_FILE);
    for mode in [0o640, 0o604, 0o644, 0o660, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error =
            Identity::open(bench.dir.path(), Some(LOCAL_ISSUER_NAME), &[], SEED, at(NOW_S)).unwrap_err();
        assert!(matches!(error, KeyFileError::Permissions { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("mode 0{mode:03o}")) && text.contains("chmod 600"), "{text}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(IssuerKey::open(bench.dir.path()).is_ok());
}

#[test]
fn what_is_no_key_is_left_as_it_is() {
    let bench = Bench::new();
    let path = bench.dir.path().join(KEY_FILE);
    for content in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "hello"] {
        std::fs::write(&path, content).unwrap();
        let error = IssuerKey::open_or_create(bench.dir.path(), SEED).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAKey { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let empty = TempDir::new().unwrap();
    let error = IssuerKey::open(empty.path()).unwrap_err();
    assert!(matches!(error, KeyFileError::Missing { .. }), "{error}");
    assert!(error.to_string().contains("--demo"), "{error}");
    assert!(!IssuerKey::exists(empty.path()) && IssuerKey::exists(bench.dir.path()));
}

#[test]
fn secrets_do_not_show() {
    let bench = Bench::new();
    let pem = std::fs::read_to_string(bench.dir.path().join(KEY_FILE)).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    let shown = format!("{:?}", bench.identity);
    assert!(!shown.contains(secret) && shown.contains("[redacted]"), "{shown}");
    assert!(!shown.contains(&format!("{SEED:?}")[1..20]), "{shown}");
}

#[test]
fn a_key_set_is_taken_for_one_algorithm() {
    let dir = TempDir::new().unwrap();
    let bench = Bench::new();
    let es256 = public_jwk(&es256_key(9), Algorithm::ES256, "es-1");
    let eddsa = public_jwk(&bench.key().signing, Algorithm::EdDSA, "ed-1");
    let rsa = json!({ "kty": "RSA", "kid": "rsa-1", "n": "AQAB", "e": "AQAB" });
    let path = write_jwks(dir.path(), &[rsa.clone(), es256.clone(), eddsa.clone()]);
    let has = |algorithm, key_id| KeySet::read(&path, algorithm).unwrap().get(key_id).is_some();
    assert!(has(TokenAlgorithm::Es256, "es-1") && !has(TokenAlgorithm::Es256, "ed-1"));
    assert!(has(TokenAlgorithm::EdDsa, "ed-1") && !has(TokenAlgorithm::EdDsa, "es-1"));

    let off_curve = with(es256.clone(), "y", es256["x"].clone());
    let short = with(eddsa.clone(), "x", json!("AAAA"));
    let wrong = [
        (vec![], "no key for ES256"),
        (vec![rsa, eddsa], "no key for ES256"),
        (vec![with(es256.clone(), "use", json!("enc"))], "no key for ES256"),
        (vec![with(es256.clone(), "alg", json!("ES384"))], "no key for ES256"),
        (vec![es256.clone(), es256.clone()], "the \"kid\" of another"),
        (vec![with(es256.clone(), "kid", json!("../x"))], "no \"kid\""),
        (vec![without(es256.clone(), "kid")], "no \"kid\""),
        (vec![with(es256.clone(), "d", json!("AA"))], "secret"),
        (vec![json!({ "kty": "oct", "k": "AA" })], "secret"),
        (vec![off_curve], "not a key for ES256"),
        (vec![json!("x")], "not an object"),
    ];
    for (keys, problem) in wrong {
        let error = KeySet::read(&write_jwks(dir.path(), &keys), TokenAlgorithm::Es256).unwrap_err();
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
    let error = KeySet::read(&write_jwks(dir.path(), &[short]), TokenAlgorithm::EdDsa).unwrap_err();
    assert!(error.to_string().contains("not a key for EdDSA"), "{error}");
    let missing = KeySet::read(&dir.path().join("none.json"), TokenAlgorithm::EdDsa).unwrap_err();
    assert!(matches!(missing, KeySetError::Read { .. }), "{missing}");
}

#[test]
fn files_sets_and_addresses_of_keys_hold_to_the_byte() {
    let bench = Bench::new();
    let path = bench.dir.path().join(KEY_FILE);
    let pem = std::fs::read(&path).unwrap();
    holds!(KEY_FILE_BYTES_MAX, |bytes| {
        let padding = vec![b'\n'; bytes - pem.len()];
        std::fs::write(&path, [&pem[..], &padding].concat()).unwrap();
        IssuerKey::open(bench.dir.path()).is_ok()
    });
    let dir = TempDir::new().unwrap();
    let jwk = public_jwk(&es256_key(9), Algorithm::ES256, "es-1");
    holds!(KEY_SET_BYTES_MAX, |bytes| {
        let mut text = json!({ "keys": [jwk] }).to_string();
        text.push_str(&" ".repeat(bytes - text.len()));
        let path = dir.path().join("padded.json");
        std::fs::write(&path, text).unwrap();
        KeySet::read(&path, TokenAlgorithm::Es256).is_ok()
    });
    holds!(ISSUER_KEYS_MAX, |count| {
        let key = |n: usize| with(jwk.clone(), "kid", json!(format!("es-{n}")));
        let keys: Vec<Value> = (0..count).map(key).collect();
        KeySet::read(&write_jwks(dir.path(), &keys), TokenAlgorithm::Es256).is_ok()
    });
    holds!(KEY_ID_BYTES_MAX, |bytes| is_key_id(&"k".repeat(bytes)));
    holds!(ISSUER_URL_BYTES_MAX, |bytes| {
        let host = "https://login.example.org/";
        format!("{host}{}", "k".repeat(bytes - host.len())).parse::<JwksUrl>().is_ok()
    });
}
