//! Real proxies with the shipped configurations, before a real application. These tests need the
//! proxies on the machine; `cargo xtask test --provision` installs them.

mod application;
mod credits;
#[path = "../it/house.rs"]
#[expect(dead_code, reason = "the doors' own tests use the rest")]
mod house;
mod nginx;
mod proxy;
mod sessions;
mod strange;
mod street;
