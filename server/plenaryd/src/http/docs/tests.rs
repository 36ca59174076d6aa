//! The page: whole, of one mind with the table, with nothing that reaches outside.

use std::collections::BTreeSet;

use super::*;

fn page() -> String {
    String::from_utf8(PAGE.to_vec()).unwrap()
}

fn between<'a>(text: &'a str, before: &str, after: char) -> BTreeSet<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn every_operation_and_code_and_schema_is_on_it() {
    let page = page();
    let ids = between(&page, " id=\"", '"');
    let operations = operations::all();
    for operation in &operations {
        assert!(ids.contains(operation.id), "{}", operation.id);
    }
    for meaning in meanings::all() {
        assert!(ids.contains(problem::anchor(meaning.code).as_str()), "{:?}", meaning.code);
    }
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(ids.contains(format!("schema-{name}").as_str()), "{name}");
    }
    assert_eq!(page.matches(" id=\"").count(), ids.len(), "every id stands once");
}

#[test]
fn every_link_leads_to_a_place_on_it() {
    let page = page();
    let ids = between(&page, " id=\"", '"');
    let links = between(&page, "href=\"", '"');
    assert!(links.len() > 80, "{}", links.len());
    for link in links {
        assert!(link == "openapi.json" || ids.contains(link.trim_start_matches('#')), "{link}");
    }
}

#[test]
fn what_is_opened_is_closed() {
    let page = page();
    for tag in [
        "code", "p", "ul", "li", "table", "tr", "td", "details", "div", "section", "article", "pre", "b", "a",
    ] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn it_brings_all_that_it_needs() {
    let page = page();
    for outside in ["<script", "<img", "<link", "src=", "http://", "@import", "url(", "style=\"", "onclick"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(POLICY.contains("default-src 'none'") && POLICY.contains("style-src 'sha256-"), "{}", *POLICY);
    for part in [
        "<html lang=\"en\">",
        "class=\"skip\" href=\"#main\"",
        "<main id=\"main\"",
        "<nav aria-label=",
        "<h1>",
    ] {
        assert_eq!(page.matches(part).count(), 1, "{part}");
    }
}
