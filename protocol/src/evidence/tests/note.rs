//! Keys, notes, checkpoints and proofs as texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary_limits::holds;
use proptest::prelude::*;
use signed_note::{StandardVerifier, VerifierList};

use super::super::{
    Checkpoint, CheckpointError, ConsistencyProof, ConsistencyProofError, KeyError, Leaves, Note, NoteError,
    SigningKey, TlogProof, TlogProofError, VerifierKey, origin, read_entries,
};
use super::{checkpoint, key, leaves, verifier};
use crate::ids::{Digest, PlanId};

/// Key and note of the specification (c2sp.org/signed-note, "Verifier keys").
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// Key, seed and note of the first implementation (golang.org/x/mod/sumdb/note).
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\u{2014} PeterNeumann \
    x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn open(note: &str, key: &str) -> Result<String, NoteError> {
    let key: VerifierKey = key.parse().unwrap();
    Note::parse(note.as_bytes())?.verify(&[key]).map(str::to_owned)
}

#[test]
fn notes_of_the_specification_and_of_go_verify() {
    assert_eq!(open(SPEC_NOTE, SPEC_KEY).unwrap(), "This is an example message.\n");
    assert_eq!(open(GO_NOTE, GO_KEY).unwrap(), GO_NOTE.split("\n\n").next().unwrap().to_owned() + "\n");
    for key in [SPEC_KEY, GO_KEY] {
        assert_eq!(key.parse::<VerifierKey>().unwrap().to_string(), key);
    }
    assert_eq!(open(SPEC_NOTE, GO_KEY), Err(NoteError::Unsigned));
}

#[test]
fn a_note_signed_here_is_that_of_go_byte_for_byte() {
    let seed: [u8; 32] = STANDARD.decode(GO_SEED).unwrap()[1..].try_into().unwrap();
    let key = SigningKey::of_seed(&seed);
    let text = GO_NOTE.split("\n\n").next().unwrap().to_owned() + "\n";
    let note = super::super::note::sign(&text, &key, &key.verifier("PeterNeumann").unwrap());
    assert_eq!(note, GO_NOTE);
    assert_eq!(key.verifier("PeterNeumann").unwrap().to_string(), GO_KEY);
    assert_eq!(format!("{key:?}"), "SigningKey");
}

#[test]
fn another_implementation_verifies_our_checkpoints() {
    let note = checkpoint(9, leaves(1)[0]).sign(&key()).unwrap();
    let theirs = StandardVerifier::new(&verifier("plans.example.org/plans/sp/1").to_string()).unwrap();
    let parsed = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, unverified) = parsed.verify(&VerifierList::new(vec![Box::new(theirs)])).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
}

#[test]
fn keys_that_were_altered_are_no_keys() {
    // Every part of the key and every key with one letter more than it.
    for key in [SPEC_KEY, GO_KEY] {
        for start in 0..key.len() {
            for end in start + 1..=key.len() {
                let part = &key[start..end];
                assert!(part == key || part.parse::<VerifierKey>().is_err(), "{part}");
            }
        }
        for at in 0..key.len() {
            let mut altered = key.as_bytes().to_vec();
            altered[at] += 1;
            let altered = String::from_utf8(altered).unwrap();
            assert!(altered.parse::<VerifierKey>().is_err(), "{altered}");
        }
    }
    assert_eq!("a b+00000000+AA==".parse::<VerifierKey>(), Err(KeyError::Key { name: "a b".into() }));
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        assert_eq!(key().verifier(name), Err(KeyError::Name { name: name.into() }), "{name:?}");
    }
}

