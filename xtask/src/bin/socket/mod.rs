//! A plain socket that sends requests made before and reads whole answers.

#![allow(
    dead_code,
    reason = "each program that includes this uses a part of it"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Socket {
    pub(crate) fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            buffer: vec![0; 256 << 10],
            filled: 0,
        }
    }

    pub(crate) fn send(&mut self, request: &[u8]) {
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => panic!("not sent: {error}"),
            }
        }
        self.filled = 0;
    }

    /// One that waits for nothing, for [`Self::has_passed`].
    pub(crate) fn impatient(address: &str) -> Self {
        let socket = Self::open(address);
        socket.stream.set_nonblocking(true).expect("impatient");
        socket
    }

    /// Reads what is there of the answer, and tells whether that is all of it. It must be a 200.
    pub(crate) fn has_passed(&mut self) -> bool {
        loop {
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => panic!("the server closed the connection"),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => panic!("no answer: {error}"),
            }
            let whole = length(&self.buffer[..self.filled]);
            if whole.is_some_and(|whole| self.filled >= whole) {
                self.check();
                return true;
            }
        }
    }

    /// Reads one answer to its end, which must be a 200.
    pub(crate) fn pass(&mut self) -> &[u8] {
        self.fill();
        self.check();
        &self.buffer[..self.filled]
    }

    fn check(&self) {
        let ok = self.buffer.starts_with(b"HTTP/1.1 200");
        assert!(
            ok,
            "{}",
            String::from_utf8_lossy(&self.buffer[..self.filled])
        );
    }

    pub(crate) fn receive(&mut self) -> String {
        self.fill();
        String::from_utf8_lossy(&self.buffer[..self.filled]).into_owned()
    }

    fn fill(&mut self) {
        let mut whole = None;
        while whole.is_none_or(|whole| self.filled < whole) {
            let read = self
                .stream
                .read(&mut self.buffer[self.filled..])
                .expect("an answer");
            assert!(read > 0, "the server closed the connection");
            self.filled += read;
            whole = whole.or_else(|| length(&self.buffer[..self.filled]));
        }
    }
}

/// How long the answer is that begins so; `None` while its head is not all there.
fn length(begin: &[u8]) -> Option<usize> {
    let head = begin.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lower = begin[..head].to_ascii_lowercase();
    let name = b"content-length: ";
    let at = lower.windows(name.len()).position(|part| part == name)? + name.len();
    let digits = lower[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    Some(head + body)
}
