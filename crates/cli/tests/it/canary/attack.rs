//! Every route of the API description and a few more, with keys in every place of a request.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use super::Canaries;
use super::described::{Operation, base64, operations};
use super::traces::Traces;
use crate::process::{exchange, request};

/// How a key is garbled on its way.
const FORMS: [Form; 10] = [
    Form {
        garble: str::to_owned,
        is_secret_in_names: true,
    },
    Form {
        garble: |key| key[..key.len() - 20].to_owned(),
        is_secret_in_names: true,
    },
    Form {
        garble: |key| format!("{key}{key}"),
        is_secret_in_names: true,
    },
    Form {
        garble: |key| format!("my key: {key}!"),
        is_secret_in_names: true,
    },
    Form {
        garble: |key| format!("\"{key}\""),
        is_secret_in_names: true,
    },
    Form {
        garble: str::to_lowercase,
        is_secret_in_names: true,
    },
    Form {
        garble: mistyped,
        is_secret_in_names: true,
    },
    Form {
        garble: |key| key[key.len() - 30..].to_owned(),
        is_secret_in_names: false,
    },
    Form {
        garble: |key| key.replace('_', "%5F"),
        is_secret_in_names: false,
    },
    Form {
        garble: |key| format!("x{key}"),
        is_secret_in_names: true,
    },
];

/// Fields that keep what a client writes, word for word.
const KEPT: [&str; 4] = ["name", "note", "metadata", "external_id"];

const HEADERS: [&str; 16] = [
    "x-request-id",
    "user-agent",
    "idempotency-key",
    "if-match",
    "x-api-key",
    "cookie",
    "referer",
    "origin",
    "x-forwarded-for",
    "accept",
    "accept-language",
    "content-type",
    "expect",
    "range",
    "x-keystile-uri",
    "x-keystile-host",
];

struct Form {
    garble: fn(&str) -> String,
    /// Whether it is still told from a name that somebody gave.
    is_secret_in_names: bool,
}

fn mistyped(key: &str) -> String {
    let last = if key.ends_with('x') { "y" } else { "x" };
    format!("{}{last}", &key[..key.len() - 1])
}

/// What was sent, and how much of it did something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub(super) requests: usize,
    pub(super) done: usize,
}

pub(super) struct Attack<'a> {
    canaries: &'a Canaries,
    traces: &'a Traces,
    operations: Vec<Operation>,
    sent: Cell<Sent>,
}

impl<'a> Attack<'a> {
    pub(super) fn on(canaries: &'a Canaries, traces: &'a Traces) -> Self {
        let address = canaries.server.address;
        let document = request(address, "", "GET", "/openapi.json", "")
            .unwrap()
            .json();
        Self {
            canaries,
            traces,
            operations: operations(&document),
            sent: Cell::default(),
        }
    }

    pub(super) fn run(&self) -> Sent {
        assert!(
            self.operations.len() > 25,
            "the API description is not read"
        );
        for (at, operation) in self.operations.iter().enumerate() {
            for (number, form) in FORMS.iter().enumerate() {
                let secrets = &self.canaries.secrets;
                let secret = &secrets[(at + number) % secrets.len()];
                let garbled = (form.garble)(secret);
                self.in_headers(operation, &garbled);
                self.in_address(operation, form, &garbled);
                self.in_body(operation, form, &garbled);
            }
        }
        for (at, operation) in self.operations.iter().enumerate() {
            let tokens = &self.canaries.tokens;
            let token = &tokens[at % tokens.len()];
            self.in_headers(operation, token);
            self.in_address(operation, &FORMS[0], token);
        }
        for token in &self.canaries.tokens {
            self.elsewhere(token);
            self.at_the_doors(token);
        }
        for secret in &self.canaries.secrets {
            FORMS
                .iter()
                .for_each(|form| self.elsewhere(&(form.garble)(secret)));
        }
        self.sent.get()
    }

    fn in_headers(&self, operation: &Operation, key: &str) {
        let path = self.path(operation);
        for name in HEADERS {
            self.ask(operation, &path, &[(name, key)], &self.body(operation));
        }
        // A header of this name.
        let name = format!("x-{}", key.replace([' ', '"', ':', '!', '%'], "-"));
        self.ask(operation, &path, &[(&name, "1")], &self.body(operation));
        let basic = base64(&format!("{key}:"));
        for authorization in [
            key.to_owned(),
            format!("Bearer {key}"),
            format!("bearer  {key}"),
            format!("Bearer {key}, Bearer {key}"),
            format!("Basic {basic}"),
            format!("Basic {key}"),
            format!("Digest username=\"{key}\""),
        ] {
            let headers = [("authorization", authorization.as_str())];
            self.send(operation, &path, &headers, &self.body(operation));
        }
    }

