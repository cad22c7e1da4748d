//! `GET /v1/organizations/{organization}/ledger`

use http::header;
use keystile_core::credit::AccountId;
use keystile_core::model::Mode;
use keystile_store::Page as Part;
use schemars::JsonSchema;
use serde::Deserialize;

use super::entry::{EntryView, id_of, place_of, show};
use super::export;
use crate::api::view::Page;
use crate::api::{Answer, Call, Operation};
use crate::manage::{check_limit, write_ends_down};
use crate::problem::Problem;

/// How the ledger is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Page by page.
    Json,
    /// All of it at once.
    Csv,
}

/// Which part of which account's ledger.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Which account: `live` unless you say `test`; of an operator key that is bound to an
    /// environment, that environment's.
    mode: Option<Mode>,
    /// `csv` is the ledger of the whole account; so is `Accept: text/csv`.
    format: Option<Format>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) fn operation() -> Operation {
    Operation::get("listLedger", "/v1/organizations/{organization}/ledger")
        .needs("credits:read")
        .says(
            "List everything that happened to an account",
            "Newest first. Each entry says what it does to every sum of the account, so that all \
             of them add up to what `getCredits` answers. With `format=csv` the whole account \
             comes as CSV (RFC 4180), written while it is read.",
        )
        .query::<Filter>()
        .answers::<Page<EntryView>>(200, "A page of entries, or all of them as CSV")
        .or_csv()
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let owner = call.work().account_owner(call.id("organization")?).await?;
    let filter: Filter = call.query()?;
    let account = AccountId {
        organization: owner.id,
        mode: mode(&call, filter.mode)?,
    };
    if filter.cursor.is_none()
        && let Err(error) = write_ends_down(&call.app).await
    {
        // Then the ledger says less than the sums, and is read all the same.
        tracing::warn!(%error, "what has ended is not written down yet");
    }
    if wants_csv(&call, &filter) {
        if filter.limit.is_some() || filter.cursor.is_some() {
            let message = "CSV is the whole account: leave limit and cursor out";
            return Err(Problem::field("?format", message));
        }
        return export::answer(&call, account).await;
    }
    let limit = check_limit(filter.limit)?;
    let no_cursor =
        || Problem::bad_request("this is no cursor; take it from next_cursor of the last page");
    let before = filter.cursor.as_deref();
    let before = before
        .map(|id| place_of(id).ok_or_else(no_cursor))
        .transpose()?;
    let wanted = Part {
        before,
        limit: limit + 1,
    };
    let mut rows = call.app.store.entries(account, wanted).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(id_of);
    let mut data = Vec::with_capacity(rows.len());
    for row in rows {
        data.push(show(&call.app, row).await?);
    }
    Ok(Answer::ok(&Page { data, next_cursor }))
}

/// Which account is asked for. Whoever is bound to an environment sees that one's alone.
fn mode(call: &Call, asked: Option<Mode>) -> Result<Mode, Problem> {
    let own = call.caller.environment().map(Mode::of_environment);
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => {
            call.work().must_not_be_confined()?;
            Ok(asked)
        }
        (own, asked) => Ok(asked.or(own).unwrap_or(Mode::Live)),
    }
}

fn wants_csv(call: &Call, filter: &Filter) -> bool {
    if let Some(format) = filter.format {
        return format == Format::Csv;
    }
    let accepted = call.headers.get_all(header::ACCEPT).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    let types = accepted.flat_map(|value| value.split(','));
    let names = types.map(|one| one.split(';').next().unwrap_or_default().trim());
    let names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("text/csv") && !has("application/json")
}
