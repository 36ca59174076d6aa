//! Done to rows of the store by somebody who knows its form: checksums are right.

use plenary_tests::{ADOPTED, DRAFT};
use sled::{Db, Tree};

use super::Kind;
use super::scene::{Dice, Scene, seq_of};

/// The code of checkpoint records among facts, as `server/log/FORMAT.md` has it.
const CHECKPOINT_RECORD: u8 = 1;
/// Bytes before the content of a value that stands whole in its row.
const VALUE_HEAD: usize = 5;

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind::of("a bit of an envelope in the store flipped", |scene, dice| {
            on_entry(scene, dice, |value, dice| {
                let length = u16::from_be_bytes([value[0], value[1]]) as usize;
                flip(&mut value[2..2 + length], dice);
            });
        }),
        Kind::of("a bit of a salt in the store flipped", |scene, dice| {
            on_entry(scene, dice, |value, dice| {
                let length = u16::from_be_bytes([value[0], value[1]]) as usize;
                flip(&mut value[2 + length..34 + length], dice);
            });
        }),
        Kind::of("a bit of a payload in the store flipped", |scene, dice| {
            on_entry(scene, dice, |value, dice| {
                let length = u16::from_be_bytes([value[0], value[1]]) as usize;
                flip(&mut value[34 + length..], dice);
            });
        }),
        Kind::of("a bit of a row flipped and its checksum left", |scene, dice| {
            let keys = keys(scene);
            let key = &keys[dice.below(keys.len())];
            in_tree(scene, "events", |tree| {
                let mut row = tree.get(key).unwrap().unwrap().to_vec();
                flip(&mut row[VALUE_HEAD..], dice);
                tree.insert(key, row).unwrap();
            });
        }),
        Kind::of("an entry deleted from the store", |scene, dice| {
            let keys = keys(scene);
            let key = keys[dice.below(keys.len())].clone();
            in_tree(scene, "events", |tree| drop(tree.remove(key).unwrap()));
        })
        .or_harmless(),
        Kind::of("all entries of a plan deleted from the store", |scene, _| {
            let keys = keys(scene);
            in_tree(scene, "events", |tree| keys.iter().for_each(|key| drop(tree.remove(key).unwrap())));
        })
        .or_harmless(),
        Kind::of("two entries swapped in the store", |scene, dice| {
            let keys = keys(scene);
            let (a, b) = two(keys.len(), dice);
            in_tree(scene, "events", |tree| {
                let (one, other) =
                    (tree.get(&keys[a]).unwrap().unwrap(), tree.get(&keys[b]).unwrap().unwrap());
                tree.insert(&keys[a], other).unwrap();
                tree.insert(&keys[b], one).unwrap();
            });
        }),
        Kind::of("an entry put in the place of another", |scene, dice| {
            let keys = keys(scene);
            let (a, b) = two(keys.len(), dice);
            in_tree(scene, "events", |tree| {
                let one = tree.get(&keys[a]).unwrap().unwrap();
                tree.insert(&keys[b], one).unwrap();
            });
        }),
        Kind::of("an entry of the other plan put in the place of one", |scene, dice| {
            let keys = keys(scene);
            let key = keys[dice.below(keys.len())].clone();
            in_tree(scene, "events", |tree| {
                let other = tree.get(row_key(ADOPTED, 1)).unwrap().unwrap();
                tree.insert(key, other).unwrap();
            });
        }),
        Kind::of("an entry added behind the last", |scene, _| {
            let keys = keys(scene);
            let count = keys.len() as u64;
            in_tree(scene, "events", |tree| {
                let one = tree.get(&keys[0]).unwrap().unwrap();
                tree.insert(row_key(DRAFT, count + 1), one).unwrap();
            });
        }),
        Kind::of("a head set back", |scene, _| {
            in_tree(scene, "heads", |tree| {
                let mut head = tree.get(DRAFT).unwrap().unwrap().to_vec();
                head[7] -= 1;
                tree.insert(DRAFT, head).unwrap();
            });
        }),
        Kind::of("a head's hash altered", |scene, dice| {
            in_tree(scene, "heads", |tree| {
                let mut head = tree.get(DRAFT).unwrap().unwrap().to_vec();
                flip(&mut head[8..], dice);
                tree.insert(DRAFT, head).unwrap();
            });
        }),
        Kind::of("a head deleted", |scene, _| {
            in_tree(scene, "heads", |tree| drop(tree.remove(DRAFT).unwrap()));
        }),
        Kind::of("the mark of the last group altered", |scene, dice| {
            in_tree(scene, "heads", |tree| {
                let mut mark = tree.get(b"\0mark").unwrap().unwrap().to_vec();
                flip(&mut mark[8..], dice);
                tree.insert(b"\0mark", mark).unwrap();
            });
        }),
        Kind::of("the root in a checkpoint's record altered", |scene, _| {
            on_record(scene, |text| {
                let at = text.find("root\":\"").unwrap() + 7;
                let other = if &text[at..=at] == "0" { "1" } else { "0" };
                text.replace_range(at..=at, other);
            });
        }),
        Kind::of("the size in a checkpoint's record raised", |scene, _| {
            on_record(scene, |text| *text = text.replace("\"size\":", "\"size\":1"));
        }),
        Kind::of("a checkpoint's record made unreadable", |scene, _| {
            on_record(scene, |text| *text = text.replace("size", "sise"));
        }),
        Kind::of("a checkpoint's record deleted", |scene, _| {
            in_tree(scene, "facts", |tree| drop(tree.remove(record_key()).unwrap()));
        })
        .or_harmless(),
    ]
}

