//! `conformance/decisions.json`: calls and how they end, for every implementation and every door.
//!
//! The expected code of a row does not come from the engine: it is worked out here from what the
//! table says of each key, in the order of the contract's checks, by the plainest means.

use serde_json::{Map, Value, json};

const ABOUT: &str = "A world of keys, and how calls with them end. Every implementation and every \
    door gives these codes for the facts it can express. Times are in milliseconds after the world \
    was made; rows are asked at `asked_at`. A `text` is a list of parts to be put together. \
    Written by `cargo xtask generate`.";

const MANIFEST: &str = include_str!("decisions.toml");

/// When rows are asked.
const ASKED_AT: i64 = 3_600_000;

/// The scope of each operation; `None` is none of the product's.
const OPERATIONS: [(&str, Option<&str>); 5] = [
    ("GET /v1/things", Some("read")),
    ("POST /v1/things", Some("write")),
    ("DELETE /v1/things/1", Some("admin")),
    ("GET /v1/nothing", None),
    ("GET /v1/things/../things", None),
];

/// What a key is refused for by itself or by what it belongs to.
const STATES: [(&str, &str); 12] = [
    ("revoked", "revoked_key"),
    ("deleted", "revoked_key"),
    ("replaced", "revoked_key"),
    ("deleted_organization", "revoked_key"),
    ("deleted_project", "revoked_key"),
    ("deleted_environment", "revoked_key"),
    ("expired", "expired_key"),
    ("disabled", "disabled_key"),
    ("disabled_project", "disabled_key"),
    ("disabled_environment", "disabled_key"),
    ("suspended_organization", "organization_suspended"),
    ("revoked_and_suspended", "revoked_key"),
];

const SHOP: &str = "https://shop.example";
const SUBDOMAINS: &str = "https://*.shop.example";

/// An origin, and whether it is on the list `[SHOP, SUBDOMAINS]`. `None` is a call without one.
const ORIGINS: [(Option<&str>, bool); 15] = [
    (None, false),
    (Some("https://shop.example"), true),
    (Some("HTTPS://SHOP.EXAMPLE"), true),
    (Some("https://shop.example:443"), true),
    (Some("https://a.shop.example"), true),
    (Some("https://a.b.shop.example"), false),
    (Some("https://.shop.example"), false),
    (Some("http://shop.example"), false),
    (Some("https://shop.example:8443"), false),
    (Some("https://shop.example.evil.net"), false),
    (Some("https://evil-shop.example"), false),
    (Some("https://shop.example/"), false),
    (Some("https://user@shop.example"), false),
    (Some("null"), false),
    (Some("shop.example"), false),
];

/// An address, and whether it is on the list `[192.0.2.0/24, 2001:db8::/32]`.
const ADDRESSES: [(&str, bool); 9] = [
    ("192.0.2.1", true),
    ("192.0.2.255", true),
    ("192.0.3.0", false),
    ("::ffff:192.0.2.9", true),
    ("::ffff:198.51.100.9", false),
    ("2001:db8::1", true),
    ("2001:db9::1", false),
    ("64:ff9b::c000:201", false),
    ("2002:c000:201::", false),
];

/// A key of the world, and what a row needs to know of it.
struct Key {
    name: String,
    secret: bool,
    environment: &'static str,
    /// The code it is refused with for its state, if it is.
    state: Option<&'static str>,
    scopes: Vec<&'static str>,
    origins: Option<&'static [&'static str]>,
    addresses: Option<&'static [&'static str]>,
    made: Map<String, Value>,
}

impl Key {
    fn new(name: &str, secret: bool, environment: &'static str) -> Self {
        let scopes = if secret {
            vec!["read", "write", "admin"]
        } else {
            vec!["read", "write"]
        };
        let kind = if secret { "secret" } else { "publishable" };
        let made = json!({ "name": name, "kind": kind, "environment": environment });
        Self {
            name: name.to_owned(),
            secret,
            environment,
            state: None,
            scopes,
            origins: None,
            addresses: None,
            made: made.as_object().cloned().unwrap_or_default(),
        }
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.made.insert(field.to_owned(), value);
        self
    }

    fn scoped(mut self, scopes: &[&'static str]) -> Self {
        self.scopes = scopes.to_vec();
        self.with("scopes", json!(scopes))
    }

    fn at_origins(mut self, origins: &'static [&'static str]) -> Self {
        self.origins = Some(origins);
        self.with("allowed_origins", json!(origins))
    }

    fn at_addresses(mut self, addresses: &'static [&'static str]) -> Self {
        self.addresses = Some(addresses);
        self.with("allowed_ips", json!(addresses))
    }
}

