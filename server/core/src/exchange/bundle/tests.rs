//! A bundle of made-up entries: the same bytes each time, and no bit of the evidence can be flipped.

use std::sync::LazyLock;

use plenary_protocol::evidence::bundle::{
    BUNDLE_FORMAT, BundleFiles, EntryVerdict, MadeBy, Manifest, Name, Stretch, read_archive, verify_bundle,
};
use plenary_protocol::evidence::{Checkpoint, ConsistencyProof, Leaves, SigningKey};
use plenary_protocol::ids::{Digest, Seq};
use plenary_protocol::plan::{Stage, Value};
use plenary_protocol::record::{
    Act, Author, ChangeAct, ENVELOPE_VERSION, EditRow, Envelope, Event, PAYLOAD_TYPE, Payload, Quarantine,
    RowOp, SUMMARY_VERSION, Touched,
};
use plenary_protocol::{Bureau, Role};
use proptest::prelude::*;
use serde_bytes::ByteArray;

use super::{Bundle, BundleEntry, Growth, VERIFIER, pack};

const SIZE: u64 = 12;

fn payload(seq: u64) -> Payload {
    let row = EditRow {
        at: None,
        op: RowOp::Set,
        to: Some(Value::Text("=1+1,\"<script>\u{202e}".into())),
        from: None,
        kind: "target".into(),
        lang: None,
        field: "unit".into(),
        deleted: None,
        element: "tgt-4g5twf34".parse().unwrap(),
        inserted: None,
        concurrent: false,
    };
    let act = match seq {
        1 => Act::StageAdvanced { to: Stage::Council, from: Stage::CwgSfp, despite: Default::default() },
        _ => Act::Change(ChangeAct {
            restores: None,
            edits: vec![row],
            change: vec![seq as u8; 40],
            summary_version: SUMMARY_VERSION,
        }),
    };
    Payload { act, name: "@Chair".into(), answers: Vec::new(), because: None, request: None }
}

fn envelope(seq: u64, prev: Digest) -> Envelope {
    Envelope {
        v: ENVELOPE_VERSION,
        at: 1_700_000_000_000_000 + seq as i64,
        id: ByteArray::new([seq as u8; 16]),
        seq: Seq(seq),
        base: None,
        boot: ByteArray::new([9; 16]),
        plan: "sp".parse().unwrap(),
        prev,
        act: payload(seq).act.name().into(),
        build: None,
        claimed: None,
        session: None,
        touched: Touched::Rows(Vec::new()),
        causation: None,
        client_id: None,
        on_behalf: None,
        principal: Author {
            role: Role::Chair,
            bureau: Bureau::BR,
            issuer: "issuer".into(),
            subject: "chair".parse().unwrap(),
            token_id: None,
        },
        payload_len: 0,
        type_schema: 1,
        payload_type: PAYLOAD_TYPE.into(),
        payload_commitment: Digest::ZERO,
    }
}

/// Entries 3 to 9 of a log of twelve, with growth since the fifth.
fn bundle() -> Bundle {
    let key = SigningKey::of_seed(&[7; 32]);
    let origin = "plans.example.org/plans/sp/1";
    let (mut leaves, mut entries, mut prev) = (Leaves::new(), Vec::new(), Digest::ZERO);
    for seq in 1..=SIZE {
        let (sealed, event) = Event::seal(envelope(seq, prev), payload(seq), [seq as u8; 32]).unwrap();
        prev = event.leaf;
        leaves.push(prev);
        entries.push((seq, sealed));
    }
    let note = |size: u64| {
        let root = leaves.root(size).unwrap();
        Checkpoint { origin: origin.into(), size, root }.sign(&key).unwrap()
    };
    let entry = |(seq, sealed): (u64, plenary_protocol::record::Sealed)| BundleEntry {
        seq: Seq(seq),
        envelope: sealed.envelope,
        salt: sealed.salt,
        payload: sealed.payload,
        proof: leaves.inclusion(seq - 1, SIZE).unwrap(),
    };
    let hashes = leaves.consistency(5, SIZE).unwrap();
    let consistency = ConsistencyProof { from: 5, hashes, checkpoint: note(SIZE) }.text();
    Bundle {
        manifest: Manifest {
            format: BUNDLE_FORMAT.into(),
            plan: "sp".parse().unwrap(),
            title: "A <plan>".into(),
            complete: Some(Stretch { from: 3, to: 9 }),
            elements: Vec::new(),
            entries: (3..=9).collect(),
            since: Some(5),
            made_at: "2026-11-25T00:00:00Z".into(),
            made_by: MadeBy {
                subject: "auditor".parse().unwrap(),
                name: "Auditor".into(),
                bureau: Bureau::GS,
                role: Role::Auditor,
            },
            because: None,
            build: "test".into(),
        },
        key: key.verifier(origin).unwrap(),
        checkpoint: note(SIZE),
        growth: Some(Growth { previous: note(5), consistency }),
        entries: entries.into_iter().filter(|(seq, _)| (3..=9).contains(seq)).map(entry).collect(),
        quarantine: Quarantine::default(),
    }
}

