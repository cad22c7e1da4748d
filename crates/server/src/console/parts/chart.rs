//! Bars over time, drawn as SVG; whoever cannot see them is told the numbers.

use maud::{Markup, html};

use crate::console::words::count;

const WIDTH: u64 = 960;
const HEIGHT: u64 = 144;

/// One bar.
#[derive(Debug, Clone)]
pub(in crate::console) struct Bar {
    /// When, for people.
    pub(in crate::console) when: String,
    /// Calls that were allowed.
    pub(in crate::console) allowed: u64,
    /// Calls that were refused.
    pub(in crate::console) refused: u64,
}

/// Bars from the oldest to the newest.
pub(in crate::console) fn chart(bars: &[Bar], of: &str) -> Markup {
    let most = bars
        .iter()
        .map(|bar| bar.allowed + bar.refused)
        .max()
        .unwrap_or(0)
        .max(1);
    let number = u64::try_from(bars.len()).unwrap_or(1).max(1);
    let step = WIDTH / number;
    let wide = (step * 7 / 10).max(1);
    let tall = |calls: u64| {
        let scaled = u128::from(calls) * u128::from(HEIGHT - 4) / u128::from(most);
        let scaled = u64::try_from(scaled).unwrap_or(0);
        if calls > 0 { scaled.max(2) } else { 0 }
    };
    let sum = |part: fn(&Bar) -> u64| bars.iter().map(part).sum::<u64>();
    let (allowed, refused) = (sum(|bar| bar.allowed), sum(|bar| bar.refused));
    html! {
        svg.chart role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none"
            aria-label={ (of) ": " (count(allowed)) " allowed, " (count(refused)) " refused" } {
            line x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
            @for (at, bar) in (0_u64..).zip(bars) {
                @let (good, bad) = (tall(bar.allowed), tall(bar.refused));
                @let x = at * step + (step - wide) / 2;
                g {
                    title { (bar.when) ": " (count(bar.allowed)) " allowed, " (count(bar.refused)) " refused" }
                    rect.ok x=(x) y=(HEIGHT.saturating_sub(good)) width=(wide) height=(good) {}
                    rect.no x=(x) y=(HEIGHT.saturating_sub(good + bad)) width=(wide) height=(bad) {}
                }
            }
        }
        p.legend {
            span { i {} (count(allowed)) " allowed" }
            span { i.no {} (count(refused)) " refused" }
        }
    }
}
