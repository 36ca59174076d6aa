//! What is counted, and how the page reads.

use super::*;

fn text(metrics: &Metrics) -> String {
    let mut registry = Registry::default();
    metrics.register(registry.sub_registry_with_prefix("plenary"));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text
}

#[test]
fn a_socket_is_open_until_it_is_dropped() {
    let metrics = Metrics::default();
    let (one, two) = (metrics.opened(LIVE), metrics.opened(LIVE));
    let sync = metrics.opened(SYNC);
    drop(one);
    let page = text(&metrics);
    assert!(page.contains("plenary_connections{socket=\"live\"} 1\n"), "{page}");
    assert!(page.contains("plenary_connections{socket=\"sync\"} 1\n"), "{page}");
    assert!(page.contains("plenary_connections_opened_total{socket=\"live\"} 2\n"), "{page}");
    drop((two, sync));
    let page = text(&metrics);
    assert!(page.contains("plenary_connections{socket=\"live\"} 0\n"), "{page}");
}

#[test]
fn what_happens_is_counted_where_it_happens() {
    let metrics = Metrics::default();
    metrics.group(3);
    metrics.group(40);
    metrics.refused("plan", RefusalCode::Stale);
    metrics.acknowledged(Duration::from_millis(4));
    let request = Request { method: "GET", route: "/api/v1/plans/{plan}".into(), status: 200 };
    metrics.answered(&request, Duration::from_millis(1));
    metrics.outbox_put(100);
    metrics.outbox_put(50);
    metrics.outbox_took(1, 100);
    let group =
        Group { records: 2, bytes: 900, journal: Duration::from_millis(3), store: Duration::from_millis(1) };
    metrics.on_group()(&group);
    let page = text(&metrics);
    for line in [
        "plenary_entries_total 43",
        "plenary_group_entries_count 2",
        "plenary_group_entries_bucket{le=\"4.0\"} 1",
        "plenary_refusals_total{at=\"plan\",code=\"stale\"} 1",
        "plenary_acknowledgement_seconds_bucket{le=\"0.005\"} 1",
        "plenary_acknowledgement_seconds_bucket{le=\"0.003\"} 0",
        "plenary_http_request_seconds_count{method=\"GET\",route=\"/api/v1/plans/{plan}\",status=\"200\"} 1",
        "plenary_outbox_frames 1",
        "plenary_outbox_waiting_bytes 50",
        "plenary_journal_written_bytes_total 900",
        "plenary_journal_write_seconds_count 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
}
