//! Who may read a plan: what is not yours answers like what is not there, on every route and socket.

use plenary_protocol::plan::Command;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::live::ServerMessage;
use plenary_protocol::wire::sync::SyncBody;
use plenary_tests::{ADOPTED, Answer, DRAFT, Http, Live, Person, TestServer, element_id, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BDT, BR, CHAIR, CONTRIBUTOR, GS, READER, TSB, comment, splice};
use crate::socket::Sync;

const PEOPLE: [Person; 9] = [BR, TSB, BDT, GS, CHAIR, CONTRIBUTOR, READER, AUDITOR, ADMIN];
/// A plan that is not there.
const MISSING: &str = "itu-sp-2099-2102";
fn put_access(http: &Http, plan: &str, access: &Json) -> Answer {
    let body = json!({ "id": fresh_id("access"), "access": access });
    let body = body.to_string();
    http.try_ask("PUT", &format!("/api/v1/plans/{plan}/access"), Some(body.as_bytes())).unwrap()
}

fn only_tsb() -> Json {
    json!({ "only": { "bureaux": ["TSB"], "roles": ["contributor"], "subjects": [BDT.subject] } })
}

fn admitted(person: &Person) -> bool {
    [TSB, READER, CONTRIBUTOR, BDT, AUDITOR, ADMIN].contains(person)
}

fn carried(former: Reference) -> Command {
    let (what, into, kind, rationale) = (None, Vec::new(), None, None);
    Command::Carry { former, what, into, kind, place: Place::default(), rationale }
}

/// Method and address of every route of a plan, as the server describes them.
fn plan_routes(http: &Http) -> Vec<(String, String)> {
    let described = http.get("/api/v1/openapi.json").ok();
    let mut routes = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        if let Some(path) = path.strip_prefix("/api/v1").filter(|path| path.contains("{plan}")) {
            routes.extend(
                item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.to_owned())),
            );
        }
    }
    assert!(routes.len() >= 14, "the routes are described: {routes:?}");
    routes
}

/// What an answer says, the request's own number apart.
fn said(answer: &Answer, plan: &str) -> (u16, String) {
    let mut body = answer.json.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("instance").expect("a problem names its request");
    }
    (answer.status, body.to_string().replace(plan, "PLAN"))
}

/// Asks a route of a plan something that the plan would do.
fn ask(http: &Http, (method, path): &(String, String), plan: &str) -> Answer {
    let end = path.rsplit('/').next().unwrap();
    let query = match end {
        "timeline" => "?field=title",
        "appearances" => "?text=ICT",
        "preview" if method == "GET" => "?to=3&element=plan",
        "proof" => "?seq=2",
        "consistency" => "?from=2",
        _ => "",
    };
    let path = path
        .replace("{plan}", plan)
        .replace("{element}", "2.7")
        .replace("{version}", "v1")
        .replace("{table}", "indicators");
    assert!(!path.contains('{'), "a parameter that this test does not know: {path}");
    let body = match (method.as_str(), end) {
        ("GET", _) => None,
        ("POST", "edits") => Some(json!({ "id": fresh_id("m"), "commands": [comment("plan", "x")] })),
        ("POST", "stage") => Some(json!({ "id": fresh_id("m"), "stage": "withdrawn", "because": "x" })),
        ("POST", "restorations") => Some(json!({ "id": fresh_id("m"), "to": "3" })),
        ("POST", "rules") => {
            Some(json!({ "id": fresh_id("m"), "rule": "GUI-03", "to": "off", "because": "x" }))
        }
        ("POST", "versions") => Some(json!({ "id": fresh_id("m"), "name": "v1" })),
        ("POST", "signatures") => Some(json!({ "id": fresh_id("m"), "meaning": "reviewed" })),
        ("POST", "exports") => Some(json!({ "format": "csv" })),
        ("POST", "{table}") => Some(json!({ "id": fresh_id("m"), "csv": "entry,row,id\n" })),
        ("POST", "preview") => Some(json!({ "csv": "entry,row,id\n" })),
        ("POST", "bundle") => Some(json!({})),
        ("PUT", "access") => Some(json!({ "id": fresh_id("m"), "access": "everybody" })),
        other => panic!("a route that this test does not know: {other:?}"),
    };
    let body = body.map(|body| body.to_string());
    http.try_ask(method, &format!("/api/v1{path}{query}"), body.as_ref().map(String::as_bytes)).unwrap()
}

