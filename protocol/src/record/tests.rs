//! The stored form is deterministic, keeps its bytes, and notices another payload.

use ciborium::value::Value as Cbor;
use plenary_limits::holds;
use serde_bytes::ByteArray;

use super::*;
use crate::access::{Access, Reader};
use crate::plan::{Stage, Value};
use crate::version::SignedAs;
use crate::wire::EventView;

fn envelope() -> Envelope {
    Envelope {
        v: ENVELOPE_VERSION,
        at: 1_700_000_000_000_001,
        id: ByteArray::new([7; 16]),
        seq: Seq(3),
        base: Some(Seq(2)),
        boot: ByteArray::new([9; 16]),
        plan: "itu-sp-2024-2027-draft".parse().unwrap(),
        prev: Digest([1; 32]),
        act: "change".into(),
        build: Some("plenary 0.1".into()),
        claimed: Some(-1),
        session: Some("s1".into()),
        touched: Touched::Rows(vec![("tgt-22222222".parse().unwrap(), "statement".into(), RowOp::Text)]),
        causation: Some(ByteArray::new([3; 16])),
        client_id: Some("c-1".parse().unwrap()),
        on_behalf: Some("somebody".into()),
        principal: Author {
            role: Role::Drafter,
            bureau: Bureau::BR,
            issuer: "plenary-local".into(),
            subject: "br-1".parse().unwrap(),
            token_id: Some("t".into()),
        },
        payload_len: 0,
        type_schema: payload().act.schema(),
        payload_type: PAYLOAD_TYPE.into(),
        payload_commitment: Digest::ZERO,
    }
}

fn payload() -> Payload {
    let row = EditRow {
        op: RowOp::Text,
        at: Some(4),
        to: Some(Value::Text("new".into())),
        from: Some(Value::Number(0.5)),
        kind: "target".into(),
        lang: Some("en".into()),
        field: "statement".into(),
        deleted: Some("d".into()),
        element: "tgt-22222222".parse().unwrap(),
        inserted: Some("i".into()),
        concurrent: true,
    };
    let act = Act::Change(ChangeAct {
        edits: vec![row],
        change: vec![1, 2, 3],
        restores: None,
        summary_version: 1,
    });
    Payload {
        act,
        name: "BR drafter".into(),
        answers: vec!["grq-22222222".parse().unwrap()],
        because: Some("why".into()),
        request: Some(Digest([4; 32])),
    }
}

fn access_changed() -> Act {
    let names = ["role:chair", "role:drafter", "bureau:TSB", "subject:ana"];
    let readers = names.into_iter().map(|name| name.parse::<Reader>().unwrap());
    Act::AccessChanged { to: Access::Only(readers.collect()), from: Access::Everybody }
}

fn version_named() -> Act {
    let note = Some("as sent to the group".into());
    Act::VersionNamed { seq: Seq(2), leaf: Digest([6; 32]), name: "CWG-SFP-3.Rev1".parse().unwrap(), note }
}

fn version_signed() -> Act {
    let name = "CWG-SFP-3.Rev1".parse().unwrap();
    Act::VersionSigned { seq: Seq(2), leaf: Digest([6; 32]), name, meaning: SignedAs::Reviewed }
}

fn restored() -> Act {
    let element = Some("tgt-22222222".parse().unwrap());
    let scope = Scope { lang: Some("en".into()), field: Some("statement".into()), element };
    match payload().act {
        Act::Change(change) => {
            Act::Change(ChangeAct { restores: Some(Restores { seq: Seq(2), scope }), ..change })
        }
        other => other,
    }
}

fn exported() -> Act {
    let filter = ExportFilter {
        op: vec![RowOp::Set, RowOp::Text],
        kind: vec!["target".into()],
        text: Some("climate".into()),
        act: vec!["change".into()],
        field: vec!["title".into()],
        since: Some("2026-11-01T00:00:00Z".into()),
        until: Some("2026-11-30T23:59:59.999999Z".into()),
        bureau: vec![Bureau::TSB],
        answers: Some("grq-22222222".parse().unwrap()),
        element: vec!["tgt-22222222".parse().unwrap()],
        subject: vec!["ana".parse().unwrap()],
        subtree: Some("gol-22222222".parse().unwrap()),
    };
    Act::Exported(Exported {
        to: Seq(9),
        from: Seq(1),
        bytes: 1_234,
        digest: Digest([6; 32]),
        filter: Some(filter),
        format: ExportFormat::Csv,
        content: None,
    })
}

/// Keys of every map in the order of their encoded form (RFC 8949 §4.2.1).
fn assert_sorted(value: &Cbor) {
    match value {
        Cbor::Map(pairs) => {
            let keys: Vec<Vec<u8>> = pairs
                .iter()
                .map(|(key, _)| {
                    let mut out = Vec::new();
                    ciborium::into_writer(key, &mut out).unwrap();
                    out
                })
                .collect();
            assert!(keys.is_sorted(), "keys out of order: {pairs:?}");
            pairs.iter().for_each(|(_, value)| assert_sorted(value));
        }
        Cbor::Array(items) => items.iter().for_each(assert_sorted),
        _ => {}
    }
}

