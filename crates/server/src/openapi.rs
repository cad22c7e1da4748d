//! The API description (OpenAPI 3.1), made from the operations themselves and from the types of
//! the verify doors.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::api::{Operation, OwnKeyEnded, operations};
use crate::problem::{ProblemBody, RefusalBody};
use crate::sessions::{CreatedSession, KeySet, SessionRequest};
use crate::verify::{BatchRequest, BatchVerdicts, Possession, Question, VerifyAnswer};

/// Every status a problem may come with, and when.
const PROBLEMS: [(&str, &str); 12] = [
    ("400", "The request cannot be read"),
    ("401", "No operator key, or one that does not work"),
    ("403", "The operator key may not do this"),
    (
        "404",
        "There is no such thing within the operator key's reach",
    ),
    ("405", "The address does not take this method"),
    ("408", "The request took too long to arrive"),
    ("409", "The state of things does not allow it"),
    ("412", "It has changed since it was read"),
    ("413", "The body is too large"),
    ("415", "The body is not of a type that is taken"),
    (
        "422",
        "The request asks for something that cannot be; `errors` says where",
    ),
    ("503", "It cannot be answered or decided now"),
];

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(build);
    &DOCUMENT
}

fn build() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in operations() {
        let method = operation.method.as_str().to_ascii_lowercase();
        let described = describe(&operation, &mut generator);
        entry(&mut paths, operation.path).insert(method, described);
    }
    for (path, method, described) in doors(&mut generator) {
        entry(&mut paths, path).insert(method.to_owned(), described);
    }
    let problem = problem_schema(&mut generator);
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keystile",
            "summary": "API keys: issue, verify, scope, rotate and revoke",
            "description": "Errors are problem details (RFC 9457). `/v1` only grows.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "operatorKey": [] }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "operatorKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An operator key, such as `keystile operator-key create` makes",
                },
                "ownKey": { "type": "http", "scheme": "bearer", "description": "Any key" },
            },
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What was wrong and what to do",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn entry<'a>(paths: &'a mut Map<String, Value>, path: &str) -> &'a mut Map<String, Value> {
    let slot = paths
        .entry(path)
        .or_insert_with(|| Value::Object(Map::new()));
    match slot {
        Value::Object(methods) => methods,
        // Only objects are ever put in.
        _ => unreachable!("a path holds its methods"),
    }
}

fn problem_schema(generator: &mut SchemaGenerator) -> Value {
    schema::<ProblemBody<'static>>(generator)
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn tags() -> Value {
    json!([
        { "name": "Verify", "description": "Is this key good for this call?" },
        { "name": "Sessions", "description": "What a publishable key lends to a page's visitor" },
        { "name": "Keys", "description": "Create, change, rotate, revoke" },
        { "name": "Organizations", "description": "Your customers" },
        { "name": "Projects", "description": "What belongs to an organization" },
        { "name": "Environments", "description": "What owns keys" },
        { "name": "Credits", "description": "What customers were given, spent, and have left" },
        { "name": "Products", "description": "What you sell, by manifest" },
        { "name": "Installation", "description": "Operator keys and the audit log" },
    ])
}

fn tag(path: &str) -> &'static str {
    match path {
        path if path.ends_with("/keys") || path.starts_with("/v1/keys") => "Keys",
        path if is_about_credits(path) => "Credits",
        path if path.contains("/environments") => "Environments",
        path if path.contains("/projects") => "Projects",
        path if path.starts_with("/v1/organizations") => "Organizations",
        path if path.starts_with("/v1/products") => "Products",
        _ => "Installation",
    }
}

