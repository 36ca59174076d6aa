//! Exports of the past: nothing is lost, nothing runs, whatever people wrote.

use plenary_protocol::plan::{Stage, Value};
use plenary_protocol::record::{
    Act, Author, ChangeAct, ENVELOPE_VERSION, EditRow, Envelope, Event, PAYLOAD_TYPE, Payload, RowOp, Sealed,
    Touched,
};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{Bureau, Digest, Role, Seq};
use proptest::prelude::*;

use super::entries::{Check, CheckError};
use super::*;
use crate::tests::plan::small_plan;

/// What people write who want something else to happen than to be read.
pub(super) const EVIL: [&str; 26] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "javascript:alert(1)",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<!-- --><iframe srcdoc='x'>",
    "&lt;script&gt; &#60;b&#62;",
    "\u{202e}gpj.exe \u{2066}x",
    "zero\u{200b}width\u{feff}\u{ad}",
    "a\0b\u{7}\u{1b}[31mc\u{9b}2J",
    "line\r\nSet-Cookie: x=1\r\n\r\n",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＠SUM(1)",
    "'=1+1",
    "a;=1+1;\"=1\",=2",
    "\u{e0041}\u{2028}\u{fdd0}",
];

fn any_text() -> impl Strategy<Value = String> {
    let evil = prop::sample::select(EVIL.to_vec()).prop_map(str::to_owned);
    prop_oneof![3 => evil.clone(), 1 => "\\PC{0,20}", 1 => any::<String>(), 1 => (evil.clone(), evil).prop_map(|(a, b)| a + &b)]
}

fn any_row() -> impl Strategy<Value = EditRow> {
    let ops = prop::sample::select(vec![RowOp::Add, RowOp::Set, RowOp::Text, RowOp::Move, RowOp::Remove]);
    let element = prop::sample::select(vec!["tgt-1", "obj-br", "lnk-9", "gone-1", "plan"]);
    let text = || prop::option::of(any_text());
    (ops, element, any_text(), any_text(), text(), (text(), text()), (text(), text())).prop_map(
        |(op, element, kind, field, lang, (from, to), (deleted, inserted))| EditRow {
            at: deleted.is_some().then_some(3),
            op,
            to: to.map(Value::Text),
            from: from.map(Value::Text),
            kind,
            lang,
            field,
            deleted,
            element: element.parse().unwrap(),
            inserted,
            concurrent: op == RowOp::Set,
        },
    )
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop::collection::vec(any_row(), 1..4).prop_map(|edits| Act::Change(ChangeAct { edits, restores: None, change: vec![1, 2], summary_version: 1 })),
        1 => any_text().prop_map(|title| Act::PlanCreated { stage: Stage::Council, title, document: "automerge:x".into() }),
        1 => (any_text(), any_text()).prop_map(|(code, reason)| Act::Refused { count: None, code, change: None, reason }),
    ]
}

prop_compose! {
    fn any_log()(acts in prop::collection::vec((any_act(), any_text(), prop::option::of(any_text())), 1..12)) -> Vec<(Sealed, Event)> {
        let mut log: Vec<(Sealed, Event)> = Vec::new();
        for (act, name, because) in acts {
            let (seq, prev) = log.last().map_or((Seq(1), Digest::ZERO), |(_, event)| (event.envelope.seq.next(), event.leaf));
            log.push(sealed(seq, prev, act, name, because));
        }
        log
    }
}

fn sealed(seq: Seq, prev: Digest, act: Act, name: String, because: Option<String>) -> (Sealed, Event) {
    let bureau = Bureau::ALL[seq.0 as usize % 4];
    let envelope = Envelope {
        v: ENVELOPE_VERSION,
        at: 1_700_000_000_000_000 + seq.0 as i64 * 50_000_000_000,
        id: [7; 16].into(),
        seq,
        base: None,
        boot: [9; 16].into(),
        plan: small_plan().id,
        prev,
        act: act.name().to_owned(),
        build: None,
        claimed: seq.0.is_multiple_of(3).then_some(0),
        session: Some("http-1".into()),
        touched: Touched::of(act.edits()),
        causation: None,
        client_id: None,
        on_behalf: None,
        principal: Author {
            role: Role::Drafter,
            bureau,
            issuer: "test".into(),
            subject: "=ana".parse().unwrap(),
            token_id: None,
        },
        payload_len: 0,
        type_schema: act.schema(),
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload_commitment: Digest::ZERO,
    };
    let payload = Payload { act, name, answers: Vec::new(), because, request: None };
    Event::seal(envelope, payload, [seq.0 as u8; 32]).unwrap()
}