#[test]
fn what_is_not_yours_answers_like_what_is_not_there_on_every_route() {
    let server = TestServer::demo();
    let admin = server.client(&ADMIN);
    put_access(&admin, DRAFT, &only_tsb()).ok();
    for person in PEOPLE {
        let http = server.client(&person);
        let listed = http.get("/api/v1/plans").text.contains(DRAFT);
        assert_eq!(listed, admitted(&person), "the list of {}", person.subject);
        let ticket = |plan: &str| http.post("/api/v1/tickets", &json!({ "plan": plan }));
        if admitted(&person) {
            assert_eq!(ticket(DRAFT).status, 200);
        } else {
            assert_eq!(said(&ticket(DRAFT), DRAFT), said(&ticket(MISSING), MISSING));
        }
        for route in plan_routes(&http) {
            let what = format!("{} {} as {}", route.0, route.1, person.subject);
            let missing = ask(&http, &route, MISSING);
            assert!([403, 404].contains(&missing.status), "{what}: {}", missing.text);
            if admitted(&person) {
                // What a role does not do at all, it does to no plan.
                if route.0 == "GET" && missing.status == 404 {
                    assert_eq!(ask(&http, &route, DRAFT).status, 200, "{what}");
                }
                continue;
            }
            let hidden = ask(&http, &route, DRAFT);
            assert_eq!(said(&hidden, DRAFT), said(&missing, MISSING), "{what}");
        }
    }
    let entries = server.client(&ADMIN).head(DRAFT);
    assert_eq!(entries.0, 4, "who is shut out wrote nothing");
}

#[test]
fn live_subscriptions_of_who_is_shut_out_end_and_nothing_more_comes() {
    let server = TestServer::demo();
    let [admin, br, tsb] = [ADMIN, BR, TSB].map(|person| server.client(&person));
    let plan = plan_id(DRAFT);
    let head = br.head(DRAFT);
    let mut outside = Live::open(&br);
    outside.subscribe(&plan, Some(head), false).unwrap();
    let mut raw = Live::open(&br);
    raw.subscribe(&plan, None, true).unwrap();
    let mut inside = Live::open(&tsb);
    inside.subscribe(&plan, Some(head), false).unwrap();
    for live in [&mut outside, &mut raw, &mut inside] {
        live.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
    }
    put_access(&admin, DRAFT, &only_tsb()).ok();
    tsb.edited(DRAFT, &[comment("plan", "among us")]);
    for live in [&mut outside, &mut raw] {
        assert_eq!(live.expect_nameless_refusal().code, RefusalCode::NoSuchPlan);
        let id = fresh_id("out");
        live.edit(&id, &plan, &[comment("plan", "x")]).unwrap();
        let hidden = live.expect_refusal(&id);
        live.edit(&id, &plan_id(MISSING), &[comment("plan", "x")]).unwrap();
        let missing = live.expect_refusal(&id);
        assert_eq!(hidden.reason.replace(DRAFT, "PLAN"), missing.reason.replace(MISSING, "PLAN"));
        live.subscribe(&plan, None, false).unwrap();
        assert_eq!(live.expect_nameless_refusal().code, RefusalCode::NoSuchPlan);
        live.expect_alive();
        let is_told = |message: &ServerMessage| matches!(message, ServerMessage::Event { .. }).then_some(());
        live.send(&plenary_protocol::wire::live::ClientMessage::Unsubscribe { plan: plan.clone() }).unwrap();
        live.expect_alive();
        assert!(live.came(is_told).is_none(), "an entry was told after the narrowing, or it itself");
    }
    let what = inside.wait_for(|message| match message {
        ServerMessage::Event { event, .. } => Some(event.what.clone()),
        _ => None,
    });
    assert!(matches!(what.unwrap(), What::AccessChanged { .. }));
    put_access(&admin, DRAFT, &json!("everybody")).ok();
    outside.subscribe(&plan, Some(head), false).unwrap();
    outside.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
}