    fn in_address(&self, operation: &Operation, form: &Form, key: &str) {
        let path = self.path(operation);
        let key = &key.replace(' ', "%20").replace('"', "%22");
        let body = self.body(operation);
        for query in [
            format!("{key}=1"),
            format!("key={key}"),
            format!("limit={key}"),
            format!("cursor={key}"),
            format!("{key}&{key}"),
            format!("x={key}%"),
            format!("dry_run={key}"),
            format!("name={key}&name={key}"),
        ] {
            self.ask(operation, &format!("{path}?{query}"), &[], &body);
        }
        for segment in operation
            .path
            .split('/')
            .filter(|segment| segment.starts_with('{'))
        {
            let keeps = segment == "{external_id}";
            if !keeps || form.is_secret_in_names {
                let path = self.fill(&operation.path.replace(segment, key), &operation.id);
                self.ask(operation, &path, &[], &body);
            }
        }
        self.ask(operation, &format!("{path}/{key}"), &[], &body);
        self.ask(operation, &format!("/{key}{path}"), &[], &body);
    }

    fn in_body(&self, operation: &Operation, form: &Form, key: &str) {
        let path = self.path(operation);
        let send = |body: &str| self.ask(operation, &path, &[], body);
        let known: Map<_, _> = serde_json::from_str(&self.body(operation)).unwrap_or_default();
        let with = |name: &str, value: Value| {
            let mut body = known.clone();
            body.insert(name.to_owned(), value);
            send(&Value::Object(body).to_string());
        };
        with(key, json!(1));
        with("unknown", json!(key));
        for field in &operation.fields {
            if KEPT.contains(&field.as_str()) && !form.is_secret_in_names {
                continue;
            }
            with(field, json!(key));
            with(field, json!([key]));
            with(field, json!({ (key): key }));
        }
        let quoted = json!(key).to_string();
        for broken in [
            key.to_owned(),
            quoted.clone(),
            format!("[{quoted}]"),
            format!("{{{quoted}:1,{quoted}:2}}"),
            format!("{{\"name\":{}", &quoted[..quoted.len() - 1]),
            format!("{{\"name\":{quoted}]"),
            format!("{{{quoted}"),
            format!("{{\"name\":\"\\u0000{key}\\ud800\"}}"),
        ] {
            send(&broken);
        }
        if operation.id == "applyManifest" {
            self.in_toml(&path, form, key);
        }
    }

    fn in_toml(&self, path: &str, form: &Form, key: &str) {
        let manifest =
            keystile_core::manifest::starter(Some(keystile_core::manifest::System::Bkend));
        let quoted = json!(key).to_string();
        let mut lines = vec![
            key.to_owned(),
            format!("{quoted} = 1"),
            format!("x = {quoted}"),
            format!("[{quoted}]"),
            format!("[[operations]]\nmatch = {quoted}"),
            format!("[[scopes]]\nname = {quoted}\ndescription = \"x\""),
            format!("x = \"{key}"),
        ];
        if form.is_secret_in_names {
            lines.push(format!(
                "[[scopes]]\nname = \"a:b\"\ndescription = {quoted}"
            ));
        }
        for line in lines {
            let body = format!("{manifest}\n{line}\n");
            let head = format!("PUT {path} HTTP/1.1\r\ncontent-type: application/toml\r\n");
            self.message(&head, &self.bearer(), &body);
        }
    }

    /// Where a token is at home, good and with its last part changed.
    fn at_the_doors(&self, token: &str) {
        for token in [token.to_owned(), format!("{token}A")] {
            let question = json!({ "key": token, "product": "bkend", "mode": "any",
                                   "authenticate_only": true, "explain": true });
            let batch = json!({ "requests": [question] });
            for (path, body) in [("verify", question.clone()), ("verify_batch", batch)] {
                let head =
                    format!("POST /v1/keys/{path} HTTP/1.1\r\ncontent-type: application/json\r\n");
                self.message(&head, &self.bearer(), &body.to_string());
            }
            for line in [
                "GET /v1/keys/self",
                "POST /v1/keys/self/revoke",
                "POST /v1/sessions",
                "GET /v1/keys",
            ] {
                let bearer = format!("Bearer {token}");
                self.message(&format!("{line} HTTP/1.1\r\n"), &bearer, "");
            }
        }
    }

