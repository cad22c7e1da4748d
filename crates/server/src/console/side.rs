//! The two sides on which the pages of keys are shown.

/// Where a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The console, for people who are signed in.
    Console,
    /// The portal: inside the operator's own site, for guests with a token.
    Portal,
}

impl Side {
    /// The side that an address is on.
    pub(super) fn of(path: &str) -> Option<Self> {
        let sides = [Self::Console, Self::Portal];
        sides.into_iter().find(|side| side.holds(path))
    }

    fn holds(self, path: &str) -> bool {
        let rest = path.strip_prefix(self.base());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What all its addresses begin with.
    pub(super) const fn base(self) -> &'static str {
        match self {
            Self::Console => "/console",
            Self::Portal => "/portal",
        }
    }

    /// As logs and metrics name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Portal => "portal",
        }
    }
}
