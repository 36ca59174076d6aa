//! Bundles of evidence: made by the server, checked offline by two programs that must agree, altered in
//! every way, refused by both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plenary_core::exchange::bundle::pack;
use plenary_protocol::evidence::bundle::{BundleFiles, EntryFile, read_archive};
use plenary_protocol::record::ExportFormat;
use plenary_tests::{ADOPTED, DRAFT, Launch, TestServer};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::cli::Cli;
use crate::exports::{hex, last_export};
use crate::people::{AUDITOR, BR, CHAIR, TSB};

/// What a check says: its exit code, and each entry by a word; no entries when the whole shows nothing.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    code: Option<i32>,
    entries: Option<BTreeMap<u64, String>>,
}

fn by_client(bundle: &Path, key: Option<&str>) -> Said {
    let launch = Launch::of("plenary").args(["verify", "--json", "--bundle"]).arg(bundle);
    let exit = key.into_iter().fold(launch, |launch, key| launch.args(["--key", key])).run();
    assert!(!exit.stderr.contains("panicked"), "{}", exit.stderr);
    let told: Json = serde_json::from_str(&exit.stdout).unwrap_or_else(|_| panic!("{bundle:?}: {exit:?}"));
    let entry =
        |entry: &Json| (entry["seq"].as_u64().unwrap(), entry["verdict"].as_str().unwrap().to_owned());
    let entries = told["entries"].as_array().map(|entries| entries.iter().map(entry).collect());
    Said { code: exit.code, entries }
}

fn by_python(bundle: &Path, key: Option<&str>, verifier: &Path) -> Said {
    let launch = Launch::at("python3").arg("-I").arg(verifier).arg(bundle);
    let exit = key.into_iter().fold(launch, |launch, key| launch.args(["--key", key])).run();
    assert!(!exit.stderr.contains("Traceback"), "{bundle:?}: {}", exit.stderr);
    let mut entries = BTreeMap::new();
    for line in exit.stdout.lines() {
        let Some((seq, verdict)) = line.strip_prefix("entry ").and_then(|line| line.split_once(": ")) else {
            continue;
        };
        let word = match verdict {
            "VALID" => "valid",
            verdict if verdict.starts_with("PAYLOAD ABSENT (proof valid)") => "payload_absent",
            verdict if verdict.starts_with("INVALID (") => "invalid",
            verdict => panic!("{verdict}"),
        };
        entries.insert(seq.parse().unwrap(), word.to_owned());
    }
    let last = exit.stdout.lines().last().unwrap_or_default();
    assert_eq!(last == "VERIFIED", exit.code == Some(0), "{}", exit.stdout);
    let is_whole = !exit.stdout.lines().any(|line| line.starts_with("bundle: INVALID"));
    Said { code: exit.code, entries: is_whole.then_some(entries) }
}

/// Verifies a zip by both programs, which must agree.
#[track_caller]
pub fn both_verify(bundle: &Path) {
    let files = read_archive(&fs::read(bundle).unwrap()).unwrap();
    let verifier = bundle.with_extension("py");
    fs::write(&verifier, &files["verify.py"]).unwrap();
    let said = by_client(bundle, None);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said, by_python(bundle, None, &verifier));
}

/// What is to be said of an altered bundle.
enum Expect {
    /// It is verified.
    Verified,
    /// Nothing of it is shown.
    Nothing,
    /// Exactly these entries do not hold.
    Invalid(Vec<u64>),
    /// It is verified, and exactly these entries have no payload.
    Absent(Vec<u64>),
}

/// A way to alter a bundle.
struct Case {
    name: &'static str,
    made: Made,
    expect: Expect,
}

enum Made {
    Files(BundleFiles),
    Folder(BundleFiles),
    Bytes(Vec<u8>),
}

/// A bundle with something done to it.
fn with(files: &BundleFiles, change: impl FnOnce(&mut BundleFiles)) -> BundleFiles {
    let mut files = files.clone();
    change(&mut files);
    files
}

