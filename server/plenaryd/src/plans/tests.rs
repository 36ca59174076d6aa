use plenary_core::policy::{Action, check};
use plenary_log::Options;
use plenary_protocol::plan::{Command, Edit, Value};
use plenary_protocol::wire::live::{Encoding, ServerMessage};
use plenary_protocol::{Access, Bureau, ElementId, Principal, Role};

use super::*;
use crate::indexer::EntryIndexer;
use crate::live::Encoded;

#[test]
fn one_encoded_frame_serves_all_who_get_the_entry_in_the_same_form() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Log::open(Options::new(folder.path()), Arc::new(EntryIndexer)).unwrap();
    let plans =
        Plans::new(log, [1; 16], Settings { mailbox: 64, idle: Duration::from_secs(60) }, Metrics::default());
    crate::demo::load(&plans).unwrap();
    let plan: PlanId = "itu-sp-2024-2027-draft".parse().unwrap();
    let forms: Vec<Form> = [(false, Encoding::Json), (true, Encoding::Json), (true, Encoding::Cbor)]
        .map(|(raw, encoding)| Form::Live { raw, encoding })
        .into();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let frames: Vec<Vec<Encoded>> = runtime.block_on(async {
        let mut readers = Vec::new();
        for (number, form) in forms.iter().chain(&forms).enumerate() {
            let (outbox, reader) = Outbox::new(&Metrics::default());
            let conn = ConnId(number as u64 + 1);
            plans.subscribe(&plan, grant(&plan, Action::Read), conn, outbox, *form).await.unwrap();
            readers.push(reader);
        }
        let ask = Ask::Edit { edit: instrument(&plan), formers: Default::default() };
        let answer = plans.ask(&plan, grant(&plan, Action::Edit), Origin::default(), ask).await.unwrap();
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
        let mut all = Vec::new();
        for reader in &mut readers {
            let mut frames = Vec::new();
            // The actor's entry, then the edit's.
            while frames.len() < 2 {
                match reader.next().await.unwrap().content {
                    Content::Live(message) => frames.push(message),
                    other => panic!("{other:?}"),
                }
            }
            all.push(frames);
        }
        all
    });
    for entry in 0..2 {
        let places: Vec<*const u8> = frames.iter().map(|frames| bytes(&frames[entry]).as_ptr()).collect();
        assert_eq!(places[..3], places[3..], "the same bytes, not equal ones");
        let kinds: std::collections::BTreeSet<_> = places.iter().collect();
        assert_eq!(kinds.len(), 3, "each form has its own");
    }
    let change = |at: usize| match &frames[at][1] {
        Encoded::Text(text) => ServerMessage::from_json(text),
        Encoded::Binary(bytes) => ServerMessage::from_cbor(bytes),
    };
    assert!(matches!(change(0), Ok(ServerMessage::Event { change: None, .. })));
    assert!(matches!(change(1), Ok(ServerMessage::Event { change: Some(_), .. })));
    assert_eq!(change(1), change(2), "both encodings say the same");
    plans.stop();
}

fn grant(plan: &PlanId, action: Action) -> Grant {
    let principal = Principal {
        subject: "gs".parse().unwrap(),
        name: "GS desk".into(),
        issuer: "test".into(),
        bureau: Bureau::GS,
        role: Role::Chair,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    };
    check(&principal, plan, &Access::Everybody, action).unwrap()
}

fn instrument(plan: &PlanId) -> Edit {
    let value = Value::Text("Resolution 71".into());
    let command =
        Command::SetField { element: ElementId::plan(), field: "instrument".into(), value, base: Seq(1) };
    Edit {
        id: "edit-1".parse().unwrap(),
        plan: plan.clone(),
        commands: vec![command],
        because: None,
        answers: Vec::new(),
    }
}

fn bytes(encoded: &Encoded) -> &[u8] {
    match encoded {
        Encoded::Text(text) => text.as_bytes(),
        Encoded::Binary(bytes) => bytes,
    }
}