#[test]
fn notes_that_are_none_are_refused() {
    let signature = SPEC_NOTE.split("\n\n").nth(1).unwrap();
    let many = signature.repeat(101);
    let cases = [
        String::new(),
        "\n".into(),
        "text\n".into(),
        format!("text\n{signature}"),
        format!("text\n\n{}", signature.trim_end()),
        format!("text\n\n{signature}\n"),
        format!("text\n\n{signature}text\n"),
        format!("te\txt\n\n{signature}"),
        format!("te\rxt\n\n{signature}"),
        "text\n\n\u{2014} name\n".into(),
        "text\n\n\u{2014} name !!!!\n".into(),
        "text\n\n\u{2014} name AAAA\n".into(),
        "text\n\n\u{2014}  AAAAAAAA\n".into(),
        "text\n\n- name AAAAAAAA\n".into(),
        format!("text\n\n{many}"),
        format!("{}\n\n{signature}", "x".repeat(1_000_000)),
    ];
    for case in cases {
        assert!(Note::parse(case.as_bytes()).is_err(), "{:?}", case.get(..40).unwrap_or(&case));
    }
    assert!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n").is_err());
}

#[test]
fn notes_hold_to_the_byte_and_the_signature() {
    let signature = SPEC_NOTE.split("\n\n").nth(1).unwrap();
    let reads = |note: String| Note::parse(note.as_bytes()).is_ok();
    let rest = "\n\n".len() + signature.len();
    holds!(NOTE_BYTES_MAX, |bytes| reads(format!("{}\n\n{signature}", "x".repeat(bytes - rest))));
    holds!(NOTE_SIGNATURES_MAX, |count| reads(format!("text\n\n{}", signature.repeat(count))));
}

#[test]
fn signatures_of_others_are_passed_over_and_a_wrong_one_of_ours_refuses_the_note() {
    let own = checkpoint(3, Digest([3; 32])).sign(&key()).unwrap();
    let key = verifier("plans.example.org/plans/sp/1");
    let foreign = SPEC_NOTE.split("\n\n").nth(1).unwrap();
    assert!(Checkpoint::open(format!("{own}{foreign}").as_bytes(), &key).is_ok());
    let other = checkpoint(4, Digest([3; 32])).sign(&super::key()).unwrap();
    let line = other.split("\n\n").nth(1).unwrap();
    let wrong = Checkpoint::open(format!("{own}{line}").as_bytes(), &key);
    assert!(matches!(wrong, Err(CheckpointError::Note(NoteError::Signature { .. }))), "{wrong:?}");
}