#[test]
fn every_map_of_an_entry_is_in_canonical_order() {
    let acts = [
        payload().act,
        Act::PlanCreated { stage: Stage::Adopted, title: "t".into(), document: "automerge:x".into() },
        Act::ActorBound { thin: true, actor: vec![1] },
        Act::StageAdvanced { to: Stage::Council, from: Stage::Adopted, despite: Default::default() },
        access_changed(),
        restored(),
        version_named(),
        version_signed(),
        counted(),
        Act::Refused { count: None, code: "c".into(), change: Some(Digest::ZERO), reason: "r".into() },
        exported(),
        quarantined(),
    ];
    for act in acts {
        let (sealed, _) = Event::seal(envelope(), Payload { act, ..payload() }, [5; 32]).unwrap();
        for bytes in [&sealed.envelope, &sealed.payload] {
            assert_sorted(&ciborium::from_reader::<Cbor, _>(bytes.as_slice()).unwrap());
        }
    }
}

#[test]
fn an_entry_reads_back_as_it_was_sealed() {
    let (sealed, event) = Event::seal(envelope(), payload(), [5; 32]).unwrap();
    let read = Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap();
    assert_eq!(read, event);
    assert_eq!(read.leaf, leaf_hash(&sealed.envelope));
}

#[test]
fn another_payload_or_salt_is_noticed() {
    let (sealed, _) = Event::seal(envelope(), payload(), [5; 32]).unwrap();
    let mut other = sealed.payload.clone();
    *other.last_mut().unwrap() ^= 1;
    for (salt, payload) in [(sealed.salt, other), ([6; 32], sealed.payload)] {
        let error = Event::open(&sealed.envelope, &salt, &payload).unwrap_err();
        assert!(matches!(error, RecordError::Commitment { seq: Seq(3) }), "{error}");
    }
}

/// Version 1 of both halves, to the byte: a change here needs a new version, not a new expectation.
#[test]
fn the_golden_entry_of_version_1_stays_readable() {
    let (sealed, event) = Event::seal(envelope(), payload(), [5; 32]).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&sealed.payload), include_str!("golden/payload-v1.hex").trim());
    assert_eq!(hex(&sealed.envelope), include_str!("golden/envelope-v1.hex").trim());
    assert_eq!(decode_envelope(&sealed.envelope).unwrap(), event.envelope);
}

/// The act that came with schema 2, to the byte; the acts before it keep schema 1.
#[test]
fn the_golden_change_of_access_stays_readable() {
    let schema_of = |act: Act| (act.schema(), act.name());
    assert_eq!(schema_of(access_changed()), (2, "access_changed"));
    assert_eq!(schema_of(payload().act), (1, "change"));
    golden(access_changed(), include_str!("golden/access-changed-v2.hex"));
}

/// A change that puts an earlier point back came with schema 3, to the byte; other changes keep schema 1.
#[test]
fn the_golden_restoration_stays_readable() {
    assert_eq!((restored().schema(), restored().name()), (3, "change"));
    golden(restored(), include_str!("golden/restored-v3.hex"));
}

/// The acts that came with schema 3, to the byte.
#[test]
fn the_golden_versions_stay_readable() {
    assert_eq!((version_named().schema(), version_named().name()), (3, "version_named"));
    assert_eq!((version_signed().schema(), version_signed().name()), (3, "version_signed"));
    golden(version_named(), include_str!("golden/version-named-v3.hex"));
    golden(version_signed(), include_str!("golden/version-signed-v3.hex"));
}

fn counted() -> Act {
    Act::Refused { code: "bad_header".into(), count: Some(2_000), change: None, reason: "a gap".into() }
}

/// A number of refusals came with schema 4, to the byte; one by itself keeps schema 1.
#[test]
fn the_golden_number_of_refusals_stays_readable() {
    let one = Act::Refused { code: "c".into(), count: None, change: None, reason: "r".into() };
    assert_eq!((counted().schema(), one.schema()), (4, 1));
    golden(counted(), include_str!("golden/refused-v4.hex"));
}

fn quarantined() -> Act {
    Act::Quarantined {
        seqs: vec![Seq(7), Seq(300)],
        reason: "missing ops".into(),
        earlier: Some(Seq(5)),
        document: "automerge:2j9knpCseyhnK8izDmLpGP5WMdZQ".into(),
    }
}

