//! Tokens: the good one, and everything near it that must be refused.

use jsonwebtoken::EncodingKey;
use plenary_limits::{
    EXTERNAL_LIFETIME_S_MAX, KEY_ID_BYTES_MAX, LEEWAY_S_MAX, LOCAL_LIFETIME_S_MAX, PERSON_NAME_BYTES_MAX,
    TOKEN_BYTES_MAX, holds,
};
use plenary_protocol::Principal;

use super::*;

#[test]
fn a_token_of_ours_names_its_principal() {
    let bench = Bench::new();
    let token = bench.issue(&request()).unwrap();
    let principal = bench.identity.verifier.verify(&token, at(NOW_S + 60)).unwrap();
    assert_eq!(
        principal,
        Principal {
            subject: "ana".parse().unwrap(),
            name: "Ana Silva".to_owned(),
            issuer: LOCAL_ISSUER_NAME.to_owned(),
            bureau: Bureau::BR,
            role: Role::Drafter,
            token_id: Some("01".repeat(16)),
            issued_s: NOW_S,
            expires_s: NOW_S + 3_600,
        }
    );
    assert!(bench.accepts(&bench.forge(&bench.header(), &claims())), "the forge makes good ones too");
}

#[test]
fn the_issuer_issues_nothing_that_the_verifier_refuses() {
    let bench = Bench::new();
    for lifetime_s in [i64::MIN, -1, 0, LOCAL_LIFETIME_S_MAX + 1, i64::MAX] {
        let error = bench.issue(&TokenRequest { lifetime_s, ..request() }).unwrap_err();
        assert!(matches!(error, IssueError::Lifetime { .. }), "{lifetime_s}");
    }
    for name in ["", "  ", "Ana\nSilva", &"a".repeat(PERSON_NAME_BYTES_MAX + 1)] {
        let error = bench.issue(&TokenRequest { name: name.to_owned(), ..request() }).unwrap_err();
        assert!(matches!(error, IssueError::Name(_)), "{name:?}");
    }
    for (bureau, role) in Bureau::ALL.into_iter().flat_map(|bureau| Role::ALL.map(|role| (bureau, role))) {
        let lifetime_s = LOCAL_LIFETIME_S_MAX;
        let token = bench.issue(&TokenRequest { bureau, role, lifetime_s, ..request() }).unwrap();
        let principal = bench.identity.verifier.verify(&token, at(NOW_S)).unwrap();
        assert_eq!((principal.bureau, principal.role), (bureau, role));
    }
}

#[test]
fn every_claim_is_needed_and_has_its_type() {
    let bench = Bench::new();
    for name in ["iss", "aud", "sub", "iat", "exp", "name", "bureau", "role"] {
        let missing = bench.forge(&bench.header(), &without(claims(), name));
        assert_eq!(bench.detail(&missing), TokenDetail::Missing { name });
        for wrong in [json!(null), json!(true), json!([]), json!({}), json!([[1]]), json!(-1), json!(1.5)] {
            let detail = bench.detail(&bench.forge(&bench.header(), &with(claims(), name, wrong.clone())));
            let empty_audience = name == "aud" && wrong == json!([]);
            assert!(
                matches!(detail, TokenDetail::Form { name: at, .. } if at == name) || empty_audience,
                "{name} = {wrong}: {detail}"
            );
        }
    }
    for name in ["iat", "exp", "nbf"] {
        for wrong in [json!("1795500000"), json!(u64::MAX), json!(i64::MAX), json!(1e300)] {
            let detail = bench.detail(&bench.forge(&bench.header(), &with(claims(), name, wrong.clone())));
            assert!(matches!(detail, TokenDetail::Form { .. }), "{name} = {wrong}: {detail}");
        }
    }
    let overflow = claims().to_string().replace(&(NOW_S + 3_600).to_string(), "1e999");
    let token = sign(&bench.header().to_string(), &overflow, &bench.key().signing, Algorithm::EdDSA);
    assert!(matches!(bench.detail(&token), TokenDetail::Json { .. }));
}

