//! The commands that ask a Keystile, by what they are about.

pub(crate) mod credits;
pub(crate) mod import;
mod installation;
mod keys;
pub(crate) mod offline;
pub(crate) mod people;
mod structure;

use crate::args::{Command, Global};
use crate::call::Keystile;
use crate::output::Failed;

/// Runs one.
pub(crate) async fn run(global: &Global, command: Command) -> Result<(), Failed> {
    if let Command::Audit(crate::args::Audit::Verify) = command {
        return installation::verify_audit(global).await;
    }
    let keystile = Keystile::reach(global).await?;
    let form = global.form();
    match command {
        Command::Apply(apply) => structure::apply(&keystile, &apply, form).await,
        Command::Products(products) => structure::products(&keystile, products, form).await,
        Command::Organizations(what) => structure::organizations(&keystile, what, form).await,
        Command::Projects(what) => structure::projects(&keystile, what, form).await,
        Command::Environments(what) => structure::environments(&keystile, what, form).await,
        Command::Keys(what) => keys::run(&keystile, what, form).await,
        Command::Credits(what) => credits::run(&keystile, what, form).await,
        Command::Import(what) => import::run(&keystile, &what, form).await,
        Command::Verify(verify) => keys::verify(&keystile, verify, form).await,
        Command::OperatorKey(what) => installation::operator_key(&keystile, what, form).await,
        Command::People(what) => people::run(&keystile, what, form).await,
        Command::Audit(what) => installation::audit(&keystile, what, form).await,
        Command::Backup(backup) => installation::backup(&keystile, &backup, form).await,
        Command::MasterKey(what) => installation::master_key(global, &keystile, what).await,
        Command::Pepper(_) => installation::pepper(&keystile).await,
        Command::SealingKey(_) => installation::sealing_key(&keystile).await,
        Command::SigningKey(what) => installation::signing_key(&keystile, what).await,
        Command::Doctor => installation::doctor(&keystile, form).await,
        // Those that ask nobody were run before.
        Command::Serve(_)
        | Command::Init(_)
        | Command::Mint(_)
        | Command::Scan(_)
        | Command::Schema
        | Command::Openapi
        | Command::Completions { .. } => Ok(()),
    }
}
