//! The description of the API against the API: every operation is asked as described, by those who may
//! and by those who may not, and answers as described.

use std::collections::BTreeMap;

use jsonschema::Validator;
use plenary_tests::{Answer, DRAFT, Http, Person, Shared, TestServer};
use serde_json::{Value as Json, json};

use crate::people::{ADMIN, AUDITOR, BR, CHAIR, CONTRIBUTOR, READER, set_field};

static SHARED: Shared = Shared::new();

/// One of each role, those who may most first.
const PEOPLE: [Person; 6] = [ADMIN, CHAIR, BR, CONTRIBUTOR, AUDITOR, READER];

/// The description that a server gives, and what it says.
struct Described {
    document: Json,
    validators: BTreeMap<String, Validator>,
}

/// One operation of it.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    described: &'a Json,
}

impl Described {
    fn of(server: &TestServer) -> Described {
        let answer = Http::new(&server.base(), None).get("/api/v1/openapi.json");
        assert_eq!(answer.header("content-type"), "application/json");
        Described { document: answer.ok(), validators: BTreeMap::new() }
    }

    fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.document["paths"].as_object().unwrap();
        let of_path = |(path, item): (&'_ String, &'_ Json)| -> Vec<(String, String)> {
            item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())).collect()
        };
        let all: Vec<(String, String)> = paths.iter().flat_map(of_path).collect();
        all.iter()
            .map(|(path, method)| {
                let (path, item) = paths.get_key_value(path).unwrap();
                let (method, described) = item.as_object().unwrap().get_key_value(method).unwrap();
                Operation { method, path, described }
            })
            .collect()
    }

    /// Makes sure that a body fits a schema of the description, by its JSON pointer.
    fn expect(&mut self, pointer: &str, body: &Json) {
        let Described { document, validators } = self;
        let validator = validators.entry(pointer.to_owned()).or_insert_with(|| {
            let mut schema = document.pointer(pointer).expect("a schema").clone();
            let mut needed = BTreeMap::new();
            needs(document, &schema, &mut needed);
            schema["components"] = json!({ "schemas": needed });
            jsonschema::validator_for(&schema).expect("what describes a body is a JSON Schema")
        });
        if let Err(error) = validator.validate(body) {
            panic!("{pointer}: {error} at {}: {body}", error.instance_path());
        }
    }
}

/// The schemas that one refers to, and those that they refer to.
fn needs(document: &Json, schema: &Json, found: &mut BTreeMap<String, Json>) {
    match schema {
        Json::Object(object) => {
            let name = object.get("$ref").and_then(Json::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix("#/components/schemas/"))
                && !found.contains_key(name)
            {
                let schema = &document["components"]["schemas"][name];
                found.insert(name.to_owned(), schema.clone());
                needs(document, schema, found);
            }
            object.values().for_each(|value| needs(document, value, found));
        }
        Json::Array(items) => items.iter().for_each(|value| needs(document, value, found)),
        _ => {}
    }
}

