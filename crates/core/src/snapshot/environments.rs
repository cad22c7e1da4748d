//! Environments by number, with all that verdicts rest on and tell of them.
//!
//! What a verify looks at, one word for each, stands close together, so that those of a hundred
//! thousand environments stay in a processor's cache. What an answer tells stands apart.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};

use super::cells::{IdCell, TEXT, TextCell};
use super::state::StateBits;
use crate::bytes::{self, is_escaped};
use crate::model::Organization;
use crate::near;
use crate::segments::Segments;

/// Whether the row of a product is as Keystile wrote it; and by being the same or not, which
/// product it is.
#[derive(Debug)]
pub(super) struct ProductState(AtomicBool);

impl ProductState {
    pub(super) fn new(sound: bool) -> Self {
        Self(AtomicBool::new(sound))
    }

    pub(super) fn set(&self, sound: bool) {
        self.0.store(sound, Ordering::Release);
    }

    #[inline]
    pub(super) fn is_sound(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What the environments of one name have in common.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) product: Arc<ProductState>,
    pub(super) name: Box<str>,
}

/// All environments. None is ever taken out.
#[derive(Debug, Default)]
pub(super) struct Environments {
    words: Segments<AtomicU32>,
    cards: Segments<Card>,
    long: Segments<ArcSwapOption<OrganizationDetails>>,
    names: Segments<OnceLock<Named>>,
    count: AtomicU32,
    count_names: AtomicU32,
}

/// State and name of an environment in one word. Its default, all zeros, cannot be trusted.
#[derive(Debug, Clone, Copy)]
struct Word(u32);

impl Word {
    /// Names that there can be.
    const NAMES: u32 = u32::MAX >> StateBits::COUNT;

    fn new(name: u32, state: StateBits) -> Self {
        Self(name << StateBits::COUNT | u32::from(state.bits()))
    }

    fn name(self) -> u32 {
        self.0 >> StateBits::COUNT
    }

    fn state(self) -> StateBits {
        StateBits::from_bits(self.0.to_le_bytes()[0] & ((1 << StateBits::COUNT) - 1))
    }
}

/// What is told of an environment and of what it belongs to.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Card {
    id: IdCell,
    project: IdCell,
    organization: IdCell,
    about: AtomicU64,
    text: TextCell,
}

/// The length of the external id, that of the plan, each less than 256 bytes, and which there are.
/// They are plain if neither has anything to escape in JSON.
#[derive(Debug, Clone, Copy)]
struct About(u64);

const HAS_EXTERNAL_ID: u8 = 1;
const HAS_PLAN: u8 = 2;
const IS_LONG: u8 = 4;
const IS_PLAIN: u8 = 8;

/// The identifiers of an environment and of what it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    pub(super) environment: [u8; 16],
    pub(super) project: [u8; 16],
    pub(super) organization: [u8; 16],
}

/// What verdicts say of an organization beside its id.
#[derive(Debug, Default, Clone)]
pub(super) struct OrganizationDetails {
    external_id: Option<Box<str>>,
    plan: Option<Box<str>>,
}

impl OrganizationDetails {
    pub(super) fn of(record: &Organization) -> Self {
        Self {
            external_id: record.external_id.as_deref().map(Box::from),
            plan: record.plan.as_deref().map(Box::from),
        }
    }

    fn texts(&self) -> [Option<&[u8]>; 2] {
        [&self.external_id, &self.plan].map(|text| Some(text.as_deref()?.as_bytes()))
    }
}

/// What stands on an environment's card, as it was at one moment.
#[derive(Debug)]
pub(super) struct EnvironmentRead {
    pub(super) ids: Ids,
    about: About,
    text: [u8; TEXT],
    long: Option<Guard<Option<Arc<OrganizationDetails>>>>,
}

impl Environments {
    /// A number for one more environment. Should there ever be too many, nothing is found at that
    /// number, so nothing is allowed there.
    pub(super) fn take(&self) -> u32 {
        let next = |count: u32| count.checked_add(1);
        let taken = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.unwrap_or(u32::MAX)
    }

    /// A number for one more name of environments; `None` when there are too many.
    pub(super) fn take_name(&self, product: &Arc<ProductState>, name: &str) -> Option<u32> {
        let next = |count: u32| count.checked_add(1).filter(|count| *count < Word::NAMES);
        let taken = self
            .count_names
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let number = taken.ok()?;
        let named = Named {
            product: Arc::clone(product),
            name: name.into(),
        };
        self.names.grown_to(number)?.set(named).ok()?;
        Some(number)
    }

    /// Puts the state of an environment and of all above it there.
    pub(super) fn put_state(&self, number: u32, name: u32, state: StateBits) {
        if let Some(word) = self.words.grown_to(number) {
            word.store(Word::new(name, state).0, Ordering::Release);
        }
    }

    /// Puts what is told of an environment there.
    pub(super) fn put_card(&self, number: u32, ids: Ids, details: &OrganizationDetails) {
        let Some(card) = self.cards.grown_to(number) else {
            return;
        };
        card.id.put(ids.environment);
        card.project.put(ids.project);
        card.organization.put(ids.organization);
        self.put_details(number, details);
    }

    /// Puts what is told of its organization there.
    pub(super) fn put_details(&self, number: u32, details: &OrganizationDetails) {
        let Some(card) = self.cards.get(number) else {
            return;
        };
        let texts = details.texts();
        let [external_id, plan] = texts.map(Option::unwrap_or_default);
        let long = external_id.len() + plan.len() > TEXT;
        if let Some(long) = self.long.get(number) {
            long.store(None);
        }
        if long && let Some(place) = self.long.grown_to(number) {
            place.store(Some(Arc::new(details.clone())));
        }
        if !long {
            card.text.put(&[external_id, plan]);
        }
        let about = About::of(texts, long);
        card.about.store(about.0, Ordering::Relaxed);
    }

