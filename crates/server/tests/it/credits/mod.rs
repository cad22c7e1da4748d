//! Credits as those see them who manage them. What calls are charged at the verify doors is in
//! `spending.rs`.

mod automatic;
mod grants;
mod lab;
mod ledger;
mod spends;
