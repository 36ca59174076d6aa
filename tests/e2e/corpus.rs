//! The whole table of hostile changes and messages, over both sockets, while somebody writes honestly.

use std::sync::atomic::{AtomicBool, Ordering};

use plenary_craft::bench::Bench;
use plenary_craft::cases;
use plenary_craft::messages::{MESSAGES, message};
use plenary_craft::plan::small_plan;
use plenary_protocol::plan::file;
use plenary_tests::{Http, LogCopy, Outcome, Person, Replica, TestServer, differences, json_of};

use crate::people::{AUDITOR, BDT, BR, CHAIR, GS, TSB};
use crate::socket::Sync;

/// The plan that the table is about.
const PLAN: &str = "small";
/// Who attacks in turn: nobody's limits of sockets and trials end it early.
const ATTACKERS: [Person; 3] = [TSB, BDT, GS];

/// A replica that has just sent something honest, and what can be crafted from it.
fn armed(http: &Http, number: usize) -> (Replica, Bench) {
    let mut replica = Replica::join(http, PLAN);
    let early = replica.doc().get_heads();
    // The same value again would be no change.
    replica.put("tgt-1", "note", format!("honest {number}").as_str());
    replica.push().unwrap();
    let bench = Bench::of(replica.doc().clone(), early);
    (replica, bench)
}

/// Changes over `/live`: each is refused with its code.
fn attack_live(attackers: &[Http]) {
    for (index, (name, expected, craft)) in cases::all().enumerate() {
        // Footers in the table name the first one.
        let attacker = if name.contains("author footer") { 0 } else { index % attackers.len() };
        let (mut replica, bench) = armed(&attackers[attacker], index);
        match replica.send_raw(&[craft(&bench)]) {
            Outcome::Refused(refusal) => assert_eq!(refusal.code, *expected, "{name}: {}", refusal.reason),
            Outcome::Done(ack) => panic!("{name} was done: {ack:?}"),
        }
    }
}

/// Messages over `/sync`, those of the table and the changes of the table in an honest one.
fn attack_sync(attackers: &[Http], document: &str) {
    let (_, bench) = armed(&attackers[0], usize::MAX);
    let changes = cases::all().map(|(_, _, craft)| message(0, &[], &[&craft(&bench)], &[]));
    let messages = MESSAGES.iter().map(|(_, _, craft)| craft(&bench)).chain(changes);
    for (index, data) in messages.enumerate() {
        let attacker = &attackers[1 + index % (attackers.len() - 1)];
        Sync::open(attacker, &format!("hostile-{index}")).attack(document, data);
    }
}

#[test]
fn the_whole_table_is_refused_over_both_sockets_and_honest_edits_all_stand() {
    let mut server = TestServer::demo();
    let (chair, auditor) = (server.client(&CHAIR), server.client(&AUDITOR));
    let made = chair.post_bytes("/api/v1/plans", file::write(&small_plan()).as_bytes());
    assert_eq!(made.status, 201, "{made:?}");
    let document = chair.plan(PLAN).document;
    let attackers = ATTACKERS.map(|person| server.client(&person));
    let mut honest = Replica::join(&server.client(&BR), PLAN);
    let over = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !over.load(Ordering::Relaxed) || written < 20 {
                honest.insert("tgt-2", "statement", |text| text.chars().count(), "!");
                honest.push().unwrap();
                written += 1;
            }
            written
        });
        let live = scope.spawn(|| attack_live(&attackers));
        let sync = scope.spawn(|| attack_sync(&attackers, document.trim_start_matches("automerge:")));
        let attacks = [live.join(), sync.join()];
        over.store(true, Ordering::Relaxed);
        for attack in attacks {
            attack.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        writer.join().unwrap()
    });
    honest.catch_up(auditor.head(PLAN)).unwrap();
    let words = honest.text("tgt-2", "statement");
    assert_eq!(words.matches('!').count(), written, "{words}");
    let shown = auditor.get(&format!("/api/v1/plans/{PLAN}?removed=true")).ok();
    assert_eq!(differences(&json_of(honest.doc()), &shown), Vec::<String>::new());
    server.restart();
    let auditor = auditor.at(&server.base());
    let again = auditor.get(&format!("/api/v1/plans/{PLAN}?removed=true")).ok();
    // Counts of what was refused are entries, too, and a restart may write them: number and time may differ.
    for part in ["elements", "links", "plan", "stage"] {
        assert_eq!(again[part], shown[part], "the plan is loaded as it was: {part}");
    }
    let log = LogCopy::of(&auditor, PLAN);
    log.replay(&[log.head().0].into(), |_, doc| assert_eq!(json_of(doc), json_of(honest.doc())));
}
