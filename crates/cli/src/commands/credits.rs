//! Credits: accounts, their ledger, grants and refunds.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::args::Mode;
use crate::call::{Keystile, encoded, query};
use crate::output::{Failed, Form, fields, good, heading, line, table};

#[derive(Debug, Subcommand)]
pub(crate) enum Credits {
    /// Show both accounts of an organization.
    Show {
        /// The organization's id.
        organization: String,
    },
    /// What happened to an account, newest first.
    Ledger {
        /// The organization's id.
        organization: String,
        /// Which account.
        #[arg(long, default_value = "live")]
        mode: Mode,
        /// How many entries, up to 100.
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
        /// Go on after this entry.
        #[arg(long, value_name = "ENTRY")]
        after: Option<String>,
    },
    /// List an organization's grants, newest first.
    Grants {
        /// The organization's id.
        organization: String,
    },
    /// Grant an organization credits.
    Grant {
        /// The organization's id.
        organization: String,
        /// For which keys.
        mode: Mode,
        /// How many.
        amount: u64,
        /// Why, for people.
        reason: String,
        /// When what is left of them ends, such as 2027-01-01T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// End what is left of a grant; what was spent stays spent.
    Void {
        /// The grant's id.
        grant: String,
    },
    /// Give back what a call was charged.
    Refund {
        /// The spend's id.
        spend: String,
        /// Only so many credits [default: all that are left of it].
        #[arg(long, value_name = "COUNT")]
        amount: Option<u64>,
    },
}

const SUMS: [(&str, &str); 6] = [
    ("mode", "/mode"),
    ("remaining", "/remaining"),
    ("reserved", "/reserved"),
    ("spent", "/spent"),
    ("expired", "/expired"),
    ("granted", "/granted"),
];
const ENTRY: [(&str, &str); 7] = [
    ("at", "/at"),
    ("what", "/type"),
    ("amount", "/amount"),
    ("remaining", "/changes/remaining"),
    ("operation", "/operation"),
    ("spend", "/spend_id"),
    ("entry", "/id"),
];
const GRANT: [(&str, &str); 9] = [
    ("id", "/id"),
    ("organization", "/organization"),
    ("mode", "/mode"),
    ("amount", "/amount"),
    ("remaining", "/remaining"),
    ("reason", "/reason"),
    ("expires", "/expires_at"),
    ("voided", "/voided_at"),
    ("created", "/created_at"),
];
const SPEND: [(&str, &str); 8] = [
    ("id", "/id"),
    ("organization", "/organization"),
    ("mode", "/mode"),
    ("operation", "/operation"),
    ("status", "/status"),
    ("amount", "/amount"),
    ("refunded", "/refunded"),
    ("net", "/net"),
];

/// Credits.
pub(super) async fn run(keystile: &Keystile, what: Credits, form: Form) -> Result<(), Failed> {
    let of = |id: &str, rest: &str| format!("/v1/organizations/{}/{rest}", encoded(id));
    match what {
        Credits::Show { organization } => {
            show(&keystile.get(&of(&organization, "credits")).await?, form);
        }
        Credits::Ledger {
            organization,
            mode,
            limit,
            after,
        } => {
            let limit = limit.to_string();
            let asked = query(&[
                ("mode", Some(mode.as_str())),
                ("limit", Some(&limit)),
                ("cursor", after.as_deref()),
            ]);
            let path = of(&organization, &format!("ledger{asked}"));
            ledger(&keystile.get(&path).await?, form);
        }
        Credits::Grants { organization } => {
            let path = of(&organization, "grants?limit=100");
            grants(&keystile.get(&path).await?, form);
        }
        Credits::Grant {
            organization,
            mode,
            amount,
            reason,
            expires_at,
        } => {
            let body = json!({
                "mode": mode.as_str(), "amount": amount, "reason": reason,
                "expires_at": expires_at,
            });
            let made = keystile.post(&of(&organization, "grants"), body).await?;
            one(&made, "grant", &GRANT, form);
        }
        Credits::Void { grant } => {
            let path = format!("/v1/grants/{}/void", encoded(&grant));
            one(
                &keystile.post(&path, json!({})).await?,
                "grant",
                &GRANT,
                form,
            );
        }
        Credits::Refund { spend, amount } => {
            let path = format!("/v1/spends/{}/refund", encoded(&spend));
            let answer = keystile.post(&path, json!({ "amount": amount })).await?;
            one(&answer, "spend", &SPEND, form);
            if form.is_words() {
                let remaining = &answer["credits"]["remaining"];
                good(&format!("{remaining} credits remain in the account"));
            }
        }
    }
    Ok(())
}

fn show(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    let rows = ["live", "test"].map(|mode| {
        let mut row = answer[mode].clone();
        row["mode"] = json!(mode);
        row
    });
    table(&rows, &SUMS);
}

fn ledger(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    table(rows(answer), &ENTRY);
    if let Some(next) = answer["next_cursor"].as_str() {
        line(&format!("there are more: --after {next}"));
    }
}

fn grants(answer: &Value, form: Form) {
    if form.told(answer) {
        return;
    }
    let columns: Vec<_> = GRANT
        .into_iter()
        .filter(|(_, pointer)| *pointer != "/organization")
        .collect();
    table(rows(answer), &columns);
    if answer["next_cursor"].is_string() {
        line("there are more: page through them with --json and the API");
    }
}

fn rows(answer: &Value) -> &[Value] {
    answer["data"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn one(answer: &Value, name: &str, columns: &[(&str, &str)], form: Form) {
    if form.told(answer) {
        return;
    }
    heading(name);
    fields(&answer[name], columns);
}
