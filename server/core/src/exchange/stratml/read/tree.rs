//! XML as a tree, within bounds, without a DTD, and with a stray `&` taken for what it is.
//!
//! Names stand without their prefixes.  White space at the ends of a text is the file's indentation and
//! dropped, unless it is written as character references.

use plenary_limits::{XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_NODES_MAX};
use plenary_protocol::plan::file::Problem;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::remarks::Remarks;

/// An element of the file.
pub(super) struct Node {
    pub(super) name: String,
    /// Where it begins, in bytes from the start.
    pub(super) at: usize,
    /// Its own text.
    pub(super) text: String,
    pub(super) attributes: Vec<(String, String)>,
    /// The namespace of the root, by its prefix.
    pub(super) namespace: Option<String>,
    pub(super) children: Vec<Node>,
    /// How much of the text is not to be trimmed.
    kept: usize,
}

impl Node {
    /// Its text and that of whatever stands in it.
    pub(super) fn content(&self) -> String {
        let mut all = self.text.clone();
        for child in &self.children {
            let inner = child.content();
            if !inner.is_empty() && !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&inner);
        }
        all
    }

    /// Whether a child of that name stands directly in it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.children.iter().any(|child| child.name == name)
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn push(&mut self, text: &str) {
        // Indentation before the text begins.
        let text = if self.text.is_empty() { text.trim_start() } else { text };
        self.text.push_str(text);
    }

    fn push_kept(&mut self, text: &str) {
        self.text.push_str(text);
        self.kept = self.text.len();
    }

    fn trim(&mut self) {
        let end = self.text.trim_end().len().max(self.kept);
        self.text.truncate(end);
    }
}

/// Reads a file.
///
/// # Errors
/// The problem for which nothing of it can be read, with its place.
pub(super) fn parse(text: &str, remarks: &mut Remarks<'_>) -> Result<Node, Problem> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    let mut nodes = 0;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            remarks.problem(at, format!("is not XML: {error}"))
        })?;
        match event {
            Event::Start(start) => {
                let node = begun(&start, at, remarks)?;
                nodes += 1 + node.attributes.len();
                check_room(open.len() + 1, nodes).map_err(|says| remarks.problem(at, says))?;
                if root.is_some() {
                    return Err(remarks.problem(at, "stands after the end of the plan".into()));
                }
                open.push(node);
            }
            Event::End(_) => {
                let Some(mut node) = open.pop() else { continue };
                node.trim();
                match open.last_mut() {
                    Some(above) => above.children.push(node),
                    None => root = Some(node),
                }
            }
            Event::Text(said) => {
                if said.starts_with('&') {
                    remarks.add(at, "an & stands alone; read as &".into());
                }
                if let Some(node) = open.last_mut() {
                    node.push(&said.xml10_content());
                }
            }
            Event::CData(said) => {
                if let Some(node) = open.last_mut() {
                    node.push_kept(&said.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(node) = open.last_mut() {
                    node.push_kept(&referred(&reference, at, remarks));
                }
            }
            Event::DocType(_) => {
                let says = "has a DTD (<!DOCTYPE …>), which is never read: take it out";
                return Err(remarks.problem(at, says.into()));
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    match (open.last(), root) {
        (Some(node), _) => Err(remarks.problem(node.at, format!("{} is not ended", node.name))),
        (None, Some(root)) => Ok(root),
        (None, None) => Err(remarks.problem(0, "has no element".into())),
    }
}

fn check_room(depth: usize, nodes: usize) -> Result<(), String> {
    if depth > XML_DEPTH_MAX {
        return Err(format!("stands {depth} levels deep; {XML_DEPTH_MAX} is the most"));
    }
    if nodes > XML_NODES_MAX {
        return Err(format!(
            "is more than the {XML_NODES_MAX} elements and attributes that are read of a file"
        ));
    }
    Ok(())
}

fn begun(start: &BytesStart<'_>, at: usize, remarks: &mut Remarks<'_>) -> Result<Node, Problem> {
    let name = start.name();
    let (prefix, local) = name.as_ref().split_once(':').unwrap_or(("", name.as_ref()));
    let bound = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    let mut node = Node {
        name: local.to_owned(),
        at,
        text: String::new(),
        attributes: Vec::new(),
        namespace: None,
        children: Vec::new(),
        kept: 0,
    };
    for (count, attribute) in start.attributes().with_checks(false).enumerate() {
        if count == XML_ATTRIBUTES_MAX {
            return Err(remarks.problem(at, format!("{local} has more than {XML_ATTRIBUTES_MAX} attributes")));
        }
        let Ok(attribute) = attribute else {
            remarks
                .add(at, format!("an attribute of {local} cannot be read; it and what follows is left out"));
            break;
        };
        let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value.into_owned(),
            Err(_) => attribute.value.clone().into_owned(),
        };
        let key = attribute.key.as_ref();
        if key == bound {
            node.namespace = Some(value);
        } else if key != "xmlns" && !["xmlns:", "xsi:"].iter().any(|known| key.starts_with(known)) {
            let key = key.rsplit(':').next().unwrap_or(key);
            node.attributes.push((key.to_owned(), value));
        }
    }
    Ok(node)
}

/// What a reference stands for; only the five of XML and numbers are known.
fn referred(reference: &BytesRef<'_>, at: usize, remarks: &mut Remarks<'_>) -> String {
    let name = reference.xml10_content();
    match (reference.resolve_char_ref(), name.as_ref()) {
        (Ok(Some(character)), _) => character.to_string(),
        (Err(_), name) => {
            remarks.add(at, format!("&{name}; is no character; U+FFFD stands in its place"));
            '\u{fffd}'.to_string()
        }
        (_, "amp") => "&".to_owned(),
        (_, "lt") => "<".to_owned(),
        (_, "gt") => ">".to_owned(),
        (_, "quot") => "\"".to_owned(),
        (_, "apos") => "'".to_owned(),
        (_, "nbsp") => '\u{a0}'.to_string(),
        (_, name) => {
            let shown: String = name.chars().take(40).collect();
            remarks.add(at, format!("&{shown}; is no reference that XML knows; kept as it is written"));
            format!("&{name};")
        }
    }
}
