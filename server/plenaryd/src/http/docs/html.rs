//! Text as HTML.

/// Text with the characters that HTML takes for its own written out.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A name or value as code.
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Prose in which names stand between backticks.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('`');
    out.push_str(&escaped(parts.next().unwrap_or_default()));
    while let Some(name) = parts.next() {
        match parts.next() {
            Some(after) => {
                out.push_str(&code(name));
                out.push_str(&escaped(after));
            }
            None => out.push_str(&escaped(&format!("`{name}"))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_escaped_and_names_stand_out() {
        assert_eq!(prose("a `b<c` & d"), "a <code>b&lt;c</code> &amp; d");
        assert_eq!(prose("one ` alone"), "one ` alone");
        assert_eq!(prose("`x`"), "<code>x</code>");
        assert_eq!(escaped("\"'"), "&quot;&#39;");
    }
}
