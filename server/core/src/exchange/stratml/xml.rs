//! XML as text: elements in the order they are written, escaped, indented by two spaces.
//!
//! White space at the ends of a text is written as character references, so that a reader that drops a
//! file's indentation keeps it.  What XML 1.0 cannot hold is replaced by U+FFFD and counted.

/// A document in the making.
pub(super) struct Xml {
    out: String,
    open: Vec<&'static str>,
    /// Characters that were replaced.
    replaced: usize,
}

impl Xml {
    pub(super) fn new() -> Xml {
        Xml { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new(), replaced: 0 }
    }

    /// Begins an element that holds others; attributes are words of the schema.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push_str(&format!(" {key}=\""));
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the element begun last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str(&format!("</{name}>\n"));
        }
    }

    /// An element that holds a text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.indent();
        if text.is_empty() {
            self.out.push_str(&format!("<{name}/>\n"));
            return;
        }
        self.out.push_str(&format!("<{name}>"));
        self.escaped(text);
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// The document, and how many characters it could not hold.
    pub(super) fn end(mut self) -> (String, usize) {
        while !self.open.is_empty() {
            self.close();
        }
        (self.out, self.replaced)
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }

    fn escaped(&mut self, text: &str) {
        let inner = text.trim();
        let start = text.len() - text.trim_start().len();
        for (at, character) in text.char_indices() {
            let is_inside = (start..start + inner.len()).contains(&at);
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#13;"),
                _ if !is_xml(character) => {
                    self.replaced += 1;
                    self.out.push('\u{fffd}');
                }
                _ if !is_inside => self.out.push_str(&format!("&#{};", u32::from(character))),
                _ => self.out.push(character),
            }
        }
    }
}

/// Whether XML 1.0 can hold a character.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
