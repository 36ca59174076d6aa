//! The parts of a Word file besides its text: what is in it, how it looks, what stands at its foot.

use super::super::Document;
use crate::exchange::xml;

/// Names the parts and what they are.
pub(super) const CONTENT_TYPES: &str = include_str!("content-types.xml");
/// Leads to the document.
pub(super) const RELATIONS: &str = include_str!("relations.xml");
/// Leads from the document to its other parts.
pub(super) const DOCUMENT_RELATIONS: &str = include_str!("document-relations.xml");
/// Bullets.
pub(super) const NUMBERING: &str = include_str!("numbering.xml");
/// How it is opened.
pub(super) const SETTINGS: &str = include_str!("settings.xml");
const STYLES: &str = include_str!("styles.xml");

/// Begins the document.
pub(super) const DOCUMENT_HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>";
/// Ends it: A4, margins of 2 cm.
pub(super) const SECTION: &str = "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId1\"/>\
<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" \
w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>";

/// The styles, in the language of the document.
pub(super) fn styles(document: &Document) -> String {
    STYLES.replace("LANGUAGE", &xml::escaped(&document.lang))
}

/// Title and language, as file managers show them.
pub(super) fn properties(document: &Document) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{}</dc:title><dc:description>{}</dc:description>\
         <dc:language>{}</dc:language></cp:coreProperties>",
        xml::escaped(&document.title),
        xml::escaped(&document.foot),
        xml::escaped(&document.lang)
    )
}

/// What the document is of, and the page's number.
pub(super) fn footer(document: &Document) -> String {
    let field = |name: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {name} \
             </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r>\
             <w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:ftr \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:p><w:pPr><w:pStyle \
         w:val=\"Footer\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r><w:r><w:tab/></w:r>{}<w:r><w:t \
         xml:space=\"preserve\"> / </w:t></w:r>{}</w:p></w:ftr>",
        xml::escaped(&document.foot),
        field("PAGE"),
        field("NUMPAGES")
    )
}
