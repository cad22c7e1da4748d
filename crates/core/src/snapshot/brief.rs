//! What decides about most calls with a key, in one word of the index.

use crate::model::{Kind, Mode};

/// What decides about a value of a key beside its product's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Brief(u64);

const SECRET: u64 = 1;
const LIVE: u64 = 2;
const SOUND: u64 = 4;
const HAS_ENDS: u64 = 8;
const EXPOSED: u64 = 16;
const FLAGS: u32 = 5;

/// So many bits count grants.
const GRANT: u32 = 27;

/// What a brief is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) kind: Kind,
    pub(super) mode: Mode,
    /// Whether its row is as Keystile wrote it.
    pub(super) sound: bool,
    /// Whether there is any time from which on it is refused.
    pub(super) has_ends: bool,
    /// Whether it is known that it came from a web page.
    pub(super) exposed: bool,
    /// The number of its policy's grant. One that the word has no room for is none, which allows
    /// nothing.
    pub(super) grant: u32,
    /// The number of its environment.
    pub(super) environment: u32,
}

impl Brief {
    pub(super) fn new(parts: Parts) -> Self {
        let flags = [
            (parts.kind == Kind::Secret, SECRET),
            (parts.mode == Mode::Live, LIVE),
            (parts.sound, SOUND),
            (parts.has_ends, HAS_ENDS),
            (parts.exposed, EXPOSED),
        ];
        let flags = flags.into_iter().filter(|(on, _)| *on);
        let flags = flags.fold(0, |all, (_, flag)| all | flag);
        let grant = u64::from(parts.grant.min((1 << GRANT) - 1));
        Self(flags | grant << FLAGS | u64::from(parts.environment) << 32)
    }

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn kind(self) -> Kind {
        if self.0 & SECRET == 0 {
            Kind::Publishable
        } else {
            Kind::Secret
        }
    }

    #[inline]
    pub(super) const fn mode(self) -> Mode {
        if self.0 & LIVE == 0 {
            Mode::Test
        } else {
            Mode::Live
        }
    }

    #[inline]
    pub(super) const fn sound(self) -> bool {
        self.0 & SOUND != 0
    }

    #[inline]
    pub(super) const fn has_ends(self) -> bool {
        self.0 & HAS_ENDS != 0
    }

    #[inline]
    pub(super) const fn exposed(self) -> bool {
        self.0 & EXPOSED != 0
    }

    #[inline]
    pub(super) const fn environment(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(super) const fn grant(self) -> u32 {
        (self.0 as u32) >> FLAGS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_keeps_apart_what_it_is_made_of() {
        let parts = Parts {
            kind: Kind::Secret,
            mode: Mode::Test,
            sound: true,
            has_ends: false,
            exposed: false,
            grant: 0x07bc_def1,
            environment: 0xdead_beef,
        };
        let brief = Brief::new(parts);
        assert_eq!((brief.kind(), brief.mode()), (Kind::Secret, Mode::Test));
        assert!(brief.sound() && !brief.has_ends() && !brief.exposed());
        assert_eq!(brief.grant(), parts.grant);
        assert_eq!(brief.environment(), parts.environment);
        let brief = Brief::new(Parts {
            kind: Kind::Publishable,
            mode: Mode::Live,
            sound: false,
            has_ends: true,
            exposed: true,
            grant: u32::MAX,
            environment: 0,
        });
        assert_eq!(
            (brief.kind(), brief.mode()),
            (Kind::Publishable, Mode::Live)
        );
        assert!(!brief.sound() && brief.has_ends() && brief.exposed());
        assert_eq!((brief.grant(), brief.environment()), ((1 << GRANT) - 1, 0));
    }
}
