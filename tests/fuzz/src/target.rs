//! What is fuzzed: bytes go in, and are taken, refused, or find something.

/// What became of an input: taken or refused; or a promise that was broken, in words.
pub type Outcome = Result<bool, String>;

/// Reads an input.
pub type Read = Box<dyn FnMut(&[u8]) -> Outcome>;

/// One decoder, or several that read the same bytes.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Real inputs, which alterations begin with.
    pub corpus: Vec<Vec<u8>>,
    /// Makes an altered input one that gets further: checksums and the like, done for half of them.
    pub repair: fn(&mut Vec<u8>, u64),
    /// Reads an input.
    pub read: Read,
}

impl Target {
    /// A target whose inputs need no repair.
    pub fn new(
        name: &'static str,
        corpus: Vec<Vec<u8>>,
        read: impl FnMut(&[u8]) -> Outcome + 'static,
    ) -> Target {
        Target { name, corpus, repair: |_, _| {}, read: Box::new(read) }
    }
}
