//! Stands between a program and the C library (`LD_PRELOAD`): what it does to files below one directory is
//! recorded in order, and made to fail where a control file says so.
//!
//! `PLENARY_INTERPOSE_ROOT` names the directory, `PLENARY_INTERPOSE_CONTROL` the control file (see [`control`])
//! and, where there is one, `PLENARY_INTERPOSE_TRACE` the trace (see [`trace`]); without the first two nothing is
//! changed.  Every call that it takes the place of is passed on as a system call, so it needs no other symbol and
//! never calls itself.  It decides nothing by itself: no chance, no time.

mod calls;
mod control;
mod names;
mod space;
mod state;
mod trace;
