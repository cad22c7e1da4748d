//! Local servers that answer as they are told, and count.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};

use keystile_sdk::{Client, Config};
use serde_json::Value;

use crate::installation::shared;

/// What a server was asked.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    headers: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.lines();
        lines.find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// With a status and a body.
    Say(u16, String),
    /// To somewhere else.
    Redirect(String),
    /// Breaks the connection.
    Cut,
    /// Never answers.
    Silence,
}

pub(crate) fn say(status: u16, body: impl Into<String>) -> Reply {
    Reply::Say(status, body.into())
}

/// A server on a free port, until the test's process ends.
pub(crate) struct Fake {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    asked: Mutex<mpsc::Receiver<()>>,
}

impl Fake {
    /// Answers by how many requests there were, this one included.
    pub(crate) fn new(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (tell, asked) = mpsc::channel();
        let (all, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, answer, tell) = (Arc::clone(&all), Arc::clone(&answer), tell.clone());
                std::thread::spawn(move || {
                    let request = read(&stream);
                    let count = {
                        let mut all = all.lock().unwrap();
                        all.push(request.clone());
                        all.len()
                    };
                    let _ = tell.send(());
                    write(stream, &answer(count, &request));
                });
            }
        });
        let asked = Mutex::new(asked);
        Self { url, seen, asked }
    }

    /// Answers the same always.
    pub(crate) fn saying(reply: Reply) -> Self {
        Self::new(move |_, _| reply.clone())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until there was one request more.
    pub(crate) fn wait(&self) {
        self.asked.lock().unwrap().recv().unwrap();
    }
}

fn read(stream: &TcpStream) -> Seen {
    let mut reader = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), String::new());
    reader.read_line(&mut line).unwrap();
    while !headers.ends_with("\r\n\r\n") && headers != "\r\n" {
        if reader.read_line(&mut headers).unwrap() == 0 {
            break;
        }
    }
    let mut seen = Seen {
        line: line.trim().to_owned(),
        headers,
        body: String::new(),
    };
    let length = seen.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    seen.body = String::from_utf8(body).unwrap();
    seen
}

fn write(mut stream: TcpStream, reply: &Reply) {
    let head = match reply {
        Reply::Say(status, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
        }
        Reply::Redirect(to) => {
            format!("HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
        }
        Reply::Cut => String::new(),
        Reply::Silence => {
            // Until whoever asked gives up.
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
    };
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let _ = stream.write_all(head.as_bytes());
}

/// An address where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// How a client for a server is put together, as the tests need it.
pub(crate) fn config(url: &str) -> Config {
    let config = Config::new(url, &shared().operator_key);
    let config = config.product("datakeen").environment("test");
    config.retry_delay(std::time::Duration::from_millis(1))
}

pub(crate) fn with(url: &str) -> Client {
    Client::new(config(url)).unwrap()
}
