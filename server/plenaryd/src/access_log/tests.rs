//! Lines go on over files, starts and torn ends; a page shows what is asked and may be seen.

use std::collections::BTreeSet;
use std::path::Path;

use plenary_limits::{ACCESS_LINES_PER_PAGE_MAX, holds};
use plenary_protocol::{Bureau, Principal, Role};
use tempfile::TempDir;

use super::reading::{CURRENT, files};
use super::writer::{Writer, tame};
use super::*;

fn auditor(subject: &str, name: &str) -> Principal {
    Principal {
        subject: subject.parse().unwrap(),
        name: name.to_owned(),
        issuer: "test".into(),
        bureau: Bureau::GS,
        role: Role::Auditor,
        token_id: None,
        issued_s: 0,
        expires_s: 0,
    }
}

fn read_of(plan: &str, query: &str) -> Read {
    Read { method: "GET".into(), plan: Some(plan.parse().unwrap()), query: query.into(), ..Read::default() }
}

fn write(writer: &mut Writer, count: usize) {
    for number in 0..count {
        let who = auditor(if number % 3 == 0 { "ana" } else { "ben" }, "Somebody");
        let plan = if number % 2 == 0 { "plan-a" } else { "plan-b" };
        writer.write(&[&line(&who, read_of(plan, "x=1"))]).unwrap();
    }
}

fn all(folder: &Path, asked: &Asked) -> Vec<u64> {
    let (mut all, mut asked) = (Vec::new(), asked.clone());
    loop {
        let page = page(folder, &asked, |_| true).unwrap();
        all.extend(page.lines.iter().map(|line| line.number));
        match page.next_before {
            Some(before) => asked.before = Some(before),
            None => return all,
        }
    }
}

#[test]
fn numbers_go_on_over_full_files_and_starts_and_pages_are_the_whole() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for _ in 0..3 {
        write(&mut Writer::open(folder, 2_000).unwrap(), 20);
    }
    let names: Vec<String> = files(folder)
        .unwrap()
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.len() > 4 && names[0].starts_with("access-000000000001-20"), "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some(CURRENT));
    for limit in [1, 7, 60, 1_000] {
        let asked = Asked { limit, ..Asked::default() };
        assert_eq!(all(folder, &asked), (1..=60).rev().collect::<Vec<_>>(), "{limit} a page");
    }
    let of_ana = Asked {
        limit: 3,
        subject: Some("ana".parse().unwrap()),
        plan: Some("plan-a".parse().unwrap()),
        ..Asked::default()
    };
    let expected: Vec<u64> = (1..=60).rev().filter(|number| (number - 1) % 20 % 6 == 0).collect();
    assert_eq!(all(folder, &of_ana), expected);
    let seen =
        page(folder, &Asked { limit: 100, ..Asked::default() }, |plan| plan.as_str() == "plan-b").unwrap();
    let plans: BTreeSet<String> =
        seen.lines.iter().map(|line| line.plan.as_ref().unwrap().to_string()).collect();
    assert_eq!((seen.lines.len(), plans), (30, BTreeSet::from(["plan-b".to_owned()])));
}

#[test]
fn a_torn_end_costs_its_own_line_alone() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    write(&mut Writer::open(folder, ACCESS_FILE_BYTES_MAX).unwrap(), 3);
    let path = folder.join(CURRENT);
    let whole = std::fs::read_to_string(&path).unwrap();
    for cut in [1, 10, whole.lines().last().unwrap().len()] {
        std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        write(&mut Writer::open(folder, ACCESS_FILE_BYTES_MAX).unwrap(), 1);
        let told = all(folder, &Asked { limit: 10, ..Asked::default() });
        let expected: &[u64] = if cut == 1 { &[4, 3, 2, 1] } else { &[3, 2, 1] };
        assert_eq!(told, expected, "cut by {cut}");
    }
}

