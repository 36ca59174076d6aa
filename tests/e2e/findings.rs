//! What the rules find, from outside: listed now and then, with its past, as a stage waits for it, and as a
//! plan sets its rules.

use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, Kind};
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::findings::{Finding, FindingsLine, PastFinding, Severity};
use plenary_tests::{ADOPTED, Answer, DRAFT, Http, TestServer, element_id, fresh_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{AUDITOR, BDT, BR, CHAIR, GS, READER, set_field};

fn findings(who: &Http, plan: &str, query: &str) -> Vec<Finding> {
    let json = who.get(&format!("/api/v1/plans/{plan}/findings?{query}")).ok();
    serde_json::from_value(json).unwrap()
}

fn says(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.says.as_str()).collect()
}

fn history(who: &Http, plan: &str) -> Vec<PastFinding> {
    let answer = who.get(&format!("/api/v1/plans/{plan}/findings/history"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let lines: Vec<FindingsLine> =
        answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(matches!(lines.first(), Some(FindingsLine::Start { .. })));
    assert!(lines.iter().any(|line| matches!(line, FindingsLine::Progress { .. })));
    assert!(matches!(lines.last(), Some(FindingsLine::End { left_out: 0, .. })));
    let past = |line| match line {
        FindingsLine::Finding(past) => Some(*past),
        _ => None,
    };
    lines.into_iter().filter_map(past).collect()
}

fn set_rule(who: &Http, rule: &str, to: &str, because: &str) -> Answer {
    let body = json!({ "id": fresh_id("rule"), "rule": rule, "to": to, "because": because });
    who.post(&format!("/api/v1/plans/{DRAFT}/rules"), &body)
}

#[test]
fn one_introduces_a_finding_another_resolves_it_and_the_history_tells_both() {
    let mut server = TestServer::demo();
    let [gs, br, reader] = [GS, BR, READER].map(|person| server.client(&person));
    let before = findings(&reader, DRAFT, "");
    let unread = findings(&reader, DRAFT, "rule=EXT-01,DIS-02&severity=E");
    assert_eq!(says(&unread), ["Indicator 1.1.i1 names the SDG code 9.1.c, which does not exist"]);
    let indicator = br.id_of(DRAFT, "2.4.i1");
    let made = gs.edited(DRAFT, &[set_field(&indicator, "unit", Json::Null, gs.head(DRAFT))]).seq;
    let no_unit = "Indicator 2.4.i1 has no unit";
    assert!(says(&findings(&reader, DRAFT, "rule=SMT-02")).contains(&no_unit));
    let mended = br.edited(DRAFT, &[set_field(&indicator, "unit", "percent", br.head(DRAFT))]).seq;
    assert_eq!(findings(&reader, DRAFT, ""), before, "the same as before");
    assert!(
        says(&findings(&reader, DRAFT, &format!("at={made}"))).contains(&no_unit),
        "and then it was there"
    );

    server.restart();
    let reader = reader.at(&server.base());
    let all = history(&reader, DRAFT);
    let past = all.iter().find(|past| past.finding.says == no_unit).unwrap();
    assert_eq!((past.introduced.seq, past.introduced.subject.as_str()), (made, GS.subject));
    let resolved = past.resolved.as_ref().unwrap();
    assert_eq!((resolved.seq, resolved.subject.as_str(), resolved.bureau), (mended, BR.subject, BR.bureau));
    let open = all.iter().filter(|past| past.resolved.is_none()).count();
    assert_eq!(open, findings(&reader, DRAFT, "").len(), "what is open is what is found");

    let cli = Cli::of(&server, &READER);
    let listed = cli.run(&["check", DRAFT]);
    assert_eq!(listed.code, Some(11), "{}", listed.stderr);
    assert!(listed.stdout.contains("E EXT-01") && listed.stdout.contains("→"), "{}", listed.stdout);
    assert_eq!(cli.run(&["check", DRAFT, "--rule", "GUI-01"]).code, Some(12));
    let since =
        cli.run(&["check", DRAFT, "--since", &(made.0 - 1).to_string(), "--at", &made.to_string(), "--json"]);
    let new: Vec<Finding> = serde_json::from_str(&since.stdout).unwrap();
    assert_eq!((says(&new), since.code), (vec![no_unit], Some(11)));
    assert_eq!(cli.ok(&["check", DRAFT, "--since", &made.to_string()]), "", "nothing new");
    let told = cli.ok(&["check", DRAFT, "--history"]);
    let line = format!("resolved in entry {mended} by {} ({})", BR.name, BR.bureau);
    assert!(told.contains(no_unit) && told.contains(&line), "{told}");
}

#[test]
fn a_stage_waits_for_findings_and_goes_on_despite_them_only_with_a_reason() {
    let server = TestServer::demo();
    let [chair, gs, auditor] = [CHAIR, GS, AUDITOR].map(|person| server.client(&person));
    chair.stage(DRAFT, "consultation", None).ok();
    chair.stage(DRAFT, "cwg_sfp", None).ok();
    let held = chair.stage(DRAFT, "council", None);
    assert_eq!((held.status, held.code()), (409, "findings_open"), "{}", held.text);
    assert!(held.text.contains("GUI-01 (2)") && held.text.contains("GUI-02 (1)"), "{}", held.text);
    assert!(!held.text.contains("SMT-03"), "what blocks adoption alone does not hold it up yet");
    // Two requests are answered; a promise is left.
    let answered = |request: &str, id: &str| {
        let principle = request.split('.').next().unwrap();
        let text = [("statement".to_owned(), "Clarified in section 3".to_owned())].into();
        [
            Command::Add {
                kind: Kind::named("guidance_response").unwrap(),
                id: Some(element_id(id)),
                place: Place {
                    parent: Some(element_id(&gs.id_of(DRAFT, &format!("guidance_principle:{principle}")))),
                    ..Place::default()
                },
                owner: None,
                fields: Default::default(),
                lang: None,
                text,
            },
            Command::Link {
                kind: plenary_protocol::plan::LinkKind::named("answers").unwrap(),
                id: None,
                from: element_id(id),
                to: element_id(&gs.id_of(DRAFT, request)),
                fields: Default::default(),
            },
        ]
    };
    gs.edited(DRAFT, &answered("3.c", "grs-newaaaaa"));
    gs.edited(DRAFT, &answered("7.b", "grs-newbbbbb"));
    let held = chair.stage(DRAFT, "council", None);
    assert!(!held.text.contains("GUI-01") && held.text.contains("GUI-02 (1)"), "{}", held.text);
    assert_eq!(chair.stage_despite(DRAFT, "council", " ").code(), "stage_forbids", "a reason is needed");
    assert_eq!(gs.stage_despite(DRAFT, "council", "now").code(), "role_forbids");
    chair.stage_despite(DRAFT, "council", "the money comes with Appendix A").ok();
    let last = auditor.events(DRAFT, "type=stage_advanced").pop().unwrap();
    assert_eq!(last.because.as_deref(), Some("the money comes with Appendix A"));
    let What::StageAdvanced { despite, .. } = last.what else { panic!("{last:?}") };
    assert_eq!(despite, [("GUI-02".to_owned(), 1)].into());
    let promise = findings(&auditor, DRAFT, "rule=GUI-02").remove(0);
    assert_eq!(promise.severity, Severity::E, "at the Council it is an E");
    // Back again needs no findings to be gone.
    chair.stage(DRAFT, "cwg_sfp", Some("more is to be done")).ok();
    let cli = Cli::of(&server, &CHAIR);
    assert!(cli.fails(1, &["stage", DRAFT, "council"]).contains("GUI-02"));
    cli.ok(&["stage", DRAFT, "council", "--despite-findings", "--because", "as before"]);
}

#[test]
fn a_rule_is_set_with_a_reason_and_the_plan_goes_by_it_from_then_on() {
    let mut server = TestServer::demo();
    let [chair, br, reader] = [CHAIR, BR, READER].map(|person| server.client(&person));
    assert_eq!(set_rule(&br, "GUI-03", "off", "no").code(), "role_forbids");
    assert_eq!(set_rule(&chair, "GUI-99", "off", "no").code(), "no_such_rule");
    assert_eq!(set_rule(&chair, "GUI-03", "off", "").code(), "stage_forbids");
    assert_eq!(set_rule(&chair, "GUI-03", "default", "no").code(), "nothing_to_do");
    let before = reader.head(DRAFT);
    assert_eq!(findings(&reader, DRAFT, "rule=GUI-03").len(), 20);
    set_rule(&chair, "GUI-03", "off", "answers are kept in the minutes").ok();
    set_rule(&chair, "MAP-03", "E", "the group asked for it").ok();
    server.restart();
    let [chair, reader] = [chair, reader].map(|who| who.at(&server.base()));
    assert_eq!(findings(&reader, DRAFT, "rule=GUI-03"), []);
    assert!(findings(&reader, DRAFT, "rule=MAP-03").iter().all(|one| one.severity == Severity::E));
    let then = findings(&reader, DRAFT, &format!("rule=GUI-03&at={before}"));
    assert_eq!(then.len(), 20, "then it was looked at");
    let set = reader.get(&format!("/api/v1/plans/{DRAFT}/rules")).ok();
    assert_eq!(
        (&set[0]["rule"], &set[0]["to"], &set[0]["set"]["because"]),
        (&json!("GUI-03"), &json!("off"), &json!("answers are kept in the minutes"))
    );
    set_rule(&chair, "MAP-03", "default", "no longer").ok();
    assert_eq!(reader.get(&format!("/api/v1/plans/{DRAFT}/rules")).ok().as_array().unwrap().len(), 1);
    let cli = Cli::of(&server, &CHAIR);
    assert!(cli.ok(&["rules", DRAFT]).contains("GUI-03 off: answers are kept in the minutes"));
    assert!(cli.ok(&["rules"]).contains("SMT-02"));
    cli.ok(&["rule", DRAFT, "GUI-03", "default", "--because", "looked at again"]);
    assert!(cli.fails(2, &["rule", DRAFT, "GUI-03", "off"]).contains("--because"));
}

#[test]
fn who_may_not_read_the_plan_before_is_told_nothing_of_it() {
    let server = TestServer::demo();
    let [chair, br] = [CHAIR, BDT].map(|person| server.client(&person));
    assert_eq!(findings(&br, DRAFT, "rule=MAP-04").len(), 3);
    let only = json!({ "id": fresh_id("access"), "access": { "only": { "roles": ["chair"], "bureaux": [], "subjects": [] } } });
    let body = only.to_string();
    chair.try_ask("PUT", &format!("/api/v1/plans/{ADOPTED}/access"), Some(body.as_bytes())).unwrap().ok();
    assert_eq!(findings(&br, DRAFT, "rule=MAP-04,SIM-01,MAP-01"), []);
    assert!(!findings(&br, DRAFT, "rule=SMT-02").is_empty(), "of its own it is told all");
    assert_eq!(findings(&chair, DRAFT, "rule=MAP-04").len(), 3);
    assert!(history(&br, DRAFT).iter().all(|past| past.finding.code != "MAP-04"));
}

#[test]
fn a_plan_before_that_did_not_exist_yet_is_none() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let named = chair.edited(DRAFT, &[set_field("plan", "predecessor", "made-later", chair.head(DRAFT))]).seq;
    let alone = findings(&chair, DRAFT, "");
    let mut file = chair.get(&format!("/api/v1/plans/{ADOPTED}/export")).ok();
    file["id"] = json!("made-later");
    assert_eq!(chair.post("/api/v1/plans", &file).status, 201);
    assert_eq!(findings(&chair, DRAFT, "rule=SIM-01").len(), 1, "now it is there");
    assert_eq!(findings(&chair, DRAFT, &format!("at={named}")), alone, "and then it was not");
    let then = chair.get(&format!("/api/v1/plans/{DRAFT}/mapping?at={named}")).ok();
    assert_eq!(then["former_plan"], Json::Null);
    let compared = chair.get(&format!("/api/v1/plans/{DRAFT}/diff/predecessor?at={named}"));
    assert_eq!((compared.status, compared.code()), (404, "no_such_plan"), "{}", compared.text);
    assert!(compared.text.contains("was not there at that point"), "{}", compared.text);
}

#[test]
fn the_table_of_rules_says_what_each_serves() {
    let server = TestServer::demo();
    let reader = server.client(&READER);
    let table = reader.get("/api/v1/rules").ok();
    let rules = table["rules"].as_array().unwrap();
    assert_eq!((rules.len(), table["principles"].as_array().unwrap().len()), (58, 10));
    assert!(rules.iter().all(|rule| !rule["principles"].as_array().unwrap().is_empty()));
    assert_eq!(reader.get(&format!("/api/v1/plans/{DRAFT}/findings?rule=XXX-01")).code(), "malformed");
    assert_eq!(reader.get(&format!("/api/v1/plans/{DRAFT}/findings?at=99999")).code(), "base_ahead");
}
