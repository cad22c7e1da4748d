//! What must hold for every operation there is: the API description drives these tests, so a new
//! operation is covered from its first day, or they fail.

use keystile_core::manifest::{System, starter};
use serde_json::{Value, json};

use crate::house::{Customer, House, Reply, request, text};

/// An operation that costs a credit.
const WRITING: &str = "cost = 1\npublic_cost = true\nmatch = \"POST /v1/data/{table}\"";

/// Keys of another system, which the product takes.
const FOREIGN: &str =
    "\n[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";

/// One call of every operation, with the ids of a customer.
pub(crate) struct Calls {
    pub(crate) house: House,
    pub(crate) customer: Customer,
    pub(crate) key: String,
    /// A key whose secret can be shown again.
    recoverable: String,
    grant: String,
    /// A charge, and one that is only reserved.
    spends: [String; 2],
}

/// An operation as the API description has it.
struct Described {
    id: String,
    method: String,
    path: String,
}

fn described() -> Vec<Described> {
    let document = keystile_server::openapi_document();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(|(method, operation)| Described {
                    id: text(&operation["operationId"]),
                    method: method.to_uppercase(),
                    path: path.clone(),
                })
        })
        .collect()
}

impl Calls {
    pub(crate) async fn new() -> Self {
        let house = House::furnished().await;
        let bkend = starter(Some(System::Bkend)).to_owned() + FOREIGN;
        let bkend = bkend.replace("match = \"POST /v1/data/{table}\"", WRITING);
        house.apply("bkend", &bkend).expect(200);
        let customer = house.customer("bkend", "Paperboat");
        let (key, secret) = house.key(customer.environment("dev"), "secret", "Worker");
        let path = format!("/v1/organizations/{}/grants", customer.organization);
        let grant = json!({ "mode": "test", "amount": 9, "reason": "to try" });
        let grant = text(&house.post(&path, &grant).expect(201).json()["grant"]["id"]);
        let spends = [false, true].map(|reserve| {
            let asked = json!({ "key": secret, "product": "bkend", "environment": "dev",
                                "operation": "POST /v1/data/pets", "reserve": reserve });
            let verdict = house.post("/v1/keys/verify", &asked).expect(200).json();
            text(&verdict["spend_id"])
        });
        let other = house.customer("datakeen", "Northbank");
        let recoverable = text(&other.automatic("test", "secret")["id"]);
        Self {
            house,
            customer,
            key,
            recoverable,
            grant,
            spends,
        }
    }

    /// The path with ids in it.
    fn path(&self, operation: &Described) -> String {
        let key = match operation.id.as_str() {
            "revealKey" => &self.recoverable,
            _ => &self.key,
        };
        operation
            .path
            .replace("{key}", key)
            .replace("{organization}", &self.customer.organization)
            .replace("{project}", &self.customer.project)
            .replace("{environment}", self.customer.environment("dev"))
            .replace("{grant}", &self.grant)
            .replace("{spend}", self.spend(operation))
            .replace("{product}", "bkend")
            .replace("{external_id}", "paperboat-1")
            .replace("/v1/usage", &self.usage_path())
    }

    fn spend(&self, operation: &Described) -> &str {
        let [spent, reserved] = &self.spends;
        match operation.id.as_str() {
            "settleSpend" | "releaseSpend" => reserved,
            _ => spent,
        }
    }

    fn usage_path(&self) -> String {
        format!("/v1/usage?organization={}", self.customer.organization)
    }

    /// A body that does something, for operations that take one.
    fn body(&self, operation: &Described) -> Option<Value> {
        let body = match operation.id.as_str() {
            "createKey" => json!({ "kind": "secret", "name": "Another" }),
            "createOrganization" => json!({ "product": "bkend", "name": "Another" }),
            "createOrGetOrganization" => json!({ "name": "By your own id" }),
            "createProject" => json!({ "name": "Another" }),
            "createEnvironment" => json!({ "name": "dev" }),
            "createOperatorKey" => json!({ "name": "Another" }),
            "adoptKey" => json!({ "product": "bkend", "key": "kp_0123456789abcdef",
                                  "environment": self.customer.environment("production") }),
            "importKeys" => json!({ "product": "bkend", "rows": [
                { "digest": "a".repeat(64),
                  "environment": self.customer.environment("production") } ] }),
            "changeKey" => json!({ "name": "Renamed" }),
            "changeOrganization" => json!({ "name": "Renamed" }),
            "changeProject" => json!({ "name": "Renamed" }),
            "changeEnvironment" => json!({ "enabled": false }),
            "createGrant" => json!({ "mode": "live", "amount": 5, "reason": "another" }),
            "createPortalToken" => json!({ "visitor": "user_1" }),
            "settleSpend" => json!({ "amount": 1 }),
            "rotateKey" | "revokeKey" | "retireKeyValue" | "revealKey" | "voidGrant"
            | "refundSpend" | "releaseSpend" => json!({}),
            "applyManifest" => {
                let system = System::Bkend;
                let text = starter(Some(system));
                let mut manifest = keystile_core::manifest::Manifest::from_toml(text).unwrap();
                manifest.product.name = "Renamed".to_owned();
                manifest.to_value()
            }
            "verifyKey" => json!({ "key": "x", "product": "bkend", "mode": "any",
                                   "authenticate_only": true }),
            "verifyKeys" => json!({ "requests": [{ "key": "x", "product": "bkend", "mode": "any",
                                                   "authenticate_only": true }] }),
            _ => return None,
        };
        Some(body)
    }