#[test]
fn a_checkpoint_says_what_was_signed() {
    let signed = checkpoint(20_852_163, Digest([9; 32]));
    let name = origin("plans.example.org", &"sp".parse::<PlanId>().unwrap(), 1);
    assert_eq!(signed.origin, name);
    let note = signed.sign(&key()).unwrap();
    assert_eq!(note.lines().take(2).collect::<Vec<_>>(), ["plans.example.org/plans/sp/1", "20852163"]);
    assert_eq!(Checkpoint::open(note.as_bytes(), &verifier(&name)), Ok(signed.clone()));
    let elsewhere = VerifierKey::new("plans.example.org/plans/sp/2", verifier(&name).bytes()).unwrap();
    assert_eq!(
        Checkpoint::open(note.as_bytes(), &elsewhere),
        Err(CheckpointError::Note(NoteError::Unsigned))
    );
    for text in [
        "",
        "\n",
        "o\n",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n+1\nAAAA\n",
        "o\n1\nAAAA\n",
        "o\n-1\nAAAA\n",
        "\n1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
        "o\n1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
        "o\n1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n",
        "o\n18446744073709551616\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
    ] {
        assert!(Checkpoint::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn no_byte_of_a_checkpoint_or_a_proof_can_be_altered() {
    let all: Leaves = leaves(11).into_iter().collect();
    let signed = checkpoint(11, all.root(11).unwrap());
    let key = verifier(&signed.origin);
    let checkpoint = signed.sign(&super::key()).unwrap();
    let proof = TlogProof { index: 6, hashes: all.inclusion(6, 11).unwrap(), checkpoint: checkpoint.clone() };
    let leaf = all.get(6).unwrap();
    let text = proof.text();
    assert_eq!(TlogProof::parse(&text).unwrap(), proof);
    assert_eq!(proof.verify(&leaf, &key).unwrap(), signed);
    let holds = |bytes: &[u8]| {
        let Ok(text) = str::from_utf8(bytes) else { return false };
        TlogProof::parse(text).is_ok_and(|proof| proof.verify(&leaf, &key).is_ok())
    };
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.as_bytes().to_vec();
            altered[at] ^= 1 << bit;
            assert!(!holds(&altered), "byte {at}, bit {bit}");
        }
        assert!(!holds(&text.as_bytes()[..at]), "cut at {at}");
    }
    assert!(!holds(format!("{text}x").as_bytes()));
    let with_extra = text.replacen("index", "extra AAAA\nindex", 1);
    assert!(holds(with_extra.as_bytes()));
    let wrong = TlogProof { index: 7, ..proof };
    assert!(matches!(wrong.verify(&leaf, &key), Err(TlogProofError::Proof(_))));
}

#[test]
fn no_byte_of_a_proof_of_growth_can_be_altered() {
    let all: Leaves = leaves(11).into_iter().collect();
    let kept = checkpoint(5, all.root(5).unwrap());
    let later = checkpoint(11, all.root(11).unwrap());
    let key = verifier(&later.origin);
    let proof = ConsistencyProof {
        from: 5,
        hashes: all.consistency(5, 11).unwrap(),
        checkpoint: later.sign(&super::key()).unwrap(),
    };
    let text = proof.text();
    assert_eq!(ConsistencyProof::parse(&text).unwrap(), proof);
    assert_eq!(proof.verify(&kept, &key), Ok(later.clone()));
    let holds = |bytes: &[u8]| {
        let Ok(text) = str::from_utf8(bytes) else { return false };
        ConsistencyProof::parse(text).is_ok_and(|proof| proof.verify(&kept, &key).is_ok())
    };
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.as_bytes().to_vec();
            altered[at] ^= 1 << bit;
            assert!(!holds(&altered), "byte {at}, bit {bit}");
        }
        assert!(!holds(&text.as_bytes()[..at]), "cut at {at}");
    }
    let older = checkpoint(4, all.root(4).unwrap());
    assert_eq!(proof.verify(&older, &key), Err(ConsistencyProofError::From { kept: 4, found: 5 }));
    // The same size with other entries is another history.
    let other = checkpoint(5, Digest([1; 32]));
    assert!(matches!(proof.verify(&other, &key), Err(ConsistencyProofError::Proof(_))));
    let older = ConsistencyProof { from: 11, hashes: vec![], checkpoint: kept.sign(&super::key()).unwrap() };
    assert!(matches!(older.verify(&later, &key), Err(ConsistencyProofError::Proof(_))), "a log went back");
}

#[test]
fn a_proof_in_a_tree_of_a_million_fits_its_size() {
    let hashes = vec![Digest([255; 32]); 20];
    let checkpoint = checkpoint(1_000_000, Digest([255; 32])).sign(&key()).unwrap();
    let text = TlogProof { index: 999_999, hashes, checkpoint }.text();
    assert!(text.len() <= 1_536, "{}", text.len());
}

proptest! {
    #[test]
    fn nothing_that_comes_in_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        _ = Note::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        _ = text.parse::<VerifierKey>();
        _ = Checkpoint::parse(&text);
        _ = TlogProof::parse(&text);
        _ = ConsistencyProof::parse(&text);
        _ = read_entries(&bytes);
    }

    #[test]
    fn a_checkpoint_reads_back_as_it_was(size in any::<u64>(), root in any::<[u8; 32]>()) {
        let signed = checkpoint(size, Digest(root));
        let note = signed.sign(&key()).unwrap();
        prop_assert_eq!(Checkpoint::open(note.as_bytes(), &verifier(&signed.origin)), Ok(signed));
    }
}
