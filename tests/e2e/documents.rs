//! Documents and tables: a word processor accepts and rejects what the log says, and a spreadsheet comes
//! back as edits.

use std::path::Path;
use std::process::Command as Process;

use plenary_protocol::plan::{Command, Kind, Value};
use plenary_protocol::record::{Content, ExportFormat};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::api::TablePreview;
use plenary_protocol::wire::findings::Finding;
use plenary_tests::{DRAFT, Http, TestServer, element_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::exports::last_export;
use crate::people::{AUDITOR, BR, CHAIR, READER, TSB, set_text};

/// Reads Word files in LibreOffice; Debian's interpreter has its bindings.
const WORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/word/revisions.py");
const PYTHON: &str = "/usr/bin/python3";

/// What a word processor reads in files: as they are, all accepted, all rejected.
#[track_caller]
fn read_in_word(files: &[&Path]) -> Vec<Json> {
    let exit = Process::new(PYTHON).arg(WORD).args(files).output().unwrap();
    let errors = String::from_utf8_lossy(&exit.stderr);
    assert!(exit.status.success(), "tests/run installs what this needs: {errors}");
    String::from_utf8(exit.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn add(kind: &str, parent: Option<&str>, texts: &[(&str, &str)], fields: &[(&str, Json)]) -> Command {
    let value = |json: &Json| -> Value { serde_json::from_value(json.clone()).unwrap() };
    Command::Add {
        kind: Kind::named(kind).unwrap(),
        id: None,
        place: plenary_protocol::plan::command::Place {
            parent: parent.map(element_id),
            ..Default::default()
        },
        owner: None,
        fields: fields.iter().map(|(name, json)| ((*name).to_owned(), value(json))).collect(),
        lang: None,
        text: texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
    }
}

/// Two Bureaux at work: words of a text, rows that come and go, a table that was not there.
fn work(br: &Http, tsb: &Http, chair: &Http) {
    let base = br.head(DRAFT);
    let id = |code: &str| br.id_of(DRAFT, code);
    let (affordable, businesses) = (id("target:1.2"), id("target:2.3"));
    br.edited(DRAFT, &[set_text(&affordable, "title", "Broadband to be affordable for everybody", base)]);
    tsb.edited(
        DRAFT,
        &[set_text(&affordable, "title", "Broadband services to be affordable for all people", base)],
    );
    let fresh = add("target", Some(&id("goal:1")), &[("title", "Networks that <last> & \"hold\"")], &[]);
    chair.edited(DRAFT, &[Command::Remove { element: element_id(&businesses) }, fresh]);
    let risk = add("risk", None, &[("title", "Funds that do not come")], &[]);
    let money = [("goal", json!(id("goal:1"))), ("amount", json!(12_000)), ("percent", json!(60))];
    let cell = add("allocation", Some(&id("priority:1")), &[], &money);
    let promise = id("guidance_response:8.R1");
    chair.edited(
        DRAFT,
        &[risk, cell, set_text(&promise, "statement", "Linked to resources.\nNothing is unfunded.", base)],
    );
}

#[test]
fn a_word_processor_accepts_the_later_text_and_rejects_to_the_earlier() {
    let server = TestServer::demo();
    let [br, tsb, chair, reader] = [BR, TSB, CHAIR, READER].map(|person| server.client(&person));
    let cli = Cli::of(&server, &READER);
    let before = br.head(DRAFT).to_string();
    work(&br, &tsb, &chair);
    let after = br.head(DRAFT).to_string();
    let folder = tempfile::tempdir().unwrap();
    for content in ["plan", "information"] {
        let export = |name: &str, points: &[&str]| {
            let path = folder.path().join(format!("{content}-{name}.docx"));
            let file = path.to_str().unwrap().to_owned();
            let what = ["export", DRAFT, "--format", "docx", "--content", content, "--output", &file];
            cli.ok(&[&what[..], points].concat());
            path
        };
        let earlier = export("earlier", &["--at", &before]);
        let later = export("later", &["--at", &after]);
        let tracked = export("tracked", &["--from", &before, "--at", &after]);
        let (_, _, exported, _) = last_export(&reader, DRAFT);
        assert_eq!((exported.from.to_string(), exported.to.to_string()), (before.clone(), after.clone()));
        assert_eq!(exported.content.map(Content::as_str), Some(content));
        let read = read_in_word(&[&earlier, &later, &tracked]);
        let [earlier, later, tracked] = read.as_slice() else { panic!("three files") };
        assert_ne!(earlier["as_is"], later["as_is"]);
        assert_eq!(tracked["accepted"], later["as_is"], "all accepted");
        assert_eq!(tracked["rejected"], earlier["as_is"], "all rejected");
        let authors: Vec<&str> =
            tracked["authors"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        assert_eq!(authors, ["BR drafter (BR)", "Chair of the group (BR)", "TSB drafter (TSB)"]);
        assert_eq!((&later["authors"], &later["accepted"]), (&json!([]), &later["as_is"]));
    }
}

#[test]
fn documents_and_tables_are_named_and_written_down() {
    let server = TestServer::demo();
    let [auditor, reader] = [AUDITOR, READER].map(|person| server.client(&person));
    let asks = [
        (json!({ "format": "docx", "at": "3" }), "@3.docx", "the plan after entry 3 as docx"),
        (
            json!({ "format": "docx", "from": "1", "at": "3" }),
            "@1-3.docx",
            "the plan after entry 3 as docx, changes since entry 1 marked",
        ),
        (
            json!({ "format": "html", "content": "information", "at": "3" }),
            "-information@3.html",
            "the information document after entry 3 as html",
        ),
        (
            json!({ "format": "csv", "content": "mapping", "at": "3" }),
            "-mapping@3.csv",
            "the table of mapping after entry 3 as csv",
        ),
        (
            json!({ "format": "xlsx", "content": "guidance", "at": "3" }),
            "-guidance@3.xlsx",
            "the table of guidance after entry 3 as xlsx",
        ),
        (
            json!({ "format": "csv", "content": "findings", "at": "3" }),
            "-findings@3.csv",
            "the table of findings after entry 3 as csv",
        ),
    ];
    for (body, name, words) in asks {
        let answer = auditor.post(&format!("/api/v1/plans/{DRAFT}/exports"), &body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        let expected = format!("attachment; filename=\"{DRAFT}{name}\"");
        assert_eq!(answer.header("content-disposition"), expected);
        let (seq, subject, exported, _) = last_export(&reader, DRAFT);
        assert_eq!(
            (answer.header("plenary-entry"), subject.as_str()),
            (seq.to_string().as_str(), AUDITOR.subject)
        );
        assert!(exported.to_string().starts_with(words), "{exported}");
    }
    let head = reader.head(DRAFT);
    for body in [
        json!({ "format": "xlsx" }),
        json!({ "format": "xlsx", "content": "plan" }),
        json!({ "format": "docx", "content": "mapping" }),
        json!({ "format": "csv", "content": "mapping", "from": "1" }),
        json!({ "format": "html", "content": "findings" }),
        json!({ "format": "html", "from": "1" }),
        json!({ "format": "plan", "content": "plan" }),
        json!({ "format": "docx", "filter": { "bureau": "BR" } }),
        json!({ "format": "docx", "from": "3", "at": "2" }),
    ] {
        let answer = reader.post(&format!("/api/v1/plans/{DRAFT}/exports"), &body);
        assert_eq!((answer.status, answer.code()), (400, "malformed"), "{body}");
    }
    assert_eq!(reader.head(DRAFT), head, "what is not made is not written down");
    assert!(ExportFormat::ALL.contains(&ExportFormat::Docx));
}

#[test]
fn the_table_of_findings_holds_each_finding_that_the_rules_tell() {
    let server = TestServer::demo();
    let auditor = server.client(&AUDITOR);
    let told = auditor.get(&format!("/api/v1/plans/{DRAFT}/findings?at=3"));
    let told: Vec<Finding> = serde_json::from_str(&told.text).unwrap();
    assert!(told.len() > 50, "{}", told.len());
    let body = json!({ "format": "csv", "content": "findings", "at": "3" });
    let table = auditor.post(&format!("/api/v1/plans/{DRAFT}/exports"), &body).text;
    let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of_table: Vec<(&str, &str, &str)> = rows.iter().map(|row| (&row[1], &row[2], &row[7])).collect();
    let expected: Vec<(&str, &str, &str)> =
        told.iter().map(|one| (one.code.as_str(), one.severity.as_str(), one.says.as_str())).collect();
    assert_eq!(of_table, expected);
}

#[test]
fn a_table_comes_back_as_edits_that_merge_or_not_at_all() {
    let server = TestServer::demo();
    let [br, chair, auditor] = [BR, CHAIR, AUDITOR].map(|person| server.client(&person));
    let cli = Cli::of(&server, &CHAIR);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("indicators.csv");
    let file = path.to_str().unwrap();
    cli.ok(&["export", DRAFT, "-f", "csv", "-c", "indicators", "-o", file]);
    let exported = std::fs::read_to_string(&path).unwrap();
    let unchanged = cli.ok(&["import-table", DRAFT, "indicators", file, "--preview", "--json"]);
    assert_eq!(serde_json::from_str::<TablePreview>(&unchanged).unwrap().changes, []);

    // Somebody else rewords the same title meanwhile.
    let schools = chair.id_of(DRAFT, "indicator:2.4.i1");
    let base = chair.head(DRAFT);
    br.edited(DRAFT, &[set_text(&schools, "title", "% of schools with Internet access today", base)]);
    let row = exported.lines().find(|line| line.contains(&schools)).unwrap();
    let entry = row.split(',').next().unwrap();
    let changed =
        row.replace("% of schools with Internet access\"", "% of all schools with Internet access\"");
    assert_ne!(row, changed);
    let reading = format!("{entry},\"reading\",\"\",\"2.4.i1\",\"\",\"\"");
    let head: Vec<&str> = exported.lines().next().unwrap().split(',').collect();
    let cells = head[6..].iter().map(|name| match name.trim_matches('"') {
        "role" => "actual",
        "value" => "'-1.5",
        "year" => "2021",
        _ => "",
    });
    let reading = cells.fold(reading, |row, cell| format!("{row},\"{cell}\""));
    let sheet = exported.replace(row, &format!("{changed}\r\n{reading}"));
    std::fs::write(&path, &sheet).unwrap();
    let seen = cli.ok(&["import-table", DRAFT, "indicators", file, "--preview", "--json"]);
    let seen: TablePreview = serde_json::from_str(&seen).unwrap();
    let columns: Vec<&str> = seen.changes.iter().map(|change| change.column.as_str()).collect();
    assert_eq!(seen.base.to_string(), entry.trim_matches('"'), "the entry that the sheet was taken after");
    assert_eq!(columns.iter().filter(|column| ["role", "value", "year"].contains(column)).count(), 3);

    // One bad cell, and nothing is done.
    let head = chair.head(DRAFT);
    std::fs::write(&path, sheet.replace("\"actual\"", "\"measured\"")).unwrap();
    let refused = cli.fails(1, &["import-table", DRAFT, "indicators", file, "--yes"]);
    assert!(refused.contains("role") && refused.contains("measured"), "{refused}");
    assert_eq!(chair.head(DRAFT), head);

    std::fs::write(&path, &sheet).unwrap();
    let done = cli.ok(&["import-table", DRAFT, "indicators", file, "--yes", "--because", "figures of 2021"]);
    assert!(done.contains("imported"), "{done}");
    let plan = chair.plan(DRAFT);
    let now = plan.element(&element_id(&schools)).unwrap();
    assert_eq!(now.text["en"]["title"], "% of all schools with Internet access today", "both edits stand");
    let reading = plan.elements.iter().find(|e| e.kind.name() == "reading").unwrap();
    assert_eq!(reading.parent, Some(element_id(&schools)));
    assert_eq!(
        (&reading.fields["value"], &reading.fields["year"]),
        (&Value::Number(-1.5), &Value::Int(2021))
    );
    let event = chair.events(DRAFT, "order=desc&limit=1").remove(0);
    assert_eq!((event.name.as_str(), event.because.as_deref()), (CHAIR.name, Some("figures of 2021")));

    // What was read at one point is not written by who may not write.
    let body = json!({ "id": "not-mine", "csv": sheet });
    let answer = auditor.post(&format!("/api/v1/plans/{DRAFT}/tables/indicators"), &body);
    assert_eq!(answer.problem().code, RefusalCode::RoleForbids);
}

#[test]
fn feedback_comes_back_from_a_workbook() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let cli = Cli::of(&server, &CHAIR);
    let folder = tempfile::tempdir().unwrap();
    let [csv, xlsx] = ["feedback.csv", "feedback.xlsx"].map(|name| folder.path().join(name));
    let round = "entry,row,id,under,statement,author,target\n3,feedback_item,,C1,\"More on schools,\nplease\",A Member State,2.4\n";
    std::fs::write(&csv, round).unwrap();
    cli.ok(&["import-table", DRAFT, "feedback", csv.to_str().unwrap(), "--yes"]);
    let plan = chair.plan(DRAFT);
    let item = plan.elements.iter().find(|e| e.kind.name() == "feedback_item").unwrap();
    assert_eq!(item.text["en"]["statement"], "More on schools,\nplease");
    assert_eq!(item.fields["target"], Value::Text(chair.id_of(DRAFT, "target:2.4")));
    let file = xlsx.to_str().unwrap();
    cli.ok(&["export", DRAFT, "-f", "xlsx", "-c", "feedback", "-o", file]);
    let seen = cli.ok(&["import-table", DRAFT, "feedback", file, "--preview", "--json"]);
    let seen: TablePreview = serde_json::from_str(&seen).unwrap();
    assert_eq!((seen.table, seen.changes.len()), (Content::Feedback, 0));
    let refused =
        chair.post(&format!("/api/v1/plans/{DRAFT}/tables/mapping/preview"), &json!({ "csv": "a" }));
    assert_eq!(refused.problem().code, RefusalCode::Malformed);
}
