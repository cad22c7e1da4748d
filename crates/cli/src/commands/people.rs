//! The people of the console, from the machine itself.

use clap::Subcommand;
use serde_json::json;

use crate::call::Keystile;
use crate::output::{Failed, Form, line, text_of};

/// What is done about people on the command line.
#[derive(Debug, Subcommand)]
pub(crate) enum People {
    /// Print the one-time link with which the first owner is made; earlier ones end.
    SetupLink,
    /// Print a link with which somebody sets a new password. Their old one, their one-time codes
    /// and their sessions end at once.
    Reset {
        /// Their address.
        email: String,
    },
}

/// Makes links that let people in.
pub(super) async fn run(keystile: &Keystile, what: People, form: Form) -> Result<(), Failed> {
    match what {
        People::SetupLink => {
            let made = keystile.post("/control/people/setup-link", json!({}));
            let made = made.await?;
            if !form.told(&made) {
                tell_setup_link(&text_of(&made["link"]));
            }
        }
        People::Reset { email } => {
            let made = keystile.post("/control/people/reset", json!({ "email": email }));
            let made = made.await?;
            if !form.told(&made) {
                line("whoever opens this link first, within 24 hours, sets the new password:");
                line(&text_of(&made["link"]));
            }
        }
    }
    Ok(())
}

/// Says what the set-up link is for.
pub(crate) fn tell_setup_link(link: &str) {
    line("the console has no owner yet; whoever opens this link first, within 24 hours, is it:");
    line(link);
}