/// A bundle whose manifest says something else.
fn claiming(files: &BundleFiles, change: impl FnOnce(&mut Json)) -> BundleFiles {
    with(files, |files| {
        let mut manifest: Json = serde_json::from_slice(&files["manifest.json"]).unwrap();
        change(&mut manifest);
        files.insert("manifest.json".into(), manifest.to_string().into_bytes());
    })
}

/// A bundle with one text in the place of another in a file that has it.
fn replaced(files: &BundleFiles, name: &str, from: &str, to: &str) -> BundleFiles {
    with(files, |files| {
        let text = String::from_utf8(files[name].clone()).unwrap();
        assert!(text.contains(from), "{from:?} in {name}");
        files.insert(name.to_owned(), text.replacen(from, to, 1).into_bytes());
    })
}

/// A bundle with one bit of a file flipped.
fn flipped(files: &BundleFiles, name: &str, at: usize) -> BundleFiles {
    with(files, |files| files.get_mut(name).unwrap_or_else(|| panic!("{name}"))[at] ^= 1)
}

/// A zip of files as they are named, also such as no bundle has.
fn raw_zip(files: &[(&str, &[u8])], method: u16) -> Vec<u8> {
    let (mut zip, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = zip.len() as u32;
        let size = (content.len() as u32).to_le_bytes();
        let name_bytes = (name.len() as u16).to_le_bytes();
        let middle =
            [&[0, 0][..], &method.to_le_bytes(), &[0; 8], &size, &size, &name_bytes, &[0, 0]].concat();
        zip.extend([b"PK\x03\x04\x0a\x00".as_slice(), &middle, name.as_bytes(), content].concat());
        let place = [&[0; 8][..], &at.to_le_bytes(), name.as_bytes()].concat();
        list.extend([b"PK\x01\x02\x0a\x00\x0a\x00".as_slice(), &middle, &[0, 0], &place].concat());
    }
    let (at, bytes) = ((zip.len() as u32).to_le_bytes(), (list.len() as u32).to_le_bytes());
    let count = (files.len() as u16).to_le_bytes();
    zip.extend(list);
    zip.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &bytes, &at, &[0, 0]].concat());
    zip
}

fn raw_of(files: &BundleFiles) -> Vec<(&str, &[u8])> {
    files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect()
}

/// All files of an entry taken out.
fn without(files: &mut BundleFiles, seq: u64) {
    EntryFile::ALL.iter().for_each(|file| _ = files.remove(&file.of(seq)));
}

/// The files of an entry under another number.
fn moved(files: &mut BundleFiles, from: u64, to: u64) {
    for file in EntryFile::ALL {
        if let Some(content) = files.remove(&file.of(from)) {
            files.insert(file.of(to), content);
        }
    }
}

fn absent(files: &BundleFiles, seq: u64, says: &str) -> BundleFiles {
    with(files, |files| {
        files.remove(&EntryFile::Payload.of(seq));
        files.remove(&EntryFile::Salt.of(seq));
        files.insert(EntryFile::Absent.of(seq), says.as_bytes().to_vec());
    })
}

