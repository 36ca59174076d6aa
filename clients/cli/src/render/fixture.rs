//! A small plan for tests.

use plenary_protocol::plan::PlanView;

/// One goal with a target, one priority that contributes to it, one removed risk.
pub fn plan() -> PlanView {
    serde_json::from_value(serde_json::json!({
        "schema": "plenary-plan/1", "id": "demo", "title": "A plan", "stage": "secretariat_draft", "seq": 12,
        "at": "2026-11-24T06:53:08Z",
        "plan": {"language": "en", "period_start": "2024"},
        "elements": [
            {"id": "gol-a", "kind": "goal", "code": "1", "order": "a",
             "text": {"en": {"title": "Universal connectivity"}, "fr": {"title": "Connectivité universelle"}}},
            {"id": "tgt-a", "kind": "target", "code": "1.1", "parent": "gol-a", "order": "a", "owner": "BDT",
             "text": {"en": {"statement": "By 2027, 75 % of households have access to the Internet at home"}},
             "due_year": 2027,
             "concurrent": {"due_year": [
                {"value": 2027, "subject": "ana", "name": "Ana", "bureau": "BDT", "seq": 11,
                 "at": "2026-11-24T06:50:00Z"},
                {"value": 2026, "subject": "ben", "name": "Ben", "bureau": "TSB", "seq": 12,
                 "at": "2026-11-24T06:53:08Z"}]}},
            {"id": "pri-a", "kind": "priority", "code": "1", "order": "b",
             "text": {"en": {"title": "Spectrum use"}}},
            {"id": "rsk-a", "kind": "risk", "order": "c", "removed": true, "text": {"en": {"title": "Old risk"}}}
        ],
        "links": [
            {"id": "lnk-1", "kind": "contributes_to", "from": "pri-a", "to": "gol-a", "strength": "primary"}
        ]
    }))
    .unwrap()
}