/// A part of a JSON pointer.
fn part(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

impl Operation<'_> {
    fn method(&self) -> String {
        self.method.to_uppercase()
    }

    fn roles(&self) -> Vec<&str> {
        self.described["x-roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect()
    }

    fn is_socket(&self) -> bool {
        self.described["responses"].get("101").is_some()
    }

    /// The address of the example, for another plan where one is named.
    fn address(&self, plan: Option<&str>) -> String {
        let mut address = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.described["parameters"].as_array().into_iter().flatten() {
            let (name, example) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            match parameter["in"].as_str() {
                Some("path") => {
                    let text = plan.filter(|_| name == "plan").unwrap_or(&text);
                    address = address.replace(&format!("{{{name}}}"), text);
                }
                Some("query") if !example.is_null() => {
                    query.push(format!("{name}={}", text.replace(' ', "%20")));
                }
                _ => assert!(!parameter["required"].as_bool().unwrap_or_default(), "{name} has no example"),
            }
        }
        if query.is_empty() { address } else { format!("{address}?{}", query.join("&")) }
    }

    fn bodies(&self) -> Vec<Option<Json>> {
        match self.described["requestBody"]["content"]["application/json"]["examples"].as_object() {
            Some(examples) => examples.values().map(|example| Some(example["value"].clone())).collect(),
            None => vec![None],
        }
    }

    fn ask(&self, http: &Http, address: &str, body: Option<&Json>) -> Answer {
        let body = body.map(ToString::to_string);
        http.try_ask(&self.method(), address, body.as_deref().map(str::as_bytes)).expect("the server answers")
    }

    /// Makes sure that an answer is one that the operation is described to give.
    fn expect(&self, described: &mut Described, answer: &Answer) {
        let Operation { method, path, .. } = self;
        let status = answer.status.to_string();
        let told = &self.described["responses"][&status];
        assert!(told.is_object(), "{method} {path} answers {status}, not described: {}", answer.text);
        assert!(!answer.header("x-request-id").is_empty());
        let Some(content) = told.get("content").and_then(Json::as_object) else {
            assert_eq!(answer.text, "", "{method} {path}: {status} has no body");
            return;
        };
        let media = answer.header("content-type").split(';').next().unwrap_or_default();
        assert!(content.contains_key(media), "{method} {path}: {status} as {media}");
        let is_json = media == "application/json" || media.ends_with("+json");
        let body = if is_json { answer.json.clone() } else { json!(answer.text) };
        let pointer =
            format!("/paths/{}/{method}/responses/{status}/content/{}/schema", part(path), part(media));
        described.expect(&pointer, &body);
        if answer.status >= 400 {
            expect_problem(answer);
        }
    }
}

/// Makes sure that an error is a problem document with all that one has.
fn expect_problem(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.clone().problem();
    assert_eq!(problem.status, answer.status);
    assert_eq!(problem.kind, format!("/api/v1/docs#error-{}", answer.code()));
    let id = format!("urn:plenary:request:{}", answer.header("x-request-id"));
    assert_eq!(problem.instance.as_deref(), Some(id.as_str()));
    assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{problem:?}");
}

#[test]
fn every_example_is_answered_as_described_to_those_who_may() {
    let server = TestServer::demo();
    let mut described = Described::of(&server);
    let whole = described.document.clone();
    let walked = Described { document: whole, validators: BTreeMap::new() };
    let mut operations = walked.operations();
    // Reading first: the examples name entries of the demonstration as it is loaded.
    operations.sort_by_key(|operation| (operation.method != "get", operation.path.ends_with("/stage")));
    assert!(operations.len() > 20, "{}", operations.len());
    for operation in &operations {
        let roles = operation.roles();
        let person = PEOPLE.iter().find(|person| roles.contains(&person.role.to_string().as_str()));
        let http = person.map_or_else(|| Http::new(&server.base(), None), |person| server.client(person));
        for body in operation.bodies() {
            if let Some(body) = &body {
                let pointer = format!(
                    "/paths/{}/{}/requestBody/content/application~1json/schema",
                    part(operation.path),
                    operation.method
                );
                described.expect(&pointer, body);
            }
            let answer = operation.ask(&http, &operation.address(None), body.as_ref());
            operation.expect(&mut described, &answer);
            // A socket is not opened without the handshake; that is described too.
            let expected = if operation.is_socket() { 400..401 } else { 200..300 };
            assert!(
                expected.contains(&answer.status),
                "{} {}: {}",
                operation.method,
                operation.path,
                answer.text
            );
        }
    }
}

#[test]
fn each_role_does_what_is_described_and_others_and_strangers_are_told_as_described() {
    let server = SHARED.get();
    let mut described = Described::of(&server);
    let walked = Described::of(&server);
    let nobody = Http::new(&server.base(), None);
    let clients: Vec<(String, Http)> =
        PEOPLE.iter().map(|person| (person.role.to_string(), server.client(person))).collect();
    let (mut without, mut forbidden, mut missing) = (0, 0, 0);
    for operation in walked.operations() {
        let (roles, bodies) = (operation.roles(), operation.bodies());
        let body = bodies[0].as_ref();
        let address = operation.address(None);
        if !roles.is_empty() {
            let answer = operation.ask(&nobody, &address, body);
            assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{address}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            operation.expect(&mut described, &answer);
            without += 1;
        }
        for (_, http) in
            clients.iter().filter(|(role, _)| !roles.is_empty() && !roles.contains(&role.as_str()))
        {
            let answer = operation.ask(http, &address, body);
            assert_eq!((answer.status, answer.code()), (403, "role_forbids"), "{address}");
            operation.expect(&mut described, &answer);
            forbidden += 1;
        }
        for (role, http) in clients.iter().filter(|(role, _)| roles.contains(&role.as_str())) {
            let answer = operation.ask(http, &address, body);
            assert_ne!(answer.code(), "role_forbids", "{role}: {address}");
            operation.expect(&mut described, &answer);
        }
        if operation.path.contains("{plan}") {
            let may = |(role, _): &&(String, Http)| roles.is_empty() || roles.contains(&role.as_str());
            let (_, http) = clients.iter().find(may).expect("somebody may");
            let answer = operation.ask(http, &operation.address(Some("no-such-plan")), body);
            assert_eq!((answer.status, answer.code()), (404, "no_such_plan"), "{address}");
            operation.expect(&mut described, &answer);
            missing += 1;
        }
        let parameters = operation.described["parameters"].as_array().into_iter().flatten();
        if parameters.filter(|one| one["in"] == "query").count() > 0 && !operation.is_socket() {
            let path = address.split('?').next().unwrap();
            let answer = operation.ask(&clients[0].1, &format!("{path}?no-such-parameter=1"), body);
            assert_eq!((answer.status, answer.code()), (400, "malformed"), "{path}");
            operation.expect(&mut described, &answer);
        }
    }
    assert!(without >= 18 && forbidden >= 10 && missing >= 11, "{without} {forbidden} {missing}");
}

#[test]
fn other_methods_and_addresses_are_answered_as_described() {
    let server = SHARED.get();
    let mut described = Described::of(&server);
    let walked = Described::of(&server);
    let admin = server.client(&ADMIN);
    let pointer = |name: &str| {
        format!("/components/responses/{name}/content/{}/schema", part("application/problem+json"))
    };
    for operation in walked.operations() {
        let described_methods = walked.document["paths"][operation.path].as_object().unwrap();
        let mut allowed: Vec<String> = described_methods.keys().map(|method| method.to_uppercase()).collect();
        if described_methods.contains_key("get") && !["/live", "/sync"].contains(&operation.path) {
            allowed.push("HEAD".to_owned());
        }
        allowed.sort_unstable();
        let address = operation.address(None);
        let answer = admin.try_ask("DELETE", &address, None).unwrap();
        assert_eq!((answer.status, answer.code()), (405, "wrong_method"), "{address}");
        let mut told: Vec<&str> = answer.header("allow").split(", ").collect();
        told.sort_unstable();
        assert_eq!(told, allowed, "{address}");
        expect_problem(&answer);
        described.expect(&pointer("WrongMethod"), &answer.json);
    }
    let answer = admin.get("/api/v1/plan");
    assert_eq!((answer.status, answer.code()), (404, "no_such_route"));
    expect_problem(&answer);
    described.expect(&pointer("NoSuchRoute"), &answer.json);
}

#[test]
fn a_refused_edit_tells_the_command_and_what_stands_as_described() {
    let server = TestServer::demo();
    let mut described = Described::of(&server);
    let walked = Described::of(&server);
    let operations = walked.operations();
    let edit = operations.iter().find(|one| one.described["operationId"] == "editPlan").unwrap();
    let (chair, br) = (server.client(&CHAIR), server.client(&BR));
    let (target, base) = (chair.id_of(DRAFT, "2.7"), chair.head(DRAFT));
    br.edited(DRAFT, &[set_field(&target, "due_year", 2027, base)]);
    let stale = chair.edit(DRAFT, &[set_field(&target, "due_year", 2026, base)]);
    assert_eq!((stale.status, stale.code(), stale.json["command"].as_u64()), (409, "stale", Some(0)));
    assert_eq!(stale.json["now"][0]["value"], json!(2027));
    edit.expect(&mut described, &stale);
    let import = operations.iter().find(|one| one.described["operationId"] == "importPlan").unwrap();
    let bad = chair.post("/api/v1/plans", &json!({ "schema": "plenary-plan/1" }));
    assert_eq!((bad.status, bad.code()), (422, "bad_plan_file"));
    assert!(bad.json["problems"].as_array().is_some_and(|problems| !problems.is_empty()));
    import.expect(&mut described, &bad);
}

#[test]
fn a_snapshot_is_kept_until_the_plan_changes() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let plan = format!("/api/v1/plans/{DRAFT}");
    let now = [
        plan.clone(),
        format!("{plan}?removed=true"),
        format!("{plan}/export"),
        format!("{plan}/elements/2.7"),
        format!("{plan}/events"),
        format!("{plan}/events?order=desc&limit=2"),
        format!("{plan}/history"),
    ];
    let past = [
        format!("{plan}?at=3"),
        format!("{plan}/export?at=3"),
        format!("{plan}/elements/1.1?at=3"),
        format!("{plan}/events?limit=2"),
    ];
    let kept: Vec<(String, Answer)> =
        now.iter().chain(&past).map(|path| (path.clone(), br.get(path))).collect();
    for (path, answer) in &kept {
        let tag = answer.header("etag");
        assert!(tag.starts_with(&format!("\"{DRAFT}.")), "{path}: {tag}");
        assert_eq!(answer.header("cache-control"), "private, no-cache", "{path}");
        let again = br.get_with(path, "If-None-Match", tag);
        assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", tag), "{path}");
        assert_eq!(br.get_with(path, "If-None-Match", "\"another\"").text, answer.text, "{path}");
        let nobody = Http::new(&server.base(), None).get_with(path, "If-None-Match", tag);
        assert_eq!(nobody.status, 401, "{path}: a tag is no token");
    }
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_field(&target, "due_year", 2027, br.head(DRAFT))]);
    for (path, answer) in &kept {
        let again = br.get_with(path, "If-None-Match", answer.header("etag"));
        assert_eq!(again.status, if past.contains(path) { 304 } else { 200 }, "{path}");
    }
    assert_eq!(br.get("/api/v1/me").header("cache-control"), "no-store", "others are not kept");
    assert_eq!(br.get("/api/v1/me").header("etag"), "");
}

