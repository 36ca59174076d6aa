use plenary_core::policy::{Action, check};
use plenary_limits::PLAN_MAILBOX;
use plenary_log::Options;
use plenary_protocol::plan::{Command, Edit, Value};
use plenary_protocol::wire::live::{Encoding, ServerMessage};
use plenary_protocol::{Access, Bureau, ElementId, Principal, Role};

use super::*;
use crate::indexer::EntryIndexer;

#[test]
fn one_encoded_frame_serves_all_who_get_the_entry_in_the_same_form() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Log::open(Options::new(folder.path()), Arc::new(EntryIndexer)).unwrap();
    let notary = Notary::open(folder.path(), "localhost", &log, [5; 32]).unwrap();
    let settings = Settings { mailbox: 64, idle: Duration::from_secs(60) };
    let plans = Plans::new(log, notary, [1; 16], settings, Metrics::default());
    crate::demo::load(&plans).unwrap();
    let plan: PlanId = "itu-sp-2024-2027-draft".parse().unwrap();
    let forms: Vec<Form> = [(false, Encoding::Json), (true, Encoding::Json), (true, Encoding::Cbor)]
        .map(|(raw, encoding)| Form::Live { raw, encoding })
        .into();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let pieces: Vec<_> = runtime.block_on(async {
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
            let frame = reader.next().await.unwrap();
            match frame.content {
                Content::Live(told) => all.push((frame.seq, told.after(Seq::ZERO), told)),
                other => panic!("{other:?}"),
            }
        }
        all
    });
    let places: Vec<*const u8> = pieces.iter().map(|(_, bytes, _)| bytes.as_ptr()).collect();
    assert_eq!(places[..3], places[3..], "the same bytes, not equal ones");
    let kinds: std::collections::BTreeSet<_> = places.iter().collect();
    assert_eq!(kinds.len(), 3, "each form has its own");
    // The actor's entry, then the edit's.
    let change = |at: usize| {
        let (seq, whole, told) = &pieces[at];
        let (_, _, rest) = frame(whole);
        let second = told.after(Seq(seq.0 - 1));
        assert_eq!(rest, &second[..], "each entry has its own frame");
        let (opcode, content, rest) = frame(&second);
        assert!(rest.is_empty());
        match opcode {
            0x1 => ServerMessage::from_json(std::str::from_utf8(content).unwrap()),
            0x2 => ServerMessage::from_cbor(content),
            other => panic!("opcode {other}"),
        }
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

/// The first of some frames: its opcode, what it holds, and what follows it.
fn frame(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (start, length) = match bytes[1] {
        126 => (4, u16::from_be_bytes(bytes[2..4].try_into().unwrap()) as usize),
        127 => (10, u64::from_be_bytes(bytes[2..10].try_into().unwrap()) as usize),
        short => (2, short as usize),
    };
    let (content, rest) = bytes[start..].split_at(length);
    (bytes[0] & 0x0f, content, rest)
}

#[test]
fn so_many_asks_wait_for_a_plan_and_the_next_one_is_told_that_it_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Log::open(Options::new(folder.path()), Arc::new(EntryIndexer)).unwrap();
    let notary = Notary::open(folder.path(), "localhost", &log, [5; 32]).unwrap();
    let settings = Settings { mailbox: PLAN_MAILBOX.default as usize, idle: Duration::from_secs(60) };
    let plans = Plans::new(log, notary, [1; 16], settings, Metrics::default());
    crate::demo::load(&plans).unwrap();
    let plan: PlanId = "itu-sp-2024-2027-draft".parse().unwrap();
    plenary_limits::held_here!(PLAN_MAILBOX);
    let posted = |asks: usize| {
        // A plan whose thread takes nothing out of its mailbox.
        let (sender, receiver) = sync_channel(settings.mailbox);
        lock(&plans.inner.open).insert(plan.clone(), sender);
        let unsubscribe = |n: usize| Ask::Unsubscribe { conn: ConnId(n as u64) };
        let post = |n| plans.post_ask(&plan, grant(&plan, Action::Edit), Origin::default(), unsubscribe(n));
        let answers: Vec<_> = (0..asks).map(post).collect();
        let busy =
            |answer: &Result<_, Refusal>| matches!(answer, Err(refusal) if refusal.code == RefusalCode::Busy);
        assert_eq!(
            answers.iter().filter(|answer| busy(answer)).count(),
            asks.saturating_sub(settings.mailbox)
        );
        drop(receiver);
        answers.iter().all(Result::is_ok)
    };
    let most = settings.mailbox;
    assert_eq!([most - 1, most, most + 1].map(posted), [true, true, false]);
    plans.forget(&plan);
}