/// A quarantine came with schema 6, to the byte; a change that one names is read otherwise, and is what it was.
#[test]
fn the_golden_quarantine_stays_readable() {
    assert_eq!((quarantined().schema(), quarantined().name()), (6, "quarantined"));
    golden(quarantined(), include_str!("golden/quarantined-v6.hex"));
    let event = |seq, act: Act| {
        let envelope = Envelope { act: act.name().into(), seq: Seq(seq), ..envelope() };
        Event::seal(envelope, Payload { act, ..payload() }, [5; 32]).unwrap().1
    };
    let (by, change) = (event(301, quarantined()), event(7, payload().act));
    let mut quarantine = Quarantine::default();
    quarantine.take(&change);
    quarantine.take(&by);
    let read = quarantine.mark(change.clone());
    let Act::SetAside { by: Seq(301), .. } = &read.payload.act else { panic!("{read:?}") };
    assert_eq!((read.payload.act.name(), read.payload.act.schema()), ("change", 1));
    assert!(read.payload.act.edits().is_empty() && !change.payload.act.edits().is_empty());
    assert_eq!(EventView::of(&read).as_written(), EventView::of(&change));
    let other = event(8, payload().act);
    assert_eq!(quarantine.mark(other.clone()), other, "it names no other");
    assert_eq!((quarantine.spans().since(Seq(8)), quarantine.spans().since(Seq(6))), (Some(Seq(301)), None));
    let mut bytes = Vec::new();
    assert!(ciborium::into_writer(&read.payload, &mut bytes).is_err(), "nothing is written so");
}

/// Seals an act and holds its payload against what was written once.
#[track_caller]
fn golden(act: Act, kept: &str) {
    let envelope = Envelope { act: act.name().into(), type_schema: act.schema(), ..envelope() };
    let (sealed, event) = Event::seal(envelope, Payload { act, ..payload() }, [5; 32]).unwrap();
    let hex: String = sealed.payload.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, kept.trim());
    assert_eq!(Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap(), event);
}

/// The act of an export, which came with schema 3, to the byte.
#[test]
fn the_golden_export_stays_readable() {
    assert_eq!((exported().schema(), exported().name()), (3, "exported"));
    let envelope = Envelope { act: "exported".into(), type_schema: 3, ..envelope() };
    let payload = Payload { act: exported(), ..payload() };
    let (sealed, event) = Event::seal(envelope, payload, [5; 32]).unwrap();
    let hex: String = sealed.payload.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("golden/exported-v3.hex").trim());
    assert_eq!(Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap(), event);
}

/// Documents, tables and newer forms came with schema 5, to the byte; other exports keep schema 3.
#[test]
fn the_golden_document_stays_readable() {
    let whole = Exported {
        to: Seq(9),
        from: Seq(4),
        bytes: 12_345,
        digest: Digest([6; 32]),
        filter: None,
        format: ExportFormat::Docx,
        content: Some(Content::Plan),
    };
    let document = Act::Exported(whole.clone());
    assert_eq!((document.schema(), document.name()), (5, "exported"));
    let of_the_plan = |format| Act::Exported(Exported { format, content: None, ..whole.clone() });
    let newer = [ExportFormat::Lines, ExportFormat::Stratml, ExportFormat::Docx, ExportFormat::Xlsx];
    for format in ExportFormat::ALL {
        let schema = if newer.contains(&format) { 5 } else { 3 };
        assert_eq!(of_the_plan(format).schema(), schema, "{format}");
    }
    golden(document, include_str!("golden/exported-v5.hex"));
}

#[test]
fn a_schema_of_the_future_is_named_as_one() {
    let envelope = Envelope { type_schema: PAYLOAD_SCHEMA + 1, ..envelope() };
    let (sealed, _) = Event::seal(envelope, payload(), [5; 32]).unwrap();
    let error = Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("payload has version {}, this program reads up to {PAYLOAD_SCHEMA}", PAYLOAD_SCHEMA + 1)
    );
}

#[test]
fn an_envelope_names_what_fits_it_however_long_ids_are() {
    let rows = |count: usize| -> Vec<EditRow> {
        let Act::Change(ChangeAct { edits, .. }) = payload().act else { panic!("a change") };
        let row = |at| EditRow { element: format!("tgt-{at:060}").parse().unwrap(), ..edits[0].clone() };
        (0..count).map(row).collect()
    };
    let sealed = |touched: Touched, build: usize| {
        let envelope = Envelope { touched, build: Some("b".repeat(build)), ..envelope() };
        Event::seal(envelope, payload(), [1; 32]).map(|(sealed, _)| sealed.envelope.len())
    };
    holds!(TOUCHED_ROWS_MAX, |count| matches!(Touched::of(&rows(count)), Touched::Rows(_)));
    holds!(TOUCHED_IDS_MAX, |count| matches!(Touched::of(&rows(count)), Touched::Ids(_)));
    for count in [TOUCHED_ROWS_MAX, TOUCHED_IDS_MAX, TOUCHED_IDS_MAX + 1] {
        sealed(Touched::of(&rows(count)), 480).expect("the fullest envelope is sealed");
    }
    let around = sealed(Touched::Ids(Vec::new()), 60_000).unwrap() - 60_000;
    holds!(ENVELOPE_BYTES_MAX, |bytes| sealed(Touched::Ids(Vec::new()), bytes - around).is_ok());
}
