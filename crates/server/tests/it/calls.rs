//! A call of every operation that the API description has.

use serde_json::{Value, json};

use crate::house::{Customer, House, Reply, request, text};

/// One call of every operation, with the ids of a customer.
pub(crate) struct Calls {
    pub(crate) house: House,
    pub(crate) customer: Customer,
    pub(crate) key: String,
}

/// An operation as the API description has it.
pub(crate) struct Described {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
}

pub(crate) fn described() -> Vec<Described> {
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
        let customer = house.customer("bkend", "Paperboat");
        let (key, _) = house.key(customer.environment("dev"), "secret", "Worker");
        Self {
            house,
            customer,
            key,
        }
    }

    /// The path with ids in it.
    pub(crate) fn path(&self, operation: &Described) -> String {
        operation
            .path
            .replace("{key}", &self.key)
            .replace("{organization}", &self.customer.organization)
            .replace("{project}", &self.customer.project)
            .replace("{environment}", self.customer.environment("dev"))
            .replace("{product}", "bkend")
            .replace("{external_id}", "paperboat-1")
    }

    /// A body that does something, for operations that take one.
    pub(crate) fn body(&self, operation: &Described) -> Option<Value> {
        let body = match operation.id.as_str() {
            "createKey" => json!({ "kind": "secret", "name": "Another" }),
            "createOrganization" => json!({ "product": "bkend", "name": "Another" }),
            "createOrGetOrganization" => json!({ "name": "By your own id" }),
            "createProject" => json!({ "name": "Another" }),
            "createEnvironment" => json!({ "name": "dev" }),
            "createOperatorKey" => json!({ "name": "Another" }),
            "changeKey" => json!({ "name": "Renamed" }),
            "changeOrganization" => json!({ "name": "Renamed" }),
            "changeProject" => json!({ "name": "Renamed" }),
            "changeEnvironment" => json!({ "enabled": false }),
            "rotateKey" | "revokeKey" => json!({}),
            "applyManifest" => {
                let system = keystile_core::manifest::System::Bkend;
                let text = keystile_core::manifest::starter(Some(system));
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

    pub(crate) fn send(&self, operation: &Described, key: Option<&str>) -> Reply {
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

    pub(crate) fn journal(&self) -> u64 {
        self.house.get("/v1/audit?limit=1").json()["data"][0]["seq"]
            .as_u64()
            .unwrap()
    }
}
