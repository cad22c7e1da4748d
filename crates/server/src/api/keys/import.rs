//! `POST /v1/keys/import`

use keystile_core::model::{KeyId, RateLimit, Slug, SpendCaps, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::{Answer, Call, Operation, body};
use crate::manage::{Import, ImportRow, MOST_ROWS, Outcome, Ownership, Rights, import_keys};
use crate::object::Object;
use crate::problem::{FieldError, Problem};

/// Keys of another system, by their digests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportKeys")]
struct Body {
    /// The product; may be left out when your operator key is bound to one.
    #[serde(default)]
    product: Option<Slug>,
    /// 1 to 1000 of them, each answered by itself.
    #[schemars(length(min = 1, max = 1000), with = "Vec<Row>")]
    rows: Vec<Value>,
    /// Where they come from, for the audit log, such as the name of a file.
    #[serde(default)]
    #[schemars(length(max = 100))]
    source: Option<String>,
    /// Creates the organizations that do not exist, by their external ids and without automatic
    /// secret keys.
    #[serde(default)]
    create_organizations: bool,
    /// Writes nothing, and answers what would become of each row. Limits of how many keys there may
    /// be are only looked at when something is written.
    #[serde(default)]
    dry_run: bool,
}

/// What another system says of one key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportRow")]
struct Row {
    /// SHA-256 or SHA-512 of the whole key, in hex, base64 or base64url.
    digest: String,
    /// How the key begins, as far as that is known: tells which of the product's foreign formats it
    /// has, and what may be shown of it. Not the whole key.
    #[serde(default)]
    #[schemars(length(max = 100))]
    start: Option<String>,
    /// Whose key it is: the organization's id, or your own id for it.
    #[serde(default)]
    organization: Option<String>,
    /// The project's id, where the organization has several.
    #[serde(default)]
    project: Option<String>,
    /// The environment: its id (then organization and project may be left out, and must be its own
    /// where they are not), or its name. Left out, the only one there is for keys of this mode.
    #[serde(default)]
    environment: Option<String>,
    /// What people call it; names that repeat or are missing are numbered.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// `false`: it is refused until it is enabled.
    #[serde(default)]
    enabled: Option<bool>,
    /// What it may do; left out, it follows the manifest.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Web origins it may be used from; left out, any.
    #[serde(default)]
    allowed_origins: Option<Vec<String>>,
    /// Address ranges it may be used from; left out, any.
    #[serde(default)]
    allowed_ips: Option<Vec<String>>,
    /// How often it may be used; of a publishable key, by each client. Left out, as the manifest
    /// says.
    #[serde(default)]
    rate_limit: Option<RateLimit>,
    /// How many credits it may spend per day and per month of the calendar in UTC, and in all.
    /// Left out, as many as its organization has.
    #[serde(default)]
    #[schemars(with = "Option<SpendCaps>")]
    spend_caps: Option<Object<SpendCaps>>,
    /// When it ends by itself, or has ended.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// A JSON object of yours, at most 2 KiB; every verdict carries it.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    /// For people.
    #[serde(default)]
    note: Option<String>,
}

/// What became of the rows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportedKeys")]
struct Imported {
    /// How many are keys here now; in a dry run, would be.
    imported: usize,
    /// How many were keys here before, and were left alone.
    already_there: usize,
    /// How many were refused.
    refused: usize,
    /// One for each row, in their order.
    results: Vec<RowResult>,
}

/// What became of one row.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[schemars(rename = "ImportResult")]
enum RowResult {
    /// It is a key here now; in a dry run, would be.
    Imported {
        /// The key; absent in a dry run.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<KeyId>,
        /// What it is called.
        name: String,
    },
    /// It was a key here before, or an earlier row has it.
    AlreadyThere {
        /// The key; absent when it is that of an earlier row.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<KeyId>,
    },
    /// It was not imported.
    Refused {
        /// What is wrong and what to do.
        errors: Vec<FieldError>,
    },
}

pub(super) fn operation() -> Operation {
    Operation::post("importKeys", "/v1/keys/import")
        .needs("keys:write")
        .says(
            "Import keys of another system by their digests",
            "Their texts need not be known: each goes on working as it is, until it is rotated. \
             Importing the same rows again changes nothing.",
        )
        .large()
        .body::<Body>()
        .answers::<Imported>(200, "What became of each row")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let body: Body = call.json()?;
    if body.rows.is_empty() || body.rows.len() > MOST_ROWS {
        let message = format!("import 1 to {MOST_ROWS} rows at once");
        return Err(Problem::field("/rows", message));
    }
    let wanted = Import {
        product: body.product,
        rows: body.rows.into_iter().map(read).collect(),
        source: body.source,
        create_organizations: body.create_organizations,
        dry_run: body.dry_run,
    };
    let outcomes = import_keys(&call.work(), &wanted).await?;
    Ok(Answer::ok(&told(outcomes)))
}

/// A row that does not read is refused alone.
fn read(row: Value) -> Result<ImportRow, Vec<FieldError>> {
    let row: Row = body::from_value(row).map_err(|problem| problem.errors)?;
    Ok(ImportRow {
        digest: row.digest,
        start: row.start,
        owner: Ownership {
            organization: row.organization,
            project: row.project,
            environment: row.environment,
        },
        name: row.name,
        rights: Rights {
            scopes: row.scopes,
            allowed_origins: row.allowed_origins,
            allowed_ips: row.allowed_ips,
            rate_limit: row.rate_limit,
            spend_caps: row.spend_caps.map(|caps| caps.0),
            expires_at: row.expires_at,
        },
        enabled: row.enabled.unwrap_or(true),
        metadata: row.metadata,
        note: row.note,
    })
}

fn told(outcomes: Vec<Outcome>) -> Imported {
    let mut told = Imported {
        imported: 0,
        already_there: 0,
        refused: 0,
        results: Vec::with_capacity(outcomes.len()),
    };
    for (index, outcome) in outcomes.into_iter().enumerate() {
        let (count, result) = match outcome {
            Outcome::Imported { key, name } => {
                (&mut told.imported, RowResult::Imported { key, name })
            }
            Outcome::AlreadyThere(key) => {
                (&mut told.already_there, RowResult::AlreadyThere { key })
            }
            Outcome::Refused(errors) => {
                let place = |error: FieldError| FieldError {
                    pointer: format!("/rows/{index}{}", error.pointer),
                    ..error
                };
                let errors = errors.into_iter().map(place).collect();
                (&mut told.refused, RowResult::Refused { errors })
            }
        };
        *count += 1;
        told.results.push(result);
    }
    told
}
