//! A server with something in it, so that requests that are made up find what they name.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{Process, operator_key, request, serve};

/// How many customers there are.
const CUSTOMERS: usize = 6;

/// What exists, by the name of the parameter that takes it.
#[derive(Debug, Default)]
struct Known {
    organizations: Vec<String>,
    projects: Vec<String>,
    environments: Vec<String>,
    keys: Vec<String>,
    secrets: Vec<String>,
    grants: Vec<String>,
    spends: Vec<String>,
    /// Charges whose credits are only reserved.
    reserved: Vec<String>,
}

pub(crate) struct World {
    pub(crate) server: Process,
    pub(crate) operator: String,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let operator = operator_key();
        let mut command = serve(&directory.path().join("data"), &operator);
        let server = Process::of(command.stderr(Stdio::null()));
        let world = Self {
            server,
            operator,
            directory,
        };
        let (known, doomed) = world.furnish();
        std::fs::write(world.known(), configuration(&known, &doomed)).unwrap();
        world
    }

    /// The tester's settings: which ids, names and keys there are.
    pub(crate) fn known(&self) -> PathBuf {
        self.directory.path().join("schemathesis.toml")
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let reply = request(self.server.address, &self.operator, method, path, body).unwrap();
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    }

    /// What exists, and what may be deleted; of the latter nothing lies below another.
    fn furnish(&self) -> (Known, Known) {
        let bkend = keystile_core::manifest::System::Bkend;
        let manifest = keystile_core::manifest::starter(Some(bkend));
        let any = manifest.replace("custom_environments = false", "custom_environments = true");
        assert_ne!(any, manifest);
        let any = any.replace("reveal = \"once\"", "reveal = \"recoverable\"");
        let costs = "cost = 1\npublic_cost = true\nmatch = \"POST /v1/data/{table}\"";
        let any = any.replace("match = \"POST /v1/data/{table}\"", costs);
        assert!(any.contains(costs));
        let foreign =
            "[[foreign_formats]]\nprefix = \"old_\"\nkind = \"secret\"\nmode = \"live\"\n";
        self.call("PUT", "/v1/products/bkend", &format!("{any}\n{foreign}"));
        let mut known = Known::default();
        for number in 0..CUSTOMERS {
            self.customer(number, &mut known);
        }
        let mut customers = (CUSTOMERS..).map(|number| {
            let mut doomed = Known::default();
            self.customer(number, &mut doomed);
            doomed
        });
        let mut next = || customers.next().unwrap();
        let doomed = Known {
            organizations: next().organizations,
            projects: next().projects,
            environments: next().environments,
            keys: next().keys,
            grants: next().grants,
            ..Known::default()
        };
        // One has an old value that still works.
        let path = format!("/v1/keys/{}/rotate", doomed.keys[0]);
        let week = json!({ "grace_seconds": 604_800 });
        self.call("POST", &path, &week.to_string());
        (known, doomed)
    }

    fn customer(&self, number: usize, known: &mut Known) {
        let body = json!({ "product": "bkend", "name": format!("Customer {number}"),
                           "external_id": format!("customer-{number}") });
        let made = self.call("POST", "/v1/organizations", &body.to_string());
        let organization = text(&made["organization"]["id"]);
        let path = format!("/v1/organizations/{organization}/projects");
        let made = self.call("POST", &path, &json!({ "name": "Main" }).to_string());
        let path = format!("/v1/organizations/{organization}/grants");
        let grant = json!({ "mode": "test", "amount": 100, "reason": "to try" });
        let grant = self.call("POST", &path, &grant.to_string());
        known.grants.push(text(&grant["grant"]["id"]));
        known.organizations.push(organization);
        known.projects.push(text(&made["project"]["id"]));
        for environment in made["environments"].as_array().unwrap() {
            let id = text(&environment["id"]);
            let path = format!("/v1/environments/{id}/keys");
            let body = json!({ "kind": "secret", "name": "Server" });
            let made = self.call("POST", &path, &body.to_string());
            known.environments.push(id);
            known.keys.push(text(&made["key"]["id"]));
            let secret = text(&made["secret"]);
            if environment["mode"] == "test" {
                let name = text(&environment["name"]);
                known.spends.push(self.spend(&secret, &name, false));
                known.reserved.push(self.spend(&secret, &name, true));
            }
            known.secrets.push(secret);
        }
    }

    fn spend(&self, key: &str, environment: &str, reserve: bool) -> String {
        let asked = json!({ "key": key, "product": "bkend", "environment": environment,
                            "operation": "POST /v1/data/pets", "reserve": reserve });
        let verdict = self.call("POST", "/v1/keys/verify", &asked.to_string());
        text(&verdict["spend_id"])
    }

    /// Operations of the description that never succeeded, as the server counted them.
    pub(crate) fn never_done(&self) -> Vec<String> {
        let metrics = request(self.server.address, &self.operator, "GET", "/metrics", "");
        let counted = metrics.unwrap().text;
        let document = self.call("GET", "/openapi.json", "");
        let paths = document["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
        operations
            .map(|operation| text(&operation["operationId"]))
            .filter(|id| !NOT_COUNTED.contains(&id.as_str()))
            .filter(|id| !counted.contains(&format!("operation=\"{id}\",status=\"20")))
            .collect()
    }
}