#[test]
fn replicas_of_who_is_shut_out_find_the_document_gone() {
    let server = TestServer::demo();
    let [admin, br, tsb] = [ADMIN, BR, TSB].map(|person| server.client(&person));
    let document = br.plan(DRAFT).document.trim_start_matches("automerge:").to_owned();
    let (mut outside, mut inside) = (Sync::open(&br, "outside"), Sync::open(&tsb, "inside"));
    for sync in [&mut outside, &mut inside] {
        assert!(matches!(sync.ask(&document), SyncBody::Sync { .. }));
    }
    put_access(&admin, DRAFT, &only_tsb()).ok();
    let gone = SyncBody::DocUnavailable { document: document.clone() };
    while outside.next_about(&document) != gone {}
    assert_eq!(outside.ask(&document), gone);
    assert_eq!(Sync::open(&br, "another").ask(&document), gone);
    assert!(matches!(Sync::open(&tsb, "one-more").ask(&document), SyncBody::Sync { .. }));
    tsb.edited(DRAFT, &[comment("plan", "among us")]);
    assert!(matches!(inside.next_about(&document), SyncBody::Sync { .. }), "who stays hears on");
}

#[test]
fn a_former_plan_that_is_not_yours_is_none() {
    let server = TestServer::demo();
    let [admin, br] = [ADMIN, BR].map(|person| server.client(&person));
    let path = format!("/api/v1/plans/{DRAFT}/diff/predecessor");
    assert_eq!(br.get(&path).status, 200);
    let former = br.id_of(ADOPTED, "3");
    let carry = |plan: &str| {
        let former = Reference { plan: plan_id(plan), element: element_id(&former) };
        br.edit(DRAFT, &[carried(former)])
    };
    put_access(&admin, ADOPTED, &only_tsb()).ok();
    let answer = br.get(&path);
    assert_eq!((answer.status, answer.code()), (404, "no_such_plan"), "{}", answer.text);
    let (hidden, missing) = (carry(ADOPTED), carry(MISSING));
    assert_eq!(said(&hidden, ADOPTED), said(&missing, MISSING));
}

#[test]
fn a_rule_is_kept_and_only_an_admin_opens_what_shuts_the_chair_out() {
    let mut server = TestServer::demo();
    let [admin, chair, br] = [ADMIN, CHAIR, BR].map(|person| server.client(&person));
    let code = |answer: Answer| answer.code().to_owned();
    assert_eq!(code(put_access(&br, DRAFT, &json!("everybody"))), "role_forbids");
    assert_eq!(code(put_access(&chair, DRAFT, &json!({ "only": { "bureaux": ["TSB"] } }))), "role_forbids");
    assert_eq!(code(put_access(&chair, DRAFT, &json!({ "only": {} }))), "malformed");
    assert_eq!(code(put_access(&chair, DRAFT, &json!({ "only": { "bureau": ["TSB"] } }))), "malformed");
    assert_eq!(code(put_access(&chair, DRAFT, &json!(null))), "malformed");
    put_access(&chair, DRAFT, &json!({ "only": { "roles": ["chair"] } })).ok();
    put_access(&admin, DRAFT, &json!({ "only": { "bureaux": ["TSB"] } })).ok();
    assert_eq!(code(put_access(&chair, DRAFT, &json!("everybody"))), "no_such_plan");
    let check = |server: &TestServer| {
        let seen = |http: &Http| http.at(&server.base()).get(&format!("/api/v1/plans/{DRAFT}")).status;
        assert_eq!([&br, &chair, &admin].map(seen), [404, 404, 200]);
    };
    check(&server);
    server.kill9();
    server.start();
    check(&server);
    for from in ["journal", "store"] {
        server.terminate();
        let exit = server.command(&["rebuild", "--from", from]);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        assert_eq!(server.command(&["verify"]).code, Some(0));
        server.start();
        check(&server);
    }
    let admin = admin.at(&server.base());
    put_access(&admin, DRAFT, &json!("everybody")).ok();
    let br = br.at(&server.base());
    let told: Vec<What> =
        br.events(DRAFT, "type=access_changed").into_iter().map(|event| event.what).collect();
    assert_eq!(told.len(), 3);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[splice(&target, "title", 0, "x", br.head(DRAFT))]);
    let told = br.history(DRAFT, "type=access_changed").revisions;
    assert_eq!(told.last().map(|told| told.op.as_str()), Some("access_changed"));
}