fn is_about_credits(path: &str) -> bool {
    ["/credits", "/ledger", "/grants"]
        .iter()
        .any(|end| path.ends_with(end))
        || path.starts_with("/v1/grants")
        || path.starts_with("/v1/spends")
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [tag(operation.path)],
        "summary": operation.summary,
        "description": format!(
            "{}{}Needs the scope `{}`.",
            operation.description,
            if operation.description.is_empty() { "" } else { "\n\n" },
            operation.scope
        ),
        "parameters": parameters(operation, generator),
        "responses": responses(operation, generator),
    });
    if let Some(body) = operation.body {
        let body = body(generator).to_value();
        let mut content = json!({ "application/json": { "schema": body } });
        if operation.takes_toml {
            content["application/toml"] = json!({ "schema": { "type": "string" } });
        }
        let required = !operation.body_is_optional;
        described["requestBody"] = json!({ "required": required, "content": content });
    }
    described
}

fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let names = operation.path.split('/').filter_map(|segment| {
        segment
            .strip_prefix('{')
            .and_then(|segment| segment.strip_suffix('}'))
    });
    let mut all: Vec<Value> = names.map(path_parameter).collect();
    if operation.creates {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A text of yours: repeating the request with it creates nothing anew, \
                            and shows no secret again. Remembered for 24 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255,
                        "pattern": "^[!-~]+$" },
        }));
    }
    if let Some(query) = operation.query {
        all.extend(query_parameters(&query(generator).to_value(), generator));
    }
    all
}

