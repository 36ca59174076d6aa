//! The named versions of a plan and who signed them: a fold of the log, like everything else.
//!
//! A name stands for one point for ever, and a signature is given once; what is written to the log twice
//! all the same changes nothing.

use plenary_protocol::ids::{Digest, Seq, Subject, VersionName};
use plenary_protocol::record::{Act, Event};
use plenary_protocol::version::{Covers, SignedAs};

use crate::stored::{Reader, Writer};

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub name: VersionName,
    /// What it names.
    pub covers: Covers,
    /// The entry that named it.
    pub named: Seq,
    /// Its signatures, oldest first.
    pub signed: Vec<Signed>,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The entry.
    pub seq: Seq,
    /// Who.
    pub subject: Subject,
    /// What they say.
    pub meaning: SignedAs,
}

/// All versions of a plan, in the order in which they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions(Vec<Version>);

impl Versions {
    /// Takes in an entry of the log.
    pub fn take(&mut self, event: &Event) {
        let seq = event.envelope.seq;
        match &event.payload.act {
            Act::VersionNamed { seq: at, leaf, name, .. } if self.alike(name).is_none() => {
                let covers = Covers { seq: *at, leaf: *leaf };
                self.0.push(Version { name: name.clone(), covers, named: seq, signed: Vec::new() });
            }
            Act::VersionSigned { name, meaning, .. } => {
                let subject = &event.envelope.principal.subject;
                let found = self.0.iter_mut().find(|version| version.name == *name);
                if let Some(version) = found
                    && version.signature(subject, *meaning).is_none()
                {
                    version.signed.push(Signed { seq, subject: subject.clone(), meaning: *meaning });
                }
            }
            _ => {}
        }
    }

    /// All of them, in the order in which they were named.
    pub fn all(&self) -> &[Version] {
        &self.0
    }

    /// The one of that name.
    pub fn find(&self, name: &VersionName) -> Option<&Version> {
        self.0.iter().find(|version| version.name == *name)
    }

    /// One whose name is the same, or differs only in case: people would take one for the other.
    pub fn alike(&self, name: &VersionName) -> Option<&Version> {
        self.0.iter().find(|version| version.name.as_str().eq_ignore_ascii_case(name.as_str()))
    }

    /// The one before a version: of those that name an earlier point the latest, or, where several name
    /// one point, the one named before.
    pub fn before(&self, version: &Version) -> Option<&Version> {
        let place = |version: &Version| (version.covers.seq, version.named);
        self.0.iter().filter(|one| place(one) < place(version)).max_by_key(|one| place(one))
    }

    /// Writes them into a snapshot: of each name, point, leaf (32 bytes), entry, and of each signature
    /// entry, person, meaning.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.list(&self.0, |out, version| {
            out.text(version.name.as_str());
            out.number(version.covers.seq.0);
            out.fixed(&version.covers.leaf.0);
            out.number(version.named.0);
            out.list(&version.signed, |out, signed| {
                out.number(signed.seq.0);
                out.text(signed.subject.as_str());
                out.text(signed.meaning.as_str());
            });
        });
    }

    /// Reads them back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Versions> {
        let signed = |input: &mut Reader<'_>| {
            Some(Signed { seq: Seq(input.number()?), subject: input.parsed()?, meaning: input.parsed()? })
        };
        let version = |input: &mut Reader<'_>| {
            let name = input.parsed()?;
            let covers = Covers { seq: Seq(input.number()?), leaf: Digest(input.fixed()?) };
            Some(Version { name, covers, named: Seq(input.number()?), signed: input.list(signed)? })
        };
        input.list(version).map(Versions)
    }
}

impl Version {
    /// The signature of somebody with a meaning.
    pub fn signature(&self, subject: &Subject, meaning: SignedAs) -> Option<&Signed> {
        self.signed.iter().find(|signed| signed.subject == *subject && signed.meaning == meaning)
    }
}
