//! The bytes of a socket, held to their limit before they are kept.
//!
//! The WebSocket library looks at the length of a frame only when all of the frame has come, and
//! keeps what has come until then; a frame that says it is a terabyte long would fill the memory.
//! Here the length is read from the frame's head, and one over the limit ends the stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;
use plenary_limits::CONTROL_BYTES_MAX;

/// Longest head of a frame, bytes: two, eight of length, four of mask.
const HEAD_BYTES_MAX: usize = 14;

/// A stream of a socket's bytes that ends with `Overflow` at a message over the limit.
pub(crate) struct Guard<S> {
    bytes: S,
    meter: Meter,
}

/// Follows the frames in a stream of bytes.
#[derive(Debug)]
struct Meter {
    head: [u8; HEAD_BYTES_MAX],
    head_bytes: usize,
    /// Bytes of the frame that are still to come.
    left: u64,
    /// Bytes of the message so far: its frames are added up.
    message: u64,
    message_max: u64,
}

/// A message says that it is larger than its limit.
#[derive(Debug, PartialEq, Eq)]
struct TooLarge;

impl<S> Guard<S> {
    /// Guards `bytes`, in which no message may be longer than `message_max` bytes.
    pub fn new(bytes: S, message_max: usize) -> Self {
        Guard { bytes, meter: Meter::new(message_max as u64) }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Guard<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.bytes).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &next
            && self.meter.follow(bytes).is_err()
        {
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        next
    }
}

impl Meter {
    fn new(message_max: u64) -> Self {
        Meter { head: [0; HEAD_BYTES_MAX], head_bytes: 0, left: 0, message: 0, message_max }
    }

    fn follow(&mut self, mut bytes: &[u8]) -> Result<(), TooLarge> {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[self.head_bytes] = *first;
            self.head_bytes += 1;
            bytes = rest;
            if self.head_bytes >= 2 && self.head_bytes == self.head_length() {
                self.head_bytes = 0;
                self.begin()?;
            }
        }
        Ok(())
    }

    fn head_length(&self) -> usize {
        let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
        let length = match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + mask
    }

    /// Takes in the head of a frame.
    fn begin(&mut self) -> Result<(), TooLarge> {
        let [first, second, a, b, c, d, e, f, g, h, ..] = self.head;
        self.left = match second & 0x7f {
            126 => u16::from_be_bytes([a, b]).into(),
            127 => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            short => short.into(),
        };
        let opcode = first & 0x0f;
        if opcode >= 8 {
            return if self.left > CONTROL_BYTES_MAX { Err(TooLarge) } else { Ok(()) };
        }
        let before = if opcode == 0 { self.message } else { 0 };
        self.message = before.saturating_add(self.left);
        if self.message > self.message_max { Err(TooLarge) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::{LIVE_MESSAGE_BYTES_MAX, holds};

    use super::*;

    const FINAL: u8 = 0x80;

    fn frame(first: u8, length: u64, content: usize) -> Vec<u8> {
        let mut bytes = vec![first, 0x80 | 127];
        bytes.extend(length.to_be_bytes());
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(vec![0xff; content]);
        bytes
    }

    fn followed(meter: &mut Meter, bytes: &[u8], piece: usize) -> Result<(), TooLarge> {
        bytes.chunks(piece).try_for_each(|piece| meter.follow(piece))
    }

    #[test]
    fn frames_within_the_limit_pass_however_they_come() {
        let short = [FINAL | 1, 0x80 | 3, 9, 9, 9, 9, 1, 2, 3];
        let mut medium = vec![FINAL | 1, 0x80 | 126, 0, 200, 9, 9, 9, 9];
        medium.extend([0xff; 200]);
        let ping = [FINAL | 9, 0x80, 9, 9, 9, 9];
        let all = [&short[..], &medium, &ping, &frame(FINAL | 1, 1_000, 1_000), &short].concat();
        for piece in [1, 2, 3, 7, 100, 5_000] {
            let mut meter = Meter::new(1_000);
            assert_eq!(followed(&mut meter, &all, piece), Ok(()), "in pieces of {piece}");
            assert_eq!((meter.left, meter.head_bytes), (0, 0));
        }
    }

    #[test]
    fn a_length_over_the_limit_is_seen_in_the_head() {
        for length in [1_001, 1 << 40, u64::MAX] {
            assert_eq!(Meter::new(1_000).follow(&frame(FINAL | 2, length, 0)), Err(TooLarge));
        }
        assert_eq!(Meter::new(1_000).follow(&frame(FINAL | 9, 126, 0)), Err(TooLarge), "a long ping");
    }

    #[test]
    fn the_frames_of_one_message_are_added_up_and_a_ping_between_them_is_not() {
        let mut meter = Meter::new(1_000);
        assert_eq!(meter.follow(&frame(1, 600, 600)), Ok(()));
        assert_eq!(meter.follow(&frame(FINAL | 9, 100, 100)), Ok(()));
        assert_eq!(meter.follow(&frame(0, 400, 400)), Ok(()));
        assert_eq!(meter.follow(&frame(FINAL, 1, 0)), Err(TooLarge));
        let mut meter = Meter::new(1_000);
        assert_eq!(meter.follow(&frame(FINAL | 1, 600, 600)), Ok(()));
        assert_eq!(meter.follow(&frame(FINAL | 1, 600, 600)), Ok(()), "another message");
    }
    #[test]
    fn lengths_hold_to_the_byte() {
        let head = |first: u8, length: usize| {
            Meter::new(LIVE_MESSAGE_BYTES_MAX as u64).follow(&frame(first, length as u64, 0)).is_ok()
        };
        holds!(LIVE_MESSAGE_BYTES_MAX, |length| head(FINAL | 2, length));
        holds!(CONTROL_BYTES_MAX, |length| head(FINAL | 9, length));
    }
}
