//! One sliding window: how many calls there were in the last so many seconds.
//!
//! A few calls are remembered one by one. Of more, the period is cut into pieces, and calls are
//! counted by the piece in which they came; a call then counts until the whole of its piece is a
//! period ago. Either way there are never more calls than allowed in any period, wherever it
//! begins; a call may count for one piece longer than it must.

use crate::model::RateLimit;

/// Pieces that are kept: those of a whole period, and the one that goes on.
const PIECES: u64 = 32;

/// Calls that are remembered one by one. Most windows never have more.
const FEW: usize = 7;

/// Milliseconds that are not told apart when calls are remembered one by one, so that two years
/// fit into 32 bits.
const GRAIN: u64 = 16;

/// Calls of the last period. By default none, and the limit is told when it is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    calls: Calls,
    period_seconds: u32,
    /// What was allowed when it was last asked.
    pub(super) limit: u32,
}

#[derive(Debug, Clone)]
enum Calls {
    /// When each of them is let go, in grains, the earliest first; the rest is zero.
    Few([u32; FEW], u8),
    Many(Pieces),
}

/// Calls by the pieces of a period in which they came. What most calls need stands here; the counts,
/// which lie elsewhere in memory, are seldom looked at.
#[derive(Debug, Clone)]
struct Pieces {
    /// Those of the pieces before the one that goes on.
    counts: Box<[u32; PIECES as usize]>,
    /// The number of the piece that goes on, since time began.
    current: u32,
    /// How many calls came in it.
    of_current: u32,
    /// The number of the first piece with calls.
    first: u32,
    /// All calls.
    sum: u32,
}

impl Default for Calls {
    fn default() -> Self {
        Self::Few([0; FEW], 0)
    }
}

impl Window {
    /// A window without calls.
    pub(super) const fn new(limit: RateLimit) -> Self {
        Self {
            calls: Calls::Few([0; FEW], 0),
            period_seconds: limit.period_seconds,
            limit: limit.limit,
        }
    }

    /// Lets go what is too long ago. With another period than before, what still counts goes on
    /// counting, for as long as that period says.
    pub(super) fn advance(&mut self, limit: RateLimit, tick: u64) {
        if limit.period_seconds != self.period_seconds {
            self.advance_by_period(tick);
            self.change_period(limit.period_seconds, tick);
        }
        self.limit = limit.limit;
        self.advance_by_period(tick);
    }

    fn advance_by_period(&mut self, tick: u64) {
        match &mut self.calls {
            Calls::Few(ends, count) => {
                let now = grain(tick);
                let kept = ends.iter().filter(|end| **end > now);
                let mut left = [0; FEW];
                let mut number = 0;
                for (place, end) in left.iter_mut().zip(kept) {
                    *place = *end;
                    number += 1;
                }
                (*ends, *count) = (left, number);
            }
            Calls::Many(pieces) => {
                pieces.advance(piece_of(tick, piece_millis(self.period_seconds)));
                if pieces.sum == 0 {
                    self.calls = Calls::Few([0; FEW], 0);
                }
            }
        }
    }

    /// Otherwise whoever gets fewer calls, in a longer period, would get more at that moment.
    fn change_period(&mut self, seconds: u32, tick: u64) {
        match &mut self.calls {
            Calls::Few(ends, count) => {
                let (old, new) = (u64::from(self.period_seconds), u64::from(seconds));
                let moved =
                    |end: u32| (u64::from(end) * GRAIN + new * 1000).saturating_sub(old * 1000);
                for end in ends.iter_mut().take(usize::from(*count)) {
                    // The next grain, so that nothing is let go too early.
                    *end = grain(moved(*end)).saturating_add(1);
                }
            }
            Calls::Many(pieces) => {
                let widths = (piece_millis(self.period_seconds), piece_millis(seconds));
                *pieces = pieces.of_width(widths, tick);
            }
        }
        self.period_seconds = seconds;
    }

    fn sum(&self) -> u32 {
        match &self.calls {
            Calls::Few(_, count) => u32::from(*count),
            Calls::Many(pieces) => pieces.sum,
        }
    }