#[test]
fn what_people_are_called_cannot_make_a_line_or_steer_a_terminal() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let name = "x\r\n{\"number\":99}\u{1b}[2J\u{9b}\u{202e}\u{2028}\u{7f}</script>";
    let mut writer = Writer::open(folder, ACCESS_FILE_BYTES_MAX).unwrap();
    writer.write(&[&line(&auditor("eve", name), read_of("plan-a", name))]).unwrap();
    let text = std::fs::read_to_string(folder.join(CURRENT)).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.trim_end().chars().all(|letter| !letter.is_control() && letter != '\u{202e}'), "{text:?}");
    let told = page(folder, &Asked { limit: 10, ..Asked::default() }, |_| true).unwrap().lines;
    assert_eq!((told.len(), told[0].name.as_str()), (1, name), "nothing is lost by it");
    assert_eq!(tame("\"ü 国\""), "\"ü 国\"");
}

#[test]
fn a_log_that_cannot_be_written_says_so_and_goes_on_when_it_can() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().join("access");
    let mut writer = Writer::open(&folder, 100).unwrap();
    write(&mut writer, 1);
    // The file is full, and there is nothing to put aside.
    std::fs::remove_file(folder.join(CURRENT)).unwrap();
    assert!(writer.write(&[&line(&auditor("ana", "Ana"), read_of("plan-a", ""))]).is_err());
    std::fs::write(folder.join(CURRENT), "").unwrap();
    write(&mut writer, 1);
    assert_eq!(all(&folder, &Asked { limit: 10, ..Asked::default() }), [2]);
}

#[test]
fn only_auditors_are_written_down_and_what_waits_is_written_at_the_end() {
    let data = TempDir::new().unwrap();
    let log = AccessLog::open(data.path(), Metrics::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let drafter = Principal { role: Role::Drafter, ..auditor("dan", "Dan") };
    runtime.block_on(log.record(&drafter, read_of("plan-a", ""))).unwrap();
    runtime.block_on(log.record(&auditor("ana", "Ana"), read_of("plan-a", ""))).unwrap();
    let folder = data.path().join(FOLDER);
    assert_eq!(all(&folder, &Asked { limit: 10, ..Asked::default() }), [1], "before it is answered");
    log.note(&auditor("ana", "Ana"), read_of("plan-a", ""));
    log.stop();
    assert_eq!(all(&folder, &Asked { limit: 10, ..Asked::default() }), [2, 1]);
    let refused = runtime.block_on(log.record(&auditor("ana", "Ana"), read_of("plan-a", ""))).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Unavailable);
}

#[test]
fn lines_hold_to_the_character_and_what_waits_and_is_looked_at_to_the_line() {
    let who = auditor("ana", "Somebody");
    holds!(ACCESS_TEXT_CHARS_MAX, |chars| {
        line(&who, read_of("plan-a", &"é".repeat(chars))).query.unwrap().chars().count() == chars
    });
    let folder = TempDir::new().unwrap();
    holds!(ACCESS_LINES_WAITING_MAX, |count| {
        // Nobody writes.
        let (sender, _waiting) = sync_channel::<Waiting>(ACCESS_LINES_WAITING_MAX);
        let log = AccessLog {
            queue: Arc::new(Mutex::new(Some(sender))),
            thread: Arc::default(),
            folder: folder.path().into(),
            metrics: Metrics::default(),
        };
        let post = || log.post(Waiting { line: Box::new(line(&who, read_of("plan-a", ""))), written: None });
        (0..count).all(|_| post().is_ok())
    });
    let mut writer = Writer::open(folder.path(), ACCESS_FILE_BYTES_MAX).unwrap();
    let one = line(&who, read_of("plan-a", ""));
    let lines = vec![&one; 1_000];
    for _ in 0..=ACCESS_LINES_PER_PAGE_MAX / lines.len() {
        writer.write(&lines).unwrap();
    }
    holds!(ACCESS_LINES_PER_PAGE_MAX, |count| {
        let before = Some(count as u64 + 1);
        let asked = Asked { before, limit: 1, subject: Some("ben".parse().unwrap()), ..Asked::default() };
        page(folder.path(), &asked, |_| true).unwrap().next_before.is_none()
    });
}