fn keys() -> Vec<Key> {
    const RANGES: &[&str] = &["192.0.2.0/24", "2001:db8::/32"];
    let mut keys = vec![
        Key::new("secret", true, "production"),
        Key::new("secret read", true, "production").scoped(&["read"]),
        Key::new("secret nothing", true, "production").scoped(&[]),
        Key::new("public", false, "production"),
        Key::new("public read", false, "production").scoped(&["read"]),
        Key::new("secret test", true, "staging"),
        Key::new("public test", false, "staging"),
        Key::new("lasting", true, "production").with("expires_at", json!(ASKED_AT + 1)),
        Key::new("retiring", true, "production").with("state", json!("retiring")),
        Key::new("public origins", false, "production").at_origins(&[SHOP, SUBDOMAINS]),
        Key::new("secret origins", true, "production").at_origins(&[SHOP, SUBDOMAINS]),
        Key::new("public nowhere", false, "production").at_origins(&[]),
        Key::new("secret addresses", true, "production").at_addresses(RANGES),
        Key::new("public addresses", false, "production").at_addresses(RANGES),
        Key::new("secret nowhere", true, "production").at_addresses(&[]),
        Key::new("strict", false, "production")
            .at_origins(&[SHOP, SUBDOMAINS])
            .at_addresses(RANGES)
            .scoped(&[]),
    ];
    keys.extend(STATES.map(|(state, code)| {
        let mut key = Key::new(state, true, "production").with("state", json!(state));
        key.state = Some(code);
        if state == "expired" {
            key = key.with("expires_at", json!(ASKED_AT));
        }
        key
    }));
    keys
}

/// One call.
struct Call<'a> {
    key: &'a Key,
    environment: Option<&'a str>,
    mode: Option<&'a str>,
    operation: Option<(&'a str, Option<&'a str>)>,
    scopes: Option<&'a [&'a str]>,
    origin: (Option<&'a str>, bool),
    address: (&'a str, bool),
}

impl<'a> Call<'a> {
    /// A call that a server makes from an address that is on no list's outside.
    fn new(key: &'a Key, environment: &'a str, operation: (&'a str, Option<&'a str>)) -> Self {
        Self {
            key,
            environment: Some(environment),
            mode: None,
            operation: Some(operation),
            scopes: None,
            origin: (None, false),
            address: ("192.0.2.1", true),
        }
    }

    /// How it ends, and the first scope that is missing.
    fn end(&self) -> (&'static str, Option<&'a str>) {
        let key = self.key;
        if let Some(code) = key.state {
            return (code, None);
        }
        let fits = match (self.environment, self.mode) {
            (Some(name), _) => name == key.environment,
            (None, Some("live")) => key.environment == "production",
            (None, Some("test")) => key.environment != "production",
            (None, _) => true,
        };
        if !fits {
            return ("wrong_environment", None);
        }
        let by_page = |origin: &str| {
            let lower = origin.to_ascii_lowercase();
            lower == "null" || lower.starts_with("https://") || lower.starts_with("http://")
        };
        if key.secret && self.origin.0.is_some_and(by_page) {
            return ("secret_key_in_browser", None);
        }
        let listed = |list: &[&str], fits: bool| !list.is_empty() && fits;
        if key.origins.is_some_and(|list| !listed(list, self.origin.1)) {
            return ("origin_not_allowed", None);
        }
        if key
            .addresses
            .is_some_and(|list| !listed(list, self.address.1))
        {
            return ("ip_not_allowed", None);
        }
        let needed: Vec<&str> = match (self.operation, self.scopes) {
            (Some((_, None)), _) => return ("unknown_operation", None),
            (Some((_, Some(scope))), _) => vec![scope],
            (None, Some(scopes)) => scopes.to_vec(),
            (None, None) => Vec::new(),
        };
        // In the order of the manifest, whatever the order of the question.
        let all = ["read", "write", "admin"];
        let mut missing = all.into_iter().filter(|scope| needed.contains(scope));
        match missing.find(|scope| !key.scopes.contains(scope)) {
            Some(missing) => ("insufficient_scope", Some(missing)),
            None => ("ok", None),
        }
    }

    fn row(&self) -> Value {
        let mut row = Map::new();
        row.insert("key".into(), json!(self.key.name));
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                row.insert(name.into(), value);
            }
        };
        put("environment", self.environment.map(Value::from));
        put("mode", self.mode.map(Value::from));
        match (self.operation, self.scopes) {
            (Some((operation, _)), _) => put("operation", Some(operation.into())),
            (None, Some(scopes)) => put("scope", Some(json!(scopes))),
            (None, None) => put("authenticate_only", Some(true.into())),
        }
        put("origin", self.origin.0.map(Value::from));
        put("ip", Some(self.address.0.into()));
        let (code, missing) = self.end();
        put("code", Some(code.into()));
        put("missing_scope", missing.map(Value::from));
        Value::Object(row)
    }
}