fn scope(log: &[(Sealed, Event)], evil: &str) -> Scope {
    let mut view = small_plan();
    evil.clone_into(&mut view.title);
    for element in &mut view.elements {
        element.text.entry("en".into()).or_default().insert("title".into(), evil.to_owned());
    }
    Scope {
        plan: view.id.clone(),
        title: view.title.clone(),
        from: Seq(1),
        to: Seq(log.len() as u64),
        filter: Some(plenary_protocol::record::ExportFilter {
            text: Some(evil.to_owned()),
            kind: vec![evil.to_owned()],
            ..Default::default()
        }),
        subject: evil.to_owned(),
        name: evil.to_owned(),
        bureau: Bureau::GS,
        role: Role::Auditor,
        because: Some(evil.to_owned()),
        at: "2026-11-25T10:00:00Z".into(),
        names: Names::of(&view),
    }
}

fn with_each(log: &[(Sealed, Event)], mut take: impl FnMut(&Taken<'_>)) {
    for (sealed, event) in log {
        let view = EventView::of(event);
        let rows: Vec<usize> = (0..view.edits().len()).collect();
        take(&Taken {
            envelope: &sealed.envelope,
            salt: &sealed.salt,
            payload: &sealed.payload,
            event: &view,
            rows: &rows,
        });
    }
}

fn jsonl(log: &[(Sealed, Event)]) -> String {
    let mut out = Vec::new();
    let mut writer = entries::Writer::begin(&scope(log, "x"), &mut out);
    with_each(log, |taken| writer.take(taken, &mut out));
    writer.end(&mut out);
    String::from_utf8(out).unwrap()
}

fn read(text: &str) -> Result<Vec<(Sealed, Event)>, CheckError> {
    let mut check = Check::new();
    let mut read = Vec::new();
    for line in text.lines() {
        read.extend(check.line(line)?);
    }
    let (_, entries) = check.finish()?;
    assert_eq!(entries, read.len() as u64);
    Ok(read)
}

fn report(log: &[(Sealed, Event)], evil: &str) -> String {
    let mut summary = report::Summary::default();
    with_each(log, |taken| summary.take(taken));
    let mut out = Vec::new();
    let mut writer = report::Writer::begin(&scope(log, evil), summary, &mut out);
    with_each(log, |taken| writer.take(taken, &mut out));
    writer.end(&mut out);
    String::from_utf8(out).unwrap()
}

/// Makes sure that a page has no tag and no attribute but those that reports have, and nothing hidden.
fn expect_tame(page: &str) -> Result<(), TestCaseError> {
    const TAGS: [&str; 35] = [
        "!DOCTYPE", "html", "meta", "title", "style", "main", "header", "h1", "h2", "h3", "p", "dl", "div",
        "dt", "dd", "i", "br", "bdi", "table", "caption", "thead", "tbody", "tr", "th", "td", "section",
        "small", "cite", "ul", "li", "b", "em", "del", "ins", "span",
    ];
    const ATTRIBUTES: [&str; 9] =
        ["lang", "charset", "http-equiv", "content", "name", "class", "scope", "colspan", "html"];
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let (tag, after) = tag.split_once('>').unwrap();
        let mut words = tag.trim_start_matches('/').splitn(2, ' ');
        let name = words.next().unwrap();
        prop_assert!(TAGS.contains(&name), "<{tag}>");
        for part in words.next().unwrap_or_default().split('"').step_by(2) {
            let part = part.trim().trim_end_matches('=');
            prop_assert!(part.is_empty() || ATTRIBUTES.contains(&part), "<{tag}>");
        }
        rest = after;
    }
    let hidden = |letter: &char| letter.is_control() && *letter != '\n';
    prop_assert_eq!(page.chars().find(hidden), None);
    let steering = |letter: &char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    prop_assert_eq!(page.chars().find(steering), None);
    Ok(())
}

proptest! {
    #[test]
    fn lines_give_back_the_bytes_of_every_entry(log in any_log()) {
        prop_assert_eq!(read(&jsonl(&log)).unwrap(), log);
    }

    #[test]
    fn no_cell_is_a_formula_and_every_text_comes_back(log in any_log(), evil in any_text()) {
        let mut out = Vec::new();
        let writer = edits::Writer::begin(&scope(&log, &evil), &mut out);
        with_each(&log, |taken| writer.take(taken, &mut out));
        prop_assert!(out.starts_with(b"\xef\xbb\xbf\"entry\",\"at\""));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&out[3..]);
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let column = |name: &str| edits::COLUMNS.iter().position(|column| *column == name).unwrap();
        let expected: Vec<(&Event, Option<&EditRow>)> = log.iter().flat_map(|(_, event)| {
            let rows = event.payload.act.edits();
            let none = rows.is_empty().then_some((event, None));
            none.into_iter().chain(rows.iter().map(move |row| (event, Some(row))))
        }).collect();
        prop_assert_eq!(records.len(), expected.len() + 1);
        for cell in records.iter().flatten() {
            let first = cell.chars().next();
            prop_assert!(!first.is_some_and(|first| "=+-@\t\r\n\0＝＋－＠".contains(first)), "{cell:?}");
        }
        for (record, (event, row)) in records[1..].iter().zip(expected) {
            let text = |name: &str| formula::plain(&record[column(name)]);
            prop_assert_eq!(text("name"), event.payload.name.as_str());
            prop_assert_eq!(text("because"), event.payload.because.as_deref().unwrap_or_default());
            prop_assert_eq!(text("subject"), "=ana");
            let Some(row) = row else { continue };
            prop_assert_eq!(text("field"), row.field.as_str());
            prop_assert_eq!(text("deleted"), row.deleted.as_deref().unwrap_or_default());
            let to = row.to.as_ref().map(Value::to_string).unwrap_or_default();
            prop_assert_eq!(text("to"), to.as_str());
        }
    }

    #[test]
    fn a_report_holds_nothing_that_runs_or_hides(log in any_log(), evil in any_text()) {
        expect_tame(&report(&log, &evil))?;
    }
}