    /// How many more calls there may be now.
    pub(super) fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.sum())
    }

    /// Counts a call that is allowed, at the time of the last advance.
    pub(super) fn take(&mut self, tick: u64) {
        let period = u64::from(self.period_seconds) * 1000;
        let width = piece_millis(self.period_seconds);
        if let Calls::Few(ends, count) = &mut self.calls {
            if let Some(place) = ends.get_mut(usize::from(*count)) {
                // The next grain, so that nothing is let go too early.
                *place = grain(tick + period).saturating_add(1);
                *count += 1;
                return;
            }
            let began = |end: u32| (u64::from(end) * GRAIN).saturating_sub(period).min(tick);
            let mut pieces = Pieces::beginning(piece_of(tick, width));
            for end in ends {
                pieces.count(piece_of(began(*end), width), 1);
            }
            self.calls = Calls::Many(pieces);
        }
        if let Calls::Many(pieces) = &mut self.calls {
            pieces.count(piece_of(tick, width), 1);
        }
    }

    /// In how many milliseconds there is room for one more call, or, when there is, for the first
    /// of those that count; 0 when none counts.
    pub(super) fn wait_millis(&self, tick: u64) -> u64 {
        let sum = self.sum();
        if sum == 0 {
            return 0;
        }
        let to_go = (sum + 1).saturating_sub(self.limit).max(1);
        let end = match &self.calls {
            Calls::Few(ends, _) => {
                let end = ends.get(to_go as usize - 1).filter(|_| to_go <= sum);
                end.map(|end| u64::from(*end) * GRAIN)
            }
            Calls::Many(pieces) => pieces.end_of(to_go, piece_millis(self.period_seconds)),
        };
        // More than all of them: there may be no call at all.
        end.map_or(u64::from(self.period_seconds) * 1000, |end| {
            end.saturating_sub(tick)
        })
    }

    /// Whether no call counts any more.
    pub(super) fn is_over(&self, tick: u64) -> bool {
        match &self.calls {
            Calls::Few(ends, _) => ends.iter().all(|end| *end <= grain(tick)),
            Calls::Many(pieces) => {
                let now = piece_of(tick, piece_millis(self.period_seconds));
                pieces.sum == 0 || u64::from(now) >= u64::from(pieces.current) + PIECES
            }
        }
    }
}

impl Pieces {
    fn beginning(current: u32) -> Self {
        Self {
            counts: Box::new([0; PIECES as usize]),
            current,
            of_current: 0,
            first: current,
            sum: 0,
        }
    }

    /// The number of the piece that comes after all that are kept.
    const fn end(&self) -> u64 {
        self.current as u64 + 1
    }

    fn advance(&mut self, now: u32) {
        if now <= self.current {
            return;
        }
        let (passed, ended) = (now - self.current, u64::from(self.current));
        if let Some(count) = self.counts.get_mut((ended % PIECES) as usize) {
            *count = std::mem::take(&mut self.of_current);
        }
        for piece in self.end()..self.end() + u64::from(passed).min(PIECES) {
            if let Some(count) = self.counts.get_mut((piece % PIECES) as usize) {
                self.sum -= std::mem::take(count);
            }
        }
        self.current = now;
        self.first = self.first_from(self.first).unwrap_or(now);
    }

    /// The first piece with calls, of those that are kept, from that one on.
    fn first_from(&self, piece: u32) -> Option<u32> {
        let oldest = self.end().saturating_sub(PIECES).max(u64::from(piece));
        let mut pieces = oldest..self.end();
        let first = pieces.find(|piece| self.count_of(*piece) > 0)?;
        u32::try_from(first).ok()
    }

    fn count_of(&self, piece: u64) -> u32 {
        if piece == u64::from(self.current) {
            return self.of_current;
        }
        let count = self.counts.get((piece % PIECES) as usize);
        count.copied().unwrap_or(0)
    }

    /// Counts calls of a piece; of one that is not kept any more, as of the oldest that is.
    fn count(&mut self, piece: u32, calls: u32) {
        let oldest = self.current.saturating_sub(PIECES as u32 - 1);
        let piece = piece.clamp(oldest, self.current);
        let count = match piece == self.current {
            true => Some(&mut self.of_current),
            false => self.counts.get_mut((u64::from(piece) % PIECES) as usize),
        };
        if let Some(count) = count {
            *count += calls;
            self.first = match self.sum {
                0 => piece,
                _ => self.first.min(piece),
            };
            self.sum += calls;
        }
    }

    /// The same calls in pieces of another width, each as late as it can have come.
    fn of_width(&self, (old, new): (u64, u64), tick: u64) -> Self {
        let mut other = Self::beginning(piece_of(tick, new));
        for piece in self.end().saturating_sub(PIECES)..self.end() {
            let at = piece_of((piece + 1) * old - 1, new).min(other.current);
            // Those that are too long ago for the new width do not count any more.
            let calls = self.count_of(piece);
            if calls > 0 && u64::from(at) + PIECES > u64::from(other.current) {
                other.count(at, calls);
            }
        }
        other
    }

    /// When so many calls are let go.
    fn end_of(&self, calls: u32, width: u64) -> Option<u64> {
        let end = |piece: u64| (piece + PIECES) * width;
        if calls == 1 && self.sum > 0 {
            return Some(end(u64::from(self.first)));
        }
        let mut to_go = calls;
        for piece in u64::from(self.first)..self.end() {
            to_go = to_go.saturating_sub(self.count_of(piece));
            if to_go == 0 {
                return Some(end(piece));
            }
        }
        None
    }
}

