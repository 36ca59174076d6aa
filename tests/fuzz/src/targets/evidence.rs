//! What others hand over as evidence: signed notes and checkpoints, proofs, bundles.

use plenary_core::Ask;
use plenary_core::exchange::bundle::{Bundle, BundleEntry, pack};
use plenary_core::hub::ConnId;
use plenary_log::{Entry, Record, SegmentImage};
use plenary_protocol::evidence::bundle::{
    BUNDLE_FORMAT, EntryFile, EntryVerdict, MadeBy, Manifest, README_FILE, Stretch, VERIFIER_FILE,
    read_archive, verify_bundle,
};
use plenary_protocol::evidence::{
    Checkpoint, ConsistencyProof, Leaves, Note, SigningKey, TlogProof, VerifierKey, origin,
    verify_consistency, verify_inclusion,
};
use plenary_protocol::record::{Quarantine, leaf_hash};
use plenary_protocol::{Bureau, Digest, Principal, Role, Seq};
use plenary_sim::honest;
use plenary_sim::journal::Fault;
use plenary_sim::random::Random;
use plenary_sim::scene;
use plenary_sim::server::Server;

use crate::target::Target;

/// A log of some leaves, its key, and a signed checkpoint of it.
struct Signed {
    leaves: Leaves,
    key: VerifierKey,
    root: Digest,
    note: String,
}

const LEAVES: u64 = 23;

fn signed() -> Result<Signed, String> {
    let leaves: Leaves = (0..LEAVES as u8).map(|number| Digest([number; 32])).collect();
    let origin = origin("fuzz.example", &scene::plan_id(), 1);
    let signing = SigningKey::of_seed(&[5; 32]);
    let key = signing.verifier(&origin).map_err(|error| error.to_string())?;
    let root = leaves.root(LEAVES).ok_or("a root")?;
    let checkpoint = Checkpoint { origin, size: LEAVES, root };
    let note = checkpoint.sign(&signing).map_err(|error| error.to_string())?;
    Ok(Signed { leaves, key, root, note })
}

/// Signed notes, checkpoints, keys.
pub fn notes() -> Result<Target, String> {
    let Signed { key, note, root, .. } = signed()?;
    let corpus = vec![note.clone().into_bytes(), format!("{key}\n").into_bytes()];
    Ok(Target::new("notes", corpus, move |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            _ = Checkpoint::parse(text);
            _ = text.trim_end().parse::<VerifierKey>();
        }
        let Ok(note) = Note::parse(bytes) else { return Ok(false) };
        let is_signed = note.verify(std::slice::from_ref(&key)).is_ok();
        match Checkpoint::open(bytes, &key) {
            Ok(found) if found.size != LEAVES || found.root != root => {
                Err(format!("a checkpoint that nobody signed is taken: {found:?}"))
            }
            _ => Ok(is_signed),
        }
    }))
}

/// Proofs as text, and as sizes and hashes that lie.
pub fn proofs() -> Result<Target, String> {
    let Signed { leaves, key, root, note } = signed()?;
    let mut corpus = Vec::new();
    for index in [0, 7, 22] {
        let hashes = leaves.inclusion(index, LEAVES).ok_or("a proof")?;
        corpus.push(TlogProof { index, hashes, checkpoint: note.clone() }.text().into_bytes());
        let hashes = leaves.consistency(index + 1, LEAVES).ok_or("a proof")?;
        corpus
            .push(ConsistencyProof { from: index + 1, hashes, checkpoint: note.clone() }.text().into_bytes());
    }
    Ok(Target::new("proofs", corpus, move |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(false) };
        let mut taken = false;
        if let Ok(proof) = TlogProof::parse(text) {
            for leaf in leaves.all() {
                let holds = proof.verify(leaf, &key).is_ok();
                if holds && leaves.get(proof.index) != Some(*leaf) {
                    return Err(format!("a leaf is proved at place {} that stands elsewhere", proof.index));
                }
                taken |= holds;
            }
            for size in [0, 1, proof.index, LEAVES, u64::MAX] {
                _ = verify_inclusion(proof.index, size, &leaves.all()[0], &root, &proof.hashes);
            }
        }
        if let Ok(proof) = ConsistencyProof::parse(text) {
            for size in [0, 1, LEAVES, u64::MAX] {
                _ = verify_consistency(proof.from, size, &root, &root, &proof.hashes);
            }
            taken = true;
        }
        Ok(taken)
    }))
}

