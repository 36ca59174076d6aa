//! Exports: written down in the exporter's name before they leave, by whoever may read, at every stage.

use std::sync::Arc;

use plenary_core::exchange::entries::Check;
use plenary_log::{Log, Options};
use plenary_protocol::plan::Command;
use plenary_protocol::record::{ExportFormat, Exported};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{ADOPTED, Answer, DRAFT, Http, Live, Person, TestServer, plan_id};
use plenaryd::indexer::EntryIndexer;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, CONTRIBUTOR, READER, TSB, comment, set_text};

/// What people write who want something else to happen than to be read.
const EVIL: [&str; 6] = [
    "</td><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://evil.example\")",
    "@SUM(1)\r\nx: y",
    "\u{202e}txt.exe",
    "+1;=2,\"-3\"",
];

fn export(http: &Http, plan: &str, body: &Json) -> Answer {
    http.post(&format!("/api/v1/plans/{plan}/exports"), body)
}

/// The last entry of a plan, which must be an export.
#[track_caller]
pub fn last_export(http: &Http, plan: &str) -> (u64, String, Exported, Option<String>) {
    let event = http.events(plan, "order=desc&limit=1").remove(0);
    let What::Exported(exported) = event.what else { panic!("{:?}", event.what) };
    (event.seq.0, event.subject.to_string(), exported, event.because)
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_export_is_an_entry_that_says_what_left_to_the_byte() {
    let server = TestServer::demo();
    let [tsb, auditor] = [TSB, AUDITOR].map(|person| server.client(&person));
    let target = tsb.id_of(DRAFT, "2.7");
    tsb.edited(DRAFT, &[comment(&target, "a remark")]);
    let head = tsb.head(DRAFT).0;
    // Those of the past, and the plan file; the others have tests of their own.
    let apart = [ExportFormat::Evidence, ExportFormat::Docx, ExportFormat::Xlsx];
    let files = ExportFormat::ALL.into_iter().filter(|format| !apart.contains(format));
    for (number, format) in files.enumerate() {
        let body = json!({ "format": format, "because": format!("reason {format}") });
        let answer = export(&auditor, DRAFT, &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (seq, subject, exported, because) = last_export(&auditor, DRAFT);
        assert_eq!((seq, subject.as_str()), (head + number as u64 + 1, AUDITOR.subject));
        assert_eq!(answer.header("plenary-entry"), seq.to_string());
        assert_eq!(because, Some(format!("reason {format}")));
        assert_eq!((exported.format, exported.to.0, exported.filter.as_ref()), (format, seq - 1, None));
        assert_eq!(exported.bytes, answer.text.len() as u64);
        assert_eq!(exported.digest.to_string(), hex(&Sha256::digest(&answer.text)));
        assert!(
            answer
                .header("content-disposition")
                .starts_with("attachment; filename=\"itu-sp-2024-2027-draft-")
        );
    }
    let body = json!({ "format": "csv", "filter": { "element": "2.7", "bureau": "TSB,BR", "text": "REMARK", "from_seq": 2, "since": "2020-01-01" } });
    export(&auditor, DRAFT, &body);
    let (_, _, exported, _) = last_export(&auditor, DRAFT);
    let filter = exported.filter.unwrap();
    assert_eq!(
        (filter.element[0].as_str(), exported.from.0),
        (target.as_str(), 2),
        "by id, whatever its code"
    );
    assert_eq!(
        (filter.text.as_deref(), filter.since.as_deref()),
        (Some("REMARK"), Some("2020-01-01T00:00:00Z"))
    );
    let elsewhere = export(&auditor, DRAFT, &json!({ "format": "evidence" }));
    assert_eq!(elsewhere.status, 400);
    assert!(elsewhere.text.contains("/evidence/bundle"), "{}", elsewhere.text);
    let log = server.client(&READER).history(DRAFT, "type=exported").revisions;
    assert_eq!(log.len(), ExportFormat::ALL.len() - apart.len() + 1, "one of each form, and one filtered");
    let said = Cli::of(&server, &READER).ok(&["log", DRAFT, "-n", "1"]);
    assert!(
        said.contains("exported") && said.contains("element") && said.contains("text \"REMARK\""),
        "{said}"
    );
}

#[test]
fn entries_as_lines_are_the_bytes_of_the_log() {
    let mut server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    for text in EVIL {
        br.edited(DRAFT, &[set_text(&target, "statement", text, br.head(DRAFT))]);
    }
    let file = server.folder().join("entries.jsonl");
    let cli = Cli::of(&server, &BR);
    cli.ok(&["export", DRAFT, "--format", "jsonl", "-o", file.to_str().unwrap(), "--because", "the archive"]);
    let text = std::fs::read_to_string(&file).unwrap();
    let mut check = Check::new();
    let read: Vec<_> = text.lines().filter_map(|line| check.line(line).unwrap()).collect();
    let (head, count) = check.finish().unwrap();
    assert_eq!((head.subject.as_str(), head.because.as_deref()), (BR.subject, Some("the archive")));
    server.terminate();
    let (kept, _) = Log::open(Options::new(server.data()), Arc::new(EntryIndexer)).unwrap();
    let kept = kept.entries(DRAFT, 0, usize::MAX).unwrap();
    assert_eq!((count as usize, kept.len()), (read.len(), read.len() + 1), "all but the export itself");
    for ((sealed, event), kept) in read.iter().zip(&kept) {
        assert_eq!(
            (&sealed.envelope, &sealed.salt, &sealed.payload),
            (&kept.envelope, &kept.salt, &kept.payload)
        );
        assert_eq!(event.envelope.seq.0, kept.seq);
    }
}

#[test]
fn whoever_reads_exports_at_every_stage_and_nobody_else() {
    let server = TestServer::demo();
    let admin = server.client(&ADMIN);
    for person in [READER, CONTRIBUTOR, AUDITOR, TSB] {
        let http = server.client(&person);
        assert_eq!(export(&http, ADOPTED, &json!({ "format": "csv" })).status, 200, "{}", person.subject);
        let (_, subject, ..) = last_export(&http, ADOPTED);
        assert_eq!(subject, person.subject);
    }
    let rule = json!({ "id": "narrow", "access": { "only": { "bureaux": ["TSB"] } } });
    admin
        .try_ask("PUT", &format!("/api/v1/plans/{DRAFT}/access"), Some(rule.to_string().as_bytes()))
        .unwrap()
        .ok();
    let head = admin.head(DRAFT);
    assert_eq!(
        export(&server.client(&BR), DRAFT, &json!({ "format": "html" })).problem().code,
        RefusalCode::NoSuchPlan
    );
    assert_eq!(admin.head(DRAFT), head, "what is refused is no export");
    assert_eq!(export(&server.client(&TSB), DRAFT, &json!({ "format": "html" })).status, 200);
}

#[test]
fn what_is_asked_wrong_is_no_export() {
    let server = TestServer::demo();
    let reader = server.client(&READER);
    let head = reader.head(DRAFT);
    for (body, status) in [
        (json!({}), 400),
        (json!({ "format": "pdf" }), 400),
        (json!({ "format": "csv", "colour": 1 }), 400),
        (json!({ "format": "csv", "filter": { "colour": 1 } }), 400),
        (json!({ "format": "csv", "at": "3" }), 400),
        (json!({ "format": "plan", "filter": { "bureau": "BR" } }), 400),
        (json!({ "format": "csv", "filter": { "bureau": "ITU" } }), 400),
        (json!({ "format": "csv", "filter": { "from_seq": 99 } }), 409),
        (json!({ "format": "plan", "at": "99" }), 409),
        (json!({ "format": "csv", "filter": { "element": "9.9.9" } }), 404),
        (json!({ "format": "csv", "because": "x".repeat(3_000) }), 413),
        (json!({ "format": "csv", "filter": { "field": "x".repeat(20_000) } }), 413),
    ] {
        assert_eq!(export(&reader, DRAFT, &body).status, status, "{body}");
    }
    assert_eq!(reader.head(DRAFT), head);
    let cli = Cli::of(&server, &READER);
    cli.fails(2, &["export", DRAFT, "--bureau", "BR"]);
    cli.fails(2, &["export", DRAFT, "--format", "pdf"]);
}

#[test]
fn what_people_write_does_not_run_in_a_report_or_a_spreadsheet() {
    let server = TestServer::demo();
    let evil = Person { name: "=cmd|' /C calc'!A0 <script>alert(2)</script>", ..BR };
    let http = server.client(&evil);
    let target = http.id_of(DRAFT, "2.7");
    for text in EVIL {
        let commands: Vec<Command> =
            vec![set_text(&target, "title", text, http.head(DRAFT)), comment(&target, text)];
        let body = json!({ "id": plenary_tests::fresh_id("evil"), "commands": commands, "because": text });
        http.post(&format!("/api/v1/plans/{DRAFT}/edits"), &body).ok();
    }
    let page = export(&http, DRAFT, &json!({ "format": "html", "because": EVIL[0] }));
    assert!(page.header("content-security-policy").contains("sandbox"));
    for words in ["<script", "<img", "\u{202e}", "\r"] {
        assert!(!page.text.contains(words), "{words:?}");
    }
    assert!(page.text.contains("<i>U+202E</i>") && page.text.contains("&lt;script&gt;"));
    let sheet = export(&http, DRAFT, &json!({ "format": "csv", "filter": { "subject": evil.subject } }));
    let mut reader =
        csv::ReaderBuilder::new().from_reader(sheet.text.trim_start_matches('\u{feff}').as_bytes());
    let cells: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert!(cells.len() > EVIL.len());
    for cell in cells.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
}

#[test]
fn an_export_wakes_no_document() {
    let server = TestServer::demo();
    let [chair, tsb] = [CHAIR, TSB].map(|person| server.client(&person));
    let mut live = Live::open(&tsb);
    live.subscribe(&plan_id(DRAFT), None, true).unwrap();
    live.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
    let before = chair.plan(DRAFT);
    export(&chair, DRAFT, &json!({ "format": "jsonl" }));
    let told = live.wait_for(|message| match message {
        ServerMessage::Event { event, change } => Some((event.what.clone(), change.is_some())),
        _ => None,
    });
    assert!(matches!(told, Ok((What::Exported(_), false))), "{told:?}");
    let after = chair.plan(DRAFT);
    assert_eq!((&after.elements, &after.links, &after.plan), (&before.elements, &before.links, &before.plan));
}
