//! The use-cases of people, on an installation of their own.

use std::sync::Arc;

use keystile_core::key::Token;
use keystile_core::model::Personal;
use keystile_store::Clock;
use tempfile::TempDir;

use super::sessions::Begun;
use super::*;
use crate::app::{App, Caller};
use crate::background::Background;
use crate::config::Settings;
use crate::manage::{Request, Work};
use crate::problem::Problem;
use crate::testing::{Hand, installed, settings};

mod guards;
mod members;
mod profile;
mod reach;
mod seconds;
mod sessions;
mod ways_in;

pub(super) const PASSWORD: &str = "correct horse battery";

/// An installation of its own.
pub(super) struct House {
    pub(super) app: Arc<App>,
    clock: Arc<Hand>,
    background: Option<Background>,
    directory: TempDir,
}

impl House {
    pub(super) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::open_in(directory, Hand::new()).await
    }

    async fn open_in(directory: TempDir, clock: Arc<Hand>) -> Self {
        let settings = Settings {
            public_url: Some("https://keys.example.com".into()),
            ..settings(&directory.path().join("data"))
        };
        let of_store: Arc<dyn Clock> = Arc::<Hand>::clone(&clock);
        let (app, background) = installed(settings, of_store).await;
        Self {
            app,
            clock,
            background: Some(background),
            directory,
        }
    }

    /// The same installation in a new process.
    pub(super) async fn opened_again(mut self) -> Self {
        self.background.take().unwrap().end().await;
        let Self {
            app,
            clock,
            directory,
            ..
        } = self;
        drop(app);
        Self::open_in(directory, clock).await
    }

    pub(super) fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    pub(super) fn wait(&self, millis: i64) {
        self.clock.wait(millis);
    }

    pub(super) async fn visitor(&self, begun: &Begun) -> Option<Visitor> {
        visitor(&self.app, begun.token.reveal()).await.unwrap()
    }

    /// The first owner, signed in.
    pub(super) async fn owner(&self) -> Begun {
        let token = ensure_setup_link(&self.app).await.unwrap().unwrap();
        let caller = Caller::stranger();
        let work = self.work(&caller);
        accept(&work, token.reveal(), &new("ada")).await.unwrap()
    }

    pub(super) fn work<'a>(&'a self, caller: &'a Caller) -> Work<'a> {
        Work::new(&self.app, caller, from("192.0.2.1"))
    }

    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Result<Begun, SignInProblem> {
        let caller = Caller::stranger();
        let email = format!("{name}@example.com");
        sign_in(&self.work(&caller), &email, password, None).await
    }
}

/// A request from an address.
pub(super) fn from(ip: &str) -> Request {
    Request {
        personal: Some(Personal {
            ip: Some(ip.into()),
            user_agent: None,
        }),
        ..Request::default()
    }
}

pub(super) fn new(name: &str) -> NewPerson {
    NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        password: PASSWORD.into(),
    }
}

pub(super) fn code<T>(result: Result<T, Problem>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(problem) => problem.code,
    }
}

pub(super) fn outcome<T>(result: &Result<T, SignInProblem>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(SignInProblem::Wrong) => "wrong",
        Err(SignInProblem::SecondNeeded) => "second needed",
        Err(SignInProblem::SecondWrong) => "second wrong",
        Err(SignInProblem::Slow { .. }) => "slow",
        Err(SignInProblem::Problem(_)) => "problem",
    }
}

/// A new link into a place, made by hand.
pub(super) async fn link(
    house: &House,
    organization: Option<keystile_core::model::OrganizationId>,
    role: keystile_core::model::Role,
    email: Option<&str>,
) -> Token {
    let caller = Caller::local();
    let work = house.work(&caller);
    let new = links::NewInvitation {
        organization,
        role,
        email: email.map(str::to_owned),
        lasts: 7 * 24 * 3600 * 1000,
    };
    let (invitation, token) = work.new_invitation(new).unwrap();
    let action = keystile_core::model::Action::InvitationCreated;
    let mut change = work.change(action, serde_json::json!({}));
    let record = keystile_core::model::Record::Invitation(invitation);
    change.writes.push(keystile_store::Write::Insert(record));
    work.commit(change).await.unwrap();
    token
}