fn path_parameter(name: &str) -> Value {
    let schema = match name {
        "key" => json!({ "type": "string", "pattern": "^key_[0-7][0-9a-hjkmnp-tv-z]{25}$" }),
        "organization" => {
            json!({ "type": "string", "pattern": "^org_[0-7][0-9a-hjkmnp-tv-z]{25}$" })
        }
        "project" => json!({ "type": "string", "pattern": "^prj_[0-7][0-9a-hjkmnp-tv-z]{25}$" }),
        "environment" => {
            json!({ "type": "string", "pattern": "^env_[0-7][0-9a-hjkmnp-tv-z]{25}$" })
        }
        "grant" => json!({ "type": "string", "pattern": "^grant_[0-7][0-9a-hjkmnp-tv-z]{25}$" }),
        "spend" => json!({ "type": "string", "pattern": "^spend_[0-7][0-9a-hjkmnp-tv-z]{25}$" }),
        "product" => json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$" }),
        _ => json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

/// The fields of a query type as parameters; its own schema is not part of the document.
fn query_parameters(reference: &Value, generator: &mut SchemaGenerator) -> Vec<Value> {
    let name = reference["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    let Some(object) = name.and_then(|name| generator.definitions_mut().shift_remove(name)) else {
        return Vec::new();
    };
    let properties = object["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    properties
        .into_iter()
        .map(|(name, mut schema)| {
            let description = schema
                .as_object_mut()
                .and_then(|schema| schema.remove("description"));
            json!({
                "name": name, "in": "query", "required": false,
                "description": description.unwrap_or_default(), "schema": not_null(schema),
            })
        })
        .collect()
}

/// A query parameter is absent or has a value; it is never null.
fn not_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [only] = choices.as_slice() {
            return only.clone();
        }
    }
    schema
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut all = problems();
    for answer in &operation.answers {
        let schema = (answer.schema)(generator).to_value();
        let mut content = json!({ "application/json": { "schema": schema } });
        if operation.gives_csv && answer.status == 200 {
            content["text/csv"] = json!({ "schema": { "type": "string" } });
        }
        all.insert(
            answer.status.to_string(),
            json!({ "description": answer.when, "content": content }),
        );
    }
    Value::Object(all)
}

fn problems() -> Map<String, Value> {
    PROBLEMS
        .iter()
        .map(|(status, _)| {
            (
                (*status).to_owned(),
                json!({ "$ref": "#/components/responses/Problem" }),
            )
        })
        .collect()
}

fn doors(generator: &mut SchemaGenerator) -> Vec<(&'static str, &'static str, Value)> {
    let answered_with = |status: &str, description: &str, schema: Value| {
        let mut all = problems();
        all.insert(
            status.to_owned(),
            json!({
                "description": description,
                "content": { "application/json": { "schema": schema } },
            }),
        );
        Value::Object(all)
    };
    let answered = |schema: Value| {
        answered_with(
            "200",
            "The answer; a key that is not good is an answer too",
            schema,
        )
    };
    let asked = |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    vec![
        (
            "/v1/keys/verify",
            "post",
            json!({
                "operationId": "verifyKey", "tags": ["Verify"], "summary": "Verify a key",
                "description": "200 with a verdict once you are entitled to ask; `valid` is the \
                                verdict. 503 when it cannot be decided, which is never an \
                                allow.\n\nNeeds the scope `keys:verify`.",
                "requestBody": asked(schema::<Question<'static>>(generator)),
                "responses": answered(schema::<VerifyAnswer>(generator)),
            }),
        ),
        (
            "/v1/keys/verify_batch",
            "post",
            json!({
                "operationId": "verifyKeys", "tags": ["Verify"], "summary": "Verify up to 100 keys",
                "description": "Each is answered as it would be alone, in order; one that \
                                cannot be decided has the code `undecided`.\n\n\
                                Needs the scope `keys:verify`.",
                "requestBody": asked(schema::<BatchRequest<'static>>(generator)),
                "responses": answered(schema::<BatchVerdicts>(generator)),
            }),
        ),
        (
            "/v1/keys/self",
            "get",
            json!({
                "operationId": "getOwnKey", "tags": ["Verify"],
                "summary": "What the key that is sent may do",
                "description": "Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is \
                                counted against no rate limit.",
                "security": [{ "ownKey": [] }],
                "responses": answered(schema::<Possession>(generator)),
            }),
        ),
        (
            "/v1/keys/self/revoke",
            "post",
            json!({
                "operationId": "revokeOwnKey", "tags": ["Verify"],
                "summary": "Revoke the secret key that is sent",
                "description": "For good, as soon as this answers: for whoever finds a key where \
                                it should not be. 403 `publishable_key` for publishable keys, \
                                which anybody can read in a page.",
                "security": [{ "ownKey": [] }],
                "responses": answered_with("200", "The dead key", schema::<OwnKeyEnded>(generator)),
            }),
        ),
        (
            "/v1/sessions",
            "post",
            json!({
                "operationId": "createSession", "tags": ["Sessions"],
                "summary": "Make a session for a visitor",
                "description": "For pages: send the publishable key as `Authorization: Bearer`. \
                                The token works wherever the key does, for a few minutes, from \
                                the same origin, and dies with its key. Pages of any origin may \
                                read why they are refused: refusals of the key have only `code` \
                                and `request_id`.",
                "security": [{ "ownKey": [] }],
                "requestBody": {
                    "required": false,
                    "content": { "application/json": { "schema": schema::<SessionRequest>(generator) } },
                },
                "responses": session_answers(
                    answered_with("201", "The session", schema::<CreatedSession>(generator)),
                    generator,
                ),
            }),
        ),
        (
            "/.well-known/jwks.json",
            "get",
            json!({
                "operationId": "getSigningKeys", "tags": ["Sessions"],
                "summary": "The public keys that session tokens are signed with",
                "description": "For checking tokens offline (RFC 7517). An old key stays until all \
                                its tokens have ended. May be kept for five minutes; a token that \
                                names another key is a reason to ask again.",
                "security": [],
                "responses": answered_with("200", "The keys", schema::<KeySet>(generator)),
            }),
        ),
    ]
}

/// What is refused for the key is told in no more than a code.
fn session_answers(mut answers: Value, generator: &mut SchemaGenerator) -> Value {
    let refused = schema::<RefusalBody<'static>>(generator);
    for (status, when) in [
        ("401", "No key, or one that does not work"),
        ("403", "Not from this page, or not with this key"),
        ("429", "Too many sessions; `Retry-After` says when to go on"),
        ("503", "It cannot be decided now"),
    ] {
        answers[status] = json!({
            "description": when,
            "content": { "application/problem+json": { "schema": refused } },
        });
    }
    answers
}
