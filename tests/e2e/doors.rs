//! Every door, and who may go through: each operation for every role and for nobody, each message of
//! `/live` for every role, against tables that are kept here and nowhere else.
//!
//! The operations come from the server's own description, the messages from their type; one without a row
//! fails.  Whether a row says the right thing is a matter of reading it.

use std::collections::BTreeSet;

use plenary_protocol::Role;
use plenary_protocol::ids::ClientId;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::live::{Bytes, ClientMessage, ServerMessage, Whereabouts};
use plenary_tests::{ADOPTED, Answer, DRAFT, Http, Live, Outcome, Person, Shared, fresh_id, plan_id};

use crate::people::{ADMIN, AUDITOR, BR, CHAIR, CONTRIBUTOR, READER, comment};

static SHARED: Shared = Shared::new();

/// One of every role.
const PEOPLE: [Person; 6] = [READER, CONTRIBUTOR, BR, CHAIR, AUDITOR, ADMIN];
/// Methods that doors may have or not.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Who may go through a door.
#[derive(Clone, Copy)]
enum For {
    /// Anybody, without a token.
    Anybody,
    /// These roles.
    Roles(&'static [Role]),
}

const EVERY: For = For::Roles(&Role::ALL);
const WRITERS: For = For::Roles(&[Role::Contributor, Role::Drafter, Role::Chair, Role::Admin]);
const CHAIRS: For = For::Roles(&[Role::Chair, Role::Admin]);
const WATCHERS: For = For::Roles(&[Role::Auditor, Role::Admin]);

/// The policy of operations, by their stable names.
const DOORS: [(&str, For); 57] = [
    ("getFrontPage", For::Anybody),
    ("isAlive", For::Anybody),
    ("isReady", For::Anybody),
    ("aboutServer", For::Anybody),
    ("getDescription", For::Anybody),
    ("getPage", For::Anybody),
    // There with --demo alone, and then for this machine alone.
    ("listDemoPeople", For::Anybody),
    ("openLive", EVERY),
    ("openSync", EVERY),
    ("getTicket", EVERY),
    ("whoAmI", EVERY),
    ("listKinds", EVERY),
    ("listPlans", EVERY),
    ("importPlan", CHAIRS),
    ("getPlan", EVERY),
    ("exportPlan", EVERY),
    ("getAccess", EVERY),
    ("setAccess", CHAIRS),
    ("advancePlan", CHAIRS),
    ("editPlan", WRITERS),
    ("previewRestoration", WRITERS),
    ("restorePlan", WRITERS),
    ("getElement", EVERY),
    ("blame", EVERY),
    ("timeline", EVERY),
    ("findAppearances", EVERY),
    ("compare", EVERY),
    ("comparePredecessor", EVERY),
    ("getMapping", EVERY),
    ("listFindings", EVERY),
    ("listPastFindings", EVERY),
    ("listRules", EVERY),
    ("listRuleSettings", EVERY),
    ("setRule", CHAIRS),
    ("importTable", WRITERS),
    ("previewTable", WRITERS),
    ("listEvents", EVERY),
    ("listRefusals", EVERY),
    ("countEvents", EVERY),
    ("listRevisions", EVERY),
    ("replay", EVERY),
    ("exportPast", EVERY),
    ("listVersions", EVERY),
    ("nameVersion", For::Roles(&[Role::Drafter, Role::Chair, Role::Admin])),
    ("signVersion", For::Roles(&[Role::Drafter, Role::Chair, Role::Auditor])),
    ("getEpoch", EVERY),
    ("getEvidenceKey", EVERY),
    ("getCheckpoint", EVERY),
    ("proveEntry", EVERY),
    ("proveGrowth", EVERY),
    ("listExactEntries", EVERY),
    ("makeEvidenceBundle", EVERY),
    ("listAccessLog", WATCHERS),
    ("getSelfCheck", WATCHERS),
    ("startSelfCheck", WATCHERS),
    ("listRevocations", WATCHERS),
    ("revokeTokens", For::Roles(&[Role::Admin])),
];

/// A door as the server describes it.
struct Door {
    id: String,
    method: String,
    path: String,
    /// The example of what is asked, with its `?`.
    query: String,
    /// The example of what is sent there.
    body: Option<String>,
}

impl Door {
    /// Asks for what the example asks for, or with what says nothing: a door that opens does nothing then.
    fn knock(&self, http: &Http, is_in_earnest: bool) -> Answer {
        let path = self
            .path
            .replace("{plan}", DRAFT)
            .replace("{element}", "plan")
            .replace("{version}", "v1")
            .replace("{table}", "indicators");
        assert!(!path.contains('{'), "a part of an address that this test does not know: {path}");
        let path = if is_in_earnest { path + &self.query } else { path };
        let body = self.body.as_deref().filter(|_| is_in_earnest).unwrap_or("{");
        http.try_ask(&self.method, &path, (self.method != "GET").then_some(body.as_bytes()))
            .expect("the server answers")
    }
}

fn doors(http: &Http) -> Vec<Door> {
    let described = http.get("/api/v1/openapi.json").ok();
    let paths = described["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &serde_json::Value)| {
        let methods = item.as_object().unwrap().iter().filter(|(_, door)| door["operationId"].is_string());
        let doors = methods.map(|(method, door)| Door {
            id: door["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.clone(),
            query: query_of(door),
            body: body_of(door),
        });
        doors.collect::<Vec<Door>>()
    };
    paths.iter().flat_map(of).collect()
}

fn query_of(door: &serde_json::Value) -> String {
    let parts = door["parameters"].as_array().into_iter().flatten().filter(|part| part["in"] == "query");
    let text = |part: &serde_json::Value| match &part["example"] {
        serde_json::Value::String(text) => Some(text.replace(' ', "%20")),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    };
    let given = parts.filter_map(|part| Some(format!("{}={}", part["name"].as_str()?, text(part)?)));
    format!("?{}", given.collect::<Vec<String>>().join("&"))
}

fn body_of(door: &serde_json::Value) -> Option<String> {
    let examples = &door["requestBody"]["content"]["application/json"]["examples"];
    examples.as_object()?.values().next().map(|example| example["value"].to_string())
}

#[test]
fn each_operation_opens_to_those_in_its_row_and_to_nobody_else() {
    let server = SHARED.get();
    let nobody = Http::new(&server.base(), None);
    let people: Vec<(Role, Http)> =
        PEOPLE.iter().map(|person| (person.role, server.client(person))).collect();
    assert_eq!(
        people.iter().map(|(role, _)| role.to_string()).collect::<BTreeSet<_>>().len(),
        Role::ALL.len()
    );
    let doors = doors(&nobody);
    let there: BTreeSet<&str> = doors.iter().map(|door| door.id.as_str()).collect();
    let rows: BTreeSet<&str> = DOORS.iter().map(|(id, _)| *id).collect();
    assert_eq!(there, rows, "every operation has a row, and every row is an operation");
    for door in &doors {
        let (_, row) = DOORS.iter().find(|(id, _)| *id == door.id).unwrap();
        let answer = door.knock(&nobody, true);
        match row {
            For::Anybody => assert!(answer.status < 400, "{}: {}", door.id, answer.text),
            For::Roles(_) => {
                assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{}", door.id)
            }
        }
        for (role, http) in &people {
            let is_for = match row {
                For::Anybody => true,
                For::Roles(roles) => roles.contains(role),
            };
            let answer = door.knock(http, !is_for);
            let what = format!("{} as {role}: {} {}", door.id, answer.status, answer.code());
            let is_shut = (answer.status, answer.code()) == (403, "role_forbids");
            assert_eq!(is_shut, !is_for, "{what}");
            assert!(!is_for || !matches!(answer.status, 401 | 403), "{what}");
            assert!(answer.status < 500, "{what}: {}", answer.text);
            guarded(door, &answer);
        }
        guarded(door, &answer);
    }
}

/// Headers that every answer has, errors among them.
fn guarded(door: &Door, answer: &Answer) {
    let what = format!("{} with {}", door.id, answer.status);
    for (name, value) in [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(!answer.header("Permissions-Policy").is_empty(), "{what}");
    assert!(answer.header("Content-Security-Policy").contains("default-src 'none'"), "{what}");
    if door.path.starts_with("/api/v1/plans") {
        let kept = answer.header("Cache-Control");
        assert!(kept.contains("no-store") || kept.contains("no-cache"), "{what}: {kept}");
    }
}

#[test]
fn an_address_answers_to_no_other_method() {
    let server = SHARED.get();
    let admin = server.client(&ADMIN);
    let doors = doors(&admin);
    let paths: BTreeSet<&str> = doors.iter().map(|door| door.path.as_str()).collect();
    for path in paths {
        let has = |method: &str| doors.iter().any(|door| door.path == path && door.method == method);
        for method in METHODS.into_iter().filter(|method| !has(method)) {
            let door = Door {
                id: path.to_owned(),
                method: method.to_owned(),
                path: path.to_owned(),
                query: String::new(),
                body: None,
            };
            let answer = door.knock(&admin, false);
            assert_eq!((answer.status, answer.code()), (405, "wrong_method"), "{method} {path}");
            assert!(
                answer.header("Allow").split(", ").any(has),
                "{method} {path}: {}",
                answer.header("Allow")
            );
            guarded(&door, &answer);
        }
    }
}

/// The policy of messages; a message without a row does not compile.
fn row(message: &ClientMessage) -> For {
    match message {
        ClientMessage::Subscribe { .. }
        | ClientMessage::Unsubscribe { .. }
        | ClientMessage::Presence { .. }
        | ClientMessage::Ping { .. } => EVERY,
        ClientMessage::Edit { .. } | ClientMessage::Changes { .. } => WRITERS,
    }
}

/// One of each message about a plan, in an order in which each has a meaning.
fn messages(plan: &str) -> Vec<ClientMessage> {
    let plan = plan_id(plan);
    vec![
        ClientMessage::Subscribe { plan: plan.clone(), after: None, leaf: None, raw: false },
        ClientMessage::Presence { plan: plan.clone(), state: Some(Whereabouts::default()) },
        ClientMessage::Edit {
            id: fresh_id("door"),
            plan: plan.clone(),
            commands: vec![comment("plan", "a word")],
            known: None,
            because: None,
            answers: Vec::new(),
        },
        ClientMessage::Changes {
            id: fresh_id("door"),
            plan: plan.clone(),
            changes: vec![Bytes(b"no change".to_vec())],
            because: None,
            answers: Vec::new(),
        },
        ClientMessage::Unsubscribe { plan },
        ClientMessage::Ping { nonce: 1 },
    ]
}

/// Who asked, of messages that have a name.
fn name_of(message: &ClientMessage) -> Option<&ClientId> {
    match message {
        ClientMessage::Edit { id, .. } | ClientMessage::Changes { id, .. } => Some(id),
        _ => None,
    }
}

/// The code of the refusal of a message, if it is refused.
fn answer_to(live: &mut Live, message: &ClientMessage) -> Option<RefusalCode> {
    live.send(message).unwrap();
    if let Some(id) = name_of(message) {
        return match live.outcome(id).unwrap() {
            Outcome::Done(_) => None,
            Outcome::Refused(refusal) => Some(refusal.code),
        };
    }
    // Everything before the answer to a ping is an answer to what was sent before it.
    live.send(&ClientMessage::Ping { nonce: 4_711 }).unwrap();
    live.wait_for(|said| match said {
        ServerMessage::Refused { id: None, refusal, .. } => Some(Some(refusal.code)),
        ServerMessage::Pong { nonce: 4_711 } => Some(None),
        _ => None,
    })
    .unwrap()
}

#[test]
fn each_message_is_taken_from_those_in_its_row_and_from_nobody_else() {
    let server = SHARED.get();
    for person in &PEOPLE {
        let mut live = Live::open(&server.client(person));
        for message in messages(DRAFT) {
            let For::Roles(roles) = row(&message) else { panic!("no message is for anybody") };
            let code = answer_to(&mut live, &message);
            let is_for = roles.contains(&person.role);
            assert_eq!(
                code == Some(RefusalCode::RoleForbids),
                !is_for,
                "{} sends {message:?}: {code:?}",
                person.subject
            );
        }
        live.expect_alive();
    }
}

#[test]
fn a_plan_that_a_ticket_is_not_for_is_not_there_for_any_message() {
    let server = SHARED.get();
    for person in &PEOPLE {
        let mut live = Live::open_narrow(&server.client(person), ADOPTED);
        for message in messages(DRAFT) {
            let code = answer_to(&mut live, &message);
            match message {
                ClientMessage::Ping { .. } => assert_eq!(code, None),
                // Who follows nothing says nothing by following it no more, or by being somewhere.
                ClientMessage::Unsubscribe { .. } | ClientMessage::Presence { .. } => {
                    assert!(!matches!(code, Some(RefusalCode::RoleForbids)), "{message:?}: {code:?}");
                }
                _ => assert_eq!(code, Some(RefusalCode::NoSuchPlan), "{} sends {message:?}", person.subject),
            }
        }
    }
}
