//! The field's formats: the real plans out as StratML and JSON Lines and in again, and valid to the schema.

use std::path::{Path, PathBuf};
use std::process::Command;

use plenary_tests::{ADOPTED, DRAFT, Http, TestServer};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{AUDITOR, CHAIR};

/// The Python that has `xmlschema`; `tests/run` installs it and sets this.
const PYTHON: &str = "PLENARY_XMLSCHEMA_PYTHON";
/// A folder with the schemas as their authors publish them, where somebody has them.
const SCHEMAS: &str = "PLENARY_STRATML_SCHEMAS";

fn export(http: &Http, plan: &str, format: &str) -> plenary_tests::Answer {
    http.post(&format!("/api/v1/plans/{plan}/exports"), &json!({ "format": format }))
}

/// What a plan says, and not the log it came from.
fn content(http: &Http, plan: &str) -> Json {
    let mut file = http.get(&format!("/api/v1/plans/{plan}/export")).ok();
    file.as_object_mut().unwrap().retain(|key, _| !["id", "seq", "at", "document"].contains(&key.as_str()));
    file
}

fn stratml() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stratml")
}

/// Holds files against the schema.
fn validate(files: &[PathBuf]) {
    let python = std::env::var(PYTHON).expect("tests/run installs what this needs, and names it");
    let mut schemas = vec![stratml().join("part2.xsd")];
    if let Ok(folder) = std::env::var(SCHEMAS) {
        let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let is_part_2 = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("PerformancePlanOrReport"))
        };
        schemas.extend(found.filter(is_part_2));
    }
    for schema in schemas {
        let out = Command::new(&python)
            .arg(stratml().join("validate.py"))
            .arg(&schema)
            .args(files)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{schema:?}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn the_real_plans_leave_as_valid_stratml_and_come_back() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for plan in [ADOPTED, DRAFT] {
        let out = export(&chair, plan, "stratml");
        assert_eq!((out.status, out.header("content-type")), (200, "application/xml"), "{}", out.text);
        assert!(out.header("content-disposition").contains(&format!("{plan}-3.xml")));
        assert!(
            out.header("plenary-left-out").contains("elements of the kind "),
            "{:?}",
            out.header("plenary-left-out")
        );
        let made =
            chair.post_bytes(&format!("/api/v1/plans?format=stratml&plan={plan}-again"), out.text.as_bytes());
        assert_eq!((made.status, &made.json["remarks"]), (201, &Json::Null), "{}", made.text);
        let again = export(&chair, &format!("{plan}-again"), "stratml");
        assert_eq!(again.text.replace(&format!("_{plan}-again"), &format!("_{plan}")), out.text, "{plan}");
        let file = folder.path().join(format!("{plan}.xml"));
        std::fs::write(&file, &out.text).unwrap();
        files.push(file);
    }
    validate(&files);
}

#[test]
fn the_real_plans_leave_as_lines_and_come_back_without_loss() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    for plan in [ADOPTED, DRAFT] {
        let out = export(&chair, plan, "lines");
        assert_eq!((out.status, out.header("content-type")), (200, "application/x-ndjson"), "{}", out.text);
        let made =
            chair.post_bytes(&format!("/api/v1/plans?format=lines&plan={plan}-again"), out.text.as_bytes());
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(content(&chair, &format!("{plan}-again")), content(&chair, plan));
        let cut = &out.text[..out.text.len() / 2];
        let refused =
            chair.post_bytes(&format!("/api/v1/plans?format=lines&plan={plan}-cut"), cut.as_bytes());
        assert_eq!((refused.status, refused.code()), (422, "bad_plan_file"));
    }
}

#[test]
fn a_worn_file_comes_in_with_a_list_of_repairs_and_a_hostile_one_does_not() {
    let server = TestServer::demo();
    let cli = Cli::of(&server, &CHAIR);
    let file = server.folder().join("worn.xml");
    let worn = "<StrategicPlan xmlns=\"http://www.stratml.net\">\n<Name>Research & Plans</Name>\n<StrategicPlanCore>\n\
                <Goals><Goal><Name>One</Name><Description>First</Description><Identifier>1 a</Identifier>\n\
                <Objective><Name>Do</Name></Objective></Goal></Goals></StrategicPlanCore></StrategicPlan>";
    std::fs::write(&file, worn).unwrap();
    let told = cli.ok(&["import", file.to_str().unwrap(), "--as", "worn"]);
    for expected in [
        "imported worn",
        "line 1, column 1: the namespace",
        "line 2, column 16: an & stands alone",
        "line 4, column 1: Goals is no container",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(cli.ok(&["show", "worn"]).contains("Research & Plans"));
    for hostile in [
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><StrategicPlan><Name>&x;</Name></StrategicPlan>".to_owned(),
        "<StrategicPlan>".repeat(100_000),
        format!("<StrategicPlan a=\"{}", "1".repeat(1_000_000)),
    ] {
        let chair = server.client(&CHAIR);
        let refused = chair.post_bytes("/api/v1/plans?format=stratml&plan=hostile", hostile.as_bytes());
        assert_eq!((refused.status, refused.code()), (422, "bad_plan_file"), "{}", refused.text);
        assert!(refused.problem().problems[0].pointer.starts_with("line 1, column "));
        assert_eq!(chair.get("/api/v1/plans/hostile").status, 404);
    }
    let refused = server.client(&AUDITOR).post_bytes("/api/v1/plans?format=stratml", worn.as_bytes());
    assert_eq!(refused.code(), "role_forbids");
}
