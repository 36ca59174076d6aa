//! Reading a journal that is there: its chain of segments, its last segment whole, and how its end is
//! made sure before anything is appended.
//!
//! [`Chain::read`] changes nothing, so that a start can still refuse; [`Chain::settle`] is the only
//! place that cuts.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{self, Disk, DiskError};
use crate::entry::{Hash, Record};
use crate::error::OpenError;
use crate::frame::{self, CLOSE_FRAME_BYTES, Content, Fault, Heads};
use crate::journal::{Journal, Mark};
use crate::segment::{self, GroupContent, HEADER_BYTES, Header, Scan, Span};

/// A segment file, by its name.
#[derive(Clone, Debug)]
pub(crate) struct SegmentFile {
    pub path: PathBuf,
    pub first: u64,
}

/// A segment read whole.
pub(crate) struct Loaded {
    pub path: PathBuf,
    pub header: Header,
    pub bytes: Vec<u8>,
    pub scan: Scan,
}

/// A segment whose last group was copied into the next one, and whose own end is not yet made.
struct Unfinished {
    path: PathBuf,
    nonce: u32,
    cut_at: usize,
    next: u64,
    hash: Hash,
}

/// The segments of a journal, checked against each other; at least one.
pub(crate) struct Chain {
    pub files: Vec<SegmentFile>,
    pub last: Loaded,
    unfinished: Option<Unfinished>,
}

/// Lists the segments of a journal, in order; none when there is no journal.
pub(crate) fn list(journal: &Path) -> Result<Vec<SegmentFile>, OpenError> {
    let mut files = Vec::new();
    let entries = match fs::read_dir(journal) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(DiskError::at("list", journal))?,
    };
    for entry in entries {
        let path = entry.map_err(DiskError::at("list", journal))?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        let first = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        let Some(first) = first else {
            return Err(damage(&path, 0, "a name of digits", "this name", &way_out_older(journal)));
        };
        files.push(SegmentFile { path, first });
    }
    files.sort_by_key(|file| file.first);
    Ok(files)
}

/// Segments are kept: a journal that does not begin at its first group has lost entries, of which the
/// store holds the last copy.
pub(crate) fn check_begins_at_one(journal: &Path, files: &[SegmentFile]) -> Result<(), OpenError> {
    match files.first() {
        Some(file) if file.first != 1 => {
            let found = format!("group {}: the segments before are gone", file.first);
            Err(damage(
                &file.path,
                0,
                "the first segment, which begins at group 1",
                &found,
                &way_out_older(journal),
            ))
        }
        _ => Ok(()),
    }
}

/// Reads a segment whole.
pub(crate) fn load(file: &SegmentFile) -> Result<Result<Loaded, Fault>, OpenError> {
    let bytes = disk::read(&file.path)?;
    Ok(Header::decode(&bytes, file.first).map(|header| {
        let scan = segment::scan(&bytes, &header);
        Loaded { path: file.path.clone(), header, bytes, scan }
    }))
}

impl Loaded {
    /// Gives the place after its last whole group.
    pub(crate) fn end_mark(&self) -> Mark {
        match self.scan.groups.last() {
            Some(span) => Mark { position: span.position, hash: span.hash_after },
            None => Mark { position: self.header.first - 1, hash: self.header.hash_before },
        }
    }

    pub(crate) fn content(&self, span: &Span) -> Result<GroupContent, OpenError> {
        segment::group_content(&self.bytes, span, self.header.nonce)
            .map_err(|fault| corrupt(&self.path, &fault, "The file changed while it was read"))
    }

    /// Gives the records of its groups, in order.
    pub(crate) fn records(&self) -> Result<Vec<Record>, OpenError> {
        let mut records = Vec::new();
        for span in &self.scan.groups {
            if let GroupContent::Records(found) = self.content(span)? {
                records.extend(found);
            }
        }
        Ok(records)
    }

    /// Tells whether the journal was closed by a clean stop: its last group is a seal, whole.
    pub(crate) fn is_sealed(&self) -> bool {
        self.scan.fault.is_none()
            && !self.scan.is_closed
            && self.scan.groups.last().is_some_and(|span| span.is_seal)
    }