/// The address of the next page; none on the last one.
fn next(answer: &Answer) -> Option<String> {
    let link = Some(answer.header("link")).filter(|link| !link.is_empty())?;
    let (address, rel) = link.split_once(">; ").expect("a link has a relation");
    assert_eq!(rel, "rel=\"next\"");
    Some(address.trim_start_matches('<').to_owned())
}

#[test]
fn following_the_links_gives_every_entry_once_in_either_order() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    for year in 2026..2030 {
        br.edited(DRAFT, &[set_field(&target, "due_year", year, br.head(DRAFT))]);
    }
    let all: Vec<u64> = br.all_events(DRAFT).iter().map(|event| event.seq.0).collect();
    let mine: Vec<u64> = all.iter().copied().rev().take(4).rev().collect();
    let backwards: Vec<u64> = all.iter().copied().rev().collect();
    let walk = |path: String| -> (usize, Vec<u64>) {
        let (mut next_path, mut pages, mut seqs) = (Some(path), 0, Vec::new());
        while let Some(path) = next_path {
            let answer = br.get(&path);
            let events = answer.json.as_array().unwrap();
            assert!(!events.is_empty(), "{path}: a page that is named has something on it");
            seqs.extend(events.iter().map(|event| event["seq"].as_u64().unwrap()));
            (next_path, pages) = (next(&answer), pages + 1);
        }
        (pages, seqs)
    };
    let events = format!("/api/v1/plans/{DRAFT}/events");
    assert_eq!(walk(format!("{events}?limit=2")), (all.len().div_ceil(2), all.clone()));
    assert_eq!(walk(format!("{events}?limit=2&order=desc")), (all.len().div_ceil(2), backwards));
    assert_eq!(walk(format!("{events}?limit={}", all.len())), (1, all.clone()), "the last page is full");
    assert_eq!(walk(format!("{events}?limit=2&element=2.7&field=due_year")), (2, mine));
    let plans = br.get("/api/v1/plans?limit=1");
    let rest = br.get(&next(&plans).unwrap());
    assert_eq!((plans.json.as_array().unwrap().len(), rest.json.as_array().unwrap().len()), (1, 1));
    assert_eq!(next(&rest), None);
    let revisions = br.get(&format!("/api/v1/plans/{DRAFT}/history?limit=1"));
    let after = revisions.json["next_after"].as_str().unwrap();
    assert!(next(&revisions).unwrap().ends_with(&format!("after={after}")));
}

