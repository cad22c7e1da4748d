//! Keys, and asking about them.

use std::io::Read;
use std::time::Instant;

use serde_json::{Value, json};

use crate::args::{Keys, Verify};
use crate::call::{Keystile, encoded, query};
use crate::output::{self, Failed, Form, bad, fields, good, heading, line, table};

const KEY: [(&str, &str); 13] = [
    ("id", "/id"),
    ("name", "/name"),
    ("kind", "/kind"),
    ("mode", "/mode"),
    ("value", "/value"),
    ("preview", "/preview"),
    ("status", "/status"),
    ("scopes", "/scopes"),
    ("origins", "/allowed_origins"),
    ("addresses", "/allowed_ips"),
    ("environment", "/environment/name"),
    ("expires", "/expires_at"),
    ("note", "/note"),
];

/// Keys.
pub(super) async fn run(keystile: &Keystile, what: Keys, form: Form) -> Result<(), Failed> {
    let one = |id: &str| format!("/v1/keys/{}", encoded(id));
    match what {
        Keys::List {
            product,
            organization,
            environment,
            kind,
            status,
        } => {
            let asked = [
                ("product", product.as_deref()),
                ("organization", organization.as_deref()),
                ("environment", environment.as_deref()),
                ("kind", kind.map(crate::args::Kind::as_str)),
                ("status", status.as_deref()),
                ("limit", Some("100")),
            ];
            list(
                &keystile.get(&format!("/v1/keys{}", query(&asked))).await?,
                form,
            );
        }
        Keys::Create {
            environment,
            kind,
            name,
            scopes,
            origins,
            ips,
            expires_at,
            note,
        } => {
            let given = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
            let body = json!({
                "kind": kind.as_str(), "name": name, "scopes": given(scopes),
                "allowed_origins": given(origins), "allowed_ips": given(ips),
                "expires_at": expires_at, "note": note,
            });
            let environment = environment_id(keystile, environment).await?;
            let path = format!("/v1/environments/{}/keys", encoded(&environment));
            created(&keystile.post(&path, body).await?, form);
        }
        Keys::Show { key } => show(&keystile.get(&one(&key)).await?, form),
        Keys::Rotate { key, grace } => {
            let body = json!({ "grace_seconds": grace });
            created(
                &keystile
                    .post(&format!("{}/rotate", one(&key)), body)
                    .await?,
                form,
            );
        }
        Keys::Revoke { key, then_verify } => {
            revoke(keystile, &one(&key), then_verify, form).await?;
        }
        Keys::Reveal { key } => {
            let path = format!("{}/reveal", one(&key));
            let answer = keystile.post(&path, json!({})).await?;
            if !form.told(&answer) {
                fields(&answer["key"], &KEY);
                heading(answer["secret"].as_str().unwrap_or_default());
                line("the audit log says that it was shown");
            }
        }
        Keys::Disable { key } => {
            show(
                &keystile
                    .patch(&one(&key), json!({ "enabled": false }))
                    .await?,
                form,
            );
        }
        Keys::Enable { key } => {
            show(
                &keystile
                    .patch(&one(&key), json!({ "enabled": true }))
                    .await?,
                form,
            );
        }
        Keys::Delete { key } => created(&keystile.delete(&one(&key)).await?, form),
    }
    Ok(())
}