    /// Gives the records of whole frames behind `from` that carry this position or a later one.
    pub(crate) fn readable_after(&self, from: usize) -> Vec<Record> {
        let mut records = Vec::new();
        let position_before = self.end_mark().position;
        let mut at = from;
        loop {
            let here = frame::read_raw(&self.bytes, at, self.header.nonce).is_ok();
            let found = if here {
                Some(at)
            } else {
                frame::find_later(&self.bytes, at, self.header.nonce, position_before)
            };
            let Some(found) = found else { return records };
            let Ok(raw) = frame::read_raw(&self.bytes, found, self.header.nonce) else { return records };
            if let Ok(Content::Record(record)) = frame::decode(&raw, found) {
                records.push(record);
            }
            at = raw.end;
        }
    }

    /// Reads the rest as damage; none when every byte is as it should be.
    pub(crate) fn fault(&self, way_out: &str) -> Option<OpenError> {
        self.scan.fault.as_ref().map(|(fault, _)| corrupt(&self.path, fault, way_out))
    }
}

impl Chain {
    /// Reads the last of `files` whole and of the others the closing frame; `files` is not empty.
    pub(crate) fn read(journal: &Path, files: Vec<SegmentFile>) -> Result<Self, OpenError> {
        let Some(last_file) = files.last() else {
            return Err(damage(journal, 0, "at least one segment", "none", &way_out_older(journal)));
        };
        let way_out = way_out_older(journal);
        let last =
            load(last_file)?.map_err(|fault| corrupt(&last_file.path, &fault, &way_out_last(journal)))?;
        let mut unfinished = None;
        let mut after = last.header;
        for (index, file) in files.iter().enumerate().rev().skip(1) {
            let next = &files[index + 1];
            let (header, close) = read_ends(file, &way_out)?;
            let fits =
                close.is_ok_and(|(position, hash)| position == after.first && hash == after.hash_before);
            if !fits {
                // Only the segment before the last can be without its end: a stop in the middle of a start.
                let found = if after.copies_last && index + 2 == files.len() {
                    unfinished_end(file, &after)?
                } else {
                    None
                };
                let Some(found) = found else {
                    let length = fs::metadata(&file.path).map_err(DiskError::at("read", &file.path))?.len();
                    let offset = length.saturating_sub(CLOSE_FRAME_BYTES as u64);
                    let expected = format!(
                        "a closing frame before group {}, hash {}, which {} starts from",
                        after.first,
                        segment::short(&after.hash_before),
                        next.path.display()
                    );
                    let found = match close_at_end(file)? {
                        Ok((position, hash)) => {
                            format!("one before group {position}, hash {}", segment::short(&hash))
                        }
                        Err(fault) => fault.found,
                    };
                    return Err(damage(&file.path, offset, &expected, &found, &way_out));
                };
                unfinished = Some(found);
            }
            after = header;
        }
        if after.first == 1 && after.hash_before != Mark::START.hash {
            return Err(damage(&files[0].path, 24, "32 zero bytes before group 1", "others", &way_out));
        }
        Ok(Self { files, last, unfinished })
    }

    /// Makes the end of the journal sure and opens it to append. What is cut was judged before.
    ///
    /// After a clean stop the last segment is synced and goes on. After any other stop its last group
    /// is written anew into a fresh segment and synced there, because a sync after one that failed
    /// proves nothing; only then is the old copy cut off.
    pub(crate) fn settle(
        &self,
        disk: Arc<dyn Disk>,
        journal: &Path,
        segment_bytes_max: u64,
    ) -> Result<Journal, OpenError> {
        if let Some(unfinished) = &self.unfinished {
            unfinished.finish(&*disk)?;
        }
        let (last, end, dir) = (&self.last, self.last.end_mark(), journal.to_owned());
        if last.is_sealed() {
            let length_bytes = last.bytes.len() as u64;
            let resumed = Journal::resume(disk, dir, segment_bytes_max, &last.header, length_bytes, end)?;
            return Ok(resumed);
        }
        let Some(span) = last.scan.groups.last() else {
            let mut header = Header::new(last.header.first, last.header.hash_before);
            header.copies_last = last.header.copies_last;
            return Ok(Journal::start_segment(disk, dir, segment_bytes_max, &header, &[], end)?);
        };
        let mut header = Header::new(span.position, span.hash_before);
        let replaces_whole = last.scan.groups.len() == 1;
        header.copies_last = !replaces_whole || last.header.copies_last;
        let group = last.content(span)?.encode(header.nonce, span);
        let made = Journal::start_segment(Arc::clone(&disk), dir, segment_bytes_max, &header, &group, end)?;
        if !replaces_whole {
            let old = Unfinished {
                path: last.path.clone(),
                nonce: last.header.nonce,
                cut_at: span.start,
                next: span.position,
                hash: span.hash_before,
            };
            old.finish(&*disk)?;
        }
        Ok(made)
    }

