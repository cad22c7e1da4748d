//! Who may do what in the console.

use keystile_core::model::Role;

use crate::manage::portal::PortalAbility;

/// Something that a page shows or an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ability {
    /// Sees keys, what they are used for, and credits.
    See,
    /// Creates keys.
    CreateKeys,
    /// Changes what keys may do and where they work.
    ChangeKeys,
    /// Gives keys new values, and ends old ones.
    RotateKeys,
    /// Revokes and deletes keys.
    RevokeKeys,
    /// Shows the secrets of keys again, where the product allows that.
    RevealKeys,
    /// Creates projects and environments.
    ManageProjects,
    /// Reads who did what.
    SeeAudit,
    /// Invites people, changes their roles, removes them.
    ManageMembers,
    /// Suspends an organization, gives it another plan, deletes it, grants it credits.
    RunOrganizations,
    /// Lets somebody in again who has lost their password.
    ResetPeople,
    /// Reads the rules of products.
    SeeProducts,
    /// Applies manifests.
    ManageProducts,
    /// Makes and ends operator keys.
    ManageOperatorKeys,
}

/// Whether somebody of a role may, at one organization (`everywhere` is false) or at all of them.
pub(super) fn may(role: Role, everywhere: bool, ability: Ability) -> bool {
    match ability {
        // Whoever is let in at all looks around.
        Ability::See => true,
        // A developer's daily work.
        Ability::CreateKeys
        | Ability::ChangeKeys
        | Ability::RotateKeys
        | Ability::RevokeKeys
        | Ability::RevealKeys => role >= Role::Developer,
        // What costs, or cannot be undone by one hand.
        Ability::ManageProjects | Ability::SeeAudit | Ability::ManageMembers => role >= Role::Admin,
        // A customer does not grant itself credits or another plan: the operator does.
        Ability::RunOrganizations => everywhere && role >= Role::Admin,
        // The operator's own affairs.
        Ability::SeeProducts => everywhere,
        // Whoever has the link becomes that person.
        Ability::ManageProducts | Ability::ManageOperatorKeys | Ability::ResetPeople => {
            everywhere && role >= Role::Owner
        }
    }
}

/// Whether somebody may, whose highest role at a place is `here` and who has this one everywhere.
/// Each counts for what it allows where it holds: being owner of one organization and viewer of
/// all does not make an owner of all.
pub(super) fn may_there(here: Role, everywhere: Option<Role>, ability: Ability) -> bool {
    may(here, false, ability) || everywhere.is_some_and(|role| may(role, true, ability))
}

/// Whether a guest of the portal may, to whom the operator has given these.
pub(super) fn may_as_guest(given: &[PortalAbility], ability: Ability) -> bool {
    let needed = match ability {
        Ability::See => return true,
        Ability::CreateKeys => PortalAbility::Create,
        Ability::ChangeKeys => PortalAbility::Change,
        Ability::RotateKeys => PortalAbility::Rotate,
        Ability::RevokeKeys => PortalAbility::Revoke,
        Ability::RevealKeys => PortalAbility::Reveal,
        _ => return false,
    };
    given.contains(&needed)
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
    fn a12_a_role_here_and_one_everywhere_do_not_add_up() {
        let everywhere = Some(Role::Viewer);
        assert!(may_there(Role::Owner, everywhere, Ability::ManageMembers));
        assert!(!may_there(
            Role::Owner,
            everywhere,
            Ability::RunOrganizations
        ));
        assert!(may_there(
            Role::Admin,
            Some(Role::Admin),
            Ability::RunOrganizations
        ));
        assert!(!may_there(Role::Owner, None, Ability::RunOrganizations));
    }

    #[test]
    fn a12_every_role_may_exactly_what_its_place_allows() {
        assert_eq!(table(Ability::See), ["vdao", "vdao"]);
        let on_keys = [
            Ability::CreateKeys,
            Ability::ChangeKeys,
            Ability::RotateKeys,
            Ability::RevokeKeys,
            Ability::RevealKeys,
        ];
        for ability in on_keys {
            assert_eq!(table(ability), ["dao", "dao"], "{ability:?}");
        }
        assert_eq!(table(Ability::ManageProjects), ["ao", "ao"]);
        assert_eq!(table(Ability::SeeAudit), ["ao", "ao"]);
        assert_eq!(table(Ability::ManageMembers), ["ao", "ao"]);
        assert_eq!(table(Ability::RunOrganizations), ["", "ao"]);
        assert_eq!(table(Ability::ResetPeople), ["", "o"]);
        assert_eq!(table(Ability::ManageOperatorKeys), ["", "o"]);
        assert_eq!(table(Ability::SeeProducts), ["", "vdao"]);
        assert_eq!(table(Ability::ManageProducts), ["", "o"]);
    }
}
