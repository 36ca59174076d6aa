//! What appends, reads and starts take; prints, asserts nothing.

use std::time::{Duration, Instant};

use crate::Record;
use crate::tests::world::{World, entry_of};

#[test]
#[ignore = "a measurement; run it by name with --release"]
fn measure() {
    let mut world = World::new();
    world.options.flush_idle = Duration::from_millis(500);
    world.options.cache_bytes = 128 << 20;
    let (log, _) = world.open();
    let mut times: Vec<Duration> = (1..=1_000)
        .map(|seq| {
            let at = Instant::now();
            log.append(vec![Record::Entry(entry_of("one", seq, 500))]).unwrap();
            at.elapsed()
        })
        .collect();
    times.sort();
    println!("append of 1 entry: p50 {:?}, p99 {:?}", times[500], times[990]);
    let mut times: Vec<Duration> = (0..200)
        .map(|group| {
            let records: Vec<_> =
                (1..=100).map(|seq| Record::Entry(entry_of("many", group * 100 + seq, 500))).collect();
            let at = Instant::now();
            log.append(records).unwrap();
            at.elapsed()
        })
        .collect();
    times.sort();
    println!("append of 100 entries: p50 {:?}, p99 {:?}", times[100], times[198]);
    let at = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..64 {
            let log = log.clone();
            scope.spawn(move || {
                let plan = format!("p{caller}");
                (1..=500).for_each(|seq| log.append(vec![Record::Entry(entry_of(&plan, seq, 500))]).unwrap());
            });
        }
    });
    println!("64 callers, one entry at a time: {:.0} entries/s", 32_000.0 / at.elapsed().as_secs_f64());
    let at = Instant::now();
    let read = log.entries("many", 0, usize::MAX).unwrap().len();
    println!("read of {read} entries: {:?}", at.elapsed());
    let at = Instant::now();
    drop(log);
    println!("drop: {:?}", at.elapsed());
    let at = Instant::now();
    let (log, report) = world.open();
    println!("start after an unclean stop, 53,000 entries: {:?} {report:?}", at.elapsed());
    let at = Instant::now();
    log.close().unwrap();
    println!("close: {:?}", at.elapsed());
    let at = Instant::now();
    let (log, _) = world.open();
    println!("start after a clean stop: {:?}", at.elapsed());
    drop(log);
    std::fs::remove_dir_all(world.options.store_dir()).unwrap();
    let at = Instant::now();
    let (_log, report) = world.open();
    println!("start without a store: {:?}, {} groups", at.elapsed(), report.replayed_groups);
    println!("journal: {} segments", world.segments().len());
}
