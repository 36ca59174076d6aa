//! The limits by name: what each is for, what it is unless set, and what it may be set to.

use std::num::NonZeroU32;

use plenary_protocol::limits::LIVE_MESSAGE_BYTES_MAX;
use plenary_protocol::wire::sync::SYNC_FRAME_BYTES_MAX;

use super::{MIB, nonzero};

/// A limit that an operator may set, under `[limits]` in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Requests of one subject a minute: a hundred a second, more than a page or a script in a loop
    /// asks for.
    SubjectRequests,
    /// Tickets of one subject a minute: one for every socket that may be opened.
    SubjectTickets,
    /// Sockets that one subject opens a minute: all that may be open, and each once again after a cut.
    SubjectSocketsOpened,
    /// Sockets of one subject open at once: many tabs on several machines.
    SubjectSockets,
    /// Mebibytes that one subject sends a minute: sixteen of the largest messages, or ten thousand
    /// usual edits a second.
    SubjectMib,
    /// Messages of one socket of `/live` or `/sync` a second: several times what a plan takes in.
    SocketMessages,
    /// Sockets that one address opens a minute: a house behind one proxy comes back after a cut.
    AddressSocketsOpened,
    /// Sockets of one address open at once: a house behind one proxy.
    AddressSockets,
    /// Tokens and tickets of one address that are refused a minute; beyond, none is looked at.  A house
    /// of people whose tokens end in the same minute gets its refusals.
    AddressRefusals,
    /// Sockets that follow one plan at once: each entry is sent to all of them.
    PlanSockets,
    /// Sockets open at once in all: each takes a file, and some hundred KiB while it is spoken to.
    Sockets,
    /// Replays and exports of one subject on their way at once: each holds a stretch of entries, up to
    /// some MiB, while its reader is slow.
    SubjectStreams,
}

/// What stands beside a limit's name.
struct Row {
    key: &'static str,
    default: u32,
    least: u32,
    most: u32,
    what: &'static str,
    unit: &'static str,
}

const A_MINUTE: &str = "a minute";
const AT_ONCE: &str = "at once";

impl Limit {
    /// All of them, in the order of the sample configuration.
    pub const ALL: [Limit; 12] = [
        Limit::SubjectRequests,
        Limit::SubjectTickets,
        Limit::SubjectSocketsOpened,
        Limit::SubjectSockets,
        Limit::SubjectMib,
        Limit::SocketMessages,
        Limit::AddressSocketsOpened,
        Limit::AddressSockets,
        Limit::AddressRefusals,
        Limit::PlanSockets,
        Limit::Sockets,
        Limit::SubjectStreams,
    ];

    const fn row(self) -> Row {
        const fn row(
            (key, what, unit): (&'static str, &'static str, &'static str),
            default: u32,
            (least, most): (u32, u32),
        ) -> Row {
            Row { key, default, least, most, what, unit }
        }
        match self {
            Limit::SubjectRequests => {
                row(("subject_requests_per_minute", "your requests", A_MINUTE), 6_000, (60, 1_000_000))
            }
            Limit::SubjectTickets => {
                row(("subject_tickets_per_minute", "your tickets", A_MINUTE), 120, (1, 100_000))
            }
            Limit::SubjectSocketsOpened => {
                row(("subject_sockets_per_minute", "your new sockets", A_MINUTE), 120, (1, 100_000))
            }
            Limit::SubjectSockets => row(("subject_sockets", "your sockets", AT_ONCE), 64, (1, 10_000)),
            Limit::SubjectMib => {
                row(("subject_mib_per_minute", "what you send", "MiB a minute"), 640, (64, 4_000))
            }
            Limit::SocketMessages => {
                let names = ("socket_messages_per_second", "messages of one socket", "a second");
                row(names, 5_000, (10, 100_000))
            }
            Limit::AddressSocketsOpened => {
                let names = ("address_sockets_per_minute", "new sockets from your address", A_MINUTE);
                row(names, 600, (1, 1_000_000))
            }
            Limit::AddressSockets => {
                row(("address_sockets", "sockets from your address", AT_ONCE), 1_024, (1, 60_000))
            }
            Limit::AddressRefusals => {
                let what = "refused tokens and tickets from your address";
                row(("address_refusals_per_minute", what, A_MINUTE), 300, (1, 1_000_000))
            }
            Limit::PlanSockets => {
                row(("plan_sockets", "sockets that follow the plan", AT_ONCE), 2_000, (1, 60_000))
            }
            Limit::Sockets => row(("sockets", "sockets of all", AT_ONCE), 10_000, (1, 60_000)),
            Limit::SubjectStreams => {
                row(("subject_streams", "your replays and exports", AT_ONCE), 8, (1, 1_000))
            }
        }
    }

    /// Its key in the configuration and its label in the metrics.
    pub const fn key(self) -> &'static str {
        self.row().key
    }

    /// What it is unless set.
    pub const fn default(self) -> u32 {
        self.row().default
    }

    /// The least it may be set to.
    pub const fn least(self) -> u32 {
        self.row().least
    }

    /// The most it may be set to.
    pub const fn most(self) -> u32 {
        self.row().most
    }

    /// What it limits, in words.
    pub const fn what(self) -> &'static str {
        self.row().what
    }

    /// What its number is of, in words.
    pub const fn unit(self) -> &'static str {
        self.row().unit
    }
}

const _: () = {
    // Every number that may be set stands for something, and so does every default.
    let mut at = 0;
    while at < Limit::ALL.len() {
        let row = Limit::ALL[at].row();
        assert!(0 < row.least && row.least <= row.default && row.default <= row.most);
        assert!(Limit::ALL[at] as usize == at);
        at += 1;
    }
    // No limit is out of reach behind another.
    assert!(Limit::SubjectSockets.default() <= Limit::AddressSockets.default());
    assert!(Limit::SubjectSockets.default() <= Limit::PlanSockets.default());
    assert!(Limit::AddressSockets.default() <= Limit::Sockets.default());
    assert!(Limit::PlanSockets.default() <= Limit::Sockets.default());
    assert!(Limit::SubjectSocketsOpened.default() <= Limit::AddressSocketsOpened.default());
    // Every socket that may be opened can have its ticket, and all that may be open can come back.
    assert!(Limit::SubjectSocketsOpened.default() <= Limit::SubjectTickets.default());
    assert!(Limit::SubjectSockets.default() <= Limit::SubjectSocketsOpened.default());
    assert!(Limit::SubjectTickets.default() <= Limit::SubjectRequests.default());
    // The largest message fits even the smallest bucket.
    assert!(LIVE_MESSAGE_BYTES_MAX <= (Limit::SubjectMib.least() * MIB) as usize);
    assert!(SYNC_FRAME_BYTES_MAX <= (Limit::SubjectMib.least() * MIB) as usize);
};

/// What each limit is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps([NonZeroU32; Limit::ALL.len()]);

impl Default for Caps {
    fn default() -> Self {
        Caps(Limit::ALL.map(|limit| nonzero(limit.default())))
    }
}

impl Caps {
    /// What a limit is set to.
    pub fn get(&self, limit: Limit) -> NonZeroU32 {
        self.0[limit as usize]
    }

    /// The same with one limit set; zero counts as one.
    #[must_use]
    pub fn with(mut self, limit: Limit, max: u32) -> Self {
        self.0[limit as usize] = nonzero(max);
        self
    }
}
