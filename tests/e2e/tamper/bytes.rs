//! Done to the files, without knowing what is in them, and with it.

use std::path::Path;

use super::Kind;
use super::scene::{Dice, Scene, copy};

/// Bytes of a segment's header, as `server/log/FORMAT.md` has it.
const HEADER_BYTES: usize = 64;
/// The kind of a frame that ends a group.
const TRAILER: u8 = 3;

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind::of("a bit of the journal flipped", |scene, dice| {
            let at = place(scene, dice);
            change(scene, &at.0, |bytes| bytes[at.1] ^= 1 << dice_bit(at.1));
        })
        .or_harmless(),
        Kind::of("64 bytes of the journal zeroed", |scene, dice| {
            let (path, at) = place(scene, dice);
            change(scene, &path, |bytes| bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = 0));
        })
        .or_harmless(),
        Kind::of("a byte taken out of the journal", |scene, dice| {
            let (path, at) = place(scene, dice);
            change(scene, &path, |bytes| {
                bytes.remove(at);
            });
        })
        .or_harmless(),
        Kind::of("the journal cut anywhere in its last segment", |scene, dice| {
            let path = last(scene);
            change(scene, &path, |bytes| bytes.truncate(dice.below(bytes.len())));
        })
        .or_harmless(),
        Kind::of("the journal cut at the end of a group", |scene, dice| {
            let path = last(scene);
            change(scene, &path, |bytes| {
                let ends = group_ends(bytes);
                // The last group is the seal: without it nothing is lost.
                let end = ends[dice.below(ends.len().saturating_sub(2).max(1))];
                bytes.truncate(end);
            });
        })
        .or_harmless(),
        Kind::of("the seal of the clean stop cut off", |scene, _| {
            let path = last(scene);
            change(scene, &path, |bytes| {
                let ends = group_ends(bytes);
                if ends.len() > 1 {
                    bytes.truncate(ends[ends.len() - 2]);
                }
            });
        })
        .or_harmless(),
        Kind::of("a group taken out of the middle of a segment", |scene, dice| {
            let path = any(scene, dice);
            change(scene, &path, |bytes| {
                let mut ends = group_ends(bytes);
                ends.insert(0, HEADER_BYTES);
                let at = dice.below(ends.len().saturating_sub(2).max(1));
                if ends.len() > 2 {
                    bytes.drain(ends[at]..ends[at + 1]);
                } else {
                    bytes.truncate(HEADER_BYTES);
                }
            });
        }),
        Kind::of("a group repeated at the end", |scene, dice| {
            let path = last(scene);
            change(scene, &path, |bytes| {
                let mut ends = group_ends(bytes);
                ends.insert(0, HEADER_BYTES);
                let at = dice.below(ends.len() - 1);
                let group = bytes[ends[at]..ends[at + 1]].to_vec();
                bytes.extend(group);
            });
        })
        .or_harmless(),
        Kind::of("bytes appended to the journal", |scene, dice| {
            let path = last(scene);
            change(scene, &path, |bytes| bytes.extend((0..dice.below(300) + 1).map(|at| at as u8)));
        })
        .or_harmless(),
        Kind::of("the first segment deleted", |scene, _| delete(scene, 0)),
        Kind::of("a segment in the middle deleted", |scene, _| {
            let middle = scene.segments().len() / 2;
            delete(scene, middle);
        }),
        Kind::of("the last segment deleted", |scene, _| {
            let last = scene.segments().len() - 1;
            delete(scene, last);
        }),
        Kind::of("a segment emptied", |scene, dice| {
            let path = any(scene, dice);
            change(scene, &path, Vec::clear);
        }),
        Kind::of("two segments swapped", |scene, _| {
            let segments = scene.segments();
            let (a, b) = (std::fs::read(&segments[0]).unwrap(), std::fs::read(&segments[1]).unwrap());
            std::fs::write(&segments[0], b).unwrap();
            std::fs::write(&segments[1], a).unwrap();
            scene.touch();
        }),
        Kind::of("a segment repeated under a later name", |scene, dice| {
            let path = any(scene, dice);
            let later = scene.dir().join("journal/00000000000000099999.seg");
            std::fs::copy(path, later).unwrap();
            scene.touch();
        }),
        Kind::of("a segment renamed", |scene, dice| {
            let path = any(scene, dice);
            std::fs::rename(path, scene.dir().join("journal/00000000000000088888.seg")).unwrap();
            scene.touch();
        }),
        Kind::of("the whole journal deleted", |scene, _| {
            std::fs::remove_dir_all(scene.dir().join("journal")).unwrap();
            scene.touch();
        }),
        Kind::of("the store deleted", |scene, _| {
            std::fs::remove_dir_all(scene.dir().join("store")).unwrap();
            scene.touch();
        })
        .or_harmless(),
        Kind::of("the store deleted, and the end of the journal", |scene, _| {
            std::fs::remove_dir_all(scene.dir().join("store")).unwrap();
            let last = scene.segments().len() - 1;
            delete(scene, last);
        }),
        Kind::of("a bit of the store's file flipped", |scene, dice| {
            let path = scene.dir().join("store/db");
            change(scene, &path, |bytes| {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice_bit(at);
            });
        })
        .or_harmless(),
        Kind::of("the journal rolled back", |scene, _| roll_back(scene, &["journal"])),
        Kind::of("the store rolled back", |scene, _| roll_back(scene, &["store"])).or_harmless(),
    ]
}

fn dice_bit(at: usize) -> u32 {
    (at % 8) as u32
}

fn any(scene: &Scene<'_>, dice: &mut Dice) -> std::path::PathBuf {
    let segments = scene.segments();
    segments[dice.below(segments.len())].clone()
}

fn last(scene: &Scene<'_>) -> std::path::PathBuf {
    scene.segments().pop().unwrap()
}

/// A byte of a segment, each as likely as any other.
fn place(scene: &Scene<'_>, dice: &mut Dice) -> (std::path::PathBuf, usize) {
    let path = any(scene, dice);
    let length = std::fs::metadata(&path).unwrap().len() as usize;
    (path, dice.below(length))
}

fn change(scene: &mut Scene<'_>, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
    scene.touch();
}

fn delete(scene: &mut Scene<'_>, number: usize) {
    std::fs::remove_file(&scene.segments()[number]).unwrap();
    scene.touch();
}

pub fn roll_back(scene: &mut Scene<'_>, parts: &[&str]) {
    for part in parts {
        let target = scene.dir().join(part);
        std::fs::remove_dir_all(&target).unwrap();
        copy(&scene.earlier().join(part), &target);
    }
    scene.touch();
}

/// Where the groups of a segment end.
fn group_ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = HEADER_BYTES;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let kind = bytes.get(at + 8).copied();
        at += 8 + length;
        if at > bytes.len() {
            break;
        }
        if kind == Some(TRAILER) {
            ends.push(at);
        }
    }
    ends
}
