//! Done to the key, and to the name under which it signs.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use plenary_log::{Fact, FactKind, Log, Record};
use plenaryd::evidence::{EPOCH_KEY, EpochRecord};
use plenaryd::indexer::EntryIndexer;

use super::Kind;
use super::scene::{Scene, options};

const KEY: &str = "keys/evidence.pem";

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind::of("the key deleted, so that a new one is made", |scene, _| {
            std::fs::remove_file(scene.dir().join(KEY)).unwrap();
            scene.touch();
        }),
        Kind::of("the key replaced", |scene, _| {
            std::fs::copy(scene.dir().join("keys/issuer.pem"), scene.dir().join(KEY)).unwrap();
            scene.touch();
        }),
        Kind::of("the key altered", |scene, dice| {
            let path = scene.dir().join(KEY);
            let mut pem = std::fs::read(&path).unwrap();
            // Within the seed's letters.
            let at = 60 + dice.below(20);
            pem[at] = if pem[at] == b'A' { b'B' } else { b'A' };
            std::fs::write(&path, pem).unwrap();
            scene.touch();
        }),
        Kind::of("the key opened to others", |scene, _| {
            let path = scene.dir().join(KEY);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
            scene.touch();
        }),
        Kind::of("a new epoch begun without a word", |scene, _| {
            let record =
                EpochRecord { epoch: 2, since: "2026-01-01T00:00:00Z".into(), because: String::new() };
            append_epoch(scene, serde_json::to_vec(&record).unwrap());
        }),
        Kind::of("the epoch made unreadable", |scene, _| append_epoch(scene, b"2".to_vec())),
    ]
}

fn append_epoch(scene: &mut Scene<'_>, value: Vec<u8>) {
    let (log, _) = Log::open(options(&scene.dir()), Arc::new(EntryIndexer)).unwrap();
    let fact = Fact { kind: FactKind::Epoch, key: EPOCH_KEY.to_vec(), value };
    log.append(vec![Record::Fact(fact)]).unwrap();
    log.close().unwrap();
    scene.touch();
}
