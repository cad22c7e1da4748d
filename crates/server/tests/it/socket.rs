//! Requests that come through the control socket, from nobody's address.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::house::House;

/// Asks through the socket; the status and what the body says.
fn ask(house: &House, path: &str, key: &str, more: &str) -> (u16, Value) {
    let mut stream = UnixStream::connect(house.data().join("control.sock")).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n{more}\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn n13_who_comes_through_a_socket_has_no_address_and_says_none() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Paperboat");
    let environment = customer.environment("production");
    let (_, anywhere) = house.key(environment, "secret", "Anywhere");
    let confined = json!({ "kind": "secret", "name": "Confined",
                           "allowed_ips": ["127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"] });
    let (_, confined) = house.key_with(environment, &confined);
    let own = "/v1/keys/self";
    assert_eq!(ask(&house, own, &anywhere, "").0, 200);
    for more in [
        "",
        "x-forwarded-for: 192.0.2.7\r\n",
        "x-keystile-client-ip: 192.0.2.7\r\n",
    ] {
        let (status, problem) = ask(&house, own, &confined, more);
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("ip_not_allowed")),
            "{more}"
        );
    }
    // Nor is whoever is there a trusted proxy.
    let more = "x-keystile-method: GET\r\nx-keystile-uri: /v1/collections\r\n\
                x-keystile-host: api.bkend.example\r\nx-keystile-client-ip: 192.0.2.7\r\n";
    assert_eq!(ask(&house, "/gateway/nginx/bkend", &anywhere, more).0, 403);
}