#[test]
fn a_plan_is_imported_for_some_and_nobody_else_ever_sees_it() {
    let server = TestServer::demo();
    let [chair, br, tsb] = [CHAIR, BR, TSB].map(|person| Cli::of(&server, &person));
    let file = server.folder().join("operational.json");
    let mut plan: Json = serde_json::from_str(&chair.ok(&["export", DRAFT])).unwrap();
    plan["id"] = json!("tsb-operational-plan");
    std::fs::write(&file, plan.to_string()).unwrap();
    let path = file.to_str().unwrap();
    chair.fails(4, &["import", path, "--only", "bureau:TSB"]);
    chair.ok(&["import", path, "--only", "bureau:TSB", "--only", "role:chair"]);
    br.fails(3, &["show", "tsb-operational-plan"]);
    assert!(tsb.ok(&["access", "tsb-operational-plan"]).contains("role:chair, bureau:TSB"));
    assert!(!tsb.ok(&["diff", "tsb-operational-plan", "2", "4"]).is_empty());
}

#[test]
fn the_client_shows_narrows_and_opens() {
    let server = TestServer::demo();
    let [chair, br, tsb] = [CHAIR, BR, TSB].map(|person| Cli::of(&server, &person));
    assert_eq!(br.ok(&["access", DRAFT]), format!("{DRAFT} can be read by everybody\n"));
    br.fails(4, &["access", DRAFT, "--open"]);
    chair.fails(2, &["access", DRAFT, "--only", "TSB"]);
    chair.fails(2, &["access", DRAFT, "--only", "bureau:TSB", "--open"]);
    chair.fails(4, &["access", DRAFT, "--only", "bureau:TSB"]);
    let narrow =
        ["access", DRAFT, "--only", "bureau:TSB", "--only", "role:chair", "--because", "finance first"];
    let said = chair.ok(&narrow);
    assert!(said.contains("can be read by role:chair, bureau:TSB, and by auditors and admins now"), "{said}");
    br.fails(3, &["show", DRAFT]);
    br.fails(3, &["access", DRAFT]);
    assert!(!br.ok(&["plans"]).contains(DRAFT));
    assert!(tsb.ok(&["access", DRAFT]).contains("role:chair, bureau:TSB"));
    tsb.ok(&["comment", DRAFT, "2.7", "among us"]);
    let log = tsb.ok(&["log", DRAFT, "--raw"]);
    assert!(
        log.contains("narrowed who may read the plan to role:chair, bureau:TSB, because finance first"),
        "{log}"
    );
    chair.ok(&["access", DRAFT, "--open"]);
    assert!(br.ok(&["log", DRAFT]).contains("said who may read the plan"));
    chair.fails(1, &["access", DRAFT, "--open"]);
}