/// What is no operation of an operator's is not counted as one.
const NOT_COUNTED: [&str; 6] = [
    "verifyKey",
    "verifyKeys",
    "getOwnKey",
    "revokeOwnKey",
    "createSession",
    "getSigningKeys",
];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Values that exist are taken most of the time, and made-up ones otherwise. What is deleted is
/// `doomed`, so that everything else is there for all that comes after.
fn configuration(known: &Known, doomed: &Known) -> String {
    let products = vec!["bkend".to_owned()];
    let externals: Vec<_> = (0..CUSTOMERS)
        .map(|number| format!("customer-{number}"))
        .collect();
    let scopes = vec!["data:read".to_owned(), "data:write".to_owned()];
    let dictionaries = [
        (
            "organization",
            &known.organizations,
            &["path.organization", "query.organization"][..],
        ),
        (
            "project",
            &known.projects,
            &["path.project", "query.project"],
        ),
        (
            "environment",
            &known.environments,
            &["path.environment", "query.environment"],
        ),
        ("key", &known.keys, &["path.key", "query.key"]),
        ("secret", &known.secrets, &["body.key"]),
        ("grant", &known.grants, &["path.grant"]),
        ("spend", &known.spends, &["path.spend"]),
        (
            "product",
            &products,
            &["path.product", "query.product", "body.product"],
        ),
        (
            "external_id",
            &externals,
            &["path.external_id", "query.external_id"],
        ),
        ("scope", &scopes, &["body.scope"]),
    ];
    let mut text = String::new();
    for (name, values, _) in &dictionaries {
        text.push_str(&format!("[dictionaries.{name}]\nvalues = {values:?}\n"));
    }
    text.push_str("[parameters]\n");
    for (name, _, places) in &dictionaries {
        for place in *places {
            let taken = format!("{{ dictionary = {name:?}, probability = 0.8 }}");
            text.push_str(&format!("{place:?} = {taken}\n"));
        }
    }
    // What belongs together, and a key that begins as the manifest says.
    text.push_str(&format!(
        "[[operations]]\ninclude-operation-id = \"adoptKey\"\nparameters = {{ \
         \"body.key\" = \"old_0123456789abcdef\", \"body.product\" = \"bkend\", \
         \"body.organization\" = {:?}, \"body.project\" = {:?}, \"body.environment\" = {:?} }}\n",
        known.organizations[0], known.projects[0], known.environments[0],
    ));
    // What is reserved is settled or released, and a second time for the same amount alone.
    for (operation, spend, more) in [
        ("settleSpend", &known.reserved[0], ", \"body.amount\" = 1"),
        ("releaseSpend", &known.reserved[1], ""),
    ] {
        text.push_str(&format!(
            "[[operations]]\ninclude-operation-id = {operation:?}\n\
             parameters = {{ \"path.spend\" = {spend:?}{more} }}\n"
        ));
    }
    // It would end the very key that all requests are made with.
    text.push_str("[[operations]]\ninclude-operation-id = \"revokeOwnKey\"\nenabled = false\n");
    // Only of a key that was rotated can an old value be ended.
    let kept = doomed.keys.first().unwrap();
    text.push_str(&format!(
        "[[operations]]\ninclude-operation-id = \"retireKeyValue\"\n\
         parameters = {{ \"path.key\" = {kept:?} }}\n"
    ));
    for (operation, parameter, doomed) in [
        ("deleteOrganization", "organization", &doomed.organizations),
        ("deleteProject", "project", &doomed.projects),
        ("deleteEnvironment", "environment", &doomed.environments),
        ("deleteKey", "key", &doomed.keys),
        ("voidGrant", "grant", &doomed.grants),
    ] {
        let doomed = doomed.last().unwrap();
        text.push_str(&format!(
            "[[operations]]\ninclude-operation-id = {operation:?}\n\
             parameters = {{ \"path.{parameter}\" = {doomed:?} }}\n"
        ));
    }
    text
}
