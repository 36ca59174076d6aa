//! The sending side of a socket: frames that are encoded once, and many of them in one write.
//!
//! A server's frames carry no mask, so the same bytes go to everybody, and those of a whole group of
//! entries are one piece.  What is sent stands in the order of the calls.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use plenary_limits::SOCKET_PIECES_MAX;
use tokio::sync::mpsc;

/// Kinds of frames (RFC 6455, 5.2), each a whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    /// Text.
    Text = 0x1,
    /// Bytes.
    Binary = 0x2,
    /// The end.
    Close = 0x8,
    /// A question for a sign of life.
    Ping = 0x9,
    /// The answer to it.
    Pong = 0xa,
}

/// Adds a frame to `out`.
pub(crate) fn put_frame(out: &mut Vec<u8>, opcode: Opcode, content: &[u8]) {
    out.push(0x80 | opcode as u8);
    match content.len() {
        short @ 0..126 => out.push(short as u8),
        medium @ 126..0x1_0000 => {
            out.push(126);
            out.extend((medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
}

/// The socket is closed: nothing goes out any more.
#[derive(Debug)]
pub(crate) struct Closed;

/// The sending side of a socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pieces: mpsc::Sender<Bytes>,
}

/// The body of the response that opens a socket.
struct Body {
    pieces: mpsc::Receiver<Bytes>,
    /// What the library made, for as long as this lives: it tells the receiving side of the end.
    _library: BoxBody,
}

impl Socket {
    /// Takes the sending side of a socket over from the library.
    pub fn take_over(response: HttpResponse) -> (HttpResponse, Socket) {
        let (sender, receiver) = mpsc::channel(SOCKET_PIECES_MAX);
        let response = response.map_body(|_, library| Body { pieces: receiver, _library: library }.boxed());
        (response, Socket { pieces: sender })
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// `Closed` when the client is gone.
    pub async fn send(&self, opcode: Opcode, content: &[u8]) -> Result<(), Closed> {
        let mut piece = Vec::with_capacity(content.len() + 10);
        put_frame(&mut piece, opcode, content);
        self.send_frames(piece.into()).await
    }

    /// Sends frames as they are.
    ///
    /// # Errors
    /// `Closed` when the client is gone.
    pub async fn send_frames(&self, frames: Bytes) -> Result<(), Closed> {
        self.pieces.send(frames).await.map_err(|_| Closed)
    }

    /// Sends the last frame: a code and a short reason.
    pub async fn close(&self, code: u16, reason: &str) {
        let content = [&code.to_be_bytes(), reason.as_bytes()].concat();
        // A client that is gone does not hear it.
        _ = self.send(Opcode::Close, &content).await;
    }
}

impl MessageBody for Body {
    type Error = actix_web::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.pieces.poll_recv(cx).map(|piece| piece.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_the_protocol_has_them() {
        let head = |length: usize| {
            let mut out = Vec::new();
            put_frame(&mut out, Opcode::Text, &vec![b'x'; length]);
            let head = out.len() - length;
            out.truncate(head);
            out
        };
        assert_eq!(head(0), [0x81, 0]);
        assert_eq!(head(125), [0x81, 125]);
        assert_eq!(head(126), [0x81, 126, 0, 126]);
        assert_eq!(head(65_535), [0x81, 126, 0xff, 0xff]);
        assert_eq!(head(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