    /// Reads every group after `from` in order, segment by segment.
    pub(crate) fn for_each_after(
        &self,
        from: Mark,
        visit: &mut dyn FnMut(&Span, GroupContent) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let way_out = self.files.first().map(|file| way_out_older(file.path.parent().unwrap_or(&file.path)));
        let way_out = way_out.unwrap_or_default();
        for (index, file) in self.files.iter().enumerate() {
            let next_first = self.files.get(index + 1).map(|next| next.first);
            if next_first.is_some_and(|next| next <= from.position + 1) {
                continue;
            }
            let is_last = next_first.is_none();
            let owned = if is_last {
                None
            } else {
                Some(load(file)?.map_err(|fault| corrupt(&file.path, &fault, &way_out))?)
            };
            let loaded = owned.as_ref().unwrap_or(&self.last);
            for span in &loaded.scan.groups {
                // The copy of the last group before an unclean stop stands in the next segment.
                if span.position > from.position && next_first.is_none_or(|next| span.position < next) {
                    visit(span, loaded.content(span)?)?;
                }
            }
            let reached = loaded.end_mark().position + 1;
            if next_first.is_some_and(|next| reached < next) {
                return Err(loaded.fault(&way_out).unwrap_or_else(|| {
                    let expected = format!("group {reached}");
                    damage(&file.path, loaded.scan.end as u64, &expected, "the end of the segment", &way_out)
                }));
            }
        }
        Ok(())
    }

    /// Gives the running hash after a position; none when the journal does not hold that place.
    pub(crate) fn hash_at(&self, position: u64) -> Result<Option<Hash>, OpenError> {
        let in_segment = |loaded: &Loaded| {
            if loaded.header.first == position + 1 {
                return Some(loaded.header.hash_before);
            }
            let span = loaded.scan.groups.iter().find(|span| span.position == position)?;
            Some(span.hash_after)
        };
        if let Some(hash) = in_segment(&self.last) {
            return Ok(Some(hash));
        }
        let Some(file) = self.files.iter().rev().find(|file| file.first <= position + 1) else {
            return Ok(None);
        };
        Ok(load(file)?.ok().as_ref().and_then(in_segment))
    }

    /// Gives the heads that the whole journal leads to, as far as it can be read.
    pub(crate) fn heads(&self) -> Heads {
        let mut heads = Heads::new();
        let before = Mark { position: 0, hash: [0; 32] };
        let _ = self.for_each_after(before, &mut |_, content| {
            match content {
                GroupContent::Records(records) => advance(&mut heads, &records),
                GroupContent::Seal(sealed) => heads.extend(sealed),
            }
            Ok(())
        });
        heads
    }
}

/// Moves heads on over records.
pub(crate) fn advance(heads: &mut Heads, records: &[Record]) {
    for record in records {
        if let Record::Entry(entry) = record {
            let hash = crate::entry::leaf_hash(&entry.envelope);
            heads.insert(entry.plan.clone(), crate::entry::Head { seq: entry.seq, hash });
        }
    }
}

impl Unfinished {
    fn finish(&self, disk: &dyn Disk) -> Result<(), DiskError> {
        let mut file = disk.open_append(&self.path).map_err(DiskError::at("open", &self.path))?;
        file.cut(self.cut_at as u64).map_err(DiskError::at("cut", &self.path))?;
        let close = frame::encode_close(self.nonce, self.next, self.cut_at as u64, &self.hash);
        file.append(&close).map_err(DiskError::at("write", &self.path))?;
        file.sync_data().map_err(DiskError::at("sync", &self.path))
    }
}

