//! Sends one kind of request over and over and counts the answers: plain sockets, requests made
//! before the clock starts, one thread. Each socket has its next request under way while the
//! others are read, so the server never waits and this costs less than any server. It sleeps by the
//! clock and not for an answer: on one machine, waking whoever waits for an answer is work of the
//! server's core, up to a tenth of all that a batch costs, and on a network it is not.
//!
//! `load ADDRESS KIND KEYS SECONDS OPERATOR [OTHER CORE]`; with 0 seconds: print one whole answer.
//! With another address both servers are asked in turn, in slices so short that whatever else the
//! machine does meets both; a line for each pair of slices has the answers a second of both, and how
//! fast their core itself was before or after, whichever was slower: the nanoseconds of a thousand
//! steps of arithmetic.
//!
//! `load machine` asks nobody, and tells that of its own core for each line that it is sent.

#[path = "../../../crates/core/tests/population/mod.rs"]
mod population;
#[path = "socket/mod.rs"]
mod socket;
#[path = "../../../crates/core/benches/machine/steps.rs"]
mod steps;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use population::Seeded;
use socket::Socket;

const SOCKETS: usize = 32;

/// How many different requests are sent in turn.
const REQUESTS: u64 = 100_000;

/// How often a core is looked at at once, which takes a tenth of a millisecond.
const LOOKS: usize = 25;

/// How long to sleep before looking for answers again: as short as the system can, which is some 50
/// microseconds, a fraction of what the requests under way take.
const NAP: Duration = Duration::from_nanos(1);

/// How long one server is asked before it is the other's turn.
const SLICE: Duration = Duration::from_millis(40);

struct Plan {
    address: String,
    kind: String,
    keys: u64,
    seconds: u64,
    operator: String,
    other: Option<String>,
    core: Option<String>,
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments == ["machine"] {
        return tell_machine();
    }
    let [address, kind, keys, seconds, operator, other @ ..] = arguments.as_slice() else {
        panic!("load ADDRESS KIND KEYS SECONDS OPERATOR [OTHER CORE]");
    };
    let plan = Plan {
        address: address.clone(),
        kind: kind.clone(),
        keys: keys.parse().expect("a number"),
        seconds: seconds.parse().expect("a number"),
        operator: operator.clone(),
        other: other.first().cloned(),
        core: other.get(1).cloned(),
    };
    if plan.seconds == 0 {
        let mut socket = Socket::open(&plan.address);
        socket.send(&plan.request(&Seeded::new(5)));
        print!("{}", socket.receive());
        return;
    }
    run(&plan);
}

#[expect(clippy::disallowed_methods, reason = "a load generator measures")]
fn run(plan: &Plan) {
    let requests = plan.requests();
    let addresses = std::iter::once(&plan.address).chain(&plan.other);
    let mut sides: Vec<_> = addresses
        .map(|address| Side::open(address, &requests))
        .collect();
    let mut core = plan.core.as_deref().map(Core::watched);
    let mut before = core.as_mut().map_or(0.0, Core::steps);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(plan.seconds) {
        let mut numbers: Vec<_> = sides.iter_mut().map(Side::rate).collect();
        if let Some(core) = &mut core {
            let after = core.steps();
            numbers.push(before.max(after));
            before = after;
        }
        let numbers: Vec<_> = numbers
            .iter()
            .map(|number| format!("{number:.0}"))
            .collect();
        println!("{}", numbers.join(" "));
    }
}

/// Tells how fast this core is for each line that it is sent.
fn tell_machine() {
    for _ in std::io::stdin().lines() {
        let mut looks: Vec<_> = (0..LOOKS).map(|_| steps::thousand_steps()).collect();
        looks.sort_by(f64::total_cmp);
        println!("{}", looks[LOOKS / 2]);
    }
}

