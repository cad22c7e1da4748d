//! One call: what may be asked, how it is asked of the engine, and what comes back.

use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Engine, Round};
use keystile_core::manifest::Rules;
use keystile_core::request::{self, Credential, Origin, Place, RequestFacts};
use keystile_core::snapshot::{CurrentRules, ProductNode};

use crate::keys::{Class, Seconds, at, place, small};
use crate::population::{self, Seeded};
use crate::values::{self, PAGE};

/// What a call wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An operation that needs the scope `a`.
    Send,
    /// An operation that needs the scope `b`.
    List,
    /// An operation that needs the scope `more:0`.
    Create,
    /// The scope `b` itself.
    ScopeB,
    Nothing,
}

/// The page it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Nowhere,
    Page,
    Subdomain,
    Stranger,
}

/// The client's address, by the half of a network that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    Unknown,
    Lower,
    Upper,
}

/// A call with a value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) number: u64,
    pub(crate) value: u64,
    /// With the token of a session that was made with the value.
    pub(crate) by_session: bool,
    pub(crate) what: Asked,
    pub(crate) from: From,
    pub(crate) address: Address,
    pub(crate) by_a_browser: bool,
    /// To an environment that is not the key's.
    pub(crate) elsewhere: bool,
    pub(crate) seconds: Seconds,
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Decided(Code),
    /// The product has no scope of the name that was asked for.
    NoSuchScope,
}

pub(crate) const OK: Verdict = Verdict::Decided(Code::Ok);
pub(crate) const RATE_LIMITED: Verdict = Verdict::Decided(Code::RateLimited);

impl Question {
    /// A call with a key whose newest value is that; mostly one that a good key may make.
    pub(crate) fn random(number: u64, newest: u64, random: &Seeded) -> Self {
        let behind = [0, 0, 0, 0, 0, 0, 1, 2][place(random.below(8))];
        let one_in = |times| random.below(times) == 0;
        let publishable = Class::of(number) == Class::Publishable;
        Self {
            number,
            value: (newest + values::VALUES - behind) % values::VALUES,
            by_session: publishable && one_in(2),
            what: match random.below(8) {
                0..=3 => Asked::Send,
                4 => Asked::List,
                5 => Asked::Create,
                6 => Asked::ScopeB,
                _ => Asked::Nothing,
            },
            from: match random.below(8) {
                0..=4 => From::Page,
                5 => From::Subdomain,
                6 => From::Stranger,
                _ => From::Nowhere,
            },
            address: match random.below(8) {
                0..=4 => Address::Lower,
                5 | 6 => Address::Upper,
                _ => Address::Unknown,
            },
            by_a_browser: one_in(4),
            elsewhere: one_in(32),
            seconds: small(random.below(8)),
        }
    }

    /// Asks as doors do: decides, and then counts what is allowed.
    pub(crate) fn ask(&self, engine: &Engine, tick: impl FnOnce() -> u64) -> Verdict {
        let (product, mut round) = (population::node(engine.index()), engine.round());
        let key = Credential::Text(self.text());
        self.ask_in((engine, &mut round), (&product, None), key, tick)
    }

    /// The same among others, with what is known of all of them, and a key that may be ready.
    pub(crate) fn ask_in(
        &self,
        (engine, round): (&Engine, &mut Round<'_>),
        of: (&ProductNode, Option<&CurrentRules<'_>>),
        key: Credential<'_>,
        tick: impl FnOnce() -> u64,
    ) -> Verdict {
        let ask = |rules: &Rules| self.facts(key, rules);
        let code = round.introspect_then(of, ask, |mut decision, _| {
            engine.admit(&mut decision, tick, None);
            decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok)
        });
        code.map_or(Verdict::NoSuchScope, Verdict::Decided)
    }

    /// The text that is presented.
    pub(crate) fn text(&self) -> &'static str {
        let value = values::value(self.number, self.value);
        let token = value.token.as_deref().filter(|_| self.by_session);
        token.unwrap_or(&value.text)
    }

    fn facts<'f>(&self, credential: Credential<'f>, rules: &Rules) -> Result<RequestFacts<'f>, ()> {
        let operation = |method, path| request::Asked::Operation { method, path };
        Ok(RequestFacts {
            credential,
            place: Place::Named(match self.elsewhere {
                true => "staging",
                false => "production",
            }),
            asked: match self.what {
                Asked::Send => operation("POST", "/v1/events/evt_1/messages"),
                Asked::List => operation("GET", "/v1/events"),
                Asked::Create => operation("POST", "/v1/events"),
                Asked::ScopeB => {
                    let scope = rules.scope_id("b").ok_or(())?;
                    request::Asked::Scopes([scope].into_iter().collect())
                }
                Asked::Nothing => request::Asked::Authenticate,
            },
            origin: match self.from {
                From::Nowhere => Origin::Absent,
                From::Page => Origin::Of(PAGE),
                From::Subdomain => Origin::Of("https://x.b.example"),
                From::Stranger => Origin::Of("https://evil.example"),
            },
            from_browser: self.by_a_browser,
            ip: match self.address {
                Address::Unknown => None,
                Address::Lower => Some([192, 0, 2, 7].into()),
                Address::Upper => Some([192, 0, 2, 200].into()),
            },
            now: at(self.seconds),
        })
    }
}