#[test]
fn a_file_that_was_touched_is_noticed() {
    let mut log = Vec::new();
    for number in 1..6 {
        let prev = log.last().map_or(Digest::ZERO, |(_, event): &(Sealed, Event)| event.leaf);
        let act =
            Act::StageAdvanced { from: Stage::Council, to: Stage::Adopted, despite: Default::default() };
        log.push(sealed(Seq(number), prev, act, format!("name {number}"), None));
    }
    let text = jsonl(&log);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7);
    let without = |skip: usize| {
        let kept: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, line)| *line).collect();
        kept.join("\n")
    };
    assert!(matches!(read(&without(0)), Err(CheckError::Place { line: 1 })));
    assert!(matches!(read(&without(3)), Err(CheckError::Cut)), "one is missing");
    assert!(matches!(read(&without(6)), Err(CheckError::Cut)));
    let words = text.replace("name 3", "name 8");
    assert!(matches!(read(&words), Err(CheckError::Words { seq: Seq(3) })));
    let leaf = log[1].1.leaf.to_string();
    assert!(matches!(read(&text.replace(&leaf, &"0".repeat(64))), Err(CheckError::Words { seq: Seq(2) })));
    let payload = lines[2].split("\"payload\":\"").nth(1).unwrap().split('"').next().unwrap();
    let other = lines[3].split("\"payload\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(matches!(read(&text.replace(payload, other)), Err(CheckError::Bytes { seq: Seq(2), .. })));
    let twice = [lines[0], lines[1], lines[1], lines[6]].join("\n");
    assert!(matches!(read(&twice), Err(CheckError::Place { line: 3 })));
    let stranger = sealed(Seq(2), Digest([1; 32]), log[1].1.payload.act.clone(), "eve".into(), None);
    let forged = jsonl(&[log[0].clone(), stranger]);
    assert!(matches!(read(&forged), Err(CheckError::Chain { seq: Seq(2) })));
}

#[test]
fn a_report_says_who_changed_what_by_bureau_and_period_and_why() {
    let row = |element: &str, field: &str, from: &str, to: &str| EditRow {
        at: Some(0),
        op: RowOp::Text,
        to: Some(Value::Text(to.into())),
        from: Some(Value::Text(from.into())),
        kind: "target".into(),
        lang: Some("en".into()),
        field: field.into(),
        deleted: None,
        element: element.parse().unwrap(),
        inserted: None,
        concurrent: false,
    };
    let change = |rows: Vec<EditRow>| {
        Act::Change(ChangeAct { edits: rows, restores: None, change: vec![1], summary_version: 1 })
    };
    let mut log: Vec<(Sealed, Event)> = Vec::new();
    let acts = [
        change(vec![row("tgt-1", "title", "By 2026 all", "By 2027 all")]),
        change(vec![row("tgt-1", "statement", "", "x"), row("tgt-1", "title", "a", "b")]),
        Act::StageAdvanced { from: Stage::Council, to: Stage::Adopted, despite: Default::default() },
        change((0..101).map(|_| row("tgt-1", "title", "a", "b")).collect()),
    ];
    for act in acts {
        let (seq, prev) =
            log.last().map_or((Seq(1), Digest::ZERO), |(_, event)| (event.envelope.seq.next(), event.leaf));
        log.push(sealed(seq, prev, act, "Ana".into(), Some("as asked".into())));
    }
    let page = report(&log, "A plan");
    for words in [
        "104 edits in 4 entries",
        "<del><bdi>2026</bdi></del><ins><bdi>2027</bdi></ins>",
        "as asked",
        "101 edits at once",
        "moved to another stage",
        "<bdi>statement</bdi>, <bdi>title</bdi> <small>2 edits</small>",
    ] {
        assert!(page.contains(words), "{words:?} in {page}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "it needs nothing else");
}
