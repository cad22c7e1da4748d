//! The people of the console, from the machine itself.

use serde_json::json;

use crate::args::People;
use crate::call::Keystile;
use crate::output::{Failed, Form, line, text_of};

/// Makes links that let people in.
pub(super) async fn run(keystile: &Keystile, what: People, form: Form) -> Result<(), Failed> {
    let People::SetupLink = what;
    let made = keystile
        .post("/control/people/setup-link", json!({}))
        .await?;
    if !form.told(&made) {
        tell_setup_link(&text_of(&made["link"]));
    }
    Ok(())
}

/// Says what the set-up link is for.
pub(crate) fn tell_setup_link(link: &str) {
    line("the console has no owner yet; whoever opens this link first, within 24 hours, is it:");
    line(link);
}