#[test]
fn the_values_of_claims_are_checked() {
    let bench = Bench::new();
    let long = "x".repeat(300);
    let cases = [
        ("sub", json!("")),
        ("sub", json!("a\nb")),
        ("sub", json!(long)),
        ("name", json!(" ")),
        ("name", json!("Ana\u{1b}[2J")),
        ("name", json!(long)),
        ("bureau", json!("ITU-R")),
        ("bureau", json!("br")),
        ("role", json!("Drafter")),
        ("role", json!("root")),
        ("jti", json!("")),
        ("jti", json!("a b")),
        ("jti", json!(long)),
        ("jti", json!(7)),
    ];
    for (name, wrong) in cases {
        let detail = bench.detail(&bench.forge(&bench.header(), &with(claims(), name, wrong.clone())));
        assert!(matches!(detail, TokenDetail::Form { name: at, .. } if at == name), "{name} = {wrong}");
    }
    assert!(bench.accepts(&bench.forge(&bench.header(), &without(claims(), "jti"))), "jti may be absent");
    assert!(bench.accepts(&bench.forge(&bench.header(), &without(claims(), "nbf"))), "nbf may be absent");
}

#[test]
fn times_hold_against_the_time_given() {
    let bench = Bench::new();
    let token = bench.issue(&request()).unwrap();
    let verify = |now_s| bench.identity.verifier.verify(&token, at(now_s)).map_err(|error| error.to_string());
    let end_s = NOW_S + 3_600;
    assert!(verify(end_s + LEEWAY_S_MAX - 1).is_ok());
    assert_eq!(verify(end_s + LEEWAY_S_MAX).unwrap_err(), "the token is not valid: expired");
    assert!(verify(NOW_S - LEEWAY_S_MAX).is_ok());
    assert_eq!(verify(NOW_S - LEEWAY_S_MAX - 1).unwrap_err(), "the token is not valid: not yet valid");

    let future = bench.forge(&bench.header(), &with(claims(), "nbf", json!(NOW_S + LEEWAY_S_MAX + 1)));
    assert!(matches!(bench.detail(&future), TokenDetail::NotYetValid { name: "nbf", .. }));
    let future = bench.forge(&bench.header(), &with(claims(), "iat", json!(NOW_S + LEEWAY_S_MAX + 1)));
    assert!(matches!(bench.detail(&future), TokenDetail::NotYetValid { name: "iat", .. }));
    for exp_s in [NOW_S + LOCAL_LIFETIME_S_MAX + 1, NOW_S, NOW_S - 1, 253_402_300_799] {
        let token = bench.forge(&bench.header(), &with(claims(), "exp", json!(exp_s)));
        assert!(matches!(bench.detail(&token), TokenDetail::Lifetime { .. }), "{exp_s}");
    }
}

#[test]
fn the_audience_is_ours_alone() {
    let bench = Bench::new();
    assert!(bench.accepts(&bench.forge(&bench.header(), &with(claims(), "aud", json!([AUDIENCE])))));
    let others =
        [json!("plenary2"), json!("Plenary"), json!([AUDIENCE, "other"]), json!([]), json!("urn:plans")];
    for other in others {
        let error = bench.forge(&bench.header(), &with(claims(), "aud", other.clone()));
        assert!(matches!(bench.detail(&error), TokenDetail::Audience { .. }), "{other}");
    }
}

