//! The story: four Bureaux write one plan at the same time, one of them offline for a while, the
//! power goes, and the auditor reads who did what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;

use plenary_limits::TEXT_WHOLE_CHARS_MAX;
use plenary_protocol::Seq;
use plenary_protocol::plan::Value;
use plenary_protocol::record::EditRow;
use plenary_protocol::wire::EventView;
use plenary_tests::{DRAFT, Http, LogCopy, Replica, TestServer, differences, json_of};

use crate::people::{AUDITOR, BDT, BR, CHAIR, GS, TSB, set_text};
use crate::writer::{Voice, Writer};

/// Edits of each in the first part.
const AT_ONCE: usize = 30;
/// Edits made offline.
const OFFLINE: usize = 50;
/// Acknowledgements after which the power goes.
const BEFORE_THE_KILL: usize = 60;
/// Points of the past that are compared.
const POINTS: usize = 200;

/// The texts that everybody writes into, and one of each one's own.
fn texts(http: &Http, own: &str) -> Vec<(String, &'static str)> {
    let shared = http.id_of(DRAFT, "2.7");
    vec![(shared.clone(), "title"), (http.id_of(DRAFT, own), "title"), (shared, "statement")]
}

fn replica(writer: &mut Writer) -> Option<&mut Replica> {
    match &mut writer.voice {
        Voice::Replica(replica) => Some(replica),
        _ => None,
    }
}

#[test]
fn four_bureaux_write_at_once_through_a_power_cut_and_nothing_is_lost_or_done_twice() {
    let mut server = TestServer::demo();
    let auditor = server.client(&AUDITOR);
    let shared = auditor.id_of(DRAFT, "2.7");
    let statement = "ICTs can lower the emissions of other sectors.";
    server.client(&CHAIR).edited(DRAFT, &[set_text(&shared, "statement", statement, auditor.head(DRAFT))]);
    let own = ["1.1", "1.2", "2.1", "2.3"].map(|code| texts(&auditor, code));
    let writers = vec![
        Writer::replica(&server, BR),
        Writer::replica(&server, TSB),
        Writer::live(&server, BDT),
        Writer::http(&server, GS),
    ];

    let mut writers = write_at_once(writers, &own);
    everybodys_words_are_there(&auditor, &mut writers);

    let (acks, acked) = channel();
    let bursting: Vec<_> = writers
        .into_iter()
        .zip(own.clone())
        .map(|(writer, texts)| {
            let acks = acks.clone();
            std::thread::spawn(move || writer.write_until_it_breaks(&texts, &acks))
        })
        .collect();
    drop(acks);
    for _ in 0..BEFORE_THE_KILL {
        acked.recv_timeout(plenary_tests::PATIENCE).unwrap();
    }
    assert_eq!(server.kill9().code, None, "killed in the middle");
    let mut writers: Vec<Writer> = bursting.into_iter().map(|thread| thread.join().unwrap()).collect();
    server.start();
    let auditor = auditor.at(&server.base());
    for writer in &mut writers {
        writer.come_back(&server.base());
        writer.repeat_last();
    }
    everybodys_words_are_there(&auditor, &mut writers);
    the_log_names_the_right_person(&auditor, &writers);
    the_past_equals_a_rebuild(&auditor);
}

