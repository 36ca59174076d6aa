//! What the connections share, without sockets.

use std::sync::Arc;

use plenary_core::hub::ConnId;
use plenary_limits::{EPHEMERALS_PER_SENDER_MAX, holds};
use plenary_log::{Log, Options};
use plenary_protocol::ids::PlanId;
use plenary_protocol::{Bureau, Principal, Role};

use super::rooms::{Ephemeral, Letterbox, Rooms};
use super::shared::Shared;
use crate::evidence::Notary;
use crate::identity::{Binding, Tickets};
use crate::indexer::EntryIndexer;
use crate::metrics::Metrics;
use crate::plans::{Plans, Settings};

fn plan() -> PlanId {
    "plan".parse().unwrap()
}

fn message(sender: &str, count: u64, bytes: usize) -> Arc<Ephemeral> {
    Arc::new(Ephemeral {
        sender: sender.into(),
        plan: plan(),
        document: "document".into(),
        count,
        session: "session".into(),
        data: vec![0xa0; bytes],
    })
}

fn principal(subject: &str) -> Principal {
    Principal {
        subject: subject.parse().unwrap(),
        name: subject.into(),
        issuer: "issuer".into(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        token_id: Some("token".into()),
        issued_s: 0,
        expires_s: i64::MAX / 2_000,
    }
}

fn shared(dir: &std::path::Path) -> (Shared, Log) {
    let (log, _) = Log::open(Options::new(dir), Arc::new(EntryIndexer)).unwrap();
    let settings = Settings { mailbox: 8, idle: std::time::Duration::from_secs(60) };
    let notary = Notary::open(dir, "localhost", &log, [5; 32]).unwrap();
    (Shared::new(Plans::new(log.clone(), notary, [0; 16], settings, Metrics::default())), log)
}

#[test]
fn of_one_sender_the_latest_wait_and_others_do_not_push_them_out() {
    let letterbox = Letterbox::default();
    letterbox.put(message("quiet", 1, 10));
    for count in 0..1_000 {
        letterbox.put(message("loud", count, 10));
    }
    let waiting = letterbox.take(usize::MAX);
    assert_eq!(waiting.len(), 1 + EPHEMERALS_PER_SENDER_MAX);
    assert_eq!((waiting[0].sender.as_str(), waiting.last().unwrap().count), ("quiet", 999));
}

#[test]
fn what_waits_for_one_reader_is_bounded_in_number_and_bytes() {
    let letterbox = Letterbox::default();
    for sender in 0..5_000 {
        letterbox.put(message(&sender.to_string(), 0, 10));
    }
    assert_eq!(letterbox.take(32).len(), 32, "so many a round");
    assert!(letterbox.take(usize::MAX).len() <= 1_024);
    for sender in 0..200 {
        letterbox.put(message(&sender.to_string(), 0, 64 * 1024));
    }
    let bytes: usize = letterbox.take(usize::MAX).iter().map(|message| message.data.len()).sum();
    assert!(bytes <= 2 * 1024 * 1024, "{bytes}");
}

#[test]
fn a_message_goes_to_everybody_else_in_the_room_and_to_nobody_else() {
    let rooms = Rooms::default();
    let boxes: Vec<Arc<Letterbox>> = (0..3).map(|_| Arc::default()).collect();
    let other: PlanId = "other".parse().unwrap();
    rooms.enter(&plan(), ConnId(0), &boxes[0]);
    rooms.enter(&plan(), ConnId(1), &boxes[1]);
    rooms.enter(&other, ConnId(2), &boxes[2]);
    rooms.say(ConnId(0), &message("zero", 1, 1));
    let counts: Vec<usize> = boxes.iter().map(|letterbox| letterbox.take(9).len()).collect();
    assert_eq!(counts, [0, 1, 0]);
    rooms.leave(&plan(), ConnId(1));
    rooms.say(ConnId(0), &message("zero", 2, 1));
    assert!(boxes[1].take(9).is_empty());
}

#[test]
fn a_peer_id_is_one_persons_until_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let (shared, log) = shared(dir.path());
    let first = shared.join("peer", &principal("ana"), ConnId(1)).unwrap();
    assert!(shared.join("peer", &principal("bea"), ConnId(2)).is_err());
    let other_issuer = Principal { issuer: "other".into(), ..principal("ana") };
    assert!(shared.join("peer", &other_issuer, ConnId(3)).is_err(), "a subject is one of its issuer's");
    shared.join("peer", &principal("ana"), ConnId(4)).unwrap();
    drop(first);
    shared.leave("peer", ConnId(1));
    assert!(shared.join("peer", &principal("bea"), ConnId(5)).is_err(), "the newer one has it");
    shared.leave("peer", ConnId(4));
    shared.join("peer", &principal("bea"), ConnId(6)).unwrap();
    drop(shared);
    log.close().unwrap();
}