fn rows(keys: &[Key]) -> Vec<Value> {
    let [read, ..] = OPERATIONS;
    let mut rows = Vec::new();
    for key in keys {
        for environment in ["production", "staging"] {
            let calls = OPERATIONS.map(|operation| Call::new(key, environment, operation));
            rows.extend(calls.iter().map(Call::row));
        }
    }
    let of = |part: &'static str| keys.iter().filter(move |key| key.name.contains(part));
    let with_origins = of("origins")
        .chain(of("public nowhere"))
        .chain(keys.iter().take(1));
    for key in with_origins.chain(keys.iter().skip(3).take(1)) {
        for origin in ORIGINS {
            let call = Call::new(key, key.environment, read);
            rows.push(Call { origin, ..call }.row());
        }
    }
    for key in of("addresses").chain(of("secret nowhere")) {
        for address in ADDRESSES {
            let call = Call::new(key, key.environment, read);
            rows.push(Call { address, ..call }.row());
        }
    }
    // The last of these name a scope that nobody has, or none at all.
    let asked: [&[&str]; 5] = [
        &["read"],
        &["admin"],
        &["read", "write"],
        &["admin", "write"],
        &["read", "write", "admin"],
    ];
    for key in keys.iter().take(7) {
        for scopes in asked {
            let call = Call::new(key, key.environment, read);
            let (operation, scopes) = (None, Some(scopes));
            rows.push(
                Call {
                    operation,
                    scopes,
                    ..call
                }
                .row(),
            );
        }
        for mode in ["live", "test", "any"] {
            let call = Call::new(key, key.environment, read);
            let (environment, mode) = (None, Some(mode));
            rows.push(
                Call {
                    environment,
                    mode,
                    ..call
                }
                .row(),
            );
            let call = Call::new(key, key.environment, read);
            rows.push(
                Call {
                    environment,
                    mode,
                    operation: None,
                    ..call
                }
                .row(),
            );
        }
    }
    rows.extend(in_order(keys));
    rows.extend(texts());
    rows
}

/// Calls with everything wrong that can be, of which one thing after the other is put right.
fn in_order(keys: &[Key]) -> Vec<Value> {
    let named = |name: &str| keys.iter().find(|key| key.name == name);
    let [read, .., nothing, _] = OPERATIONS;
    let evil = (Some("https://evil.example"), false);
    let good = (Some(SHOP), true);
    let (outside, inside) = (("198.51.100.1", false), ("192.0.2.1", true));
    let mut rows = Vec::new();
    for key in ["strict", "secret origins", "secret addresses"]
        .into_iter()
        .filter_map(named)
    {
        let steps = [
            ("staging", evil, outside, nothing),
            ("production", evil, outside, nothing),
            ("production", (None, false), outside, nothing),
            ("production", good, outside, nothing),
            ("production", good, inside, nothing),
            ("production", good, inside, read),
        ];
        for (environment, origin, address, operation) in steps {
            let call = Call::new(key, environment, operation);
            rows.push(
                Call {
                    origin,
                    address,
                    ..call
                }
                .row(),
            );
        }
    }
    rows
}

/// Texts that are no keys of the world.
fn texts() -> Vec<Value> {
    let body = "oZXPq7Bv2mKdR9TfLw3Ync8HsJg5Ue1a";
    let made = |parts: &[&str], code: &str| {
        json!({
            "text": parts, "environment": "production", "operation": "GET /v1/things",
            "ip": "192.0.2.1", "code": code,
        })
    };
    let malformed = |parts: &[&str]| made(parts, "malformed_key");
    vec![
        malformed(&[
            "sk_live_",
            "oZXP",
            "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}",
        ]),
        malformed(&["sk_", "live_", body, "AAAAAA"]),
        malformed(&["sk_", "live_", body]),
        malformed(&["sk_", "live_", body, "000000", "0"]),
        malformed(&["sk_", "prod_", body, "000000"]),
        malformed(&["rk_", "live_", body, "000000"]),
        malformed(&["sk_", "Live_", body, "000000"]),
        malformed(&["SK_", "LIVE_", body, "000000"]),
        malformed(&["sk_", "acme_", "live_", body, "000000"]),
        malformed(&["sk_", "live-", body, "000000"]),
        made(&["st_", "x"], "invalid_session"),
        malformed(&["x"]),
    ]
}

pub(super) fn text() -> String {
    let keys = keys();
    let lines = |values: Vec<Value>| {
        let lines: Vec<_> = values.iter().map(|value| format!("    {value}")).collect();
        lines.join(",\n")
    };
    let made = keys
        .iter()
        .map(|key| Value::Object(key.made.clone()))
        .collect();
    format!(
        "{{\n  \"about\": {},\n  \"asked_at\": {ASKED_AT},\n  \"manifest\": {},\n  \"keys\": [\n{}\n  ],\n  \"rows\": [\n{}\n  ]\n}}\n",
        json!(ABOUT),
        json!(MANIFEST),
        lines(made),
        lines(rows(&keys)),
    )
}
