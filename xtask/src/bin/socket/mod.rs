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

    /// Whether the answer is there by now, to its end; it must be a 200.
    pub(crate) fn has_passed(&mut self) -> bool {
        let whole = self.is_whole();
        if whole {
            self.check();
        }
        whole
    }

    /// Reads one answer to its end, which must be a 200.
    pub(crate) fn pass(&mut self) -> &[u8] {
        self.is_whole();
        self.check();
        &self.buffer[..self.filled]
    }

    pub(crate) fn receive(&mut self) -> String {
        self.is_whole();
        String::from_utf8_lossy(&self.buffer[..self.filled]).into_owned()
    }

    fn check(&self) {
        let ok = self.buffer.starts_with(b"HTTP/1.1 200");
        assert!(
            ok,
            "{}",
            String::from_utf8_lossy(&self.buffer[..self.filled])
        );
    }

    /// Reads the answer, and tells whether that is all of it: always, where this waits.
    fn is_whole(&mut self) -> bool {
        loop {
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => panic!("the server closed the connection"),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => panic!("no answer: {error}"),
            }
            let whole = length(&self.buffer[..self.filled]);
            if whole.is_some_and(|whole| self.filled >= whole) {
                return true;
            }
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