fn row_key(plan: &str, seq: u64) -> Vec<u8> {
    [plan.as_bytes(), &[0], &seq.to_be_bytes()].concat()
}

fn record_key() -> Vec<u8> {
    [&[CHECKPOINT_RECORD], DRAFT.as_bytes()].concat()
}

fn keys(scene: &Scene<'_>) -> Vec<Vec<u8>> {
    let count = scene.entries_of(DRAFT).len();
    (0..count).map(|at| row_key(DRAFT, seq_of(at).0)).collect()
}

fn two(count: usize, dice: &mut Dice) -> (usize, usize) {
    let a = dice.below(count);
    (a, (a + 1 + dice.below(count - 1)) % count)
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
}

fn in_tree(scene: &mut Scene<'_>, tree: &str, change: impl FnOnce(&Tree)) {
    let db: Db = sled::open(scene.dir().join("store")).unwrap();
    let tree = db.open_tree(tree).unwrap();
    change(&tree);
    db.flush().unwrap();
    scene.touch();
}

/// Changes the value of a row that holds it whole, and its checksum.
fn on_value(tree: &Tree, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
    let row = tree.get(key).unwrap().unwrap();
    let mut value = row[VALUE_HEAD..].to_vec();
    change(&mut value);
    let row = [&[0], crc32c::crc32c(&value).to_be_bytes().as_slice(), &value].concat();
    tree.insert(key, row).unwrap();
}

fn on_entry(scene: &mut Scene<'_>, dice: &mut Dice, change: impl FnOnce(&mut Vec<u8>, &mut Dice)) {
    let keys = keys(scene);
    // The first entry is too long to stand in its row.
    let key = keys[1 + dice.below(keys.len() - 1)].clone();
    in_tree(scene, "events", |tree| {
        let is_whole = tree.get(&key).unwrap().unwrap()[0] == 0;
        let key = if is_whole { key } else { keys[keys.len() - 1].clone() };
        on_value(tree, &key, |value| change(value, dice));
    });
}

fn on_record(scene: &mut Scene<'_>, change: impl FnOnce(&mut String)) {
    in_tree(scene, "facts", |tree| {
        on_value(tree, &record_key(), |value| {
            let mut text = String::from_utf8(value.clone()).unwrap();
            change(&mut text);
            *value = text.into_bytes();
        });
    });
}