/// Entries, payloads, salts and proofs.
fn of_entries(honest: &BundleFiles, other: &BundleFiles, cases: &mut Vec<Case>) {
    let mut case = |name, files, expect| cases.push(Case { name, made: Made::Files(files), expect });
    let invalid = |seqs: &[u64]| Expect::Invalid(seqs.to_vec());
    for (name, file) in [
        ("envelope flipped", EntryFile::Envelope),
        ("payload flipped", EntryFile::Payload),
        ("salt flipped", EntryFile::Salt),
    ] {
        case(name, flipped(honest, &file.of(4), 20), invalid(&[4]));
    }
    case(
        "envelope cut",
        with(honest, |files| files.get_mut("entries/4.cbor").unwrap().truncate(40)),
        invalid(&[4]),
    );
    case(
        "envelope empty",
        with(honest, |files| files.get_mut("entries/4.cbor").unwrap().clear()),
        invalid(&[4]),
    );
    case(
        "envelope longer",
        with(honest, |files| files.get_mut("entries/4.cbor").unwrap().push(0)),
        invalid(&[4]),
    );
    case(
        "payload longer",
        with(honest, |files| files.get_mut("payload/4.bin").unwrap().push(0)),
        invalid(&[4]),
    );
    case("salt shorter", with(honest, |files| _ = files.get_mut("salt/4.bin").unwrap().pop()), invalid(&[4]));
    let proof = EntryFile::Proof.of(4);
    case("hash of a proof flipped", flipped(honest, &proof, 40), invalid(&[4]));
    case("index of a proof", replaced(honest, &proof, "index 3\n", "index 2\n"), invalid(&[4]));
    case("index with a zero", replaced(honest, &proof, "index 3\n", "index 03\n"), invalid(&[4]));
    case("header of a proof", replaced(honest, &proof, "@v1", "@v2"), invalid(&[4]));
    case("extra line of a proof", replaced(honest, &proof, "index", "extra AAAA\nindex"), Expect::Verified);
    case("proof empty", with(honest, |files| files.get_mut(&proof).unwrap().clear()), invalid(&[4]));
    case("proof not text", with(honest, |files| files.get_mut(&proof).unwrap().push(0xff)), invalid(&[4]));
    case(
        "proof of another entry",
        with(honest, |files| {
            let other = files[&EntryFile::Proof.of(5)].clone();
            files.insert(proof.clone(), other);
        }),
        invalid(&[4]),
    );
    let cut = |files: &mut BundleFiles| {
        let text = String::from_utf8(files[&proof].clone()).unwrap();
        let mut lines: Vec<&str> = text.split('\n').collect();
        lines.remove(2);
        files.insert(proof.clone(), lines.join("\n").into_bytes());
    };
    case("hash of a proof taken out", with(honest, cut), invalid(&[4]));
    case("entry taken out", with(honest, |files| without(files, 4)), invalid(&[4]));
    case("payload taken out", with(honest, |files| _ = files.remove("payload/4.bin")), invalid(&[4]));
    case("salt taken out", with(honest, |files| _ = files.remove("salt/4.bin")), invalid(&[4]));
    case("proof taken out", with(honest, |files| _ = files.remove(&proof)), invalid(&[4]));
    case(
        "two swapped",
        with(honest, |files| {
            moved(files, 4, 9_999);
            moved(files, 5, 4);
            moved(files, 9_999, 5);
        }),
        invalid(&[4, 5]),
    );
    case(
        "two of the same",
        with(honest, |files| {
            moved(files, 4, 9_999);
            for file in EntryFile::ALL {
                if let Some(content) = files.get(&file.of(5)).cloned() {
                    files.insert(file.of(4), content);
                }
            }
            without(files, 9_999);
        }),
        invalid(&[4]),
    );
    case(
        "entry of another plan",
        with(honest, |files| {
            without(files, 2);
            let names = EntryFile::ALL.map(|file| file.of(2));
            let foreign = names.iter().filter_map(|name| Some((name.clone(), other.get(name)?.clone())));
            files.extend(foreign);
        }),
        invalid(&[2]),
    );
    case("payload absent", absent(honest, 4, r#"{"removed_by": 9}"#), Expect::Absent(vec![4]));
    case("payload absent, by whom not said", absent(honest, 4, "{}"), Expect::Absent(vec![4]));
    case(
        "first and last absent",
        absent(&absent(honest, 2, "{}"), 3, r#"{"removed_by":null}"#),
        Expect::Absent(vec![2, 3]),
    );
    case("absence does not read", absent(honest, 4, "removed"), invalid(&[4]));
    case("absence is a list", absent(honest, 4, "[]"), invalid(&[4]));
    case("absence by a text", absent(honest, 4, r#"{"removed_by": "9"}"#), invalid(&[4]));
    case(
        "absent and there",
        with(honest, |files| _ = files.insert("absent/4.json".into(), b"{}".to_vec())),
        invalid(&[4]),
    );
    case("absent, envelope flipped", flipped(&absent(honest, 4, "{}"), "entries/4.cbor", 20), invalid(&[4]));
}

/// Checkpoints, keys and the manifest.
fn of_the_whole(honest: &BundleFiles, other: &BundleFiles, cases: &mut Vec<Case>) {
    let mut nothing =
        |name, files| cases.push(Case { name, made: Made::Files(files), expect: Expect::Nothing });
    for name in ["manifest.json", "checkpoint", "keys.txt", "prev-checkpoint", "consistency"] {
        nothing("a file taken out", with(honest, |files| _ = files.remove(name)));
        nothing("a file empty", with(honest, |files| files.get_mut(name).unwrap().clear()));
        nothing("a file not text", with(honest, |files| files.get_mut(name).unwrap().push(0xff)));
    }
    for name in ["checkpoint", "prev-checkpoint"] {
        let text = String::from_utf8(honest[name].clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        nothing("size", replaced(honest, name, &format!("\n{}\n", lines[1]), "\n99\n"));
        nothing("root", flipped(honest, name, lines[0].len() + lines[1].len() + 12));
        nothing("name", flipped(honest, name, 3));
        nothing("signature", flipped(honest, name, text.len() - 20));
        nothing("no signature", replaced(honest, name, lines[4], ""));
        nothing("another dash", replaced(honest, name, "\u{2014} ", "- "));
        nothing("text behind", with(honest, |files| files.get_mut(name).unwrap().extend(b"more")));
        nothing(
            "of another plan",
            with(honest, |files| _ = files.insert(name.into(), other["checkpoint"].clone())),
        );
    }
    let key = String::from_utf8(honest["keys.txt"].clone()).unwrap();
    nothing("key", flipped(honest, "keys.txt", key.len() - 10));
    nothing("name of the key", flipped(honest, "keys.txt", 2));
    nothing("id of the key", flipped(honest, "keys.txt", key.find('+').unwrap() + 3));
    nothing(
        "key of another plan",
        with(honest, |files| _ = files.insert("keys.txt".into(), other["keys.txt"].clone())),
    );
    nothing(
        "checkpoint and key of another plan",
        with(honest, |files| {
            ["checkpoint", "keys.txt"]
                .iter()
                .for_each(|name| _ = files.insert((*name).into(), other[*name].clone()));
            ["prev-checkpoint", "consistency"].iter().for_each(|name| _ = files.remove(*name));
        }),
    );
    nothing("growth from elsewhere", replaced(honest, "consistency", "old 3\n", "old 2\n"));
    nothing("hash of growth", flipped(honest, "consistency", 12));
    nothing("growth to elsewhere", with(honest, |files| files.get_mut("consistency").unwrap().push(b'\n')));
    nothing(
        "growth taken out",
        with(honest, |files| {
            ["prev-checkpoint", "consistency"].iter().for_each(|name| _ = files.remove(*name));
        }),
    );
    let beside = |raw: &str| replaced(honest, "manifest.json", "{", &format!("{{\"beside\":{raw},"));
    nothing("nested too deep", beside(&format!("{}{}", "[".repeat(127), "]".repeat(127))));
    nothing("nested far too deep", beside(&format!("{}{}", "[".repeat(30_000), "]".repeat(30_000))));
    nothing("a number past all", beside("1e999"));
    nothing("a number past all, in digits", beside(&"9".repeat(400)));
    nothing("half a character", beside("\"\\ud800\""));
    nothing("no number", beside("NaN"));
    nothing("another format", claiming(honest, |manifest| manifest["format"] = json!("plenary-evidence/2")));
    nothing("another plan", claiming(honest, |manifest| manifest["plan"] = json!(ADOPTED)));
    nothing("no plan", claiming(honest, |manifest| manifest["plan"] = json!("../x")));
    nothing("no entries", claiming(honest, |manifest| manifest["entries"] = json!([])));
    nothing("entries are words", claiming(honest, |manifest| manifest["entries"] = json!(["2", "3"])));
    nothing("entry 0", claiming(honest, |manifest| manifest["entries"][0] = json!(0)));
    nothing(
        "entries out of order",
        claiming(honest, |manifest| {
            manifest["entries"].as_array_mut().unwrap().swap(0, 1);
        }),
    );
    nothing(
        "range too long",
        claiming(honest, |manifest| manifest["complete"]["to"] = json!(1_000_000_000_000_u64)),
    );
    nothing("range is a word", claiming(honest, |manifest| manifest["complete"] = json!("all")));
    nothing(
        "manifest is a list",
        with(honest, |files| _ = files.insert("manifest.json".into(), b"[]".to_vec())),
    );
    let fewer = |manifest: &mut Json| {
        manifest["entries"].as_array_mut().unwrap().retain(|seq| seq != 4);
    };
    nothing("entry taken out, range claimed", claiming(&with(honest, |files| without(files, 4)), fewer));
    nothing(
        "entry not listed",
        claiming(honest, |manifest| {
            fewer(manifest);
            manifest["complete"] = Json::Null;
        }),
    );
    let selection = claiming(&with(honest, |files| without(files, 4)), |manifest| {
        fewer(manifest);
        manifest["complete"] = Json::Null;
    });
    cases.push(Case { name: "as a selection", made: Made::Files(selection), expect: Expect::Verified });
    let without_views = with(honest, |files| {
        ["README.txt", "report.csv", "report.html", "report.json", "verify.py"]
            .iter()
            .for_each(|name| _ = files.remove(*name));
    });
    cases.push(Case { name: "views taken out", made: Made::Files(without_views), expect: Expect::Verified });
    let views = flipped(&flipped(honest, "report.html", 100), "README.txt", 9);
    let deep = replaced(
        honest,
        "manifest.json",
        "{",
        &format!("{{\"beside\":[1e300,{}{}],", "[".repeat(125), "]".repeat(125)),
    );
    cases.push(Case { name: "something beside", made: Made::Files(deep), expect: Expect::Verified });
    cases.push(Case { name: "views altered", made: Made::Files(views), expect: Expect::Verified });
}

/// Zips and folders.
fn of_the_archive(honest: &BundleFiles, cases: &mut Vec<Case>) {
    let zip = pack(honest).unwrap();
    let files = raw_of(honest);
    let mut nothing =
        |name, bytes| cases.push(Case { name, made: Made::Bytes(bytes), expect: Expect::Nothing });
    for cut in [0, 1, 21, 22, 100, zip.len() / 2, zip.len() - 23, zip.len() - 22, zip.len() - 1] {
        nothing("cut", zip[..cut].to_vec());
    }
    nothing("more behind", [zip.as_slice(), b"more"].concat());
    nothing("more before", [b"more", zip.as_slice()].concat());
    nothing("a zip behind", [zip.as_slice(), &zip].concat());
    nothing("no zip", b"This is not a zip, but it is longer than twenty-two bytes.".to_vec());
    nothing("an empty zip", raw_zip(&[], 0));
    nothing("marked as compressed", raw_zip(&files, 8));
    for name in [
        "../evil",
        "/etc/passwd",
        "entries/../../evil",
        "..\\evil",
        "entries/04.cbor",
        "entries/4.cbor/",
        "notes.txt",
        "absent/",
        "ENTRIES/4.cbor",
        "entries/４.cbor",
        "entries/-4.cbor",
        "entries/99999999999999999999999.cbor",
        "",
    ] {
        nothing(name, raw_zip(&[files.as_slice(), &[(name, b"x".as_slice())]].concat(), 0));
    }
    nothing(
        "an entry too many",
        raw_zip(&[files.as_slice(), &[("entries/99.cbor", b"x".as_slice())]].concat(), 0),
    );
    nothing("twice", raw_zip(&[files.as_slice(), &files[..1]].concat(), 0));
    nothing("twice, another", raw_zip(&[files.as_slice(), &[("checkpoint", b"x".as_slice())]].concat(), 0));
    let list = zip.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    let flip = |at: usize| {
        let mut zip = zip.clone();
        zip[at] ^= 1;
        zip
    };
    for (name, at) in [
        ("list: size", list + 24),
        ("list: packed size", list + 20),
        ("list: place", list + 42),
        ("list: name", list + 46),
        ("list: method", list + 10),
        ("list: flags", list + 8),
        ("file: size", 22),
        ("file: name", 30),
        ("file: flags", 6),
        ("file: method", 8),
        ("end: count", zip.len() - 12),
        ("end: place", zip.len() - 6),
        ("end: comment", zip.len() - 2),
    ] {
        nothing(name, flip(at));
    }
    cases.push(Case {
        name: "another packer",
        made: Made::Bytes(raw_zip(&files, 0)),
        expect: Expect::Verified,
    });
    cases.push(Case { name: "a folder", made: Made::Folder(honest.clone()), expect: Expect::Verified });
    for name in ["notes.txt", "entries/99.cbor", "entries/deeper/4.cbor", "other/1.bin"] {
        let more = with(honest, |files| _ = files.insert(name.to_owned(), b"x".to_vec()));
        cases.push(Case { name: "a folder with more", made: Made::Folder(more), expect: Expect::Nothing });
    }
    let flipped = flipped(honest, "payload/4.bin", 3);
    cases.push(Case {
        name: "a folder altered",
        made: Made::Folder(flipped),
        expect: Expect::Invalid(vec![4]),
    });
}

fn unpacked(files: &BundleFiles, folder: &Path) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A plan with some history, and a bundle of a part of it with growth since its third entry.
fn exported(server: &TestServer) -> (PathBuf, BundleFiles) {
    let auditor = Cli::of(server, &AUDITOR);
    let kept = server.folder().join("kept");
    fs::write(&kept, auditor.ok(&["evidence", "checkpoint", DRAFT])).unwrap();
    Cli::of(server, &TSB).ok(&["set", DRAFT, "2.7", "title", "=HYPERLINK(\"http://evil\") <b>&"]);
    Cli::of(server, &BR).ok(&["set", DRAFT, "1.1", "due_year", "2027", "--because", "as agreed"]);
    Cli::of(server, &CHAIR).ok(&["remove", DRAFT, "2.3"]);
    let path = server.folder().join("range.zip");
    let arguments = ["evidence", "export", DRAFT, "--from", "2", "--because", "asked", "--since-checkpoint"];
    auditor.ok(&[&arguments, [kept.to_str().unwrap(), "-o", path.to_str().unwrap()].as_slice()].concat());
    let files = read_archive(&fs::read(&path).unwrap()).unwrap();
    (path, files)
}

#[test]
fn both_verifiers_say_the_same_of_every_bundle_however_it_was_altered() {
    let server = TestServer::demo();
    let (path, honest) = exported(&server);
    let other_path = server.folder().join("other.zip");
    let auditor = Cli::of(&server, &AUDITOR);
    auditor.ok(&["evidence", "export", ADOPTED, "-o", other_path.to_str().unwrap()]);
    let other = read_archive(&fs::read(&other_path).unwrap()).unwrap();
    let verifier = server.folder().join("verify.py");
    fs::write(&verifier, &honest["verify.py"]).unwrap();

    let mut cases =
        vec![Case { name: "honest", made: Made::Bytes(fs::read(&path).unwrap()), expect: Expect::Verified }];
    of_entries(&honest, &other, &mut cases);
    of_the_whole(&honest, &other, &mut cases);
    of_the_archive(&honest, &mut cases);
    assert!(cases.len() > 120, "{}", cases.len());
    for (number, Case { name, made, expect }) in cases.into_iter().enumerate() {
        let at = server.folder().join(format!("case-{number}"));
        match made {
            Made::Files(files) => fs::write(&at, pack(&files).unwrap()).unwrap(),
            Made::Bytes(bytes) => fs::write(&at, bytes).unwrap(),
            Made::Folder(files) => unpacked(&files, &at),
        }
        let (client, python) = (by_client(&at, None), by_python(&at, None, &verifier));
        assert_eq!(client, python, "{name}");
        let of = |word: &str| -> Vec<u64> {
            let entries = client.entries.iter().flatten();
            entries.filter(|(_, verdict)| *verdict == word).map(|(seq, _)| *seq).collect()
        };
        let code = client.code.unwrap_or_default();
        match expect {
            Expect::Verified => {
                assert_eq!((code, of("invalid"), of("payload_absent")), (0, vec![], vec![]), "{name}")
            }
            Expect::Absent(seqs) => assert_eq!((code, of("payload_absent")), (0, seqs), "{name}"),
            Expect::Nothing => assert_eq!((code, &client.entries), (10, &None), "{name}"),
            Expect::Invalid(seqs) => assert_eq!((code, of("invalid")), (10, seqs), "{name}"),
        }
    }
    let linked = server.folder().join("linked");
    unpacked(&honest, &linked);
    fs::remove_file(linked.join("report.csv")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", linked.join("report.csv")).unwrap();
    let said = by_client(&linked, None);
    assert_eq!((said.code, &said.entries), (Some(10), &None));
    assert_eq!(said, by_python(&linked, None, &verifier));

    // A key that is given by hand is held against the bundle's; text or file.
    let (own, others) = (auditor.ok(&["evidence", "key", DRAFT]), auditor.ok(&["evidence", "key", ADOPTED]));
    let file = server.folder().join("keys");
    fs::write(&file, format!("{others}{own}")).unwrap();
    for (key, code) in [(own.trim_end(), 0), (others.trim_end(), 10), (file.to_str().unwrap(), 0)] {
        let said = by_client(&path, Some(key));
        assert_eq!(said.code, Some(code), "{key}");
        assert_eq!(said, by_python(&path, Some(key), &verifier), "{key}");
    }
    let missing = server.folder().join("missing.zip");
    Cli::with(&server, "").fails(9, &["verify", "--bundle", missing.to_str().unwrap()]);
    assert_eq!(Launch::at("python3").arg(&verifier).arg(&missing).run().code, Some(9));
    for key in ["no key", "", "/dev/null"] {
        assert_eq!(Launch::at("python3").arg(&verifier).args(["--key", key]).run().code, Some(2), "{key:?}");
    }
}

#[test]
fn a_bundle_is_laid_out_as_promised_and_says_what_it_shows() {
    let server = TestServer::demo();
    let (path, files) = exported(&server);
    // What left is an entry, to the byte; the bundle ends before it.
    let (entry, _, left, because) = last_export(&server.client(&AUDITOR), DRAFT);
    let head = entry - 1;
    assert_eq!((left.format, left.from.0, left.to.0, left.filter), (ExportFormat::Evidence, 2, head, None));
    let zip = fs::read(&path).unwrap();
    assert_eq!((left.bytes, left.digest.to_string()), (zip.len() as u64, hex(&Sha256::digest(&zip))));
    assert_eq!(because.as_deref(), Some("asked"));
    for name in ["README.txt", "checkpoint", "prev-checkpoint", "consistency", "keys.txt", "report.json"] {
        assert!(files.contains_key(name), "{name}");
    }
    for seq in 2..=head {
        for file in [EntryFile::Envelope, EntryFile::Payload, EntryFile::Salt, EntryFile::Proof] {
            assert!(files.contains_key(&file.of(seq)), "{}", file.of(seq));
        }
    }
    let manifest: Json = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["complete"], json!({ "from": 2, "to": head }));
    assert_eq!((&manifest["since"], &manifest["because"]), (&json!(3), &json!("asked")));
    assert_eq!(manifest["made_by"]["subject"], AUDITOR.subject);
    assert!(String::from_utf8_lossy(&files["verify.py"]).lines().count() <= 250);
    // Views: no formula, no markup of what people wrote.
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let csv = text("report.csv");
    assert!(
        csv.starts_with("entry,time,") && csv.contains("\"'=HYPERLINK(\"\"http://evil\"\") <b>&\""),
        "{csv}"
    );
    assert!(!text("report.html").contains("<b>") && text("report.html").contains("&lt;b&gt;&amp;"));
    let events: Json = serde_json::from_slice(&files["report.json"]).unwrap();
    let api = server
        .client(&AUDITOR)
        .get(&format!("/api/v1/plans/{DRAFT}/events?after=1&to_seq={head}&limit=1000"))
        .ok();
    assert_eq!(events, api);

    let nobody = Launch::of("plenary").in_folder(server.folder());
    let exit = nobody.clone().args(["verify", "--bundle", "range.zip"]).run();
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    let range = format!("No entry from 2 to {head} is missing");
    for word in ["VERIFIED", &range, "only grown since it had 3 entries", "Whose key it is", "the same log"] {
        assert!(exit.stdout.contains(word), "{word} in: {}", exit.stdout);
    }
    assert_eq!(fs::read(&path).unwrap(), pack(&files).unwrap(), "the same files make the same zip");

    // Of the target that was 2.7 before 2.3 went: a selection, which says that it is one.
    let auditor = Cli::of(&server, &AUDITOR);
    let folder = server.folder().join("target");
    let folder_name = format!("{}/", folder.display());
    auditor.ok(&["evidence", "export", DRAFT, "--element", "2.6", "-o", &folder_name]);
    let (_, _, left, _) = last_export(&server.client(&AUDITOR), DRAFT);
    let said = by_client(&folder, None);
    let seqs: Vec<u64> = said.entries.clone().unwrap().into_keys().collect();
    let target = server.client(&AUDITOR).id_of(DRAFT, "2.6");
    assert_eq!(left.filter.unwrap().element[0].as_str(), target);
    let about = server.client(&AUDITOR).events(DRAFT, &format!("element={target}&limit=1000"));
    assert!(seqs.contains(&1) && about.iter().all(|event| seqs.contains(&event.seq.0)), "{seqs:?}");
    assert!((seqs.len() as u64) < head, "{seqs:?} of {head}");
    let exit = nobody.clone().args(["verify", "--bundle", "target"]).run();
    assert_eq!(exit.code, Some(0), "{}", exit.stdout);
    assert!(exit.stdout.contains("this is a selection"), "{}", exit.stdout);
    let python = Launch::at("python3").arg(folder.join("verify.py")).run();
    assert_eq!(python.code, Some(0), "{}", python.stdout);
    assert!(python.stdout.contains("NOT shown"), "{}", python.stdout);
    auditor.fails(2, &["evidence", "export", DRAFT, "-o", &folder_name]);
    // Altered and refused.
    let payload = folder.join(format!("payload/{}.bin", seqs.last().unwrap()));
    let mut bytes = fs::read(&payload).unwrap();
    bytes[7] ^= 4;
    fs::write(&payload, bytes).unwrap();
    let exit = nobody.args(["verify", "--bundle", "target"]).run();
    assert_eq!(exit.code, Some(10));
    assert!(exit.stdout.contains("NOT VERIFIED") && exit.stdout.contains("INVALID"), "{}", exit.stdout);
    assert_eq!(Launch::at("python3").arg(folder.join("verify.py")).run().code, Some(10));
}

#[test]
fn what_no_bundle_is_made_of_is_named() {
    let server = TestServer::demo();
    let auditor = server.client(&AUDITOR);
    let path = format!("/api/v1/plans/{DRAFT}/evidence/bundle");
    let code = |body: Json| {
        let answer = auditor.post(&path, &body);
        (answer.status, answer.code().to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code(json!({ "from": 0 })), is(400, "malformed"));
    assert_eq!(code(json!({ "from": 3, "to": 2 })), is(400, "malformed"));
    assert_eq!(code(json!({ "to": 100_000 })), is(409, "base_ahead"));
    assert_eq!(code(json!({ "elements": ["9.9"] })), is(404, "no_such_element"));
    assert_eq!(code(json!({ "elements": ["2.7"], "to": 1 })), is(404, "no_such_element"));
    let so_many = |count| code(json!({ "elements": vec!["2.7"; count] })).0;
    plenary_limits::holds!(BUNDLE_ELEMENTS_MAX, |count| so_many(count) == 200);
    assert_eq!(code(json!({ "elements": vec!["2.7"; 101] })), is(413, "too_large"));
    assert_eq!(code(json!({ "because": "x".repeat(3_000) })), is(413, "too_large"));
    assert_eq!(code(json!({ "since": "nothing" })), is(400, "malformed"));
    let other = auditor.get(&format!("/api/v1/plans/{ADOPTED}/evidence/checkpoint")).text;
    assert_eq!(code(json!({ "since": other })), is(400, "malformed"));
    assert_eq!(code(json!({ "form": 1 })), is(400, "malformed"));
    let head = auditor.head(DRAFT);
    let answer = auditor.post(&path, &json!({}));
    assert_eq!(
        answer.header("plenary-entry"),
        head.next().to_string(),
        "nothing was written of refused ones"
    );
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
    assert!(answer.header("content-disposition").contains(&format!("{DRAFT}-evidence-1-")));
}
