//! What an operator measures of a running server, in the text format of Prometheus (OpenMetrics 1.0).
//!
//! What happens is counted where it happens; what is (sizes, states) is read when it is asked for.
//! Names of plans are labels, so the page has an address of its own and is off unless configured.

mod page;
mod process;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use plenary_log::Group;
use plenary_protocol::wire::RefusalCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub use page::{Page, serve};

use crate::limits::Limit;

/// Bounds of times, seconds: from an idle disk's sync to what nobody should wait for.
const TIMES_S: [f64; 14] =
    [0.000_5, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 10.0];
/// Bounds of entries in a group.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// A kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Socket {
    /// `live` or `sync`.
    pub socket: &'static str,
}

/// Sockets of `/live`.
pub const LIVE: Socket = Socket { socket: "live" };
/// Sockets of `/sync`.
pub const SYNC: Socket = Socket { socket: "sync" };

/// Where something was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refused {
    /// `plan`, an ask of a plan by whatever way it came; `http`, a request.
    pub at: &'static str,
    /// The code of the refusal.
    pub code: String,
}

/// What was over a limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limited {
    /// The limit's key in the configuration.
    limit: &'static str,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The route's pattern, never the address itself.
    pub route: String,
    /// The status.
    pub status: u16,
}

/// All that is counted; clones count into the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    connections: Family<Socket, Gauge>,
    opened: Family<Socket, Counter>,
    /// Entries in one group of a plan.
    group_entries: Histogram,
    journal_seconds: Histogram,
    store_seconds: Histogram,
    acknowledged_seconds: Histogram,
    entries: Counter,
    journal_written: Counter,
    refused: Family<Refused, Counter>,
    limited: Family<Limited, Counter>,
    requests: Family<Request, Histogram>,
    outbox_frames: Gauge,
    outbox_bytes: Gauge,
    outbox_overflows: Counter,
    access_lines: Counter,
    access_failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let times = || Histogram::new(TIMES_S);
        Metrics {
            connections: Family::default(),
            opened: Family::default(),
            group_entries: Histogram::new(SIZES),
            journal_seconds: times(),
            store_seconds: times(),
            acknowledged_seconds: times(),
            entries: Counter::default(),
            journal_written: Counter::default(),
            refused: Family::default(),
            limited: Family::default(),
            requests: Family::new_with_constructor(times as fn() -> Histogram),
            outbox_frames: Gauge::default(),
            outbox_bytes: Gauge::default(),
            outbox_overflows: Counter::default(),
            access_lines: Counter::default(),
            access_failures: Counter::default(),
        }
    }
}

/// Files and sockets that the system lets this process have open; zero where it does not tell.
pub fn files_max() -> u64 {
    process::read().files_max
}

/// A connection that counts as open until it is dropped.
#[derive(Debug)]
pub struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// A socket has opened; it is open until what is returned is dropped.
    pub fn opened(&self, socket: Socket) -> Open {
        self.opened.get_or_create(&socket).inc();
        let gauge = self.connections.get_or_create_owned(&socket);
        gauge.inc();
        Open(gauge)
    }

    /// A plan has made a group of entries.
    pub fn group(&self, entries: usize) {
        self.group_entries.observe(entries as f64);
        self.entries.inc_by(entries as u64);
    }

    /// The log has written a group.
    pub fn written(&self, group: &Group) {
        self.journal_seconds.observe(group.journal.as_secs_f64());
        self.store_seconds.observe(group.store.as_secs_f64());
        self.journal_written.inc_by(group.bytes);
    }

    /// An edit was acknowledged this long after it was asked for.
    pub fn acknowledged(&self, after: Duration) {
        self.acknowledged_seconds.observe(after.as_secs_f64());
    }

    /// Something was refused.
    pub fn refused(&self, at: &'static str, code: RefusalCode) {
        self.refused.get_or_create(&Refused { at, code: code.as_str() }).inc();
    }

    /// Something was over a limit, and refused or made to wait.
    pub fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&Limited { limit }).inc();
    }

    /// A request was answered this long after it came.
    pub fn answered(&self, request: &Request, after: Duration) {
        self.requests.get_or_create(request).observe(after.as_secs_f64());
    }

    /// A frame of so many bytes waits for a connection.
    pub fn outbox_put(&self, bytes: usize) {
        self.outbox_frames.inc();
        self.outbox_bytes.inc_by(bytes as i64);
    }

    /// So many frames and bytes wait no more.
    pub fn outbox_took(&self, frames: usize, bytes: usize) {
        self.outbox_frames.dec_by(frames as i64);
        self.outbox_bytes.dec_by(bytes as i64);
    }

    /// An outbox was full: its connection is told to resync.
    pub fn outbox_overflow(&self) {
        self.outbox_overflows.inc();
    }

    /// Lines were written into the access log.
    pub fn access_written(&self, lines: u64) {
        self.access_lines.inc_by(lines);
    }

    /// Lines could not be written into the access log, and what they tell was refused.
    pub fn access_failed(&self, lines: u64) {
        self.access_failures.inc_by(lines);
    }

    /// What the log is to call for each group.
    pub fn on_group(&self) -> plenary_log::OnGroup {
        let metrics = self.clone();
        Arc::new(move |group| metrics.written(group))
    }

    fn register(&self, registry: &mut Registry) {
        let seconds = || Unit::Seconds;
        registry.register("connections", "Sockets that are open", self.connections.clone());
        registry.register("connections_opened", "Sockets that were opened", self.opened.clone());
        registry.register("entries", "Entries that plans have made", self.entries.clone());
        let help = "Entries that one group of a plan held: written together, told together";
        registry.register("group_entries", help, self.group_entries.clone());
        let help = "Time to write a group to the journal, fdatasync included";
        registry.register_with_unit("journal_write", help, seconds(), self.journal_seconds.clone());
        let help = "Bytes of records written to the journal";
        registry.register_with_unit("journal_written", help, Unit::Bytes, self.journal_written.clone());
        let help = "Time to put a group into the store, after the journal";
        registry.register_with_unit("store_apply", help, seconds(), self.store_seconds.clone());
        let help = "Time from asking a plan for an edit to its acknowledgement, which is on disk";
        registry.register_with_unit("acknowledgement", help, seconds(), self.acknowledged_seconds.clone());
        let help = "What was refused, where, and with which code";
        registry.register("refusals", help, self.refused.clone());
        let help = "What was over a limit of rates and connections, and refused or read more slowly";
        // Each is there from the start, at zero: a rate over it has no gap.
        for limit in Limit::ALL {
            drop(self.limited.get_or_create(&Limited { limit: limit.key() }));
        }
        registry.register("limited", help, self.limited.clone());
        let help = "Time to answer a request, by route";
        registry.register_with_unit("http_request", help, seconds(), self.requests.clone());
        registry.register("outbox_frames", "Groups that wait for connections", self.outbox_frames.clone());
        let help = "Bytes of frames that wait for connections; a frame counts once a connection";
        registry.register_with_unit("outbox_waiting", help, Unit::Bytes, self.outbox_bytes.clone());
        let help = "Outboxes that were full: their connections were told to resync";
        registry.register("outbox_overflows", help, self.outbox_overflows.clone());
        let help = "Lines of the access log: what auditors read";
        registry.register("access_lines", help, self.access_lines.clone());
        let help = "Lines that could not be written into the access log; what they tell was refused";
        registry.register("access_failures", help, self.access_failures.clone());
    }
}