/// The id of an environment that is named by `PROJECT/NAME`.
async fn environment_id(keystile: &Keystile, named: String) -> Result<String, Failed> {
    let Some((project, name)) = named.split_once('/') else {
        return Ok(named);
    };
    let path = format!("/v1/projects/{}/environments?limit=100", encoded(project));
    let answer = keystile.get(&path).await?;
    let all = answer["data"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found = all.iter().find(|environment| environment["name"] == name);
    found
        .map(|environment| output::text_of(&environment["id"]))
        .ok_or_else(|| {
            let names: Vec<_> = all
                .iter()
                .map(|one| output::text_of(&one["name"]))
                .collect();
            Failed::new(format!(
                "{project} has no environment {name}; it has {}",
                names.join(", ")
            ))
        })
}

/// Revokes, and, where a value is given, shows that it is refused from that moment on.
#[expect(
    clippy::disallowed_methods,
    reason = "the time between two answers is what is shown"
)]
async fn revoke(
    keystile: &Keystile,
    path: &str,
    value: Option<String>,
    form: Form,
) -> Result<(), Failed> {
    let began = Instant::now();
    let answer = keystile.post(&format!("{path}/revoke"), json!({})).await?;
    let revoked = Instant::now();
    created(&answer, form);
    let Some(value) = value else { return Ok(()) };
    let product = answer["key"]["product"].clone();
    let body =
        json!({ "key": value, "product": product, "mode": "any", "authenticate_only": true });
    let verdict = keystile.post("/v1/keys/verify", body).await?;
    let (took, after) = (revoked - began, revoked.elapsed());
    if form.told(&verdict) {
        return Ok(());
    }
    line(&format!(
        "revoking took {:.1} ms",
        took.as_secs_f64() * 1000.0
    ));
    say(&verdict);
    line(&format!(
        "{:.1} ms lay between the two answers",
        after.as_secs_f64() * 1000.0
    ));
    Ok(())
}

/// Asks whether a key is good for a call. Fails when it is not, so that scripts can tell.
pub(super) async fn verify(keystile: &Keystile, asked: Verify, form: Form) -> Result<(), Failed> {
    let mut body = json!({ "key": key_text(&asked.key)?, "explain": asked.explain });
    let mut put = |name: &str, value: Value| {
        body[name] = value;
    };
    if let Some(product) = asked.product {
        put("product", product.into());
    }
    match asked.environment {
        Some(name) => put("environment", name.into()),
        None => put("mode", "any".into()),
    }
    match (asked.operation, asked.scopes.as_slice()) {
        (Some(operation), _) => put("operation", operation.into()),
        (None, []) => put("authenticate_only", true.into()),
        (None, _) => put("scope", asked.scopes.into()),
    }
    if let Some(origin) = asked.origin {
        put("origin", origin.into());
    }
    if let Some(ip) = asked.ip {
        put("ip", ip.into());
    }
    let verdict = keystile.post("/v1/keys/verify", body).await?;
    if !form.told(&verdict) {
        say(&verdict);
        explain(&verdict);
    }
    if verdict["valid"] == true {
        Ok(())
    } else {
        Err(Failed::quiet())
    }
}

fn key_text(given: &str) -> Result<String, Failed> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|why| Failed::new(format!("standard input: {why}")))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn say(verdict: &Value) {
    let text = |pointer: &str| {
        verdict
            .pointer(pointer)
            .map(output::text_of)
            .unwrap_or_default()
    };
    if verdict["valid"] == true {
        good(&format!(
            "allowed: {} of {}",
            text("/key/preview"),
            text("/organization/id")
        ));
        return;
    }
    let since = match verdict["since"].as_str() {
        Some(since) => format!(", since {since}"),
        None => String::new(),
    };
    bad(&format!(
        "refused: {} ({}{since})",
        text("/code"),
        text("/message")
    ));
}

fn explain(verdict: &Value) {
    for check in verdict["checks"].as_array().into_iter().flatten() {
        let name = output::text_of(&check["check"]);
        let word = if check["passed"] == true {
            "passed"
        } else {
            "failed"
        };
        line(&format!(
            "  {name:14}{word}  {}",
            output::text_of(&check["message"])
        ));
    }
}

fn list(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    let columns = [
        ("id", "/id"),
        ("name", "/name"),
        ("kind", "/kind"),
        ("preview", "/preview"),
        ("status", "/status"),
        ("product", "/product"),
        ("environment", "/environment/name"),
        ("created", "/created_at"),
    ];
    table(
        answer["data"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default(),
        &columns,
    );
    if answer["next_cursor"].is_string() {
        line("there are more; narrow the list down, or page through it with --json and the API");
    }
}

fn show(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    fields(answer, &KEY);
    output::effective(&answer["effective"]);
}

/// A key that just got a value, or lost it.
pub(super) fn created(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    fields(&answer["key"], &KEY);
    secret_once(answer["secret"].as_str());
    output::effective(&answer["effective"]);
}

/// The one time that a secret is printed.
pub(super) fn secret_once(secret: Option<&str>) {
    if let Some(secret) = secret {
        heading(secret);
        line("this is the only time that it is shown; keep it where only servers can read it");
    }
}
