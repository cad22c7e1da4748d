//! `GET /v1/keys/{key}/usage` and `GET /v1/usage`

use std::collections::BTreeMap;

use keystile_core::model::{EnvironmentId, KeyId, OrganizationId, Timestamp};
use keystile_store::{HourCount, UsageOf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Answer, Call, Operation};
use crate::problem::Problem;

const HOUR_MILLIS: i64 = 3_600_000;
const HOURS_OF_DAY: u32 = 24;

/// Steps that an answer has at most: a month of hours, or two years of days.
const STEPS: u32 = 31 * HOURS_OF_DAY;

/// How long a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    /// An hour of UTC.
    #[default]
    Hour,
    /// A day of UTC.
    Day,
}

impl By {
    const fn hours(self) -> u32 {
        match self {
            Self::Hour => 1,
            Self::Day => HOURS_OF_DAY,
        }
    }
}

/// Of which time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Time {
    /// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
    since: Option<Timestamp>,
    /// To the end of the hour or day before this. Default: with the one that is now.
    until: Option<Timestamp>,
    /// By hour or by day.
    #[serde(default)]
    by: By,
}

/// Whose, and of which time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Of all keys in this environment.
    environment: Option<EnvironmentId>,
    /// Of all keys of this organization.
    organization: Option<OrganizationId>,
    /// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
    since: Option<Timestamp>,
    /// To the end of the hour or day before this. Default: with the one that is now.
    until: Option<Timestamp>,
    /// By hour or by day.
    #[serde(default)]
    by: By,
}

/// Calls by hour or day and by how they ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
struct Usage {
    by: By,
    since: Timestamp,
    until: Timestamp,
    /// All calls of the time, by the code of their verdict.
    total: BTreeMap<&'static str, u64>,
    /// The hours or days in which there were calls, the earliest first.
    data: Vec<Step>,
}

/// One hour or day.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UsageStep")]
struct Step {
    /// When it begins.
    at: Timestamp,
    /// Its calls, by the code of their verdict; `ok` is allowed.
    outcomes: BTreeMap<&'static str, u64>,
}

pub(super) fn of_key() -> Operation {
    Operation::get("getKeyUsage", "/v1/keys/{key}/usage")
        .needs("usage:read")
        .says(
            "Show how a key is used",
            "Allowed and refused calls, up to this moment. Of calls with texts that are no key, \
             only metrics know.",
        )
        .query::<Time>()
        .answers::<Usage>(200, "Its calls")
        .handled(|call| async move {
            let id: KeyId = call.id("key")?;
            call.work().key(id).await?;
            let time: Time = call.query()?;
            answer(&call, UsageOf::Key(id), &time).await
        })
}

pub(super) fn of_many() -> Operation {
    Operation::get("getUsage", "/v1/usage")
        .needs("usage:read")
        .says(
            "Show how the keys of an environment or organization are used",
            "Deleted keys are counted too.",
        )
        .query::<Asked>()
        .answers::<Usage>(200, "Their calls")
        .handled(|call| async move {
            let asked: Asked = call.query()?;
            let of = match (asked.environment, asked.organization) {
                (Some(environment), organization) => {
                    let (_, _, owner) = call.work().environment(environment).await?;
                    if organization.is_some_and(|asked| asked != owner.id) {
                        return Err(Problem::not_found("environment"));
                    }
                    UsageOf::Environment(environment)
                }
                (None, Some(organization)) => {
                    // Whoever is bound to an environment sees no others.
                    call.work().must_not_be_confined()?;
                    call.work().organization(organization).await?;
                    UsageOf::Organization(organization)
                }
                (None, None) => {
                    let message = "name an environment or an organization";
                    return Err(Problem::field("/environment", message));
                }
            };
            let time = Time {
                since: asked.since,
                until: asked.until,
                by: asked.by,
            };
            answer(&call, of, &time).await
        })
}

async fn answer(call: &Call, of: UsageOf, time: &Time) -> Result<Answer, Problem> {
    let step = time.by.hours();
    let hours = hours(time, call.app.now())?;
    call.app.write_uses().await;
    let counts = call.app.store.usage(of, hours.clone()).await?;
    let mut steps = BTreeMap::<u32, BTreeMap<&'static str, u64>>::new();
    let mut total = BTreeMap::new();
    for HourCount { hour, code, count } in counts {
        let at = hour - hour % step;
        *steps
            .entry(at)
            .or_default()
            .entry(code.as_str())
            .or_default() += count;
        *total.entry(code.as_str()).or_default() += count;
    }
    let data = steps.into_iter().map(|(hour, outcomes)| Step {
        at: begin_of(hour),
        outcomes,
    });
    Ok(Answer::ok(&Usage {
        by: time.by,
        since: begin_of(hours.start),
        until: begin_of(hours.end),
        total,
        data: data.collect(),
    }))
}

/// The hours that are asked for, as whole steps.
fn hours(time: &Time, now: Timestamp) -> Result<std::ops::Range<u32>, Problem> {
    let step = time.by.hours();
    let down = |hour: u32| hour - hour % step;
    let until = match time.until {
        Some(until) => down(hour_of(until)),
        None => down(hour_of(now)) + step,
    };
    let usual = match time.by {
        By::Hour => HOURS_OF_DAY,
        By::Day => 30 * HOURS_OF_DAY,
    };
    let since = match time.since {
        Some(since) => down(hour_of(since)),
        None => until.saturating_sub(usual),
    };
    if since >= until {
        return Err(Problem::field("/since", "this must be before `until`"));
    }
    if (until - since) / step > STEPS {
        let message = format!("ask for at most {STEPS} hours or days at once");
        return Err(Problem::field("/since", message));
    }
    Ok(since..until)
}

fn hour_of(at: Timestamp) -> u32 {
    u32::try_from(at.millis() / HOUR_MILLIS).unwrap_or(0)
}

fn begin_of(hour: u32) -> Timestamp {
    Timestamp::from_millis(i64::from(hour) * HOUR_MILLIS)
}