#[test]
fn the_page_is_given_to_anybody_and_reaches_nowhere() {
    let server = SHARED.get();
    let nobody = Http::new(&server.base(), None);
    let page = nobody.get("/api/v1/docs");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.text.contains("id=\"error-stale\"") && page.text.contains("id=\"editPlan\""));
    for path in ["/api/v1/docs", "/api/v1/openapi.json"] {
        let tag = nobody.get(path).header("etag").to_owned();
        assert_eq!(nobody.get_with(path, "If-None-Match", &tag).status, 304);
    }
}

#[test]
fn a_full_page_is_another_one_when_there_is_more() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let head = br.head(DRAFT);
    let path = format!("/api/v1/plans/{DRAFT}/events?limit={head}");
    let full = br.get(&path);
    assert_eq!((full.status, full.header("link")), (200, ""));
    let kept = br.get_with(&path, "if-none-match", full.header("etag"));
    assert_eq!(kept.status, 304);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_field(&target, "due_year", 2027, head)]);
    let now = br.get_with(&path, "if-none-match", full.header("etag"));
    assert_eq!(now.status, 200);
    assert!(now.header("link").contains("rel=\"next\""), "{}", now.header("link"));
    assert_eq!(br.get(&format!("/api/v1/plans/{DRAFT}/history?at=soon")).status, 400);
}