fn grain(tick: u64) -> u32 {
    u32::try_from(tick / GRAIN).unwrap_or(u32::MAX)
}

/// The number of the piece that goes on at `tick`, where a piece is so many milliseconds long: of the
/// shortest pieces there are enough for four years.
fn piece_of(tick: u64, millis: u64) -> u32 {
    u32::try_from(tick / millis).unwrap_or(u32::MAX)
}

/// How long a piece is.
fn piece_millis(period_seconds: u32) -> u64 {
    (u64::from(period_seconds) * 1000)
        .div_ceil(PIECES - 1)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(limit: u32, period_seconds: u32) -> RateLimit {
        RateLimit {
            limit,
            period_seconds,
        }
    }

    /// The calls that a window lets through, of those that come at these times.
    fn allowed(limit: RateLimit, ticks: &[u64]) -> Vec<u64> {
        let mut window = Window::new(limit);
        let mut through = Vec::new();
        for tick in ticks {
            window.advance(limit, *tick);
            if window.remaining() > 0 {
                window.take(*tick);
                through.push(*tick);
            }
        }
        through
    }

    proptest! {
        #[test]
        fn r17_no_period_has_more_calls_than_allowed_wherever_it_begins(
            limit in 1..20_u32,
            period in 1..100_u32,
            gaps in prop::collection::vec(0..4_000_u64, 1..300),
        ) {
            let mut tick = 12_345;
            let ticks: Vec<_> = gaps.iter().map(|gap| { tick += gap; tick }).collect();
            let through = allowed(rate(limit, period), &ticks);
            let millis = u64::from(period) * 1000;
            for (index, begin) in through.iter().enumerate() {
                let within = through[index..].iter().take_while(|tick| **tick < begin + millis);
                prop_assert!(within.count() <= limit as usize);
            }
        }

        #[test]
        fn whoever_waits_as_long_as_told_is_let_through(
            limit in 1..20_u32,
            period in 1..100_u32,
            gaps in prop::collection::vec(0..1_000_u64, 1..100),
        ) {
            let limit = rate(limit, period);
            let mut tick = 99;
            let mut window = Window::new(limit);
            for gap in gaps {
                tick += gap;
                window.advance(limit, tick);
                if window.remaining() == 0 {
                    let wait = window.wait_millis(tick);
                    // At most a period and a piece of it.
                    let longest = u64::from(limit.period_seconds) * 1000 * 33 / 31 + 2;
                    prop_assert!(0 < wait && wait <= longest);
                    tick += wait;
                    window.advance(limit, tick);
                    prop_assert!(window.remaining() > 0);
                }
                window.take(tick);
            }
        }
    }

    #[test]
    fn all_of_it_may_be_used_at_once_and_again_after_a_period_and_a_piece() {
        let limit = rate(5, 10);
        let at_once = |tick| [tick; 9];
        assert_eq!(allowed(limit, &at_once(1_000)).len(), 5);
        let later = 1_000 + 10_000 * 32 / 31 + 1;
        let ticks = [at_once(1_000), at_once(later)].concat();
        assert_eq!(allowed(limit, &ticks).len(), 10);
        let long_after = [at_once(1_000), at_once(10_000_000)].concat();
        assert_eq!(allowed(limit, &long_after).len(), 10);
    }

    #[test]
    fn a_steady_caller_loses_no_more_than_a_piece() {
        // 600 a minute, asked for ten times a second for ten minutes.
        let ticks: Vec<_> = (0..6_000).map(|call| call * 100).collect();
        let through = allowed(rate(600, 60), &ticks).len();
        assert!(through >= 6_000 * 31 / 32, "{through}");
    }

    #[test]
    fn r18_time_that_steps_back_frees_nothing_and_blocks_nobody_for_longer() {
        let limit = rate(2, 10);
        let mut window = Window::new(limit);
        window.advance(limit, 50_000);
        window.take(50_000);
        window.take(50_000);
        window.advance(limit, 1_000);
        assert_eq!(window.remaining(), 0);
        window.advance(limit, 61_000);
        assert_eq!(window.remaining(), 2);
    }

    #[test]
    fn a_window_with_few_calls_is_small() {
        assert_eq!(size_of::<Window>(), 40);
    }

    #[test]
    fn a_lower_limit_holds_at_once() {
        let mut window = Window::new(rate(10, 10));
        (0..6).for_each(|_| window.take(0));
        window.advance(rate(4, 10), 1);
        assert_eq!(window.remaining(), 0);
        assert!(window.wait_millis(1) > 0);
        window.advance(rate(8, 10), 1);
        assert_eq!(window.remaining(), 2);
        window.advance(rate(0, 10), 1);
        assert_eq!(window.wait_millis(1), 10_000);
    }
}