    fn send(&self, operation: &Described, key: Option<&str>) -> Reply {
        let bearer = key.map(|key| format!("Bearer {key}"));
        let mut headers = vec![("content-type", "application/json")];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        let body = self
            .body(operation)
            .map(|body| body.to_string())
            .unwrap_or_default();
        let (address, path) = (self.house.address, self.path(operation));
        request(address, &operation.method, &path, &headers, &body)
    }

    /// A bound or narrow operator key.
    pub(crate) fn operator(&self, body: &Value) -> String {
        text(
            &self
                .house
                .post("/v1/operator-keys", body)
                .expect(201)
                .json()["secret"],
        )
    }

    fn journal(&self) -> u64 {
        self.house.get("/v1/audit?limit=1").json()["data"][0]["seq"]
            .as_u64()
            .unwrap()
    }
}

fn is_managing(operation: &Described) -> bool {
    !matches!(operation.id.as_str(), "verifyKey" | "verifyKeys") && !is_for_holders(operation)
}

/// What becomes of charges stands in the ledger and has no row in the journal.
fn is_in_ledger(operation: &Described) -> bool {
    matches!(
        operation.id.as_str(),
        "refundSpend" | "settleSpend" | "releaseSpend"
    )
}

/// What needs no operator key: its own tests say what it needs.
fn is_for_holders(operation: &Described) -> bool {
    matches!(
        operation.id.as_str(),
        "getOwnKey" | "revokeOwnKey" | "createSession" | "getSigningKeys"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_is_open_to_strangers() {
    let calls = Calls::new().await;
    let (_, customer_key) =
        calls
            .house
            .key(calls.customer.environment("production"), "secret", "Server");
    let open = |operation: &Described| operation.id == "getSigningKeys";
    for operation in described().into_iter().filter(|one| !open(one)) {
        calls.send(&operation, None).expect(401);
        calls.send(&operation, Some("sk_live_nothing")).expect(401);
        if !is_for_holders(&operation) {
            let reply = calls.send(&operation, Some(&customer_key));
            assert_eq!(
                reply.status, 401,
                "a customer's key is no operator key: {}",
                operation.id
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a12_every_operation_needs_its_own_scope() {
    let calls = Calls::new().await;
    let document = keystile_server::openapi_document();
    let only = |scope: &str| {
        let body = json!({ "name": format!("{scope} only"), "scopes": [scope] });
        (scope.to_owned(), calls.operator(&body))
    };
    let narrow = [only("credits:read"), only("audit:read")];
    for operation in described()
        .iter()
        .filter(|operation| !is_for_holders(operation))
    {
        let told = &document["paths"][&operation.path][operation.method.to_lowercase()];
        let told = text(&told["description"]);
        let (_, scope) = told.rsplit_once("Needs the scope `").unwrap();
        let scope = scope.trim_end_matches("`.");
        let (_, other) = narrow.iter().find(|(held, _)| held != scope).unwrap();
        let reply = calls.send(operation, Some(other)).expect(403);
        assert_eq!(reply.code(), "insufficient_scope", "{}", operation.id);
        assert!(
            reply.text.contains(scope),
            "{} says {scope}: {}",
            operation.id,
            reply.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_what_belongs_to_another_product_is_as_if_it_were_not() {
    let calls = Calls::new().await;
    let bound = calls.operator(&json!({ "name": "keepem only", "product": "keepem" }));
    let with_id = described().into_iter().filter(|operation| {
        [
            "{key}",
            "{organization}",
            "{project}",
            "{environment}",
            "{grant}",
            "{spend}",
        ]
        .iter()
        .any(|parameter| operation.path.contains(parameter))
    });
    for operation in with_id {
        let foreign = calls.send(&operation, Some(&bound)).expect(404);
        let missing = Calls {
            key: "key_01h2xcejqtf2nbrexx3vqjhp41".into(),
            recoverable: "key_01h2xcejqtf2nbrexx3vqjhp41".into(),
            grant: "grant_01h2xcejqtf2nbrexx3vqjhp41".into(),
            spends: ["spend_01h2xcejqtf2nbrexx3vqjhp41"; 2].map(Into::into),
            customer: Customer {
                organization: "org_01h2xcejqtf2nbrexx3vqjhp41".into(),
                project: "prj_01h2xcejqtf2nbrexx3vqjhp41".into(),
                environments: vec![("dev".into(), "env_01h2xcejqtf2nbrexx3vqjhp41".into())],
                created: Value::Null,
            },
            house: House::new().await,
        };
        let path = missing.path(&operation);
        let bearer = format!("Bearer {bound}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = calls
            .body(&operation)
            .map(|body| body.to_string())
            .unwrap_or_default();
        let missing = request(
            calls.house.address,
            &operation.method,
            &path,
            &headers,
            &body,
        )
        .expect(404);
        let without_id = |reply: &Reply| {
            let mut body = reply.json();
            body["request_id"] = Value::Null;
            body
        };
        assert_eq!(
            without_id(&foreign),
            without_id(&missing),
            "{}",
            operation.id
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_writes_exactly_one_row_and_nothing_else_writes_any() {
    for operation in described().into_iter().filter(is_managing) {
        let calls = Calls::new().await;
        if operation.id == "createEnvironment" {
            let path = format!("/v1/environments/{}", calls.customer.environment("dev"));
            calls.house.delete(&path).expect(200);
        }
        if operation.id == "retireKeyValue" {
            let path = format!("/v1/keys/{}/rotate", calls.key);
            let grace = json!({ "grace_seconds": 60 });
            calls.house.post(&path, &grace).expect(200);
        }
        let before = calls.journal();
        let operator = calls.house.operator.clone();
        let reply = calls.send(&operation, Some(&operator));
        assert!(
            reply.status < 300,
            "{}: {} {}",
            operation.id,
            reply.status,
            reply.text
        );
        let rows = calls.journal() - before;
        let expected = u64::from(operation.method != "GET" && !is_in_ledger(&operation));
        assert_eq!(rows, expected, "{}", operation.id);
        if expected == 1 {
            let entry = &calls.house.get("/v1/audit?limit=1").json()["data"][0];
            assert_eq!(entry["actor"]["type"], "operator_key");
            assert_eq!(entry["from"]["ip"], "127.0.0.1");
            assert_eq!(entry["request_id"].as_str(), reply.header("x-request-id"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_refused_changes_write_no_row_and_are_counted() {
    let calls = Calls::new().await;
    let before = calls.journal();
    let path = format!(
        "/v1/environments/{}/keys",
        calls.customer.environment("dev")
    );
    calls
        .house
        .post(&path, &json!({ "kind": "secret", "name": "" }))
        .expect(422);
    calls
        .house
        .post(&path, &json!({ "kind": "secret", "name": "Worker" }))
        .expect(409);
    assert_eq!(calls.journal(), before);
    let metrics = calls.house.get("/metrics").text;
    assert!(
        metrics.contains("operation=\"createKey\",status=\"409\"} 1"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_a10_unknown_fields_are_refused_by_name_everywhere() {
    let calls = Calls::new().await;
    for operation in described() {
        let Some(mut body) = calls.body(&operation) else {
            continue;
        };
        for field in ["hash", "created_by", "role"] {
            body[field] = json!("x");
            let path = calls.path(&operation);
            let headers = [("content-type", "application/json")];
            let reply = calls
                .house
                .send(&operation.method, &path, &headers, &body.to_string());
            assert_eq!(reply.status, 422, "{}: {}", operation.id, reply.text);
            assert!(
                reply.text.contains(field),
                "{}: {}",
                operation.id,
                reply.text
            );
            body.as_object_mut().unwrap().remove(field);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_a_list_in_place_of_an_object_is_refused_everywhere() {
    let calls = Calls::new().await;
    let listed = |body: &Value| {
        let values = body.as_object().unwrap().values();
        Value::Array(values.cloned().collect())
    };
    for operation in described() {
        let Some(body) = calls.body(&operation) else {
            continue;
        };
        let mut bodies = vec![listed(&body)];
        if let Some(first) = body["requests"].get(0) {
            bodies.push(json!({ "requests": [listed(first)] }));
        }
        for body in bodies {
            let path = calls.path(&operation);
            let headers = [("content-type", "application/json")];
            let reply = calls
                .house
                .send(&operation.method, &path, &headers, &body.to_string());
            assert_eq!(reply.status, 422, "{}: {}", operation.id, reply.text);
        }
    }
}
