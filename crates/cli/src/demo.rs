//! `serve --demo`: four sample products with believable customers, and a story to try.

use std::net::SocketAddr;
use std::path::Path;

use keystile_core::manifest::{System, starter};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::call::Keystile;
use crate::output::{Failed, heading, line};

/// Customers by product; the first of each has the story's keys.
const CUSTOMERS: [(&str, &[&str]); 4] = [
    (
        "keepem",
        &[
            "Riverside Concerts",
            "Lighthouse Talks",
            "Oak Street Theatre",
        ],
    ),
    (
        "innkept",
        &["Hotel Marea", "Seven Gables Inn", "Alpenblick Lodge"],
    ),
    ("bkend", &["Paperboat Labs", "Fernwood Games"]),
    ("datakeen", &["Northbank Credit", "Cedar Insurance"]),
];

/// A directory that is thrown away.
pub(crate) fn directory() -> Result<TempDir, Failed> {
    let made = tempfile::Builder::new().prefix("keystile-demo-").tempdir();
    made.map_err(|why| Failed::new(format!("no directory for the demo: {why}")))
}

/// Fills the installation and prints the story.
pub(crate) async fn tell(data: &Path, address: SocketAddr) -> Result<(), Failed> {
    let keystile = Keystile::at(data);
    let mut story = None;
    for (product, customers) in CUSTOMERS {
        let manifest = System::from_name(product).map(|system| starter(Some(system)));
        let manifest = manifest.unwrap_or_default().to_owned();
        keystile
            .put_toml(&format!("/v1/products/{product}"), manifest)
            .await?;
        for (number, customer) in customers.iter().enumerate() {
            let keys = customer_keys(&keystile, product, customer, number).await?;
            story = story.or(Some(keys));
        }
    }
    let Some(Keys {
        publishable,
        secret,
        id,
    }) = story
    else {
        return Ok(());
    };
    print_story(data, address, &publishable, &secret, &id);
    Ok(())
}

/// The keys of a customer's production environment.
struct Keys {
    publishable: String,
    secret: String,
    id: String,
}

async fn customer_keys(
    keystile: &Keystile,
    product: &str,
    customer: &str,
    number: usize,
) -> Result<Keys, Failed> {
    let external_id = format!("{product}-{:04}", 1001 + number);
    let body = json!({ "product": product, "name": customer, "external_id": external_id });
    let created = keystile.post("/v1/organizations", body).await?;
    let project = match created["projects"].get(0) {
        Some(project) => project.clone(),
        None => {
            let id = text(&created["organization"]["id"]);
            let path = format!("/v1/organizations/{id}/projects");
            keystile.post(&path, json!({ "name": "Main" })).await?
        }
    };
    let environments = project["environments"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let production = environments.iter().find(|one| one["name"] == "production");
    let production = production.unwrap_or(&Value::Null);
    let publishable = match automatic(production, "publishable") {
        Some(key) => text(&key["value"]),
        None => {
            let key = add_key(keystile, production, "publishable", "Website").await?;
            text(&key["key"]["value"])
        }
    };
    let (secret, id) = match automatic(production, "secret") {
        Some(key) => (text(&key["secret"]), text(&key["id"])),
        None => {
            let key = add_key(keystile, production, "secret", "Backend").await?;
            (text(&key["secret"]), text(&key["key"]["id"]))
        }
    };
    Ok(Keys {
        publishable,
        secret,
        id,
    })
}

fn automatic<'a>(environment: &'a Value, kind: &str) -> Option<&'a Value> {
    environment["keys"]
        .as_array()?
        .iter()
        .find(|key| key["kind"] == kind)
}

async fn add_key(
    keystile: &Keystile,
    environment: &Value,
    kind: &str,
    name: &str,
) -> Result<Value, Failed> {
    let path = format!("/v1/environments/{}/keys", text(&environment["id"]));
    keystile
        .post(&path, json!({ "kind": kind, "name": name }))
        .await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Lines that work when pasted into another terminal.
fn print_story(data: &Path, address: SocketAddr, publishable: &str, secret: &str, id: &str) {
    let program = std::env::current_exe().unwrap_or_else(|_| "keystile".into());
    let keystile = format!("{} --data {}", quoted(&program), quoted(data));
    let verify = format!("{keystile} verify --product keepem --environment production");
    line("");
    line("Four sample products are loaded. Paste these lines into another terminal:");
    heading("\n# A publishable key may send a chat message:");
    line(&format!(
        "{verify} {publishable} 'POST /v1/events/evt_42/messages'"
    ));
    heading("\n# The same key may not create an event (403), and is told the scope it lacks:");
    line(&format!("{verify} {publishable} 'POST /v1/events'"));
    heading("\n# A secret key may:");
    line(&format!("{verify} {secret} 'POST /v1/events'"));
    heading("\n# Revoke it, and present it at once:");
    line(&format!(
        "{keystile} keys revoke {id} --then-verify {secret}"
    ));
    heading("\n# Look around:");
    line(&format!("{keystile} organizations list"));
    line(&format!("{keystile} audit list --product keepem"));
    line(&format!("http://{address}/docs"));
    line("");
    line("Everything is thrown away when this stops (Ctrl-C).");
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