/// Somebody who looks at a core when asked.
struct Core {
    _watcher: Child,
    ask: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Core {
    fn watched(core: &str) -> Self {
        let itself = std::env::current_exe().expect("this program");
        let mut watcher = Command::new("taskset");
        watcher
            .args(["--cpu-list", core])
            .arg(itself)
            .arg("machine");
        let watcher = watcher.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut watcher = watcher.spawn().expect("it starts");
        Self {
            ask: watcher.stdin.take().expect("a pipe"),
            told: BufReader::new(watcher.stdout.take().expect("a pipe")),
            _watcher: watcher,
        }
    }

    fn steps(&mut self) -> f64 {
        let mut line = String::new();
        writeln!(self.ask).expect("it listens");
        self.told.read_line(&mut line).expect("it answers");
        line.trim().parse().expect("a number")
    }
}

/// One server that is asked.
struct Side<'r> {
    sockets: Vec<Socket>,
    next: std::iter::Cycle<std::slice::Iter<'r, Vec<u8>>>,
}

impl<'r> Side<'r> {
    fn open(address: &str, requests: &'r [Vec<u8>]) -> Self {
        Self {
            sockets: (0..SOCKETS).map(|_| Socket::impatient(address)).collect(),
            next: requests.iter().cycle(),
        }
    }

    /// Answers a second in one slice. It begins and ends with nothing under way.
    #[expect(clippy::disallowed_methods, reason = "a load generator measures")]
    fn rate(&mut self) -> f64 {
        let (sockets, next) = (&mut self.sockets, &mut self.next);
        let mut send = |socket: &mut Socket| socket.send(next.next().expect("a cycle"));
        let (begun, mut answers) = (Instant::now(), 0_u32);
        sockets.iter_mut().for_each(&mut send);
        let mut under_way: Vec<_> = sockets.iter_mut().collect();
        while !under_way.is_empty() {
            let is_over = begun.elapsed() >= SLICE;
            under_way.retain_mut(|socket| {
                if !socket.has_passed() {
                    return true;
                }
                answers += 1;
                if !is_over {
                    send(socket);
                }
                !is_over
            });
            std::thread::sleep(NAP);
        }
        f64::from(answers) / begun.elapsed().as_secs_f64()
    }
}

impl Plan {
    fn requests(&self) -> Vec<Vec<u8>> {
        let random = Seeded::new(11);
        let count = if self.kind == "batch" {
            REQUESTS / 50
        } else {
            REQUESTS
        };
        (0..count).map(|_| self.request(&random)).collect()
    }

    fn request(&self, random: &Seeded) -> Vec<u8> {
        let key = || {
            population::text(random.below(self.keys), 0)
                .reveal()
                .to_owned()
        };
        let verify = |key: String| {
            format!(
                "{{\"key\":\"{key}\",\"product\":\"sample\",\"environment\":\"production\",\
                 \"operation\":\"POST /v1/events/evt_1/messages\"}}"
            )
        };
        match self.kind.as_str() {
            "json" => self.post("/v1/keys/verify", &verify(key())),
            "batch" => {
                let all: Vec<_> = (0..100).map(|_| verify(key())).collect();
                let body = format!("{{\"requests\":[{}]}}", all.join(","));
                self.post("/v1/keys/verify_batch", &body)
            }
            _ => self.subrequest(&key()),
        }
    }

    fn post(&self, path: &str, body: &str) -> Vec<u8> {
        let (operator, length) = (&self.operator, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {operator}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        )
        .into_bytes()
    }

    /// As nginx sends it with the shipped configuration.
    fn subrequest(&self, key: &str) -> Vec<u8> {
        format!(
            "GET /gateway/nginx/sample HTTP/1.1\r\nX-Keystile-Method: POST\r\n\
             X-Keystile-Uri: /v1/events/evt_1/messages\r\nX-Keystile-Host: api.sample.example\r\n\
             X-Keystile-Client-Ip: 192.0.2.7\r\nHost: keystile\r\nAuthorization: Bearer {key}\r\n\
             User-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
        )
        .into_bytes()
    }
}