/// Evidence bundles: that of a real log, one that lacks a file, and one whose files say nothing.
pub fn bundles() -> Result<Target, String> {
    let (bundle, key) = bundle()?;
    let whole = bundle.files().map_err(|error| error.to_string())?;
    let mut small = whole.clone();
    small.retain(|name, _| name != VERIFIER_FILE && name != README_FILE && !name.starts_with("report"));
    let mut lacking = small.clone();
    lacking.remove(&EntryFile::Payload.of(1));
    let idle = small.keys().map(|name| (name.clone(), b"{}".to_vec())).collect();
    let corpus = [whole, small, lacking, idle].iter().map(pack).collect::<Result<_, _>>();
    let corpus = corpus.map_err(|error| error.to_string())?;
    let entries: Vec<_> = bundle.entries.into_iter().map(|entry| (entry.seq, entry.envelope)).collect();
    Ok(Target::new("bundles", corpus, move |bytes| {
        let Ok(files) = read_archive(bytes) else { return Ok(false) };
        if files.values().map(Vec::len).sum::<usize>() > bytes.len() {
            return Err("the files of an archive are larger than it".to_owned());
        }
        let Ok(report) = verify_bundle(&files, std::slice::from_ref(&key)) else { return Ok(false) };
        for (seq, verdict) in &report.entries {
            let name = EntryFile::Envelope.of(*seq);
            let is_real =
                entries.iter().any(|(real, bytes)| real.0 == *seq && files.get(&name) == Some(bytes));
            if !is_real && !matches!(verdict, EntryVerdict::Invalid { .. }) {
                return Err(format!("entry {seq} is said to be proved, and is not of the log"));
            }
        }
        Ok(true)
    }))
}

/// The entries of a plan that somebody has written in.
fn logged() -> Result<Vec<Entry>, String> {
    let mut server = Server::new(&mut Random::new(0), Fault::None)?;
    let who = scene::person("br-1", Bureau::BR, Role::Drafter);
    let ask = Ask::Changes { changes: honest::samples(4)?, because: None, answers: Vec::new() };
    server.mail((ConnId(1), 0), &who, ask).map_err(|turned| format!("turned away: {turned:?}"))?;
    server.settle()?;
    let (_, records) = SegmentImage::recover(server.journal.bytes().to_vec())?;
    let entries = records.into_iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry),
        Record::Fact(_) => None,
    });
    Ok(entries.collect())
}

/// The bundle of a log of one plan, and the key of its checkpoint.
fn bundle() -> Result<(Bundle, VerifierKey), String> {
    let logged = logged()?;
    let leaves: Leaves = logged.iter().map(|entry| leaf_hash(&entry.envelope)).collect();
    let size = logged.len() as u64;
    let signing = SigningKey::of_seed(&[5; 32]);
    let origin = origin("fuzz.example", &scene::plan_id(), 1);
    let key = signing.verifier(&origin).map_err(|error| error.to_string())?;
    let root = leaves.root(size).ok_or("a root")?;
    let checkpoint = Checkpoint { origin, size, root }.sign(&signing).map_err(|error| error.to_string())?;
    let proved = |entry: Entry| {
        let proof = leaves.inclusion(entry.seq - 1, size).ok_or("a proof")?;
        let Entry { seq, envelope, salt, payload, .. } = entry;
        Ok(BundleEntry { seq: Seq(seq), envelope, salt, payload, proof })
    };
    let entries = logged.into_iter().map(proved).collect::<Result<Vec<_>, String>>()?;
    let Principal { subject, name, bureau, role, .. } = scene::chair();
    let manifest = Manifest {
        format: BUNDLE_FORMAT.to_owned(),
        plan: scene::plan_id(),
        title: "A plan".to_owned(),
        complete: Some(Stretch { from: 1, to: size }),
        elements: Vec::new(),
        entries: (1..=size).collect(),
        since: None,
        made_at: "2026-09-21T14:13:20Z".to_owned(),
        made_by: MadeBy { subject, name, bureau, role },
        because: None,
        build: "fuzz".to_owned(),
    };
    Ok((
        Bundle {
            manifest,
            key: key.clone(),
            checkpoint,
            growth: None,
            quarantine: Quarantine::default(),
            entries,
        },
        key,
    ))
}