#[test]
fn the_algorithm_is_the_issuers_not_the_tokens() {
    let bench = Bench::new();
    for name in ["none", "None", "", "HS256", "eddsa", "EDDSA", "ES256", "Ed25519", "RS256", "XX"] {
        let header = with(bench.header(), "alg", json!(name));
        let signed = bench.forge(&header, &claims());
        assert!(matches!(bench.detail(&signed), TokenDetail::Algorithm { .. }), "{name}");
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        assert!(matches!(bench.detail(&unsigned), TokenDetail::Algorithm { .. }), "{name}");
    }
    // Signed with what everybody knows, in the hope that it is taken for a shared secret.
    let key = bench.key();
    let public = key.public.try_get_as_bytes().unwrap();
    let jwk = public_jwk(&key.signing, Algorithm::EdDSA, key.key_id()).to_string();
    let pem = std::fs::read(bench.dir.path().join(KEY_FILE)).unwrap();
    for secret in [public, jwk.as_bytes(), &pem] {
        let secret = EncodingKey::from_secret(secret);
        for name in ["HS256", "EdDSA"] {
            let header = with(bench.header(), "alg", json!(name)).to_string();
            let token = sign(&header, &claims().to_string(), &secret, Algorithm::HS256);
            assert!(!bench.accepts(&token), "{name}");
        }
    }
}

