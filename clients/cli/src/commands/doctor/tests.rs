use jiff::{SignedDuration, Timestamp};
use plenary_protocol::wire::api::{Me, ServerAbout};
use serde_json::json;

use super::findings::*;
use super::line;
use super::probe::claims;
use crate::term::Paint;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-25T12:00:00Z";

#[test]
fn the_clock_is_told_from_two_seconds_on() {
    let state = |here: &str| clocks(Some(at(NOW)), at(here)).state;
    assert_eq!(state("2026-11-25T12:00:02.4Z"), State::Ok);
    assert_eq!(state("2026-11-25T11:59:58.6Z"), State::Ok);
    assert_eq!(state("2026-11-25T12:00:02.6Z"), State::Warning);
    assert_eq!(state("2026-11-25T11:59:58.4Z"), State::Warning);
    let told = clocks(Some(at(NOW)), at("2026-11-25T11:48:00Z")).found;
    assert_eq!(told, "this machine is 12 min 0 s behind the server");
    assert_eq!(clocks(None, at(NOW)).state, State::Warning);
}

#[test]
fn readiness_says_why_edits_are_not_taken() {
    assert_eq!(readiness(200, "{}").code, None);
    let stopping = readiness(503, r#"{"status":503,"code":"read_only","detail":"stopping"}"#);
    assert!(stopping.found.contains("stopping") && stopping.code == Some(8), "{stopping:?}");
    let full = readiness(503, r#"{"status":503,"code":"read_only","detail":"the disk has 200 MiB left"}"#);
    assert!(full.found.contains("200 MiB") && full.code == Some(8), "{full:?}");
    assert_eq!(readiness(502, "<html>").code, Some(8));
}

#[test]
fn the_median_counts() {
    let ms = SignedDuration::from_millis;
    let told = round_trip(vec![ms(900), ms(1), ms(2), ms(3), ms(900)]).unwrap();
    assert_eq!((told.state, told.found.as_str()), (State::Ok, "3.0 ms a round trip (median of 5)"));
    assert_eq!(round_trip(vec![ms(501)]).unwrap().state, State::Warning);
    assert!(round_trip(Vec::new()).is_none());
}

#[test]
fn a_token_is_told_with_what_is_left_of_it() {
    let me = |ends: &str| -> Me {
        serde_json::from_value(json!({"subject": "ana", "name": "Ana", "bureau": "BR", "role": "drafter",
            "expires_at": ends, "server": "1"}))
        .unwrap()
    };
    let good = accepted(&me("2026-11-25T23:30:00Z"), at(NOW));
    assert_eq!(good.found, "accepted for Ana (ana, BR drafter), for 11 h 30 min yet");
    assert_eq!(accepted(&me("2026-11-25T12:14:00Z"), at(NOW)).state, State::Warning);
}

#[test]
fn a_refused_token_says_why_by_its_own_words() {
    let exp = at("2026-11-25T10:00:00Z").as_second();
    let ended = refused("expired", Some(&json!({"exp": exp, "iss": "local"})), at(NOW));
    assert!(ended.found.contains("ended 2 h 0 min ago, 2026-11-25 10:00:00 UTC"), "{ended:?}");
    let foreign =
        refused("not ours", Some(&json!({"exp": exp + 86_400, "iss": "https://id.example"})), at(NOW));
    assert!(foreign.found.contains("https://id.example"), "{foreign:?}");
    assert!(foreign.way_out.as_ref().is_some_and(|way_out| way_out.contains("another server")));
    assert_eq!((ended.code, foreign.code), (Some(4), Some(4)));
    assert!(refused("malformed", None, at(NOW)).found.contains("does not read as a token"));
}

#[test]
fn claims_are_read_and_never_the_signature() {
    assert_eq!(claims("e30.eyJpc3MiOiJsb2NhbCJ9.secret"), Some(json!({"iss": "local"})));
    assert_eq!(claims("not-a-token"), None);
}

#[test]
fn other_protocols_are_a_failure_and_other_versions_are_not() {
    let about = |live: &str| ServerAbout {
        program: "plenaryd".into(),
        version: "9".into(),
        live: vec![live.into()],
        sync: vec!["1".into()],
        plan_files: vec!["plenary-plan/1".into()],
    };
    assert_eq!(protocols(&about("plenary.live.v1+json")).state, State::Ok);
    assert_eq!(protocols(&about("plenary.live.v2+json")).code, Some(8));
    assert_eq!(versions("9").state, State::Warning);
    assert_eq!(versions(env!("CARGO_PKG_VERSION")).state, State::Ok);
}

#[test]
fn a_finding_is_one_line_and_wraps_under_its_text() {
    let finding = Finding::failed("server", 5, "no answer\nat all").way_out("start one");
    assert_eq!(line(&finding, Paint(false), None), "✗ server     no answer at all – start one");
    let narrow = line(&finding, Paint(false), Some(40));
    assert!(narrow.lines().skip(1).all(|line| line.starts_with("             ")), "{narrow}");
}
