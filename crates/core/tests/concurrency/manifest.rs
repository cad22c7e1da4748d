//! The product's manifest, as far as it decides, and what can be changed in it.

use keystile_core::model::{Product, Record};

use crate::population::{self, MANIFEST, Seeded};
use crate::world::PERIOD_SECONDS;

/// What the manifest says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The operation that sends messages is there, and not under another path.
    pub(crate) sends_messages: bool,
    /// The scope `b` is there; without it, what it was for needs `a`.
    pub(crate) has_b: bool,
    /// Publishable keys may hold the scope `more:0`.
    pub(crate) lends_more: bool,
    /// Secret keys are refused where they come from a browser.
    pub(crate) refuses_browsers: bool,
    /// Keys of another system are looked for.
    pub(crate) takes_foreign: bool,
    /// How many calls a secret key has in a period, if it does not say so itself.
    pub(crate) key_limit: Option<u32>,
    /// How many calls an environment has in a period.
    pub(crate) environment_limit: Option<u32>,
}

/// A part of the manifest that changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Operation,
    Scope,
    Publishable,
    Browsers,
    Foreign,
    KeyLimit,
    EnvironmentLimit,
}

impl Part {
    pub(crate) const ALL: [Self; 7] = [
        Self::Operation,
        Self::Scope,
        Self::Publishable,
        Self::Browsers,
        Self::Foreign,
        Self::KeyLimit,
        Self::EnvironmentLimit,
    ];
}

impl Terms {
    pub(crate) const FIRST: Self = Self {
        sends_messages: true,
        has_b: true,
        lends_more: true,
        refuses_browsers: false,
        takes_foreign: true,
        key_limit: None,
        environment_limit: None,
    };

    pub(crate) fn change(&mut self, part: Part, random: &Seeded) {
        let limit = |now: Option<u32>, from: u32| match now {
            None => Some(from << random.below(3)),
            Some(_) => None,
        };
        match part {
            Part::Operation => self.sends_messages = !self.sends_messages,
            Part::Scope => self.has_b = !self.has_b,
            Part::Publishable => self.lends_more = !self.lends_more,
            Part::Browsers => self.refuses_browsers = !self.refuses_browsers,
            Part::Foreign => self.takes_foreign = !self.takes_foreign,
            Part::KeyLimit => self.key_limit = limit(self.key_limit, 8),
            Part::EnvironmentLimit => self.environment_limit = limit(self.environment_limit, 24),
        }
    }

    pub(crate) fn record(&self) -> Record {
        Record::Product(Product {
            manifest: self.text(),
            ..population::product(MANIFEST)
        })
    }

    fn text(&self) -> String {
        let mut text = MANIFEST.to_owned();
        let mut replace = |from: &str, to: &str| {
            assert!(text.contains(from), "{from} is not in the manifest");
            text = text.replacen(from, to, 1);
        };
        if !self.sends_messages {
            replace("/messages", "/letters");
        }
        if !self.has_b {
            replace("name = \"b\"", "name = \"c\"");
            replace("scope = \"b\"", "scope = \"a\"");
        }
        if self.lends_more {
            let more = "[[scopes]]\nname = \"more:0\"\n";
            replace(more, &format!("{more}publishable = true\n"));
        }
        let browsers = format!("refuse_in_browser = {}\n", self.refuses_browsers);
        let limited = |limit: Option<u32>| {
            limit.map_or(String::new(), |limit| {
                format!("rate_limit = {{ limit = {limit}, period = \"{PERIOD_SECONDS}s\" }}\n")
            })
        };
        let secret = browsers + &limited(self.key_limit);
        replace("[keys.secret]\n", &format!("[keys.secret]\n{secret}"));
        let environment = limited(self.environment_limit);
        replace(
            "[[environments]]\n",
            &format!("[[environments]]\n{environment}"),
        );
        if self.takes_foreign {
            text += "\n[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";
        }
        text
    }
}