    /// The state of an environment and of all above it, and its name.
    #[inline]
    pub(super) fn state(&self, number: u32) -> Option<(StateBits, &Named)> {
        let word = Word(self.words.get(number)?.load(Ordering::Acquire));
        Some((word.state(), self.named(word.name())?))
    }

    /// The name of that number.
    #[inline]
    pub(super) fn named(&self, number: u32) -> Option<&Named> {
        self.names.get(number)?.get()
    }

    /// Lets the state of an environment come near.
    #[inline]
    pub(super) fn approach_state(&self, number: u32) {
        self.words.get(number).map(near::approach);
    }

    /// A word of each of the two cache lines of a card.
    #[inline]
    pub(super) fn words(&self, number: u32) -> Option<[&AtomicU64; 2]> {
        let card = self.cards.get(number)?;
        Some([&card.about, card.text.word()])
    }

    /// What stands on the card of an environment.
    #[inline]
    pub(super) fn read(&self, number: u32) -> Option<EnvironmentRead> {
        let card = self.cards.get(number)?;
        let about = About(card.about.load(Ordering::Relaxed));
        let long = about.has(IS_LONG).then(|| self.long.get(number));
        Some(EnvironmentRead {
            ids: Ids {
                environment: card.id.read(),
                project: card.project.read(),
                organization: card.organization.read(),
            },
            about,
            text: card.text.read(),
            long: long.flatten().map(ArcSwapOption::load),
        })
    }
}

impl About {
    fn of(texts: [Option<&[u8]>; 2], long: bool) -> Self {
        let is_plain = |text: &Option<&[u8]>| !bytes::any(text.unwrap_or_default(), is_escaped);
        let [has_external_id, has_plan] = texts.map(|text| text.is_some());
        let flags = [
            (has_external_id, HAS_EXTERNAL_ID),
            (has_plan, HAS_PLAN),
            (long, IS_LONG),
            (texts.iter().all(is_plain), IS_PLAIN),
        ];
        let flags = flags.into_iter().filter(|(has, _)| *has);
        let flags = flags.fold(0, |all, (_, flag)| all | flag);
        let length = |text: &[u8]| if long { 0 } else { text.len().to_le_bytes()[0] };
        let [external_id, plan] = texts.map(|text| text.map_or(0, length));
        Self(u64::from_le_bytes([
            external_id,
            plan,
            flags,
            0,
            0,
            0,
            0,
            0,
        ]))
    }

    #[inline]
    fn has(self, flag: u8) -> bool {
        let [_, _, flags, ..] = self.0.to_le_bytes();
        flags & flag != 0
    }

    /// Where external id and plan end.
    #[inline]
    fn ends(self) -> [usize; 2] {
        let [external_id, plan, ..] = self.0.to_le_bytes().map(usize::from);
        [external_id, external_id + plan]
    }
}

impl EnvironmentRead {
    /// Whether external id and plan have nothing that JSON would write in another way.
    #[inline]
    pub(super) fn are_texts_plain(&self) -> bool {
        self.about.has(IS_PLAIN)
    }

    /// The operator's own name for the organization, in UTF-8.
    #[inline]
    pub(super) fn external_id(&self) -> Option<&[u8]> {
        if let Some(long) = self.long() {
            let [external_id, _] = long.texts();
            return external_id;
        }
        let [end, _] = self.about.ends();
        self.text
            .get(..end)
            .filter(|_| self.about.has(HAS_EXTERNAL_ID))
    }

    /// The plan of the organization, in UTF-8; `None` is the product's first.
    #[inline]
    pub(super) fn plan(&self) -> Option<&[u8]> {
        if let Some(long) = self.long() {
            let [_, plan] = long.texts();
            return plan;
        }
        let [from, to] = self.about.ends();
        self.text.get(from..to).filter(|_| self.about.has(HAS_PLAN))
    }

    fn long(&self) -> Option<&OrganizationDetails> {
        self.long.as_ref()?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: Ids = Ids {
        environment: [1; 16],
        project: [2; 16],
        organization: [3; 16],
    };

    fn details(external_id: Option<&str>, plan: Option<&str>) -> OrganizationDetails {
        OrganizationDetails {
            external_id: external_id.map(Box::from),
            plan: plan.map(Box::from),
        }
    }

    #[test]
    fn what_is_told_of_an_organization_is_read_as_it_was_put_last() {
        let environments = Environments::default();
        let long = "x".repeat(TEXT);
        let cases = [
            (None, None),
            (Some("customer-1"), Some("free")),
            (Some(""), None),
            (Some(long.as_str()), None),
            (None, Some(long.as_str())),
            (Some(long.as_str()), Some("pro")),
            (Some("b"), None),
        ];
        for (external_id, plan) in cases {
            environments.put_card(5, IDS, &details(external_id, plan));
            let read = environments.read(5).unwrap();
            assert_eq!(read.external_id(), external_id.map(str::as_bytes));
            assert_eq!(read.plan(), plan.map(str::as_bytes));
            assert_eq!(read.ids.project, IDS.project);
        }
    }

    #[test]
    fn a_place_where_nothing_was_put_is_not_sound() {
        let environments = Environments::default();
        let product = Arc::new(ProductState::new(true));
        let name = environments.take_name(&product, "production").unwrap();
        assert!(environments.state(0).is_none());
        environments.put_state(1, name, StateBits::from_bits(0xf));
        let (state, named) = environments.state(1).unwrap();
        assert!(state.sound() && &*named.name == "production");
        assert!(
            environments
                .state(0)
                .is_none_or(|(state, _)| !state.sound())
        );
    }
}
