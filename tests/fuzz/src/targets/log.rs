//! What lies on the disk: segments of the journal, records of entries.

use plenary_log::{Record, SegmentImage};
use plenary_protocol::evidence::{Body, put_entry, read_entries};
use plenary_protocol::record::{Event, decode_envelope};
use plenary_sim::journal::Fault;
use plenary_sim::random::Random;
use plenary_sim::server::Server;

use crate::target::Target;

/// A journal with some groups in it.
fn written() -> Result<Vec<u8>, String> {
    let server = Server::new(&mut Random::new(0), Fault::None)?;
    let (mut image, mut records) = SegmentImage::recover(server.journal.bytes().to_vec())?;
    for _ in 0..3 {
        records.iter_mut().for_each(|record| {
            if let Record::Entry(entry) = record {
                entry.seq += 1;
                entry.payload.truncate(200);
            }
        });
        image.append(&records);
    }
    Ok(image.bytes().to_vec())
}

/// Segments, as a start reads them.
pub fn journal() -> Result<Target, String> {
    Ok(Target::new("journal", vec![written()?], |bytes| {
        let Ok((image, records)) = SegmentImage::recover(bytes.to_vec()) else { return Ok(false) };
        // What was recovered is a journal like any other.
        match SegmentImage::recover(image.bytes().to_vec()) {
            Ok((_, again)) if again == records => Ok(true),
            Ok(_) => Err("what was recovered does not recover as it was".to_owned()),
            Err(error) => Err(format!("what was recovered does not recover: {error}")),
        }
    }))
}

/// Envelopes, payloads, and sequences of both.
pub fn records() -> Result<Target, String> {
    let (_, records) = SegmentImage::recover(written()?)?;
    let mut corpus = Vec::new();
    for record in &records {
        let Record::Entry(entry) = record else { continue };
        let mut sequence = Vec::new();
        put_entry(
            &mut sequence,
            &entry.envelope,
            Body::Present { salt: &entry.salt, payload: &entry.payload },
        );
        put_entry(&mut sequence, &entry.envelope, Body::Absent);
        corpus.extend([sequence, entry.envelope.clone()]);
    }
    Ok(Target::new("records", corpus, |bytes| {
        _ = decode_envelope(bytes);
        let Ok(entries) = read_entries(bytes) else { return Ok(false) };
        for entry in entries {
            if let Body::Present { salt, payload } = entry.body() {
                _ = Event::open(entry.envelope(), salt, payload);
            }
        }
        Ok(true)
    }))
}
