use std::time::Duration;

use plenary_limits::PRESENCE_PEOPLE_MAX;
use plenary_protocol::wire::live::{Encoding, Whereabouts};
use plenary_protocol::{Bureau, Role};

use super::super::encoded::Encoded;
use super::room::{Full, ROUND_EVERY};
use super::*;

#[test]
fn at_rest_a_change_is_told_at_once_and_the_next_ones_together() {
    let (mut room, start) = (Room::default(), Instant::now());
    assert_eq!(room.due(start), None);
    assert_eq!(room.show(ConnId(1), person(1, "title")), Ok(true));
    assert_eq!(room.round(start), round(&[person(1, "title")], Some(1)));
    assert_eq!(room.show(ConnId(1), person(1, "description")), Ok(true), "the first since the round");
    assert_eq!(room.show(ConnId(1), person(1, "title")), Ok(false));
    assert_eq!(room.show(ConnId(2), person(2, "title")), Ok(false));
    plenary_limits::held_here!(PRESENCE_ROUND_MS);
    let early = start + ROUND_EVERY - Duration::from_millis(1);
    assert_eq!((room.due(early), room.round(early)), (Some(start + ROUND_EVERY), None));
    let people = [person(1, "title"), person(2, "title")];
    assert_eq!(room.round(start + ROUND_EVERY), round(&people, None), "of each the latest");
    assert_eq!(room.due(start + ROUND_EVERY), None, "nothing is told twice");
}

#[test]
fn who_says_the_same_again_has_not_moved() {
    let (mut room, now) = (Room::default(), Instant::now());
    room.show(ConnId(1), person(1, "title")).unwrap();
    room.round(now);
    assert_eq!(room.show(ConnId(1), person(1, "title")), Ok(false));
    assert_eq!(room.due(now), None);
}

#[test]
fn who_goes_is_told_without_a_place_and_who_comes_back_is_there() {
    let (mut room, now) = (Room::default(), Instant::now());
    room.show(ConnId(1), person(1, "title")).unwrap();
    room.round(now);
    assert!(!room.hide(ConnId(9)), "nobody went");
    assert!(room.hide(ConnId(1)));
    let gone = Person { state: None, ..person(1, "title") };
    assert_eq!(room.round(now + ROUND_EVERY), round(&[gone], Some(1)));
    room.show(ConnId(1), person(1, "title")).unwrap();
    room.hide(ConnId(1));
    room.show(ConnId(1), person(1, "code")).unwrap();
    assert_eq!(room.round(now + 2 * ROUND_EVERY), round(&[person(1, "code")], Some(1)));
}

#[test]
fn no_more_people_are_shown_than_may_be() {
    let mut room = Room::default();
    for conn in 0..PRESENCE_PEOPLE_MAX as u64 {
        room.show(ConnId(conn), person(conn, "title")).unwrap();
    }
    assert_eq!(room.show(ConnId(1_000), person(1_000, "title")), Err(Full));
    room.show(ConnId(7), person(7, "description")).expect("who is shown may move");
    room.hide(ConnId(7));
    room.show(ConnId(1_000), person(1_000, "title")).expect("there is room again");
}

#[test]
fn a_crowd_that_goes_at_once_is_not_told_one_by_one() {
    let (mut room, now) = (Room::default(), Instant::now());
    for conn in 0..=2 * PRESENCE_PEOPLE_MAX as u64 {
        room.show(ConnId(conn), person(conn, "title")).unwrap();
        room.hide(ConnId(conn));
    }
    assert_eq!(room.round(now), Some(Round::Whole), "the whole is to be told");
    assert_eq!(room.due(now), None);
}

#[test]
fn one_frame_serves_all_and_who_missed_a_round_takes_the_whole() {
    let presence = Arc::new(Presence::default());
    let (plan, start) = (plan(), Instant::now());
    let mut watchers: Vec<Watcher> = (0..4).map(|n| Watcher::new(presence.clone(), ConnId(n))).collect();
    for watcher in &mut watchers {
        assert!(watcher.enter(&plan).is_none(), "nobody is there yet");
    }
    let mut heard = [0; 4];
    watchers[0].show(&plan, person(0, "title")).unwrap();
    let mut take = |n: usize, now| presence.take(&plan, ConnId(n as u64), &mut heard[n], now);
    assert!(take(0, start).is_none(), "who moved need not hear it");
    let (one, two) = (take(1, start).unwrap(), take(2, start).unwrap());
    assert!(Arc::ptr_eq(&one, &two), "one message for all");
    assert!(take(1, start).is_none(), "once");
    watchers[1].show(&plan, person(1, "title")).unwrap();
    let second = take(2, start + ROUND_EVERY).unwrap();
    assert_eq!(told(&second), (false, vec![person(1, "title")]));
    let late = take(3, start + ROUND_EVERY).unwrap();
    assert_eq!(told(&late), (true, vec![person(0, "title"), person(1, "title")]));
    let mut newcomer = Watcher::new(presence.clone(), ConnId(9));
    assert!(Arc::ptr_eq(&newcomer.enter(&plan).unwrap(), &late), "the whole is made once a round too");
}

#[test]
fn who_leaves_is_gone_for_the_others_and_an_empty_room_is_given_up() {
    let presence = Arc::new(Presence::default());
    let (plan, start) = (plan(), Instant::now());
    let mut stays = Watcher::new(presence.clone(), ConnId(1));
    stays.enter(&plan);
    let mut goes = Watcher::new(presence.clone(), ConnId(2));
    goes.enter(&plan);
    goes.show(&plan, person(2, "title")).unwrap();
    let mut heard = 0;
    presence.take(&plan, ConnId(1), &mut heard, start).unwrap();
    drop(goes);
    let message = presence.take(&plan, ConnId(1), &mut heard, start + ROUND_EVERY).unwrap();
    assert_eq!(told(&message), (false, vec![Person { state: None, ..person(2, "title") }]));
    let refusal = stays.show(&"another".parse().unwrap(), person(1, "title")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotSubscribed);
    stays.leave(&plan);
    assert!(presence.halls().is_empty());
    assert_eq!(stays.show(&plan, person(1, "title")).unwrap_err().code, RefusalCode::NotSubscribed);
}

fn plan() -> PlanId {
    "a-plan".parse().unwrap()
}

fn person(number: u64, field: &str) -> Person {
    Person {
        session: format!("s{number}"),
        subject: format!("subject-{number}").parse().unwrap(),
        name: format!("Person {number}"),
        bureau: Bureau::TSB,
        role: Role::Drafter,
        state: Some(Whereabouts { field: Some(field.to_owned()), ..Default::default() }),
    }
}

fn round(people: &[Person], by: Option<u64>) -> Option<Round> {
    Some(Round::Changes { people: people.to_vec(), by: by.map(ConnId) })
}

fn told(message: &Outgoing) -> (bool, Vec<Person>) {
    let Encoded::Text(text) = message.encoded(Encoding::Json) else { panic!("JSON is text") };
    match ServerMessage::from_json(&text) {
        Ok(ServerMessage::Presence { whole, people, .. }) => (whole, people),
        other => panic!("{other:?}"),
    }
}

#[test]
fn so_many_people_are_shown_and_so_many_goings_are_told() {
    plenary_limits::holds!(PRESENCE_PEOPLE_MAX, |people| {
        let mut room = Room::default();
        (0..people as u64).all(|conn| room.show(ConnId(conn), person(conn, "title")).is_ok())
    });
}
