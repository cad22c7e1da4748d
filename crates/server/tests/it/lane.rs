//! The express lane answers as hyper's connections do, byte for byte where it matters, however a
//! request is written, cut into pieces or put behind another one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::house::{House, raw};

const CLOSING: &str = "GET /livez HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
/// A request that the lane hands to hyper with its connection.
const PLAIN: &str = "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n";

struct Lane {
    house: House,
    key: String,
}

impl Lane {
    async fn new() -> Self {
        let house = House::with(|settings| {
            settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
            settings.limits.arrival = Duration::from_millis(300);
        })
        .await;
        house.furnish();
        let customer = house.customer("keepem", "Acme");
        let (_, key) = house.key(customer.environment("production"), "secret", "Server");
        Self { house, key }
    }

    fn post(&self, path: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\nx-request-id: same\r\ncontent-length: {}\r\n\r\n{body}",
            self.house.operator,
            body.len()
        )
    }

    fn question(&self) -> serde_json::Value {
        json!({ "key": self.key, "product": "keepem", "environment": "production",
                "operation": "POST /v1/events" })
    }

    fn one(&self) -> String {
        self.post("/v1/keys/verify", &self.question().to_string())
    }

    fn batch(&self, count: usize) -> String {
        let questions = json!({ "requests": vec![self.question(); count] });
        self.post("/v1/keys/verify_batch", &questions.to_string())
    }

    fn gateway(&self) -> String {
        format!(
            "GET /gateway/nginx/keepem?environment=production HTTP/1.1\r\nhost: h\r\n\
             x-api-key: {}\r\nx-keystile-method: POST\r\nx-keystile-uri: /v1/events\r\n\
             x-keystile-host: api.example.com\r\nx-keystile-client-ip: 192.0.2.1\r\n\
             x-request-id: same\r\n\r\n",
            self.key
        )
    }

    fn all(&self) -> [String; 3] {
        [self.one(), self.batch(3), self.gateway()]
    }
}

/// What a connection answers to these pieces, one after the other, until it ends: a head's lines
/// in order of their names, without what differs from one time to the next.
fn transcript(address: SocketAddr, pieces: &[&[u8]]) -> Vec<String> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        // The server may answer and close before it has read everything.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let mut bytes = Vec::new();
    // A connection that is reset while something unread is left tells no more either.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    answers(&text)
}

fn answers(text: &str) -> Vec<String> {
    // Ids of requests are their own each time.
    let mut parts = text.split("req_");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(&format!("req_{}", part.get(26..).unwrap_or_default()));
    }
    let mut text = text.as_str();
    let mut all = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let mut lines: Vec<_> = head
            .lines()
            .filter(|line| !line.starts_with("date: "))
            .collect();
        lines[1..].sort_unstable();
        let end = rest.find("HTTP/1.1 ").unwrap_or(rest.len());
        let (body, rest) = rest.split_at(end);
        all.push(format!("{}\n\n{body}", lines.join("\n")));
        text = rest;
    }
    if !text.is_empty() {
        all.push(text.to_owned());
    }
    all
}

