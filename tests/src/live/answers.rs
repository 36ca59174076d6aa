//! What comes over a socket: read in order, or waited for while others are kept.

use plenary_protocol::ids::ClientId;
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};

use super::{Ack, Gone, Live, Outcome};

impl Live {
    /// The next message, those kept first.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn next_message(&mut self) -> Result<ServerMessage, Gone> {
        match self.waiting.pop_front() {
            Some(message) => Ok(message),
            None => self.receive(),
        }
    }

    /// A message that has come already and was not asked for yet.
    pub fn came<T>(&self, pick: impl FnMut(&ServerMessage) -> Option<T>) -> Option<T> {
        self.waiting.iter().find_map(pick)
    }

    /// Waits for a message that `pick` takes; others are kept for later.
    ///
    /// # Errors
    /// How the socket ended before it came.
    pub fn wait_for<T>(&mut self, mut pick: impl FnMut(&ServerMessage) -> Option<T>) -> Result<T, Gone> {
        let found = self.waiting.iter().enumerate().find_map(|(at, message)| Some((at, pick(message)?)));
        if let Some((at, picked)) = found {
            self.waiting.remove(at);
            return Ok(picked);
        }
        loop {
            let message = self.receive()?;
            match pick(&message) {
                Some(picked) => return Ok(picked),
                None => self.waiting.push_back(message),
            }
        }
    }

    /// What became of the thing asked under a name.
    ///
    /// # Errors
    /// How the socket ended before it was told.
    pub fn outcome(&mut self, wanted: &ClientId) -> Result<Outcome, Gone> {
        self.wait_for(|message| {
            outcome_of(message).filter(|(id, _)| id == wanted).map(|(_, outcome)| outcome)
        })
    }

    /// The acknowledgement of what was asked under a name.
    ///
    /// # Panics
    /// When it is refused, or the socket ends.
    #[track_caller]
    pub fn expect_ack(&mut self, id: &ClientId) -> Ack {
        match self.outcome(id).expect("an answer comes") {
            Outcome::Done(ack) => ack,
            Outcome::Refused(refusal) => panic!("{id} was refused: {refusal:?}"),
        }
    }

    /// The refusal of what was asked under a name.
    ///
    /// # Panics
    /// When it is acknowledged, or the socket ends.
    #[track_caller]
    pub fn expect_refusal(&mut self, id: &ClientId) -> Refusal {
        match self.outcome(id).expect("an answer comes") {
            Outcome::Refused(refusal) => refusal,
            Outcome::Done(ack) => panic!("{id} was done: {ack:?}"),
        }
    }

    /// A refusal that names nothing asked.
    ///
    /// # Panics
    /// When the socket ends before.
    #[track_caller]
    pub fn expect_nameless_refusal(&mut self) -> Refusal {
        let refused = self.wait_for(|message| match message {
            ServerMessage::Refused { id: None, refusal, .. } => Some(refusal.clone()),
            _ => None,
        });
        refused.expect("a refusal comes")
    }

    /// Reads until the socket ends; gives what came and how it ended.
    pub fn drain(&mut self) -> (Vec<ServerMessage>, Gone) {
        let mut came = Vec::from(std::mem::take(&mut self.waiting));
        loop {
            match self.receive() {
                Ok(message) => came.push(message),
                Err(gone) => return (came, gone),
            }
        }
    }

    /// Whether the server still answers on this socket.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn expect_alive(&mut self) {
        self.send(&ClientMessage::Ping { nonce: 77 }).expect("the socket takes a message");
        let pong =
            self.wait_for(|message| matches!(message, ServerMessage::Pong { nonce: 77 }).then_some(()));
        pong.expect("an answer comes");
    }
}

/// The name and the outcome that a message tells, if it tells one.
fn outcome_of(message: &ServerMessage) -> Option<(ClientId, Outcome)> {
    match message {
        ServerMessage::Ack { id, seq, entries, made, duplicate, .. } => {
            let ack = Ack { seq: *seq, entries: entries.clone(), made: made.clone(), duplicate: *duplicate };
            Some((id.clone(), Outcome::Done(ack)))
        }
        ServerMessage::Refused { id: Some(id), refusal, .. } => {
            Some((id.clone(), Outcome::Refused(refusal.clone())))
        }
        _ => None,
    }
}
