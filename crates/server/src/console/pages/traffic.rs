//! Calls over time, by how they ended.

use std::collections::BTreeMap;

use keystile_core::model::Timestamp;
use keystile_store::UsageOf;
use maud::{Markup, html};

use crate::console::parts::{Bar, chart};
use crate::console::visit::Visit;
use crate::console::words::count;
use crate::problem::Problem;

const HOUR_MILLIS: i64 = 3_600_000;

/// The calls of some time.
pub(super) struct Traffic {
    bars: Vec<Bar>,
    /// Refused calls by code, the most frequent first.
    pub(super) refusals: Vec<(&'static str, u64)>,
    pub(super) allowed: u64,
    pub(super) refused: u64,
    days: bool,
}

impl Traffic {
    /// The last day by the hour, or, if `days`, the last thirty by the day.
    pub(super) async fn of(visit: &Visit, of: UsageOf, days: bool) -> Result<Self, Problem> {
        let step: u32 = if days { 24 } else { 1 };
        let number = if days { 30 } else { 24 };
        let now = u32::try_from(visit.now().millis() / HOUR_MILLIS).unwrap_or(0);
        let until = now - now % step + step;
        let since = until.saturating_sub(step * number);
        visit.app.write_uses().await;
        let counts = visit.app.store.usage(of, since..until).await?;
        let mut bars: Vec<_> = (since..until)
            .step_by(usize::try_from(step).unwrap_or(1))
            .map(|hour| Bar {
                when: when(hour, days),
                allowed: 0,
                refused: 0,
            })
            .collect();
        let (mut allowed, mut refused) = (0, 0);
        let mut refusals = BTreeMap::<&'static str, u64>::new();
        for counted in counts {
            let at = usize::try_from(counted.hour.saturating_sub(since) / step).unwrap_or(0);
            let Some(bar) = bars.get_mut(at) else {
                continue;
            };
            if counted.code.as_str() == "ok" {
                bar.allowed += counted.count;
                allowed += counted.count;
            } else {
                bar.refused += counted.count;
                refused += counted.count;
                *refusals.entry(counted.code.as_str()).or_default() += counted.count;
            }
        }
        let mut refusals: Vec<_> = refusals.into_iter().collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(Self {
            bars,
            refusals,
            allowed,
            refused,
            days,
        })
    }

    /// A card with the chart and the reasons of refusals.
    pub(super) fn card(&self, at: &str) -> Markup {
        let (title, other, word) = if self.days {
            ("Last 30 days", "day", "The last day")
        } else {
            ("Last 24 hours", "month", "The last 30 days")
        };
        html! {
            section.card aria-labelledby="traffic-title" {
                div.head {
                    div { h2 #traffic-title { "Calls" } p { (title) } }
                    a.btn.quiet href={ (at) "?over=" (other) } { (word) }
                }
                div.body.stack {
                    @if self.allowed + self.refused == 0 {
                        p.soft { "No calls in this time. The first one shows up here within seconds." }
                    } @else { (chart(&self.bars, title)) }
                    @if !self.refusals.is_empty() {
                        dl.facts {
                            @for (code, number) in &self.refusals {
                                dt { code { (code) } }
                                dd { (count(*number)) " " span.soft { (meaning(code)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn when(hour: u32, days: bool) -> String {
    let at = Timestamp::from_millis(i64::from(hour) * HOUR_MILLIS).to_string();
    let length = if days { 10 } else { 16 };
    let text: String = at.chars().take(length).collect();
    let text = text.replace('T', " ");
    if days { text } else { format!("{text} UTC") }
}

/// What to make of a refusal, for whoever sees its code for the first time.
fn meaning(code: &str) -> &'static str {
    match code {
        "revoked_key" => "somebody still sends a value that has ended",
        "expired_key" => "it is used beyond its end",
        "disabled_key" => "it is switched off",
        "origin_not_allowed" => "from a page that is not on the list",
        "ip_not_allowed" => "from an address that is not on the list",
        "insufficient_scope" => "for something it may not do",
        "unknown_operation" => "for something the product does not know",
        "wrong_environment" => "in an environment it does not belong to",
        "secret_key_in_browser" => "a secret key came from a web page",
        "rate_limited" => "too many calls at once",
        "credits_exhausted" => "there were no credits left",
        "spend_cap_reached" => "the key's own cap was reached",
        "organization_suspended" => "the organization is suspended",
        _ => "",
    }
}