/// Finds where the segment before a copy has to end.
fn unfinished_end(file: &SegmentFile, after: &Header) -> Result<Option<Unfinished>, OpenError> {
    let Ok(loaded) = load(file)? else { return Ok(None) };
    let mark = Mark { position: after.first - 1, hash: after.hash_before };
    let ends = |span: &&Span| span.position == mark.position && span.hash_after == mark.hash;
    let cut_at = match loaded.scan.groups.iter().find(ends) {
        Some(span) => span.end,
        None => return Ok(None),
    };
    let (path, nonce) = (loaded.path, loaded.header.nonce);
    Ok(Some(Unfinished { path, nonce, cut_at, next: after.first, hash: mark.hash }))
}

type CloseFound = Result<(u64, Hash), Fault>;

/// Reads the header and the closing frame of a segment, and nothing between.
fn read_ends(file: &SegmentFile, way_out: &str) -> Result<(Header, CloseFound), OpenError> {
    let io = |action| DiskError::at(action, &file.path);
    let mut handle = fs::File::open(&file.path).map_err(io("open"))?;
    let mut head = Vec::with_capacity(HEADER_BYTES);
    Read::by_ref(&mut handle).take(HEADER_BYTES as u64).read_to_end(&mut head).map_err(io("read"))?;
    let header = Header::decode(&head, file.first).map_err(|fault| corrupt(&file.path, &fault, way_out))?;
    Ok((header, read_close(&mut handle, &header).map_err(io("read"))?))
}

fn close_at_end(file: &SegmentFile) -> Result<CloseFound, OpenError> {
    read_ends(file, "").map(|(_, close)| close)
}

fn read_close(handle: &mut fs::File, header: &Header) -> std::io::Result<CloseFound> {
    let length = handle.metadata()?.len();
    let start = length.saturating_sub(CLOSE_FRAME_BYTES as u64).max(HEADER_BYTES as u64);
    handle.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(CLOSE_FRAME_BYTES);
    handle.read_to_end(&mut bytes)?;
    Ok(frame::read_raw(&bytes, 0, header.nonce).and_then(|raw| {
        let fault = |found: String| Fault {
            offset: 0,
            expected: "a closing frame".to_owned(),
            found,
            written_so: true,
        };
        match frame::decode(&raw, 0)? {
            Content::Close { length_bytes, hash } if length_bytes == start && raw.end == bytes.len() => {
                Ok((raw.position, hash))
            }
            Content::Close { length_bytes, .. } => Err(fault(format!("one for {length_bytes} bytes"))),
            _ => Err(fault("another frame".to_owned())),
        }
    }))
}

/// What an operator can do about the last segment.
pub(crate) fn way_out_last(journal: &Path) -> String {
    let data = journal.parent().unwrap_or(journal).display();
    format!(
        "Nothing was changed. The entries behind this place may still be in the store: `plenaryd rebuild \
         --from store --data {data}` makes a new journal of it; `plenaryd repair --data {data}` cuts the \
         journal here, keeps a copy aside, and says what was lost"
    )
}

/// What an operator can do about an older segment.
pub(crate) fn way_out_older(journal: &Path) -> String {
    let data = journal.parent().unwrap_or(journal).display();
    format!(
        "Nothing was changed. `plenaryd rebuild --from store --data {data}` makes a new journal of what the \
         store holds and keeps this one aside; otherwise restore the file from a backup"
    )
}

pub(crate) fn corrupt(path: &Path, fault: &Fault, way_out: &str) -> OpenError {
    damage(path, fault.offset as u64, &fault.expected, &fault.found, way_out)
}

pub(crate) fn damage(path: &Path, offset: u64, expected: &str, found: &str, way_out: &str) -> OpenError {
    OpenError::Corrupt {
        path: path.to_owned(),
        offset,
        expected: expected.to_owned(),
        found: found.to_owned(),
        way_out: way_out.to_owned(),
    }
}
