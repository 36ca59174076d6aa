//! Who withdraws the plan and reopens it, and shuts a Bureau out and lets it in again, so that honest edits
//! meet a plan that is closed, or closed to them.

use plenary_core::Answer;
use plenary_protocol::plan::Stage;
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::{Client, Down, Up};
use crate::random::Random;

/// The admin.
#[derive(Debug, Default)]
pub struct Admin {
    closed: bool,
    narrow: bool,
}

impl Client for Admin {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        Ok(Vec::new())
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        if random.chance(if self.narrow { 40 } else { 8 }) {
            self.narrow = !self.narrow;
            return Ok(vec![Up::Access(self.narrow)]);
        }
        if !random.chance(if self.closed { 50 } else { 10 }) {
            return Ok(Vec::new());
        }
        // Where the message is lost, the next one is refused, and the one after is right again.
        self.closed = !self.closed;
        Ok(vec![Up::Advance(if self.closed { Stage::Withdrawn } else { Stage::SecretariatDraft })])
    }

    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String> {
        let is_busy = |refusal: &Refusal| refusal.code == RefusalCode::Busy;
        match down {
            Down::Answer(_, Answer::Refused { refusal, .. }) if is_busy(&refusal) => {
                Ok(vec![Up::Access(self.narrow)])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn flush(&mut self) -> Vec<Up> {
        // In the end everybody is to read the same.
        self.narrow = false;
        vec![Up::Access(false)]
    }
}