    /// Places that no operation has.
    fn elsewhere(&self, key: &str) {
        let bearer = self.bearer();
        let plain = key.replace([' ', '"'], "");
        for head in [
            format!("{plain} /v1/keys HTTP/1.1\r\n"),
            format!("GET {plain} HTTP/1.1\r\n"),
            format!("GET /v1/keys {plain}\r\n"),
            format!("GET /v1/keys HTTP/1.1\r\n{key}\r\n"),
            format!("GET /v1/keys HTTP/1.1\r\nhost: {key}\r\n"),
            format!("GET http://{plain}/v1/keys HTTP/1.1\r\n"),
            format!("GET /gateway/nginx/{plain} HTTP/1.1\r\n"),
            format!(
                "GET /gateway/nginx/keepem?environment={plain} HTTP/1.1\r\n\
                     x-keystile-method: GET\r\nx-keystile-uri: /\r\nx-keystile-host: h\r\n"
            ),
            format!(
                "GET /gateway/nginx/keepem HTTP/1.1\r\nx-keystile-method: {key}\r\n\
                     x-keystile-uri: /{key}\r\nx-keystile-host: {key}\r\nx-api-key: {key}\r\n"
            ),
            format!("GET /docs?{plain} HTTP/1.1\r\nuser-agent: {key}\r\n"),
            format!("POST /control/{plain} HTTP/1.1\r\n"),
        ] {
            self.message(&head, &bearer, "");
        }
    }

    /// A request of the operator's, so that it comes as far as it can.
    fn ask(&self, operation: &Operation, path: &str, headers: &[(&str, &str)], body: &str) {
        let bearer = match operation.id.as_str() {
            // With the operator's key, it would end that.
            "revokeOwnKey" => format!("Bearer {}", self.canaries.publishable),
            _ => self.bearer(),
        };
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.send(operation, path, &all, body);
    }

    fn send(&self, operation: &Operation, path: &str, headers: &[(&str, &str)], body: &str) {
        let mut head = format!("{} {path} HTTP/1.1\r\n", operation.method);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            head.push_str("content-type: application/json\r\n");
        }
        for (name, value) in headers.iter().filter(|(name, _)| *name != "authorization") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bearer = headers.iter().find(|(name, _)| *name == "authorization");
        let is_own = bearer.is_some_and(|(_, value)| value.contains(&self.canaries.operator));
        if is_own && operation.id == "revokeOwnKey" {
            return;
        }
        self.message(&head, bearer.map_or("", |(_, value)| value), body);
    }

    /// Sends it, and looks through all that comes back.
    fn message(&self, head: &str, authorization: &str, body: &str) {
        let host = if head.contains("\r\nhost: ") {
            ""
        } else {
            "host: h\r\n"
        };
        let length = body.len();
        let message = format!(
            "{head}{host}authorization: {authorization}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        );
        let answer = exchange(self.canaries.server.address, message.as_bytes())
            .unwrap_or_else(|why| panic!("{why}\n{message}\n{}", self.canaries.log()));
        self.traces
            .none_in(&format!("the answer to\n{message}\n"), &answer);
        let mut sent = self.sent.get();
        sent.requests += 1;
        sent.done += usize::from(answer.starts_with(b"HTTP/1.1 20"));
        assert!(
            !answer.starts_with(b"HTTP/1.1 5"),
            "{message}: {}",
            String::from_utf8_lossy(&answer)
        );
        self.sent.set(sent);
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.canaries.operator)
    }

    fn path(&self, operation: &Operation) -> String {
        self.fill(&operation.path, &operation.id)
    }

    /// Ids for a path; what would end something gets one that names nothing.
    fn fill(&self, path: &str, id: &str) -> String {
        let victim = &self.canaries.victim;
        let ends = id.starts_with("delete") || id.starts_with("revoke");
        let pick = |prefix: &str, good: &str| match ends {
            true => format!("{prefix}_01h2xcejqtf2nbrexx3vqjhp41"),
            false => good.to_owned(),
        };
        path.replace("{key}", &pick("key", &victim.key))
            .replace("{organization}", &pick("org", &victim.organization))
            .replace("{project}", &pick("prj", &victim.project))
            .replace("{environment}", &pick("env", &victim.environment))
            .replace("{product}", "bkend")
            .replace("{external_id}", "paperboat-1")
    }

    /// A body that does something. Every name is new, so that nothing is refused as taken.
    fn body(&self, operation: &Operation) -> String {
        let name = format!("Name {}", self.sent.get().requests);
        let body = match operation.id.as_str() {
            "createKey" => json!({ "kind": "secret", "name": name }),
            "createOrganization" => json!({ "product": "bkend", "name": name }),
            "createEnvironment" => json!({ "name": "dev" }),
            "verifyKey" => json!({ "key": "x", "product": "bkend", "mode": "any",
                                   "authenticate_only": true }),
            "verifyKeys" => json!({ "requests": [] }),
            "rotateKey" | "revokeKey" => json!({}),
            "changeEnvironment" => json!({ "enabled": true }),
            id if id.starts_with("create") || id.starts_with("change") => json!({ "name": name }),
            _ => return String::new(),
        };
        body.to_string()
    }
}