#[test]
fn the_server_is_the_same_and_bindings_hold_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let now = crate::clock::now();
    let mut tickets = Tickets::new();
    let ticket = tickets.issue(principal("ana"), Some(plan()), now, [7; 32]).unwrap();
    let key = Tickets::key(&ticket).unwrap();
    assert_eq!(tickets.binding(&ticket), None, "it waits");
    tickets.redeem_for_peer(&ticket, "peer", now).unwrap();
    let binding = tickets.binding(&ticket).unwrap();
    let (first, log) = shared(dir.path());
    let identity = first.identity().unwrap();
    assert_eq!(first.binding(&key), None);
    first.keep_binding(&ticket, &binding).unwrap();
    drop(first);
    log.close().unwrap();

    let (second, log) = shared(dir.path());
    assert_eq!(second.identity().unwrap(), identity);
    assert_eq!(identity.storage.len(), 36);
    let kept = second.binding(&key).unwrap();
    assert_eq!(kept, Binding { peer: "peer".into(), plan: Some(plan()), principal: principal("ana") });
    let mut tickets = Tickets::new();
    assert!(!tickets.knows(&ticket, now).unwrap());
    tickets.restore(key, kept.clone(), now);
    assert!(tickets.knows(&ticket, now).unwrap());
    assert!(tickets.redeem_for_peer(&ticket, "thief", now).is_err());
    let (who, only) = tickets.redeem_for_peer(&ticket, "peer", now).unwrap();
    assert_eq!((who, only), (principal("ana"), Some(plan())));
    tickets.forget(&ticket);
    let mut ended = kept;
    ended.principal.expires_s = 1;
    tickets.restore(key, ended, now);
    assert!(!tickets.knows(&ticket, now).unwrap(), "a token that has ended brings nobody back");
    drop(second);
    log.close().unwrap();
}

#[test]
fn refused_replicas_are_remembered_up_to_a_number() {
    let dir = tempfile::tempdir().unwrap();
    let (shared, log) = shared(dir.path());
    for peer in 0..5_000 {
        shared.refuse(&format!("peer-{peer}"), "document");
        shared.refuse(&format!("peer-{peer}"), "document");
    }
    assert!(shared.is_refused("peer-4999", "document"));
    assert!(!shared.is_refused("peer-4999", "other"), "nor is the plan's next document");
    assert!(!shared.is_refused("peer-0", "document"), "the oldest is forgotten");
    drop(shared);
    log.close().unwrap();
}

#[test]
fn what_waits_and_who_is_remembered_holds_to_the_one() {
    let put = |messages: usize, sender: &dyn Fn(usize) -> String, bytes: &dyn Fn(usize) -> usize| {
        let letterbox = Letterbox::default();
        (0..messages).for_each(|n| letterbox.put(message(&sender(n), n as u64, bytes(n))));
        letterbox.take(usize::MAX).len() == messages
    };
    let each = |n: usize| n.to_string();
    holds!(EPHEMERALS_PER_SENDER_MAX, |count| put(count, &|_| "one".into(), &|_| 1));
    holds!(EPHEMERALS_WAITING_MAX, |count| put(count, &each, &|_| 1));
    holds!(EPHEMERALS_WAITING_BYTES_MAX, |bytes| { put(2, &each, &|n| if n == 0 { 1 } else { bytes - 1 }) });
    let dir = tempfile::tempdir().unwrap();
    let (shared, log) = shared(dir.path());
    holds!(SYNC_LARGE_AT_ONCE_MAX, |count| {
        let turns = shared.turns_of(&principal("ana"));
        let held: Vec<_> = (0..count).map_while(|_| turns.try_acquire().ok()).collect();
        held.len() == count
    });
    holds!(SYNC_REFUSED_PEERS_MAX, |count| {
        // Each round begins with peers that nobody heard of.
        let name = |n: usize| format!("peer-{count}-{n}");
        (0..count).for_each(|n| shared.refuse(&name(n), "document"));
        shared.is_refused(&name(0), "document")
    });
    drop(shared);
    log.close().unwrap();
}
