//! A small WebSocket client: frames made beforehand go out as they are, frames that come in are
//! counted and looked at, not parsed.  One thread drives hundreds of them.

use std::net::SocketAddr;

use plenary_protocol::wire::live::SUBPROTOCOL_JSON;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
/// Read at once at most, bytes.
const READ_BYTES: usize = 256 * 1024;

/// A text frame of a client; its mask is zero, which leaves the content as it is.
pub fn frame(content: &[u8]) -> Vec<u8> {
    framed(TEXT, content)
}

fn framed(opcode: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80 | opcode];
    match content.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        medium @ 126..0x1_0000 => {
            out.push(0x80 | 126);
            out.extend((medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(content);
    out
}

/// One connection.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    at: usize,
}

impl Socket {
    /// Connects to `/live` with a token.
    pub async fn connect(address: SocketAddr, token: &str) -> Result<Socket, Failure> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /live HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\
             Sec-WebSocket-Protocol: {SUBPROTOCOL_JSON}\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::new();
        loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed during the handshake".into());
            }
            if let Some(end) = find(&buffer, b"\r\n\r\n") {
                if !buffer.starts_with(b"HTTP/1.1 101") {
                    return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&buffer)).into());
                }
                return Ok(Socket { stream, buffer, at: end + 4 });
            }
        }
    }

    /// Sends frames as they are.
    pub async fn send(&mut self, frames: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(frames).await?)
    }

    /// The content of the next text frame.
    pub async fn next(&mut self) -> Result<&[u8], Failure> {
        loop {
            match self.take() {
                Some((TEXT, content)) => return Ok(&self.buffer[content]),
                Some((CLOSE, content)) => {
                    let reason = &self.buffer[content];
                    return Err(format!("closed: {}", String::from_utf8_lossy(reason)).into());
                }
                Some((PING, _)) => self.send(&framed(10, b"")).await?,
                Some(_) => {}
                None => self.read().await?,
            }
        }
    }

    /// The content of the next text frame, if it has come whole already.
    pub fn waiting(&mut self) -> Option<&[u8]> {
        loop {
            match self.take()? {
                (TEXT, content) => return Some(&self.buffer[content]),
                // Seen again by `next`.
                (CLOSE | PING, content) => {
                    self.at = content.start - 2;
                    return None;
                }
                _ => {}
            }
        }
    }

    /// The next text frame that begins with `start`.
    pub async fn expect(&mut self, start: &str) -> Result<String, Failure> {
        loop {
            let content = self.next().await?;
            if content.starts_with(start.as_bytes()) {
                return Ok(String::from_utf8_lossy(content).into_owned());
            }
            if content.starts_with(br#"{"type":"refused""#) {
                return Err(String::from_utf8_lossy(content).into());
            }
        }
    }

    fn take(&mut self) -> Option<(u8, std::ops::Range<usize>)> {
        let bytes = &self.buffer[self.at..];
        let [first, second] = *bytes.first_chunk()?;
        let (head, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
            127 => (10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
            short => (2, u64::from(short)),
        };
        let length = usize::try_from(length).ok()?;
        if bytes.len() < head + length {
            return None;
        }
        let content = self.at + head..self.at + head + length;
        self.at = content.end;
        Some((first & 0x0f, content))
    }

    async fn read(&mut self) -> Result<(), Failure> {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.reserve(READ_BYTES);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}

/// The number after `"key":` where the content has it first, looked for in its first bytes.
pub fn number(content: &[u8], key: &str) -> Option<u64> {
    let start = find(&content[..content.len().min(400)], key.as_bytes())? + key.len();
    let digits = content[start..].iter().take_while(|byte| byte.is_ascii_digit());
    let digits = digits.copied().collect();
    String::from_utf8(digits).ok()?.parse().ok()
}
