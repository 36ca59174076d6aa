//! Limits of rates and places by name; their numbers and reasons stand in `plenary_limits::table`.

use std::num::NonZeroU32;

use plenary_limits::{
    ADDRESS_REFUSALS, ADDRESS_SOCKETS, ADDRESS_SOCKETS_OPENED, PLAN_SOCKETS, SOCKET_MESSAGES, SOCKETS,
    SUBJECT_MIB, SUBJECT_REQUESTS, SUBJECT_SOCKETS, SUBJECT_SOCKETS_OPENED, SUBJECT_STREAMS, SUBJECT_TICKETS,
    Settable,
};

use super::nonzero;

/// A limit of rates or places that an operator may set, under `[limits]` in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Requests of one subject a minute.
    SubjectRequests,
    /// Tickets of one subject a minute.
    SubjectTickets,
    /// Sockets that one subject opens a minute.
    SubjectSocketsOpened,
    /// Sockets of one subject open at once.
    SubjectSockets,
    /// Mebibytes that one subject sends a minute.
    SubjectMib,
    /// Messages of one socket a second.
    SocketMessages,
    /// Sockets that one address opens a minute.
    AddressSocketsOpened,
    /// Sockets of one address open at once.
    AddressSockets,
    /// Tokens and tickets of one address that are refused a minute.
    AddressRefusals,
    /// Sockets that follow one plan at once.
    PlanSockets,
    /// Sockets open at once in all.
    Sockets,
    /// Replays and exports of one subject on their way at once: each holds a stretch of entries, up to
    /// some MiB, while its reader is slow.
    SubjectStreams,
}

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

    /// Its row in the table of limits.
    pub const fn row(self) -> &'static Settable {
        match self {
            Limit::SubjectRequests => &SUBJECT_REQUESTS,
            Limit::SubjectTickets => &SUBJECT_TICKETS,
            Limit::SubjectSocketsOpened => &SUBJECT_SOCKETS_OPENED,
            Limit::SubjectSockets => &SUBJECT_SOCKETS,
            Limit::SubjectMib => &SUBJECT_MIB,
            Limit::SocketMessages => &SOCKET_MESSAGES,
            Limit::AddressSocketsOpened => &ADDRESS_SOCKETS_OPENED,
            Limit::AddressSockets => &ADDRESS_SOCKETS,
            Limit::AddressRefusals => &ADDRESS_REFUSALS,
            Limit::PlanSockets => &PLAN_SOCKETS,
            Limit::Sockets => &SOCKETS,
            Limit::SubjectStreams => &SUBJECT_STREAMS,
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
    let mut at = 0;
    while at < Limit::ALL.len() {
        assert!(Limit::ALL[at] as usize == at);
        at += 1;
    }
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