#[test]
fn the_signature_is_the_keys_and_nothing_else() {
    let bench = Bench::new();
    let token = bench.issue(&request()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let foreign = IssuerKey::open_or_create(TempDir::new().unwrap().path(), [8; 32]).unwrap();
    let by_foreign =
        sign(&bench.header().to_string(), &claims().to_string(), &foreign.signing, Algorithm::EdDSA);
    let swapped = bench.forge(&bench.header(), &with(claims(), "role", json!("admin")));
    let zero = URL_SAFE_NO_PAD.encode([0; 64]);
    let cases = [
        by_foreign,
        format!("{signed}."),
        format!("{signed}.{zero}"),
        format!("{signed}.{signature}AA"),
        format!("{signed}.{signature}="),
        format!("{signed}.{}", &signature[..signature.len() - 2]),
        format!("{}.{signature}", swapped.rsplit_once('.').unwrap().0),
    ];
    for token in cases {
        assert_eq!(bench.detail(&token), TokenDetail::Signature, "{token}");
    }
    for token in
        ["", ".", "..", "a", "a.b", &format!("{token}.a"), &format!(".{token}"), &format!("{token}\n")]
    {
        assert!(!bench.accepts(token), "{token:?}");
    }
    assert!(matches!(bench.detail(&"a".repeat(TOKEN_BYTES_MAX + 1)), TokenDetail::TooLong { .. }));
}

#[test]
fn a_key_id_is_looked_up_and_nothing_more() {
    let bench = Bench::new();
    let form = [
        json!("../../etc/passwd"),
        json!("' OR 1=1 --"),
        json!("http://127.0.0.1/jwks"),
        json!("ключ"),
        json!(""),
        json!("a".repeat(KEY_ID_BYTES_MAX + 1)),
        json!([bench.key().key_id()]),
        json!({ "kid": bench.key().key_id() }),
        json!(1),
        json!(null),
    ];
    for key_id in form {
        let token = bench.forge(&with(bench.header(), "kid", key_id.clone()), &claims());
        assert!(matches!(bench.detail(&token), TokenDetail::Form { name: "kid", .. }), "{key_id}");
    }
    let absent = bench.forge(&without(bench.header(), "kid"), &claims());
    assert_eq!(bench.detail(&absent), TokenDetail::Missing { name: "kid" });
    // The other issuer's key is not this one's.
    for key_id in ["nobody", "es-1"] {
        let token = bench.forge(&with(bench.header(), "kid", json!(key_id)), &claims());
        assert!(matches!(bench.detail(&token), TokenDetail::Key { .. }), "{key_id}");
    }
    let huge = bench.forge(&with(bench.header(), "kid", json!("a".repeat(1_000_000))), &claims());
    assert!(matches!(bench.detail(&huge), TokenDetail::TooLong { .. }));
}

#[test]
fn a_token_brings_no_key_and_makes_no_demands() {
    let bench = Bench::new();
    let foreign = IssuerKey::open_or_create(TempDir::new().unwrap().path(), [8; 32]).unwrap();
    let jwk = public_jwk(&foreign.signing, Algorithm::EdDSA, "mine");
    let cases = [
        ("jwk", jwk),
        ("jku", json!("http://169.254.169.254/keys")),
        ("x5u", json!("http://127.0.0.1/cert")),
        ("x5c", json!(["AA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ];
    for (name, value) in cases {
        for key in [&foreign, &bench.key()] {
            let header = with(bench.header(), name, value.clone()).to_string();
            let token = sign(&header, &claims().to_string(), &key.signing, Algorithm::EdDSA);
            assert_eq!(bench.detail(&token), TokenDetail::HeaderRefused { name });
        }
    }
}

#[test]
fn only_access_tokens_are_taken() {
    let bench = Bench::new();
    for given in ["JWT", "id+jwt", "dpop+jwt", ""] {
        let token = bench.forge(&with(bench.header(), "typ", json!(given)), &claims());
        assert!(matches!(bench.detail(&token), TokenDetail::Type { .. }), "{given}");
    }
    assert!(
        bench.accepts(&bench.forge(&with(bench.header(), "typ", json!("application/AT+JWT")), &claims()))
    );
    let absent = bench.forge(&without(bench.header(), "typ"), &claims());
    assert_eq!(bench.detail(&absent), TokenDetail::Missing { name: "typ" });
}

#[test]
fn no_key_stands_twice_at_any_depth() {
    let bench = Bench::new();
    let (header, claims) = (bench.header().to_string(), claims().to_string());
    let key = bench.key().signing;
    let twice = |text: &str, more: &str| format!("{},{more}}}", text.strip_suffix('}').unwrap());
    let cases = [
        (header.clone(), twice(&claims, r#""role":"drafter""#)),
        (header.clone(), twice(&claims, r#""r\u006fle":"admin""#)),
        (header.clone(), twice(&claims, r#""extra":[{"a":1,"a":2}]"#)),
        (twice(&header, r#""alg":"none""#), claims.clone()),
        (header.clone(), format!("{claims} x")),
        (header.clone(), format!("[{claims}]")),
        (header.clone(), format!("{}{}", "[".repeat(5_000), "]".repeat(500))),
        (header.clone(), "\u{feff}{}".to_owned()),
    ];
    for (header, claims) in &cases {
        let detail = bench.detail(&sign(header, claims, &key, Algorithm::EdDSA));
        assert!(matches!(detail, TokenDetail::Json { .. }), "{claims:.80}: {detail}");
    }
    let once =
        sign(&header, &twice(&claims, r#""extra":{"a":[1.5,null,true,-1,"b"]}"#), &key, Algorithm::EdDSA);
    assert!(bench.accepts(&once), "claims that are not ours are passed over");
}

#[test]
fn issuers_are_not_each_other() {
    let bench = Bench::new();
    let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "es-1" });
    let claims = with(with(claims(), "iss", json!(EXTERNAL)), "aud", json!("urn:plans"));
    let es256 = |header: &Value, claims: &Value, scalar| {
        sign(&header.to_string(), &claims.to_string(), &es256_key(scalar), Algorithm::ES256)
    };
    let principal = bench.identity.verifier.verify(&es256(&header, &claims, 9), at(NOW_S)).unwrap();
    assert_eq!(principal.issuer, EXTERNAL);

    assert_eq!(bench.detail(&es256(&header, &claims, 5)), TokenDetail::Signature);
    let as_local = with(with(claims.clone(), "iss", json!(LOCAL_ISSUER_NAME)), "aud", json!(AUDIENCE));
    assert!(matches!(bench.detail(&es256(&header, &as_local, 9)), TokenDetail::Algorithm { .. }));
    let as_external = bench.forge(&with(bench.header(), "kid", json!("es-1")), &claims);
    assert!(matches!(bench.detail(&as_external), TokenDetail::Algorithm { .. }));
    let lying = bench.forge(&header, &claims);
    assert_eq!(bench.detail(&lying), TokenDetail::Signature);
    let nobody =
        bench.forge(&bench.header(), &with(claims.clone(), "iss", json!("https://login.example.org/")));
    assert!(matches!(bench.detail(&nobody), TokenDetail::Issuer { .. }));
    let long = with(claims.clone(), "exp", json!(NOW_S + EXTERNAL_LIFETIME_S_MAX + 1));
    assert!(matches!(bench.detail(&es256(&header, &long, 9)), TokenDetail::Lifetime { .. }));

    let token = es256(&header, &claims, 9);
    let signed = token.rsplit_once('.').unwrap().0;
    let half = |r: u8, s: u8| [[r; 32], [s; 32]].concat();
    for signature in [half(0, 0), half(0, 1), half(1, 0), half(255, 255), vec![1; 63], vec![1; 65]] {
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(bench.detail(&token), TokenDetail::Signature);
    }
}

#[test]
fn the_sender_learns_little_and_the_operator_enough() {
    let bench = Bench::new();
    let claims = with(claims(), "iss", json!(format!("evil\r\n\u{1b}{}", "x".repeat(500))));
    let error =
        bench.identity.verifier.verify(&bench.forge(&bench.header(), &claims), at(NOW_S)).unwrap_err();
    assert_eq!(error.reason, TokenReason::NotOurs);
    assert_eq!(error.to_string(), "the token is not valid: not ours");
    let detail = error.detail.to_string();
    assert!(detail.starts_with("the issuer \"evil\\r\\n\\u{1b}xxx"), "{detail}");
    assert!(detail.len() < 150 && !detail.contains(char::is_control), "{detail}");
}

#[test]
fn sizes_lives_and_times_of_tokens_hold_to_the_one() {
    let bench = Bench::new();
    let detail = |claims: &Value, now_s: i64| {
        let token = bench.forge(&bench.header(), claims);
        bench.identity.verifier.verify(&token, at(now_s)).err().map(|error| error.detail)
    };
    let accepts = |name: &str, value: Value| detail(&with(claims(), name, value), NOW_S).is_none();
    holds!(SUBJECT_BYTES_MAX, |bytes| accepts("sub", json!("s".repeat(bytes))));
    holds!(TOKEN_ID_BYTES_MAX, |bytes| accepts("jti", json!("j".repeat(bytes))));
    holds!(PERSON_NAME_BYTES_MAX, |bytes| accepts("name", json!("n".repeat(bytes))));
    holds!(TOKEN_BYTES_MAX, |bytes| {
        !matches!(bench.detail(&"a".repeat(bytes)), TokenDetail::TooLong { .. })
    });
    holds!(KEY_ID_BYTES_MAX, |bytes| {
        let token = bench.forge(&with(bench.header(), "kid", json!("k".repeat(bytes))), &claims());
        matches!(bench.detail(&token), TokenDetail::Key { .. })
    });
    holds!(TOKEN_TIME_S_MAX, |end_s| {
        matches!(detail(&with(claims(), "exp", json!(end_s)), NOW_S), Some(TokenDetail::Lifetime { .. }))
    });
    holds!(LOCAL_LIFETIME_S_MAX, |life_s| accepts("exp", json!(NOW_S + life_s as i64)));
    holds!(EXTERNAL_LIFETIME_S_MAX, |life_s| {
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "es-1" });
        let claims = with(with(claims(), "iss", json!(EXTERNAL)), "aud", json!("urn:plans"));
        let claims = with(claims, "exp", json!(NOW_S + life_s as i64));
        bench.accepts(&sign(&header.to_string(), &claims.to_string(), &es256_key(9), Algorithm::ES256))
    });
    holds!(LEEWAY_S_MAX, |early_s| detail(&claims(), NOW_S - early_s as i64).is_none());
    holds!(LEEWAY_S_MAX, |late_s| {
        // The second in which it ends is the first in which it is over.
        detail(&claims(), NOW_S + 3_600 + late_s as i64 - 1).is_none()
    });
    holds!(TOKEN_TEXT_CHARS_TOLD_MAX, |chars| {
        Shown::new(&"x".repeat(chars)).to_string() == format!("{:?}", "x".repeat(chars))
    });
}