static HONEST: LazyLock<BundleFiles> = LazyLock::new(|| bundle().files().unwrap());
static ZIP: LazyLock<Vec<u8>> = LazyLock::new(|| bundle().zip().unwrap());

fn is_evidence(name: &str) -> bool {
    !["README.txt", "manifest.json", "report.html", "report.csv", "report.json", "verify.py"].contains(&name)
}

#[test]
fn an_honest_bundle_holds_and_is_the_same_each_time() {
    assert_eq!(*ZIP, bundle().zip().unwrap());
    let files = read_archive(&ZIP).unwrap();
    assert_eq!(files, *HONEST);
    assert_eq!(pack(&files).unwrap(), *ZIP);
    let report = verify_bundle(&files, &[]).unwrap();
    assert!(report.holds());
    assert!(report.entries.iter().all(|(_, verdict)| *verdict == EntryVerdict::Valid));
    assert_eq!((report.entries.len(), report.complete), (7, Some(Stretch { from: 3, to: 9 })));
    assert_eq!(report.since.unwrap().size, 5);
    assert_eq!(verify_bundle(&files, &[report.key]).unwrap().checkpoint.size, SIZE);
    assert!(files.keys().all(|name| Name::read(name).is_some()));
    assert!(VERIFIER.lines().count() <= 250);
}

#[test]
fn what_people_wrote_is_text_in_every_report() {
    let text = |name: &str| String::from_utf8(HONEST[name].clone()).unwrap();
    let csv = text("report.csv");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let cells: Vec<String> =
        rows.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(
        cells.iter().any(|cell| cell == "'=1+1,\"<script>\u{202e}")
            && cells.iter().any(|cell| cell == "'@Chair")
    );
    assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{cells:?}");
    let html = text("report.html");
    assert!(html.contains("=1+1,&quot;&lt;script&gt;⟨U+202E⟩") && !html.contains("<script"), "{html}");
    assert!(html.contains("<h1>A &lt;plan&gt;</h1>") && html.contains("not evidence"));
}

proptest! {
    #[test]
    fn no_bit_of_the_evidence_can_be_flipped(file in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut files = HONEST.clone();
        let names: Vec<String> = files.keys().filter(|name| is_evidence(name)).cloned().collect();
        let content = files.get_mut(&names[file.index(names.len())]).unwrap();
        let at = byte.index(content.len());
        content[at] ^= 1 << bit;
        prop_assert!(!verify_bundle(&files, &[]).is_ok_and(|report| report.holds()));
    }

    #[test]
    fn an_altered_zip_gives_the_same_evidence_or_none(byte in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<Option<prop::sample::Index>>()) {
        let mut zip = ZIP.clone();
        let at = byte.index(zip.len());
        zip[at] ^= 1 << bit;
        if let Some(cut) = cut {
            zip.truncate(cut.index(zip.len()));
        }
        if let Ok(files) = read_archive(&zip) && verify_bundle(&files, &[]).is_ok_and(|report| report.holds()) {
            prop_assert!(files.iter().filter(|(name, _)| is_evidence(name)).eq(HONEST.iter().filter(|(name, _)| is_evidence(name))));
        }
    }

    #[test]
    fn nothing_that_comes_in_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read_archive(&bytes).is_err());
        for name in HONEST.keys() {
            let mut files = HONEST.clone();
            files.insert(name.clone(), bytes.clone());
            _ = verify_bundle(&files, &[]);
        }
    }
}
