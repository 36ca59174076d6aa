//! Who withdraws the plan and reopens it, so that honest edits meet a plan that is closed.

use plenary_protocol::plan::Stage;

use super::{Client, Down, Up};
use crate::random::Random;

/// The admin.
#[derive(Debug, Default)]
pub struct Admin {
    closed: bool,
}

impl Client for Admin {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        Ok(Vec::new())
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        if !random.chance(if self.closed { 50 } else { 10 }) {
            return Ok(Vec::new());
        }
        // Where the message is lost, the next one is refused, and the one after is right again.
        self.closed = !self.closed;
        Ok(vec![Up::Advance(if self.closed { Stage::Withdrawn } else { Stage::SecretariatDraft })])
    }

    fn hear(&mut self, _down: Down) -> Result<Vec<Up>, String> {
        Ok(Vec::new())
    }
}