/// The first part: all at once, TSB offline.
fn write_at_once(writers: Vec<Writer>, own: &[Vec<(String, &'static str)>]) -> Vec<Writer> {
    let threads: Vec<_> = writers
        .into_iter()
        .zip(own.to_vec())
        .map(|(mut writer, texts)| {
            std::thread::spawn(move || {
                if writer.person == TSB {
                    write_offline(&mut writer, &texts);
                }
                for turn in 0..AT_ONCE {
                    let (element, field) = &texts[turn % texts.len()];
                    writer.write(element, field).unwrap();
                }
                writer
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn write_offline(writer: &mut Writer, texts: &[(String, &'static str)]) {
    let base = match &mut writer.voice {
        Voice::Replica(replica) => {
            replica.offline();
            replica.base().to_owned()
        }
        _ => unreachable!("who goes offline is a replica"),
    };
    for turn in 0..OFFLINE {
        let (element, field) = &texts[turn % texts.len()];
        writer.write_offline(element, field);
    }
    assert_eq!(replica(writer).unwrap().unconfirmed(), OFFLINE);
    writer.come_back(&base);
    assert_eq!(replica(writer).unwrap().unconfirmed(), 0);
}

/// All see the same, and every word of everybody is in it, once.
fn everybodys_words_are_there(auditor: &Http, writers: &mut [Writer]) {
    let plan = auditor.plan(DRAFT);
    let mut texts: BTreeMap<(String, String), String> = BTreeMap::new();
    for writer in writers.iter() {
        for word in &writer.words {
            let element = plan.element(&word.element.parse().unwrap()).unwrap();
            let text = &element.text["en"][&word.field];
            let times = text.split_whitespace().filter(|found| *found == word.word).count();
            assert_eq!(times, 1, "{word:?} in: {text}");
            texts.insert((word.element.clone(), word.field.clone()), text.clone());
        }
    }
    for replica in writers.iter_mut().filter_map(replica) {
        replica.catch_up(plan.seq).unwrap();
        for ((element, field), text) in &texts {
            assert_eq!(&replica.text(element, field), text, "replicas and server agree");
        }
    }
    let documents: Vec<_> =
        writers.iter_mut().filter_map(replica).map(|replica| json_of(replica.doc())).collect();
    assert!(documents.windows(2).all(|pair| pair[0] == pair[1]), "the documents are the same");
    let shown = auditor.get(&format!("/api/v1/plans/{DRAFT}?removed=true")).ok();
    assert_eq!(differences(&documents[0], &shown), Vec::<String>::new());
}

/// Does to a text what a row of the log says; the row must fit it.
fn follow(text: &mut String, row: &EditRow, seq: Seq) {
    let chars: Vec<char> = text.chars().collect();
    let at = row.at.unwrap_or_default() as usize;
    let deleted: Vec<char> = row.deleted.as_deref().unwrap_or_default().chars().collect();
    assert_eq!(chars[at..at + deleted.len()], deleted[..], "entry {seq} deletes what is there");
    let before = std::mem::take(text);
    text.extend(&chars[..at]);
    text.push_str(row.inserted.as_deref().unwrap_or_default());
    text.extend(&chars[at + deleted.len()..]);
    let is_long = [&before, &*text].iter().any(|text| text.chars().count() > TEXT_WHOLE_CHARS_MAX);
    let is = |value: &Option<Value>, wanted: &str| match value {
        None | Some(Value::Null) => wanted.is_empty() || is_long,
        Some(value) => *value == Value::Text(wanted.to_owned()),
    };
    assert!(is(&row.from, &before), "entry {seq}: from {:?}, there was {before:?}", row.from);
    assert!(is(&row.to, text), "entry {seq}: to {:?}, there is {text:?}", row.to);
}

/// Reading the log row by row, each word comes in with one entry, of the one who wrote it; and what
/// the rows say, from → to, leads to the texts as they are.
fn the_log_names_the_right_person(auditor: &Http, writers: &[Writer]) {
    let mut texts: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut came_with: BTreeMap<String, Vec<EventView>> = BTreeMap::new();
    for event in auditor.all_events(DRAFT) {
        for row in event.edits().iter().filter(|row| row.inserted.is_some()) {
            let text = texts.entry((row.element.to_string(), row.field.clone())).or_default();
            let before: BTreeSet<String> = text.split_whitespace().map(str::to_owned).collect();
            follow(text, row, event.seq);
            for word in text.split_whitespace().filter(|word| !before.contains(*word)) {
                came_with.entry(word.to_owned()).or_default().push(event.clone());
            }
        }
    }
    for writer in writers {
        for word in &writer.words {
            let [event] = &came_with[&word.word][..] else { panic!("{word:?} did not come with one entry") };
            let who = (event.subject.as_str(), event.name.as_str(), event.bureau, event.role);
            let person = writer.person;
            assert_eq!(who, (person.subject, person.name, person.bureau, person.role), "{word:?}");
        }
    }
    let plan = auditor.plan(DRAFT);
    for ((element, field), text) in texts {
        let link = plan.links.iter().find(|link| link.id.as_str() == element);
        let shown = match plan.element(&element.parse().unwrap()) {
            Some(element) => element.text["en"].get(&field),
            None => link.map(|link| &link.note),
        };
        assert_eq!(shown, Some(&text), "{element}.{field}");
    }
}

/// Points of the past, from a fixed seed.
fn points(head: u64) -> BTreeSet<u64> {
    let mut points: BTreeSet<u64> = [1, 2, 3, head].into();
    let mut state: u64 = 20_261_124;
    while points.len() < POINTS.min(head as usize) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        points.insert(1 + (state >> 33) % head);
    }
    points
}

fn the_past_equals_a_rebuild(auditor: &Http) {
    let log = LogCopy::of(auditor, DRAFT);
    let points = points(log.head().0);
    assert_eq!(points.len(), POINTS, "the plan has a history");
    let at = |point: &str| auditor.get(&format!("/api/v1/plans/{DRAFT}?removed=true&at={point}")).ok();
    let mut compared = 0;
    log.replay(&points, |seq, doc| {
        let doc = json_of(doc);
        let shown = at(&seq.to_string());
        assert_eq!(shown["seq"], seq.0);
        assert_eq!(differences(&doc, &shown), Vec::<String>::new(), "as of entry {seq}");
        if compared % 10 == 0 {
            let time = &log.entries[seq.0 as usize - 1].0.at;
            let last =
                log.entries.iter().rposition(|(event, _)| event.at <= *time).map(|index| index as u64 + 1);
            let by_time = at(time);
            assert_eq!(by_time["seq"].as_u64(), last, "as of {time}");
            if last == Some(seq.0) {
                assert_eq!(by_time, shown, "as of {time}");
            }
        }
        compared += 1;
    });
    assert_eq!(compared, POINTS);
    let before = auditor.get(&format!("/api/v1/plans/{DRAFT}?at=2020-01-01"));
    assert_eq!((before.status, before.code()), (404, "no_such_plan"), "there was no plan then");
    let ahead = auditor.get(&format!("/api/v1/plans/{DRAFT}?at={}", log.head().0 + 1));
    assert_eq!((ahead.status, ahead.code()), (409, "base_ahead"), "and nobody guesses the future");
    assert_eq!(log.head(), Seq(log.entries.len() as u64));
}
