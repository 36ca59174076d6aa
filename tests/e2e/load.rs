//! Too much at once: a reader that does not read, and more edits than fit; nobody else is harmed.

use std::collections::BTreeSet;

use plenary_protocol::Seq;
use plenary_protocol::plan::Command;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::codes::close;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{DRAFT, Gone, Http, Live, Outcome, Replica, TestServer, fresh_id, plan_id};

use crate::people::{AUDITOR, BDT, BR, GS, READER, TSB, set_field, splice};

/// Edits of each writer while the reader does not read; with their reasons and notes they are some
/// 30 MiB, more than the outbox and the system's buffers hold.
const EDITS: usize = 1_200;
/// What the server may grow meanwhile: the outboxes of three readers and the plan's own history.
const GROWTH_KIB_MAX: u64 = 256 * 1024;

fn memory_kib(server: &TestServer) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.running().id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Writes long notes on elements in turn, and waits for the acknowledgements some edits later.
fn write_notes(http: &Http, elements: &[String]) {
    let plan = plan_id(DRAFT);
    let mut live = Live::open(http);
    let mut waiting = std::collections::VecDeque::new();
    let mut base = http.head(DRAFT);
    for number in 0..EDITS {
        let id = fresh_id("note");
        let note = format!("{number:06}{}", "n".repeat(2_000));
        let message = plenary_protocol::wire::live::ClientMessage::Edit {
            id: id.clone(),
            plan: plan.clone(),
            commands: vec![set_field(&elements[number % elements.len()], "note", note, base)],
            known: None,
            because: Some("b".repeat(2_000)),
            answers: Vec::new(),
        };
        live.send(&message).unwrap();
        waiting.push_back(id);
        if waiting.len() == elements.len() {
            base = live.expect_ack(&waiting.pop_front().unwrap()).seq;
        }
    }
    waiting.iter().for_each(|id| _ = live.expect_ack(id));
}

#[test]
fn a_reader_that_does_not_read_is_told_to_resync_and_others_are_unharmed() {
    let server = TestServer::demo();
    let reader = server.client(&READER);
    let plan = plan_id(DRAFT);
    let start = reader.head(DRAFT);
    let mut slow: Vec<Live> = (0..3)
        .map(|_| {
            let mut live = Live::open(&reader);
            live.subscribe(&plan, Some(start), true).unwrap();
            live
        })
        .collect();
    let mut follower = Replica::join(&server.client(&TSB), DRAFT);
    let before = memory_kib(&server);
    let ids: Vec<String> = reader
        .plan(DRAFT)
        .elements
        .iter()
        .filter(|e| e.kind.name() == "target")
        .map(|e| e.id.to_string())
        .collect();
    let (own, others) = ids.split_at(ids.len() / 2);
    let [br, bdt] = [BR, BDT].map(|person| server.client(&person));
    let head = std::thread::scope(|scope| {
        let writers = [(&br, own), (&bdt, others)]
            .map(|(http, elements)| scope.spawn(move || write_notes(http, elements)));
        let wanted = Seq(start.0 + 2 * EDITS as u64);
        follower.catch_up(wanted).unwrap();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        br.head(DRAFT)
    });
    follower.catch_up(head).unwrap();
    let after = memory_kib(&server);
    println!(
        "server memory: {before} KiB before, {after} KiB after {} entries unread by 3 readers",
        head.0 - start.0
    );
    assert!(after < before + GROWTH_KIB_MAX, "{before} KiB grew to {after} KiB");
    for live in &mut slow {
        let (said, gone) = live.drain();
        assert!(
            matches!(&gone, Gone::Closed(close::RESYNC, reason) if reason.contains("resync")),
            "{gone:?}"
        );
        assert!(matches!(said.last(), Some(ServerMessage::Resync { .. })), "it is told why");
        let mut last = start;
        for message in &said {
            if let ServerMessage::Event { event, .. } = message {
                assert_eq!(event.seq, last.next(), "what it gets is in order and without gaps");
                last = event.seq;
            }
        }
        assert!(last < head, "it could not have had all of it");
        let mut again = Live::open(&reader);
        again.subscribe(&plan, Some(last), false).unwrap();
        let first = again.wait_for(|message| match message {
            ServerMessage::Event { event, .. } => Some(event.seq),
            _ => None,
        });
        assert_eq!(first.unwrap(), last.next(), "it goes on where it was");
    }
}

#[test]
fn more_edits_than_fit_are_answered_busy_and_none_is_lost() {
    let server = TestServer::demo_with(|launch, folder| {
        let file = folder.join("plenary.toml");
        std::fs::write(
            &file,
            "[limits]
plan_mailbox = 16
",
        )
        .unwrap();
        launch.arg("--config").arg(file)
    });
    let [br, tsb, bdt, gs] = [BR, TSB, BDT, GS].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "1.1");
    let base = br.head(DRAFT);
    let (acked, busy) = std::thread::scope(|scope| {
        let clients = [&br, &tsb, &bdt, &gs, &br, &tsb, &bdt, &gs];
        let threads = clients.map(|http| scope.spawn(|| flood(http, &target, base)));
        let mut all = (BTreeSet::new(), Vec::new());
        for thread in threads {
            let (acked, busy) = thread.join().unwrap();
            all.0.extend(acked);
            all.1.extend(busy);
        }
        all
    });
    println!("{} done, {} busy", acked.len(), busy.len());
    assert!(!busy.is_empty(), "the mailbox was full");
    assert!(!acked.is_empty(), "and not only");
    let logged = || -> Vec<String> {
        let events = server.client(&AUDITOR).all_events(DRAFT);
        events.iter().filter_map(|event| Some(event.client_id.as_ref()?.to_string())).collect()
    };
    let done = logged();
    assert_eq!(done.len(), acked.len(), "what is acknowledged is there once");
    assert_eq!(done.into_iter().collect::<BTreeSet<_>>(), acked, "and what is busy is not");
    let mut live = Live::open(&br);
    for (id, command) in &busy {
        live.edit(id, &plan_id(DRAFT), std::slice::from_ref(command)).unwrap();
        assert!(!live.expect_ack(id).duplicate, "it had not been done");
    }
    assert_eq!(logged().len(), acked.len() + busy.len());
}

type Busy = Vec<(plenary_protocol::ids::ClientId, Command)>;

/// Sends many edits at once; gives the names of those that are done and of those that were too many.
fn flood(http: &Http, target: &str, base: Seq) -> (BTreeSet<String>, Busy) {
    let mut live = Live::open(http);
    let edits: Busy = (0..60).map(|_| (fresh_id("flood"), splice(target, "title", 0, "x", base))).collect();
    for (id, command) in &edits {
        live.edit(id, &plan_id(DRAFT), std::slice::from_ref(command)).unwrap();
    }
    let (mut acked, mut busy) = (BTreeSet::new(), Vec::new());
    for (id, command) in edits {
        match live.outcome(&id).unwrap() {
            Outcome::Done(_) => _ = acked.insert(id.to_string()),
            Outcome::Refused(refusal) => {
                assert_eq!(refusal.code, RefusalCode::Busy, "{refusal:?}");
                busy.push((id, command));
            }
        }
    }
    (acked, busy)
}
