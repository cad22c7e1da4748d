//! Who may do what in the console.

use keystile_core::model::Role;

/// Something that a page shows or an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ability {
    /// Sees keys, what they are used for, and credits.
    See,
    /// Creates, changes, rotates, reveals, revokes and deletes keys.
    ManageKeys,
    /// Creates projects and environments.
    ManageProjects,
    /// Reads who did what.
    SeeAudit,
    /// Invites people, changes their roles, removes them.
    ManageMembers,
    /// Suspends an organization, gives it another plan, deletes it, grants it credits.
    RunOrganizations,
    /// Reads the rules of products.
    SeeProducts,
    /// Applies manifests.
    ManageProducts,
}

/// Whether somebody of a role may, at one organization (`everywhere` is false) or at all of them.
pub(super) fn may(role: Role, everywhere: bool, ability: Ability) -> bool {
    match ability {
        // Whoever is let in at all looks around.
        Ability::See => true,
        // A developer's daily work.
        Ability::ManageKeys => role >= Role::Developer,
        // What costs, or cannot be undone by one hand.
        Ability::ManageProjects | Ability::SeeAudit | Ability::ManageMembers => role >= Role::Admin,
        // A customer does not grant itself credits or another plan: the operator does.
        Ability::RunOrganizations => everywhere && role >= Role::Admin,
        // The operator's own affairs.
        Ability::SeeProducts => everywhere,
        Ability::ManageProducts => everywhere && role >= Role::Owner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 4] = [Role::Viewer, Role::Developer, Role::Admin, Role::Owner];

    /// One letter for each role that may, in each place.
    fn table(ability: Ability) -> [String; 2] {
        [false, true].map(|everywhere| {
            let able = ROLES.iter().filter(|role| may(**role, everywhere, ability));
            able.map(|role| role.as_str().chars().next().unwrap())
                .collect()
        })
    }

    #[test]
    fn a12_every_role_may_exactly_what_its_place_allows() {
        assert_eq!(table(Ability::See), ["vdao", "vdao"]);
        assert_eq!(table(Ability::ManageKeys), ["dao", "dao"]);
        assert_eq!(table(Ability::ManageProjects), ["ao", "ao"]);
        assert_eq!(table(Ability::SeeAudit), ["ao", "ao"]);
        assert_eq!(table(Ability::ManageMembers), ["ao", "ao"]);
        assert_eq!(table(Ability::RunOrganizations), ["", "ao"]);
        assert_eq!(table(Ability::SeeProducts), ["", "vdao"]);
        assert_eq!(table(Ability::ManageProducts), ["", "o"]);
    }
}