#[test]
fn the_head_of_an_answer_is_that_of_the_whole_one() {
    // Its own: an entry of another test between the two would change what is told.
    let server = TestServer::demo();
    let admin = server.client(&ADMIN);
    let described = Described::of(&server);
    let mut asked = 0;
    let gets = described.operations();
    for operation in gets.iter().filter(|one| one.method == "get" && !["/live", "/sync"].contains(&one.path))
    {
        let address = operation.address(None);
        let whole = admin.get(&address);
        let head = admin.try_ask("HEAD", &address, None).unwrap();
        assert_eq!((head.status, head.text.as_str()), (whole.status, ""), "{address}");
        for name in ["content-type", "etag", "content-length"] {
            assert_eq!(head.header(name), whole.header(name), "{name} of {address}");
        }
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
    let nobody = Http::new(&server.base(), None);
    assert_eq!(
        nobody.try_ask("HEAD", "/api/v1/plans", None).unwrap().status,
        401,
        "rights are asked for too"
    );
    assert_eq!(nobody.try_ask("HEAD", "/live", None).unwrap().status, 405, "a socket has no head");
}

#[test]
fn whoever_opens_the_address_gets_the_page_or_is_told_how_to_get_it() {
    let server = SHARED.get();
    let nobody = Http::new(&server.base(), None);
    let page = nobody.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    // Built without Node.js there is no page, and the address says so.
    if page.text.contains("/assets/") {
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'") && !policy.contains("unsafe-inline"));
        assert!(!page.text.contains("__CSP_NONCE__"));
    } else {
        assert!(
            page.text.contains("Node.js") && page.text.contains("href=\"/api/v1/docs\""),
            "{}",
            page.text
        );
    }
    for path in ["/assets/", "/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html"] {
        let answer = nobody.get(path);
        assert_eq!((answer.status, answer.code()), (404, "no_such_route"), "{path}");
    }
}

#[test]
fn people_of_the_demonstration_are_told_to_this_machine_alone() {
    let server = SHARED.get();
    let nobody = Http::new(&server.base(), None);
    let people = nobody.get("/api/v1/demo/people").ok();
    let br = people.as_array().unwrap().iter().find(|one| one["subject"] == "demo-br").unwrap();
    let me = Http::new(&server.base(), br["token"].as_str().map(str::to_owned)).get("/api/v1/me").ok();
    assert_eq!((&me["subject"], &me["bureau"]), (&br["subject"], &br["bureau"]));
    let foreign = nobody.get_with("/api/v1/demo/people", "host", "plans.example.org");
    assert_eq!((foreign.status, foreign.code()), (404, "no_such_route"));
}