/// What hyper answers: on a connection whose first request is not for the lane.
fn by_hyper(address: SocketAddr, message: &[u8]) -> Vec<String> {
    let mut all = transcript(address, &[PLAIN.as_bytes(), message]);
    assert!(all.remove(0).ends_with("live"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_requests_are_answered_alike_in_the_lane_and_by_hyper() {
    let lane = Lane::new().await;
    let address = lane.house.address;
    for request in lane.all() {
        let message = format!("{request}{CLOSING}");
        let here = transcript(address, &[message.as_bytes()]);
        assert_eq!(here.len(), 2, "{here:?}");
        assert!(here[0].starts_with("HTTP/1.1 200 OK\n"), "{here:?}");
        assert_eq!(here, by_hyper(address, message.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_behind_each_other_are_answered_in_their_order() {
    let lane = Lane::new().await;
    let [one, batch, gateway] = lane.all();
    let bad = lane.post("/v1/keys/verify", "{");
    let all = [&one, &gateway, &batch, &one, &gateway, &bad, &one];
    let mut message: String = all.into_iter().map(String::as_str).collect();
    message.push_str(CLOSING);
    let here = transcript(lane.house.address, &[message.as_bytes()]);
    assert_eq!(here, by_hyper(lane.house.address, message.as_bytes()));
    // 400 ends a connection, in the lane as elsewhere.
    let begin: Vec<_> = here.iter().map(|answer| &answer[9..12]).collect();
    assert_eq!(begin, ["200", "200", "200", "200", "200", "400"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_any_other_from_the_first_request_on_that_is_not_for_the_lane() {
    let lane = Lane::new().await;
    let [one, batch, gateway] = lane.all();
    let unlike = PLAIN.replace("/livez", "/readyz");
    let message = [&one, &unlike, &gateway, &unlike, &batch, CLOSING]
        .map(str::to_owned)
        .concat();
    let here = transcript(lane.house.address, &[message.as_bytes()]);
    assert_eq!(here, by_hyper(lane.house.address, message.as_bytes()));
    assert_eq!(here.len(), 6, "{here:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_the_same_wherever_it_is_cut() {
    let lane = Lane::new().await;
    let address = lane.house.address;
    for request in lane.all() {
        let message = format!("{request}{CLOSING}");
        let whole = by_hyper(address, message.as_bytes());
        for cut in (1..request.len()).step_by(7) {
            let (begin, end) = message.as_bytes().split_at(cut);
            assert_eq!(transcript(address, &[begin, end]), whole, "cut at {cut}");
        }
    }
    let long = format!("{}{CLOSING}", lane.batch(100));
    let pieces: Vec<_> = long.as_bytes().chunks(1_400).collect();
    assert_eq!(
        transcript(address, &pieces),
        by_hyper(address, long.as_bytes())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_a_body_that_does_not_come_ends_with_408_and_an_idle_connection_without_a_word() {
    let lane = Lane::new().await;
    let address = lane.house.address;
    let one = lane.one();
    let cut = &one.as_bytes()[..one.len() - 1];
    let here = transcript(address, &[cut]);
    assert!(here[0].starts_with("HTTP/1.1 408 "), "{here:?}");
    assert_eq!(here, by_hyper(address, cut));
    assert_eq!(transcript(address, &[one.as_bytes()]).len(), 1);
    assert!(transcript(address, &[]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_idle_connections_in_the_lane() {
    let lane = Lane::new().await;
    let mut stream = TcpStream::connect(lane.house.address).unwrap();
    stream.write_all(lane.one().as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(lane.house.stop().await, "nothing keeps it");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_whoever_asks_on_without_taking_the_answers_is_cut_off() {
    let lane = Lane::new().await;
    // The system's own buffers take some of it; no buffer takes hundreds of megabytes.
    for begin in ["", PLAIN] {
        let mut stream = TcpStream::connect(lane.house.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_write_timeout(patience).unwrap();
        stream.write_all(begin.as_bytes()).unwrap();
        let batch = lane.batch(100);
        let cut = (0..10_000).find_map(|_| stream.write_all(batch.as_bytes()).err());
        let why = cut.expect("nobody takes this much").kind();
        assert_ne!(why, std::io::ErrorKind::WouldBlock, "it waits for ever");
    }
}

/// One way to spoil a request, or to write it otherwise.
#[derive(Debug, Clone)]
enum Spoilt {
    Replaced(usize, u8),
    Removed(usize, usize),
    Inserted(usize, &'static str),
}

const ODD: [&str; 22] = [
    "\r\n",
    "\n",
    " ",
    "\0",
    ",",
    ":",
    "x",
    "0",
    "\r\ncontent-length: 0",
    "\r\ncontent-length: 5",
    "\r\nContent-Length: 5",
    "\r\ntransfer-encoding: chunked",
    "\r\nexpect: 100-continue",
    "\r\nconnection: close",
    "\r\nConnection: Keep-Alive",
    "\r\nconnection: upgrade\r\nupgrade: websocket",
    "\r\nhost: other",
    "\r\nx-keystile-method: GET",
    "\r\nauthorization: Bearer x",
    "\r\n folded",
    "\r\n: nameless",
    "\u{e9}",
];

impl Spoilt {
    fn apply(&self, message: &mut Vec<u8>) {
        match self {
            Self::Replaced(at, byte) => {
                let at = at % message.len();
                message[at] = *byte;
            }
            Self::Removed(at, count) => {
                let at = at % message.len();
                let end = usize::min(at + count, message.len());
                message.drain(at..end);
            }
            Self::Inserted(at, odd) => {
                // Where it may matter: before a line's end.
                let ends: Vec<_> = (0..message.len() - 1)
                    .filter(|at| &message[*at..at + 2] == b"\r\n")
                    .collect();
                let place = ends.get(at % (ends.len() + 1)).copied();
                let at = place.unwrap_or(at % message.len());
                message.splice(at..at, odd.bytes());
            }
        }
    }
}

fn spoilt() -> impl Strategy<Value = Spoilt> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Spoilt::Replaced(at, byte)),
        (any::<usize>(), 1_usize..4).prop_map(|(at, count)| Spoilt::Removed(at, count)),
        (any::<usize>(), proptest::sample::select(&ODD[..]))
            .prop_map(|(at, odd)| Spoilt::Inserted(at, odd)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_whatever_is_wrong_with_a_request_the_lane_answers_as_hyper_does() {
    let lane = Lane::new().await;
    let address = lane.house.address;
    let requests = lane.all();
    let strategy = (0..3_usize, proptest::collection::vec(spoilt(), 1..3));
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let tried = runner.run(&strategy, |(which, spoilt)| {
        let mut message = requests[which].clone().into_bytes();
        for one in &spoilt {
            one.apply(&mut message);
        }
        message.extend_from_slice(CLOSING.as_bytes());
        let here = transcript(address, &[&message]);
        prop_assert_eq!(here, by_hyper(address, &message));
        Ok(())
    });
    tried.unwrap();
    assert_eq!(
        raw(address, CLOSING.as_bytes()).status,
        200,
        "it still lives"
    );
}
