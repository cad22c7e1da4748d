//! SIGTERM under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::process::{Process, operator_key, request};

#[test]
fn x06_sigterm_under_load_answers_everything_that_was_admitted() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = operator_key();
    let server = Process::start(&data, &operator);
    let address = server.address;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (operator, answered) = (operator.clone(), Arc::clone(&answered));
            thread::spawn(move || {
                // Until nobody accepts any more; an answer that was begun comes whole.
                while let Ok(reply) = request(address, &operator, "GET", "/v1/products", "") {
                    assert_eq!(reply.status, 200, "{}", reply.text);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) < 50 {
        thread::yield_now();
    }
    assert!(server.terminate(), "it ended badly");
    for client in clients {
        client.join().unwrap();
    }
    let again = Process::start(&data, &operator);
    let reply = request(again.address, &operator, "GET", "/v1/products", "").unwrap();
    assert_eq!(reply.status, 200);
}
